package delivery

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// held is a hook whose answers wait until it is told.
type held struct {
	hook
	release chan struct{}
	inside  atomic.Int32
	most    atomic.Int32
}

func newHeld() *held {
	h := &held{release: make(chan struct{})}
	h.each = func(ctx context.Context, _ int) {
		if n := h.inside.Add(1); n > h.most.Load() {
			h.most.Store(n)
		}
		defer h.inside.Add(-1)
		select {
		case <-h.release:
		case <-ctx.Done():
		}
	}
	return h
}

// A lone notification goes out at once; while it is on its way, those behind it become one request, in order.
//
// rules: W4.8-01 W10-46
func TestBatchFormsBehindARequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHeld()
		r := newRig(t, withHook("hook.test", h))
		r.subscribe(dialect.OutlookFinal, "https://hook.test/cb")
		for i := range 150 {
			r.create(fmt.Sprintf("AAMk%d", i))
		}
		synctest.Wait()
		if got := h.got(); len(got) != 1 || len(got[0].items) != 1 {
			t.Fatalf("%d requests are out, want one with one notification", len(got))
		}
		close(h.release)
		r.settle()
		var sizes []int
		for _, p := range h.got() {
			sizes = append(sizes, len(p.items))
		}
		if diff := cmp.Diff([]int{1, 100, 49}, sizes); diff != "" {
			t.Errorf("notifications per request (-want +got)\n%s", diff)
		}
		for i, n := range h.values("SequenceNumber") {
			if n != float64(i+1) {
				t.Fatalf("notification %d has number %v", i+1, n)
			}
		}
	})
}

// One change that concerns several subscriptions of a URL is one request.
//
// rules: W4.8-02
func TestOneChangeIsOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{}
		r := newRig(t, withHook("hook.test", h))
		r.many(3, "https://hook.test/cb")
		r.subscribe(dialect.GraphV1, "https://hook.test/cb", func(rec *store.Record) { rec.Mailbox.Tenant = "another-tenant"; rec.App = "app-2" })
		r.subscribe(dialect.GraphV1, "https://hook.test/other")
		if n := r.create("AAMk1"); n != 5 {
			t.Errorf("Raise planned %d, want 5", n)
		}
		r.settle()
		got := h.got()
		if len(got) != 2 || len(got[0].items)+len(got[1].items) != 5 {
			t.Fatalf("%d requests", len(got))
		}
		for _, e := range r.entries(journal.Attempt) {
			if a := e.Data.(*Attempt); len(a.Items) == 4 && (e.Subscription != "" || e.App != "" || e.Mailbox != ann.Address) {
				t.Errorf("an attempt for several is told of as %q, app %q, mailbox %q", e.Subscription, e.App, e.Mailbox)
			}
		}
	})
}

func TestWhatABatchNeverMixes(t *testing.T) {
	for _, tt := range []struct {
		name  string
		a, b  func(r *rig)
		rules string
	}{
		{"client states, where they are a header", func(r *rig) {
			r.subscribe(dialect.OutlookFinal, "https://hook.test/cb", func(rec *store.Record) { rec.ClientState = "one" })
		}, func(r *rig) {
			r.subscribe(dialect.OutlookFinal, "https://hook.test/cb", func(rec *store.Record) { rec.ClientState = "two" })
		}, "rules: W10-45"},
		{"dialects", func(r *rig) { r.subscribe(dialect.GraphV1, "https://hook.test/cb") },
			func(r *rig) { r.subscribe(dialect.GraphBeta, "https://hook.test/cb") }, "rules: W10-45"},
		{"URLs", func(r *rig) { r.subscribe(dialect.GraphV1, "https://hook.test/cb") },
			func(r *rig) { r.subscribe(dialect.GraphV1, "https://hook.test/cb?x") }, ""},
		{"origins, where the body names one", func(r *rig) {
			r.serve("/api/v2.0", dialect.OutlookFinal.With(func(d *dialect.Dialect) { d.Notification.Context = true }))
			r.subscribe(dialect.OutlookFinal, "https://hook.test/cb")
		}, func(r *rig) {
			r.subscribe(dialect.OutlookFinal, "https://hook.test/cb", func(rec *store.Record) { rec.Origin = "https://localhost:3651" })
		}, "rules: W10-30"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hook{}
				r := newRig(t, withHook("hook.test", h))
				for range 3 {
					tt.a(r)
					tt.b(r)
				}
				r.create("AAMk1")
				r.settle()
				got := h.got()
				if len(got) != 2 || len(got[0].items) != 3 || len(got[1].items) != 3 {
					t.Fatalf("%d requests, want two of three notifications each", len(got))
				}
			})
		})
	}
}

// rules: W10-45
func TestClientStatesInHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHeld()
		r := newRig(t, withHook("hook.test", h))
		states := map[string]string{}
		for i := range 4 {
			state := fmt.Sprintf("state-%d", i%2)
			rec := r.subscribe(dialect.OutlookFinal, "https://hook.test/cb", func(rec *store.Record) { rec.ClientState = state })
			states[rec.ID] = state
		}
		for i := range 10 {
			r.create(fmt.Sprintf("AAMk%d", i))
		}
		close(h.release)
		r.settle()
		if n := len(h.items()); n != 40 {
			t.Fatalf("%d notifications, want 40", n)
		}
		for _, p := range h.got() {
			for _, it := range p.items {
				if want := states[it["SubscriptionId"].(string)]; p.header.Get("ClientState") != want {
					t.Errorf("a notification of %s came with %s", want, p.header.Get("ClientState"))
				}
			}
		}
	})
}

// However many lanes there are, a subscription's first attempts come in order, and one at a time.
//
// rules: W10-46
func TestOrderWithManyLanes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var takes atomic.Int64
		h := &hook{answer: func(int) (int, time.Duration) {
			return http.StatusAccepted, time.Duration(1+takes.Add(1)*7%5) * time.Millisecond
		}}
		r := newRig(t, withHook("hook.test", h), func(c *Config) { c.MaxBatch = 3 })
		for i := range 10 {
			r.subscribe(dialect.OutlookFinal, fmt.Sprintf("https://hook.test/cb?%d", i%4))
		}
		for i := range 50 {
			r.create(fmt.Sprintf("AAMk%d", i))
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		next := map[any]float64{}
		for _, it := range h.items() {
			id := it["SubscriptionId"]
			if next[id]++; it["SequenceNumber"] != next[id] {
				t.Fatalf("number %v of a subscription came when %v was due", it["SequenceNumber"], next[id])
			}
		}
		if n := len(h.items()); n != 500 {
			t.Errorf("%d notifications, want 500", n)
		}
	})
}

func TestLanesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, other := newHeld(), &hook{}
		r := newRig(t, withHook("hook.test", h), withHook("other.test", other), func(c *Config) { c.Lanes = 4 })
		for i := range 20 {
			r.subscribe(dialect.GraphV1, fmt.Sprintf("https://hook.test/cb?%d", i))
		}
		r.subscribe(dialect.GraphV1, "https://other.test/cb")
		r.create("AAMk1")
		synctest.Wait()
		if e := r.Endpoints()[0]; h.inside.Load() != 4 || e.InFlight != 4 || e.Queued != 16 {
			t.Errorf("%d requests are in the webhook, endpoint %+v", h.inside.Load(), e)
		}
		if n := len(other.got()); n != 1 {
			t.Errorf("the other endpoint got %d requests, want 1", n)
		}
		close(h.release)
		r.settle()
		if n := len(h.items()); n != 20 || h.most.Load() != 4 {
			t.Errorf("%d notifications, at most %d at once", n, h.most.Load())
		}
		if e := r.Endpoints()[0]; e.InFlight != 0 || e.Queued != 0 || e.Attempts != 20 {
			t.Errorf("then %+v", e)
		}
		p := r.target("https://hook.test/cb?1").endpoint
		if len(p.queues)+len(p.groups)+len(p.ready) != 0 {
			t.Errorf("%d queues, %d groups, %d ready are left", len(p.queues), len(p.groups), len(p.ready))
		}
	})
}

// rules: W3.2-02 W3.3-04
func TestOverflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHeld()
		r := newRig(t, withHook("hook.test", h), func(c *Config) { c.QueueLimit = 10 })
		rec := r.subscribe(dialect.OutlookFinal, "https://hook.test/cb")
		for i := range 20 { // one is out, ten wait
			r.create(fmt.Sprintf("AAMk%d", i))
		}
		if s := r.Stats(); s.Overflowed != 9 || s.Dropped != 9 || s.Raised != 20 || s.Others != 1 || s.Pending != 12 { // one tells of the loss
			t.Errorf("stats %+v", s)
		}
		close(h.release)
		r.settle()
		numbers := h.values("SequenceNumber")
		if diff := cmp.Diff([]any{1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 13.0}, numbers); diff != "" {
			t.Errorf("sequence numbers (-want +got)\n%s", diff)
		}
		if last := h.items()[len(numbers)-1]; last["ChangeType"] != "Missed" {
			t.Errorf("the last is %v, want Missed", last)
		}
		told := r.entries(journal.Dropped)
		if len(told) != 9 || told[0].Subscription != rec.ID || told[0].Data.(*Given).Reason != Overflow || told[0].Data.(*Given).Items[0].Sequence != 12 {
			t.Errorf("the journal tells of %+v", told)
		}
	})
}

// A path that serves another dialect from now on notifies in that, whatever its subscriptions were made in.
func TestDialectSwitch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{}
		r := newRig(t, withHook("hook.test", h))
		r.subscribe(dialect.OutlookLegacy, "https://hook.test/cb")
		r.create("AAMk1")
		r.settle()
		r.serve("/api/beta", dialect.OutlookInterim)
		r.create("AAMk2")
		r.settle()
		r.serve("/api/beta", dialect.OutlookFinal2015)
		r.create("AAMk3")
		r.settle()
		r.serve("/api/beta", nil)
		if n := r.create("AAMk4"); n != 0 {
			t.Errorf("a path that serves nothing plans %d notifications", n)
		}
		got := h.got()
		if len(got) != 3 {
			t.Fatalf("%d requests, want 3", len(got))
		}
		for i, want := range []struct {
			header, secret, number string
			n                      float64
		}{{"X-Clientstate", "s3cret", "SequenceNumber", 1}, {"X-Context", "s3cret", "sequenceNumber", 2}, {"Clientstate", "s3cret", "SequenceNumber", 3}} {
			if got[i].header.Get(want.header) != want.secret || got[i].items[0][want.number] != want.n {
				t.Errorf("request %d: %v %s", i+1, got[i].header, got[i].body)
			}
		}
	})
}

// What was planned in one dialect goes out in that, and not together with what was planned in the next.
//
// rules: W10-45 W10-46
func TestDialectSwitchWithAQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHeld()
		r := newRig(t, withHook("hook.test", h))
		r.subscribe(dialect.OutlookLegacy, "https://hook.test/cb")
		for range 3 {
			r.create("AAMk1")
		}
		r.serve("/api/beta", dialect.OutlookInterim)
		for range 2 {
			r.create("AAMk1")
		}
		close(h.release)
		r.settle()
		var got []string
		for _, p := range h.got() {
			line := fmt.Sprint(p.header["X-Clientstate"], p.header["X-Context"])
			for _, it := range p.items {
				line += fmt.Sprint(" ", it["SequenceNumber"], it["sequenceNumber"])
			}
			got = append(got, line)
		}
		want := []string{"[s3cret] [] 1 <nil>", "[s3cret] [] 2 <nil> 3 <nil>", "[] [s3cret] <nil> 4 <nil> 5"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("requests (-want +got)\n%s", diff)
		}
	})
}

// A webhook that calls back before it answers finds nothing locked.
//
// rules: R27
func TestWebhookCallsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{}
		r := newRig(t, withHook("hook.test", h))
		rec := r.subscribe(dialect.GraphV1, "https://hook.test/cb")
		h.each = func(ctx context.Context, call int) {
			r.Store.Get(rec.Handle)
			r.Store.Update(rec.Handle, func(*store.Record) {})
			r.Watch()
			r.Endpoints()
			r.Stats()
			r.Journal.Append(journal.Entry{Kind: journal.Read})
			if call == 1 {
				r.create("AAMk2")
				r.Lifecycle(rec, notify.Missed, nil, 0)
			}
			if _, err := r.Clock.Advance(ctx, time.Hour); err == nil {
				t.Error("time jumped over the request that asked for it")
			}
		}
		r.create("AAMk1")
		r.settle()
		if s := r.Stats(); s.Delivered != 2 {
			t.Errorf("stats %+v", s)
		}
	})
}
