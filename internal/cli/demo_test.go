package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/receiver"
)

// runDemo plays the demo in this process, with a webhook that answers in the given way.
func runDemo(t *testing.T, flags demoFlags, answers receiver.Answers) (output string, code int) {
	t.Helper()
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	var out bytes.Buffer
	process := Process{Out: &out, Err: &out, Env: func(string) string { return "" }, Terminal: nobody}
	a := &app{process: process, out: newPrinter(&out, process), err: newPrinter(&out, process)}
	code = a.report(a.demo(context.Background(), flags, answers))
	return out.String(), code
}

func nobody(io.Writer) bool { return false }

// A demo that can't fail proves nothing: with a webhook that answers wrongly it does, and says why.
func TestDemoFailsWithAWebhookThatIsWrong(t *testing.T) {
	for _, row := range []struct {
		name    string
		answers receiver.Answers
		says    []string
	}{
		{"a handshake in other words", receiver.Answers{Handshake: receiver.Answer{Body: "hello"}},
			[]string{"✗ it can be played", "Response must exactly match validationToken query parameter", "✗ outlook-final"}},
		{"a handshake with another status", receiver.Answers{Handshake: receiver.Answer{Status: http.StatusAccepted}},
			[]string{"HTTP status code is 'Accepted'"}},
		{"notifications that are refused", receiver.Answers{Notification: receiver.Answer{Status: http.StatusInternalServerError}},
			[]string{"✗ the service takes the webhook's answer", "500 is failed"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			output, code := runDemo(t, demoFlags{}, row.answers)
			if code != ExitFailed {
				t.Errorf("exits %d, want %d", code, ExitFailed)
			}
			for _, says := range append(row.says, "✗ something was not as the schemas say") {
				if !strings.Contains(output, says) {
					t.Errorf("it does not say %q", says)
				}
			}
			if t.Failed() {
				t.Log(output)
			}
		})
	}
}

func TestDemoPlaysEveryDialect(t *testing.T) {
	var flags demoFlags
	for _, d := range dialect.All() {
		flags.dialects = append(flags.dialects, d.String())
	}
	output, code := runDemo(t, flags, receiver.Answers{})
	if code != ExitGood {
		t.Fatalf("exits %d:\n%s", code, output)
	}
	for _, name := range flags.dialects {
		if !strings.Contains(output, "✔ "+name+": all as it should be") {
			t.Errorf("it does not say that %s is good", name)
		}
	}
	states := regexp.MustCompile(`(?i)\W(?:x-)?(clientstate|context)"?: ?"?([^"\s]*)`).FindAllStringSubmatch(output, -1)
	if len(states) < len(flags.dialects) {
		t.Errorf("it shows %d client states, masked ones included", len(states))
	}
	for _, state := range states {
		if state[2] != "…" && !strings.Contains(state[2], "$metadata") {
			t.Errorf("it shows a client state: %s", state[0])
		}
	}
	for number, line := range strings.Split(output, "\n") {
		if n := len([]rune(line)); n > usualColumns {
			t.Errorf("line %d has %d columns: %s", number+1, n, line)
		}
	}
}

// The checks of the demo find what differs from the dialect.
func TestDemoChecks(t *testing.T) {
	ctx := context.Background()
	s, err := newStage(ctx, receiver.Answers{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	p := s.player(dialect.OutlookFinal)
	p.begin(acts()[0])
	for _, play := range []func(context.Context) error{p.subscribe, p.notify} {
		if err := play(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if !p.now.good() {
		t.Fatalf("a good one is not: %+v", p.now.Checks)
	}
	n := p.item.Notification()
	body, err := p.app.Fetch(ctx, whereabouts(&n))
	if err != nil {
		t.Fatal(err)
	}
	id := n.Data.ID
	for _, row := range []struct {
		name  string
		found func() []string
		want  []string
	}{
		{"another change", func() []string { return p.expected(p.item, notify.Deleted, id) }, []string{"it tells Created, want Deleted"}},
		{"another item", func() []string { return p.expected(p.item, notify.Created, "AAMk") }, []string{"it names another item"}},
		{"a type of another dialect", func() []string { return s.player(dialect.GraphV1).expected(p.item, notify.Created, id) },
			[]string{"it calls the item #Microsoft.OutlookServices.Message"}},
		{"a number left out", func() []string { q := *p; q.number = 5; return q.numbered(p.item) }, []string{"it has the number 1, want 6"}},
		{"a number where there is none", func() []string { return s.player(dialect.GraphV1).numbered(p.item) }, []string{"it is numbered"}},
		{"headers of another dialect", func() []string { return s.player(dialect.OutlookLegacy).headers() },
			[]string{"its header x-ClientState is not as it should be"}},
		{"words of another dialect, and another subscription", func() []string {
			q := s.player(dialect.OutlookInterim)
			return q.problems(p.item)[:2]
		}, []string{"it is in the words of outlook-final", "it names another subscription, " + shortID(p.sub.ID)}},
		{"an item in other names", func() []string { return sameItem(body, n.Data, dialect.GraphV1) }, []string{"it has no id"}},
		{"another item read", func() []string { return sameItem(body, &notify.Data{ID: "AAMk"}, dialect.OutlookFinal) }, []string{"its Id is another"}},
		{"no item at all", func() []string { return sameItem([]byte("<html>"), n.Data, dialect.OutlookFinal) }, []string{"line 1"}},
		{"all in order", func() []string { return sameItem(body, n.Data, dialect.OutlookFinal) }, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := row.found()
			if len(got) != len(row.want) {
				t.Fatalf("found %q, want %q", got, row.want)
			}
			for i := range got {
				if !strings.Contains(got[i], row.want[i]) {
					t.Errorf("found %q, want %q", got[i], row.want[i])
				}
			}
		})
	}
}

// What is still told after the end of a subscription is noticed.
func TestDemoHearsWhatShouldBeSilent(t *testing.T) {
	ctx := context.Background()
	s, err := newStage(ctx, receiver.Answers{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	p := s.player(dialect.GraphV1)
	p.begin(acts()[0])
	if err := p.subscribe(ctx); err != nil {
		t.Fatal(err)
	}
	p.begin(acts()[0])
	if err := p.silence(ctx); err != nil {
		t.Fatal(err)
	}
	if p.now.good() {
		t.Errorf("the webhook is told, and nobody noticed: %+v", p.now.Checks)
	}
	p.begin(acts()[0])
	_, err = p.app.Get(ctx, p.sub.ID)
	p.refused("the subscription is gone", http.StatusNotFound, err)
	if p.now.good() {
		t.Errorf("the subscription is there, and nobody noticed: %+v", p.now.Checks)
	}
	if _, err := s.steer.RemoveSubscriptions(ctx, control.Selector{}); err != nil {
		t.Fatal(err)
	}
	p.begin(acts()[0])
	_, err = p.app.Get(ctx, p.sub.ID)
	p.refused("the subscription is gone", http.StatusNotFound, err)
	p.refused("it is forbidden", http.StatusForbidden, err)
	if diff := cmp.Diff([]bool{true, false}, []bool{p.now.Checks[0].Good, p.now.Checks[1].Good}); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
}

func TestBrief(t *testing.T) {
	for _, row := range []struct{ name, body, want string }{
		{"names and order stay, nulls go", `{"b":1,"a":true,"n":null,"c":{}}`, `{"b":1, "a":true, "c":{}}`},
		{"ids", `{"id":"8cd1dcec-2bed-48b4-8cd3-0543fe998a44"}`, `{"id":"8cd1dcec…"}`},
		{"words of any length", `{"changeType":"created,updated,deleted"}`, `{"changeType":"created,updated,deleted"}`},
		{"types", `{"@odata.type":"#Microsoft.OutlookServices.PushSubscription"}`, `{"@odata.type":"#Microsoft.OutlookServices.PushSubscription"}`},
		{"dates", `{"d":"2026-11-21T23:39:12.1234567Z"}`, `{"d":"2026-11-21T23:39…"}`},
		{"addresses", `{"u":"http://127.0.0.1:34567/hook"}`, `{"u":"…/hook"}`},
		{"etags", `{"e":"W/\"CQAAABYAAAB1\""}`, `{"e":"W/…"}`},
		{"lists", `{"value":[{"a":1},{"a":2},{"a":3}]}`, `{"value":[{"a":1}, and 2 more]}`},
		{"letters stay readable", `{"a":"<ä&>"}`, `{"a":"<ä&>"}`},
		{"no JSON", "Validation: \x1b[1mtext", "Validation: [1mtext"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := brief([]byte(row.body)); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

// The document says all that is shown, and verdicts follow from the checks.
func TestDemoDocument(t *testing.T) {
	bad := performance{Verdict: verdictFailed, Scenes: []scene{{Checks: []sceneCheck{{}, {Good: true}}}}}
	d := demoDocument{Verdict: verdictGood}
	d.add(performance{Verdict: verdictGood, Scenes: []scene{{Checks: []sceneCheck{{Good: true}}}}})
	if d.Verdict != verdictGood || d.checks() != 1 {
		t.Errorf("after a good one: %s, %d checks", d.Verdict, d.checks())
	}
	d.add(bad)
	if d.Verdict != verdictFailed || d.checks() != 3 {
		t.Errorf("after a bad one: %s, %d checks", d.Verdict, d.checks())
	}
	text, err := json.Marshal(sceneLine{From: "app", To: "service", Text: "GET /", terse: true})
	if err != nil || string(text) != `{"from":"app","to":"service","text":"GET /"}` {
		t.Errorf("a line is %s, %v", text, err)
	}
}
