package cli

import (
	"context"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
)

func newSubscriptionsCommand(a *app) *cobra.Command {
	cmd := a.listing(&cobra.Command{
		Use:   "subscriptions [COMMAND]",
		Short: "List, renew and delete subscriptions of an emulator, or of the real service",
		Long: `List the subscriptions that a running emulator has, oldest first: what each watches, where it is notified, in which
schema, and until when in the emulator's time. Query values of URLs are masked. With --service it is those at the real
service that a token may see, by the clock of this machine. The first line says whose they are.

The commands renew and delete change single ones, prune deletes what was left behind. To forget one without its
app's knowing, as the service may: outlocal reset --subscription ID.`,
		Example: `outlocal subscriptions
outlocal subscriptions --mailbox anna@contoso.com --json
outlocal subscriptions list --service https://graph.microsoft.com/v1.0
outlocal subscriptions delete 7f105c7d`,
		Args: takes(),
	})
	cmd.SuggestionsMinimumDistance = 2
	list := a.listing(&cobra.Command{
		Use:     "list",
		Short:   "List subscriptions",
		Long:    "List subscriptions, oldest first, as outlocal subscriptions does.",
		Example: "outlocal subscriptions list --service https://graph.microsoft.com/v1.0 --json",
		Args:    takes(),
	})
	cmd.AddCommand(list, newRenewCommand(a), newDeleteCommand(a), newPruneCommand(a))
	return cmd
}

// listing lets a command list subscriptions.
func (a *app) listing(cmd *cobra.Command) *cobra.Command {
	var p venue
	var where selection
	cmd.Annotations = exits("listed, if there are any", "the service refuses", "no emulator or service answers")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		o, err := a.enter(cmd.Context(), p)
		if err != nil {
			return err
		}
		if emulator, ok := o.(*emulatorOffice); ok {
			if err := where.settle(cmd.Context(), emulator.control); err != nil {
				return err
			}
		}
		return a.listSubscriptions(cmd.Context(), o, &where)
	}
	addVenue(cmd, &p)
	addSelector(cmd, &where)
	for _, selector := range []string{"app", "mailbox", "subscription", "url"} {
		excludes(cmd, selector, "service")
	}
	return cmd
}

func (a *app) listSubscriptions(ctx context.Context, o office, where *selection) error {
	all, err := o.list(ctx, where.Selector)
	if err != nil {
		return err
	}
	for i := range all {
		if !a.json {
			a.printListed(&all[i])
			continue
		}
		if err := a.out.document("outlocal/subscription/1", listed{all[i], o.name()}); err != nil {
			return err
		}
	}
	switch {
	case len(all) > 0 || a.json:
	case o.real():
		a.out.line("there is none that the token may see")
	case where.IsZero():
		a.out.line("there is none; next: outlocal subscribe http://localhost:3000/hook")
	default:
		a.nothingMatches(where)
	}
	return nil
}

// listed is a subscription, and whose it is.
type listed struct {
	control.Subscription
	Service string `json:"service"`
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
