package delivery

import (
	"bytes"
	"slices"
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/notify"
)

// Raise plans the notifications of a change and returns how many there are. It never waits for a webhook, and holds nothing that a
// webhook could want (R27): the change is to be readable before.
func (e *Engine) Raise(change notify.Change, cause uint64) (matched int) {
	return e.RaiseInDetail(change, nil, cause)
}

// RaiseInDetail is Raise for a change that says nothing yet of the item before and after: to tell that costs more than to raise it, and
// only filters and selections want to know. detail returns the same change in full, and is asked once at most.
func (e *Engine) RaiseInDetail(change notify.Change, detail func() notify.Change, cause uint64) (matched int) {
	p, _ := e.plans.Get().(*plan)
	if p == nil {
		p = &plan{engine: e}
	}
	p.change, p.detail, p.cause, p.now = change, detail, cause, e.Clock.Now()
	kind := change.Type
	if kind == notify.Updated {
		kind = 0 // to a filter, an update may be the coming or going of an item (W1.5-16): look at all
	}
	e.Store.Match(change.Mailbox.Store, change.Collection, change.Folder, kind, p.visit)
	for rest := p.items; len(rest) > 0; {
		next := rest[0].key.target.endpoint
		run := 1
		for run < len(rest) && rest[run].key.target.endpoint == next {
			run++
		}
		e.queue(next, rest[:run])
		rest = rest[run:]
	}
	matched = len(p.items)
	clear(p.items)
	clear(p.shared)
	p.change, p.told, p.detail, p.record = notify.Change{}, notify.Change{}, nil, store.Record{}
	p.items, p.shared = p.items[:0], p.shared[:0]
	e.plans.Put(p)
	return matched
}

// queue counts what was planned, and hands what may go out to its endpoint.
func (e *Engine) queue(p *endpoint, plans []planned) {
	e.counts.raise(plans)
	if plans = e.withhold(plans); len(plans) > 0 {
		e.dispatch(p, plans)
	}
}

// dispatch hands to an endpoint, and tells of what that does not take.
func (e *Engine) dispatch(p *endpoint, plans []planned) {
	if e.Faults.Any(fault.OnNotification) {
		e.plot(plans)
	}
	refused := p.enqueue(plans)
	t := plans[0].key.target
	e.giveUp(refused.ended, Ended, t, 0)
	e.giveUp(refused.overflow, Overflow, t, 0)
	e.giveUp(refused.unwell, Unwell, t, 0)
	e.lose(refused.faulted, t)
}

// plan is what a change comes to.
type plan struct {
	engine *Engine
	change notify.Change
	detail func() notify.Change // fills in what change does not say; nil when there is nothing to fill in any more
	cause  uint64
	now    time.Time
	items  []planned
	shared []shared
	record store.Record  // of the subscription that is visited
	told   notify.Change // as it is to that
	room   []byte        // where what is shared is written first
}

// planned is a notification and what it may share a request with.
type planned struct {
	*item
	key groupKey
}

// shared is what the notifications of one change have in common under one dialect.
type shared struct {
	dialect  *dialect.Dialect
	change   notify.ChangeType
	origin   string // and mount, where a path begins with them
	mount    string
	selected []string // where properties travel along
	rich     bool     // encrypted
	bytes    []byte
	content  []byte // before it is encrypted
}

// visit plans the notification of one subscription.
func (p *plan) visit(h store.Handle) {
	r := &p.record
	if !p.engine.Store.ReadUnnamed(h, r) || !r.Expires.After(p.now) {
		return
	}
	d := p.engine.Dialect(r.Mount)
	if d == nil {
		return
	}
	if p.detail != nil && (r.Watch.Filter != "" || len(r.Watch.Select) > 0) {
		p.change, p.detail = p.detail(), nil
	}
	kind := p.engine.effect(&p.change, r, d)
	if kind == 0 || !r.Changes.Has(kind) {
		return
	}
	r.ID = p.engine.idOf(r, d)
	it := itemOf(r, ofChange, p.cause)
	it.change = kind
	shared := p.encode(d, kind, r)
	it.shared = shared.bytes
	if shared.rich {
		it.content = p.engine.contentFor(r, shared.content)
	}
	t := p.engine.target(r.NotificationURL)
	p.items = append(p.items, planned{item: it, key: keyOf(t, d, r)})
}

// cachedIDs is how many ids of subscriptions are kept written: some 2 MB.
const cachedIDs = 10_000

// idKey is what an id is made of: a record's GUID and mailbox never change.
type idKey struct {
	handle  store.Handle
	dialect *dialect.Dialect
}

// idOf is a subscription's id in a dialect.
func (e *Engine) idOf(r *store.Record, d *dialect.Dialect) string {
	return e.ids.of(idKey{r.Handle, d}, func(idKey) string { return d.SubscriptionID(r.GUID, r.Mailbox.Store) })
}

// encode writes what is shared, once.
func (p *plan) encode(d *dialect.Dialect, kind notify.ChangeType, r *store.Record) *shared {
	want := shared{dialect: d, change: kind, rich: isRich(d, r)}
	if d.Notification.Path.Absolute {
		want.origin, want.mount = r.Origin, r.Mount
	}
	if want.rich || d.Watch.Select == dialect.SelectClear {
		want.selected = r.Watch.Select
	}
	for i := range p.shared {
		s := &p.shared[i]
		if s.dialect == d && s.change == kind && s.origin == want.origin && s.mount == want.mount && s.rich == want.rich && slices.Equal(s.selected, want.selected) {
			return s
		}
	}
	c := &p.change
	if c.Type != kind {
		p.told = p.change
		c = &p.told
		c.Type = kind
	}
	switch base := want.origin + want.mount; {
	case !want.rich:
		p.room = d.AppendShared(p.room[:0], c, base, want.selected)
	case kind == notify.Deleted: // W4.10-11
		p.room = d.AppendRich(p.room[:0], c, base)
	default:
		p.room = d.AppendRich(p.room[:0], c, base)
		want.content = dialect.AppendContent(make([]byte, 0, contentRoom), c.Collection, c.After, want.selected)
	}
	want.bytes = bytes.Clone(p.room) // it is kept for as long as a notification of it is: in no more room than it takes
	p.shared = append(p.shared, want)
	return &p.shared[len(p.shared)-1]
}

// contentRoom holds the content of most items.
const contentRoom = 1 << 10
