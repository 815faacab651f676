package scenarios

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/subscriber"
)

// The defaults of a subscription: what most webhooks are for.
const (
	defaultResource = "me/messages"
	defaultChange   = "created"
)

// counter stands in a mailbox's address, or a resource, for a number from 1 on.
const counter = "{n}"

func numbered(text string, n int) string { return strings.ReplaceAll(text, counter, strconv.Itoa(n)) }

func (p *play) subscribe(ctx context.Context, step *Step) error {
	s := step.Subscribe
	for n := range max(s.Count, 1) {
		user, err := p.scope.text(numbered(s.Mailbox, n+1))
		if err != nil {
			return err
		}
		d, mount, err := p.place(ctx, s)
		if err != nil {
			return err
		}
		request, err := p.request(s, n+1)
		if err != nil {
			return err
		}
		p.scope.hidden.add(request.ClientState, request.NotificationURL, request.LifecycleURL)
		client := p.client(d, mount, user)
		client.Try = s.Refused
		made, err := client.Create(ctx, request)
		p.answered(step.As)
		if err := p.outcome("subscribe", s.Hope, err); err != nil || s.Hope != (Hope{}) || p.now.Verdict == Failed {
			return err
		}
		p.wishes.keep(made.ID, request)
		sub := &subscribed{name: step.As, id: made.ID, mount: mount, user: user}
		p.subs, p.ids[made.ID] = append(p.subs, sub), true
		values := answerValues(p.said)
		maps.Copy(values, map[string]any{
			"id": made.ID, "resource": made.Resource, "changeType": made.ChangeType, "url": request.NotificationURL, "clientState": request.ClientState,
			"expires": made.Expires.UTC().Format(time.RFC3339Nano), "mailbox": user, "dialect": d.String(), "path": pathOf(d, mount, made.ID),
		})
		p.named = values
	}
	return nil
}

// place is where a subscription is made, and what is spoken there.
func (p *play) place(ctx context.Context, s *Subscribe) (*dialect.Dialect, string, error) {
	mount := p.mount
	switch {
	case s.Mount != "":
		mount = s.Mount
	case s.Dialect != "":
		d, err := dialect.Lookup(string(s.Dialect))
		if err != nil {
			return nil, "", err
		}
		if mount, err = p.mountOf(ctx, d); err != nil {
			return nil, "", err
		}
	}
	d, err := p.spokenAt(ctx, mount)
	return d, mount, err
}

func (p *play) request(s *Subscribe, n int) (r subscriber.Request, err error) {
	r = subscriber.Request{Resource: defaultResource, NotificationURL: p.hookURL, ClientState: p.state, For: s.For.std()}
	for _, text := range []struct {
		from string
		to   *string
	}{{numbered(s.Resource, n), &r.Resource}, {s.URL, &r.NotificationURL}, {s.Lifecycle, &r.LifecycleURL}} {
		if text.from == "" {
			continue
		}
		if *text.to, err = p.scope.text(text.from); err != nil {
			return r, err
		}
	}
	if s.Rich {
		if r.Certificate, r.CertificateID, err = p.certificate(s); err != nil {
			return r, err
		}
	}
	if s.ClientState != nil {
		if r.ClientState, err = p.scope.text(*s.ClientState); err != nil {
			return r, err
		}
	}
	words := string(s.Change)
	if words == "" {
		words = defaultChange
	}
	r.Changes, err = notify.ParseChangeType(words)
	return r, err
}

// pathOf is where a subscription is found in the API.
func pathOf(d *dialect.Dialect, mount, id string) string {
	if d.Family == dialect.Outlook {
		return mount + "/me/subscriptions('" + id + "')"
	}
	return mount + "/subscriptions/" + id
}

// answered keeps what the service said to the app last.
func (p *play) answered(name string) {
	if x := p.app.take(); x != nil {
		p.hear(x)
		p.show(x)
		if name != "" {
			p.calls[name] = x
		}
	}
}

// hear notes what the service said last, and how much of its time went by before it did.
func (p *play) hear(x *journal.Exchange) {
	p.said = x
	p.lasted[x] = p.clock().Sub(p.when)
}

// outcome says whether a call went as it should.
func (p *play) outcome(what string, hope Hope, err error) error {
	var refusal *subscriber.Error
	var unsupported *subscriber.UnsupportedError
	switch {
	case hope.Unanswered && p.unheard(err):
	case hope.Unanswered && (err == nil || errors.As(err, &refusal)):
		p.now.problem("it is answered, and the connection was to break before")
	case errors.As(err, &refusal) && hope.Refused:
	case errors.As(err, &refusal):
		p.now.problem("it is refused: %s", refusal)
		if refusal.Hint != "" {
			p.now.Problems = append(p.now.Problems, refusal.Hint)
		}
	case errors.As(err, &unsupported):
		p.now.problem("%s; to see how the service refuses it, say refused: true", unsupported)
	case err != nil:
		return err
	case hope.Refused:
		p.now.problem("the service accepts it, and should refuse to %s", what)
	}
	return nil
}

// unheard tells whether the last call ended without an answer, as its connection broke.
func (p *play) unheard(err error) bool {
	return err != nil && p.said != nil && p.said.Status == 0 && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// sub finds a subscription by its name; the last one by none.
func (p *play) sub(name SubName) *subscribed {
	for _, s := range slices.Backward(p.subs) {
		if name == "" || s.name == string(name) {
			return s
		}
	}
	return &subscribed{mount: p.mount} // Parse has seen to it that there is one
}

// owner is the client of a subscription's app, in what is spoken where it was made.
func (p *play) owner(ctx context.Context, s *subscribed, refused bool) (*subscriber.Client, error) {
	d, err := p.spokenAt(ctx, s.mount)
	if err != nil {
		return nil, err
	}
	client := p.client(d, s.mount, s.user)
	client.Try = refused
	return client, nil
}

func (p *play) renew(ctx context.Context, step *Step) error {
	r := step.Renew
	s := p.sub(r.Subscription)
	client, err := p.owner(ctx, s, r.Refused)
	if err != nil {
		return err
	}
	if r.URL != "" {
		address, err := p.scope.text(r.URL)
		if err != nil {
			return err
		}
		_, err = client.Repoint(ctx, s.id, address)
		return p.concluded(step.As, "give it another URL", r.Hope, err)
	}
	_, err = client.Renew(ctx, s.id, subscriber.Renewal{For: r.For.std()})
	return p.concluded(step.As, "renew", r.Hope, err)
}

func (p *play) reauthorize(ctx context.Context, o *Owned) error {
	s := p.sub(o.Subscription)
	client, err := p.owner(ctx, s, o.Refused)
	if err != nil {
		return err
	}
	return p.concluded("", "reauthorize", o.Hope, client.Reauthorize(ctx, s.id))
}

func (p *play) unsubscribe(ctx context.Context, o *Owned) error {
	s := p.sub(o.Subscription)
	client, err := p.owner(ctx, s, o.Refused)
	if err != nil {
		return err
	}
	return p.concluded("", "delete", o.Hope, client.Delete(ctx, s.id))
}

// concluded keeps the answer to a call and judges how it went.
func (p *play) concluded(name, what string, hope Hope, err error) error {
	p.answered(name)
	if p.said != nil {
		p.named = answerValues(p.said)
	}
	return p.outcome(what, hope, err)
}
