package delivery

import (
	"container/heap"
	"time"
)

// withheld is a notification that waits until its subscription is authorized again.
type withheld struct {
	planned
	until time.Time // virtual; then it is given up
}

// withhold keeps back what belongs to subscriptions whose authorization is lacking, and returns the rest, in the same memory. Nothing of
// it is tried meanwhile, so that it counts against no endpoint (W10-37), and where it may not wait it is given up at once; news of the
// subscriptions themselves goes out (W5-02).
func (e *Engine) withhold(plans []planned) (rest []planned) {
	if e.grants.lacking.Load() == 0 {
		return plans
	}
	var overflow []withheld
	rest = plans[:0]
	a := &e.grants
	a.mu.Lock()
	for _, p := range plans {
		g := a.of[p.handle]
		switch {
		case g == nil || !g.lacking || p.kind != ofChange:
			rest = append(rest, p)
		case len(g.held) >= e.QueueLimit:
			overflow = append(overflow, withheld{planned: p})
		default:
			g.held = append(g.held, withheld{p, e.Clock.Now().Add(g.rules.HoldFor)})
			heap.Fix(&a.due, g.index)
		}
	}
	a.mu.Unlock()
	e.wakeForGrants()
	e.drop(overflow, Overflow)
	return rest
}

// release sends what a subscription's held notifications are, to where it is notified now.
func (e *Engine) release(waited []withheld) {
	if len(waited) == 0 {
		return
	}
	r, alive := e.Store.Get(waited[0].handle)
	if !alive {
		e.drop(waited, Ended)
		return
	}
	t := e.target(r.NotificationURL)
	plans := make([]planned, len(waited))
	for i, h := range waited {
		h.key.target = t
		plans[i] = h.planned
	}
	e.dispatch(t.endpoint, plans)
}

// drop gives up what was held.
func (e *Engine) drop(waited []withheld, why Reason) {
	if len(waited) == 0 {
		return
	}
	items := make([]*item, len(waited))
	for i, h := range waited {
		items[i] = h.item
	}
	e.giveUp(items, why, waited[0].key.target, 0)
}
