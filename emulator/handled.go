package emulator

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator/internal/delivery"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// Handled returns when webhooks have handled as many notifications as asked for, or says what was there instead. A subscription that
// there never was is refused at once.
func (s *Server) Handled(ctx context.Context, q control.HandledQuery) (control.Handled, error) {
	if id := q.Where.Subscription; id != "" && !s.knows(id) {
		return control.Handled{}, control.NotFound(fmt.Sprintf("wait for notifications: there is no subscription %s", id), "GET /subscriptions lists those that there are")
	}
	h := handling{
		server: s, query: q, next: q.Since, open: map[notification]string{},
		reads: map[string]uint64{}, items: map[uint64]string{}, owners: map[string]control.Selector{},
	}
	// From the beginning: an item may have been read before its notification was answered.
	for e := range s.journal.Follow(ctx, 0, nil) {
		if h.take(&e); len(h.done) >= max(q.Count, 1) {
			return h.report(), nil
		}
	}
	handled := h.report()
	handled.Instead = h.instead()
	return handled, fmt.Errorf("wait for notifications: %w", ctx.Err())
}

// knows tells whether there is or was a subscription, as far as the journal goes back.
func (s *Server) knows(id string) bool {
	is := control.Selector{Subscription: id}
	if len(s.selected(is)) > 0 {
		return true
	}
	entries, _ := s.journal.Since(0, is.Matches, 1)
	return len(entries) > 0
}

// handling goes through the journal and tells notifications that were handled from others.
type handling struct {
	server *Server
	query  control.HandledQuery

	done    []control.HandledNotification
	next    uint64                        // when the last of them was
	unread  []control.HandledNotification // answered well, but not read yet
	open    map[notification]string       // what became of those that were not answered well, in a word
	dropped []string
	seen    int // notifications that are waited for, whatever became of them

	reads  map[string]uint64           // the last read of an item
	items  map[uint64]string           // the item of a change
	owners map[string]control.Selector // of subscriptions
}

// notification tells one from another through all its attempts.
type notification struct {
	subscription string
	change       string
	sequence     int32
	cause        uint64
}

func (h *handling) take(e *journal.Entry) {
	switch e.Kind {
	case journal.Change:
		data, _ := e.Data.(map[string]string)
		h.items[e.Seq] = data["item"]
	case journal.Read:
		h.read(e)
	case journal.Attempt:
		if a, ok := e.Data.(*delivery.Attempt); ok && e.Exchange != nil {
			h.attempt(e, a)
		}
	case journal.Dropped:
		if given, ok := e.Data.(*delivery.Given); ok {
			h.drop(e, given)
		}
	}
}

// attempt sorts the notifications of one request.
func (h *handling) attempt(e *journal.Entry, a *delivery.Attempt) {
	for i := range a.Items {
		it := &a.Items[i]
		if !h.selects(e, it) {
			continue
		}
		if e.Seq > h.query.Since {
			h.seen++
		}
		key := notification{it.Subscription, it.Change, it.Sequence, it.Cause}
		delete(h.open, key)
		if !a.Delivered {
			h.open[key] = answered(e.Exchange, a.Next)
			continue
		}
		n := control.HandledNotification{
			Subscription: it.Subscription, Change: word(it.Change), Item: h.items[it.Cause],
			Status: e.Exchange.Status, Try: a.Try, Attempt: e.Seq, Cause: it.Cause,
		}
		if seq := h.reads[n.Item]; seq > n.Cause {
			n.Read = seq
		}
		if h.query.Read && n.Read == 0 && readable(n) {
			h.unread = append(h.unread, n)
			continue
		}
		h.handled(n, e.Seq)
	}
}

// read lets go on what waits for an item to be read.
func (h *handling) read(e *journal.Entry) {
	data, _ := e.Data.(map[string]any)
	id, _ := data["item"].(string)
	h.reads[id] = e.Seq
	h.unread = slices.DeleteFunc(h.unread, func(n control.HandledNotification) bool {
		if n.Item != id {
			return false
		}
		n.Read = e.Seq
		h.handled(n, e.Seq)
		return true
	})
}

// handled counts a notification, unless that was too long ago.
func (h *handling) handled(n control.HandledNotification, at uint64) {
	if at > h.query.Since {
		h.done, h.next = append(h.done, n), at
	}
}

// drop notes notifications that were given up. An entry names the first of many.
func (h *handling) drop(e *journal.Entry, given *delivery.Given) {
	waitedFor := false
	for i := range given.Items {
		it := &given.Items[i]
		if h.selects(e, it) {
			delete(h.open, notification{it.Subscription, it.Change, it.Sequence, it.Cause})
			waitedFor = true
		}
	}
	if waitedFor && e.Seq > h.query.Since {
		h.dropped = append(h.dropped, e.Masked().Note)
	}
}

// readable tells whether a notification is of something that can be read.
func readable(n control.HandledNotification) bool {
	return n.Change == word(notify.Created.Name()) || n.Change == word(notify.Updated.Name())
}

// selects tells whether a notification is one of those that are waited for. An entry of several apps or mailboxes names none, but their
// subscriptions do.
func (h *handling) selects(e *journal.Entry, it *delivery.Item) bool {
	if len(h.query.Change) > 0 {
		if !slices.Contains(h.query.Change, word(it.Change)) {
			return false
		}
	} else if it.Change == notify.Acknowledgment.Name() { // it tells of nothing
		return false
	}
	is := control.Selector{App: e.App, Mailbox: e.Mailbox, Subscription: it.Subscription, URL: e.URL}
	if is.App == "" || is.Mailbox == "" {
		owner := h.owner(it.Subscription)
		is.App, is.Mailbox = owner.App, owner.Mailbox
	}
	return h.query.Where.Selects(is)
}

// owner is whose a subscription is, empty for one that is no more.
func (h *handling) owner(subscription string) control.Selector {
	owner, known := h.owners[subscription]
	if !known {
		if kept := h.server.selected(control.Selector{Subscription: subscription}); len(kept) > 0 {
			owner = selectorOf(&kept[0])
		}
		h.owners[subscription] = owner
	}
	return owner
}

// word is a change as the control API writes it.
func word(change string) string {
	if change == "" {
		return ""
	}
	return strings.ToLower(change[:1]) + change[1:]
}

func (h *handling) report() control.Handled {
	return control.Handled{Notifications: h.done, Next: h.next}
}

// answered says what a webhook did with a request, and what the service does now.
func answered(x *journal.Exchange, next string) string {
	text := "answered " + strconv.Itoa(x.Status)
	if x.Status == 0 {
		text = "unanswered"
	}
	if x.Finding != "" {
		text += " (" + x.Finding + ")"
	}
	return text + ", " + next
}

// instead says what was there in place of what was waited for: first what went wrong, then what is still to come.
func (h *handling) instead() []string {
	counts := map[string]int{}
	for _, what := range h.open {
		counts[what]++
	}
	var told []string
	for what, n := range counts {
		told = append(told, strconv.Itoa(n)+" "+what)
	}
	slices.Sort(told)
	if n := len(h.unread); n > 0 {
		told = append(told, oneOrMore(n, "1 answered well, but its item not read", "%d answered well, but their items not read"))
	}
	told = append(told, h.dropped...)
	for _, flight := range h.server.clock.Busy() {
		told = append(told, "still on its way: "+flight)
	}
	switch {
	case len(told) > 0:
		return told
	case h.seen > 0:
		return []string{"no other is due now"}
	}
	return []string{h.nothing()}
}

// nothing says why there was no notification at all.
func (h *handling) nothing() string {
	changed := 0
	for seq := range h.items {
		if seq >= h.query.Since {
			changed++
		}
	}
	switch {
	case h.server.store.Len() == 0:
		return "there is no subscription"
	case changed == 0:
		return "nothing has changed in any mailbox"
	}
	return oneOrMore(changed, "1 change", "%d changes") + " concerned no subscription that is waited for"
}
