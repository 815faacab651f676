package clock

import (
	"math"
	"time"
)

const (
	// sleepTolerance is how far the wall may run ahead of the monotonic clock before it counts as a sleep of the machine.
	// Slewing of the wall's clock stays below it for half an hour and more.
	sleepTolerance = time.Second

	// endOfTime is the last moment that a clock can show, 292 years after it began.
	endOfTime = time.Duration(math.MaxInt64)
)

// reading is what the machine's clocks say at one moment.
type reading struct {
	mono time.Duration // never goes back, but stands still while the machine sleeps
	wall int64         // Unix nanoseconds; can be set
}

// frame says how virtual time flows: at a rate, from a moment on. Frames are immutable.
type frame struct {
	from reading
	virt time.Duration // virtual time at from, counted from the clock's origin
	rate float64       // virtual seconds per second of the wall
}

// at is the virtual time at a reading, as far as the machine was awake.
func (f *frame) at(r reading) time.Duration {
	elapsed := r.mono - f.from.mono
	if f.rate == 1 { // exact, and by far the most common
		return later(f.virt, elapsed)
	}
	flown := float64(elapsed) * f.rate
	if flown >= float64(endOfTime) {
		return endOfTime
	}
	return later(f.virt, time.Duration(flown))
}

// slept is how long the machine was asleep since the frame began, 0 when it wasn't, or when time stands still anyhow. A laptop that was closed overnight
// stops the monotonic clock; the programs that ask for "three days from now" wake up in the next morning all the same.
func (f *frame) slept(r reading) time.Duration {
	ahead := time.Duration(r.wall-f.from.wall) - (r.mono - f.from.mono)
	if ahead <= sleepTolerance || f.rate == 0 {
		return 0
	}
	return ahead
}

// now is the virtual time; c.mu is held.
func (c *Clock) now() time.Duration {
	f, r := c.frame.Load(), c.read()
	v := f.at(r)
	if f.rate > 1 && len(c.timers) > 0 {
		// Faster than the wall, a wake-up of the wall that is a millisecond late would run over due moments.
		v = max(f.virt, min(v, c.timers[0].due))
	}
	if slept := f.slept(r); slept > 0 {
		v = later(v, slept) // at the pace of the wall, whatever the scale
		c.frame.Store(&frame{from: r, virt: v, rate: f.rate})
		c.poke()
	}
	return v
}

// turn makes time flow at a rate from now on; c.mu is held.
func (c *Clock) turn(rate float64) { c.jump(c.now(), rate) }

// jump makes it v now; c.mu is held.
func (c *Clock) jump(v time.Duration, rate float64) {
	c.frame.Store(&frame{from: c.read(), virt: v, rate: rate})
}

// rate is the one that holds for what is in progress; c.mu is held.
func (c *Clock) rate() float64 {
	if c.unparked > 0 {
		return 1
	}
	return c.scale
}

// later is v+d, at most the end of time.
func later(v, d time.Duration) time.Duration {
	if d > 0 && v > endOfTime-d {
		return endOfTime
	}
	return v + d
}
