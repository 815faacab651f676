package cli

import (
	"context"
	"strings"

	"github.com/outlocal/outlocal/control"
)

// printKept shows the subscriptions of what is exposed, with the time that they have left.
func (a *app) printKept(ctx context.Context, t target, s control.Status) error {
	client, err := a.find(ctx, t)
	if err != nil {
		return err
	}
	page, err := client.Subscriptions(ctx, control.SubscriptionQuery{})
	if err != nil {
		return err
	}
	p := a.out
	for _, kept := range page.Subscriptions {
		p.line("  %s %s (%s) in %s, %s left  %s", p.tick(), kept.Resource, strings.ToLower(kept.ChangeType), kept.Dialect, aboutSpan(kept.Expires.Sub(s.Now)), p.dim(shortID(kept.ID)))
	}
	if len(page.Subscriptions) == 0 {
		p.line("  %s nothing is subscribed: outlocal journal --expose %s --kind kept says why", p.caution(), s.Name)
	}
	return nil
}
