package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/internal/state"
	"github.com/outlocal/outlocal/subscriber"
)

func newPruneCommand(a *app) *cobra.Command {
	var p venue
	var sure consent
	var dry bool
	profile := ""
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Delete the subscriptions that a run left behind",
		Long: `Delete the subscriptions that a run of outlocal made and could not delete, as it was killed or the service was away.
What it had made is in a file of the state folder, one for each profile; a run that goes on keeps its profile to itself.
At the real service it asks before, unless --yes is given.`,
		Example: `outlocal subscriptions prune
outlocal subscriptions prune --service https://graph.microsoft.com/v1.0 --dry-run`,
		Args:        takes(),
		Annotations: exits("nothing is left", "something could not be deleted, or was not to be after all", "no emulator or service answers, or another run has the profile"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if p.service != "" && !dry {
				if err := a.canAsk(sure); err != nil {
					return err
				}
			}
			return a.prune(cmd.Context(), p, pruning{sure, dry, profile})
		},
	}
	addVenue(cmd, &p)
	addConsent(cmd, &sure)
	addProfile(cmd, &profile)
	fromEnvironment(cmd, "profile")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only tell what would be sent")
	return cmd
}

// addProfile lets a verb keep what it knows of subscriptions apart.
func addProfile(cmd *cobra.Command, profile *string) {
	cmd.Flags().StringVar(profile, "profile", state.DefaultProfile, "the `NAME` under which subscriptions are remembered, so that several runs don't get into each other's way")
}

type pruning struct {
	sure    consent
	dry     bool
	profile string
}

// pruneTime bounds how long the service is asked to delete.
const pruneTime = 30 * time.Second

func (a *app) prune(ctx context.Context, p venue, how pruning) error {
	o, err := a.enter(ctx, p)
	if err != nil {
		return err
	}
	folder, err := a.folder()
	if err != nil {
		return err
	}
	store, err := folder.Subscriptions(ctx, how.profile)
	if err != nil {
		return err
	}
	defer store.Close()
	groups, elsewhere, err := leftBehind(ctx, store, o)
	if err != nil {
		return err
	}
	n := 0
	for _, g := range groups {
		n += len(g)
	}
	if n > 0 && o.real() && !how.dry {
		if err := a.ask(how.sure, fmt.Sprintf("delete %s at %s?", count(n, "subscription"), o.name())); err != nil {
			return err
		}
	}
	left, err := a.pruneAll(ctx, o, store, groups, how)
	if err != nil {
		return err
	}
	a.tellElsewhere(elsewhere)
	switch {
	case left > 0:
		return told(ExitFailed)
	case n == 0 && !a.json:
		a.out.line("nothing was left behind there")
	}
	return nil
}

// pruneAll tells how many could not be deleted.
func (a *app) pruneAll(ctx context.Context, o office, store subscriber.Store, groups [][]subscriber.Record, how pruning) (left int, err error) {
	for _, g := range groups {
		k, err := a.pruner(ctx, o, store, g[0])
		if err != nil {
			return left, err
		}
		if how.dry {
			err = a.tellPlan(ctx, k)
		} else {
			var some int
			some, err = a.leaveAll(ctx, k)
			left += some
		}
		if err != nil {
			return left, err
		}
	}
	return left, nil
}

// leftBehind are the records of a venue, those together that one keeper can delete, and how many there are of each other service.
func leftBehind(ctx context.Context, store subscriber.Store, o office) (groups [][]subscriber.Record, elsewhere map[string]int, err error) {
	records, _, err := store.Load(ctx)
	if err != nil {
		return nil, nil, err
	}
	elsewhere = map[string]int{}
	together := func(a, b subscriber.Record) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Dialect, b.Dialect), cmp.Compare(a.Mailbox, b.Mailbox))
	}
	slices.SortFunc(records, together)
	for _, r := range records {
		last := len(groups) - 1
		switch {
		case !o.has(r.Service):
			elsewhere[r.Service]++
		case last >= 0 && together(groups[last][0], r) == 0:
			groups[last] = append(groups[last], r)
		default:
			groups = append(groups, []subscriber.Record{r})
		}
	}
	return groups, elsewhere, nil
}

// pruner is a keeper that wants nothing.
func (a *app) pruner(ctx context.Context, o office, store subscriber.Store, r subscriber.Record) (*subscriber.Keeper, error) {
	base, err := url.Parse(r.Service)
	if err != nil {
		return nil, fmt.Errorf("read what is remembered of %s: %w", r.Service, err)
	}
	d, err := dialect.Lookup(r.Dialect)
	if err != nil {
		return nil, err
	}
	client, err := o.client(ctx, &control.Subscription{ID: r.ID, Mount: base.Path, Dialect: r.Dialect})
	if err != nil {
		return nil, err
	}
	if client.User == "" && r.Mailbox != "me" {
		client.User = strings.TrimPrefix(r.Mailbox, "users/")
	}
	client.BaseURL, client.Mount, client.Dialect = base.Scheme+"://"+base.Host, base.Path, d
	return subscriber.New(subscriber.Config{Client: *client, Store: store, Mailbox: r.Mailbox, Told: func(e subscriber.Event) {
		switch e.Kind {
		case subscriber.Deleted:
			_ = a.printDeleted(o, e.ID) // of a pipe that is gone; the deletion counts
		case subscriber.Waiting, subscriber.Refused:
			if e.Err != nil {
				a.err.line("%s %v", a.err.caution(), e.Err)
			}
		}
	}})
}

// leaveAll deletes what a keeper knows of, and tells how many are left.
func (a *app) leaveAll(ctx context.Context, k *subscriber.Keeper) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, pruneTime)
	defer cancel()
	left, err := k.Leave(ctx)
	if err != nil {
		return 0, err
	}
	for _, l := range left {
		a.err.line("%s %s", a.err.caution(), remains(l))
	}
	return len(left), nil
}

// remains tells of one that could not be deleted.
func remains(l subscriber.Left) string {
	switch {
	case l.ID == "":
		return fmt.Sprintf("whether %s is still watched is not known: its creation got no answer", l.Watch.Resource)
	case l.Err != nil:
		return fmt.Sprintf("left is %s: %v", l.ID, l.Err)
	}
	return fmt.Sprintf("left is %s; it ends by itself at %s", l.ID, l.Expires.UTC().Format("2006-01-02 15:04:05Z"))
}

// stepSchema names the form of it, in JSON.
const stepSchema = "outlocal/step/1"

// plannedStep is what a keeper would send.
type plannedStep struct {
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	URL    string    `json:"url"`
	Why    string    `json:"why"`
}

// tellPlan shows what a keeper would send.
func (a *app) tellPlan(ctx context.Context, k *subscriber.Keeper) error {
	steps, err := k.Plan(ctx)
	if err != nil {
		return err
	}
	for _, s := range steps {
		if a.json {
			if err := a.out.document(stepSchema, plannedStep{s.At, s.Method, s.URL, s.Why}); err != nil {
				return err
			}
			continue
		}
		a.out.line("%s %s  %s", s.Method, s.URL, a.out.dim(s.Why))
	}
	return nil
}

func (a *app) tellElsewhere(elsewhere map[string]int) {
	for _, service := range slices.Sorted(maps.Keys(elsewhere)) {
		a.err.line("%s %s at %s: outlocal subscriptions prune --service %s", a.err.caution(), count(elsewhere[service], "subscription"), service, service)
	}
}
