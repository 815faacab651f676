package verify

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// reaction is how long an app is given to call after it was notified: a queue on the same machine takes much less.
const reaction = 5 * time.Second

// readsNothing is why one can't tell by its calls what an app does with notifications.
const readsNothing = "the app reads no items that notifications name"

// read is the journal entry of an item that was read.
func read(item string) func(*journal.Entry) bool {
	return func(e *journal.Entry) bool { return e.Kind == journal.Read && itemOf(e) == item }
}

// itemOf is the item that an entry of a read names.
func itemOf(e *journal.Entry) string {
	data, _ := e.Data.(map[string]any)
	item, _ := data["item"].(string)
	return item
}

// notified sends to the app's subscription and returns the items and the journal entry before.
func (p *play) notified(ctx context.Context, s sending) (items []control.RaisedItem, since uint64, err error) {
	if s.to, err = p.audience(ctx, 1); err != nil {
		return nil, 0, err
	}
	since = p.Server.Journal().Last()
	_, items, err = p.send(ctx, s)
	return items, since, err
}

// readAfter notifies of one more item, and tells whether the app reads it: what came before has been worked on by then, and what an app
// works on at the same time, once it reads nothing any more.
func (p *play) readAfter(ctx context.Context) (bool, error) {
	items, since, err := p.notified(ctx, sending{})
	if err != nil {
		return false, err
	}
	if !p.calls(ctx, since, read(items[0].ID)) {
		return false, nil
	}
	p.hush(ctx)
	return true, nil
}

// reads counts how often an item was read.
func (p *play) reads(since uint64, item string) int {
	entries, _ := p.Server.Journal().Since(since, read(item), 0)
	return len(entries)
}

// playCallsState sends a wrong client state by itself, and behind a right one: some look at the first item of a request only.
func playCallsState(ctx context.Context, p *play, c *Check) (answer, error) {
	if ok, err := p.readAfter(ctx); err != nil || !ok {
		return unread(err)
	}
	for _, try := range []struct {
		sent  string
		right int
	}{
		{"a notification with another client state", 0},
		{"one with another client state, behind a good one in the same request", 1},
	} {
		items, since, err := p.notified(ctx, sending{changes: try.right + 1, together: true, bend: after(try.right, by(&fault.WrongClientState{}))})
		if err != nil {
			return unheard(err)
		}
		if ok, err := p.readAfter(ctx); err != nil || !ok {
			return unread(err)
		}
		if p.reads(since, items[try.right].ID) > 0 {
			return came(diagnosis.Established(c.Findings[0], p.Mode, diagnosis.Evidence{
				Sent: try.sent, Detail: "the app read the item that it named", At: "call",
			}))
		}
	}
	return good("")
}

// after lets so many notifications go as they are, and bends those behind them.
func after(n int, b bend) bend {
	return func(plan *fault.Plan) {
		if n--; n < 0 {
			b(plan)
		}
	}
}

// calm is how long an app has to read nothing for it to have worked off what it was told before.
const calm = 250 * time.Millisecond

// hush waits until the app reads nothing any more, as long as it may take to react at all.
func (p *play) hush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, reaction)
	defer cancel()
	for since, busy := p.Server.Journal().Last(), true; busy; {
		quiet, end := context.WithTimeout(ctx, calm)
		entries, err := p.Server.Journal().Wait(quiet, since, 1, func(e *journal.Entry) bool { return e.Kind == journal.Read })
		end()
		if busy = err == nil && len(entries) > 0; busy {
			since = entries[len(entries)-1].Seq
		}
	}
}

// unread turns an app that reads nothing, or an error, into an answer.
func unread(err error) (answer, error) {
	if err != nil {
		return unheard(err)
	}
	return notJudged(readsNothing)
}

func playCallsBatch(ctx context.Context, p *play, c *Check) (answer, error) {
	const several = 3
	items, since, err := p.notified(ctx, sending{changes: several, together: true})
	if err != nil {
		return unheard(err)
	}
	soon, cancel := context.WithTimeout(ctx, reaction) // for all of them together
	defer cancel()
	missing := slices.DeleteFunc(items, func(it control.RaisedItem) bool {
		return p.calls(soon, since, read(it.ID))
	})
	switch {
	case len(missing) == 0:
		return good("")
	case len(missing) == several:
		return notJudged(readsNothing)
	}
	return came(diagnosis.Established(c.Findings[0], p.Mode, diagnosis.Evidence{
		Sent: "3 notifications in one request", Detail: fmt.Sprintf("the app read %d of the 3 items", several-len(missing)), At: "call",
	}))
}

func playCallsDuplicate(ctx context.Context, p *play, c *Check) (answer, error) {
	items, since, err := p.notified(ctx, sending{copies: 1, bend: by(&fault.Duplicate{})})
	if err != nil {
		return unheard(err)
	}
	if ok, err := p.readAfter(ctx); err != nil || !ok {
		return unread(err)
	}
	n := p.reads(since, items[0].ID)
	if n < 2 {
		return good("")
	}
	return came(diagnosis.Established(c.Findings[0], p.Mode, diagnosis.Evidence{
		Sent: "the same notification twice", Detail: fmt.Sprintf("the app read its item %d times", n), At: "call",
	}))
}

// playCallsMissed takes any read for an attempt to catch up, be it of a list or refused, but for those of items that it was notified of:
// it may be behind with these.
func playCallsMissed(ctx context.Context, p *play, c *Check) (answer, error) {
	return p.reacts(ctx, c, notify.Missed, func(e *journal.Entry) bool {
		x := e.Exchange
		return (e.Kind == journal.Read || e.Kind == journal.Refused) && x != nil && x.Method == http.MethodGet && !p.named[itemOf(e)]
	})
}

func playCallsReauthorize(ctx context.Context, p *play, c *Check) (answer, error) {
	return p.reacts(ctx, c, notify.ReauthorizationRequired, func(e *journal.Entry) bool {
		return e.Kind == journal.Reauthorized || e.Kind == journal.Renewed
	})
}

// reacts tells the app's subscription of an event, and waits for what the app is to call then.
func (p *play) reacts(ctx context.Context, c *Check, event notify.Lifecycle, wanted func(*journal.Entry) bool) (answer, error) {
	p.hush(ctx) // or what is read late would pass for an answer to this
	since := p.Server.Journal().Last()
	attempts, a, err := p.tell(ctx, event)
	if err != nil || attempts == nil {
		return a, err
	}
	return p.reacted(ctx, c, since, event, wanted)
}

func (p *play) reacted(ctx context.Context, c *Check, since uint64, event notify.Lifecycle, wanted func(*journal.Entry) bool) (answer, error) {
	if p.calls(ctx, since, wanted) {
		return good("")
	}
	found, detail := c.Findings[0], fmt.Sprintf("no such call came within %s", reaction)
	if event != notify.ReauthorizationRequired && p.renewed(since) {
		found, detail = renewalID, "the app renewed the subscription, and did nothing else"
	}
	return came(diagnosis.Established(found, p.Mode, diagnosis.Evidence{Sent: "a notification of " + string(event), Detail: detail, At: "call"}))
}

// renewed tells whether the app has renewed a subscription since an entry, or tried to.
func (p *play) renewed(since uint64) bool {
	entries, _ := p.Server.Journal().Since(since, func(e *journal.Entry) bool {
		x := e.Exchange
		return e.Kind == journal.Renewed || e.Kind == journal.Refused && x != nil && x.Method == http.MethodPatch
	}, 1)
	return len(entries) > 0
}

func playCallsRecreate(ctx context.Context, p *play, c *Check) (answer, error) {
	if p.untold {
		return notJudged(nobodyTells)
	}
	if p.removed == 0 {
		if attempts, a, err := p.tell(ctx, notify.SubscriptionRemoved); err != nil || attempts == nil {
			return a, err
		}
	}
	return p.reacted(ctx, c, p.removed, notify.SubscriptionRemoved, func(e *journal.Entry) bool { return e.Kind == journal.Subscribed })
}
