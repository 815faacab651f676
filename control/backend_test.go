package control_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/journal"
)

// fake is a backend with all parts. It notes what it was asked and answers with one of everything.
type fake struct {
	journal *journal.Journal
	refuse  error // what every call ends with, if set

	mu      sync.Mutex
	asked   []any
	stopped chan struct{}
}

var (
	_ control.EmulatorBackend = (*fake)(nil)
	_ control.ReceiverBackend = (*fake)(nil)
	_ control.ExposureBackend = (*fake)(nil)
	_ control.Stopper         = (*fake)(nil)
	_ control.Readier         = (*fake)(nil)
)

func newFake() *fake { return &fake{journal: journal.New(100), stopped: make(chan struct{})} }

// start gives a client of a fake.
func start(t *testing.T) (*fake, *control.Client) {
	t.Helper()
	f := newFake()
	return f, control.InProcess(control.NewHandler(f))
}

// note keeps what was asked, to be compared.
func (f *fake) note(asked ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, asked...)
	return f.refuse
}

// take gives what was asked since the last time.
func (f *fake) take() []any {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked := f.asked
	f.asked = nil
	return asked
}

func noon() time.Time { return time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC) }

func oneStatus() control.Status {
	return control.Status{
		Name: "main", Version: "v1", Kind: control.Emulator, HTTP: "http://127.0.0.1:3650", HTTPS: "https://localhost:3651", Authority: "https://localhost:3651",
		Webhook: "http://127.0.0.1:3654", Control: "http://127.0.0.1:3652", CA: "/home/ann/ca.pem", PID: 42, Started: noon(), Now: noon().Add(time.Hour),
		Serve: []control.Mount{{Path: "/v1.0", Dialect: "graph-v1.0"}}, Subscriptions: 3, Counters: map[string]int64{"delivered": 7},
		Endpoints: []control.Endpoint{{Endpoint: "https://localhost:8443", State: "slow", Since: noon(), Queued: 1, InFlight: 2, Attempts: 3, Late: 4, Failed: 5}},
		InFlight:  []string{"delivery to https://localhost:8443 for 3s"}, Journal: control.JournalState{First: 1, Last: 2, Dropped: 3},
	}
}

func oneRaised() control.Raised {
	item := control.RaisedItem{ID: "AAMk=", Collection: "messages", Mailbox: "ann@contoso.com", Folder: "AAMf=", Resource: "Users/1/Messages/AAMk=", Entry: 5}
	return control.Raised{Items: []control.RaisedItem{item}, Matched: 2, Entry: 5, Note: "two subscriptions"}
}

func oneClock() control.Clock {
	return control.Clock{Now: noon(), Wall: noon().Add(-time.Hour), Scale: 60}
}

func oneAdvanced() control.Advanced {
	return control.Advanced{From: noon(), To: noon().Add(time.Hour), Fired: 2, Due: []string{"a subscription expired"}, After: 9}
}

func mounts() []control.Mount {
	return []control.Mount{{Path: "/api/beta", Dialect: "outlook-interim"}, {Path: "/v1.0", Dialect: "graph-v1.0"}}
}

func onePage() control.SubscriptionPage {
	return control.SubscriptionPage{
		Subscriptions: []control.Subscription{{
			ID: "7f10", Mount: "/v1.0", Dialect: "graph-v1.0", App: "app", Mailbox: "ann@contoso.com", Resource: "me/messages", ChangeType: "created",
			NotificationURL: "https://hook.example/cb", LifecycleURL: "https://hook.example/life", Expires: noon(), HasClientState: true, Rich: true,
		}},
		Next: "17",
	}
}

func (f *fake) Status(context.Context) (control.Status, error) { return oneStatus(), f.note("status") }
func (f *fake) Ready(context.Context) error                    { return f.note("ready") }
func (f *fake) Journal() *journal.Journal                      { return f.journal }

func (f *fake) RaiseChange(_ context.Context, c control.Change) (control.Raised, error) {
	return oneRaised(), f.note(c)
}

func (f *fake) Clock(context.Context) (control.Clock, error) { return oneClock(), f.note("clock") }

func (f *fake) Advance(_ context.Context, by time.Duration) (control.Advanced, error) {
	return oneAdvanced(), f.note(by)
}

func (f *fake) SetScale(_ context.Context, scale float64) (control.Clock, error) {
	return oneClock(), f.note(scale)
}

func (f *fake) Mounts(context.Context) ([]control.Mount, error) { return mounts(), f.note("mounts") }
func (f *fake) Mount(_ context.Context, m control.Mount) error  { return f.note(m) }

func (f *fake) Subscriptions(_ context.Context, q control.SubscriptionQuery) (control.SubscriptionPage, error) {
	return onePage(), f.note(q)
}

// Import takes rows until one whose client state is refused.
func (f *fake) Import(_ context.Context, rows []control.NewSubscription) (ids []string, err error) {
	for _, row := range rows {
		if row.ClientState == "refused" {
			return ids, control.Conflict("no room", "make some")
		}
		if err := f.note(row); err != nil {
			return ids, err
		}
		ids = append(ids, "id-of-"+row.Resource)
	}
	return ids, nil
}

func (f *fake) RemoveSubscriptions(_ context.Context, where control.Selector) (control.Removed, error) {
	return control.Removed{Removed: 4}, f.note(where)
}

func oneHandled() control.Handled {
	return control.Handled{
		Notifications: []control.HandledNotification{{Subscription: "s1", Change: "created", Item: "AAMk=", Status: 202, Try: 2, Attempt: 9, Cause: 5, Read: 8}},
		Next:          9, Instead: []string{"one was answered 500"},
	}
}

func (f *fake) Handled(_ context.Context, q control.HandledQuery) (control.Handled, error) {
	return oneHandled(), f.note(q)
}

func (f *fake) RaiseLifecycle(_ context.Context, e control.LifecycleEvent) (control.LifecycleRaised, error) {
	return control.LifecycleRaised{Matched: 3, Raised: 2, Entry: 8, Note: "one has no lifecycle URL"}, f.note(e)
}

func oneFaultList() control.FaultList {
	return control.FaultList{Seed: 7, Faults: []control.Fault{
		{ID: 3, Fault: "drop:next=1", Place: "notification", What: "It is lost.", Seen: 2, Struck: 1, Spent: true},
	}}
}

func (f *fake) Faults(_ context.Context, where control.Selector) (control.FaultList, error) {
	return oneFaultList(), f.note(where)
}

func (f *fake) AddFaults(_ context.Context, n control.NewFaults) (control.FaultList, error) {
	return oneFaultList(), f.note(n)
}

func (f *fake) RemoveFaults(_ context.Context, q control.FaultQuery) (control.Removed, error) {
	return control.Removed{Removed: 2}, f.note(q)
}

func oneToken() control.IssuedToken {
	return control.IssuedToken{Token: "eyJ.e30.AA", App: "app", User: "ann@contoso.com", Tenant: "84bd", Audience: "https://graph.microsoft.com", Scopes: []string{"Mail.Read"}, Expires: noon()}
}

func oneOrder() control.TokenOrder {
	return control.TokenOrder{
		App: "app", User: "ann@contoso.com", Tenant: "84bd", Resource: "outlook", Scopes: []string{"Mail.Read"}, Admin: true, Expired: true, Lifetime: control.Duration(time.Minute),
	}
}

func (f *fake) IssueToken(_ context.Context, o control.TokenOrder) (control.IssuedToken, error) {
	return oneToken(), f.note(o)
}

func (f *fake) Replay(_ context.Context, r control.ReplayRequest) (control.Replayed, error) {
	return control.Replayed{Entries: []journal.Entry{{Seq: 9, Kind: journal.Attempt, Cause: 5, URL: "http://localhost:3000/hook"}}}, f.note(r)
}

func (f *fake) Reset(_ context.Context, where control.Selector) (control.ResetReport, error) {
	return control.ResetReport{Subscriptions: 1, Items: 2, Entries: 3, Note: "fresh"}, f.note(where)
}

func (f *fake) Stop() { close(f.stopped) }
