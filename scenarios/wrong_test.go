package scenarios_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/outlocal/outlocal/scenarios"
)

// wrongFile is a file that is refused, and what is told of it.
type wrongFile struct {
	name, text   string
	want         string // a line of the error
	beyondSchema bool   // what only the whole file, or the protocol, tells
}

func wrongFiles() []wrongFile {
	const (
		top    = "title: t\nsteps:\n" // two lines
		eleven = "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10"
	)
	return []wrongFile{
		{name: "an unknown member at the top", text: "title: t\nstps: []\n", want: `f.yaml:2:1: a scenario has no "stps"; did you mean steps?`},
		{name: "no title", text: "steps:\n- subscribe:\n", want: `f.yaml:1:1: a scenario needs "title"`},
		{name: "no steps", text: "title: t\n", want: `f.yaml:1:1: a scenario needs steps`, beyondSchema: true},
		{name: "an unknown step", text: top + "- subscribe: me/messages\n- chang: message.created\n", want: `f.yaml:4:3: a step has no "chang"; did you mean change?`},
		{name: "two steps in one", text: top + "- subscribe:\n  change: message.created\n", want: `f.yaml:3:3: a step can be one of subscribe, change, not all of them; make several of it`},
		{name: "a step that does nothing", text: top + "- name: nothing\n", want: `f.yaml:3:3: a step says nothing of what to do: it needs one of subscribe, change, expect`},
		{name: "an unknown member of a step", text: top + "- subscribe: {resorce: me/messages}\n", want: `f.yaml:3:15: subscribe has no "resorce"; did you mean resource?`},
		{name: "a member twice", text: top + "- subscribe: {for: 1h, for: 2h}\n", want: `f.yaml:3:24: "for" is here twice`, beyondSchema: true},
		{name: "an unknown change", text: top + "- change: message.create\n", want: `f.yaml:3:11: there is no change "message.create"; did you mean message.created?`},
		{name: "an unknown change type", text: top + "- subscribe: {change: \"created,update\"}\n", want: `f.yaml:3:23: there is no change type "update"; did you mean updated?`, beyondSchema: true},
		{name: "an unknown dialect", text: "title: t\ndialects: [graph-v1]\nsteps:\n- subscribe:\n", want: `f.yaml:2:12: there is no dialect "graph-v1"; did you mean graph-v1.0?`},
		{name: "an unknown dialect in serve", text: top + "- serve: {/api/beta: outlook-interin}\n", want: `f.yaml:3:22: there is no dialect "outlook-interin"; did you mean outlook-interim?`},
		{name: "an unknown finding", text: top + "- subscribe:\n- expect: {handshake: {finding: handshake-quotes}}\n", want: `f.yaml:4:33: there is no finding "handshake-quotes"; did you mean`},
		{name: "an unknown verdict", text: top + "- expect: {deliveries: {verdict: fine}}\n", want: `f.yaml:3:34: there is no verdict "fine"; known are good, late, failed, any`},
		{name: "an unknown expectation", text: top + "- expect: {delivery: 1}\n", want: `f.yaml:3:12: expect has no "delivery"; known are handshake, deliveries`},
		{name: "two expectations in one", text: top + "- expect: {nothing: 1h, api: 200}\n", want: `f.yaml:3:11: expect can be one of api, nothing, not all of them`},
		{name: "a duration without a unit", text: top + "- advance: 90\n", want: `f.yaml:3:12: "90" is no duration; write it as 10s, 4h or 3d`},
		{name: "a duration that goes back", text: top + "- advance: -1h\n", want: `f.yaml:3:12: "-1h" lies in the past`},
		{name: "a number that is too small", text: top + "- change: {raise: message.created, count: 0}\n", want: `f.yaml:3:43: 0 is too small: 1 is the least`},
		{name: "a number that is too large", text: top + "- change: {raise: message.created, batch: 101}\n", want: `f.yaml:3:43: 101 is too large: 100 is the most`},
		{name: "a status that is none", text: top + "- webhook: {notification: {status: 99}}\n", want: `f.yaml:3:36: 99 is too small: 200 is the least`},
		{name: "a text for a number", text: top + "- change: {raise: message.created, count: many}\n", want: `f.yaml:3:43: this is "many", and should be a whole number`},
		{name: "a text for a truth", text: top + "- subscribe: {refused: maybe}\n", want: `f.yaml:3:24: this is "maybe", and should be true or false`},
		{name: "a mapping for a list", text: "title: t\nsteps: {subscribe: me/messages}\n", want: `f.yaml:2:8: this is a mapping, and should be a list; begin each line with a dash`},
		{name: "a list for a step", text: top + "- [subscribe]\n", want: `f.yaml:3:3: this is a list, and should be`},
		{name: "something needed is missing", text: top + "- advance: {tell: http://localhost:3000/clock}\n", want: `f.yaml:3:12: advance needs "by"`},
		{name: "refused and unanswered", text: top + "- subscribe: {refused: true, unanswered: true}\n", want: `f.yaml:3:14: a call is refused, or it is unanswered; a refusal is an answer: leave one of them out`, beyondSchema: true},
		{name: "many that go unanswered", text: top + "- subscribe: {mailbox: \"{n}@contoso.com\", count: 2, unanswered: true}\n", want: `f.yaml:3:14: subscribe can be refused, or go unanswered, once at a time only`, beyondSchema: true},
		{name: "a name for what nobody hears", text: top + "- subscribe: {unanswered: true}\n  as: sub\n", want: `f.yaml:4:7: subscribe gives nothing that could have a name`, beyondSchema: true},
		{name: "neither path nor URL", text: top + "- call: {method: GET}\n", want: `f.yaml:3:9: call says nothing of what to do: it needs one of path, url`},
		{name: "a path without a slash", text: top + "- call: {path: v1.0/me}\n", want: `f.yaml:3:16: a path begins with /; did you mean /v1.0/me?`, beyondSchema: true},
		{name: "a URL that is none", text: top + "- call: {url: localhost:3000}\n", want: `f.yaml:3:15: this is no URL; write it as http://localhost:3000/path`, beyondSchema: true},
		{name: "a name that nothing has", text: top + "- subscribe:\n  as: sub\n- expect: {api: {body: {id: \"${subb.id}\"}}}\n", want: `f.yaml:5:30: nothing before this has the name "subb"; did you mean sub?`, beyondSchema: true},
		{name: "a name of a later step", text: top + "- change: {raise: message.deleted, item: \"${m.id}\"}\n- change: message.created\n  as: m\n", want: `f.yaml:3:43: nothing before this has the name "m"`, beyondSchema: true},
		{name: "a member that a name does not have", text: top + "- change: message.created\n  as: m\n- change: {raise: message.deleted, item: \"${m.subject}\"}\n", want: `f.yaml:5:43: "m" has no "subject"`, beyondSchema: true},
		{name: "a name without a member", text: top + "- change: message.created\n  as: m\n- change: {raise: message.deleted, item: \"x${m}\"}\n", want: `f.yaml:5:44: "m" is items: say what of it; known are id, resource, mailbox, folder`, beyondSchema: true},
		{name: "a reference that does not end", text: top + "- call: {path: \"/v1.0/${sub\"}\n", want: `f.yaml:3:23: a ${ is not closed`, beyondSchema: true},
		{name: "a subscription that nothing has", text: top + "- subscribe:\n  as: sub\n- delete: sup\n", want: `f.yaml:5:11: no subscription before this has the name "sup"; did you mean sub?`, beyondSchema: true},
		{name: "no subscription to renew", text: top + "- renew: {for: 1h}\n", want: `f.yaml:3:10: there is no subscription yet; subscribe first`, beyondSchema: true},
		{name: "a name for nothing", text: top + "- advance: 1h\n  as: later\n", want: `f.yaml:4:7: advance gives nothing that could have a name`, beyondSchema: true},
		{name: "a name that is taken", text: top + "- subscribe:\n  as: a\n- subscribe:\n  as: a\n", want: `f.yaml:6:7: "a" is the name of a step before this`, beyondSchema: true},
		{name: "a name that means something", text: top + "- subscribe:\n  as: webhook\n", want: `f.yaml:4:7: "webhook" has a meaning already`, beyondSchema: true},
		{name: "an unknown word for a value", text: top + "- call: {path: /v1.0/me}\n- expect: {api: {message: {contain: x}}}\n", want: `f.yaml:4:28: there is no way "contain" to say what a value has to be; did you mean contains?`},
		{name: "a broken regular expression", text: top + "- call: {path: /v1.0/me}\n- expect: {api: {message: {matches: \"(\"}}}\n", want: `f.yaml:4:37: this is no regular expression: error parsing regexp: missing closing ): ` + "`(`", beyondSchema: true},
		{name: "a broken path", text: top + "- expect: {deliveries: {body: {\"value[a]\": 1}}}\n", want: `f.yaml:3:32: "value[a]" is no path: [a has no number from 0 on; write it as value[0].resourceData.id`, beyondSchema: true},
		{name: "items that are not as many as count", text: top + "- expect: {deliveries: {count: 2, items: [created]}}\n", want: `f.yaml:3:42: there are 1 items, and count is 2`, beyondSchema: true},
		{name: "an unknown fault", text: top + "- fault: duplicat:next=1\n", want: `f.yaml:3:10: read fault "duplicat:next=1": there is no fault "duplicat"; did you mean duplicate?`, beyondSchema: true},
		{name: "an impossible fault in a list", text: top + "- fault: [drop, duplicate:next=0]\n", want: `f.yaml:3:17: read fault "duplicate:next=0": next can't be "0"`, beyondSchema: true},
		{name: "a batch that is never full", text: top + "- change: {raise: message.created, count: 2, batch: 5}\n", want: `f.yaml:3:53: batch is 5, and count only 2`, beyondSchema: true},
		{name: "many subscriptions that are one", text: top + "- subscribe: {mailbox: ann@contoso.com, count: 5}\n", want: `f.yaml:3:14: subscribe can be done 5 times only where {n} tells mailboxes or resources apart`, beyondSchema: true},
		{name: "a batch of several mailboxes", text: top + "- change: {raise: message.created, batch: 5, mailbox: \"u{n}@contoso.com\"}\n", want: `f.yaml:3:43: changes of several mailboxes`, beyondSchema: true},
		{name: "a certificate for nothing", text: top + "- subscribe: {certificate: MIIB}\n", want: `f.yaml:3:14: a certificate says nothing where notifications bring no data; write rich: true`, beyondSchema: true},
		{name: "a member that the receiver does not have", text: top + "- call: {path: \"/${receiver.key}\"}\n", want: `f.yaml:3:18: "receiver" has no "key"; known are certificate, certificateId, thumbprint`, beyondSchema: true},
		{name: "the receiver without a member", text: top + "- call: {path: \"/${receiver}\"}\n", want: `f.yaml:3:18: "receiver" has to say what of it; known are certificate`, beyondSchema: true},
		{name: "calls that are none", text: top + "- expect: {calls: []}\n", want: `f.yaml:3:19: there are no calls to be expected; to say that nothing is called write calls: none`, beyondSchema: true},
		{name: "an unknown call", text: top + "- expect: {calls: [renews]}\n", want: `f.yaml:3:20: there is no call "renews"; did you mean renew?`},
		{name: "an unknown call alone", text: top + "- expect: {calls: renews}\n", want: `f.yaml:3:19: there is no call "renews"; did you mean renew?`},
		{name: "an unknown member of a call", text: top + "- expect: {calls: [{call: renew, statu: 200}]}\n", want: `f.yaml:3:34: a call has no "statu"; did you mean status?`},
		{name: "a pause that nobody was told", text: top + "- expect: {calls: [{call: renew, after: Retry-After}]}\n", want: `f.yaml:3:19: no call stands before the first`, beyondSchema: true},
		{name: "a pause that is awaited", text: top + "- await: {call: renew, after: Retry-After}\n", want: `f.yaml:3:10: no call stands before this one`, beyondSchema: true},
		{name: "a pause that is neither", text: top + "- await: {call: renew, after: a-while}\n", want: `f.yaml:3:31: "a-while" is no duration`},
		{name: "nothing, many times", text: top + "- expect: {calls: [{call: none, count: 2}]}\n", want: `f.yaml:3:40: what never comes can't come 2 times`, beyondSchema: true},
		{name: "to await nothing", text: top + "- await: none\n", want: `f.yaml:3:10: what never comes can't be awaited`, beyondSchema: true},
		{name: "too much of a sign-in", text: top + "- await: {call: signIn, status: 200}\n", want: `f.yaml:3:10: of a sign-in is known only that it came`, beyondSchema: true},
		{name: "reactions that exclude each other", text: top + "- webhook: {reacts: [renew, reauthorize]}\n", want: `f.yaml:3:21: it reauthorizes or renews, not both`, beyondSchema: true},
		{name: "an unknown reaction", text: top + "- webhook: {reacts: [renew, create]}\n", want: `f.yaml:3:29: there is no reaction "create"; did you mean recreate?`},
		{name: "a variable with a name that is none", text: "title: t\nvariables: {a.b: 1}\nsteps:\n- subscribe:\n", want: `f.yaml:2:13: "a.b" is no name`, beyondSchema: true},
		{name: "a variable with a name that means something", text: "title: t\nvariables: {webhook: 1}\nsteps:\n- subscribe:\n", want: `f.yaml:2:13: "webhook" has a meaning already`, beyondSchema: true},
		{name: "a variable twice", text: "title: t\nvariables: {a: 1}\nmatrix: {a: [1, 2]}\nsteps:\n- subscribe:\n", want: `f.yaml:3:10: "a" is a variable already; what stands in the matrix`, beyondSchema: true},
		{name: "an unknown member of a variable", text: "title: t\nvariables: {a: {defaut: 1}}\nsteps:\n- subscribe:\n", want: `f.yaml:2:17: variable has no "defaut"; did you mean default?`},
		{name: "a matrix of nothing", text: "title: t\nmatrix: {a: []}\nsteps:\n- subscribe:\n", want: `f.yaml:2:13: there is no value`},
		{name: "a matrix of one text", text: "title: t\nmatrix: {a: b}\nsteps:\n- subscribe:\n", want: `f.yaml:2:13: this is "b", and should be a list of values`},
		{name: "a matrix of mappings without names", text: "title: t\nmatrix: {a: [{status: 500}]}\nsteps:\n- subscribe:\n", want: `f.yaml:2:14: this is a mapping, and needs a name; give it one`},
		{name: "a value twice", text: "title: t\nmatrix: {a: [1, 1]}\nsteps:\n- subscribe:\n", want: `f.yaml:2:17: "1" is here twice`, beyondSchema: true},
		{name: "an anchor in a matrix", text: "title: t\nmatrix: {a: &x [1]}\nsteps:\n- subscribe:\n", want: `f.yaml:2:13: anchors and aliases are no part of the format`, beyondSchema: true},
		{name: "more combinations than anybody reads", text: "title: t\nmatrix:\n  a: [" + eleven + "]\n  b: [" + eleven + "]\n  c: [" + eleven + "]\nsteps:\n- subscribe:\n", want: `f.yaml:3:3: these are 1331 combinations: 1000 are the most`, beyondSchema: true},
		{name: "a value of a matrix that does not fit", text: "title: t\nmatrix: {wait: [1h, soon]}\nsteps:\n- advance: \"${wait}\"\n", want: `f.yaml:4:12: "soon" is no duration`, beyondSchema: true},
		{name: "a step that has the name of a variable", text: "title: t\nvariables: {a: 1}\nsteps:\n- subscribe:\n  as: a\n", want: `f.yaml:5:7: "a" is a variable`, beyondSchema: true},
		{name: "something below a variable", text: "title: t\nvariables: {a: 1}\nsteps:\n- call: {path: \"/${a.id}\"}\n", want: `f.yaml:4:18: "a" is a variable, and has nothing below it; write ${a}`, beyondSchema: true},
		{name: "a slip in a variable's name", text: "title: t\nvariables: {items: 1}\nsteps:\n- call: {path: \"/${item}\"}\n", want: `f.yaml:4:18: nothing before this has the name "item"; did you mean items?`, beyondSchema: true},
		{name: "a slip in the name of a variable for a duration", text: "title: t\nvariables: {wait: 1h}\nsteps:\n- advance: \"${wiat}\"\n", want: `f.yaml:4:12: "${wiat}" is no duration; did you mean ${wait}?`, beyondSchema: true},
		{name: "no variable for a duration is alike", text: "title: t\nvariables: {wait: 1h}\nsteps:\n- advance: \"${other}\"\n", want: `f.yaml:4:12: "${other}" is no duration; write it as 10s, 4h or 3d`, beyondSchema: true},
		{name: "a slip in the name of a variable for a number", text: "title: t\nvariables: {items: 1}\nsteps:\n- expect: {deliveries: \"${itms}\"}\n", want: `f.yaml:4:24: this is "${itms}", and should be a whole number; did you mean ${items}?`, beyondSchema: true},
		{name: "a variable dialect", text: "title: t\nvariables: {d: graph-v1.0}\ndialects: [\"${d}\"]\nsteps:\n- subscribe:\n", want: `f.yaml:3:12: there is no dialect "${d}"`, beyondSchema: true},
		{name: "an include beside another step", text: top + "- include: a.yaml\n  subscribe:\n", want: `f.yaml:3:3: a step can be one of subscribe, include, not all of them`},
		{name: "an include of nothing", text: top + "- include: {file: a.yaml}\n", want: `f.yaml:3:12: this is a mapping, and should be a text`},
		{name: "an anchor", text: top + "- subscribe: &a me/messages\n", want: `f.yaml:3:14: anchors and aliases are no part of the format; write it out`, beyondSchema: true},
		{name: "the last line of many", text: top + strings.Repeat("- change: message.created\n", 50) + "- advanced: 1h\n", want: `f.yaml:53:3: a step has no "advanced"; did you mean advance?`},
	}
}

func TestWrongFiles(t *testing.T) {
	for _, row := range wrongFiles() {
		t.Run(row.name, func(t *testing.T) {
			_, err := scenarios.Parse("f.yaml", []byte(row.text))
			var wrong *scenarios.FileError
			if !errors.As(err, &wrong) {
				t.Fatalf("Parse returns %v, want a *FileError", err)
			}
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if strings.HasPrefix(line, row.want) {
					return
				}
			}
			t.Errorf("Parse tells\n%v\nwant\n%s", err, row.want)
		})
	}
}

// What is no YAML at all is told with its place as well.
func TestBrokenFiles(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"nothing", "", "f.yaml:1:1: the file is empty"},
		{"a comment", "# nothing\n", "f.yaml:1:1: the file is empty"},
		{"a tab", "title: t\nsteps:\n\t- subscribe:\n", "f.yaml:3:1: this is no YAML"},
		{"a list that does not end", "title: [t\nsteps: 1\n", "f.yaml:2:6: this is no YAML"},
		{"two documents", "title: t\nsteps:\n- subscribe:\n---\ntitle: u\n", "f.yaml:4:1: the file has a second document"},
		{"a text", "hello\n", `f.yaml:1:1: this is "hello", and should be a mapping`},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := scenarios.Parse("f.yaml", []byte(row.text)); err == nil || !strings.HasPrefix(err.Error(), row.want) {
				t.Errorf("Parse returns %v, want %s", err, row.want)
			}
		})
	}
}

// All that is wrong is told at once, from the top.
func TestAllProblemsAreTold(t *testing.T) {
	_, err := scenarios.Parse("f.yaml", []byte("title: t\nsteps:\n- advance: soon\n- change: nothing\n- expct: 1\n"))
	var wrong *scenarios.FileError
	if !errors.As(err, &wrong) || len(wrong.Problems) != 3 || wrong.Problems[0].At.Line != 3 || wrong.Problems[2].At.Line != 5 {
		t.Errorf("Parse tells %v, want what is wrong in the lines 3, 4 and 5", err)
	}
}

func TestLoad(t *testing.T) {
	good := &fstest.MapFile{Data: []byte("title: t\nsteps:\n- subscribe:\n")}
	files := fstest.MapFS{"a.yaml": good, "b/c.yaml": good, "b/d.yml": good, "b/README.md": good}
	for _, row := range []struct {
		name     string
		patterns []string
		want     string
	}{
		{"all", nil, "a c d"},
		{"a folder", []string{"b"}, "c d"},
		{"a file, and a pattern that has it too", []string{"a.yaml", "*.yaml"}, "a"},
	} {
		t.Run(row.name, func(t *testing.T) {
			all, err := scenarios.Load(files, row.patterns...)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, s := range all {
				names = append(names, s.Name())
			}
			if got := strings.Join(names, " "); got != row.want {
				t.Errorf("Load finds %s, want %s", got, row.want)
			}
		})
	}
	if _, err := scenarios.Load(files, "nothing*"); err == nil {
		t.Error("Load finds nothing and says nothing")
	}
	if _, err := scenarios.LoadUnder("my/stories", fstest.MapFS{}, "."); err == nil || !strings.Contains(err.Error(), `"my/stories"`) {
		t.Errorf("LoadUnder returns %v, want the folder's name", err)
	}
	files["wrong.yaml"] = &fstest.MapFile{Data: []byte("title: t\nsteps:\n- nothing:\n")}
	if _, err := scenarios.Load(files); err == nil || !strings.Contains(err.Error(), "wrong.yaml:3:3") {
		t.Errorf("Load returns %v, want what is wrong with wrong.yaml", err)
	}
}
