package scenarios

import (
	"context"
	"net/http"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/subscriber"
)

// Reaction is what the built-in webhook does when it is told that it has to show again that it may watch (W5-02).
type Reaction string

const (
	reauthorizes Reaction = "reauthorize"
	renews       Reaction = "renew"
)

func (Reaction) words() (string, []string) {
	return "reaction", []string{string(reauthorizes), string(renews)}
}

// reactTo answers the challenges in a request, after that has its own answer, as an app should.
func (w *webhook) reactTo(req *http.Request, body []byte, how Reaction) {
	read, err := dialect.Read(canonical(req.Header), body)
	if err != nil {
		return // the receiver tells what is wrong with it
	}
	for _, item := range read.Items {
		if item.Lifecycle == notify.ReauthorizationRequired {
			w.react(req.Context(), how, item.Subscription)
		}
	}
}

// react is what the built-in webhook's app does about a subscription.
func (st *stage) react(ctx context.Context, how Reaction, subscription string) {
	client, err := st.ownClient(ctx)
	if err != nil {
		return
	}
	switch how { // how it went stands in the journal
	case reauthorizes:
		_ = client.Reauthorize(ctx, subscription)
	case renews:
		_, _ = client.Renew(ctx, subscription, subscriber.Renewal{})
	}
}
