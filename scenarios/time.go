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

	taking tally // webhooks that take their time
}

// tally counts what goes on, and tells when nothing does any more.
type tally struct {
	mu   sync.Mutex
	n    int
	none chan struct{} // closed when n becomes 0; nil before the first
}

func (t *tally) add(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n == 0 {
		t.none = make(chan struct{})
	}
	if t.n += n; t.n == 0 {
		close(t.none)
	}
}

// rest waits until nothing goes on, and tells whether it had to.
func (t *tally) rest(ctx context.Context) (waited bool, err error) {
	t.mu.Lock()
	n, none := t.n, t.none
	t.mu.Unlock()
	if n == 0 {
		return false, nil
	}
	select {
	case <-none:
		return true, nil
	case <-ctx.Done():
		return true, ctx.Err()
	}
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
func (t *timekeeper) pass(d time.Duration) { t.after(d, func() {}) }

// after does so, and then does something.
func (t *timekeeper) after(d time.Duration, do func()) {
	due := t.stage.server.Now().Add(d)
	t.taking.add(+1)
	t.going.Go(func() {
		defer t.taking.add(-1)
		select {
		case <-t.turn:
		case <-t.life.Done():
			return
		}
		if left := due.Sub(t.stage.server.Now()); left > 0 {
			// It fails when the stage is being closed, or when another handler keeps time from going on, which that one's
			// attempt shows.
			_, _ = t.stage.steer.Advance(t.life, left)
		}
		t.turn <- struct{}{} // what is done now may take its time as well
		do()
	})
}

// settle returns when all is done that can be done now, and no webhook of this process takes its time any more.
func (t *timekeeper) settle(ctx context.Context) error {
	for {
		if err := t.advance(ctx, 0); err != nil {
			return err
		}
		if waited, err := t.taking.rest(ctx); err != nil || !waited {
			return err
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

// settle waits until all that was set off is done, as far as that can be told: not on an emulator that others use as well.
func (st *stage) settle(ctx context.Context) error {
	if st.server == nil {
		return st.settleElsewhere(ctx)
	}
	if err := st.time.settle(ctx); err != nil || st.hook == nil {
		return err
	}
	// What the service has given up waiting for the webhook may still be at: it is part of the step that set it off.
	limited, cancel := context.WithTimeout(ctx, defaultWithin)
	defer cancel()
	_, _ = st.hook.busy.rest(limited)
	return ctx.Err()
}

// settleElsewhere waits until an emulator that nobody else uses has done all that is due. A webhook that holds an answer back is not
// waited for: that is what the story wants.
func (st *stage) settleElsewhere(ctx context.Context) error {
	if !st.options.Emulator.Exclusive {
		return nil
	}
	_, err := st.steer.Advance(ctx, 0)
	var refused *control.Error
	if errors.As(err, &refused) && refused.Code == control.CodeBlocked {
		return nil
	}
	return err
}

// defaultWithin is how long is waited for what a process elsewhere does: far more than a webhook on the same machine needs.
const defaultWithin = 5 * time.Second
