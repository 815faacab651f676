package delivery

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{}
		r := newRig(t, withHook("hook.test", h))
		life := func(d time.Duration) func(*store.Record) {
			return func(rec *store.Record) { rec.Expires = rec.Created.Add(d) }
		}
		start := r.Clock.Now()
		late := r.subscribe(dialect.GraphV1, "https://hook.test/cb", life(3*time.Hour))
		early := r.subscribe(dialect.GraphV1, "https://hook.test/cb", life(time.Hour))
		renewed := r.subscribe(dialect.GraphV1, "https://hook.test/cb", life(2*time.Hour))
		r.Store.Update(renewed.Handle, func(rec *store.Record) { rec.Expires = start.Add(5 * time.Hour) })
		r.Watch()
		r.advance(4 * time.Hour)
		type end struct {
			ID string
			At time.Duration
		}
		var got []end
		for _, e := range r.entries(journal.Expired) {
			got = append(got, end{e.Subscription, e.At.Sub(start)})
		}
		if diff := cmp.Diff([]end{{early.ID, time.Hour}, {late.ID, 3 * time.Hour}}, got); diff != "" {
			t.Errorf("expired (-want +got)\n%s", diff)
		}
		if n := r.create("AAMk1"); n != 1 {
			t.Errorf("a change concerns %d subscriptions, want the renewed one", n)
		}
		r.Store.Update(renewed.Handle, func(rec *store.Record) { rec.Expires = start.Add(4*time.Hour + time.Minute) })
		r.Watch() // earlier than before
		r.advance(time.Minute)
		if n := r.Store.Len(); n != 0 {
			t.Errorf("%d subscriptions live on", n)
		}
	})
}

// More than one portion expires at one moment; all of it before Advance returns.
func TestManyExpireTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.many(2*expiryPortion+1, "https://hook.test/cb")
		r.advance(72 * time.Hour)
		if n, left := len(r.entries(journal.Expired)), r.Store.Len(); n != 2*expiryPortion+1 || left != 0 {
			t.Errorf("%d expired, %d are left", n, left)
		}
	})
}

// An idle subscription has no goroutine and no timer of its own: many have one timer for all, however many they are.
func TestIdleSubscriptionsCostMemoryAlone(t *testing.T) {
	const crowd, others = 10_000, 100 // goroutines of other tests may come and go
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		before := runtime.NumGoroutine()
		r.many(crowd, "https://hook.test/cb")
		for range others {
			r.Watch() // as after each creation
		}
		if more := runtime.NumGoroutine() - before; more > others {
			t.Errorf("%d subscriptions brought %d goroutines", crowd, more)
		}
		report, err := r.Clock.Advance(t.Context(), 72*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if left := r.Store.Len(); report.Fired != 1 || left != 0 {
			t.Errorf("%d timers fired for %d subscriptions, of which %d are left: want one for all", report.Fired, crowd, left)
		}
	})
}

// Expiry leaves the machine to notifications that are pending, for some time after each portion and no longer.
func TestExpiryRests(t *testing.T) {
	for _, tt := range []struct {
		name    string
		pending bool
		want    time.Duration
	}{
		{"while nothing is pending", false, 0},
		{"while a notification is pending", true, expiryRest * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hook{answer: func(int) (int, time.Duration) { return http.StatusAccepted, time.Second }}
				r := newRig(t, withHook("hook.test", h))
				if tt.pending {
					r.subscribe(dialect.GraphV1, "https://hook.test/cb")
					r.create("AAMk1")
					synctest.Wait()
				}
				began := time.Now()
				r.restFromExpiry(time.Millisecond)
				if took := time.Since(began); took != tt.want {
					t.Errorf("it rested for %v, want %v", took, tt.want)
				}
			})
		})
	}
}

// What waits for a subscription that ends is not sent any more.
func TestEndedSubscriptionGetsNothing(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(r *rig, rec store.Record)
	}{
		{"deleted", func(r *rig, rec store.Record) { r.Store.Remove(rec.Handle) }},
		{"expired", func(r *rig, _ store.Record) { time.Sleep(time.Second); synctest.Wait() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHeld()
				r := newRig(t, withHook("hook.test", h))
				rec := r.subscribe(dialect.OutlookFinal, "https://hook.test/cb", func(rec *store.Record) { rec.Expires = rec.Created.Add(time.Second) })
				for i := range 5 {
					r.create(fmt.Sprintf("AAMk%d", i))
				}
				synctest.Wait()
				tt.end(r, rec)
				close(h.release)
				r.settle()
				if n := len(h.items()); n != 1 {
					t.Errorf("%d notifications, want the one that was on its way", n)
				}
				dropped := r.entries(journal.Dropped)
				if len(dropped) != 1 || dropped[0].Data.(*Given).Reason != Ended || dropped[0].Data.(*Given).Count != 4 || dropped[0].Subscription != rec.ID {
					t.Errorf("the journal tells of %+v", dropped)
				}
				if s := r.Stats(); s.Dropped != 4 || s.Delivered != 1 {
					t.Errorf("stats %+v", s)
				}
				if told := r.entries(journal.Missed); len(told) != 0 {
					t.Errorf("somebody was told of %+v", told)
				}
			})
		})
	}
}

// Who was told of a loss and then ended is not remembered.
func TestEndedSubscriptionIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := &hook{answer: always(http.StatusInternalServerError)}
		r := newRig(t, withHook("hook.test", broken))
		rec := r.subscribe(dialect.OutlookFinal, "https://hook.test/cb")
		r.create("AAMk1")
		r.advance(4 * time.Hour)
		if len(r.losses.told) != 1 {
			t.Fatalf("%d subscriptions were told of a loss, want 1", len(r.losses.told))
		}
		r.Store.Remove(rec.Handle)
		r.advance(10 * time.Minute)
		if len(r.losses.told) != 0 || r.losses.some.Load() {
			t.Error("the subscription is remembered")
		}
	})
}

// An entry names some of what was given up, and counts all.
func TestLongLossesAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHeld()
		r := newRig(t, withHook("hook.test", h), func(c *Config) { c.MaxBatch = 1000 })
		rec := r.subscribe(dialect.OutlookFinal, "https://hook.test/cb")
		for range 301 {
			r.create("AAMk1")
		}
		synctest.Wait()
		r.Store.Remove(rec.Handle)
		close(h.release)
		r.settle()
		if g := r.entries(journal.Dropped)[0].Data.(*Given); g.Count != 300 || len(g.Items) != namedItems {
			t.Errorf("%d counted, %d named", g.Count, len(g.Items))
		}
	})
}

// Everything at once, over loopback, for the race detector: nothing is lost but what was deleted, and nobody gets stuck.
func TestEverythingAtOnce(t *testing.T) {
	h := &hook{answer: func(call int) (int, time.Duration) {
		if call%10 == 0 {
			return http.StatusInternalServerError, 0
		}
		return http.StatusAccepted, 0
	}}
	s := httptest.NewServer(h)
	defer s.Close()
	r := newRig(t, func(c *Config) { c.MaxBatch, c.Lanes = 7, 5 })
	const users, changes = 4, 50
	var all sync.WaitGroup
	subscribe := func(u int) {
		r.subscribe(dialect.OutlookFinal, fmt.Sprintf("%s/cb?%d", s.URL, u%2), func(rec *store.Record) { rec.Mailbox.Store = fmt.Sprint("store-", u) })
	}
	for u := range users { // one each that misses nothing, however late the others come
		subscribe(u)
	}
	for u := range users {
		all.Go(func() {
			box := ann
			box.Store = fmt.Sprint("store-", u)
			for i := range changes {
				c := change(notify.Created, fmt.Sprintf("AAMk%d", i))
				c.Mailbox = box
				r.Raise(c, 0)
			}
		})
	}
	for u := range users {
		for range 5 {
			subscribe(u)
		}
	}
	all.Go(func() {
		for h := range store.Handle(5) {
			r.Store.Remove(h * 3)
			r.Endpoints()
			r.Stats()
		}
	})
	all.Go(func() {
		for range 10 {
			r.serve("/api/v2.0", dialect.OutlookFinal2015)
			r.serve("/api/v2.0", dialect.OutlookFinal)
		}
	})
	all.Wait()
	r.advance(5 * time.Hour)
	if c := r.Stats(); c.Raised == 0 || c.Delivered+c.Dropped != c.Raised || c.Lost > 0 || c.Retried == 0 {
		t.Errorf("stats %+v", c)
	}
	for _, e := range r.Endpoints() {
		if e.Queued != 0 || e.InFlight != 0 {
			t.Errorf("endpoint %+v", e)
		}
	}
}

// An engine that was closed takes nothing, sends nothing and leaves nothing running.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHeld()
		bad := &hook{answer: always(http.StatusInternalServerError)}
		r := newRig(t, withHook("hook.test", h), withHook("bad.test", bad))
		r.subscribe(dialect.GraphV1, "https://hook.test/cb")
		rec := r.subscribe(dialect.GraphV1, "https://bad.test/cb", func(rec *store.Record) { rec.LifecycleURL = "https://bad.test/" })
		r.create("AAMk1")
		r.create("AAMk2")
		synctest.Wait()
		r.Close()
		r.create("AAMk3")
		r.Lifecycle(rec, notify.Missed, nil, 0)
		r.Watch()
		before := len(bad.got()) + len(h.got())
		r.advance(100 * time.Hour)
		if n := len(bad.got()) + len(h.got()) - before; n != 0 {
			t.Errorf("%d requests after Close", n)
		}
		if busy := r.Clock.Busy(); len(busy) != 0 {
			t.Errorf("in flight after Close: %v", busy)
		}
		r.Close() // a second time does nothing
	})
}

func TestCacheIsBounded(t *testing.T) {
	made := 0
	c := cache[int, int]{limit: 3}
	double := func(k int) int { made++; return 2 * k }
	for _, k := range []int{1, 2, 3, 1, 2, 3} {
		if got := c.of(k, double); got != 2*k {
			t.Errorf("of(%d) = %d", k, got)
		}
	}
	if made != 3 {
		t.Errorf("%d values were made, want 3", made)
	}
	for k := range 100 {
		c.of(k, double)
		if len(c.values) > 3 {
			t.Fatalf("%d values are kept", len(c.values))
		}
	}
}

func TestEndpointName(t *testing.T) {
	r := newRig(t)
	for url, want := range map[string]string{ // rules: W10-44
		"https://Hook.example/cb?x":     "https://hook.example",
		"https://hook.example:443/":     "https://hook.example",
		"http://hook.example:443/":      "http://hook.example:443",
		"http://localhost:3000/a":       "http://localhost:3000",
		"http://127.0.0.1/":             "http://127.0.0.1",
		"http://[::1]:7071/api/x":       "http://[::1]:7071",
		"https://[::1]/":                "https://[::1]",
		"http://hook.example:bad/?k=k3": "unreadable URLs",
	} {
		if got := r.target(url).endpoint.name; got != want {
			t.Errorf("%s is at %s, want %s", url, got, want)
		}
	}
}

// A URL that is none fails like any webhook that is not there, and its query stays a secret.
func TestUnreadableURL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.subscribe(dialect.GraphV1, "http://hook.test:bad/?code=k3y")
		r.create("AAMk1")
		r.settle()
		if s := r.Stats(); s.Retried != 1 {
			t.Errorf("stats %+v", s)
		}
		if e := r.entries(journal.Attempt)[0].Masked(); e.Exchange.Error != errNoURL.Error() || e.URL != "http://hook.test:bad/?code=…" {
			t.Errorf("entry %+v", e)
		}
	})
}
