package delivery

import "time"

// dispatch starts lanes for what is due; p.mu is held, as it is for all of this file but what says otherwise.
func (p *endpoint) dispatch() {
	if p.engine.held.Load() > 0 {
		return // until the release
	}
	for p.lanes < p.engine.Lanes {
		b := p.take(nil)
		if b == nil {
			break
		}
		p.run(b, p.take, &p.lanes)
	}
	for p.retrying < max(1, p.engine.Lanes/retryShare) {
		b := p.takeRetry(nil)
		if b == nil {
			break
		}
		p.run(b, p.takeRetry, &p.retrying)
	}
}

// run starts a lane with its first batch. Its flight begins here, so that no time passes before the goroutine is there.
func (p *endpoint) run(b *batch, next func(*batch) *batch, running *int) {
	*running++
	b.flight = p.engine.Clock.Begin(p.what)
	l := &lane{endpoint: p, next: next, running: running, within: limiter{parent: p.engine.life}}
	started := p.engine.start(func() {
		defer l.within.close()
		defer l.hangUp()
		for b != nil {
			b = l.turn(b)
		}
	})
	if !started {
		*running--
		b.flight.End()
	}
}

// lane sends one batch after the other, until none is due.
type lane struct {
	*endpoint
	next    func(*batch) *batch // the endpoint's, for its kind of lane
	running *int                // how many there are of the kind
	within  limiter
	conn    *conn   // of its last request, if it is good; nil if not
	request request // the last one
}

// turn sends one batch, without the lock, and finds the next. The flight of the next begins before that of the last ends: what waited
// behind it must not be jumped over.
func (l *lane) turn(b *batch) *batch {
	p := l.endpoint
	v := p.engine.attempt(b, l)
	last, hold := b.flight, v.hold

	p.mu.Lock()
	p.release(b)
	p.observe(&v)
	if p.closed {
		b = nil
	} else {
		b = l.next(b)
	}
	if b != nil {
		b.flight = p.engine.Clock.Begin(p.what)
	} else {
		*l.running--
	}
	p.dispatch()
	p.mu.Unlock()

	last.End()
	if hold != nil {
		hold.End()
	}
	return b
}

// take fills a batch with first attempts that are due: from one group, each subscription's in order. It uses b's memory if there is a b.
func (p *endpoint) take(b *batch) *batch {
	if len(p.ready) == 0 || p.closed {
		return nil
	}
	g := p.ready[0]
	p.ready = p.ready[1:]
	g.stands = false
	if b == nil {
		b = &batch{}
	}
	*b = batch{group: g, items: b.items[:0], queues: b.queues[:0], era: p.engine.era.Load()}

	var now time.Time
	for len(g.ready) > 0 && len(b.items) < p.engine.MaxBatch {
		q := g.ready[0]
		g.ready = g.ready[1:]
		q.busy = true
		b.queues = append(b.queues, q)
		for it := q.head; it != nil && it.group == g && len(b.items) < p.engine.MaxBatch; it = q.head {
			if !it.due.IsZero() {
				if now.IsZero() {
					now = p.engine.Clock.Now()
				}
				if it.due.After(now) {
					break
				}
			}
			b.items = append(b.items, it)
			if q.head = it.next; q.head == nil {
				q.tail = nil
			}
			it.next = nil
		}
	}
	p.waiting -= len(b.items)
	g.lanes++
	p.stand(g)
	return b
}

// takeRetry takes the next retry that is due, as it is.
func (p *endpoint) takeRetry(*batch) *batch {
	if len(p.due) == 0 || p.closed {
		return nil
	}
	b := p.due[0]
	p.due = p.due[1:]
	p.waiting -= len(b.items)
	return b
}

// release lets go on what waited for a batch.
func (p *endpoint) release(b *batch) {
	if len(b.queues) == 0 { // a retry
		return
	}
	for _, q := range b.queues {
		q.busy = false
		p.offer(q)
	}
	g := b.group
	g.lanes--
	g.users -= b.taken
	if g.users == 0 && g.lanes == 0 {
		if g.bent == nil { // else it never was among them
			delete(p.groups, g.groupKey)
		}
		return
	}
	p.stand(g)
}

// close stops all timers and forgets what waits.
func (p *endpoint) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.wake()
	for b := range p.later {
		b.timer.Stop()
	}
	p.health.close()
	p.queues, p.groups, p.later = nil, nil, nil
	p.ready, p.delayed, p.due = nil, nil, nil
	p.waiting = 0
}
