package delivery

import (
	"sync"
	"time"

	"github.com/outlocal/outlocal/internal/clock"
)

// alarm is one timer of the clock for all that falls due of a kind: however many there are, none has a timer of its own.
type alarm struct {
	mu     sync.Mutex
	timer  *clock.Timer
	at     time.Time // virtual, when it is set
	closed bool
}

// set sees to it that it rings at a moment or before. One that rings too early finds nothing, and is set anew.
func (a *alarm) set(c *clock.Clock, at time.Time, ring func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.closed || a.timer != nil && !at.Before(a.at):
		return
	case a.timer != nil:
		a.timer.Stop()
	}
	a.at = at
	a.timer = c.At(at, ring)
}

// stop keeps it from ringing until it is set again.
func (a *alarm) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.timer != nil {
		a.timer.Stop()
		a.timer = nil
	}
}

// close keeps it from ringing for good.
func (a *alarm) close() {
	a.stop()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed = true; a.timer != nil {
		a.timer.Stop() // it was set in between
	}
}

// rung is run by the clock, so it only hands over what is to be done. No time passes before that is over.
func (e *Engine) rung(a *alarm, what string, do func()) {
	a.mu.Lock()
	a.timer = nil
	a.mu.Unlock()
	flight := e.Clock.Begin(what)
	started := e.start(func() {
		defer flight.End()
		do()
	})
	if !started {
		flight.End()
	}
}
