package delivery

import (
	"time"

	"github.com/outlocal/outlocal/journal"
)

const (
	// expiryPortion is how many subscriptions are taken out of the store at a time, so that a million that expire together hold up neither
	// the clock nor deliveries.
	expiryPortion = 256

	// expiryRest is how many times as long as a portion took none expires after it while notifications are pending: they need the same
	// store, journal and processors.
	expiryRest = 3
)

// Watch sees to it that subscriptions end when their time has come. It is to be called after one was added, or its expiry changed; once
// after many will do.
func (e *Engine) Watch() {
	next, some := e.Store.NextExpiry()
	if !some {
		return
	}
	e.expiry.set(e.Clock, next, e.expiryDue)
}

func (e *Engine) expiryDue() {
	e.rung(&e.expiry, "expiry of subscriptions", func() {
		for e.life.Err() == nil {
			began := time.Now()
			if !e.expirePortion() {
				break
			}
			e.restFromExpiry(time.Since(began))
		}
		e.Watch()
	})
}

// restFromExpiry leaves the machine to the notifications that are pending, if there are any.
func (e *Engine) restFromExpiry(portion time.Duration) {
	if e.Stats().Pending == 0 {
		return
	}
	rest := time.NewTimer(expiryRest * portion)
	defer rest.Stop()
	select {
	case <-rest.C:
	case <-e.life.Done():
	}
}

// expirePortion ends what is due, and reports whether there may be more. What is on its way to the subscriptions ends when it is its turn.
func (e *Engine) expirePortion() bool {
	expired := e.Store.Expired(e.Clock.Now(), expiryPortion)
	for i := range expired {
		r := &expired[i]
		entry := journal.Entry{
			At: e.Clock.Now(), Wall: e.Clock.Wall(), Kind: journal.Expired,
			Subscription: r.ID, Mailbox: r.Mailbox.Address, App: r.App, URL: r.NotificationURL,
		}
		if d := e.Dialect(r.Mount); d != nil {
			entry.Dialect = d.String()
		}
		e.Journal.Append(entry)
		e.losses.drop(r.Handle)
		e.Ended(r.Handle)
	}
	return len(expired) == expiryPortion
}
