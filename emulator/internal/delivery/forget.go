package delivery

// Forget begins anew, as after the start: what waits is given up without a word, and states and counts are gone. Subscriptions are the
// store's matter. A request that is in flight ends by itself, and is not made again if it fails.
func (e *Engine) Forget() {
	e.era.Add(1) // first, so that no retry of what was before comes after
	for _, p := range e.endpoints.all() {
		p.forget()
	}
	e.grants.clear()
	e.losses.clear()
	e.counts.clear()
	e.timings.clear()
}

// forget drops what waits, and all that was seen of the endpoint. What lanes have in hand they still let go of.
func (p *endpoint) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	for handle, q := range p.queues {
		for it := q.head; it != nil; it = it.next {
			it.group.users--
		}
		q.head, q.tail = nil, nil
		if !q.busy {
			delete(p.queues, handle)
		}
	}
	for key, g := range p.groups {
		g.ready, g.stands = nil, false
		if g.users == 0 && g.lanes == 0 {
			delete(p.groups, key)
		}
	}
	for b := range p.later {
		b.timer.Stop()
	}
	clear(p.later)
	p.ready, p.delayed, p.due = nil, nil, nil
	p.waiting = 0
	p.wake()
	p.health.close()
	p.health = health{state: Good}
	p.unused = true
}

func (l *losses) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.told)
	l.some.Store(false)
}
