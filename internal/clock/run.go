package clock

import (
	"container/heap"
	"time"
)

// recheck is how often the clock's goroutine looks up while timers are pending: a timer of the wall stands still while the
// machine sleeps, so after a night what fell due would be late by the night. One wake-up a minute is not seen in any
// profile.
const recheck = time.Minute

// run is the clock's goroutine. It alone fires timers, so they come in order and one at a time.
func (c *Clock) run() {
	defer close(c.gone)
	wall := time.NewTimer(recheck)
	defer wall.Stop()
	for {
		fire, wait := c.next()
		if fire != nil {
			fire()
			continue
		}
		if wait > 0 {
			wall.Reset(wait)
		}
		select {
		case <-wall.C:
		case <-c.wake:
		case <-c.stop:
			return
		}
	}
}

// next is the function that is to be run now; without one, it is how long to wait for the next, 0 for until woken.
func (c *Clock) next() (fire func(), wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if fire := c.takeDue(); fire != nil {
			return fire, 0
		}
		if !c.step() {
			return nil, c.untilDue()
		}
	}
}

// takeDue takes the first timer out of the heap if it is due; c.mu is held.
func (c *Clock) takeDue() (fire func()) {
	if len(c.timers) == 0 || c.timers[0].due > c.now() {
		return nil
	}
	if c.frame.Load().rate > 1 {
		c.turn(c.rate()) // go on from the due moment, not from where a late wake-up would be
	}
	t := heap.Pop(&c.timers).(*Timer)
	if len(c.queue) > 0 && c.queue[0].started {
		c.queue[0].report.Fired++
	}
	return t.f
}

// step takes the first advance of the queue ahead, if nothing is due and nothing in progress, and reports whether it did;
// c.mu is held.
func (c *Clock) step() bool {
	if len(c.queue) == 0 || c.unparked > 0 {
		return false
	}
	a, now := c.queue[0], c.now()
	if !a.started {
		a.started = true
		a.target = later(now, a.by)
		a.report.From = c.date(now)
	}
	if now >= a.target {
		c.finish(a, nil)
		return true
	}
	to := a.target
	if len(c.timers) > 0 {
		to = min(to, c.timers[0].due)
	}
	a.steps++
	c.jump(max(now, to), c.rate()) // the wall may just have gone past it
	return true
}

// untilDue is how long the wall has to go until the first timer is due, 0 if it has nothing to do with it; c.mu is held.
func (c *Clock) untilDue() time.Duration {
	rate := c.frame.Load().rate
	if len(c.timers) == 0 || rate == 0 {
		return 0
	}
	wait := float64(c.timers[0].due-c.now()) / rate
	// At least a nanosecond, for the moment may have come since it was looked at.
	return time.Duration(max(1, min(wait, float64(recheck))))
}
