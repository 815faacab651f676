package cli

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
)

// waitFlags say which notifications are waited for.
type waitFlags struct {
	target target
	where  selection
	change []string
	read   bool
	since  uint64
	within time.Duration
}

func newWaitCommand(a *app) *cobra.Command {
	var f waitFlags
	cmd := &cobra.Command{
		Use:   "wait [COUNT]",
		Short: "Wait until webhooks have handled notifications",
		Long: `Wait until webhooks have handled so many notifications, one if left out: answered so that the service takes them for
delivered. When they don't in time, fail and say what was there instead. It counts notifications, not requests: how
many travel together is the service's choice. Those from before count too; --since leaves them out.

With --read, new and updated items count once they were read as well: for webhooks that answer first and work later.
What the service itself waits for, such as a retry, comes with outlocal advance.`,
		Example: `outlocal wait
outlocal wait 3 --subscription 7f10 --within 10s
outlocal wait 2 --change created --read --json`,
		Args:        takesUpTo("COUNT"),
		Annotations: exits("they are handled", "fewer were handled in time", "no emulator answers"),
		RunE: func(cmd *cobra.Command, args []string) error {
			count := 1
			if len(args) > 0 {
				var err error
				if count, err = strconv.Atoi(args[0]); err != nil || count <= 0 {
					return wrongUse("such as outlocal wait 3", "wait: %q is no number of notifications", args[0])
				}
			}
			if f.within <= 0 {
				return wrongUse("leave it out, or give a positive one", "read --within: it is not positive")
			}
			return a.wait(cmd.Context(), count, f)
		},
	}
	addEmulator(cmd, &f.target)
	addSelector(cmd, &f.where)
	flags := cmd.Flags()
	flags.StringArrayVar(&f.change, "change", nil, "only notifications of this `CHANGE`: created, updated, deleted, or an event such as missed; may be repeated")
	flags.BoolVar(&f.read, "read", false, "count new and updated items only once they were read")
	flags.Uint64Var(&f.since, "since", 0, "only those handled after this entry of the journal, by `SEQ`")
	durationVar(flags, &f.within, "within", waitWithin, "how long, in real time")
	completes(cmd, "change", func() []string { return []string{"created", "updated", "deleted"} })
	return cmd
}

func (a *app) wait(ctx context.Context, count int, f waitFlags) error {
	client, err := a.find(ctx, f.target)
	if err != nil {
		return err
	}
	if err := f.where.settle(ctx, client); err != nil {
		return err
	}
	handled, err := client.Handled(ctx, control.HandledQuery{
		Count: count, Within: control.Duration(f.within), Since: f.since, Change: f.change, Read: f.read, Where: f.where.Selector,
	})
	var refusal *control.Error
	if err != nil && (!errors.As(err, &refusal) || refusal.Code != control.CodeTooFew) {
		return err
	}
	if a.json {
		if handled.Notifications == nil {
			handled.Notifications = []control.HandledNotification{} // a list
		}
		return errors.Join(a.out.document("outlocal/wait/1", handled), err)
	}
	for _, n := range handled.Notifications {
		a.printHandled(n)
	}
	return err
}

// printHandled tells of one notification: what of, what was answered, and what is unusual.
func (a *app) printHandled(n control.HandledNotification) {
	text := n.Change
	if n.Item != "" {
		text += " " + a.out.dim(shortID(n.Item))
	}
	text += " for " + a.out.dim(shortID(n.Subscription)) + ", answered " + strconv.Itoa(n.Status)
	if n.Try > 1 {
		text += " at attempt " + strconv.Itoa(n.Try)
	}
	if n.Read > 0 {
		text += ", read"
	}
	a.out.line("%s %s", a.out.tick(), text)
}
