package control

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// HandledQuery asks for notifications that webhooks have handled: answered so that the service takes them for delivered, late or not.
// It counts notifications, not requests: how many travel together is the service's choice.
type HandledQuery struct {
	Count  int      `query:"count" doc:"how many are waited for; 1 if left out"`
	Within Duration `query:"within" doc:"real time; 5s if left out"`
	Since  uint64   `query:"since" doc:"only those that were answered after the journal entry with this seq, such as the entry of a change, or the next of the call before"`
	Change []string `query:"change" doc:"only these: created, updated, deleted, or an event such as missed; may be repeated; all but acknowledgements of new subscriptions if left out"`
	Read   bool     `query:"read" doc:"1 to count new and updated items only once they were read as well: for webhooks that answer first and work afterwards"`
	Where  Selector
}

// Handled is what webhooks have handled, oldest first.
type Handled struct {
	Notifications []HandledNotification `json:"notifications"`
	Next          uint64                `json:"next" doc:"the since with which to wait for what is handled after these"`
	// Instead says what was there when too few were handled in time, a line for each.
	Instead []string `json:"instead,omitempty" doc:"when too few were handled in time: what was there instead, a line for a person each"`
}

// HandledNotification is one notification that a webhook has handled.
type HandledNotification struct {
	Subscription string `json:"subscription"`
	Change       string `json:"change" doc:"created, updated, deleted, or the event in the life of the subscription"`
	Item         string `json:"item,omitempty" doc:"id of the item that changed"`
	Status       int    `json:"status" doc:"what the webhook answered"`
	Try          int    `json:"try" doc:"which attempt it was, from 1"`
	Attempt      uint64 `json:"attempt" doc:"seq of the journal entry of the attempt"`
	Cause        uint64 `json:"cause,omitempty" doc:"seq of the journal entry of what it tells of"`
	Read         uint64 `json:"read,omitempty" doc:"seq of the journal entry of the first read of the item since it changed"`
}

// DeliveryWatcher opens /handled.
type DeliveryWatcher interface {
	// Handled returns when as many notifications as asked for were handled. When ctx's deadline comes before, it returns those that
	// were, what was there instead, and an error that wraps ctx's. Words and numbers of q have been checked.
	Handled(ctx context.Context, q HandledQuery) (Handled, error)
}

// handledChanges are the words that [HandledQuery.Change] takes.
func handledChanges() []string {
	return append([]string{"created", "updated", "deleted", "acknowledgment"}, lifecycleEvents...)
}

// serveHandled answers 409 in vain, as no HTTP client tries that again by itself; many do so with 408 and 504.
func serveHandled(r *http.Request, b DeliveryWatcher, q HandledQuery, _ nothing) (Handled, error) {
	if err := checkWait(&q.Count, &q.Within); err != nil {
		return Handled{}, err
	}
	for _, word := range q.Change {
		if err := oneOf("wait: change", word, handledChanges()); err != nil {
			return Handled{}, err
		}
	}
	ctx, cancel := withinOrClosing(r.Context(), q.Within)
	defer cancel()
	handled, err := b.Handled(ctx, q)
	if handled.Notifications == nil {
		handled.Notifications = []HandledNotification{} // a list in JSON
	}
	if err == nil || !isLate(err) {
		return handled, err
	}
	return handled, &Error{http.StatusConflict, CodeTooFew, handled.vain(q), "what the service waits for, such as a retry, comes with POST /clock/advance; GET /journal shows all that happened"}
}

// vain says what was waited for, and what was there instead.
func (h Handled) vain(q HandledQuery) string {
	what, read := "notifications", ""
	if q.Count == 1 {
		what = "notification"
	}
	if q.Read {
		read = " and read"
	}
	was := "were"
	if len(h.Notifications) == 1 {
		was = "was"
	}
	if len(q.Change) > 0 {
		what += " of " + strings.Join(q.Change, ", ")
	}
	text := fmt.Sprintf("wait for %d %s to be handled%s: %d %s within %s", q.Count, what, read, len(h.Notifications), was, q.Within)
	if len(h.Instead) > 0 {
		text += "; instead, " + strings.Join(h.Instead, "; ")
	}
	return text
}
