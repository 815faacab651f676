// Package clock is the one source of time for everything that the service waits for: real time, plus what was advanced.
//
// A [Clock] starts at the wall's now and flows with it. [Clock.Advance] takes it ahead, from due moment to due moment, so
// that three days of renewals, retries and expiries pass in milliseconds. What it never does is to take time away from
// somebody else's process: a request that is on its way is a [Flight], and time doesn't jump while a flight is in
// progress, unless the flight is parked because its other end waits on this same clock.
//
// Use [Clock.Now] for every date that the service says, [Clock.AfterFunc] and [Clock.At] for everything that falls due
// (expiry, retry, lifecycle, windows), [Clock.Sleep] where a handler of ours plays slow, and [Clock.Begin] around all
// work that a timer sets off. A timer's function that hands work to another goroutine begins its flight before it
// returns; that, and nothing else, is how the clock knows that something is still being done.
//
// Use [Clock.Wall] or package time for what is measured, not waited for: how long a webhook took to answer, the limit
// that it has for it, dates of tokens and certificates.
//
// A Clock has one goroutine, one heap and one timer of the wall, however many timers it holds. Inside a bubble of
// testing/synctest the wall is the bubble's; make the Clock in the bubble and close it there.
//
// It doesn't go back, it doesn't correct the machine's clock, and it isn't shared between processes.
package clock

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// maxScale is a million virtual seconds a second, eleven days. A timer of the wall is late by up to a millisecond, so
// beyond it a single wake-up would cost a quarter of an hour; Advance is the tool for that.
const maxScale = 1e6

// ErrClosed is returned by what was waiting, or begins to wait, on a clock that is closed.
var ErrClosed = errors.New("clock is closed")

// Clock is real time plus what was advanced. [New] makes one; all methods can be called by any goroutine.
type Clock struct {
	origin time.Time      // virtual zero; it carries the monotonic reading that flights are aged by
	read   func() reading // the machine's clocks

	// frame says how virtual time flows since when. It is replaced with mu held and read without, see Now.
	frame atomic.Pointer[frame]

	mu       sync.Mutex
	timers   timerHeap
	created  uint64 // timers so far: orders those that are due at the same moment
	flights  flightList
	unparked int // flights in progress that are not parked
	scale    float64
	queue    []*advance // advances asked for; the first is being done
	onWait   func(flights []string)
	closed   bool

	wake chan struct{} // one slot: the clock's goroutine has something to look at
	stop chan struct{} // closed by Close
	gone chan struct{} // closed when the clock's goroutine has ended
}

// New returns a clock whose virtual now is the wall's now. Close ends it.
func New() *Clock {
	now := time.Now()
	return start(now, func() reading {
		t := time.Now()
		return reading{mono: t.Sub(now), wall: t.UnixNano()}
	})
}

func start(origin time.Time, read func() reading) *Clock {
	c := &Clock{
		origin: origin,
		read:   read,
		scale:  1,
		wake:   make(chan struct{}, 1),
		stop:   make(chan struct{}),
		gone:   make(chan struct{}),
	}
	c.frame.Store(&frame{from: read(), rate: 1})
	go c.run()
	return c
}

// Now is the virtual time, in UTC and without a monotonic reading.
func (c *Clock) Now() time.Time {
	for {
		f := c.frame.Load()
		r := c.read()
		if f.rate > 1 || f.slept(r) > 0 {
			c.mu.Lock()
			v := c.now()
			c.mu.Unlock()
			return c.date(v)
		}
		// A frame that was replaced between the two loads doesn't hold for this reading.
		if c.frame.Load() == f {
			return c.date(f.at(r))
		}
	}
}

// Wall is the real time.
func (c *Clock) Wall() time.Time { return time.Now() }

// Scale is what SetScale set; 1 on a new clock.
func (c *Clock) Scale() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.scale
}

// SetScale makes x virtual seconds pass in a second of the wall while no unparked flight is in progress; during one it is
// always 1, because whoever answers it lives in real time. With 0, time stands still but for flights and Advance.
// Time that runs faster than the wall stops at each due moment until what is due there has been fired.
func (c *Clock) SetScale(x float64) error {
	if math.IsNaN(x) || x < 0 || x > maxScale {
		return fmt.Errorf("set time scale %v: want a number from 0 to %.0f", x, float64(maxScale))
	}
	c.mu.Lock()
	c.scale = x
	c.turn(c.rate())
	c.mu.Unlock()
	c.poke()
	return nil
}

// Close ends the clock's goroutine: no timer fires any more, Sleep and Advance return ErrClosed, Now goes on. It waits for
// a function that is just being run, so a timer's function must not call it.
func (c *Clock) Close() {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.stop)
		for _, t := range c.timers {
			t.index = unarmed
		}
		c.timers = nil
		for len(c.queue) > 0 {
			c.finish(c.queue[0], ErrClosed)
		}
	}
	c.mu.Unlock()
	<-c.gone
}

func (c *Clock) date(v time.Duration) time.Time { return c.origin.Round(0).UTC().Add(v) }

// poke makes the clock's goroutine look again.
func (c *Clock) poke() {
	select {
	case c.wake <- struct{}{}:
	default: // it has been told and has not looked yet
	}
}
