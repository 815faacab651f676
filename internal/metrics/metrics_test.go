package metrics_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/emulator/emulatortest"
	"github.com/outlocal/outlocal/internal/metrics"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/subscriber"
)

func get(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost:3652"+path, nil))
	return w.Code, w.Body.String()
}

// lines wants metrics, each a line of its own.
func lines(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, line := range want {
		if !strings.Contains("\n"+text, "\n"+line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	if t.Failed() {
		t.Logf("in\n%s", ours(text))
	}
}

// ours leaves out what Go and the process say.
func ours(text string) string {
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "outlocal_") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

func TestEmulator(t *testing.T) {
	e := emulatortest.Start(t, emulatortest.Config{Webhook: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token := r.URL.Query().Get("validationToken"); token != "" {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, token)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})})
	client := e.Subscriber(dialect.GraphV1)
	if _, err := client.Create(t.Context(), subscriber.Request{
		Resource: "me/messages", Changes: notify.Created, NotificationURL: emulatortest.WebhookURL + "?code=s3cret", ClientState: "hush",
	}); err != nil {
		t.Fatal(err)
	}
	since := e.Journal().Last()
	e.Change(control.Change{Change: "created", Collection: "message", Count: 1})
	e.Wait(journal.Attempt, 1, since)
	e.Settle()

	status, text := get(t, metrics.Handler(e.Server.Control(), e.Server, metrics.WithoutProfiles), metrics.Path)
	if status != http.StatusOK {
		t.Fatalf("%d: %s", status, text)
	}
	lines(t, text,
		`outlocal_subscriptions 1`,
		`outlocal_notifications_raised_total 1`,
		`outlocal_notifications_delivered_total 1`,
		`outlocal_notifications_lost_total 0`,
		`outlocal_requests_total 1`,
		`outlocal_mailboxes 1`,
		`outlocal_attempt_duration_seconds_count{outcome="good"} 1`,
		`outlocal_attempt_duration_seconds_bucket{outcome="good",le="3"} 1`,
		`outlocal_attempt_duration_seconds_count{outcome="failed"} 0`,
		`outlocal_endpoint_queued{endpoint="https://webhook.test"} 0`,
		`outlocal_endpoint_in_flight{endpoint="https://webhook.test"} 0`,
		`outlocal_endpoint_state{endpoint="https://webhook.test",state="good"} 1`,
		`outlocal_endpoint_state{endpoint="https://webhook.test",state="slow"} 0`,
		`outlocal_info{kind="emulator",name="",version=""} 1`,
	)
	for _, secret := range []string{"s3cret", "hush"} {
		if strings.Contains(text, secret) {
			t.Errorf("the metrics tell %s", secret)
		}
	}
	if !strings.Contains(text, "\ngo_goroutines ") {
		t.Error("nothing of Go")
	}
}

func TestReceiver(t *testing.T) {
	r, err := receiver.New(receiver.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "http://localhost/hook?validationToken=abc", nil))
	_, text := get(t, metrics.Handler(control.NewHandler(r), r, metrics.WithoutProfiles), metrics.Path)
	lines(t, text, `outlocal_requests_total 1`, `outlocal_handshakes_total 1`, `outlocal_notifications_received_total 0`, `outlocal_journal_entries_total 1`)
	if strings.Contains(text, "outlocal_subscriptions") {
		t.Error("a receiver has no subscriptions to count")
	}
}

// TestEveryCounter: what a status counts, the metrics tell.
func TestEveryCounter(t *testing.T) {
	s, err := emulator.New(emulator.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, err := receiver.New(receiver.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, backend := range []control.Backend{s, r} {
		status, err := backend.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		numbered := &fixed{status: status}
		for i, name := range slices.Sorted(maps.Keys(status.Counters)) {
			numbered.status.Counters[name] = int64(1000 + i) // so that each can be told from the others
		}
		_, text := get(t, metrics.Handler(http.NotFoundHandler(), numbered, metrics.WithoutProfiles), metrics.Path)
		for i, name := range slices.Sorted(maps.Keys(status.Counters)) {
			if n := strings.Count(ours(text), " "+strconv.Itoa(1000+i)+"\n"); n != 1 {
				t.Errorf("%s: the counter %s is told %d times", status.Kind, name, n)
			}
		}
	}
}

// fixed is a backend whose status is given.
type fixed struct {
	status control.Status
	err    error
}

func (f *fixed) Status(ctx context.Context) (control.Status, error) {
	if _, bounded := ctx.Deadline(); !bounded {
		return control.Status{}, errors.New("asked without end")
	}
	return f.status, f.err
}

func (f *fixed) Timings() []emulator.Timing {
	return []emulator.Timing{{Outcome: "late", Attempts: 3, Total: 10 * time.Second, Within: map[time.Duration]uint64{500 * time.Microsecond: 1, 3 * time.Second: 2}}}
}

func TestForms(t *testing.T) {
	of := &fixed{status: control.Status{
		Kind: control.Emulator, Name: "a \"name\"", Version: "1",
		Endpoints: []control.Endpoint{{Endpoint: "https://a.test", State: "drop", Queued: 7, InFlight: 2}, {Endpoint: "broken\xff", State: "good"}},
		Counters:  map[string]int64{"of a later version": 1},
	}}
	h := metrics.Handler(http.NotFoundHandler(), of, metrics.WithoutProfiles)
	_, text := get(t, h, metrics.Path)
	lines(t, text,
		`outlocal_info{kind="emulator",name="a \"name\"",version="1"} 1`,
		`outlocal_attempt_duration_seconds_bucket{outcome="late",le="0.0005"} 1`,
		`outlocal_attempt_duration_seconds_bucket{outcome="late",le="3"} 2`,
		`outlocal_attempt_duration_seconds_bucket{outcome="late",le="+Inf"} 3`,
		`outlocal_attempt_duration_seconds_sum{outcome="late"} 10`,
		`outlocal_endpoint_state{endpoint="https://a.test",state="drop"} 1`,
		`outlocal_endpoint_state{endpoint="https://a.test",state="good"} 0`,
		`outlocal_endpoint_queued{endpoint="https://a.test"} 7`,
		`outlocal_endpoint_in_flight{endpoint="https://a.test"} 2`,
		`outlocal_endpoint_queued{endpoint="broken�"} 0`,
	)

	of.err = errors.New("no status today")
	if status, text := get(t, h, metrics.Path); status != http.StatusInternalServerError || !strings.Contains(text, "no status today") {
		t.Errorf("without a status: %d %s", status, text)
	}
}

func TestRoutes(t *testing.T) {
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "next "+r.URL.Path) })
	const profile = metrics.ProfilePath + "cmdline"
	for _, test := range []struct {
		name      string
		profiling metrics.Profiling
		path      string
		next      bool
	}{
		{"metrics", metrics.WithoutProfiles, "/metrics", false},
		{"the control API", metrics.WithoutProfiles, "/status", true},
		{"a path that is not clean", metrics.WithProfiles, "//status", true},
		{"profiles that are not wanted", metrics.WithoutProfiles, profile, true},
		{"profiles", metrics.WithProfiles, profile, false},
		{"the list of profiles", metrics.WithProfiles, metrics.ProfilePath, false},
		{"a named profile", metrics.WithProfiles, metrics.ProfilePath + "goroutine?debug=1", false},
	} {
		status, text := get(t, metrics.Handler(next, &fixed{}, test.profiling), test.path)
		if status != http.StatusOK || strings.HasPrefix(text, "next ") != test.next {
			t.Errorf("%s: %d %.60s", test.name, status, text)
		}
	}
}
