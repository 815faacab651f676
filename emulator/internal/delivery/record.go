package delivery

import (
	"net/http"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/journal"
)

// Attempt is the Data of a journal entry of the kind Attempt. The entry's Cause is what the first notification was planned for; if all
// notifications are one subscription's, mailbox's or app's, the entry names it.
type Attempt struct {
	Items     []Item                `json:"items"`
	Try       int                   `json:"try"` // from 1
	Class     diagnosis.Class       `json:"class"`
	Next      string                `json:"next"` // what the service does now
	Delivered bool                  `json:"delivered"`
	Diagnoses []diagnosis.Diagnosis `json:"diagnoses,omitempty"`
}

// Item is one notification.
type Item struct {
	Subscription string `json:"subscription"`
	Sequence     int32  `json:"sequence,omitempty"`
	Change       string `json:"change"`          // or the lifecycle event
	Cause        uint64 `json:"cause,omitempty"` // journal entry of what it was planned for
}

func itemsOf(items []*item) []Item {
	named := make([]Item, len(items))
	for i, it := range items {
		named[i] = Item{it.head.Subscription, it.head.Sequence, it.name(), it.cause}
	}
	return named
}

// entry begins a journal entry that is about notifications.
func (e *Engine) entry(k journal.Kind, items []*item) journal.Entry {
	first := items[0]
	entry := journal.Entry{
		At: e.Clock.Now(), Wall: e.Clock.Wall(), Kind: k, Cause: first.cause,
		Subscription: first.head.Subscription, Mailbox: first.mailbox, App: first.app,
	}
	if first.group != nil {
		entry.Dialect = first.group.dialect.String()
	}
	for _, it := range items[1:] {
		if it.handle != first.handle {
			entry.Subscription = ""
		}
		if it.mailbox != first.mailbox {
			entry.Mailbox = ""
		}
		if it.app != first.app {
			entry.App = ""
		}
	}
	return entry
}

// record writes an attempt into the journal.
func (e *Engine) record(b *batch, v *verdict, r *request, a *reply) uint64 {
	entry := e.entry(journal.Attempt, b.items)
	entry.URL = b.group.target.raw
	x := &journal.Exchange{
		Method: http.MethodPost, URL: r.target.raw, RequestHeader: r.header.shown, RequestBody: r.body,
		Status: a.Status, ResponseHeader: a.Header, ResponseBody: a.Body, Started: a.started, Took: a.Took,
	}
	if a.Err != nil {
		x.Error = a.Err.Error()
	}
	if len(v.diagnoses) > 0 {
		x.Finding = v.diagnoses[0].ID
	}
	entry.Exchange, entry.Note = x, v.Next
	entry.Data = &Attempt{
		Items: itemsOf(b.items), Try: b.tries + 1, Class: v.Class, Next: v.Next, Delivered: v.delivered, Diagnoses: v.diagnoses,
	}
	return e.Journal.Append(entry)
}
