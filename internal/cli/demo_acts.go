package cli

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/subscriber"
)

func (p *player) subscribe(ctx context.Context) error {
	since := p.mark()
	life := demoLife
	if !p.d.Lifetime.Settable {
		life = 0
	}
	var err error
	p.sub, err = p.app.Create(ctx, subscriber.Request{
		Resource: demoResource, Changes: notify.Created | notify.Updated | notify.Deleted,
		NotificationURL: p.hook, ClientState: p.state, For: life,
	})
	if err != nil {
		return explained(err)
	}
	created := p.wire.take()
	p.appSays(created)
	if p.d.Handshake == nil {
		p.now.Title = "Subscribe: the app asks to be told of changes; the service acknowledges it to the webhook"
		p.serviceAnswers(created)
		return p.acknowledged(ctx, since)
	}
	err = p.validated(ctx, since)
	p.serviceAnswers(created)
	return err
}

// validated shows and checks the handshake (W2.1-02, W2.1-10).
func (p *player) validated(ctx context.Context, since mark) error {
	asked, err := p.steer.Wait(ctx, control.WaitRequest{Since: since.service, Kinds: []journal.Kind{journal.Handshake}})
	if err != nil {
		return err
	}
	p.now.Lines = append(p.now.Lines, p.delivery(&asked[0], "")...)
	heard, _ := p.webhook.Journal().Since(since.webhook, func(e *journal.Entry) bool { return e.Kind == journal.Handshake }, 0)
	var problems []string
	switch {
	case len(heard) != 1:
		problems = append(problems, fmt.Sprintf("the webhook heard %s", count(len(heard), "handshake")))
	default:
		h, _ := heard[0].Data.(*receiver.Handshake)
		if h == nil || h.Parameter != p.d.Handshake.Parameter {
			problems = append(problems, "the token did not come as "+p.d.Handshake.Parameter)
		}
		if h != nil && !strings.EqualFold(h.Header, p.d.Handshake.StateHeader) {
			problems = append(problems, fmt.Sprintf("the client state came in %q, want %q", h.Header, p.d.Handshake.StateHeader))
		}
	}
	p.check("the webhook answered the token of the query, decoded, as text, in time: the subscription stands", problems...)
	p.fact("handshake by %s", p.d.Handshake.Parameter)
	return nil
}

// acknowledged shows what came before there was a handshake (W3.1-01, W3.3-01).
func (p *player) acknowledged(ctx context.Context, since mark) error {
	items, err := p.told(ctx, since, 1)
	if err != nil {
		return err
	}
	problems := p.problems(items[0])
	if items[0].Change != notify.Acknowledgment || items[0].Sequence != 0 {
		problems = append(problems, fmt.Sprintf("it is %s number %d", items[0].Change, items[0].Sequence))
	}
	p.check("this schema had no handshake: it acknowledged the subscription by a notification, number 0", problems...)
	p.fact("no handshake, but an acknowledgement")
	return nil
}

func (p *player) notify(ctx context.Context) error {
	since := p.mark()
	raised, err := p.happens(ctx, control.Change{Change: "created", Collection: "message"}, "a message arrives in the inbox")
	if err != nil {
		return err
	}
	items, err := p.told(ctx, since, 1)
	if err != nil {
		return err
	}
	p.item = items[0]
	problems := append(p.problems(p.item), p.expected(p.item, notify.Created, raised.Items[0].ID)...)
	p.check("it is in the words of "+p.d.String()+", and the client state in "+p.stateIn()+" proves its origin", problems...)
	p.fact("client state in %s", p.stateIn())
	return nil
}

// stateIn is where the client state travels.
func (p *player) stateIn() string {
	if h := p.d.ClientState.Header; h != "" {
		return "the header " + h
	}
	return "the body"
}

func (p *player) get(ctx context.Context) error {
	n := p.item.Notification()
	body, err := p.app.Fetch(ctx, whereabouts(&n))
	if err != nil {
		return explained(err)
	}
	p.check("the address in the notification leads to the message, whose id is the same", sameItem(body, n.Data, p.d)...)
	return nil
}

func (p *player) changeAndDelete(ctx context.Context) error {
	first := p.item.Notification()
	item := first.Data.ID
	for _, happening := range []struct {
		change control.Change
		text   string
		want   notify.ChangeType
	}{
		{control.Change{Change: "updated", Collection: "message", Item: item, Set: map[string]any{"isRead": true}}, "the message is read", notify.Updated},
		{control.Change{Change: "deleted", Collection: "message", Item: item}, "the message is deleted", notify.Deleted},
	} {
		since := p.mark()
		if _, err := p.happens(ctx, happening.change, happening.text); err != nil {
			return err
		}
		items, err := p.told(ctx, since, 1)
		if err != nil {
			return err
		}
		problems := append(p.problems(items[0]), p.expected(items[0], happening.want, item)...)
		p.check("the webhook is told: "+strings.ToLower(happening.want.Name()), problems...)
	}
	_, err := p.app.Fetch(ctx, whereabouts(&first))
	p.refused("the message is gone", http.StatusNotFound, err)
	return nil
}

func (p *player) batch(ctx context.Context) error {
	held, release, err := p.hold()
	if err != nil {
		return err
	}
	defer p.gate.lift() // also when something goes wrong before the release
	since := p.mark()
	if _, err := p.happens(ctx, control.Change{Change: "created", Collection: "message"}, "a message arrives; the webhook takes its time to answer"); err != nil {
		return err
	}
	select {
	case <-held:
	case <-ctx.Done():
		return fmt.Errorf("wait for the webhook to be busy: %w", ctx.Err())
	}
	raised, err := p.happens(ctx, control.Change{Change: "created", Collection: "message", Count: burstSize}, fmt.Sprintf("%d more arrive meanwhile", burstSize))
	if err != nil {
		return err
	}
	if err := release(); err != nil {
		return err
	}
	items, err := p.told(ctx, since, 1+burstSize)
	if err != nil {
		return err
	}
	problems := p.problems(items...)
	if n := p.posts(since); n != 2 {
		problems = append(problems, fmt.Sprintf("they came in %s, want 2", count(n, "request")))
	}
	for i, item := range items[1:] {
		problems = append(problems, p.expected(item, notify.Created, raised.Items[i].ID)...)
	}
	what := fmt.Sprintf("the %d came in one request, in the order in which they happened", burstSize)
	if p.d.Notification.Sequence {
		what += ", numbered without a gap"
		p.fact("numbered")
	}
	p.check(what, problems...)
	return nil
}

func (p *player) renew(ctx context.Context) error {
	if p.d.Operations.Renew == dialect.RenewNever {
		_, err := p.trying().Renew(ctx, p.sub.ID, subscriber.Renewal{For: demoRenewal})
		p.refused("this schema had no renewal: it is refused", http.StatusMethodNotAllowed, err)
		p.fact("renewal refused with %d", http.StatusMethodNotAllowed)
		return nil
	}
	renewed, err := p.app.Renew(ctx, p.sub.ID, subscriber.Renewal{For: demoRenewal})
	if err != nil {
		return explained(err)
	}
	way := "PATCH"
	if p.d.Operations.Renew == dialect.RenewByPost {
		way = "POST"
	}
	if renewed.Expires.IsZero() { // legacy's answer doesn't show it (W1.3-02)
		if renewed, err = p.app.Get(ctx, p.sub.ID); err != nil {
			return explained(err)
		}
	}
	var problems []string
	if later := renewed.Expires.Sub(p.sub.Expires); later < (demoRenewal-demoLife)/2 || later > demoRenewal {
		problems = append(problems, fmt.Sprintf("the expiry moved by %s", later))
	}
	p.check("the expiry has moved, by "+way, problems...)
	p.fact("renewed by %s", way)
	return nil
}

func (p *player) unsubscribe(ctx context.Context) error {
	if !p.d.Operations.Delete {
		err := p.trying().Delete(ctx, p.sub.ID)
		p.refused("this schema had no deletion: it is refused", http.StatusMethodNotAllowed, err)
		p.fact("deletion refused with %d", http.StatusMethodNotAllowed)
		return nil
	}
	if err := p.app.Delete(ctx, p.sub.ID); err != nil {
		return explained(err)
	}
	p.appSaid()
	if err := p.silence(ctx); err != nil {
		return err
	}
	p.fact("deleted")
	return nil
}

func (p *player) expire(ctx context.Context) error {
	if p.d.Operations.Delete { // the first subscription has gone
		var err error
		p.sub, err = p.app.Create(ctx, subscriber.Request{
			Resource: demoResource, Changes: notify.Created, NotificationURL: p.hook, ClientState: p.state, For: demoLife,
		})
		if err != nil {
			return explained(err)
		}
		p.appSaid()
	}
	since := p.mark()
	life := p.sub.Expires.Sub(p.service.Now()).Round(time.Minute) + time.Minute
	if _, err := p.steer.Advance(ctx, life); err != nil {
		return err
	}
	p.happened("clock", "the service's clock goes ahead by "+short(life)+"; yours does not")
	if _, err := p.steer.Wait(ctx, control.WaitRequest{Since: since.service, Kinds: []journal.Kind{journal.Expired}, Where: control.Selector{Subscription: p.sub.ID}}); err != nil {
		return err
	}
	_, err := p.app.Get(ctx, p.sub.ID)
	p.refused("the subscription is gone", http.StatusNotFound, err)
	if err := p.silence(ctx); err != nil {
		return err
	}
	if p.d.Lifetime.Settable {
		p.fact("ran out")
	} else {
		p.fact("ran out after %s", short(p.d.Lifetime.Default))
	}
	return nil
}

// silence shows that a change is told to nobody.
func (p *player) silence(ctx context.Context) error {
	since := p.mark()
	raised, err := p.happens(ctx, control.Change{Change: "created", Collection: "message"}, "another message arrives")
	if err != nil {
		return err
	}
	var problems []string
	if n := p.posts(since); raised.Matched != 0 || n != 0 {
		problems = append(problems, fmt.Sprintf("%s due, %s came", count(raised.Matched, "notification"), count(n, "request")))
	}
	p.check("the webhook hears nothing any more", problems...)
	return nil
}
