package verify

import (
	"context"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// playLifecycle tells a subscription of an event in its life.
func playLifecycle(event notify.Lifecycle) player {
	return func(ctx context.Context, p *play, c *Check) (answer, error) {
		attempts, a, err := p.tell(ctx, event)
		if err != nil || attempts == nil {
			return a, err
		}
		return p.varied(c, "a notification of "+string(event)+", without a resource", answers(attempts))
	}
}

// nobodyTells is why an app does nothing about an event.
const nobodyTells = "the app's subscription has no lifecycle URL, so that nobody would tell it"

// tell raises an event in the life of the app's subscription or of one of the check's own, and returns how it was answered. Where there
// are no attempts, the answer says why.
func (p *play) tell(ctx context.Context, event notify.Lifecycle) ([]attempt, answer, error) {
	if err := p.measure(ctx); err != nil {
		a, err := unheard(err)
		return nil, a, err
	}
	if p.plain.fails != "" {
		return nil, answer{because: p.plain.fails}, nil
	}
	to, err := p.audience(ctx, 1)
	if err != nil {
		a, err := unheard(err)
		return nil, a, err
	}
	defer p.leave(ctx, to)
	since := p.Server.Journal().Last()
	told, err := p.Server.RaiseLifecycle(ctx, control.LifecycleEvent{Event: string(event), Where: control.Selector{Subscription: to.ids[0]}})
	if err != nil {
		return nil, answer{}, err
	}
	if event == notify.SubscriptionRemoved && !to.own {
		p.removed, p.adopted = since, nil
	}
	switch {
	case told.Raised == 0 && to.own:
		return nil, answer{absent: true}, nil // the schema has no word for it
	case told.Raised == 0:
		p.untold = true
		return nil, answer{because: nobodyTells}, nil
	}
	attempts, err := p.answered(ctx, to.ids, since, 1)
	return attempts, answer{}, err
}

// calls tells whether the app makes a call that is wanted after an entry, in time.
func (p *play) calls(ctx context.Context, since uint64, wanted func(*journal.Entry) bool) bool {
	ctx, cancel := context.WithTimeout(ctx, reaction)
	defer cancel()
	entries, err := p.Server.Journal().Wait(ctx, since, 1, wanted)
	return err == nil && len(entries) > 0
}
