package verify

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// audience is whom a check notifies, and how.
type audience struct {
	ids    []string
	change control.Change // that concerns all of them
	own    bool           // made for the check
}

// The reasons for which an adopted subscription does not do.
var (
	errAlone   = errors.New("it takes several subscriptions of the app")
	errUnheard = errors.New("it is not known what would concern the app's subscription")
)

// audience is the app's own subscription, or as many as are asked for that were put in for the check. A check has a mailbox of its own,
// so that nothing concerns another's.
func (p *play) audience(ctx context.Context, n int) (audience, error) {
	if p.adopted != nil {
		if n > 1 {
			return audience{}, errAlone
		}
		change, err := concerning(p.Dialect, p.adopted)
		return audience{ids: []string{p.adopted.ID}, change: change}, err
	}
	return p.ownAudience(ctx, n)
}

func (p *play) ownAudience(ctx context.Context, n int) (audience, error) {
	a := audience{own: true, change: control.Change{Change: "created", Collection: "message", Mailbox: p.mailbox()}}
	row := control.NewSubscription{
		Mount: p.Dialect.Base, Resource: "me/messages", ChangeType: "created,updated", NotificationURL: p.bare(),
		ClientState: p.state(), Mailbox: a.change.Mailbox,
	}
	if isGraph(p.Dialect) && p.hasLifecycleURL() {
		row.LifecycleURL = row.NotificationURL
	}
	rows := make([]control.NewSubscription, n)
	for i := range rows {
		rows[i] = row
	}
	var err error
	a.ids, err = p.Server.Import(ctx, rows)
	return a, err
}

// bare is the URL without a user name, with which no subscription would be made.
func (p *play) bare() string {
	u := *p.URL
	u.User = nil
	return u.String()
}

// state is the client state of a subscription of one's own: each has one, as a webhook may look at that before it compares it.
func (p *play) state() string {
	if p.ClientState != "" {
		return p.ClientState
	}
	return "verify-" + rand.Text()
}

// mailbox is one that no check has used before.
func (p *play) mailbox() string {
	p.audiences++
	return fmt.Sprintf("verify-%d@contoso.com", p.audiences)
}

func (p *play) hasLifecycleURL() bool {
	for _, f := range p.Dialect.Subscription {
		if f.Prop == dialect.PropLifecycleURL {
			return true
		}
	}
	return false
}

// leave takes away what a check has put in: nothing of it is tried again while the next one is asked.
func (p *play) leave(ctx context.Context, a audience) {
	if !a.own {
		return
	}
	for _, id := range a.ids {
		_, _ = p.Server.RemoveSubscriptions(ctx, control.Selector{Subscription: id}) // it may have ended by itself
	}
}

// concerning is a change that a subscription is notified of.
func concerning(d *dialect.Dialect, s *control.Subscription) (control.Change, error) {
	own := func(string) bool { return true } // it was taken already
	resource, refusal := d.ReadResource(s.Resource, dialect.Place{Mount: s.Mount, OwnHost: own})
	if refusal != nil {
		return control.Change{}, errUnheard
	}
	kinds, err := notify.ParseChangeType(s.ChangeType)
	if err != nil {
		return control.Change{}, errUnheard
	}
	change := control.Change{Mailbox: s.Mailbox, Collection: resource.Collection.Singular(), Folder: resource.Folder}
	for _, kind := range []notify.ChangeType{notify.Created, notify.Updated, notify.Deleted} {
		if kinds.Has(kind) {
			change.Change = strings.ToLower(kind.Name())
			return change, nil
		}
	}
	return control.Change{}, errUnheard
}

// attempt is one request with notifications, as it went.
type attempt struct {
	diagnosis.Taken
	items []string // ids of subscriptions, one for each notification
	entry journal.Entry
}

// sending is what a check sends.
type sending struct {
	to       audience
	changes  int  // 1 if 0
	together bool // in as few requests as may be
	copies   int  // of each notification, beside itself
	bend     bend
}

// send raises changes, waits until the webhook has answered all that comes of them, and returns its answers with the items that were
// changed.
func (p *play) send(ctx context.Context, s sending) ([]attempt, []control.RaisedItem, error) {
	since := p.Server.Journal().Last()
	change := s.to.change
	change.Count, change.Together = max(s.changes, 1), s.together
	end := p.script.play(s.to.ids, s.bend)
	raised, err := p.Server.RaiseChange(ctx, change)
	end()
	if err != nil {
		return nil, nil, err
	}
	for _, it := range raised.Items {
		p.named[it.ID] = true
	}
	if raised.Matched == 0 {
		return nil, nil, errUnheard
	}
	attempts, err := p.answered(ctx, s.to.ids, since, len(s.to.ids)*max(s.changes, 1)*(1+s.copies))
	return attempts, raised.Items, err
}

// answered waits for first attempts that bring so many notifications to subscriptions. Each ends within the service's limit, so that all do.
func (p *play) answered(ctx context.Context, ids []string, since uint64, items int) ([]attempt, error) {
	ctx, cancel := context.WithTimeout(ctx, p.Dialect.Delivery.Limit*2+slack)
	defer cancel()
	var attempts []attempt
	for items > 0 {
		entries, err := p.Server.Journal().Wait(ctx, since, 1, func(e *journal.Entry) bool { return e.Kind == journal.Attempt })
		if err != nil {
			if len(attempts) > 0 && ctx.Err() != nil {
				return attempts, nil
			}
			return nil, fmt.Errorf("wait for the webhook's answer: %w", err)
		}
		for i := range entries {
			since = entries[i].Seq
			a, first := p.taken(&entries[i])
			if mine := concerns(a.items, ids); first && mine > 0 {
				attempts, items = append(attempts, a), items-mine
				if a.Status == 0 {
					p.lost.Store(true)
				}
			}
		}
	}
	return attempts, nil
}

// slack is what the engine takes beside the webhook.
const slack = 5 * time.Second

func concerns(items, ids []string) (n int) {
	for _, item := range items {
		for _, id := range ids {
			if item == id {
				n++
			}
		}
	}
	return n
}

// taken reads an attempt from the journal, as every other reader of it does; first says that it is no retry.
func (p *play) taken(e *journal.Entry) (a attempt, first bool) {
	var detail struct {
		Items []struct {
			Subscription string `json:"subscription"`
		} `json:"items"`
		Try       int                   `json:"try"`
		Diagnoses []diagnosis.Diagnosis `json:"diagnoses"`
	}
	if document, err := json.Marshal(e.Data); err == nil {
		_ = json.Unmarshal(document, &detail) // it is one of ours
	}
	a.entry, a.Diagnoses = *e, detail.Diagnoses
	if p.Mode == diagnosis.Strict {
		for i := range a.Diagnoses {
			a.Diagnoses[i].Severity = a.Diagnoses[i].Strict
		}
	}
	for _, it := range detail.Items {
		a.items = append(a.items, it.Subscription)
	}
	if x := e.Exchange; x != nil {
		a.Status, a.Header, a.Body, a.Took = x.Status, x.ResponseHeader, x.ResponseBody, x.Took
	}
	return a, detail.Try == 1
}

func answers(attempts []attempt) []diagnosis.Taken {
	all := make([]diagnosis.Taken, len(attempts))
	for i := range attempts {
		all[i] = attempts[i].Taken
	}
	return all
}
