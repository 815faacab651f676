package delivery

import (
	"net/http"
	"slices"
	"time"

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
	Faults    []string              `json:"faults,omitempty"` // that have a hand in it
	Diagnoses []diagnosis.Diagnosis `json:"diagnoses,omitempty"`
}

// Item is one notification.
type Item struct {
	Subscription string `json:"subscription"`
	Sequence     int32  `json:"sequence,omitempty"`
	Change       string `json:"change"`          // or the lifecycle event
	Cause        uint64 `json:"cause,omitempty"` // journal entry of what it was planned for
}

func appendItems(named []Item, items []*item) []Item {
	named = slices.Grow(named, len(items))
	for _, it := range items {
		named = append(named, Item{it.head.Subscription, it.head.Sequence, it.name(), it.cause})
	}
	return named
}

// entry begins a journal entry that is about notifications.
func (e *Engine) entry(k journal.Kind, items []*item) journal.Entry {
	entry := about(k, items)
	entry.At, entry.Wall = e.Clock.Now(), e.Clock.Wall()
	return entry
}

// about is an entry without its dates.
func about(k journal.Kind, items []*item) journal.Entry {
	first := items[0]
	entry := journal.Entry{
		Kind: k, Cause: first.cause,
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

// told is what an entry of an attempt points to, made at once.
type told struct {
	exchange journal.Exchange
	attempt  Attempt
	one      [1]Item
}

// record writes an attempt into the journal.
func (e *Engine) record(b *batch, v *verdict, r *request, a *reply, now time.Time) uint64 {
	t := &told{
		exchange: journal.Exchange{
			Method: http.MethodPost, URL: r.target.raw, RequestHeader: r.header.shown, RequestBody: r.body,
			Status: a.Status, ResponseHeader: a.Header, ResponseBody: a.Body, Started: a.started, Took: a.Took,
		},
		attempt: Attempt{Try: b.tries + 1, Class: v.Class, Next: v.Next, Delivered: v.delivered, Diagnoses: v.diagnoses, Faults: b.faults()},
	}
	if a.Err != nil {
		t.exchange.Error = a.Err.Error()
	}
	if len(v.diagnoses) > 0 {
		t.exchange.Finding = v.diagnoses[0].ID
	}
	t.attempt.Items = appendItems(t.one[:0], b.items)
	entry := about(journal.Attempt, b.items)
	entry.At, entry.Wall = now, a.ended
	entry.URL, entry.Note = b.group.target.raw, v.Next
	entry.Exchange, entry.Data = &t.exchange, &t.attempt
	return e.Journal.Append(entry)
}
