package delivery

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// rules: W4.9-04 W4.9-07
func TestBackoff(t *testing.T) {
	d := &dialect.GraphV1.Delivery
	var delays []time.Duration
	elapsed := time.Duration(0)
	for tries := 0; ; tries++ {
		delay := backoff(d, tries, elapsed)
		if delay == 0 {
			break
		}
		delays = append(delays, delay)
		elapsed += delay
	}
	want := []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, 320 * time.Second}
	for range 22 {
		want = append(want, 10*time.Minute)
	}
	if diff := cmp.Diff(want, delays); diff != "" {
		t.Errorf("delays (-want +got)\n%s", diff)
	}
	if elapsed > 4*time.Hour || elapsed+d.LongestRetry <= 4*time.Hour {
		t.Errorf("the last attempt is made after %s", elapsed)
	}
	if got := backoff(d, 1000, 0); got != d.LongestRetry {
		t.Errorf("the thousandth delay is %s", got)
	}
}

// rules: W4.9-04 W4.9-07 W4.9-08 W3.3-02
func TestRetriesForFourHours(t *testing.T) {
	for _, tt := range []struct {
		name    string
		dialect *dialect.Dialect
		answer  func(int) (int, time.Duration)
		rules   string
	}{
		{"an error", dialect.GraphPreview, always(http.StatusInternalServerError), "rules: W4.9-08"},
		{"not found, which deletes nothing", dialect.GraphV1, always(http.StatusNotFound), "rules: W4.9-10"},
		{"gone, which deletes nothing", dialect.GraphV1, always(http.StatusGone), "rules: W4.9-10"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hook{answer: tt.answer}
				r := newRig(t, withHook("hook.test", h))
				rec := r.subscribe(tt.dialect, "https://hook.test/cb")
				r.create("AAMk1")
				r.advance(3*time.Hour + 50*time.Minute + 29*time.Second)
				if n := len(h.got()); n != 28 {
					t.Errorf("%d attempts just before the last, want 28", n)
				}
				if s := r.Stats(); s.Lost != 0 {
					t.Errorf("lost before the last attempt: %+v", s)
				}
				r.advance(time.Second)
				posts := h.got()
				if len(posts) != 29 || r.Stats().Lost != 1 {
					t.Fatalf("%d attempts, stats %+v", len(posts), r.Stats())
				}
				for i, p := range posts {
					if p.body != posts[0].body {
						t.Errorf("attempt %d differs from the first: %s", i+1, p.body)
					}
				}
				if !r.Store.Alive(rec.Handle) {
					t.Error("the subscription is gone")
				}
				dropped := r.entries(journal.Dropped)
				if len(dropped) != 1 || dropped[0].Data.(*Given).Reason != Lost || dropped[0].Subscription != rec.ID {
					t.Errorf("the journal tells of %+v", dropped)
				}
			})
		})
	}
}

// rules: W3.3-02 W4.9-04
func TestRetrySucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{answer: func(call int) (int, time.Duration) {
			if call < 3 {
				return http.StatusServiceUnavailable, 0
			}
			return http.StatusOK, 0
		}}
		r := newRig(t, withHook("hook.test", h))
		r.subscribe(dialect.OutlookFinal, "https://hook.test/cb")
		r.create("AAMk1")
		r.advance(time.Hour)
		if diff := cmp.Diff([]any{1.0, 1.0, 1.0}, h.values("SequenceNumber")); diff != "" {
			t.Errorf("sequence numbers (-want +got)\n%s", diff)
		}
		if s := r.Stats(); s.Delivered != 1 || s.Retried != 2 || s.Lost != 0 {
			t.Errorf("stats %+v", s)
		}
		var tries []int
		var next []string
		for _, e := range r.entries(journal.Attempt) {
			tries = append(tries, e.Data.(*Attempt).Try)
			next = append(next, e.Note)
		}
		if diff := cmp.Diff([]int{1, 2, 3}, tries); diff != "" {
			t.Errorf("tries (-want +got)\n%s", diff)
		}
		if diff := cmp.Diff([]string{"retried in 10s", "retried in 20s", "delivered"}, next); diff != "" {
			t.Errorf("notes (-want +got)\n%s", diff)
		}
	})
}

// Each step of what happens names the one before.
func TestCauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{answer: func(call int) (int, time.Duration) { return []int{0, 500, 202}[call], 0 }}
		r := newRig(t, withHook("hook.test", h))
		r.subscribe(dialect.GraphV1, "https://hook.test/cb?code=1")
		cause := r.Journal.Append(journal.Entry{Kind: journal.Change})
		r.Raise(change(notify.Created, "AAMk1"), cause)
		r.advance(time.Minute)
		all := r.entries(journal.Attempt, journal.Retry)
		if len(all) != 3 || all[0].Cause != cause || all[1].Cause != all[0].Seq || all[1].Kind != journal.Retry || all[2].Cause != cause {
			t.Errorf("entries %+v", all)
		}
		for _, e := range all {
			if e.Mailbox != ann.Address || e.App != "app-1" || e.URL != "https://hook.test/cb?code=1" || e.Dialect != "graph-v1.0" {
				t.Errorf("entry %+v", e)
			}
		}
	})
}

// rules: W10-46
func TestRetryHoldsNothingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{answer: func(call int) (int, time.Duration) {
			if call == 1 {
				return http.StatusInternalServerError, 0
			}
			return http.StatusAccepted, 0
		}}
		r := newRig(t, withHook("hook.test", h), func(c *Config) { c.Lanes = 1 })
		r.subscribe(dialect.OutlookFinal, "https://hook.test/cb")
		r.create("AAMk1")
		r.settle()
		r.create("AAMk2")
		r.create("AAMk3")
		r.advance(9 * time.Second)
		if diff := cmp.Diff([]any{1.0, 2.0, 3.0}, h.values("SequenceNumber")); diff != "" {
			t.Errorf("before the retry (-want +got)\n%s", diff)
		}
		r.advance(time.Second)
		if diff := cmp.Diff([]any{1.0, 2.0, 3.0, 1.0}, h.values("SequenceNumber")); diff != "" {
			t.Errorf("after it (-want +got)\n%s", diff)
		}
	})
}

// A retry that hangs doesn't either, though the endpoint has one lane only.
//
// rules: W10-46
func TestHangingRetryHoldsNothingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{answer: func(call int) (int, time.Duration) {
			switch call {
			case 1:
				return http.StatusInternalServerError, 0
			case 2:
				return http.StatusAccepted, 9 * time.Second
			}
			return http.StatusAccepted, 0
		}}
		r := newRig(t, withHook("hook.test", h), func(c *Config) { c.Lanes = 1 })
		r.subscribe(dialect.OutlookFinal, "https://hook.test/cb")
		r.create("AAMk1")
		r.settle()
		time.Sleep(11 * time.Second) // the retry is in flight
		began := time.Now()
		r.create("AAMk2")
		synctest.Wait()
		last := h.got()[len(h.got())-1]
		if !last.at.Equal(began) || last.items[0]["SequenceNumber"] != 2.0 {
			t.Errorf("number %v came %s later", last.items[0]["SequenceNumber"], last.at.Sub(began))
		}
	})
}

// Nor does what hangs hold a retry back: it has lanes of its own.
func TestRetryWaitsForNoFirstAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{answer: func(call int) (int, time.Duration) {
			switch call {
			case 1:
				return http.StatusInternalServerError, 0
			case 2:
				return http.StatusAccepted, 9 * time.Second
			}
			return http.StatusAccepted, 0
		}}
		r := newRig(t, withHook("hook.test", h), func(c *Config) { c.Lanes = 1 })
		r.subscribe(dialect.OutlookFinal, "https://hook.test/cb")
		began := time.Now()
		r.create("AAMk1")
		time.Sleep(5 * time.Second)
		r.create("AAMk2") // takes until second 14
		time.Sleep(6 * time.Second)
		if got := h.got(); len(got) != 3 || got[2].at.Sub(began) != 10*time.Second {
			t.Errorf("%d requests by second 11, want the retry in second 10 as the third", len(got))
		}
	})
}

// What is left of a batch when some of its subscriptions have ended or moved.
func TestRetryKeepsWhatLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old := &hook{answer: always(http.StatusInternalServerError)}
		moved := &hook{}
		r := newRig(t, withHook("old.test", old), withHook("new.test", moved))
		stays := r.subscribe(dialect.GraphV1, "https://old.test/cb")
		moves := r.subscribe(dialect.GraphV1, "https://old.test/cb")
		ends := r.subscribe(dialect.GraphV1, "https://old.test/cb")
		r.create("AAMk1")
		r.settle()
		if first := old.got(); len(first) != 1 || len(first[0].items) != 3 {
			t.Fatalf("the first attempt is %+v", first)
		}
		r.Store.Remove(ends.Handle)
		r.Store.Update(moves.Handle, func(rec *store.Record) { rec.NotificationURL = "https://new.test/cb" })
		r.advance(10 * time.Second)
		second := old.got()[1]
		if len(second.items) != 1 || second.items[0]["subscriptionId"] != stays.ID {
			t.Errorf("the retry is %s", second.body)
		}
		if got := moved.items(); len(got) != 1 || got[0]["subscriptionId"] != moves.ID {
			t.Errorf("the new URL got %v", got)
		}
		if dropped := r.entries(journal.Dropped); len(dropped) != 1 || dropped[0].Subscription != ends.ID || dropped[0].Data.(*Given).Reason != Ended {
			t.Errorf("the journal tells of %+v", dropped)
		}
		if s := r.Stats(); s.Delivered != 1 || s.Dropped != 1 || s.Lost != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

// rules: W4.9-09 W3.2-02
func TestLossIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := true
		h := &hook{answer: func(int) (int, time.Duration) {
			if broken {
				return http.StatusInternalServerError, 0
			}
			return http.StatusAccepted, 0
		}}
		r := newRig(t, withHook("hook.test", h))
		r.subscribe(dialect.OutlookFinal, "https://hook.test/cb")
		for _, item := range []string{"AAMk1", "AAMk2", "AAMk3"} {
			r.create(item)
			r.settle()
		}
		r.advance(3*time.Hour + 50*time.Minute + 30*time.Second)
		if s := r.Stats(); s.Lost != 3 {
			t.Fatalf("stats %+v, want three lost", s)
		}
		if told := r.entries(journal.Missed); len(told) != 1 {
			t.Fatalf("told %d times of three losses in a row, want once", len(told))
		}
		broken = false
		r.advance(10 * time.Second)
		last := h.items()[len(h.items())-1]
		if last["ChangeType"] != "Missed" || last["SequenceNumber"] != 4.0 {
			t.Errorf("then came %v", last)
		}

		broken = true // it arrived, so the next loss is news
		r.create("AAMk4")
		r.advance(4 * time.Hour)
		if told := r.entries(journal.Missed); len(told) != 2 {
			t.Errorf("told %d times, want twice", len(told))
		}
	})
}

// An acknowledgement that is lost is nothing to resync for; nor is what tells of a loss.
//
// rules: W3.1-01
func TestLostServiceNotificationsAreNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{answer: always(http.StatusInternalServerError)}
		r := newRig(t, withHook("hook.test", h))
		rec := r.subscribe(dialect.OutlookInterim, "https://hook.test/cb")
		r.Acknowledge(rec, 0)
		r.Lifecycle(rec, notify.Missed, nil, 0)
		r.advance(5 * time.Hour)
		if s := r.Stats(); s.Lost != 2 {
			t.Errorf("stats %+v", s)
		}
		if told := r.entries(journal.Missed); len(told) != 1 {
			t.Errorf("told %d times, want only what was asked for", len(told))
		}
	})
}

// rules: W4.9-09 W5-05
func TestLossIsToldToTheLifecycleURL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, life := &hook{answer: always(http.StatusInternalServerError)}, &hook{}
		r := newRig(t, withHook("hook.test", h), withHook("life.test", life))
		told := r.subscribe(dialect.GraphV1, "https://hook.test/cb", func(rec *store.Record) { rec.LifecycleURL = "https://life.test/" })
		r.subscribe(dialect.GraphV1, "https://hook.test/cb") // has none
		for range 3 {
			r.create("AAMk1")
			r.advance(4 * time.Hour)
		}
		got := life.items()
		if len(got) != 1 || got[0]["lifecycleEvent"] != "missed" || got[0]["subscriptionId"] != told.ID {
			t.Errorf("the lifecycle URL got %v, want one missed for three losses in a row", got)
		}
		if n := r.Stats().Lost; n != 6 {
			t.Errorf("%d lost, want 6", n)
		}
	})
}

// rules: W10-06 R29
func TestSilentWebhook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent := &hook{answer: func(int) (int, time.Duration) { return http.StatusOK, time.Hour }}
		well := &hook{}
		r := newRig(t, withHook("silent.test", silent), withHook("well.test", well))
		r.subscribe(dialect.GraphV1, "https://silent.test/cb")
		r.subscribe(dialect.GraphV1, "https://well.test/cb")
		began := time.Now()
		r.create("AAMk1")
		time.Sleep(11 * time.Second)
		if got := well.got(); len(got) != 1 || !got[0].at.Equal(began) {
			t.Errorf("the other webhook got %v", got)
		}
		attempts := r.entries(journal.Attempt)
		i := slices.IndexFunc(attempts, func(e journal.Entry) bool { return e.URL == "https://silent.test/cb" })
		if i < 0 || attempts[i].Exchange.Took != 10*time.Second || attempts[i].Exchange.Finding != "delivery-timeout" || attempts[i].Exchange.Status != 0 {
			t.Errorf("attempts %+v", attempts)
		}
	})
}
