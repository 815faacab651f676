package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/journal"
)

// waitWithin is how long entries are waited for unless a flag says otherwise: a webhook on this machine is notified within milliseconds.
const waitWithin = 5 * time.Second

// journalFlags say which entries are shown, and how.
type journalFlags struct {
	target target
	where  selection
	kinds  []string
	since  uint64
	limit  int
	follow bool
	count  int
	within time.Duration
}

func newJournalCommand(a *app) *cobra.Command {
	var f journalFlags
	cmd := &cobra.Command{
		Use:   "journal",
		Short: "Show what happened, or wait for it",
		Long: `Show what happened in a running emulator or receiver: requests, handshakes, changes, deliveries with what the
webhook answered and what is wrong with it. Client states and query values of URLs are masked.

With --follow, go on with what happens until interrupted. With --count, wait until so many entries match, and
fail if they do not come: for scripts that check a webhook.`,
		Example: `outlocal journal --follow
outlocal journal --kind attempt --kind handshake --mailbox anna@contoso.com
outlocal journal --kind attempt --count 3 --within 10s --json`,
		Args:        takes(),
		Annotations: exits("shown", "fewer entries came than --count says", "no emulator answers"),
		RunE:        func(cmd *cobra.Command, _ []string) error { return a.journal(cmd, f) },
	}
	addEither(cmd, &f.target)
	addSelector(cmd, &f.where)
	flags := cmd.Flags()
	flags.StringArrayVar(&f.kinds, "kind", nil, "only entries of this `KIND`; may be repeated")
	flags.Uint64Var(&f.since, "since", 0, "only entries after this one, by `SEQ`")
	flags.IntVar(&f.limit, "limit", 0, "at most so many: the newest, or with --since the first after that")
	flags.BoolVarP(&f.follow, "follow", "f", false, "go on with what happens")
	flags.IntVar(&f.count, "count", 0, "wait until so many entries match")
	durationVar(flags, &f.within, "within", waitWithin, "how long --count waits, in real time")
	completes(cmd, "kind", kindNames)
	excludes(cmd, "follow", "count")
	excludes(cmd, "limit", "count")
	needs(cmd, "within", "count")
	return cmd
}

func (a *app) journal(cmd *cobra.Command, f journalFlags) error {
	kinds, err := f.parse(cmd)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	client, err := a.find(ctx, f.target)
	if err != nil {
		return err
	}
	status, err := client.Status(ctx)
	if err != nil {
		return err
	}
	if err := f.where.settle(ctx, client); err != nil {
		return err
	}
	c := a.watch(a.out, status.Kind)
	query := control.JournalQuery{Since: f.since, Limit: f.limit, Kinds: kinds, Where: f.where.Selector}
	switch {
	case f.follow:
		return follow(ctx, client, query, c)
	case f.count > 0:
		entries, err := client.Wait(ctx, control.WaitRequest{
			Since: f.since, Count: f.count, Kinds: kinds, Where: f.where.Selector, Within: control.Duration(f.within),
		})
		return errors.Join(c.entries(entries), err)
	}
	told := 0
	tell := func(entries []journal.Entry) error {
		told += len(entries)
		return c.entries(entries)
	}
	if f.limit > 0 && !cmd.Flags().Changed("since") {
		err = c.newest(ctx, client, query, tell)
	} else {
		err = c.pages(ctx, client, query, tell)
	}
	if err == nil && told == 0 && !a.json {
		a.nothingTold(&f)
	}
	return err
}

// nothingTold says that there is nothing, and what could be the reason.
func (a *app) nothingTold(f *journalFlags) {
	var typed []string
	for _, kind := range f.kinds {
		typed = append(typed, "--kind "+kind)
	}
	if f.since > 0 {
		typed = append(typed, fmt.Sprintf("--since %d", f.since))
	}
	typed = append(typed, f.where.typed...)
	if len(typed) == 0 {
		a.out.line("nothing has happened yet")
		return
	}
	a.out.line("%s nothing matches %s", a.out.caution(), strings.Join(typed, " "))
}

// parse checks what the flags say.
func (f *journalFlags) parse(cmd *cobra.Command) ([]journal.Kind, error) {
	for name, bad := range map[string]bool{"limit": f.limit <= 0, "count": f.count <= 0, "within": f.within <= 0} {
		if cmd.Flags().Changed(name) && bad {
			return nil, wrongUse("leave it out, or give a positive one", "read --%s: it is not positive", name)
		}
	}
	var kinds []journal.Kind
	for _, name := range f.kinds {
		kind := journal.Kind(name)
		if !slices.Contains(journal.Kinds(), kind) {
			return nil, wrongUse("the kinds are "+strings.Join(kindNames(), ", "), "read --kind %q: there is no such kind", name)
		}
		kinds = append(kinds, kind)
	}
	return kinds, nil
}

func kindNames() []string {
	var names []string
	for _, k := range journal.Kinds() {
		names = append(names, string(k))
	}
	return names
}

func follow(ctx context.Context, client *control.Client, query control.JournalQuery, c *console) error {
	for e, err := range client.Follow(ctx, query) {
		var gap *control.GapError
		if errors.As(err, &gap) {
			err = c.missed(gap.Dropped)
		} else if err == nil {
			err = c.entry(e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pages tells what there is, however much it is, or as much as the limit says.
func (c *console) pages(ctx context.Context, client *control.Client, query control.JournalQuery, tell func([]journal.Entry) error) error {
	limit := query.Limit
	for {
		page, err := client.Journal(ctx, query)
		if err != nil {
			return err
		}
		if page.Dropped > 0 {
			if err := c.missed(page.Dropped); err != nil {
				return err
			}
		}
		if err := tell(page.Entries); err != nil {
			return err
		}
		query.Since = page.Next
		if limit > 0 {
			query.Limit -= len(page.Entries)
		}
		if len(page.Entries) == 0 || limit > 0 && query.Limit <= 0 {
			return nil
		}
	}
}

// newest tells the last entries of all that match, as many as the limit says.
func (c *console) newest(ctx context.Context, client *control.Client, query control.JournalQuery, tell func([]journal.Entry) error) error {
	limit := query.Limit
	query.Limit = 0
	var last []journal.Entry
	err := c.pages(ctx, client, query, func(entries []journal.Entry) error {
		last = append(last, entries...)
		last = slices.Clone(last[max(len(last)-limit, 0):])
		return nil
	})
	if err != nil {
		return err
	}
	return tell(last)
}

func (c *console) entries(entries []journal.Entry) error {
	for _, e := range entries {
		if err := c.entry(e); err != nil {
			return err
		}
	}
	return nil
}
