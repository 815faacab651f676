package delivery

import (
	"container/heap"
	"time"

	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/internal/span"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// Occasion is what an authorization was given at.
type Occasion uint8

// The occasions. A subscription that is made with a token whose end is near is challenged at once; who has just answered a challenge is
// left alone for a while, or two programs would keep each other busy for ever.
const (
	AtCreation Occasion = iota
	AtRenewal           // of the expiry, or by reauthorization (W5-02)
)

// Authorize notes that an app has shown that it may watch, until a moment; a zero one stands for as long as the subscription lives. What
// waited for that goes out (W10-37). Only who can be challenged is watched so: without a lifecycle URL nothing ever lapses (W5-05).
func (e *Engine) Authorize(r store.Record, until time.Time, on Occasion) {
	d := e.Dialect(r.Mount)
	if d == nil || d.Authorization.First == 0 || r.LifecycleURL == "" {
		return
	}
	now := e.Clock.Now()
	g := &grant{handle: r.Handle, given: now, expires: r.Expires, rules: d.Authorization}
	if until.After(now) && until.Before(r.Expires) {
		g.until = until
	}
	g.challenge = now.Add(g.firstChallenge(on))
	for !e.replace(g) {
	}
	e.wakeForGrants()
}

// replace puts a grant in the place of the one that its subscription had. As long as something waits for that it lets it go instead, and
// reports that it has to be called again: so that nothing newer overtakes it (W10-46).
func (e *Engine) replace(g *grant) (done bool) {
	a := &e.grants
	a.mu.Lock()
	if old := a.of[g.handle]; old != nil && len(old.held) > 0 {
		waited := old.held
		old.held = nil
		heap.Fix(&a.due, old.index)
		a.mu.Unlock()
		e.release(waited)
		return false
	}
	a.take(g.handle)
	if !a.closed {
		a.put(g)
	}
	a.mu.Unlock()
	return true
}

// Lapse ends an authorization before its time, as when an administrator withdraws it. It reports whether there was one to end.
func (e *Engine) Lapse(h store.Handle) bool {
	a := &e.grants
	a.mu.Lock()
	g := a.of[h]
	if g == nil || g.lacking {
		a.mu.Unlock()
		return g != nil
	}
	g.lapse(a)
	heap.Fix(&a.due, g.index)
	a.mu.Unlock()
	e.tellLapse(h)
	return true
}

// Ended gives up what waited for the authorization of a subscription that is no more.
func (e *Engine) Ended(h store.Handle) {
	if e.grants.some.Load() == 0 {
		return // as where nobody has a lifecycle URL
	}
	a := &e.grants
	a.mu.Lock()
	held := a.take(h)
	a.mu.Unlock()
	e.drop(held, Ended)
}

// wakeForGrants sets the alarm for the first of them.
func (e *Engine) wakeForGrants() {
	a := &e.grants
	a.mu.Lock()
	some := len(a.due) > 0
	var next time.Time
	if some {
		next = a.due[0].next()
	}
	a.mu.Unlock()
	if some {
		a.alarm.set(e.Clock, next, e.grantsDue)
	}
}

func (e *Engine) grantsDue() {
	e.rung(&e.grants.alarm, "authorization of subscriptions", func() {
		for e.life.Err() == nil && e.lookAtGrants() {
		}
		e.wakeForGrants()
	})
}

// lookAtGrants does what is due, a portion at a time, and reports whether there may be more.
func (e *Engine) lookAtGrants() bool {
	now := e.Clock.Now()
	var todo []outcome
	a := &e.grants
	a.mu.Lock()
	for len(todo) < expiryPortion && len(a.due) > 0 && !a.due[0].next().After(now) {
		todo = append(todo, a.look(a.due[0], now))
	}
	a.mu.Unlock()
	for _, o := range todo {
		o.do(e)
	}
	return len(todo) == expiryPortion
}

// outcome is what follows from the state of an authorization, to be done without the lock.
type outcome struct {
	handle     store.Handle
	challenged bool
	lapsed     bool
	tooLate    []withheld // it waited as long as it may
	ended      []withheld // its subscription is over
}

// look brings a grant up to now; mu is held.
func (a *grants) look(g *grant, now time.Time) outcome {
	o := outcome{handle: g.handle}
	switch {
	case !now.Before(g.expires):
		o.ended = a.take(g.handle)
		return o
	case g.lacking:
	case !g.until.IsZero() && !now.Before(g.until):
		g.lapse(a)
		o.lapsed = true
	case !now.Before(g.challenge):
		o.challenged = true
		g.challenge = g.challenge.Add(g.rules.NextChallenge(g.end().Sub(g.challenge))) // at the end, that comes first
	}
	waited := 0
	for waited < len(g.held) && !now.Before(g.held[waited].until) {
		waited++
	}
	o.tooLate, g.held = g.held[:waited:waited], g.held[waited:]
	heap.Fix(&a.due, g.index)
	return o
}

func (o *outcome) do(e *Engine) {
	if o.challenged {
		if r, alive := e.Store.Get(o.handle); alive {
			e.Lifecycle(r, notify.ReauthorizationRequired, nil, 0)
		}
	}
	if o.lapsed {
		e.tellLapse(o.handle)
	}
	e.drop(o.tooLate, Unauthorized)
	e.drop(o.ended, Ended)
}

func (e *Engine) tellLapse(h store.Handle) {
	r, alive := e.Store.Get(h)
	if !alive {
		return
	}
	entry := journal.Entry{
		At: e.Clock.Now(), Wall: e.Clock.Wall(), Kind: journal.Lapsed, Subscription: r.ID, Mailbox: r.Mailbox.Address, App: r.App,
		URL: r.NotificationURL, Note: "authorization has lapsed: what changes is lost until it is renewed",
	}
	if d := e.Dialect(r.Mount); d != nil {
		entry.Dialect = d.String()
		if d.Authorization.HoldFor > 0 {
			entry.Note = "authorization has lapsed: what changes waits for it, for " + span.Text(d.Authorization.HoldFor) + " at most"
		}
	}
	e.Journal.Append(entry)
}
