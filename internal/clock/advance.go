package clock

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// grace is how long (of the wall) an Advance gives a flight that was there before it. It may be a handler that waits
	// for this very Advance; a handler that doesn't has answered long before, and a caller notices a second.
	grace = time.Second

	// namedFlights is how many flights an error's text names: enough to see the pattern, and still one line.
	namedFlights = 3
)

// ErrInsideFlight is what an [InsideFlightError] wraps.
var ErrInsideFlight = errors.New("time cannot jump over the request that asks for it")

// InsideFlightError refuses an Advance by somebody who answers a flight of the same clock: it would wait for itself.
type InsideFlightError struct {
	Flight string // its name
}

func (e *InsideFlightError) Error() string {
	return fmt.Sprintf("%v: %s", ErrInsideFlight, e.Flight)
}

func (e *InsideFlightError) Unwrap() error { return ErrInsideFlight }

// BlockedError refuses an Advance because flights that were in progress before it don't end; one of them may be waiting
// for it. To answer first, and advance then, is the cure.
type BlockedError struct {
	Flights []string // their names and ages, like Busy
}

func (e *BlockedError) Error() string {
	shown, more := e.Flights, ""
	if n := len(shown) - namedFlights; n > 0 {
		shown, more = shown[:namedFlights], fmt.Sprintf("; and %d more", n)
	}
	return "still in progress: " + strings.Join(shown, "; ") + more
}

// Report is what an Advance has done.
type Report struct {
	From, To time.Time // virtual; To is later than asked for if a flight took longer than what was left of the way
	Fired    int       // timers that fell due after From
}

// Advance takes virtual time ahead by d, from due moment to due moment: what is due is fired in order, and before each jump
// every flight has ended or is parked. It returns when all that fell due on the way, and all that came of it, is done;
// d of 0 does just that for what is due now. Two Advances queue.
//
// A flight that comes of it is waited for however long it takes (flights have their own limits); OnWait tells. If flights
// that were there before don't end, none of them within a second of the wall, it is refused with a [*BlockedError], and
// at once with an [*InsideFlightError] if ctx itself belongs to one (see [WithFlight]). When ctx ends, it stops where it
// is. With every error, Report says how far it came.
func (c *Clock) Advance(ctx context.Context, d time.Duration) (Report, error) {
	a, err := c.ask(ctx, d)
	if err == nil {
		err = c.await(ctx, a)
	}
	if err != nil {
		return a.report, fmt.Errorf("advance the clock by %s: %w", d, err)
	}
	return a.report, nil
}

// OnWait sets what is called, by the goroutine that advances, when an Advance has been kept from its next step for a
// second of the wall or more, once for each step: flights is what it waits for, like Busy. nil calls nothing.
func (c *Clock) OnWait(f func(flights []string)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onWait = f
}

// advance is an Advance that has been asked for. The clock's mu guards it until done is closed.
type advance struct {
	by      time.Duration
	started bool          // it was its turn and every flight was over or parked
	target  time.Duration // virtual, from the clock's origin, once started
	steps   int           // jumps
	report  Report
	err     error
	over    bool // done is closed
	done    chan struct{}

	// What was there before, for as long as it has not started.
	before    uint64 // the newest flight
	remaining int    // flights that have not ended, when they were last looked at

	// For OnWait.
	seen int // steps at the last look
	told int // steps at the last call, -1 before the first
}

// ask puts an advance at the end of the queue. With an error it isn't there; its report holds all the same.
func (c *Clock) ask(ctx context.Context, d time.Duration) (*advance, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	a := &advance{by: d, done: make(chan struct{}), before: c.flights.last, told: -1}
	a.report = Report{From: c.date(now), To: c.date(now)}
	switch f := flightIn(ctx, c); {
	case ctx.Err() != nil:
		return a, ctx.Err()
	case c.closed:
		return a, ErrClosed
	case d < 0:
		return a, errors.New("time does not go back")
	case d > endOfTime-now:
		return a, fmt.Errorf("the last day that can be shown is %s", c.date(endOfTime).Format(time.DateOnly))
	case f != nil && !f.ended:
		return a, &InsideFlightError{Flight: f.what}
	}
	a.remaining, _ = c.earlier(a)
	c.queue = append(c.queue, a)
	c.poke()
	return a, nil
}

// await waits for the end of a, and sees to it that it comes.
func (c *Clock) await(ctx context.Context, a *advance) error {
	tick := time.NewTicker(grace)
	defer tick.Stop()
	for {
		select {
		case <-a.done:
			return a.err
		case <-ctx.Done():
			return c.abandon(a, ctx.Err())
		case <-tick.C:
		}
		waits, tell, blocked := c.look(a)
		if blocked != nil {
			return c.abandon(a, blocked)
		}
		if tell != nil {
			tell(waits)
		}
	}
}

// look is what the goroutine that advances does once in each grace: it finds out that a is blocked, or that it is time to
// tell that it waits.
func (c *Clock) look(a *advance) (waits []string, tell func([]string), blocked error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.over {
		return nil, nil, nil
	}
	if !a.started {
		// Whoever has a long queue of deliveries is busy, not blocked: what ends buys another second for the rest.
		left, unparked := c.earlier(a)
		if unparked > 0 && left >= a.remaining {
			return nil, nil, &BlockedError{Flights: c.busy(a.before)}
		}
		a.remaining = left
	}
	stuck := a.steps == a.seen && a.told != a.steps
	a.seen = a.steps
	if !stuck || c.queue[0] != a || c.unparked == 0 || c.onWait == nil {
		return nil, nil, nil
	}
	a.told = a.steps
	return c.busy(c.flights.last), c.onWait, nil
}

// earlier counts the flights in progress that were there before a, and the unparked ones among them; c.mu is held.
func (c *Clock) earlier(a *advance) (all, unparked int) {
	for f := range c.flights.upTo(a.before) {
		all++
		if f.parks == 0 {
			unparked++
		}
	}
	return all, unparked
}

// abandon ends a with err, unless it has ended by itself meanwhile.
func (c *Clock) abandon(a *advance, err error) error {
	c.mu.Lock()
	if !a.over {
		c.finish(a, err)
	}
	c.mu.Unlock()
	return a.err
}

// finish ends a, which is in the queue; c.mu is held.
func (c *Clock) finish(a *advance, err error) {
	if a.started {
		a.report.To = c.date(c.now())
	}
	a.over, a.err = true, err
	c.queue = slices.DeleteFunc(c.queue, func(b *advance) bool { return b == a })
	close(a.done)
}
