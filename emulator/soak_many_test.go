package emulator_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/pipenet"
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

// TestManyHang lets a tenth of many webhooks hang, each a server with a host of its own, over a network in memory: there are fewer file
// descriptors than connections. All others get theirs meanwhile, and Close ends what hangs.
func TestManyHang(t *testing.T) {
	endpoints := amount(100, 10_000)
	const oneIn = 10
	hanging := endpoints / oneIn
	town := newCity(t)
	var arrived, stuck, freed meter
	config := emulator.Config{}.WithDial(town.dial)
	for i := range endpoints {
		host := fmt.Sprintf("hook%d.test", i)
		config.AllowTargets = append(config.AllowTargets, host)
		town.open(host, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if i%oneIn == 0 {
				stuck.count()
				<-r.Context().Done()
				freed.count()
				return
			}
			w.WriteHeader(http.StatusAccepted)
			arrived.count()
		})
	}
	s := inBulk(t, config, endpoints, func(i int) control.NewSubscription {
		return control.NewSubscription{
			Mount: "/api/v2.0", Resource: "me/messages", ChangeType: "Created", NotificationURL: fmt.Sprintf("http://hook%d.test/", i),
		}
	})
	started := time.Now()
	raised, err := s.RaiseChange(t.Context(), control.Change{Change: "created", Collection: "message"})
	if err != nil || raised.Matched != endpoints {
		t.Fatalf("a change concerns %d of %d: %v", raised.Matched, endpoints, err)
	}
	arrived.await(t, endpoints-hanging, "healthy webhooks got theirs")
	t.Logf("%d healthy webhooks got theirs in %s", endpoints-hanging, time.Since(started).Round(time.Millisecond))
	stuck.await(t, hanging, "webhooks hang")
	status, err := s.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	inFlight := 0
	for _, e := range status.Endpoints {
		inFlight += e.InFlight
	}
	if inFlight < hanging {
		t.Errorf("%d requests are in flight, want %d that hang", inFlight, hanging)
	}
	s.Close()
	freed.await(t, hanging, "webhooks that hung were let go")
}

// meter counts what goroutines do, for one who waits until it is enough.
type meter struct {
	mu   sync.Mutex
	n    int
	want int // 0 while nobody waits
	done chan struct{}
}

func (m *meter) count() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.n++; m.n == m.want {
		close(m.done)
	}
}

func (m *meter) await(t *testing.T, want int, what string) {
	t.Helper()
	m.mu.Lock()
	enough := m.n >= want
	m.want, m.done = want, make(chan struct{})
	done := m.done
	m.mu.Unlock()
	if enough {
		return
	}
	patience := time.NewTimer(time.Minute)
	defer patience.Stop()
	select {
	case <-done:
	case <-patience.C:
		m.mu.Lock()
		defer m.mu.Unlock()
		t.Fatalf("only %d of %d %s", m.n, want, what)
	}
}

// city is a network in memory with a server at each address.
type city struct {
	t         cleaner
	listeners map[string]*pipenet.Listener
}

// cleaner is told what to do at the end.
type cleaner interface{ Cleanup(f func()) }

func newCity(t cleaner) *city { return &city{t, make(map[string]*pipenet.Listener)} }

// open starts a server for a host, which ends with the test. All are opened before any is dialled.
func (c *city) open(host string, handler http.HandlerFunc) {
	l := pipenet.Listen(host + ":80")
	c.listeners[host] = l
	server := &http.Server{Handler: handler}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(l) // until it is closed
	}()
	c.t.Cleanup(func() {
		_ = server.Close()
		<-served
	})
}

func (c *city) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	l := c.listeners[host]
	if l == nil {
		return nil, fmt.Errorf("nobody lives at %s", addr)
	}
	return l.DialContext(ctx, network, addr)
}
