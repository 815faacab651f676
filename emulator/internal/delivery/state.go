package delivery

import (
	"fmt"
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/internal/clock"
	"github.com/outlocal/outlocal/journal"
)

// State is what the service has come to think of an endpoint.
type State string

// The states. New notifications to a slow endpoint are delayed (W4.9-05), those to a dropped one are given up (W4.9-06).
const (
	Good State = "good"
	Slow State = "slow"
	Drop State = "drop"
)

// health is an endpoint's state, and the evidence for the next. Its endpoint's lock guards it.
type health struct {
	state State
	since time.Time // virtual; zero if it was never another

	attempts, late, failed int64 // since then

	window window
	timer  *clock.Timer // its end; nil without one
}

// window is what was seen in a while. Notifications are counted, not requests.
type window struct {
	attempts, slow, dead int
}

// judge names the state that a window is evidence for: good, unless there are enough attempts for another (W10-43).
func (w window) judge(d *dialect.Delivery, minimum int) State {
	enough := func(n, percent int) bool {
		return n*100 > w.attempts*percent || d.Reached && n*100 == w.attempts*percent
	}
	switch {
	case w.attempts < minimum || w.attempts == 0:
		return Good
	case enough(w.dead, d.DropPercent):
		return Drop
	case enough(w.slow, d.SlowPercent):
		return Slow
	}
	return Good
}

// observe counts an attempt, and opens a window if there is none; p.mu is held.
func (p *endpoint) observe(v *verdict) {
	h := &p.health
	n := int64(v.items)
	h.attempts += n
	switch {
	case n == 0:
		return
	case !v.delivered:
		h.failed += n
	case v.slow && v.evidence != nil:
		h.late += n
	}
	if v.evidence == nil || p.closed {
		return
	}
	h.window.attempts += v.items
	if v.slow {
		h.window.slow += v.items
	}
	if v.dead {
		h.window.dead += v.items
	}
	p.openWindow(v.evidence)
}

func (p *endpoint) openWindow(d *dialect.Delivery) {
	if p.health.timer == nil {
		p.health.timer = p.engine.Clock.AfterFunc(d.Window, func() { p.endWindow(d) })
	}
}

// endWindow judges the window that is over. Unless nothing was in it, which makes an endpoint good, another begins at once: states are
// reconsidered every 10 minutes (W4.9-06).
func (p *endpoint) endWindow(d *dialect.Delivery) {
	e := p.engine
	minimum := e.EndpointMinimum
	if minimum <= 0 {
		minimum = d.MinimumInState
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	h := &p.health
	seen, was := h.window, h.state
	h.window, h.timer = window{}, nil
	h.state = seen.judge(d, minimum)
	if seen.attempts > 0 {
		p.openWindow(d)
	}
	if h.state == was {
		return
	}
	h.since = e.Clock.Now()
	h.attempts, h.late, h.failed = 0, 0, 0
	e.Journal.Append(journal.Entry{
		At: h.since, Wall: e.Clock.Wall(), Kind: journal.EndpointState, URL: p.name,
		Note: fmt.Sprintf("%s is %s: of %d attempts, %d took over %s and %d got nothing within %s", p.name, h.state, seen.attempts, seen.slow, d.SlowAfter(), seen.dead, d.DropAfter()),
		Data: &Turn{Endpoint: p.name, From: was, To: h.state, Attempts: seen.attempts, Slow: seen.slow, Dead: seen.dead},
	})
}

// Turn is the Data of a journal entry of the kind EndpointState.
type Turn struct {
	Endpoint string `json:"endpoint"`
	From     State  `json:"from"`
	To       State  `json:"to"`
	Attempts int    `json:"attempts"` // in the window
	Slow     int    `json:"slow"`     // of these, took longer than is good
	Dead     int    `json:"dead"`     // of these, got no answer within the limit
}

func (h *health) close() {
	if h.timer != nil {
		h.timer.Stop()
	}
}
