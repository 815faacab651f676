package delivery

import (
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// Acknowledge plans the notification that a creation is acknowledged with, where the dialect has one (W3.1-01). Nobody waits for it.
func (e *Engine) Acknowledge(rec store.Record, cause uint64) {
	if d := e.Dialect(rec.Mount); d != nil && d.Notification.Acknowledge {
		e.plan(d, &rec, rec.NotificationURL, itemOf(&rec, ofCreation, cause))
	}
}

// Lifecycle plans the notification of an event in the life of a subscription, and reports whether there is one: Outlook's goes to the
// notification URL (W3.2-02), Graph's to the lifecycle URL, and without one nowhere (W5-05). The reason is for removals.
//
// It goes out whatever the state of its endpoint, and a removal even though its subscription is gone.
func (e *Engine) Lifecycle(rec store.Record, event notify.Lifecycle, reason *notify.Error, cause uint64) bool {
	d := e.Dialect(rec.Mount)
	if d == nil || !d.Tells(event) {
		return false
	}
	it := itemOf(&rec, ofLife, cause)
	it.event, it.reason = event, reason
	url := rec.NotificationURL
	if d.Notification.Lifecycle != nil {
		if url = rec.LifecycleURL; url == "" {
			return false
		}
		it.toLifecycleURL = url != rec.NotificationURL
	}
	entry := e.entry(journal.Lifecycle, []*item{it})
	if event == notify.Missed {
		entry.Kind = journal.Missed
	}
	entry.URL, entry.Dialect, entry.Note = url, d.String(), string(event)
	it.cause = e.Journal.Append(entry)
	e.plan(d, &rec, url, it)
	return true
}

// plan queues one notification.
func (e *Engine) plan(d *dialect.Dialect, r *store.Record, url string, it *item) {
	t := e.target(url)
	e.queue(t.endpoint, []planned{{item: it, key: keyOf(t, d, r)}})
}
