package delivery

import (
	"strconv"

	"github.com/outlocal/outlocal/journal"
)

// removeOwners ends the subscriptions of notifications that a webhook answered with the status for it, as it could in 2016 (W10-33).
// What else is on its way to them ends when it is its turn.
func (e *Engine) removeOwners(b *batch, attempt uint64) {
	status := strconv.Itoa(b.group.dialect.Delivery.Removes)
	for _, it := range b.items {
		r, mine := e.Store.Remove(it.handle)
		if !mine {
			continue
		}
		e.Journal.Append(journal.Entry{
			At: e.Clock.Now(), Wall: e.Clock.Wall(), Kind: journal.Removed, Cause: attempt, Dialect: b.group.dialect.String(),
			Subscription: r.ID, Mailbox: r.Mailbox.Address, App: r.App, URL: r.NotificationURL, Note: "as the webhook answered " + status,
		})
		e.Ended(it.handle)
	}
	e.giveUp(b.items, Ended, b.group.target, attempt)
}
