package delivery

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// Reason is why notifications were given up.
type Reason string

// The reasons.
const (
	Lost     Reason = "lost"     // every attempt failed, for as long as the service tries
	Ended    Reason = "ended"    // the subscription was deleted, or has expired
	Overflow Reason = "overflow" // too many wait for the endpoint
	Unwell   Reason = "drop"     // the endpoint is in the state drop (W4.9-06)

	// Unauthorized ones were never tried: authorization was lacking, for longer than they may wait (W10-37).
	Unauthorized Reason = "unauthorized"

	Faulted Reason = "fault" // a fault took them; nobody is told but who asked for that
)

// refusals are notifications that an endpoint does not take.
type refusals struct{ ended, overflow, unwell, faulted []*item }

// Given is the Data of a journal entry of the kind Dropped.
type Given struct {
	Reason Reason `json:"reason"`
	Items  []Item `json:"items"` // the first ones
	Count  int    `json:"count"` // all of them
}

// namedItems is how many notifications an entry names. The rest is counted: a webhook that is gone loses a hundred thousand.
const namedItems = 100

// giveUp counts and tells of notifications that will never arrive, and lets their subscribers know that something is missing, where
// the dialect has a word for it (W4.9-09).
func (e *Engine) giveUp(items []*item, why Reason, t *target, cause uint64) {
	if len(items) == 0 {
		return
	}
	switch why {
	case Lost, Unauthorized:
		e.counts.settled(items, lost)
	case Overflow:
		e.counts.settled(items, dropped, overflowed)
	default:
		e.counts.settled(items, dropped)
	}
	entry := e.entry(journal.Dropped, items)
	entry.URL, entry.Note = t.raw, why.note(len(items), t)
	entry.Data = &Given{Reason: why, Items: appendItems(nil, items[:min(len(items), namedItems)]), Count: len(items)}
	if cause != 0 {
		entry.Cause = cause
	}
	seq := e.Journal.Append(entry)
	switch why {
	case Ended:
		e.losses.forget(items)
		return
	case Faulted:
		return
	}
	for _, it := range items {
		if it.kind == ofChange { // nobody resyncs for want of an acknowledgement, and what tells of a loss is none
			e.miss(it.handle, seq)
		}
	}
}

func (why Reason) note(n int, t *target) string {
	var text string
	switch why {
	case Ended:
		text = "the subscription has ended"
	case Overflow:
		text = "too many wait for " + t.endpoint.name
	case Unwell:
		text = t.endpoint.name + " is in the state drop"
	case Unauthorized:
		text = "authorization is lacking"
	case Faulted:
		text = "lost on the way, as a fault wanted it"
	default:
		text = "every attempt failed"
	}
	if n == 1 {
		return "given up: " + text
	}
	return fmt.Sprintf("%d notifications given up: %s", n, text)
}

// miss tells a subscriber once that notifications were lost, until one arrives again.
func (e *Engine) miss(h store.Handle, cause uint64) {
	if !e.losses.note(h) {
		return
	}
	if r, alive := e.Store.Get(h); !alive || !e.Lifecycle(r, notify.Missed, nil, cause) {
		e.losses.drop(h)
	}
}

// losses are the subscriptions that were told of a loss and have got nothing since.
type losses struct {
	mu   sync.Mutex
	told map[store.Handle]struct{}
	some atomic.Bool // told is not empty: looked at for every delivery
}

// note reports whether the loss is the first.
func (l *losses) note(h store.Handle) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.told[h]; known {
		return false
	}
	if l.told == nil {
		l.told = make(map[store.Handle]struct{})
	}
	l.told[h] = struct{}{}
	l.some.Store(true)
	return true
}

func (l *losses) drop(h store.Handle) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.told, h)
	l.some.Store(len(l.told) > 0)
}

// forget begins anew for the subscriptions of notifications that arrived at their notification URLs. (A lifecycle URL that works says
// nothing of the other.)
func (l *losses) forget(items []*item) {
	if !l.some.Load() {
		return
	}
	for _, it := range items {
		if !it.toLifecycleURL {
			l.drop(it.handle)
		}
	}
}
