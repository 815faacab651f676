package emulator_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/emulator/emulatortest"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/emulator/internal/delivery"
	"github.com/outlocal/outlocal/journal"
)

// faulty is a world in which things go wrong.
func faulty(t *testing.T, specs ...string) *world {
	t.Helper()
	return newWorld(t, func(c *emulatortest.Config) { c.Faults = parsed(t, specs...) })
}

func parsed(t *testing.T, specs ...string) []fault.Rule {
	t.Helper()
	var rules []fault.Rule
	for _, spec := range specs {
		r, err := fault.Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, r)
	}
	return rules
}

// subscribed makes a subscription in the final names of Outlook, whose notifications are numbered.
func (w *world) subscribed(change ...string) reply {
	w.t.Helper()
	return w.must(http.StatusCreated, "POST", "/api/v2.0/me/subscriptions", w.finalBody(change...))
}

func (w *world) counter(name string) int64 {
	w.t.Helper()
	status, err := w.Control.Status(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return status.Counters[name]
}

// numbers are the sequence numbers of all deliveries, each one's apart; ? stands for what is no JSON, 0 for what has no number.
func numbers(got []received) []string {
	all := []string{}
	for _, r := range got {
		var body struct {
			Value []*struct{ SequenceNumber int32 }
		}
		if json.Unmarshal([]byte(r.body), &body) != nil {
			all = append(all, "?")
			continue
		}
		var one []string
		for _, it := range body.Value {
			if it == nil {
				one = append(one, "null")
				continue
			}
			one = append(one, fmt.Sprint(it.SequenceNumber))
		}
		all = append(all, strings.Join(one, " "))
	}
	return all
}

// What becomes of the order and number of notifications when one after the other is raised: each step is a word of what happens, and the
// numbers that the webhook has got by then. What is sent again has its number again.
// rules: W3.3-02 W4.8-03
func TestFaultsOfOrderAndNumber(t *testing.T) {
	type step struct {
		do   string // raise, or a time to advance by
		want []string
	}
	for _, row := range []struct {
		spec  string
		steps []step
	}{
		{"drop:next=1", []step{{"raise", []string{}}, {"raise", []string{"2"}}}},
		{"drop:nth=2", []step{{"raise", []string{"1"}}, {"raise", []string{"1"}}, {"raise", []string{"1", "3"}}}},
		{"drop:every=2", []step{{"raise", []string{"1"}}, {"raise", []string{"1"}}, {"raise", []string{"1", "3"}}, {"raise", []string{"1", "3"}}}},
		{"duplicate:next=1", []step{{"raise", []string{"1", "1"}}, {"raise", []string{"1", "1", "2"}}}},
		{"duplicate:next=1,copies=2,delay=5s", []step{
			{"raise", []string{"1"}}, {"raise", []string{"1", "2"}}, {"4s", []string{"1", "2"}}, {"1s", []string{"1", "2", "1"}}, {"5s", []string{"1", "2", "1", "1"}},
		}},
		{"delay:next=1,for=10m", []step{{"raise", []string{}}, {"raise", []string{"2"}}, {"9m", []string{"2"}}, {"1m", []string{"2", "1"}}}},
		{"reorder:next=1", []step{{"raise", []string{}}, {"raise", []string{"2", "1"}}, {"raise", []string{"2", "1", "3"}}, {"1h", []string{"2", "1", "3"}}}},
		{"reorder:next=1,within=20s", []step{{"raise", []string{}}, {"19s", []string{}}, {"1s", []string{"1"}}, {"raise", []string{"1", "2"}}}},
		{"reorder", []step{{"raise", []string{}}, {"raise", []string{"2", "1"}}, {"raise", []string{"2", "1"}}, {"1m", []string{"2", "1", "3"}}}},
		{"null-entry:next=1", []step{{"raise", []string{"null 1"}}, {"raise", []string{"null 1", "2"}}}},
		{"oversize:items=3,next=1", []step{{"raise", []string{"1 1 1"}}, {"raise", []string{"1 1 1", "2"}}}},
		{"malformed:next=1", []step{{"raise", []string{"?"}}, {"raise", []string{"?", "2"}}}},
		{"truncated:next=1", []step{{"raise", []string{"?"}}, {"raise", []string{"?", "2"}}}},
		{"cut:next=1", []step{{"raise", []string{"?"}}, {"9s", []string{"?"}}, {"1s", []string{"?", "1"}}}},
		{"cut:next=1,attempts=2", []step{{"raise", []string{"?"}}, {"10s", []string{"?", "?"}}, {"20s", []string{"?", "?", "1"}}}},
		{"delay:next=1,for=1m duplicate:next=1,delay=5s", []step{{"raise", []string{}}, {"1m", []string{"1"}}, {"4s", []string{"1"}}, {"1s", []string{"1", "1"}}}},
		{"delay:next=1,for=1m malformed:next=1", []step{{"raise", []string{}}, {"1m", []string{"?"}}}},
		{"drop:on=deleted", []step{{"raise", []string{"1"}}}},
	} {
		t.Run(row.spec, func(t *testing.T) {
			w := faulty(t, strings.Fields(row.spec)...)
			w.subscribed()
			for i, s := range row.steps {
				if s.do == "raise" {
					w.raise("message.created")
					w.Settle()
				} else {
					d, err := time.ParseDuration(s.do)
					if err != nil {
						t.Fatal(err)
					}
					w.advance(d)
				}
				if diff := cmp.Diff(s.want, numbers(w.hook.deliveries())); diff != "" {
					t.Fatalf("after step %d, %s, the webhook has got (-want +got):\n%s", i+1, s.do, diff)
				}
			}
		})
	}
}

// What is in a notification, and how it is written.
func TestFaultsOfContent(t *testing.T) {
	state := func(r received) string { return r.header.Get("ClientState") }
	for _, row := range []struct {
		name, spec string
		graph      bool
		check      func(t *testing.T, got received)
	}{
		{"another state in the header", "wrong-client-state", false, func(t *testing.T, got received) {
			if state(got) != "wrong-client-state" {
				t.Errorf("the state is %q", state(got))
			}
		}},
		{"a state of one's own", "wrong-client-state:state=mallory", false, func(t *testing.T, got received) {
			if state(got) != "mallory" {
				t.Errorf("the state is %q", state(got))
			}
		}},
		{"another state in the body", "wrong-client-state", true, func(t *testing.T, got received) {
			if !strings.Contains(got.body, `"clientState":"wrong-client-state"`) || strings.Contains(got.body, "s3cret") {
				t.Errorf("got %s", got.body)
			}
		}},
		{"no state in the header", "missing-client-state", false, func(t *testing.T, got received) {
			if _, there := got.header["Clientstate"]; there {
				t.Errorf("the state is %q", state(got))
			}
		}},
		{"no state in the body", "missing-client-state", true, func(t *testing.T, got received) {
			if strings.Contains(got.body, "clientState") {
				t.Errorf("got %s", got.body)
			}
		}},
		{"a wrong media type", "wrong-header", false, func(t *testing.T, got received) {
			if types := got.header["Content-Type"]; len(types) != 1 || types[0] != "text/plain" {
				t.Errorf("Content-Type is %q", types)
			}
		}},
		{"a wrong header of one's own", "wrong-header:name=odata-version,value=9", false, func(t *testing.T, got received) {
			if versions := got.header.Values("OData-Version"); len(versions) != 1 || versions[0] != "9" {
				t.Errorf("OData-Version is %q", versions)
			}
		}},
		{"unknown properties", "extra-properties", false, func(t *testing.T, got received) {
			var body struct{ Value []map[string]any }
			if err := json.Unmarshal([]byte(got.body), &body); err != nil {
				t.Fatal(err)
			}
			if it := body.Value[0]; it["futureText"] != `é "quoted"` || it["SubscriptionId"] == nil {
				t.Errorf("got %v", it)
			}
		}},
		{"a large property", "oversize:bytes=100000", true, func(t *testing.T, got received) {
			if len(got.body) < 100_000 || !json.Valid([]byte(got.body)) || strings.Count(got.body, `"subscriptionId"`) != 1 {
				t.Errorf("got %d bytes", len(got.body))
			}
		}},
		{"many notifications", "oversize", true, func(t *testing.T, got received) {
			if n := strings.Count(got.body, `"subscriptionId"`); n != 1000 || !json.Valid([]byte(got.body)) {
				t.Errorf("got %d notifications", n)
			}
		}},
		{"no JSON", "malformed", true, func(t *testing.T, got received) {
			if json.Valid([]byte(got.body)) || !strings.HasSuffix(got.body, "}}}") {
				t.Errorf("got %s", got.body)
			}
		}},
		{"half a body", "truncated:after=20", true, func(t *testing.T, got received) {
			if len(got.body) != 20 || got.header.Get("Content-Length") != "20" {
				t.Errorf("got %q, Content-Length %s", got.body, got.header.Get("Content-Length"))
			}
		}},
		{"a connection that is cut", "cut:after=20", true, func(t *testing.T, got received) {
			if len(got.body) != 20 || got.header.Get("Content-Length") == "20" {
				t.Errorf("got %q, Content-Length %s", got.body, got.header.Get("Content-Length"))
			}
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := faulty(t, row.spec)
			if row.graph {
				w.must(http.StatusCreated, "POST", "/v1.0/subscriptions", w.graphBody())
			} else {
				w.subscribed()
			}
			w.raise("message.created")
			w.Settle()
			got := w.hook.deliveries()
			if len(got) != 1 {
				t.Fatalf("the webhook has got %d requests", len(got))
			}
			row.check(t, got[0])
		})
	}
}

// What faults do is told, and tied to what it comes of.
func TestStrikesAreTold(t *testing.T) {
	w := faulty(t, "drop:next=1", "malformed:nth=1", "wrong-client-state:nth=2")
	sub := w.subscribed()
	first, second := w.raise("message.created"), w.raise("message.created")
	third := w.raise("message.created")
	w.Settle()

	strikes := w.wait(journal.Fault, 3)
	var told []string
	for _, e := range strikes {
		told = append(told, e.Note)
		if e.Subscription != sub.text("Id") || e.Dialect != "outlook-final" || e.Mailbox != emulator.DefaultUser || e.App == "" || e.URL != emulatortest.WebhookURL {
			t.Errorf("the strike does not say whom it concerns: %+v", e)
		}
	}
	// What is lost is not struck again: the others count from the second on.
	want := []string{"drop: lost", "malformed: the body is no JSON", "wrong-client-state: another client state is sent"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("strikes (-want +got):\n%s", diff)
	}
	if strikes[0].Cause != first.Entry || strikes[1].Cause != second.Entry || strikes[2].Cause != third.Entry {
		t.Errorf("their causes are %d, %d and %d, want %d, %d and %d", strikes[0].Cause, strikes[1].Cause, strikes[2].Cause, first.Entry, second.Entry, third.Entry)
	}
	dropped := w.wait(journal.Dropped, 1)[0]
	if dropped.Cause != strikes[0].Seq || dropped.Data.(*delivery.Given).Reason != delivery.Faulted {
		t.Errorf("the loss is told as %+v", dropped)
	}
	for i, want := range [][]string{{"malformed"}, {"wrong-client-state"}} {
		if diff := cmp.Diff(want, w.wait(journal.Attempt, 2)[i].Data.(*delivery.Attempt).Faults); diff != "" {
			t.Errorf("faults of attempt %d (-want +got):\n%s", i+1, diff)
		}
	}
	if w.counter("dropped") != 1 || w.counter("faults") != 3 || w.counter("raised") != 3 || w.counter("delivered") != 2 {
		t.Errorf("counted: %d dropped, %d faults, %d raised, %d delivered", w.counter("dropped"), w.counter("faults"), w.counter("raised"), w.counter("delivered"))
	}
	if kept := w.Journal().Last(); kept == 0 {
		t.Error("the journal is empty")
	}
}

// A loss is silent unless it is to be told.
// rules: W3.2-01
func TestToldLoss(t *testing.T) {
	for _, row := range []struct {
		spec string
		want []string
	}{
		{"drop:next=1", []string{}},
		{"drop:next=1,told=true", []string{"2"}}, // Missed has a number of its own
	} {
		t.Run(row.spec, func(t *testing.T) {
			w := faulty(t, row.spec)
			w.subscribed()
			w.raise("message.created")
			w.Settle()
			got := w.hook.deliveries()
			if diff := cmp.Diff(row.want, numbers(got)); diff != "" {
				t.Fatalf("the webhook has got (-want +got):\n%s", diff)
			}
			if len(got) > 0 && !strings.Contains(got[0].body, `"ChangeType":"Missed"`) {
				t.Errorf("got %s", got[0].body)
			}
		})
	}
}

// What broke on the way is tried again, and the webhook is not blamed for it; one that refuses what it got is.
func TestBrokenRequestsAreTriedAgain(t *testing.T) {
	for _, row := range []struct {
		spec   string
		status int // of the webhook
		blamed string
	}{
		{"cut:next=1", http.StatusAccepted, ""},
		{"malformed:next=1", http.StatusBadRequest, "delivery-body-parser"},
	} {
		t.Run(row.spec, func(t *testing.T) {
			w := faulty(t, row.spec)
			w.subscribed()
			w.hook.answers(func(rw http.ResponseWriter, _ *http.Request) bool {
				if len(w.hook.got) == 1 {
					rw.WriteHeader(row.status)
					return true
				}
				return false
			})
			w.raise("message.created")
			w.Settle()
			first := w.wait(journal.Attempt, 1)[0]
			if got := first.Exchange.Finding; got != row.blamed || first.Data.(*delivery.Attempt).Delivered {
				t.Errorf("the first attempt's finding is %q, want %q: %+v", got, row.blamed, first.Data)
			}
			w.advance(10 * time.Second)
			second := w.wait(journal.Attempt, 2)[1]
			if !second.Data.(*delivery.Attempt).Delivered || second.Data.(*delivery.Attempt).Try != 2 {
				t.Errorf("the second attempt is %+v", second.Data)
			}
			if got := numbers(w.hook.deliveries()); !cmp.Equal(got, []string{"?", "1"}) {
				t.Errorf("the webhook has got %q", got)
			}
		})
	}
}

// A slow body takes the emulator's time and none of the webhook's.
func TestSlowBodyIsNotTheWebhooksTime(t *testing.T) {
	w := faulty(t, "slow-body:for=1h")
	w.subscribed()
	w.raise("message.created")
	w.advance(59 * time.Minute)
	if early := w.entries(journal.Attempt); len(early) != 0 {
		t.Errorf("it was over too early: %+v", early)
	}
	w.advance(time.Minute)
	if got := numbers(w.hook.deliveries()); !cmp.Equal(got, []string{"1"}) {
		t.Errorf("the webhook has got %q", got)
	}
	attempt := w.wait(journal.Attempt, 1)[0]
	if data := attempt.Data.(*delivery.Attempt); data.Class != "good" || attempt.Exchange.Took > time.Minute {
		t.Errorf("the attempt is %s after %s", data.Class, attempt.Exchange.Took)
	}
}

// Rules can be limited to whom they concern, so that parallel tests don't disturb each other.
func TestFaultsOfOneMailbox(t *testing.T) {
	w := newWorld(t)
	const ann, bob = "ann@contoso.com", "bob@contoso.com"
	for _, user := range []string{ann, bob} {
		w.must(http.StatusCreated, "POST", "/api/v2.0/users/"+user+"/subscriptions", w.finalBody("Resource", `"https://outlook.office.com/api/v2.0/users/`+user+`/messages"`))
	}
	list, err := w.Control.AddFaults(t.Context(), control.Selector{Mailbox: ann}, "drop")
	if err != nil {
		t.Fatal(err)
	}
	want := []control.Fault{{ID: 1, Fault: "drop:mailbox=" + ann, Place: "notification", What: (&fault.Drop{}).What()}}
	if diff := cmp.Diff(want, list.Faults); diff != "" {
		t.Errorf("added (-want +got):\n%s", diff)
	}
	raise := func() []string {
		for _, user := range []string{ann, bob} {
			w.Change(control.Change{Change: "created", Collection: "message", Mailbox: user})
		}
		w.Settle()
		return numbers(w.hook.deliveries())
	}
	if got := raise(); len(got) != 1 {
		t.Fatalf("with ann's faulty: %q", got)
	}
	for _, row := range []struct {
		name  string
		query control.FaultQuery
		want  int
	}{
		{"bob's", control.FaultQuery{Where: control.Selector{Mailbox: bob}}, 0},
		{"ann's", control.FaultQuery{Where: control.Selector{Mailbox: "Ann@contoso.com"}}, 1},
	} {
		removed, err := w.Control.RemoveFaults(t.Context(), row.query)
		if err != nil || removed.Removed != row.want {
			t.Errorf("removal of %s: %d, %v, want %d", row.name, removed.Removed, err, row.want)
		}
	}
	if got := raise(); len(got) != 3 {
		t.Errorf("with nobody's faulty: %q", got)
	}
}

// Faults of one call are all taken or none; what makes no sense is refused with what would.
func TestFaultsAreRefused(t *testing.T) {
	w := newWorld(t)
	for _, row := range []struct {
		name    string
		where   control.Selector
		specs   []string
		message string
		hint    string
	}{
		{"unknown", control.Selector{}, []string{"drop", "duplicat:next=1"}, `read fault "duplicat:next=1": there is no fault "duplicat"`, "did you mean duplicate?"},
		{"two mailboxes", control.Selector{Mailbox: "a@contoso.com"}, []string{"drop:mailbox=b@contoso.com"}, "add fault: mailbox is one thing in the fault and another beside it", "say it once"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := w.Control.AddFaults(t.Context(), row.where, row.specs...)
			var refusal *control.Error
			if !asError(err, &refusal) || refusal.Message != row.message || refusal.Hint != row.hint || refusal.Status != http.StatusBadRequest {
				t.Errorf("got %v, %+v", err, refusal)
			}
		})
	}
	if list, err := w.Control.Faults(t.Context(), control.Selector{}); err != nil || len(list.Faults) != 0 {
		t.Errorf("in force are %v, %v", list.Faults, err)
	}
	if _, err := w.Control.RemoveFaults(t.Context(), control.FaultQuery{ID: 9}); err == nil {
		t.Error("a fault that is not there was removed")
	}
	if _, err := emulator.New(emulator.Config{Faults: []fault.Rule{{}}}); err == nil {
		t.Error("a rule without a fault was taken")
	}
}

// A reset brings back what was there at the start.
func TestResetRestartsFaults(t *testing.T) {
	w := faulty(t, "drop:next=1")
	w.subscribed()
	w.raise("message.created")
	if _, err := w.Control.AddFaults(t.Context(), control.Selector{}, "delay"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Control.Reset(t.Context(), control.Selector{}); err != nil {
		t.Fatal(err)
	}
	list, err := w.Control.Faults(t.Context(), control.Selector{})
	want := []control.Fault{{ID: 1, Fault: "drop:next=1", Place: "notification", What: (&fault.Drop{}).What()}}
	if diff := cmp.Diff(want, list.Faults); diff != "" || err != nil {
		t.Errorf("after the reset (-want +got):\n%s%v", diff, err)
	}
	if _, err := w.Control.AddFaults(t.Context(), control.Selector{Mailbox: "ann@contoso.com"}, "delay"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Control.Reset(t.Context(), control.Selector{Mailbox: "ann@contoso.com"}); err != nil {
		t.Fatal(err)
	}
	if list, err = w.Control.Faults(t.Context(), control.Selector{}); err != nil || len(list.Faults) != 1 {
		t.Errorf("after ann's reset: %v, %v", list.Faults, err)
	}
}

// The same seed brings the same faults, whatever share requests, and in whatever order they go out; another brings others.
func TestRunsReplay(t *testing.T) {
	play := func(t *testing.T, seed uint64, together bool) []string {
		w := newWorld(t, func(c *emulatortest.Config) {
			c.Seed = seed
			c.Faults = parsed(t, "drop:p=0.3", "duplicate:p=0.3", "malformed:nth=7", "wrong-client-state:p=0.2")
		})
		subs := map[string]string{}
		for i, folder := range []string{"inbox", "drafts", "archive"} {
			made := w.subscribed("Resource", `"https://outlook.office.com/api/v2.0/me/mailfolders('`+folder+`')/messages"`)
			subs[made.text("Id")] = fmt.Sprint(i)
		}
		for range 2 {
			for _, folder := range []string{"inbox", "drafts", "archive"} {
				for range map[bool]int{true: 1, false: 10}[together] {
					w.Change(control.Change{Change: "created", Collection: "message", Folder: folder, Count: map[bool]int{true: 10, false: 1}[together], Together: together})
				}
			}
		}
		w.Settle()
		entries, _ := w.Journal().Since(0, func(e *journal.Entry) bool { return e.Kind == journal.Fault }, 0)
		var told []string
		for _, e := range entries {
			told = append(told, subs[e.Subscription]+" "+e.Note)
		}
		return told
	}
	one := play(t, 42, false)
	if diff := cmp.Diff(one, play(t, 42, true)); diff != "" || len(one) < 10 {
		t.Errorf("two runs of one seed, with %d strikes, differ:\n%s", len(one), diff)
	}
	if cmp.Equal(one, play(t, 43, false)) {
		t.Error("two runs of different seeds are the same")
	}
}

func bodyOf(t *testing.T, r *http.Response) string {
	t.Helper()
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
