package clock

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// Flight is a piece of work in progress that time must not jump over: a request that is on its way, an attempt that is due
// and waits for its turn. [Clock.Begin] makes one.
type Flight struct {
	clock      *Clock
	what       string
	began      time.Duration // monotonic, since the clock's origin
	number     uint64        // in the order of their beginning
	prev, next *Flight       // in progress
	parks      int32
	ended      bool
}

// Begin says that a piece of work is in progress until its End. what names it to users ("delivery to
// http://localhost:3000"); it holds no secret.
func (c *Clock) Begin(what string) *Flight {
	f := &Flight{clock: c, what: what, began: time.Since(c.origin)}
	c.mu.Lock()
	c.flights.push(f)
	look := c.count(+1)
	c.mu.Unlock()
	if look {
		c.poke()
	}
	return f
}

// Hold is Begin for who knows no Flight: end is its End.
func (c *Clock) Hold(what string) (end func()) { return c.Begin(what).End }

// End says that the work is done. A second call does nothing.
func (f *Flight) End() {
	c := f.clock
	c.mu.Lock()
	look := false
	if !f.ended {
		f.ended = true
		c.flights.remove(f)
		if f.parks == 0 {
			look = c.count(-1)
		}
	}
	c.mu.Unlock()
	if look {
		c.poke()
	}
}

// Park says that the flight's other end waits on this same clock, so time may jump, until unpark is called (once is
// enough; more do nothing). What it waits for must have been put on the clock before. Sleep does both in one.
func (f *Flight) Park() (unpark func()) {
	f.clock.mu.Lock()
	unpark, look := f.park()
	f.clock.mu.Unlock()
	if look {
		f.clock.poke()
	}
	return unpark
}

// WithFlight returns a context whose work belongs to f: Sleep parks f meanwhile, Advance is refused.
func WithFlight(ctx context.Context, f *Flight) context.Context {
	return context.WithValue(ctx, flightKey{}, f)
}

// Busy tells what keeps time from jumping: one line for each name among the flights that are in progress and not parked,
// with the age in real time of the oldest, oldest first.
func (c *Clock) Busy() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.busy(c.flights.last)
}

type flightKey struct{}

// flightIn is the flight of clock c that ctx carries, nil if there is none.
func flightIn(ctx context.Context, c *Clock) *Flight {
	if f, _ := ctx.Value(flightKey{}).(*Flight); f != nil && f.clock == c {
		return f
	}
	return nil
}

// park is Park with the clock's mu held; look says that the clock's goroutine has to be told.
func (f *Flight) park() (unpark func(), look bool) {
	if f.ended {
		return func() {}, false
	}
	f.parks++
	if f.parks == 1 {
		look = f.clock.count(-1)
	}
	over := false
	return func() {
		c := f.clock
		c.mu.Lock()
		look := false
		if !over {
			over = true
			f.parks--
			if f.parks == 0 && !f.ended {
				look = c.count(+1)
			}
		}
		c.mu.Unlock()
		if look {
			c.poke()
		}
	}, look
}

// count counts unparked flights up or down, and says whether that is news for the clock's goroutine; c.mu is held.
// It is on the way of every delivery: as long as the scale is 1 and nobody advances, it is an addition.
func (c *Clock) count(delta int) (look bool) {
	was := c.unparked == 0
	if c.scale == 1 {
		c.unparked += delta
		return c.unparked == 0 && len(c.queue) > 0
	}
	if is := c.unparked+delta == 0; is == was {
		c.unparked += delta
		return false
	}
	now := c.now()
	c.unparked += delta
	c.jump(now, c.rate())
	return true
}

// busy is Busy of the flights that began no later than the one with the number upTo; c.mu is held.
func (c *Clock) busy(upTo uint64) []string {
	var oldest []*Flight // of each name
	count := map[string]int{}
	for f := range c.flights.upTo(upTo) {
		if f.parks > 0 {
			continue
		}
		if count[f.what] == 0 {
			oldest = append(oldest, f)
		}
		count[f.what]++
	}
	var lines []string
	for _, f := range oldest {
		line := fmt.Sprintf("%s for %s", f.what, (time.Since(c.origin) - f.began).Round(time.Millisecond))
		if n := count[f.what]; n > 1 {
			line += fmt.Sprintf(" (%d of them)", n)
		}
		lines = append(lines, line)
	}
	return lines
}

// flightList holds the flights in progress, in the order of their beginning. A list and not a slice, because a flight is
// added and removed for every delivery, and one that hangs stays for ten seconds.
type flightList struct {
	head, tail *Flight
	last       uint64 // number of the newest
}

func (l *flightList) push(f *Flight) {
	l.last++
	f.number, f.prev = l.last, l.tail
	if l.tail == nil {
		l.head = f
	} else {
		l.tail.next = f
	}
	l.tail = f
}

func (l *flightList) remove(f *Flight) {
	if f.prev == nil {
		l.head = f.next
	} else {
		f.prev.next = f.next
	}
	if f.next == nil {
		l.tail = f.prev
	} else {
		f.next.prev = f.prev
	}
	f.prev, f.next = nil, nil
}

// upTo yields the flights that began no later than the one with that number.
func (l *flightList) upTo(number uint64) iter.Seq[*Flight] {
	return func(yield func(*Flight) bool) {
		for f := l.head; f != nil && f.number <= number && yield(f); f = f.next {
		}
	}
}
