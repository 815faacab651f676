package delivery

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// withFaults lets things go wrong in an engine.
func withFaults(t *testing.T, specs ...string) func(*Config) {
	return func(c *Config) {
		c.Faults = fault.NewSet(0, c.Journal.Append)
		for _, spec := range specs {
			r, err := fault.Parse(spec)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Faults.Add(r); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// brokenSink is a server that notes what it could read of each request.
type brokenSink struct {
	mu     sync.Mutex
	bodies []string
	errs   []error
	read   chan struct{}
}

func (s *brokenSink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	s.mu.Lock()
	s.bodies, s.errs = append(s.bodies, string(body)), append(s.errs, err)
	s.mu.Unlock()
	w.WriteHeader(http.StatusAccepted)
	s.read <- struct{}{}
}

// A connection that is cut is cut on the wire: the server has got the beginning, and sees that there should be more.
func TestCutOnTheWire(t *testing.T) {
	for _, secure := range []string{"http", "https"} {
		t.Run(secure, func(t *testing.T) {
			s := &brokenSink{read: make(chan struct{}, 2)}
			server := httptest.NewUnstartedServer(s)
			server.EnableHTTP2 = false
			if secure == "https" {
				server.StartTLS()
			} else {
				server.Start()
			}
			defer server.Close()
			r := newRig(t, withFaults(t, "cut:after=100,next=1"))
			r.subscribe(dialect.OutlookFinal, server.URL)
			r.create("item-1")
			<-s.read
			r.settle()
			r.advance(10 * time.Second)
			<-s.read
			r.settle()
			if len(s.bodies[0]) != 100 || !errors.Is(s.errs[0], io.ErrUnexpectedEOF) || len(s.bodies[1]) <= 100 || s.errs[1] != nil {
				t.Errorf("the server has read %q, %v", s.bodies, s.errs)
			}
			attempts := r.entries(journal.Attempt)
			if len(attempts) != 2 || attempts[0].Exchange.Error != errCut.Error() || attempts[0].Exchange.Status != 0 {
				t.Fatalf("the attempts are %+v", attempts)
			}
			if data := attempts[0].Data.(*Attempt); data.Delivered || len(data.Diagnoses) != 0 || !cmp.Equal(data.Faults, []string{"cut"}) {
				t.Errorf("the first attempt is %+v", data)
			}
		})
	}
}

// A slow body arrives whole, and what it took is the emulator's time.
func TestSlowBodyOnTheWire(t *testing.T) {
	s := &brokenSink{read: make(chan struct{}, 1)}
	server := httptest.NewServer(s)
	defer server.Close()
	r := newRig(t, withFaults(t, "slow-body:for=1h"))
	r.subscribe(dialect.OutlookFinal, server.URL)
	r.create("item-1")
	for arrived := false; !arrived; {
		r.advance(6 * time.Minute)
		select {
		case <-s.read:
			arrived = true
		default:
		}
	}
	r.settle()
	attempt := r.entries(journal.Attempt)[0]
	if string(attempt.Exchange.RequestBody) != s.bodies[0] || s.errs[0] != nil || !attempt.Data.(*Attempt).Delivered {
		t.Errorf("of %s the server has read %q, %v", attempt.Exchange.RequestBody, s.bodies, s.errs)
	}
}

// What the service takes to write is not the webhook's time, when nobody moves the clock either.
func TestSlowBodyInRealTime(t *testing.T) {
	s := &brokenSink{read: make(chan struct{}, 1)}
	server := httptest.NewServer(s)
	defer server.Close()
	r := newRig(t, withFaults(t, "slow-body:for=1s"))
	r.subscribe(dialect.OutlookFinal, server.URL)
	r.create("item-1")
	<-s.read
	r.settle()
	x := r.entries(journal.Attempt)[0].Exchange
	if took := time.Since(x.Started); took < time.Second || x.Took > took/2 {
		t.Errorf("of %s, the webhook is said to have taken %s", took, x.Took)
	}
}

// What a fault has a hand in shares its request with nothing, and keeps its place in its subscription's order; what is as it should be
// goes on sharing.
func TestBentNotificationsStandAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{}
		r := newRig(t, withHook("hook.test", h), withFaults(t, "null-entry:nth=3"))
		r.subscribe(dialect.OutlookFinal, "https://hook.test/")
		release := r.Hold()
		for range 5 {
			r.create("item-1")
		}
		release()
		r.settle()
		var got []int
		for _, p := range h.got() {
			got = append(got, len(p.items))
		}
		if diff := cmp.Diff([]int{2, 2, 2}, got); diff != "" { // the third with null before it
			t.Errorf("notifications in each request (-want +got):\n%s", diff)
		}
		if len(r.endpoints.all()[0].groups) != 0 || len(r.endpoints.all()[0].queues) != 0 {
			t.Error("the endpoint keeps groups or queues of what is done")
		}
	})
}

// A notification that is held back stays so though its endpoint is busy with others before it.
func TestHeldBackBehindOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{}
		r := newRig(t, withHook("hook.test", h), withFaults(t, "reorder:nth=2"))
		r.subscribe(dialect.OutlookFinal, "https://hook.test/")
		release := r.Hold()
		for range 4 {
			r.create("item-1")
		}
		release()
		r.settle()
		if diff := cmp.Diff([]any{1.0, 3.0, 2.0, 4.0}, h.values("SequenceNumber")); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	})
}

// Lifecycle notifications and acknowledgements are struck where a rule says so, and only there.
func TestFaultsOfTheServicesOwn(t *testing.T) {
	for _, row := range []struct {
		spec string
		want []any
	}{
		{"drop", []any{0.0, 1.0}},
		{"drop:on=acknowledgment", []any{1.0}},
		{"drop:on=missed", []any{0.0}},
		{"drop:on=any", nil},
	} {
		t.Run(row.spec, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hook{}
				r := newRig(t, withHook("hook.test", h), withFaults(t, row.spec))
				rec := r.subscribe(dialect.OutlookLegacy, "https://hook.test/")
				r.Acknowledge(rec, 0)
				r.Lifecycle(rec, notify.Missed, nil, 0)
				r.settle()
				if diff := cmp.Diff(row.want, h.values("SequenceNumber")); diff != "" {
					t.Errorf("arrived (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// A copy and what is delayed end with their subscription.
func TestBentNotificationsEndWithTheirSubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{}
		r := newRig(t, withHook("hook.test", h), withFaults(t, "duplicate:delay=1h", "delay:nth=2,for=30m", "reorder:nth=3"))
		rec := r.subscribe(dialect.OutlookFinal, "https://hook.test/")
		for range 3 {
			r.create("item-1")
		}
		r.settle()
		if got := r.Endpoints()[0].Queued; got != 5 { // three copies, one that is delayed, one that is held back
			t.Errorf("%d wait", got)
		}
		r.Store.Remove(rec.Handle)
		r.advance(2 * time.Hour)
		if got := len(h.got()); got != 1 {
			t.Errorf("%d requests arrived, want the first only", got)
		}
		if got := r.Stats(); got.Dropped != 5 || got.Delivered != 1 {
			t.Errorf("counted %+v", got)
		}
		if got := r.Endpoints()[0].Queued; got != 0 {
			t.Errorf("%d still wait", got)
		}
	})
}

// A connection that a fault cuts is no evidence against the webhook: its endpoint stays good.
func TestCutIsNoEvidence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{}
		r := newRig(t, withHook("hook.test", h), withFaults(t, "cut:next=1"), func(c *Config) { c.EndpointMinimum = 1 })
		r.subscribe(dialect.GraphV1, "https://hook.test/")
		r.create("item-1")
		r.advance(dialect.GraphV1.Delivery.Window + time.Second)
		if got := r.Endpoints()[0]; got.State != Good || got.Failed != 1 || len(h.items()) != 1 {
			t.Errorf("after a cut attempt and a good one, %d items arrived and the endpoint is %+v", len(h.items()), got)
		}
		if got := r.entries(journal.EndpointState); len(got) != 0 {
			t.Errorf("its state changed: %s", got[0].Note)
		}
	})
}

// What stands alone leaves nothing behind, and takes nothing away from those that share requests meanwhile.
func TestBentNotificationsLeaveGroupsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{answer: func(call int) (int, time.Duration) {
			if call == 1 {
				return http.StatusAccepted, time.Second
			}
			return http.StatusAccepted, 0
		}}
		r := newRig(t, withHook("hook.test", h), withFaults(t, "null-entry:nth=2"))
		r.subscribe(dialect.OutlookFinal, "https://hook.test/")
		r.create("item-1")
		synctest.Wait()
		other := r.subscribe(dialect.OutlookFinal, "https://hook.test/", func(rec *store.Record) { rec.Watch.Collection = notify.Events })
		c := change(notify.Created, "item-2")
		c.Collection = notify.Events
		r.Raise(c, 0)
		synctest.Wait()
		p := r.endpoints.all()[0]
		p.mu.Lock()
		groups, queue := len(p.groups), p.queues[other.Handle]
		p.mu.Unlock()
		if groups != 1 || queue != nil || len(h.got()) != 2 {
			t.Errorf("while the first is under way, there are %d groups, and the second has the queue %v after %d requests", groups, queue, len(h.got()))
		}
	})
}
