package delivery

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/journal"
)

// Here faults get at notifications. What a notification's plan says is known here; why it says so is not.

// plot lets faults edit the plans of notifications before they are queued: it is decided then and not when they are sent, so that the
// next run decides alike, whatever happens to share a request.
func (e *Engine) plot(plans []planned) {
	for i := range plans {
		it, key := plans[i].item, &plans[i].key
		plan := &fault.Plan{
			Subject: fault.Subject{
				Selector: journal.Selector{App: it.app, Mailbox: it.mailbox, Subscription: it.head.Subscription, URL: key.target.raw},
				Dialect:  key.dialect.String(), Ordinal: uint64(it.handle), Cause: it.cause,
			},
			What: strings.ToLower(it.name()), ClientState: it.head.ClientState,
		}
		if it.content != nil {
			plan.Tokens = &fault.Tokens{}
			if it.content.plain != nil {
				plan.Seal = &fault.Seal{}
			}
		}
		if !e.Faults.Plan(plan) {
			continue
		}
		it.plan = plan
		it.head.ClientState = plan.ClientState
		if key.dialect.ClientState.Header != "" {
			key.state = plan.ClientState
		}
	}
}

// bend queues a notification as its plan says; p.mu is held. It has its sequence number by now: the copies have the same (W3.3-02), and
// one that is lost leaves a gap.
func (p *endpoint) bend(it *item, key groupKey, refused *refusals) {
	plan := it.plan
	if plan.Drop {
		refused.faulted = append(refused.faulted, it)
		return
	}
	copies := make([]*item, len(plan.Copies))
	p.engine.counts.copied(it, len(copies))
	for i := range copies {
		copies[i] = new(*it)
		copies[i].alone = true
	}
	it.alone = plan.Alone()
	if plan.Behind > 0 && plan.Delay == 0 {
		it.held, it.due = true, p.engine.Clock.Now().Add(plan.Behind)
	}
	p.place(it, key, plan.Delay)
	for i, again := range copies {
		p.place(again, key, plan.Delay+plan.Copies[i])
	}
}

// place puts a notification into its queue, or aside if it has to wait for so long.
func (p *endpoint) place(it *item, key groupKey, wait time.Duration) {
	if wait <= 0 {
		p.put(it, key)
		return
	}
	p.aside(it, key, max(wait, it.due.Sub(p.engine.Clock.Now()))) // an endpoint that is slow may have to wait longer
}

// aside keeps a notification out of its subscription's order, until its time has come. Then the lanes for retries take it, which hold
// nothing back and wait for nothing.
func (p *endpoint) aside(it *item, key groupKey, wait time.Duration) {
	it.group = &group{groupKey: key, bent: it.plan}
	b := &batch{group: it.group, items: []*item{it}, era: p.engine.era.Load()}
	p.waiting++
	p.later[b] = struct{}{}
	b.timer = p.engine.Clock.AfterFunc(wait, func() { p.retryNow(b) })
}

// waits tells whether the last of a queue is held back for the next to pass.
func (q *queue) waits(now time.Time) bool {
	return q.tail != nil && q.tail.held && q.tail.due.After(now)
}

// overtake lets a notification pass the last one of its queue, which has waited for that. One that passes waits for nobody.
func (p *endpoint) overtake(q *queue, it *item) {
	held := q.tail
	held.held, held.due = false, time.Time{}
	if it.held {
		it.held, it.due = false, time.Time{}
	}
	it.next = held
	if q.head == held {
		q.head = it
	} else {
		before := q.head
		for before.next != held {
			before = before.next
		}
		before.next = it
	}
	if at := slices.Index(p.delayed, q); at >= 0 {
		p.delayed = slices.Delete(p.delayed, at, at+1)
		p.wake()
		p.offer(q)
	}
}

// lose tells of notifications that faults took.
func (e *Engine) lose(taken []*item, t *target) {
	for _, it := range taken {
		e.giveUp([]*item{it}, Faulted, t, it.plan.Entry)
		if it.plan.Told && it.kind == ofChange {
			e.miss(it.handle, it.plan.Entry)
		}
	}
}

// Underway tells whether anything is being sent to a subscription in its order, or is about to be. What is held back until later is
// not: nobody can say how long that takes.
func (e *Engine) Underway(r *store.Record) bool {
	p := e.target(r.NotificationURL).endpoint
	p.mu.Lock()
	defer p.mu.Unlock()
	q := p.queues[r.Handle]
	return q != nil && (q.busy || !q.head.due.After(e.Clock.Now()))
}

// Concerns tells whether a journal entry says what became of a notification to a subscription: it was sent, or never will be.
func Concerns(e *journal.Entry, subscription string) bool {
	var items []Item
	switch data := e.Data.(type) {
	case *Attempt:
		items = data.Items
	case *Given:
		items = data.Items
	}
	return slices.ContainsFunc(items, func(it Item) bool { return it.Subscription == subscription })
}

// faults are those that have a hand in a batch.
func (b *batch) faults() []string {
	var names []string
	for _, it := range b.items {
		if it.plan == nil {
			continue
		}
		for _, name := range it.plan.Faults {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// bentBody is the body of a request that a fault has a hand in: it has one notification.
func (b *batch) bentBody() []byte {
	d, plan := b.group.dialect, b.group.bent
	b.seal()
	entries := slices.Clone(plan.Before)
	var frame dialect.Frame
	for _, it := range b.items {
		entry := it.append(nil, d, &frame)
		for _, edit := range plan.Items {
			entry = edit(entry)
		}
		for range plan.Repeat + 1 {
			entries = append(entries, entry)
		}
	}
	body := d.OpenBody(nil, b.group.base, b.items[0].collection)
	for i, entry := range entries {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, entry...)
	}
	body = b.end(body)
	for _, shape := range plan.Shapes {
		if shape.Body != nil && shape.Holds(b.tries) {
			body = shape.Body(body)
		}
	}
	return body
}

// bend gives a request the shape that a plan has for an attempt.
func (r *request) bend(plan *fault.Plan, tries int) {
	for _, shape := range plan.Shapes {
		if !shape.Holds(tries) {
			continue
		}
		if len(shape.Header) > 0 {
			r.header = newHeader(replaced(r.header.shown, shape.Header))
		}
		if shape.Cut || shape.Over > 0 {
			if r.writing == nil {
				r.writing = &writing{whole: true}
			}
			r.writing.over += shape.Over
		}
		if shape.Cut {
			r.writing.whole, r.writing.end = false, fault.CutAt(shape.CutAfter, len(r.body))
		}
	}
}

// replaced is a header with some names' values replaced, in whichever letters they are.
func replaced(shown, by http.Header) http.Header {
	header := make(http.Header, len(shown)+len(by))
	for name, values := range shown {
		header[name] = values
	}
	for name, values := range by {
		for old := range shown {
			if strings.EqualFold(old, name) {
				delete(header, old)
			}
		}
		header[name] = values
	}
	return header
}
