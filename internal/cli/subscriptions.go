package cli

import (
	"context"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
)

func newSubscriptionsCommand(a *app) *cobra.Command {
	var t target
	var where selection
	cmd := &cobra.Command{
		Use:   "subscriptions",
		Short: "List the subscriptions of an emulator",
		Long: `List the subscriptions that a running emulator has, oldest first: what each watches, where it is notified, in which
schema, and until when in the emulator's time. Query values of URLs are masked.

outlocal reset --subscription ID forgets one.`,
		Example:     "outlocal subscriptions\noutlocal subscriptions --mailbox anna@contoso.com --json",
		Args:        takes(),
		Annotations: exits("listed, if there are any", "", "no emulator answers"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := a.find(cmd.Context(), t)
			if err != nil {
				return err
			}
			if err := where.settle(cmd.Context(), client); err != nil {
				return err
			}
			return a.listSubscriptions(cmd.Context(), client, &where)
		},
	}
	addEmulator(cmd, &t)
	addSelector(cmd, &where)
	return cmd
}

func (a *app) listSubscriptions(ctx context.Context, client *control.Client, where *selection) error {
	n := 0
	for s, err := range allSubscriptions(ctx, client, where.Selector) {
		if err != nil {
			return err
		}
		n++
		if !a.json {
			a.printListed(&s)
			continue
		}
		if err := a.out.document("outlocal/subscription/1", s); err != nil {
			return err
		}
	}
	switch {
	case n > 0 || a.json:
	case where.IsZero():
		a.out.line("there is none; next: outlocal subscribe http://localhost:3000/hook")
	default:
		a.nothingMatches(where)
	}
	return nil
}

// allSubscriptions are those that are selected, page by page.
func allSubscriptions(ctx context.Context, client *control.Client, where control.Selector) iter.Seq2[control.Subscription, error] {
	return func(yield func(control.Subscription, error) bool) {
		for query := (control.SubscriptionQuery{Where: where}); ; {
			page, err := client.Subscriptions(ctx, query)
			if err != nil {
				yield(control.Subscription{}, err)
				return
			}
			for _, s := range page.Subscriptions {
				if !yield(s, nil) {
					return
				}
			}
			if query.After = page.Next; page.Next == "" {
				return
			}
		}
	}
}

func (a *app) printListed(s *control.Subscription) {
	p := a.out
	p.line("%s", p.strong(s.ID))
	p.line("  %s (%s) of %s, until %s", s.Resource, strings.ToLower(s.ChangeType), s.Mailbox, s.Expires.UTC().Format("2006-01-02 15:04:05Z"))
	p.line("  notified at %s in %s", s.NotificationURL, s.Dialect)
	if s.LifecycleURL != "" {
		p.line("  told of its life at %s", s.LifecycleURL)
	}
}
