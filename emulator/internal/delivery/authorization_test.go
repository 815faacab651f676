package delivery

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// withLife gives a subscription a lifecycle URL, and so long to live.
func withLife(life time.Duration) func(*store.Record) {
	return func(r *store.Record) {
		r.LifecycleURL = "https://hook.test/life"
		r.Expires = r.Created.Add(life)
	}
}

// authorized makes a subscription with a token that ends in so long; 0 for one that does not say.
func (r *rig) authorized(d *dialect.Dialect, token time.Duration, adjust ...func(*store.Record)) store.Record {
	rec := r.subscribe(d, "https://hook.test/cb", adjust...)
	r.Authorize(rec, r.after(token), AtCreation)
	return rec
}

// after is a moment; none for 0.
func (r *rig) after(d time.Duration) time.Time {
	if d == 0 {
		return time.Time{}
	}
	return r.Clock.Now().Add(d)
}

// challenges are when they were sent, counted from a moment.
func (r *rig) challenges(since time.Time) []time.Duration {
	var at []time.Duration
	for _, e := range r.entries(journal.Lifecycle) {
		if e.Note == string(notify.ReauthorizationRequired) {
			at = append(at, e.At.Sub(since).Round(time.Second))
		}
	}
	return at
}

// rules: W5-01 W5-06
func TestChallengesAreSent(t *testing.T) {
	hours := func(h ...float64) (all []time.Duration) {
		for _, n := range h {
			all = append(all, time.Duration(n*float64(time.Hour)))
		}
		return all
	}
	for _, tt := range []struct {
		name        string
		d           *dialect.Dialect
		token, life time.Duration
		watched     time.Duration
		want        []time.Duration
	}{
		{"a token for a day", dialect.GraphV1, 24 * time.Hour, 72 * time.Hour, 21*time.Hour + 50*time.Minute, hours(12, 18, 21, 21.25, 21.5, 21.75)},
		{"a token for an hour and a quarter: at once, and every quarter of an hour", dialect.GraphBeta, 75 * time.Minute, 72 * time.Hour, 48 * time.Hour, hours(0, 0.25, 0.5, 0.75, 1)},
		{"a token that says nothing: by the end of the subscription", dialect.GraphV1, 0, 72 * time.Hour, 69 * time.Hour, hours(60, 66, 69)},
		{"a short life: not before its last quarter", dialect.GraphV1, 0, 2 * time.Hour, 3 * time.Hour, hours(1.5, 1.75)},
		{"a token that outlives the subscription", dialect.GraphV1, 24 * time.Hour, time.Hour, 2 * time.Hour, hours(0.75)},
		{"2021", dialect.GraphV1Of2021, 24 * time.Hour, 70 * time.Hour, 18 * time.Hour, hours(12, 18)},
		{"nobody asked in 2016", dialect.GraphV1Of2016, 75 * time.Minute, 70 * time.Hour, 70 * time.Hour, nil},
		{"nor in Outlook", dialect.OutlookFinal, 75 * time.Minute, 70 * time.Hour, 70 * time.Hour, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hook{}
				r := newRig(t, withHook("hook.test", h))
				began := r.Clock.Now()
				rec := r.authorized(tt.d, tt.token, withLife(tt.life))
				r.advance(tt.watched)
				if diff := cmp.Diff(fmt.Sprint(tt.want), fmt.Sprint(r.challenges(began))); diff != "" {
					t.Errorf("challenges (-want +got)\n%s", diff)
				}
				for _, it := range h.items() {
					if it["lifecycleEvent"] != "reauthorizationRequired" || it["subscriptionId"] != rec.ID || it["changeType"] != nil {
						t.Errorf("sent %v", it)
					}
				}
				if n := len(h.items()); n != len(tt.want) {
					t.Errorf("%d notifications arrived", n)
				}
			})
		})
	}
}

// rules: W5-05
func TestWithoutALifecycleURLNothingLapses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{}
		r := newRig(t, withHook("hook.test", h))
		rec := r.authorized(dialect.GraphV1, time.Hour)
		r.advance(2 * time.Hour)
		r.create("AAMk1")
		r.settle()
		if n := len(h.items()); n != 1 || r.Lapse(rec.Handle) {
			t.Errorf("%d notifications arrived, want the change alone", n)
		}
		if n := len(r.entries(journal.Lapsed, journal.Lifecycle)); n != 0 {
			t.Errorf("%d entries tell of a life cycle", n)
		}
	})
}

// An answer to a challenge ends them; who answers with a token that has little left is asked again, but not at once.
//
// rules: W5-02
func TestAnAnsweredChallenge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, withHook("hook.test", &hook{}))
		began := r.Clock.Now()
		rec := r.authorized(dialect.GraphV1, 70*time.Minute, withLife(70*time.Hour))
		r.advance(20 * time.Minute) // two challenges
		r.Authorize(rec, r.after(24*time.Hour), AtRenewal)
		r.advance(11 * time.Hour)
		if diff := cmp.Diff("[0s 15m0s]", fmt.Sprint(r.challenges(began))); diff != "" {
			t.Errorf("before the new token's end is near (-want +got)\n%s", diff)
		}
		r.Authorize(rec, r.after(30*time.Minute), AtRenewal)
		r.advance(20 * time.Minute)
		if diff := cmp.Diff("[0s 15m0s 11h35m0s]", fmt.Sprint(r.challenges(began))); diff != "" {
			t.Errorf("with one that is short again (-want +got)\n%s", diff)
		}
	})
}

// rules: W10-37 W5-02 W10-46
func TestChangesWaitForAuthorization(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{answer: always(http.StatusOK)}
		r := newRig(t, withHook("hook.test", h))
		rec := r.authorized(dialect.GraphV1, time.Hour, withLife(70*time.Hour))
		other := r.subscribe(dialect.GraphV1, "https://hook.test/other")
		r.advance(59 * time.Minute)
		r.create("before")
		r.advance(time.Minute)
		told := r.entries(journal.Lapsed)
		if len(told) != 1 || told[0].Subscription != rec.ID || !strings.Contains(told[0].Note, "4h at most") {
			t.Fatalf("told %+v", told)
		}
		requests := len(h.got())
		for _, item := range []string{"first", "second"} {
			r.create(item)
			r.advance(time.Hour)
		}
		if got := itemsOf(h, rec.ID, requests); len(got) != 0 {
			t.Errorf("without authorization %v arrived", got)
		}
		if got := itemsOf(h, other.ID, requests); fmt.Sprint(got) != "[first second]" {
			t.Errorf("the other subscription got %v", got)
		}
		if s := r.Stats(); s.Pending != 2 || s.Retried != 0 {
			t.Errorf("while they wait: %+v", s)
		}
		if !r.Lifecycle(rec, notify.Missed, nil, 0) {
			t.Error("news of the subscription itself are held")
		}
		r.Authorize(rec, r.after(24*time.Hour), AtRenewal)
		r.create("third")
		r.settle()
		if got := itemsOf(h, rec.ID, requests); fmt.Sprint(got) != "[<nil> first second third]" {
			t.Errorf("once it is back: %v", got)
		}
		if s := r.Stats(); s.Pending != 0 || s.Lost != 0 {
			t.Errorf("then: %+v", s)
		}
		if e := r.Endpoints()[0]; e.Failed != 0 || e.State != Good {
			t.Errorf("the endpoint: %+v", e)
		}
	})
}

// itemsOf are the ids of the items that a subscription was notified of, from a request on; <nil> for a lifecycle event.
func itemsOf(h *hook, subscription string, from int) []any {
	var ids []any
	for _, p := range h.got()[from:] {
		for _, it := range p.items {
			if it["subscriptionId"] != subscription {
				continue
			}
			data, _ := it["resourceData"].(map[string]any)
			ids = append(ids, data["id"])
		}
	}
	return ids
}

// What waited goes where its subscription is notified by then.
func TestWhatWaitedFollowsItsSubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, moved := &hook{}, &hook{}
		r := newRig(t, withHook("hook.test", h), withHook("moved.test", moved))
		rec := r.authorized(dialect.GraphV1, 0, withLife(70*time.Hour))
		if first, again := r.Lapse(rec.Handle), r.Lapse(rec.Handle); !first || !again {
			t.Fatal("it does not lapse")
		}
		r.create("AAMk1")
		rec, _ = r.Store.Update(rec.Handle, func(r *store.Record) { r.NotificationURL = "https://moved.test/cb" })
		r.Authorize(rec, time.Time{}, AtRenewal)
		r.settle()
		if len(h.got()) != 0 || len(moved.items()) != 1 {
			t.Errorf("%d requests to the old URL, %d notifications to the new one", len(h.got()), len(moved.items()))
		}
	})
}

// rules: W10-37
func TestChangesThatWaitTooLong(t *testing.T) {
	for _, tt := range []struct {
		name string
		d    *dialect.Dialect
		wait time.Duration // until they are given up
	}{
		{"four hours", dialect.GraphV1, 4 * time.Hour},
		{"lost at once, by a knob", dialect.GraphV1.With(dialect.LoseUnauthorized), 0},
		{"lost at once, in 2023", dialect.GraphV1Of2023, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hook{}
				r := newRig(t, withHook("hook.test", h))
				rec := r.authorized(tt.d, 0, withLife(70*time.Hour))
				r.Lapse(rec.Handle)
				r.create("AAMk1")
				if tt.wait > 0 {
					r.advance(tt.wait - time.Minute)
					r.create("AAMk2") // waits for as long, from then on
					if s := r.Stats(); s.Lost != 0 || s.Pending != 2 {
						t.Errorf("before: %+v", s)
					}
					r.advance(time.Minute)
				}
				r.settle()
				if s := r.Stats(); s.Lost != 1 {
					t.Errorf("after: %+v", s)
				}
				given := r.entries(journal.Dropped)
				if len(given) != 1 || given[0].Data.(*Given).Reason != Unauthorized || given[0].Note != "given up: authorization is lacking" {
					t.Fatalf("given up: %+v", given)
				}
				if got := h.values("lifecycleEvent"); fmt.Sprint(got) != "[missed]" {
					t.Errorf("told %v, want that something was missed", got)
				}
				r.Authorize(rec, time.Time{}, AtRenewal)
				r.create("AAMk3")
				r.settle()
				if got := itemsOf(h, rec.ID, 1); len(got) != 1+int(min(tt.wait, 1)) {
					t.Errorf("once it is back: %v", got)
				}
			})
		})
	}
}

// However a subscription ends, what waited for it ends with it.
func TestWhatWaitedEndsWithItsSubscription(t *testing.T) {
	for name, end := range map[string]func(*rig, store.Record){
		"it runs out":                  func(r *rig, _ store.Record) { r.advance(2 * time.Hour) },
		"it is deleted":                func(r *rig, rec store.Record) { r.Store.Remove(rec.Handle); r.Ended(rec.Handle) },
		"it is deleted without a word": func(r *rig, rec store.Record) { r.Store.Remove(rec.Handle); r.advance(2 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hook{}
				r := newRig(t, withHook("hook.test", h))
				rec := r.authorized(dialect.GraphV1, 0, withLife(time.Hour))
				r.Lapse(rec.Handle)
				r.create("AAMk1")
				end(r, rec)
				r.Authorize(rec, time.Time{}, AtRenewal) // too late
				r.settle()
				if s := r.Stats(); s.Pending != 0 || s.Dropped != 1 || len(h.got()) != 0 {
					t.Errorf("%+v after %d requests", s, len(h.got()))
				}
			})
		})
	}
}

// What waits is bounded, like all that waits.
func TestNotEverythingWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, withHook("hook.test", &hook{}), func(c *Config) { c.QueueLimit = 3 })
		rec := r.authorized(dialect.GraphV1, 0, withLife(70*time.Hour))
		r.Lapse(rec.Handle)
		for i := range 5 {
			r.create(fmt.Sprint(i))
		}
		if s := r.Stats(); s.Pending-s.Others != 3 || s.Overflowed != 2 {
			t.Errorf("%+v", s)
		}
		r.Forget()
		r.settle()
		if s := r.Stats(); s.Pending != 0 || r.grants.lacking.Load() != 0 || len(r.grants.due) != 0 {
			t.Errorf("after all was forgotten: %+v", s)
		}
	})
}

// All authorizations are in one heap, which is empty once all have run out.
func TestOneHeapForAllAuthorizations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, withHook("hook.test", &hook{}))
		const many = 1000
		for i := range many {
			rec := r.subscribe(dialect.GraphV1, "https://hook.test/cb", withLife(time.Duration(many-i)*time.Minute))
			r.Authorize(rec, time.Time{}, AtCreation)
		}
		if n := len(r.grants.due); n != many {
			t.Errorf("the heap holds %d", n)
		}
		report, err := r.Clock.Advance(t.Context(), 44*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if report.Fired != 0 { // the shortest life is challenged after 45 seconds
			t.Errorf("%d timers fired before anything was due", report.Fired)
		}
		r.advance(many * time.Minute)
		if n, left := len(r.challenges(time.Time{})), len(r.grants.due); n < many || left != 0 {
			t.Errorf("%d challenges were sent, and the heap still holds %d", n, left)
		}
	})
}
