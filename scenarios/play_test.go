package scenarios_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator/emulatortest"
	"github.com/outlocal/outlocal/scenarios"
)

// hook is a webhook as one writes it: right, unless a test says otherwise.
type hook struct {
	handshake    func(w http.ResponseWriter, token string)
	notification func(w http.ResponseWriter, body string)
}

func (h hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, values := range r.URL.Query() {
		if strings.EqualFold(name, "validationtoken") {
			if h.handshake != nil {
				h.handshake(w, values[0])
				return
			}
			w.Header().Set("Content-Type", "text/plain")
			io.WriteString(w, values[0])
			return
		}
	}
	body, _ := io.ReadAll(r.Body)
	if h.notification != nil {
		h.notification(w, string(body))
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

func load(t *testing.T, name string) *scenarios.Scenario {
	t.Helper()
	all, err := scenarios.Load(scenarios.Catalog(), name)
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

func written(t *testing.T, text string) *scenarios.Scenario {
	t.Helper()
	s, err := scenarios.Parse("story.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func played(t *testing.T, s *scenarios.Scenario, o scenarios.Options) scenarios.Report {
	t.Helper()
	report, err := scenarios.Play(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// happy are the stories that any webhook has to live through.
func happy() []string {
	return []string{"happy-outlook-legacy", "happy-outlook-interim", "happy-outlook-final", "happy-graph-preview", "happy-graph-v1.0"}
}

// A webhook that is right passes, one that does a thing wrong does not, and the report says which.
// rules: W2.1-10 W4.9-08
func TestWebhooksAreJudged(t *testing.T) {
	for _, row := range []struct {
		name    string
		hook    hook
		verdict scenarios.Verdict
		tells   string
	}{
		{"a right one", hook{}, scenarios.Good, ""},
		{"quotes around the token", hook{handshake: func(w http.ResponseWriter, token string) { io.WriteString(w, `"`+token+`"`) }}, scenarios.Failed, "handshake-json-quotes"},
		{"the token with 201", hook{handshake: func(w http.ResponseWriter, token string) {
			w.WriteHeader(http.StatusCreated)
			io.WriteString(w, token)
		}}, scenarios.Failed, "handshake-status"},
		{"notifications are refused", hook{notification: func(w http.ResponseWriter, _ string) { w.WriteHeader(http.StatusUnauthorized) }}, scenarios.Failed, "delivery-unauthorized"},
		{"notifications are answered by a redirect", hook{notification: func(w http.ResponseWriter, _ string) {
			w.Header().Set("Location", "/login")
			w.WriteHeader(http.StatusFound)
		}}, scenarios.Failed, "delivery-login-redirect"},
		{"it fails for items that went", hook{notification: func(w http.ResponseWriter, body string) {
			if strings.Contains(strings.ToLower(body), `"deleted"`) {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}}, scenarios.Failed, "delivery-error"},
		{"it panics", hook{notification: func(http.ResponseWriter, string) { panic("oops") }}, scenarios.Failed, "delivery-reset"},
	} {
		t.Run(row.name, func(t *testing.T) {
			report := played(t, load(t, "happy-outlook-final.yaml"), scenarios.Options{Handler: row.hook})
			if report.Verdict != row.verdict || !strings.Contains(report.Problems(), row.tells) {
				t.Errorf("it is %s, want %s with %q\n%s", report.Verdict, row.verdict, row.tells, report.Problems())
			}
		})
	}
}

// A webhook that listens somewhere is judged over HTTP.
func TestWebhookElsewhere(t *testing.T) {
	for _, name := range happy() {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(hook{})
			defer server.Close()
			report := played(t, load(t, name+".yaml"), scenarios.Options{Webhook: server.URL + "/hook?code=secret"})
			if report.Verdict != scenarios.Good {
				t.Errorf("it is %s\n%s", report.Verdict, report.Problems())
			}
		})
	}
	addressed := written(t, "title: t\nwebhook: {path: /mine}\nsteps:\n- subscribe:\n")
	for _, s := range []*scenarios.Scenario{load(t, "handshake-wrong-body.yaml"), addressed} {
		report := played(t, s, scenarios.Options{Webhook: "http://127.0.0.1:1/hook"})
		if report.Verdict != scenarios.Skipped || report.Reason == "" {
			t.Errorf("%s, which says what the webhook does or is, is %s (%s), want it skipped with a reason", s.Name(), report.Verdict, report.Reason)
		}
	}
}

// A webhook that is not there was not judged.
func TestNobodyThere(t *testing.T) {
	report := played(t, load(t, "happy-graph-v1.0.yaml"), scenarios.Options{Webhook: "http://127.0.0.1:1/hook"})
	if report.Verdict != scenarios.Unjudged || !strings.Contains(report.Problems(), "handshake-refused") {
		t.Errorf("it is %s, want it unjudged with the reason\n%s", report.Verdict, report.Problems())
	}
}

// On an emulator that runs, a story keeps to a mailbox of its own, and leaves nothing there.
func TestRunningEmulator(t *testing.T) {
	e := emulatortest.Start(t, emulatortest.Config{})
	running := &scenarios.Running{Control: e.Control}
	short := written(t, `
title: a story that disturbs nobody
steps:
- subscribe: {change: "created,deleted"}
  as: sub
- expect: {handshake: {verdict: good}}
- change: message.created
  as: m
- expect: {deliveries: {verdict: good, items: [{change: created, item: "${m.id}", subscription: sub}]}}
- expect: {received: {verdict: good, count: 1}}
- call: {path: /v1.0/subscriptions}
- expect: {api: {status: 200, body: {value: {length: 1}}}}
- expect: {nothing: 0}
`)
	before := e.Now()
	report := played(t, short, scenarios.Options{Emulator: running})
	if report.Verdict != scenarios.Good {
		t.Fatalf("it is %s\n%s", report.Verdict, report.Problems())
	}
	page, err := e.Control.Subscriptions(t.Context(), control.SubscriptionQuery{})
	if err != nil || len(page.Subscriptions) != 0 {
		t.Errorf("%d subscriptions are left (%v)", len(page.Subscriptions), err)
	}
	if passed := e.Now().Sub(before); passed > time.Minute {
		t.Errorf("the clock went on by %s", passed)
	}
	for _, name := range []string{"happy-graph-v1.0", "roll-out"} {
		if report := played(t, load(t, name+".yaml"), scenarios.Options{Emulator: running}); report.Verdict != scenarios.Refused {
			t.Errorf("%s is %s, want it refused: it moves the clock or what is served", name, report.Verdict)
		}
	}
	exclusive := scenarios.Options{Emulator: &scenarios.Running{Control: e.Control, Exclusive: true}}
	if report := played(t, load(t, "happy-graph-v1.0.yaml"), exclusive); report.Verdict != scenarios.Good {
		t.Errorf("with the emulator for itself, it is %s\n%s", report.Verdict, report.Problems())
	}
}

// What breaks the connections of an app does so on an emulator that runs too, and the story keeps to its own mailbox.
func TestBrokenCallsOfARunningEmulator(t *testing.T) {
	e := emulatortest.Start(t, emulatortest.Config{})
	s := written(t, `
title: a call that is cut, and one that takes its time
steps:
- fault: "reset:next=1,on=create,answer=true"
- subscribe: {unanswered: true}
- change: message.created
- expect: {deliveries: {items: [created]}}
- fault: "latency:next=1,for=30ms,on=list"
- call: {path: /v1.0/subscriptions}
- expect: {api: {status: 200, after: 30ms, body: {value: {length: 1}}}}
`)
	report := played(t, s, scenarios.Options{Emulator: &scenarios.Running{Control: e.Control}})
	if report.Verdict != scenarios.Good {
		t.Errorf("it is %s\n%s", report.Verdict, report.Problems())
	}
}

// On an emulator that nobody else uses, a story knows when all that it set off is done, and waits for nothing.
func TestExclusiveEmulator(t *testing.T) {
	e := emulatortest.Start(t, emulatortest.Config{})
	for _, row := range []struct {
		name    string
		options scenarios.Running
		text    string
		verdict scenarios.Verdict
	}{
		{"what a story left unlooked at does not come later", scenarios.Running{Exclusive: true}, `
- subscribe: {dialect: outlook-legacy}
- expect: {deliveries: {count: 0, atLeast: true}}
- change: message.created
- expect: {deliveries: {items: [created]}}
dialects: [outlook-legacy]`, scenarios.Good},
		{"to the second", scenarios.Running{Exclusive: true}, `
- subscribe:
- fault: "delay:next=1,for=1m"
- change: message.created
- expect: {nothing: 59500ms}
- advance: 500ms
- expect: {deliveries: {items: [created]}}`, scenarios.Good},
		{"what is gone is refused in the mailbox of who asks", scenarios.Running{}, `
- subscribe: {change: deleted}
- change: message.created
  as: m
- change: {raise: message.deleted, item: "${m.id}"}
- await: {call: refused, status: 404}
webhook: {reads: before}`, scenarios.Good},
		{"a webhook that takes its time takes ours", scenarios.Running{Exclusive: true}, `
- webhook: {notification: {delay: 11s}}
- subscribe:`, scenarios.Refused},
		{"from the start", scenarios.Running{Exclusive: true}, `
- subscribe:
webhook: {handshake: {delay: 1s}}`, scenarios.Refused},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.options.Control = e.Control
			report := played(t, written(t, "title: t\nsteps:"+row.text+"\n"), scenarios.Options{Emulator: &row.options})
			if report.Verdict != row.verdict {
				t.Errorf("it is %s (%s), want %s\n%s", report.Verdict, report.Reason, row.verdict, report.Problems())
			}
		})
	}
}

// The URL of a webhook is known to the story that named it, though the emulator masks it.
func TestURLOfADelivery(t *testing.T) {
	e := emulatortest.Start(t, emulatortest.Config{})
	s := load(t, "query-of-the-url.yaml")
	report := played(t, s, scenarios.Options{Emulator: &scenarios.Running{Control: e.Control}, Dialect: "graph-v1.0"})
	if report.Verdict != scenarios.Good {
		t.Errorf("it is %s\n%s", report.Verdict, report.Problems())
	}
}

// Two stories share an emulator and see nothing of each other.
func TestStoriesShareAnEmulator(t *testing.T) {
	e := emulatortest.Start(t, emulatortest.Config{})
	s := written(t, "title: t\nsteps:\n- subscribe:\n- change: message.created\n- expect: {deliveries: {count: 1}}\n- change: {raise: message.created, count: 3}\n- expect: {deliveries: {count: 3}}\n")
	for i := range 2 {
		t.Run("story", func(t *testing.T) {
			t.Parallel()
			report := played(t, s, scenarios.Options{Emulator: &scenarios.Running{Control: e.Control}, Seed: uint64(i)})
			if report.Verdict != scenarios.Good {
				t.Errorf("it is %s\n%s", report.Verdict, report.Problems())
			}
		})
	}
}

// Steps that the catalogue's first stories do without.
func TestSteps(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !strings.Contains(string(body), `"advanced":"1h0m0s"`) && r.Method == http.MethodPost {
			w.WriteHeader(http.StatusTeapot)
		}
		io.WriteString(w, `{"greeting": ["hello", 7]}`)
	}))
	defer app.Close()
	for _, row := range []struct{ name, steps string }{
		{"batches are as large as a step says", `
- subscribe:
- change: {raise: message.created, count: 25, batch: 10}
- expect: {deliveries: {count: 25, requests: 3, each: created}}`},
		{"many mailboxes", `
- subscribe: {mailbox: "user{n}@contoso.com", count: 5}
- expect: {api: {status: 201}}
- change: {raise: message.created, mailbox: "user{n}@contoso.com", count: 5}
- expect: {deliveries: {count: 5}}`},
		{"any order", `
- subscribe: {change: "created,deleted"}
- change: message.created
- change: message.deleted
- expect: {deliveries: {order: any, items: [deleted, created]}}`},
		{"an answer that is held", `
- subscribe:
- webhook: {notification: {hold: true}}
- change: message.created
- change: {raise: message.created, count: 3}
- expect: {deliveries: 0}
- webhook:
- expect: {deliveries: {count: 4, requests: 2, verdict: good}}`},
		{"answers for some requests only", `
- subscribe:
- webhook: {notification: {status: 503, times: 2}}
- change: message.created
- advance: 1m
- expect: {deliveries: {count: 3, verdict: any}}
- expect: {journal: {kind: retry, count: 2}}`},
		{"headers of an answer", `
- webhook: {handshake: {status: 302, headers: {Location: https://login.example/}}}
- subscribe: {refused: true}
- expect: {handshake: {finding: handshake-login-redirect, answer: {status: 302, headers: {location: {contains: login}}}}}`},
		{"a webhook that calls back before it answers", `
- webhook: {reads: before}
- subscribe: {resource: me/events}
- change: event.created
  as: event
- await: {call: read, path: {contains: "${event.id}"}, status: 200}
- expect: {deliveries: {verdict: good, items: [{item: "${event.id}"}]}}`},
		{"the app is told the time, and called", `
- subscribe: {for: 2h}
- advance: {by: 1h, tell: APP/clock}
- call: {url: APP/status}
  as: status
- expect: {api: {status: 200, body: {"greeting[1]": 7, greeting: [hello, 7], "greeting[2]": {absent: true}}}}
- call: {url: "APP/${status.body.greeting[0]}"}
- expect: {api: {path: /hello}}`},
		{"the webhook is sent something by a stranger", `
- send: {path: "?validationToken=a%20b"}
- expect: {answer: {status: 200, text: a b, headers: {Content-Type: {contains: text/plain}}}}
- send: {body: "{", headers: {Content-Type: application/json}}
  as: broken
- expect: {answer: {of: broken, status: 400}}
- send: {body: {value: [{subscriptionId: x, changeType: created, clientState: wrong, resource: r, resourceData: {id: i}}]}, pace: {bytes: 10, every: 1s}}
- expect: {answer: 202}
- expect: {received: {count: 1, verdict: doubtful, finding: receiver-client-state, refused: 1}}`},
		{"lifecycle events", `
- subscribe: {lifecycle: "${webhook.lifecycle}"}
- lifecycle: missed
- expect: {deliveries: {items: [{lifecycle: missed}]}}
- lifecycle: subscriptionRemoved
- expect: {deliveries: {items: [{lifecycle: subscriptionRemoved}]}}
- change: message.created
- expect: {nothing: 0}`},
		{"a set-up before the story", `
- change: message.created
- expect: {deliveries: {items: [{subscription: early}]}}
setup:
- subscribe:
  as: early`},
		{"another address", `
- subscribe: {url: "https://webhook.test/elsewhere", for: 1h}
- renew: {url: "https://webhook.test/back"}
- expect: {handshake: {url: {contains: /back}}}
- expect: {api: {status: 200, body: {notificationUrl: https://webhook.test/back}}}`},
		{"faults", `
- subscribe: {change: "created,updated"}
  as: sub
- fault: [duplicate:next=1, "wrong-client-state:next=1,on=updated,subscription=${sub.id}"]
- change: message.created
- expect: {deliveries: {count: 2, each: created}}
- expect: {received: {count: 2, finding: receiver-duplicate}}
- change: message.updated
- expect: {deliveries: {each: {clientState: {not: "${clientState}"}}}}
- expect: {received: {verdict: doubtful, finding: receiver-client-state}}
- fault: drop
- fault: none
- change: message.updated
- expect: {deliveries: {each: {clientState: "${clientState}"}}}`},
		{"calls that nobody answers", `
- fault: reset:next=1
- call: {path: /v1.0/me/messages, unanswered: true}
- fault: "reset:next=3"
- subscribe: {unanswered: true}
- subscribe: {unanswered: true}
- subscribe: {unanswered: true}
- subscribe:
- expect: {journal: {kind: subscribed, count: 1}}
- fault: "reset:next=1,answer=true"
- delete: {unanswered: true}
- expect: {journal: {kind: deleted, count: 1}}`},
		{"an API that takes its time", `
- fault: latency:for=4h
- call: {path: /v1.0/subscriptions}
  as: slow
- fault: none
- call: {path: /v1.0/subscriptions}
- expect: {api: {status: 200, after: 0s}}
- expect: {api: {of: slow, after: 4h}}`},
		{"what a change names is found below the schema's base path", `
- change: message.created
  as: m
- call: {path: "${m.resource}"}
- expect: {api: {status: 200, path: "/v1.0/${m.resource}", body: {id: "${m.id}"}}}`},
		{"an endpoint that is slow", `
- subscribe: {for: 1d}
- webhook: {notification: {delay: 4s}}
- change: {raise: message.created, count: 4}
- expect: {deliveries: {count: 4, verdict: late}}
- webhook:
- advance: 10m
- expect: {endpoint: slow}
- change: message.created
- expect: {deliveries: 0}
- advance: 10m
- expect: {deliveries: {verdict: good}}
emulator: {endpointMinimum: 3}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			text := "title: t\nsteps:" + strings.ReplaceAll(row.steps, "APP", app.URL) + "\n"
			report := played(t, written(t, text), scenarios.Options{})
			if report.Verdict != scenarios.Good {
				t.Errorf("it is %s\n%s", report.Verdict, report.Problems())
			}
		})
	}
}

// Expectations that are not met say what came instead.
func TestExpectationsThatFail(t *testing.T) {
	for _, row := range []struct{ name, steps, tells string }{
		{"too few", "- subscribe:\n- change: message.created\n- expect: {deliveries: 2}", "story.yaml:5:3: expect deliveries: 1 notification came, want 2"},
		{"too many", "- subscribe:\n- change: {raise: message.created, count: 2}\n- expect: {deliveries: 1}", "2 notifications came, want 1"},
		{"silence is broken", "- subscribe:\n- change: message.created\n- expect: {nothing: 1h}", "the webhook is sent something: created"},
		{"a handshake breaks the silence", "- subscribe:\n- expect: {nothing: 0}", "the webhook is sent something: a handshake"},
		{"no handshake", "- call: {path: /v1.0/subscriptions}\n- expect: {handshake: {count: 1}}", "the webhook was asked to echo 0 tokens, want 1"},
		{"a refusal", "- subscribe: {resource: me/nothing}", "it is refused: create subscription: 400"},
		{"no refusal", "- subscribe: {refused: true}", "the service accepts it, and should refuse"},
		{"an answer where none should come", "- subscribe: {unanswered: true}", "it is answered, and the connection was to break before"},
		{"a refusal where no answer should come", "- subscribe: {resource: me/nothing, unanswered: true}", "it is answered, and the connection was to break before"},
		{"no answer where one should come", "- fault: reset:next=1\n- subscribe:", "story.yaml:4:3: subscribe: create subscription: POST http://emulator.test/v1.0/subscriptions: the connection was reset"},
		{"no answer where a refusal should come", "- fault: reset:next=1\n- subscribe: {refused: true}", "the connection was reset"},
		{"an answer that came too soon", "- call: {path: /v1.0/subscriptions}\n- expect: {api: {after: 1h}}", ", want 1h at least"},
		{"a wrong status", "- call: {path: /v1.0/nothing}\n- expect: {api: 200}", "the status: it is 400, want \"200\""},
		{"nobody calls", "- subscribe:\n- change: message.created\n- await: {call: read, within: 1ms}", "read came never, want once"},
		{"no endpoint state", "- expect: {endpoint: drop}", "the endpoint is good, want drop"},
		{"nothing in the journal", "- expect: {journal: expired}", "the journal has no expired"},
		{"not what the webhook answered", "- subscribe:\n- change: message.created\n- expect: {deliveries: {answer: 200}}", "the answer's status: it is 202, want \"200\""},
		{"a late notification", "- subscribe: {for: 1d}\n- webhook: {notification: {status: 500, times: 1}}\n- change: message.created\n- expect: {deliveries: {verdict: failed}}\n- advance: 1m\n- expect: {deliveries: {within: {virtual: 1s}}}", "after the step before, want 1s"},
		{"a URL that nobody allowed", "- call: {url: \"http://app.example/\"}", "refuse to send to app.example:80: it is not on this machine and was not allowed"},
		{"an app that nobody allowed to be told", "- advance: {by: 1h, tell: \"http://app.example/clock\"}", "refuse to send to app.example:80"},
		{"a reference to what is not there", "- call: {path: /v1.0/subscriptions}\n  as: list\n- call: {path: \"/v1.0/${list.body.value[0].id}\"}", "look up ${list.body.value[0].id}: it is not there"},
	} {
		t.Run(row.name, func(t *testing.T) {
			report := played(t, written(t, "title: t\nsteps:\n"+row.steps+"\n"), scenarios.Options{})
			if report.Verdict != scenarios.Failed || !strings.Contains(report.Problems(), row.tells) {
				t.Errorf("it is %s, want it failed with %q\n%s", report.Verdict, row.tells, report.Problems())
			}
		})
	}
}

// After a step that failed nothing more is played, and the exchange at fault is shown without its secrets.
func TestReportOfAFailure(t *testing.T) {
	s := written(t, "title: t\nwebhook: {path: \"/hook?code=swordfish\", clientState: marlin}\nsteps:\n- subscribe:\n- change: message.created\n- expect: {deliveries: {verdict: failed}}\n- delete:\n")
	var told []scenarios.StepReport
	report := played(t, s, scenarios.Options{Progress: func(step scenarios.StepReport) { told = append(told, step) }})
	if len(report.Steps) != 3 || len(told) != 3 {
		t.Fatalf("%d steps are reported and %d told, want 3: the last one is not played", len(report.Steps), len(told))
	}
	failed := report.Steps[2]
	if failed.Verdict != scenarios.Failed || len(failed.Exchanges) != 1 {
		t.Fatalf("the step is %s with %d exchanges, want it failed with 1", failed.Verdict, len(failed.Exchanges))
	}
	x := failed.Exchanges[0]
	shown := x.URL + string(x.RequestBody) + report.Problems()
	if x.Status != http.StatusAccepted || strings.Contains(shown, "swordfish") || strings.Contains(shown, "marlin") {
		t.Errorf("the exchange is\n%d %s\n%s", x.Status, x.URL, x.RequestBody)
	}
}

// What is told of a comparison shows no secret either, be it the webhook's key or what it is called by an app.
func TestProblemsShowNoSecret(t *testing.T) {
	server := httptest.NewServer(hook{})
	defer server.Close()
	for _, expectation := range []string{
		"{handshake: {url: x}}", "{handshake: {headers: {ClientState: x}}}", "{api: {request: {ClientState: x}}}", "{api: {text: x}}", "{api: {body: {'@odata.type': x, NotificationURL: x}}}",
		"{api: {body: {NotificationURL: {contains: \"key=x\"}}}}",
	} {
		s := written(t, "title: t\nsteps:\n- subscribe:\n- expect: "+expectation+"\n")
		report := played(t, s, scenarios.Options{Dialect: "outlook-final", Webhook: server.URL + "/hook?key=sword%2Dfish", ClientState: "marlin"})
		told := report.Problems()
		if report.Verdict != scenarios.Failed || strings.Contains(told, "marlin") || strings.Contains(told, "sword") || !strings.Contains(told, "…") {
			t.Errorf("%s is %s, and tells\n%s", expectation, report.Verdict, told)
		}
	}
	// Where a long text is cut off in the middle of one, its beginning is no less a secret.
	const cut = 200
	long := server.URL + "/" + strings.Repeat("a", cut-len(server.URL)-len("/?key=sword"))
	s := written(t, "title: t\nsteps:\n- subscribe:\n- expect: {handshake: {url: x}}\n")
	if report := played(t, s, scenarios.Options{Webhook: long + "?key=swordfish"}); strings.Contains(report.Problems(), "swor") {
		t.Errorf("the URL that is cut off tells\n%s", report.Problems())
	}
}

// Hours pass in milliseconds, and the same seed tells the same story.
func TestTimeIsTheServices(t *testing.T) {
	const name = "notification-timeouts-recovery.yaml"
	var ids []string
	for range 2 {
		report := played(t, load(t, name), scenarios.Options{Dialect: "graph-v1.0", Seed: 7})
		if report.Virtual < 7*time.Hour || report.Verdict != scenarios.Good {
			t.Errorf("%s of the service's time, verdict %s, want 7 h and good", report.Virtual, report.Verdict)
		}
		ids = append(ids, report.Dialect)
	}
	if !slices.Equal(ids, []string{"graph-v1.0", "graph-v1.0"}) {
		t.Errorf("it was played in %v", ids)
	}
}

// Options that make no sense are an error, and an emulator that is not there is no verdict on the webhook.
func TestOptions(t *testing.T) {
	s := load(t, "happy-graph-v1.0.yaml")
	if _, err := scenarios.Play(t.Context(), s, scenarios.Options{Dialect: "graph"}); err == nil {
		t.Error("Play takes a dialect that there is not")
	}
	gone, err := control.NewClient("http://127.0.0.1:1", control.ClientConfig{})
	if err != nil {
		t.Fatal(err)
	}
	running := &scenarios.Running{Control: gone, Exclusive: true}
	if report := played(t, s, scenarios.Options{Emulator: running}); report.Verdict != scenarios.Unjudged || report.Reason == "" {
		t.Errorf("without an emulator it is %s (%s), want it unjudged with a reason", report.Verdict, report.Reason)
	}
	setup := written(t, "title: t\nsetup:\n- subscribe:\nsteps:\n- subscribe: {refused: true}\n")
	if report := played(t, setup, scenarios.Options{Part: scenarios.SetupOnly}); report.Verdict != scenarios.Good || len(report.Steps) != 1 {
		t.Errorf("the set-up alone is %s in %d steps, want it good in 1", report.Verdict, len(report.Steps))
	}
}
