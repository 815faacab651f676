package scenarios

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"sync"

	"go.yaml.in/yaml/v4"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/subscriber"
)

// Reaction is what the built-in webhook's app does about a lifecycle notification.
type Reaction string

// The reactions: to reauthorizationRequired (W5-02), to subscriptionRemoved and to missed.
const (
	reauthorizes   Reaction = "reauthorize"
	renews         Reaction = "renew"
	recreates      Reaction = "recreate"
	resynchronizes Reaction = "resync"
)

func (Reaction) words() (string, []string) {
	return "reaction", []string{string(reauthorizes), string(renews), string(recreates), string(resynchronizes)}
}

// about is the notification that it reacts to.
func (r Reaction) about() notify.Lifecycle {
	switch r {
	case recreates:
		return notify.SubscriptionRemoved
	case resynchronizes:
		return notify.Missed
	}
	return notify.ReauthorizationRequired
}

// Reactions are one or several.
type Reactions []Reaction

// readNode takes a reaction, or a list of them.
func (all *Reactions) readNode(r *reader, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		n = &yaml.Node{Kind: yaml.SequenceNode, Line: n.Line, Column: n.Column, Content: []*yaml.Node{n}}
	}
	r.list(n, reflect.ValueOf((*[]Reaction)(all)).Elem())
	if slices.Contains(*all, reauthorizes) && slices.Contains(*all, renews) {
		r.wrong(n, "a renewal reauthorizes as well", "it reauthorizes or renews, not both")
	}
}

// reactTo does what an app should about the lifecycle notifications in a request, after that has its own answer.
func (w *webhook) reactTo(req *http.Request, body []byte, how Reactions) {
	read, err := dialect.Read(canonical(req.Header), body)
	if err != nil {
		return // the receiver tells what is wrong with it
	}
	for _, item := range read.Items {
		for _, reaction := range how {
			if item.Lifecycle == reaction.about() {
				w.react(req.Context(), reaction, item.Subscription)
			}
		}
	}
}

// react does what the built-in webhook's app does about a subscription. Told to wait, it waits as long, beside all else that goes on, and
// tries once more: the webhook has answered by then.
func (st *stage) react(ctx context.Context, how Reaction, subscription string) {
	err := st.reactOnce(ctx, how, subscription)
	var refusal *subscriber.Error
	if errors.As(err, &refusal) && refusal.RetryAfter > 0 && st.server != nil {
		st.time.after(refusal.RetryAfter, func() {
			_ = st.reactOnce(st.time.life, how, subscription) // how it went stands in the journal
		})
	}
}

func (st *stage) reactOnce(ctx context.Context, how Reaction, subscription string) error {
	client, err := st.ownClient(ctx)
	if err != nil {
		return err
	}
	wish, known := st.wishes.of(subscription)
	switch {
	case how == renews:
		_, err = client.Renew(ctx, subscription, subscriber.Renewal{})
	case how == reauthorizes:
		err = client.Reauthorize(ctx, subscription)
	case !known: // none of this app's
	case how == recreates:
		var made subscriber.Subscription
		if made, err = client.Create(ctx, wish); err == nil {
			st.wishes.keep(made.ID, wish)
		}
	case how == resynchronizes:
		_, _, err = client.Mark(ctx, wish.Resource)
	}
	return err
}

// wishes are the requests by which subscriptions were made.
type wishes struct {
	mu   sync.Mutex
	byID map[string]subscriber.Request
}

func (w *wishes) keep(id string, r subscriber.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byID == nil {
		w.byID = map[string]subscriber.Request{}
	}
	w.byID[id] = r
}

func (w *wishes) of(id string) (subscriber.Request, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, ok := w.byID[id]
	return r, ok
}
