package scenarios_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outlocal/outlocal/emulator/emulatortest"
	"github.com/outlocal/outlocal/scenarios"
)

// What is called is judged: how often, in which order, when, about what, and that nothing is.
func TestCallsThatAreNotAsTheyHaveToBe(t *testing.T) {
	const (
		asked     = "webhook: {reacts: renew}\nsteps:\n- subscribe: {lifecycle: \"${webhook.lifecycle}\"}\n  as: sub\n- lifecycle: reauthorizationRequired\n"
		throttled = "webhook: {reacts: renew}\nsteps:\n- subscribe: {lifecycle: \"${webhook.lifecycle}\"}\n- fault: \"throttle:next=1,retry-after=40\"\n- lifecycle: reauthorizationRequired\n"
		reading   = "webhook: {reads: after}\nsteps:\n- subscribe:\n- change: {raise: message.created, count: 2}\n"
		other     = "webhook: {reacts: renew}\nsteps:\n- subscribe: {lifecycle: \"${webhook.lifecycle}\"}\n  as: one\n- subscribe: {resource: me/events, lifecycle: \"${webhook.lifecycle}\"}\n- lifecycle: reauthorizationRequired\n"
	)
	for _, row := range []struct{ name, before, calls, tells string }{
		{"one too many", asked, "none", "none came once, want never"},
		{"none of a kind", asked, "{call: renew, count: 0}", "renew came once, want never"},
		{"too few", asked, "{call: renew, count: 2}", "renew came once, want 2 times"},
		{"another", asked, "reauthorize", "reauthorize came never, want once"},
		{"another status", asked, "{call: renew, status: 204}", `another status came: it is 200, want "204"`},
		{"another path", asked, "{call: renew, path: {contains: reauthorize}}", "another path came: it is "},
		{"another body", asked, "{call: renew, request: {expirationDateTime: {absent: true}}}", "another request came: its expirationDateTime: it is "},
		{"another subscription", other, "{call: renew, subscription: one}", "another subscription came: it is "},
		{"the other order", throttled, "[renew, {call: refused, status: 429}]", "refused came before what is listed before it"},
		{"too early", throttled, "[refused, {call: renew, after: 41s}]", "after the call before, want 41s at least"},
		{"too late", throttled, "[refused, {call: renew, within: {virtual: 39s}}]", "after the call before, want 39s at most"},
		{"not told to wait", reading, "[read, {call: read, after: Retry-After}]", "read: the call before was not told how long to wait"},
	} {
		t.Run(row.name, func(t *testing.T) {
			calls := row.calls
			if strings.HasPrefix(calls, "{") {
				calls = "[" + calls + "]"
			}
			report := played(t, written(t, "title: t\n"+row.before+"- expect: {calls: "+calls+"}\n"), scenarios.Options{})
			if report.Verdict != scenarios.Failed || !strings.Contains(report.Problems(), row.tells) {
				t.Errorf("it is %s, want it failed with %q\n%s", report.Verdict, row.tells, report.Problems())
			}
		})
	}
}

// An app that answers before it was told is too early, whatever it was told.
func TestRetryAfterIsKept(t *testing.T) {
	for _, row := range []struct{ name, after, tells string }{
		{"as it was told", "after: Retry-After", "after the call before, want 30s at least"},
		{"by the file", "after: 10s", "after the call before, want 10s at least"},
	} {
		t.Run(row.name, func(t *testing.T) {
			app := newApp(t)
			app.impatient = true
			report := app.plays(t, `
- call: {method: POST, url: "APP/start"}
- await: subscribe
  as: sub
- fault: "throttle:next=1,retry-after=30"
- lifecycle: {event: reauthorizationRequired, subscription: sub}
- expect: {calls: [{call: refused, status: 429}, {call: renew, `+row.after+`}]}`)
			if report.Verdict != scenarios.Failed || !strings.Contains(report.Problems(), row.tells) {
				t.Errorf("it is %s, want it failed with %q\n%s", report.Verdict, row.tells, report.Problems())
			}
		})
	}
}

// The subscription of an app elsewhere, that it made itself, is one to play with; and what it calls is seen.
func TestSubscriptionOfTheAppsOwn(t *testing.T) {
	app := newApp(t)
	report := app.plays(t, `
- call: {method: POST, url: "APP/start"}
- await: {call: subscribe, status: 201}
  as: sub
- change: message.created
  as: message
- expect: {deliveries: {items: [{change: created, subscription: sub, item: "${message.id}"}]}}
- lifecycle: {event: reauthorizationRequired, subscription: sub}
- expect: {calls: [{call: renew, subscription: sub, status: 200, within: {virtual: 1m}}]}
- expect: {deliveries: {items: [{lifecycle: reauthorizationRequired, subscription: sub}]}}
- advance: 20m
- expect: {calls: {items: [none], within: 10ms}}
- call: {path: "${sub.path}"}
- expect: {api: {status: 200, body: {id: "${sub.id}", resource: "${sub.resource}"}}}
- delete: sub`)
	if report.Verdict != scenarios.Good {
		t.Errorf("it is %s\n%s", report.Verdict, report.Problems())
	}
}

// What an app does by a timer of its own, it does on real time. It can know the service's time in three ways: it is told, it asks, or it
// reads the date of any answer.
func TestTimersOfAnApp(t *testing.T) {
	app := newApp(t)
	report := app.plays(t, `
- call: {method: POST, url: "APP/start"}
- await: subscribe
  as: sub
- advance: {by: 20m, tell: "APP/clock"}
- expect: {calls: {items: [none], within: 10ms}}
- advance: 15m
- expect: {calls: {items: [none], within: 10ms}}
- advance: {by: 1m, tell: "APP/clock"}
- expect: {calls: [{call: renew, subscription: sub, status: 200}]}
- call: {path: "${sub.path}"}
- expect: {api: {status: 200, body: {expirationDateTime: {in: 2h}}}}`)
	if report.Verdict != scenarios.Good {
		t.Errorf("it is %s\n%s", report.Verdict, report.Problems())
	}
	clock, err := app.emulator.Control.Clock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	answer, err := app.emulator.Client().Get(app.emulator.URL + "/v1.0/subscriptions")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	date, err := http.ParseTime(answer.Header.Get("Date"))
	for what, at := range map[string]time.Time{"the clock says": clock.Now, "the answer is of": date} {
		if gone := time.Until(at); err != nil || gone < 35*time.Minute || gone > 37*time.Minute {
			t.Errorf("%s %s, want 36m from now (%v)", what, at, err)
		}
	}
}

// app is one of somebody else, with a webhook: it subscribes when it is started, and renews when it is asked to.
type app struct {
	*httptest.Server
	emulator  *emulatortest.Emulator
	impatient bool // renews again at once where it is told to wait

	started      time.Time
	mu           sync.Mutex
	subscription string
}

func newApp(t *testing.T) *app {
	a := &app{emulator: emulatortest.Start(t, emulatortest.Config{}), started: time.Now()}
	a.Server = httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(a.Close)
	return a
}

func (a *app) plays(t *testing.T, steps string) scenarios.Report {
	t.Helper()
	return played(t, written(t, "title: t\nsteps:"+strings.ReplaceAll(steps, "APP", a.URL)+"\n"), scenarios.Options{
		Webhook:  a.URL + "/hook",
		Emulator: &scenarios.Running{Control: a.emulator.Control, Exclusive: true, User: "user@contoso.com"},
	})
}

func (a *app) serve(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/start":
		wish := `{"changeType": "created", "resource": "me/messages", "notificationUrl": "` + a.URL + `/hook", "lifecycleNotificationUrl": "` + a.URL + `/hook",
			"expirationDateTime": "` + a.emulator.Now().Add(time.Hour).UTC().Format(time.RFC3339) + `"}`
		body, _ := a.call(r.Context(), http.MethodPost, "/v1.0/subscriptions", wish)
		var made struct{ ID string }
		_ = json.Unmarshal(body, &made)
		a.mu.Lock()
		a.subscription = made.ID
		a.mu.Unlock()
	case r.URL.Path == "/clock": // what its timer would do, it does when it is told
		var told struct{ Now time.Time }
		_ = json.NewDecoder(r.Body).Decode(&told)
		if told.Now.After(a.started.Add(30 * time.Minute)) {
			a.renew(r.Context())
		}
	case r.URL.Query().Has("validationToken"):
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, r.URL.Query().Get("validationToken"))
	default:
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "reauthorizationRequired") {
			a.renew(r.Context())
		}
		w.WriteHeader(http.StatusAccepted)
	}
}

func (a *app) renew(ctx context.Context) {
	a.mu.Lock()
	path := "/v1.0/subscriptions/" + a.subscription
	a.mu.Unlock()
	wish := `{"expirationDateTime": "` + a.emulator.Now().Add(2*time.Hour).UTC().Format(time.RFC3339) + `"}`
	if _, status := a.call(ctx, http.MethodPatch, path, wish); status == http.StatusTooManyRequests && a.impatient {
		a.call(ctx, http.MethodPatch, path, wish)
	}
}

func (a *app) call(ctx context.Context, method, path, body string) ([]byte, int) {
	r, err := http.NewRequestWithContext(ctx, method, a.emulator.URL+path, strings.NewReader(body))
	if err != nil {
		return nil, 0
	}
	r.Header.Set("Authorization", "Bearer any")
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, 0
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return text, answer.StatusCode
}
