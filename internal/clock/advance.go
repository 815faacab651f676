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
	return fmt.Sprintf("advance the clock from inside %s: %v", e.Flight, ErrInsideFlight)
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
	return "advance the clock: still in progress: " + strings.Join(shown, "; ") + more
}

// Report is what an Advance has done.
type Report struct {
	From, To time.Time // virtual; To is later than asked for if a flight took longer than what was left of the way
	Fired    int       // timers
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
	if err != nil {
		now := c.Now()
		return Report{From: now, To: now}, err
	}
	tick := time.NewTicker(grace)
	defer tick.Stop()
	for {
		select {
		case <-a.done:
			return a.report, a.err
		case <-ctx.Done():
			return c.abandon(a, fmt.Errorf("advance the clock by %s: %w", d, context.Cause(ctx)))
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

// OnWait sets what is called, by the goroutine that advances, when an Advance has been kept from its next step for a
// second of the wall or more, once for each step: flights is what it waits for, like Busy. nil calls nothing.
func (c *Clock) OnWait(f func(flights []string)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onWait = f
}

// advance is an Advance that has been asked for. The clock's mu guards it until done is closed.
type advance struct {
	by, target time.Duration // target is virtual, from the clock's origin, once started
	started    bool          // it was its turn and every flight was over or parked
	steps      int           // jumps, and timers fired
	report     Report
	err        error
	done       chan struct{}

	// What was there before, for as long as it has not started.
	before    uint64 // the newest flight
	remaining int    // flights that have not ended, when they were last looked at

	// For OnWait.
	seen int // steps at the last look
	told int // steps at the last call, -1 before the first
}

// ask puts an advance at the end of the queue.
func (c *Clock) ask(ctx context.Context, d time.Duration) (*advance, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("advance the clock by %s: %w", d, context.Cause(ctx))
	}
	if d < 0 {
		return nil, fmt.Errorf("advance the clock by %s: time does not go back", d)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, ErrClosed
	}
	if f := flightIn(ctx, c); f != nil && !f.ended {
		return nil, &InsideFlightError{Flight: f.what}
	}
	now := c.now()
	if d > endOfTime-now {
		return nil, fmt.Errorf("advance the clock by %s: it ends at %s", d, c.date(endOfTime).Format(time.DateOnly))
	}
	a := &advance{by: d, done: make(chan struct{}), before: c.flights.last, told: -1}
	a.report = Report{From: c.date(now), To: c.date(now)}
	a.remaining, _ = c.flights.upTo(a.before)
	c.queue = append(c.queue, a)
	c.poke()
	return a, nil
}

// look is what the goroutine that advances does once in each grace: it finds out that a is blocked, or that it is time to
// tell that it waits.
func (c *Clock) look(a *advance) (waits []string, tell func([]string), blocked error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.closed() {
		return nil, nil, nil
	}
	if !a.started {
		// Whoever has a long queue of deliveries is busy, not blocked: what ends buys another second for the rest.
		left, unparked := c.flights.upTo(a.before)
		if unparked > 0 && left >= a.remaining {
			return nil, nil, &BlockedError{Flights: c.busy(a.before)}
		}
		a.remaining = left
	}
	stuck := a.steps == a.seen && a.told != a.steps
	a.seen = a.steps
	if !stuck || c.unparked == 0 || c.onWait == nil {
		return nil, nil, nil
	}
	a.told = a.steps
	return c.busy(c.flights.last), c.onWait, nil
}

// abandon takes a out of the queue and returns how far it came.
func (c *Clock) abandon(a *advance, err error) (Report, error) {
	c.mu.Lock()
	if !a.closed() {
		c.finish(a, err)
	}
	c.mu.Unlock()
	c.poke() // for the next in the queue
	return a.report, a.err
}

// finish ends a, which is in the queue; c.mu is held.
func (c *Clock) finish(a *advance, err error) {
	if a.started {
		a.report.To = c.date(c.now())
	}
	a.err = err
	c.queue = slices.DeleteFunc(c.queue, func(b *advance) bool { return b == a })
	close(a.done)
}

func (a *advance) closed() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

// upTo counts the flights that began no later than the one with that number, and the unparked ones among them.
func (l *flightList) upTo(number uint64) (all, unparked int) {
	for f := l.head; f != nil && f.number <= number; f = f.next {
		all++
		if f.parks == 0 {
			unparked++
		}
	}
	return all, unparked
}
