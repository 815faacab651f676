package delivery

import (
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/notify"
)

// item is one notification on its way. It is written before it is queued, and by whoever holds it at the time: its endpoint's lock
// while it waits, a lane while it is sent.
type item struct {
	next   *item // in the queue of its subscription
	handle store.Handle
	group  *group
	due    time.Time // virtual; zero for at once

	kind    kind
	head    dialect.Head
	shared  []byte   // of a change: what all its notifications have in common
	content *content // for a subscriber who wants some; nil for all others
	change  notify.ChangeType
	event   notify.Lifecycle
	reason  *notify.Error
	plan    *fault.Plan // what faults made of it; nil for as it should be
	alone   bool        // by its plan, it shares its request with none
	held    bool        // by its plan, it lets the next one of its queue pass
	// toLifecycleURL says that it goes to the lifecycle URL of its subscription, not to the notification URL.
	toLifecycleURL bool

	collection notify.Collection
	mailbox    string
	app        string
	cause      uint64
	term       int64 // of the counters, in which it was raised
}

// kind is what a notification tells of.
type kind uint8

const (
	ofChange kind = iota
	ofCreation
	ofLife
)

// name is what the journal calls it.
func (it *item) name() string {
	switch it.kind {
	case ofCreation:
		return notify.Acknowledgment.Name()
	case ofLife:
		return string(it.event)
	}
	return it.change.Name()
}

// numbered tells whether it takes one of its subscription's sequence numbers: all do but the acknowledgement, which is 0 (W3.3-01),
// and the end of the subscription, which has none (W3.4-01).
func (it *item) numbered(d *dialect.Dialect) bool {
	return d.Notification.Sequence && it.kind != ofCreation && !it.last()
}

// last tells whether it is the end of its subscription, which goes out though there is none any more.
func (it *item) last() bool { return it.event == notify.SubscriptionRemoved }

// append writes the notification; each time the same (W3.3-02). The frame is that of the one before.
func (it *item) append(dst []byte, d *dialect.Dialect, f *dialect.Frame) []byte {
	switch it.kind {
	case ofCreation:
		return d.AppendAcknowledgment(dst, &it.head)
	case ofLife:
		return d.AppendLifecycle(dst, &it.head, it.event, it.reason)
	}
	return f.AppendItem(dst, d, &it.head, it.shared)
}

// itemOf is a notification for a subscription, as far as that alone tells.
func itemOf(r *store.Record, k kind, cause uint64) *item {
	return &item{
		handle: r.Handle, kind: k, cause: cause, collection: r.Watch.Collection,
		mailbox: r.Mailbox.Address, app: r.App,
		head: dialect.Head{Subscription: r.ID, Expires: r.Expires, ClientState: r.ClientState, Tenant: r.Mailbox.Tenant},
	}
}

// groupKey is what notifications have in common that may share a request (W4.8-02, W10-45).
type groupKey struct {
	target  *target
	dialect *dialect.Dialect
	state   string // the client state, where that is a header
	base    string // where the body names it
}

func keyOf(t *target, d *dialect.Dialect, r *store.Record) groupKey {
	k := groupKey{target: t, dialect: d}
	if d.ClientState.Header != "" {
		k.state = r.ClientState
	}
	if d.Notification.Context {
		k.base = r.Origin + r.Mount
	}
	return k
}
