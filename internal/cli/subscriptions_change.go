package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/subscriber"
)

func newRenewCommand(a *app) *cobra.Command {
	var p venue
	life := ""
	cmd := &cobra.Command{
		Use:   "renew ID...",
		Short: "Let subscriptions live longer",
		Long: `Let subscriptions live longer, as their app would. ID may be as much of an id as makes it unique. It needs no
question, also at the real service: nothing is lost by it.`,
		Example: `outlocal subscriptions renew 7f105c7d
outlocal subscriptions renew 7f105c7d --for 2h --service https://graph.microsoft.com/v1.0`,
		Args:        takesSome("ID"),
		Annotations: exits("renewed", "refused", "no emulator or service answers"),
		RunE: func(cmd *cobra.Command, args []string) error {
			asked := time.Duration(0)
			if life != "" {
				var err error
				if asked, err = lasting(life); err != nil {
					return err
				}
			}
			o, chosen, err := a.choose(cmd.Context(), p, args)
			if err != nil {
				return err
			}
			return a.renewAll(cmd.Context(), o, chosen, asked)
		},
	}
	addVenue(cmd, &p)
	cmd.Flags().StringVar(&life, "for", "", "how long from now, a `DURATION` such as 1h or 3d; as long as may be if left out")
	return cmd
}

func (a *app) renewAll(ctx context.Context, o office, chosen []control.Subscription, asked time.Duration) error {
	for i := range chosen {
		s := &chosen[i]
		client, err := o.client(ctx, s)
		if err != nil {
			return err
		}
		renewed, err := client.Renew(ctx, s.ID, subscriber.Renewal{For: fullLife(client, s, asked)})
		if err != nil {
			return err
		}
		if a.json {
			if err := a.out.document("outlocal/renewed/1", renewedDocument{o.name(), s.ID, renewed.Expires}); err != nil {
				return err
			}
			continue
		}
		until := ""
		if !renewed.Expires.IsZero() { // the oldest schema does not say
			until = ", until " + renewed.Expires.UTC().Format("2006-01-02 15:04:05Z")
		}
		a.out.line("%s renewed %s%s", a.out.tick(), s.ID, until)
	}
	return nil
}

// onTheWay is what a request may take: a service that refuses what is too long counts from when it gets it, by its own clock.
const onTheWay = time.Minute

// fullLife is what is asked for: as long as the dialect bears, unless told otherwise.
func fullLife(c *subscriber.Client, s *control.Subscription, asked time.Duration) time.Duration {
	l := c.Dialect.Lifetime
	if asked > 0 || !l.Settable {
		return asked
	}
	longest := l.Max
	if s.Rich && l.MaxRich > 0 {
		longest = l.MaxRich
	}
	if l.Refuse {
		longest -= onTheWay
	}
	return longest
}

func newDeleteCommand(a *app) *cobra.Command {
	var p venue
	var sure consent
	cmd := &cobra.Command{
		Use:   "delete ID...",
		Short: "Delete subscriptions",
		Long: `Delete subscriptions, as their app would. ID may be as much of an id as makes it unique. At the real service it asks
before, unless --yes is given; without a terminal to ask at, that is needed.`,
		Example: `outlocal subscriptions delete 7f105c7d
outlocal subscriptions delete 7f105c7d --service https://graph.microsoft.com/v1.0 --yes`,
		Args:        takesSome("ID"),
		Annotations: exits("deleted", "refused, or not wanted after all", "no emulator or service answers"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if p.service != "" {
				if err := a.canAsk(sure); err != nil {
					return err
				}
			}
			o, chosen, err := a.choose(cmd.Context(), p, args)
			if err != nil {
				return err
			}
			if o.real() {
				if err := a.ask(sure, fmt.Sprintf("delete %s at %s?", count(len(chosen), "subscription"), o.name())); err != nil {
					return err
				}
			}
			return a.deleteAll(cmd.Context(), o, chosen)
		},
	}
	addVenue(cmd, &p)
	addConsent(cmd, &sure)
	return cmd
}

func (a *app) deleteAll(ctx context.Context, o office, chosen []control.Subscription) error {
	for i := range chosen {
		client, err := o.client(ctx, &chosen[i])
		if err != nil {
			return err
		}
		if err := client.Delete(ctx, chosen[i].ID); err != nil {
			return err
		}
		if err := a.printDeleted(o, chosen[i].ID); err != nil {
			return err
		}
	}
	return nil
}

// renewedDocument is a subscription that was renewed.
type renewedDocument struct {
	Service string    `json:"service"`
	ID      string    `json:"id"`
	Expires time.Time `json:"expires,omitzero" doc:"left out where the schema does not say"`
}

// deletedDocument is a subscription that was deleted.
type deletedDocument struct {
	Service string `json:"service"`
	ID      string `json:"id"`
}

func (a *app) printDeleted(o office, id string) error {
	if a.json {
		return a.out.document("outlocal/deleted/1", deletedDocument{o.name(), id})
	}
	a.out.line("%s deleted %s", a.out.tick(), id)
	return nil
}

// choose finds the subscriptions that are meant, and shows those of the real service.
func (a *app) choose(ctx context.Context, p venue, ids []string) (office, []control.Subscription, error) {
	o, err := a.enter(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	all, err := o.list(ctx, control.Selector{})
	if err != nil {
		return nil, nil, err
	}
	var chosen []control.Subscription
	for _, id := range ids {
		s, err := meant(all, id)
		if err != nil {
			return nil, nil, err
		}
		if chosen = append(chosen, s); o.real() && !a.json {
			a.printListed(&s)
		}
	}
	return o, chosen, nil
}

// meant is the subscription that an id, or the beginning of one, names.
func meant(all []control.Subscription, id string) (found control.Subscription, err error) {
	const hint = "outlocal subscriptions shows those that there are"
	n := 0
	for _, s := range all {
		if s.ID == id {
			return s, nil
		}
		if strings.HasPrefix(s.ID, strings.TrimSuffix(id, "…")) {
			found, n = s, n+1
		}
	}
	switch n {
	case 0:
		return found, failed(hint, "find subscription %s: there is none of that id", id)
	case 1:
		return found, nil
	}
	return found, wrongUse("write more of it: "+hint, "find subscription %s: %d begin so", id, n)
}

// consent is whether who gave the command is sure.
type consent struct{ given bool }

func addConsent(cmd *cobra.Command, c *consent) {
	cmd.Flags().BoolVar(&c.given, "yes", false, "at the real service, don't ask before something is deleted")
}

// canAsk makes sure that somebody can be asked, before anything else is done.
func (a *app) canAsk(c consent) error {
	terminal, ok := a.process.In.(io.Writer) // a terminal is both
	if c.given || !a.json && ok && a.process.Terminal(terminal) {
		return nil
	}
	return wrongUse("add --yes if you are sure", "ask before something is deleted at the real service: there is no terminal to ask at")
}

// ask goes on only if the answer is yes.
func (a *app) ask(c consent, question string) error {
	if c.given {
		return nil
	}
	a.err.line("%s [y/N]", question)
	answer, err := bufio.NewReader(a.process.In).ReadString('\n')
	if word := strings.ToLower(strings.TrimSpace(answer)); err == nil && (word == "y" || word == "yes") {
		return nil
	}
	return failed("", "nothing was deleted")
}
