package emulator_test

import (
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/journal"
)

// inBulk makes an emulator with imported subscriptions, a mailbox each.
func inBulk(t *testing.T, c emulator.Config, n int, row func(i int) control.NewSubscription) *emulator.Server {
	t.Helper()
	s, err := emulator.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	got, err := s.ControlClient().Import(t.Context(), func(yield func(control.NewSubscription) bool) {
		for i := range n {
			if !yield(row(i)) {
				return
			}
		}
	})
	if err != nil || got.Count != n {
		t.Fatalf("import: %d of %d, %v", got.Count, n, err)
	}
	return s
}

// TestManySubscriptions puts a crowd in that expires all at once: before, one of it is notified as if it were alone; after, none is left,
// and each end is told.
func TestManySubscriptions(t *testing.T) {
	n := amount(2_000, 1_000_000)
	var posts atomic.Int64
	s := inBulk(t, emulator.Config{Handlers: map[string]http.Handler{"hook.test": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		posts.Add(1)
		w.WriteHeader(http.StatusAccepted)
	})}}, n, func(i int) control.NewSubscription {
		return control.NewSubscription{
			Mount: "/api/v2.0", Resource: "me/messages", ChangeType: "Created", NotificationURL: fmt.Sprintf("https://hook.test/%d", i%1000),
			Mailbox: fmt.Sprintf("user%d@contoso.com", i%(n/10)),
		}
	})
	raised, err := s.RaiseChange(t.Context(), control.Change{Change: "created", Collection: "message", Mailbox: "user7@contoso.com"})
	if err != nil || raised.Matched != 10 {
		t.Fatalf("a change concerns %d of a mailbox's 10 subscriptions: %v", raised.Matched, err)
	}
	const longest = 7 * 24 * time.Hour
	if _, err := s.Advance(t.Context(), longest+time.Minute); err != nil {
		t.Fatal(err)
	}
	if posts.Load() == 0 {
		t.Error("nobody was notified")
	}
	status, err := s.Status(t.Context())
	if err != nil || status.Subscriptions != 0 {
		t.Errorf("%d subscriptions outlive their time: %v", status.Subscriptions, err)
	}
	stats := s.Journal().Stats()
	kept, _ := s.Journal().Since(0, func(e *journal.Entry) bool { return e.Kind == journal.Expired }, 0)
	if told := int(stats.Overwritten) + len(kept); told < n {
		t.Errorf("%d ends were told, want %d", told, n)
	}
}

// TestManyHang lets a tenth of many webhooks hang, each with a host of its own. All others get theirs meanwhile, and Close ends what
// hangs.
func TestManyHang(t *testing.T) {
	endpoints := amount(100, 10_000)
	const oneIn = 10
	var arrived atomic.Int64
	all := make(chan struct{})
	healthy := int64(endpoints - endpoints/oneIn)
	handlers := make(map[string]http.Handler, endpoints)
	for i := range endpoints {
		handlers[fmt.Sprintf("hook%d.test", i)] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if i%oneIn == 0 {
				<-r.Context().Done()
				return
			}
			w.WriteHeader(http.StatusAccepted)
			if arrived.Add(1) == healthy {
				close(all)
			}
		})
	}
	s := inBulk(t, emulator.Config{Handlers: handlers}, endpoints, func(i int) control.NewSubscription {
		return control.NewSubscription{
			Mount: "/api/v2.0", Resource: "me/messages", ChangeType: "Created", NotificationURL: fmt.Sprintf("https://hook%d.test/", i),
		}
	})
	started := time.Now()
	raised, err := s.RaiseChange(t.Context(), control.Change{Change: "created", Collection: "message"})
	if err != nil || raised.Matched != endpoints {
		t.Fatalf("a change concerns %d of %d: %v", raised.Matched, endpoints, err)
	}
	patience := time.NewTimer(time.Minute)
	defer patience.Stop()
	select {
	case <-all:
		t.Logf("%d healthy webhooks got theirs in %s", healthy, time.Since(started).Round(time.Millisecond))
	case <-patience.C:
		t.Fatalf("only %d of %d healthy webhooks got theirs", arrived.Load(), healthy)
	}
	status, err := s.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hanging := 0
	for _, e := range status.Endpoints {
		hanging += e.InFlight
	}
	if hanging < endpoints/oneIn {
		t.Errorf("%d requests hang, want %d", hanging, endpoints/oneIn)
	}
}
