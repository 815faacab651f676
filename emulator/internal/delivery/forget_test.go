package delivery

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/journal"
)

// TestForget: after a reset nothing comes of what was before, whether it waited for its next attempt, for its turn or for an answer.
func TestForget(t *testing.T) {
	for _, row := range []struct {
		name   string
		wait   time.Duration // of the webhook, in the engine's time
		forget time.Duration // after the change
	}{
		{"a retry that waits", 0, time.Minute},
		{"an attempt in flight, and what waits behind it", time.Second, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var r *rig
				called, answer := make(chan struct{}, 10), http.StatusInternalServerError
				h := &hook{answer: func(int) (int, time.Duration) { return answer, 0 }}
				h.each = func(ctx context.Context, _ int) {
					called <- struct{}{}
					_ = r.Clock.Sleep(ctx, row.wait)
				}
				r = newRig(t, withHook("hook.test", h))
				r.subscribe(dialect.GraphV1, "https://hook.test/cb")
				r.create("AAMk1")
				r.create("AAMk2")
				<-called
				if row.forget > 0 {
					r.advance(row.forget)
				}

				r.Store.Reset(func(*store.Record) bool { return true })
				r.Forget()
				if diff := cmp.Diff(Stats{}, r.Stats()); diff != "" {
					t.Errorf("stats (-want +got)\n%s", diff)
				}
				r.advance(row.wait)
				before := len(h.got())
				r.advance(5 * time.Hour)
				if n := len(h.got()) - before; n > 0 {
					t.Errorf("%d attempts were made of what was forgotten", n)
				}
				if gone := r.entries(journal.Dropped, journal.Missed); len(gone) > 0 {
					t.Errorf("the journal tells of what was forgotten: %+v", gone)
				}
				if left := r.Endpoints(); len(left) > 0 {
					t.Errorf("endpoints are left: %+v", left)
				}

				answer = http.StatusAccepted
				r.subscribe(dialect.GraphV1, "https://hook.test/cb")
				r.create("AAMk3")
				r.advance(row.wait)
				if s := r.Endpoints(); r.Stats().Delivered == 0 || len(s) != 1 || s[0].Queued != 0 || s[0].InFlight != 0 {
					t.Errorf("what is new is not delivered: %+v, %+v", r.Stats(), s)
				}
			})
		})
	}
}
