package scenarios

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/outlocal/outlocal/control"
)

// timekeeper lets the time of an emulator of one's own go on: when a step says so, and by itself where the built-in webhook takes its
// time. One of them at a time, so that what the one has waited for the other does not wait for again.
type timekeeper struct {
	stage *stage
	turn  chan struct{}   // holds one while nobody lets time go on
	life  context.Context //nolint:containedctx // the stage's own, no caller's: close ends it
	stop  context.CancelFunc
	going sync.WaitGroup

	mu      sync.Mutex
	waiting int           // webhooks that take their time
	rested  chan struct{} // closed when that becomes none
}

func (t *timekeeper) open(st *stage) {
	t.stage, t.turn = st, make(chan struct{}, 1)
	t.turn <- struct{}{}
	t.life, t.stop = context.WithCancel(context.Background())
}

func (t *timekeeper) close() {
	t.stop()
	t.going.Wait()
}

// advance lets time go on, and returns when all that fell due is done.
func (t *timekeeper) advance(ctx context.Context, by time.Duration) error {
	select {
	case <-t.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { t.turn <- struct{}{} }()
	return t.stage.patiently(ctx, by)
}

// patiently advances the clock once requests in flight are over: a webhook elsewhere has its full time for each.
func (st *stage) patiently(ctx context.Context, by time.Duration) error {
	const patience = 30 * time.Second // three requests that hang, one after the other
	for started := time.Now(); ; {
		_, err := st.steer.Advance(ctx, by) // it is refused no sooner than after a second
		var refused *control.Error
		if !errors.As(err, &refused) || refused.Code != control.CodeBlocked || time.Since(started) > patience {
			return err
		}
	}
}

// pass lets time go on until a webhook has had the time that it takes, in the background.
func (t *timekeeper) pass(d time.Duration) {
	due := t.stage.server.Now().Add(d)
	t.count(+1)
	t.going.Go(func() {
		defer t.count(-1)
		select {
		case <-t.turn:
		case <-t.life.Done():
			return
		}
		defer func() { t.turn <- struct{}{} }()
		if left := due.Sub(t.stage.server.Now()); left > 0 {
			// It fails when the stage is being closed, or when another handler keeps time from going on, which that one's
			// attempt shows.
			_, _ = t.stage.steer.Advance(t.life, left)
		}
	})
}

func (t *timekeeper) count(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waiting == 0 {
		t.rested = make(chan struct{})
	}
	if t.waiting += n; t.waiting == 0 {
		close(t.rested)
	}
}

// settle returns when all is done that can be done now, and no webhook of this process takes its time any more.
func (t *timekeeper) settle(ctx context.Context) error {
	for {
		if err := t.advance(ctx, 0); err != nil {
			return err
		}
		t.mu.Lock()
		waiting, rested := t.waiting, t.rested
		t.mu.Unlock()
		if waiting == 0 {
			return nil
		}
		select {
		case <-rested:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// now is the service's time.
func (st *stage) now() time.Time {
	if st.server != nil {
		return st.server.Now()
	}
	ctx, cancel := context.WithTimeout(context.Background(), defaultWithin)
	defer cancel()
	clock, err := st.steer.Clock(ctx)
	if err != nil {
		return time.Now().UTC()
	}
	return clock.Now
}

// sleep is how the built-in webhook takes its time: on the service's clock, which then goes on by itself.
func (st *stage) sleep(ctx context.Context, d time.Duration) error {
	if st.server == nil {
		return wallSleep(ctx, d)
	}
	st.time.pass(d)
	return st.server.Sleep(ctx, d)
}

// advance lets the service's time go on.
func (st *stage) advance(ctx context.Context, by time.Duration) error {
	if st.server != nil {
		return st.time.advance(ctx, by)
	}
	return st.patiently(ctx, by)
}

// settle waits until all that was set off is done, as far as that can be told.
func (st *stage) settle(ctx context.Context) error {
	if st.server == nil {
		return nil
	}
	return st.time.settle(ctx)
}

// defaultWithin is how long is waited for what a process elsewhere does: far more than a webhook on the same machine needs.
const defaultWithin = 5 * time.Second
