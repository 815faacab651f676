package clock

import (
	"container/heap"
	"context"
	"time"
)

// unarmed is the index of a timer that is not in the heap.
const unarmed = -1

// Timer is something that falls due on a [Clock]. [Clock.AfterFunc] and [Clock.At] make them.
type Timer struct {
	clock *Clock
	f     func()
	due   time.Duration // virtual, from the clock's origin
	order uint64        // among those that are due at the same moment
	index int           // in the heap, or unarmed
}

// AfterFunc calls f once d has passed in virtual time; at once when d is not positive. The clock's goroutine runs f, one
// after the other in the order of their due moments (then of their creation), holding no lock. f is quick: it must not
// wait for I/O, Advance, Sleep or Close, and before it returns it begins a flight for what it hands to others.
func (c *Clock) AfterFunc(d time.Duration, f func()) *Timer {
	t := &Timer{clock: c, f: f, index: unarmed}
	t.Reset(d)
	return t
}

// After is AfterFunc for who knows no Timer: stop is its Stop. With [Clock.Hold] and [Clock.Now] it is what a package needs that waits on
// somebody's clock and is not to know whose.
func (c *Clock) After(d time.Duration, f func()) (stop func() bool) { return c.AfterFunc(d, f).Stop }

// At is AfterFunc with the virtual moment at which f is due; one in the past is due at once.
func (c *Clock) At(moment time.Time, f func()) *Timer {
	t := &Timer{clock: c, f: f, index: unarmed}
	c.mu.Lock()
	first := c.arm(t, moment.Sub(c.origin.Round(0)))
	c.mu.Unlock()
	if first {
		c.poke()
	}
	return t
}

// Stop reports whether it kept the timer from firing: false means that it has fired, is about to, or was stopped before.
func (t *Timer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	if t.index == unarmed {
		return false
	}
	heap.Remove(&t.clock.timers, t.index)
	return true
}

// Reset makes the timer fall due d from now, whether it is waiting, stopped or fired.
func (t *Timer) Reset(d time.Duration) {
	c := t.clock
	c.mu.Lock()
	if t.index != unarmed {
		heap.Remove(&c.timers, t.index)
	}
	first := c.arm(t, later(c.now(), d))
	c.mu.Unlock()
	if first {
		c.poke()
	}
}

// Sleep waits until d has passed in virtual time. A flight in ctx (see [WithFlight]) is parked meanwhile: it is this clock
// that it waits for. It returns ctx's error when ctx ends first, and ErrClosed when the clock is closed.
//
// Without a flight in ctx, an Advance goes on while the caller is still about to wake up.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	over := make(chan struct{})
	unpark := func() {}
	// The flight goes on the moment that the sleep is over, not when this goroutine gets to run.
	t := &Timer{clock: c, index: unarmed, f: func() { unpark(); close(over) }}

	// Armed and parked in one: time must not jump between the two.
	c.mu.Lock()
	first := c.arm(t, later(c.now(), d))
	parked := false
	if f := flightIn(ctx, c); f != nil && !c.closed {
		unpark, parked = f.park()
	}
	c.mu.Unlock()
	if first || parked {
		c.poke()
	}

	var err error
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-c.stop:
		err = ErrClosed
	}
	t.Stop()
	unpark()
	return err
}

// arm puts t in the heap and reports whether it is now the first one due; c.mu is held.
func (c *Clock) arm(t *Timer, due time.Duration) (first bool) {
	if c.closed {
		return false
	}
	if c.frame.Load().rate > 1 {
		c.turn(c.rate()) // what has passed stays passed, even if the new one was due before it
	}
	c.created++
	t.due, t.order = due, c.created
	heap.Push(&c.timers, t)
	return t.index == 0
}

// timerHeap implements heap.Interface: the first due is on top.
type timerHeap []*Timer

func (h timerHeap) Len() int { return len(h) }

func (h timerHeap) Less(i, j int) bool {
	if h[i].due != h[j].due {
		return h[i].due < h[j].due
	}
	return h[i].order < h[j].order
}

func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *timerHeap) Push(x any) {
	t := x.(*Timer)
	t.index = len(*h)
	*h = append(*h, t)
}

func (h *timerHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	t.index = unarmed
	return t
}
