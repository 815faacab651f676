package delivery

import (
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/journal"
)

// backoff is how long after a failure the next attempt is made, when there were tries before that failed one and the first was elapsed
// ago: 10 s doubled each time, at most 10 minutes (W4.9-07). 0 says that there is none, as it would come too late (W4.9-04).
func backoff(d *dialect.Delivery, tries int, elapsed time.Duration) time.Duration {
	delay := d.FirstRetry
	for ; tries > 0 && delay < d.LongestRetry; tries-- {
		delay *= 2
	}
	delay = min(delay, d.LongestRetry)
	if elapsed+delay > d.RetryFor {
		return 0
	}
	return delay
}

// retry plans the next attempt of a batch that failed. What is in it stays together, and keeps its bytes and numbers (W3.3-02).
func (e *Engine) retry(b *batch, v *verdict, attempt uint64) {
	p := b.group.target.endpoint
	if b.era != e.era.Load() {
		return // all that was before is forgotten
	}
	entry := e.entry(journal.Retry, b.items)
	entry.Cause, entry.Note, entry.URL = attempt, v.Next, b.group.target.raw
	next := &batch{group: b.group, tries: b.tries + 1, first: b.first, era: b.era, cause: e.Journal.Append(entry)}
	next.items = append(next.items, b.items...)
	e.counts.again(next.items)

	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || next.era != e.era.Load() { // forgotten in the meantime: nothing may come after that
		return
	}
	p.waiting += len(next.items)
	p.later[next] = struct{}{}
	next.timer = e.Clock.AfterFunc(v.retryIn, func() { p.retryNow(next) })
}

// retryNow puts a retry whose time has come before the lanes.
func (p *endpoint) retryNow(b *batch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, waits := p.later[b]; p.closed || !waits {
		return
	}
	delete(p.later, b)
	p.due = append(p.due, b)
	p.dispatch()
}

// settleOwners keeps of a batch what is still to be sent there: not what belongs to subscriptions that have ended, and of a retry not
// what has another URL by now, which is tried there.
func (e *Engine) settleOwners(b *batch) {
	kept := b.items[:0]
	var ended []*item
	var moved map[string][]*item
	for _, it := range b.items {
		switch url, alive := e.whereabouts(it, b); {
		case !alive:
			ended = append(ended, it)
		case url != b.group.target.raw:
			if moved == nil {
				moved = make(map[string][]*item)
			}
			moved[url] = append(moved[url], it)
		default:
			kept = append(kept, it)
		}
	}
	b.items = kept
	e.giveUp(ended, Ended, b.group.target, b.cause)
	for url, items := range moved {
		e.move(b, url, items)
	}
}

// whereabouts tells whether a notification is still wanted, and where.
func (e *Engine) whereabouts(it *item, b *batch) (url string, alive bool) {
	if it.last() {
		return b.group.target.raw, true
	}
	if b.tries == 0 {
		return b.group.target.raw, e.Store.Alive(it.handle)
	}
	r, alive := e.Store.Get(it.handle)
	if it.kind == ofLife && it.toLifecycleURL {
		return r.LifecycleURL, alive
	}
	return r.NotificationURL, alive
}

// move makes a retry elsewhere, at once.
func (e *Engine) move(b *batch, url string, items []*item) {
	t := e.target(url)
	p := t.endpoint
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || b.era != e.era.Load() {
		return
	}
	key := b.group.groupKey
	key.target = t
	p.due = append(p.due, &batch{group: &group{groupKey: key, bent: b.group.bent}, items: items, tries: b.tries, first: b.first, cause: b.cause, era: b.era})
	p.waiting += len(items)
	p.dispatch()
}
