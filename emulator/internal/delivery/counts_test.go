package delivery

import (
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// TestCountsAddUp: whatever becomes of notifications, at any moment each of them is delivered, lost, dropped, or to be found where it waits.
func TestCountsAddUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := []int{http.StatusAccepted, http.StatusInternalServerError, http.StatusNotFound, http.StatusAccepted}
		var failing atomic.Bool
		h := &hook{answer: func(n int) (int, time.Duration) {
			if failing.Load() {
				return http.StatusBadGateway, 0
			}
			return answers[n%len(answers)], []time.Duration{0, 4 * time.Second, 6 * time.Second}[n%3]
		}}
		r := newRig(t, withHook("hook.test", h), func(c *Config) { c.MaxBatch, c.QueueLimit, c.Lanes = 1, 6, 2 })
		raised := 0
		check := func(when string) {
			t.Helper()
			synctest.Wait()
			waiting := int64(0)
			for _, p := range r.Endpoints() {
				waiting += int64(p.Queued + p.InFlight) // a request is a notification here
			}
			s := r.Stats()
			if s.Pending != waiting {
				t.Errorf("%s: %d are pending, %d are found: %+v", when, s.Pending, waiting, s)
			}
			if s.Raised+s.Others != s.Delivered+s.Lost+s.Dropped+s.Pending || s.Late > s.Delivered || s.Overflowed > s.Dropped {
				t.Errorf("%s: they do not add up: %+v", when, s)
			}
			if told := len(r.entries(journal.Missed, journal.Lifecycle)); s.Raised != int64(raised) || s.Others != int64(told) {
				t.Errorf("%s: %d were raised and %d tell of something else: %+v", when, raised, told, s)
			}
		}
		var subscriptions []store.Record
		for _, d := range []*dialect.Dialect{dialect.OutlookFinal, dialect.GraphV1, dialect.GraphPreview} {
			rec := r.subscribe(d, "https://hook.test/cb", func(rec *store.Record) { rec.LifecycleURL = "https://hook.test/life" })
			subscriptions = append(subscriptions, rec)
			r.Lifecycle(rec, notify.SubscriptionRemoved, nil, 0)
			check("after an event")
		}
		for i := range 60 {
			raised += r.create("AAMk1")
			check("under load")
			<-time.After(time.Duration(i%5) * time.Second) // not the clock's own: it waits for hooks to answer
			check("as time passes")
		}
		r.Store.Remove(subscriptions[0].Handle)
		check("with one that ended")
		failing.Store(true)
		<-time.After(time.Minute)
		for range 20 {
			raised += r.create("AAMk2")
			r.advance(20 * time.Minute)
			check("of a webhook that fails")
		}
		r.advance(9 * time.Hour)
		check("nine hours later")
		if s := r.Stats(); s.Pending != 0 || s.Lost == 0 || s.Overflowed == 0 || s.Delivered == 0 || s.Dropped <= s.Overflowed {
			t.Errorf("not all that can become of them did: %+v", s)
		}
		r.Forget()
		r.Journal.Clear()
		raised = 0
		check("after a reset")
	})
}

// TestCopiesCount: what a fault adds, holds back or takes away is counted like all else, and is tried again after a reset as before.
func TestCopiesCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{answer: always(http.StatusInternalServerError)}
		r := newRig(t, withHook("hook.test", h))
		rec := r.subscribe(dialect.GraphV1, "https://hook.test/cb")
		r.Forget()
		p := r.target(rec.NotificationURL).endpoint
		it := itemOf(&rec, ofChange, 0)
		it.change, it.plan = notify.Created, &fault.Plan{Delay: time.Minute, Copies: []time.Duration{0, time.Second}}
		plans := []planned{{item: it, key: keyOf(r.target(rec.NotificationURL), dialect.GraphV1, &rec)}}
		r.counts.raise(plans)
		p.enqueue(plans)
		if s := r.Stats(); s.Raised != 1 || s.Others != 2 || s.Pending != 3 {
			t.Errorf("of one and its two copies: %+v", s)
		}
		r.advance(2 * time.Minute)
		if s := r.Stats(); s.Retried == 0 || s.Pending != 3 {
			t.Errorf("they are not tried again: %+v", s)
		}
		r.advance(9 * time.Hour)
		if s := r.Stats(); s.Lost != 3 || s.Pending != 0 {
			t.Errorf("after nine hours: %+v", s)
		}
	})
}
