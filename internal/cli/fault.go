package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/emulator/fault"
)

func newFaultCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fault COMMAND",
		Short: "Let things go wrong on request",
		Long: `Let the emulator do what the service does on a bad day: lose a notification, send one twice, refuse a client,
forget a subscription. Faults strike a counted number of times, or by chance, from a seed that replays them.`,
		Example: `outlocal fault kinds
outlocal fault add duplicate:next=1
outlocal fault list
outlocal fault clear`,
		Args:        cobra.ArbitraryArgs, // so that RunE words the error
		Annotations: exits("done", "", "no emulator answers"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.AddCommand(newFaultAddCommand(a), newFaultListCommand(a), newFaultClearCommand(a), newFaultKindsCommand(a))
	return cmd
}

func newFaultAddCommand(a *app) *cobra.Command {
	var t target
	var where selection
	cmd := &cobra.Command{
		Use:   "add SPEC...",
		Short: "Let something go wrong from now on",
		Long: `Let something go wrong from now on. SPEC is the name of a fault, and after a colon its options, with commas
between them; outlocal fault kinds lists both. Every fault takes these:

  next=N     the next N times            nth=N   the N-th time, once
  every=N    each N-th time              p=0.1   by chance, one time in ten
  on=WORD    only what WORD says, such as created, or renew

Without one of the first four it strikes each time, until it is cleared. Several are taken all, or none.`,
		Example: `outlocal fault add duplicate:next=1,delay=5s
outlocal fault add throttle:next=4,retry-after=2,on=create
outlocal fault add drop:p=0.1 delay:p=0.2,for=30s --mailbox anna@contoso.com`,
		Args:        takesSome("SPEC"),
		Annotations: exits("they are in force", "", "no emulator answers"),
		ValidArgs:   faultNames(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := parseFaults(args); err != nil {
				return err
			}
			client, err := a.find(cmd.Context(), t)
			if err == nil {
				err = where.settle(cmd.Context(), client)
			}
			if err != nil {
				return err
			}
			added, err := client.AddFaults(cmd.Context(), where.Selector, args...)
			if err != nil {
				return err
			}
			if a.json {
				return a.out.document("outlocal/faults/1", added)
			}
			for _, f := range added.Faults {
				a.out.line("%s %d  %s", a.out.tick(), f.ID, f.Fault)
				a.out.line("  %s", a.out.dim(f.What))
			}
			return nil
		},
	}
	addEmulator(cmd, &t)
	addSelector(cmd, &where)
	return cmd
}

func newFaultListCommand(a *app) *cobra.Command {
	var t target
	var where selection
	cmd := &cobra.Command{
		Use:         "list",
		Short:       "Show what goes wrong, and how often it did",
		Long:        "Show the faults in force, how often each has struck, and the seed of those that strike by chance.",
		Example:     "outlocal fault list\noutlocal fault list --mailbox anna@contoso.com --json",
		Args:        takes(),
		Annotations: exits("shown", "", "no emulator answers"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := a.find(cmd.Context(), t)
			if err == nil {
				err = where.settle(cmd.Context(), client)
			}
			if err != nil {
				return err
			}
			list, err := client.Faults(cmd.Context(), where.Selector)
			if err != nil {
				return err
			}
			if a.json {
				return a.out.document("outlocal/faults/1", list)
			}
			a.printFaults(list)
			return nil
		},
	}
	addEmulator(cmd, &t)
	addSelector(cmd, &where)
	return cmd
}

func (a *app) printFaults(list control.FaultList) {
	if len(list.Faults) == 0 {
		a.out.line("nothing goes wrong on request; outlocal fault add lets it")
		return
	}
	longest := 0
	for _, f := range list.Faults {
		longest = max(longest, len(f.Fault))
	}
	for _, f := range list.Faults {
		state := fmt.Sprintf("struck %d of %d times", f.Struck, f.Seen)
		if f.Spent {
			state += ", and will no more"
		}
		a.out.line("%3d  %s  %s", f.ID, pad(f.Fault, longest), a.out.dim(state))
	}
	a.out.line("%s", a.out.dim(fmt.Sprintf("seed %d: what strikes by chance strikes the same again with outlocal emulate --seed %d", list.Seed, list.Seed)))
}

func newFaultClearCommand(a *app) *cobra.Command {
	var t target
	var where selection
	cmd := &cobra.Command{
		Use:   "clear [NUMBER]",
		Short: "Let nothing go wrong any more",
		Long: `Take faults away: all, those that are limited to what a selector selects, or the one whose number outlocal fault
list shows. What they have begun, such as a notification that is held back, takes its course.`,
		Example:     "outlocal fault clear\noutlocal fault clear 2\noutlocal fault clear --mailbox anna@contoso.com",
		Args:        takesUpTo("NUMBER"),
		Annotations: exits("they are gone", "", "no emulator answers"),
		RunE: func(cmd *cobra.Command, args []string) error {
			q := control.FaultQuery{Where: where.Selector}
			if len(args) > 0 {
				n, err := strconv.Atoi(args[0])
				if err != nil || n < 1 {
					return wrongUse("outlocal fault list shows the numbers", "clear fault %q: want a number", args[0])
				}
				q.ID = n
			}
			return a.clearFaults(cmd.Context(), t, q)
		},
	}
	addEmulator(cmd, &t)
	addSelector(cmd, &where)
	return cmd
}

func (a *app) clearFaults(ctx context.Context, t target, q control.FaultQuery) error {
	client, err := a.find(ctx, t)
	if err != nil {
		return err
	}
	removed, err := client.RemoveFaults(ctx, q)
	if err != nil {
		return err
	}
	if a.json {
		return a.out.document("outlocal/fault-clear/1", removed)
	}
	a.out.line("%s cleared: %s", a.out.tick(), count(removed.Removed, "fault"))
	return nil
}

// faultKinds is the list, for programs.
type faultKinds struct {
	Kinds []shownKind `json:"kinds"`
}

func newFaultKindsCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:         "kinds",
		Short:       "List the faults that there are, with their options",
		Long:        "List the faults that there are: what each does, where it strikes, and its options.",
		Example:     "outlocal fault kinds\noutlocal fault kinds --json",
		Args:        takes(),
		Annotations: exits("always", "", ""),
		RunE: func(*cobra.Command, []string) error {
			if a.json {
				return a.out.document("outlocal/fault-kinds/1", faultKinds{shownKinds()})
			}
			place := ""
			for _, k := range shownKinds() {
				if k.Place != place {
					place = k.Place
					a.out.line("%s", a.out.strong("of the "+place+":"))
				}
				a.out.line("  %s  %s", a.out.strong(k.Name), k.What)
				a.out.line("      %s  %s", "on=WORD", a.out.dim(strings.Join(k.On, ", ")))
				for _, o := range k.Options {
					a.out.line("      %s  %s", o.Name+"="+strings.ToUpper(strings.ReplaceAll(o.Form, " ", "-")), a.out.dim(o.Doc))
				}
			}
			return nil
		},
	}
}

// shownKind is a fault as a document has it.
type shownKind struct {
	Name    string        `json:"name"`
	Place   string        `json:"place"`
	What    string        `json:"what"`
	On      []string      `json:"on"` // words that the option on can be
	Options []shownOption `json:"options,omitempty"`
}

type shownOption struct {
	Name string `json:"name"`
	Form string `json:"form"`
	Doc  string `json:"doc"`
}

func shownKinds() []shownKind {
	var shown []shownKind
	for _, k := range fault.Kinds() {
		s := shownKind{Name: k.Name, Place: k.Place.String(), What: k.What, On: k.On}
		for _, o := range k.Options {
			s.Options = append(s.Options, shownOption(o))
		}
		shown = append(shown, s)
	}
	return shown
}

func faultNames() []string {
	var names []string
	for _, k := range fault.Kinds() {
		names = append(names, k.Name)
	}
	return names
}

// parseFaults reads rules.
func parseFaults(specs []string) ([]fault.Rule, error) {
	var rules []fault.Rule
	for _, spec := range specs {
		r, err := fault.Parse(spec)
		var wrong *fault.RuleError
		if errors.As(err, &wrong) {
			return nil, wrongUse(wrong.Hint(), "%w", err)
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// faultsBanner tells what goes wrong from the start, and how to see the same again.
func faultsBanner(p *printer, config emulator.Config) {
	for _, r := range config.Faults {
		p.line("  %s %s", p.caution(), r)
	}
	if slices.ContainsFunc(config.Faults, byChance) {
		p.line("    %s", p.dim(fmt.Sprintf("--seed %d lets the same go wrong again", config.Seed)))
	}
}
