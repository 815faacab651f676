package receiver

import (
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// judge judges the items of a request that was answered, and writes an entry for each; cause is the request's.
func (r *Receiver) judge(c *call, cause uint64, read *dialect.Body) {
	items := make([]Item, len(read.Items))
	for i := range items {
		received := &read.Items[i]
		items[i] = Item{
			Index: i, Dialect: read.Dialect, Problems: received.Problems,
			Subscription: received.Subscription, Change: received.Change, Lifecycle: received.Lifecycle,
			Sequence: received.Sequence, HasSequence: received.HasSequence,
			Age:    age(&received.Notification, c.entry.At),
			header: c.header, raw: received.Raw, mode: r.config.Mode,
		}
		r.identify(&items[i], received)
	}
	r.memory.compare(items, read.Items)
	for i := range items {
		item := &items[i]
		if !item.Good() {
			r.counts.doubtful.Add(1)
		}
		seq := r.journal.Append(journal.Entry{
			At: c.entry.At, Wall: c.entry.Wall, Kind: journal.Notified, Cause: cause,
			Dialect: c.entry.Dialect, Subscription: item.Subscription, URL: c.entry.URL,
			Note: item.what(), Data: item,
		})
		if r.reads != nil && item.worthReading() {
			r.reads.add(r, read.Items[i].Notification, journal.Entry{Cause: seq, Dialect: c.entry.Dialect, Subscription: item.Subscription})
		}
	}
}

// identify tells whose notification it is, by subscription and client state.
func (r *Receiver) identify(item *Item, received *dialect.Item) {
	if odd(*received) {
		return // there is nobody to ask about
	}
	expected := Expected{ClientState: r.config.ClientState}
	if r.config.Known != nil {
		item.Registration = diagnosis.RegistrationUnknown
		if known, ok := r.config.Known.Known(received.Subscription); ok {
			item.Registration, expected = diagnosis.RegistrationKnown, known
		}
	}
	item.ClientState = compare(expected.ClientState, received.ClientState)
}

// age is how old a change is at least: none is notified that came after the subscription's end.
func age(n *notify.Notification, at time.Time) time.Duration {
	if n.Lifecycle != "" || n.Data == nil || n.Expires.IsZero() {
		return 0
	}
	return max(0, at.Sub(n.Expires))
}

// worthReading tells whether there is an item behind the notification, and whether to follow it there. Nobody follows a forged one.
func (i *Item) worthReading() bool {
	exists := i.Change == notify.Created || i.Change == notify.Updated
	return exists && i.trusted() && i.Registration != diagnosis.RegistrationUnknown && !i.Repeated
}
