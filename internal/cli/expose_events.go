package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/outlocal/outlocal/internal/signin"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/subscriber"
	"github.com/outlocal/outlocal/tunnel"
)

func nowhere() *log.Logger { return log.New(io.Discard, "", 0) }

// tunnelEvent is the data of an entry of kind journal.Tunnel.
type tunnelEvent struct {
	State tunnel.State `json:"state"`
	Was   string       `json:"was,omitempty"` // the URL before
	Error string       `json:"error,omitempty"`
	Hint  string       `json:"hint,omitempty"`
}

// tunnelled is told what happens to the tunnel.
func (x *exposure) tunnelled(e tunnel.Event) {
	if e.State == tunnel.Connecting {
		return
	}
	event := tunnelEvent{State: e.State, Was: e.Was}
	note := map[tunnel.State]string{
		tunnel.Up: "up", tunnel.Reconnecting: "lost; it is being opened anew, and what is notified meanwhile is tried again by the service", tunnel.Closed: "closed",
	}[e.State]
	if e.Was != "" {
		note = "up under another name; the subscriptions are led there"
	}
	if e.Err != nil {
		t := explain(e.Err)
		event.Error, event.Hint = t.What, t.Hint
	}
	again := e.State == tunnel.Reconnecting && x.tunnel.State == e.State && x.tunnel.Hint == event.Hint
	if x.tunnel = event; again {
		return // an outage is a try every half minute that fails for the same reason
	}
	x.record(journal.Entry{Kind: journal.Tunnel, URL: e.URL, Note: note, Data: event})
	switch {
	case e.State == tunnel.Up && e.Was != "":
		x.keeper.Repoint(x.at(e.URL))
	case e.State == tunnel.Closed && e.Err != nil:
		x.end(e.Err)
	}
}

// keptEvent is the data of an entry about what is kept.
type keptEvent struct {
	Event      subscriber.EventKind `json:"event"`
	Resource   string               `json:"resource,omitempty"`
	ChangeType string               `json:"changeType,omitempty"`
	Expires    time.Time            `json:"expires,omitzero"`
	Wait       string               `json:"wait,omitempty"` // until it is tried again, or how far a clock is off
	Error      string               `json:"error,omitempty"`
	Hint       string               `json:"hint,omitempty"`
	Covers     string               `json:"covers,omitempty"` // what of the resource was looked through for what was missed
	Missed     []missedItem         `json:"missed,omitempty"`
	Total      int                  `json:"total,omitempty"` // of what was missed
}

// missedItem is an item that changed and was not notified of.
type missedItem struct {
	ID      string `json:"id"`
	Removed bool   `json:"removed,omitempty"`
	Item    string `json:"item,omitempty"` // in a line
}

// shownMissed is how many missed items are told one by one.
const shownMissed = 20

// told is told what the keeper did. The journal keeps it under the kinds that an emulator has for the same.
func (x *exposure) told(e subscriber.Event) {
	event := keptEvent{Event: e.Kind, Resource: e.Watch.Resource, Expires: e.Expires}
	if e.Watch.Changes != 0 {
		event.ChangeType = e.Watch.Changes.String()
	}
	if e.Wait != 0 {
		event.Wait = span(e.Wait.Abs().Round(time.Second))
	}
	if e.Err != nil {
		t := explain(e.Err)
		event.Error, event.Hint = t.What, cmp.Or(t.Hint, x.consent(e))
	}
	if !x.news(e, event) {
		return
	}
	if e.Delta != nil {
		event.Covers, event.Total = e.Covers, e.Delta.Total
		for _, c := range e.Delta.Changes[:min(len(e.Delta.Changes), shownMissed)] {
			event.Missed = append(event.Missed, missedItem{c.ID, c.Removed, inALine(c.Item)})
		}
	}
	x.record(journal.Entry{At: e.At, Kind: kindOf(e.Kind), Subscription: e.ID, Note: keptNote(e), Data: event})
}

// trouble is what was told last of what is tried again.
type trouble struct {
	watch subscriber.Watch
	why   string
	wait  time.Duration
}

// muchLonger is by what a pause has to grow to be told again: from a second to five minutes, it is twice.
const muchLonger = 10

// news tells whether something is to be told. A service that is away for a day is asked some three hundred times: what fails again is told
// when its reason is another, or the pause much longer.
func (x *exposure) news(e subscriber.Event, told keptEvent) bool {
	if e.Kind != subscriber.Waiting {
		x.trouble = trouble{}
		return true
	}
	now := trouble{e.Watch, strings.Map(wordy, told.Error), e.Wait}
	if x.trouble.watch == now.watch && x.trouble.why == now.why && now.wait < muchLonger*x.trouble.wait {
		return false
	}
	x.trouble = now
	return true
}

// wordy leaves the digits out, in which the same error differs each time: ports, and ids of requests.
func wordy(r rune) rune {
	if unicode.IsDigit(r) {
		return -1
	}
	return r
}

// consent is what to do about a service that says no, and nothing more (W6.3).
func (x *exposure) consent(e subscriber.Event) string {
	var refusal *subscriber.Error
	if !errors.As(e.Err, &refusal) || refusal.Status != http.StatusForbidden || e.Watch.Resource == "" {
		return ""
	}
	scopes := signin.Scopes("", signin.DeviceCode, collectionOf(e.Watch.Resource).String())
	return "the token may not read " + e.Watch.Resource + ": the app needs" + strings.ReplaceAll(strings.Join(scopes, " and"), "/", " ") +
		", with consent; docs/app-registration.md shows where"
}

// kindOf is the kind of entry for what a keeper tells.
func kindOf(k subscriber.EventKind) journal.Kind {
	kind, ok := map[subscriber.EventKind]journal.Kind{
		subscriber.Created: journal.Subscribed, subscriber.Recreated: journal.Subscribed, subscriber.Adopted: journal.Subscribed,
		subscriber.Renewed: journal.Renewed, subscriber.Reauthorized: journal.Reauthorized, subscriber.Repointed: journal.Repointed,
		subscriber.Deleted: journal.Deleted, subscriber.Lost: journal.Removed, subscriber.Ended: journal.Expired, subscriber.Missed: journal.Missed,
	}[k]
	if !ok {
		return journal.Kept
	}
	return kind
}

// keptNote says in a line what a keeper tells.
func keptNote(e subscriber.Event) string {
	switch e.Kind {
	case subscriber.Created:
		return "subscribed"
	case subscriber.Recreated:
		return "subscribed anew"
	case subscriber.Adopted:
		return "taken over from a start before"
	case subscriber.Lost:
		return "the service has it no more"
	case subscriber.Ended:
		return "ran out, after another had taken its place"
	case subscriber.Stray:
		return "leads here and nobody wants it: it is deleted"
	case subscriber.Challenged:
		return "the service wants it to be reauthorized"
	case subscriber.Missed:
		return "the service could not deliver all"
	case subscriber.Resynced:
		return "looked up what was missed: " + count(e.Delta.Total, "change")
	case subscriber.Unsynced:
		return "what was missed can't be told"
	case subscriber.Waiting:
		return "failed; tried again in " + span(e.Wait.Round(time.Second))
	case subscriber.Refused:
		if e.Wait > 0 {
			return "refused; tried again in " + span(e.Wait.Round(time.Second))
		}
		return "refused; it is not tried again before the next start"
	case subscriber.ClockOff:
		where := "behind"
		if e.Wait < 0 {
			where = "ahead of"
		}
		return fmt.Sprintf("this machine's clock is %s %s the service's, which counts", span(e.Wait.Abs().Round(time.Second)), where)
	}
	return string(e.Kind)
}

// record writes an entry that nobody else dates.
func (x *exposure) record(e journal.Entry) {
	e.Wall = time.Now()
	if e.At.IsZero() {
		e.At = x.now()
	}
	e.Dialect = x.plan.host.dialect.String()
	x.receiver.Journal().Append(e)
}

const (
	// sleepLook is how often it is looked whether the machine slept.
	sleepLook = 15 * time.Second
	// sleepLeast is shorter than any sleep, and longer than a clock is set by.
	sleepLeast = 30 * time.Second
)

// watchSleep tells when the machine has slept: what was notified meanwhile comes late, or is missed.
func (x *exposure) watchSleep(ctx context.Context) {
	look := time.NewTicker(sleepLook)
	defer look.Stop()
	before := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		now := time.Now()
		if d := asleep(before, now); d > 0 {
			x.record(journal.Entry{Kind: journal.Clock, Note: "this machine was asleep for " + span(d.Round(time.Second)) + "; what was notified meanwhile comes late"})
		}
		before = now
	}
}

// asleep is how long a machine slept between two readings: the clock of the wall went on, the one that measures did not.
func asleep(before, now time.Time) time.Duration {
	return asleepFor(now.Round(0).Sub(before.Round(0)), now.Sub(before)) // rounded, times have no reading of the one that measures
}

func asleepFor(wall, measured time.Duration) time.Duration {
	if slept := wall - measured; slept >= sleepLeast {
		return slept
	}
	return 0
}
