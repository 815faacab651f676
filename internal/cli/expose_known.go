package cli

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/subscriber"
)

// register tells the receiver which subscriptions there are.
type register struct {
	x *exposure

	mu        sync.Mutex
	strangers map[string]bool // that were waited for in vain
}

const (
	// overtaking is how long an answer may come after a notification of what it tells: the service sends the first ones at once.
	overtaking = 2 * time.Second
	// mostStrangers bounds what is remembered of those who are none of ours.
	mostStrangers = 1000
)

// Known implements [receiver.Register]. A notification may overtake the answer by which its subscription becomes known, so that one that
// is not known is waited for as long as something is being subscribed. Nobody waits for the receiver then: it has answered.
func (r *register) Known(id string) (receiver.Expected, bool) {
	if state, ok := r.x.keeper.Known(id); ok {
		return receiver.Expected{ClientState: state}, true
	}
	if r.stranger(id) || !r.subscribing() {
		return receiver.Expected{}, false
	}
	ctx, cancel := context.WithTimeout(context.Background(), overtaking)
	defer cancel()
	made := func(e *journal.Entry) bool { return e.Kind == journal.Subscribed && e.Subscription == id }
	_, _ = r.x.receiver.Journal().Wait(ctx, 0, 1, made) // in vain or not, the keeper knows
	state, ok := r.x.keeper.Known(id)
	if !ok {
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(r.strangers) >= mostStrangers {
			clear(r.strangers)
		}
		r.strangers[id] = true
	}
	return receiver.Expected{ClientState: state}, ok
}

func (r *register) stranger(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.strangers[id]
}

// subscribing tells whether a subscription is about to be made.
func (r *register) subscribing() bool {
	return slices.ContainsFunc(r.x.keeper.Status(), func(s subscriber.Standing) bool { return s.State == subscriber.Pending })
}
