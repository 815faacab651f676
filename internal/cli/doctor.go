package cli

import (
	"context"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

// health is how one thing that outlocal needs is doing.
type health string

const (
	healthGood    health = "good"
	healthWarning health = "warning" // it works, and may surprise
	healthFailed  health = "failed"  // something won't work
)

// checkup is one thing that was looked at.
type checkup struct {
	Name   string `json:"name"`
	Health health `json:"health"`
	What   string `json:"what"`
	Cure   string `json:"cure,omitempty"`
}

// doctorDocument is what doctor --json prints.
type doctorDocument struct {
	Verdict verdict   `json:"verdict"`
	Checks  []checkup `json:"checks"`
}

func newDoctorCommand(a *app) *cobra.Command {
	var base int
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look for what could stand in outlocal's way on this machine",
		Long: `Look for what could stand in outlocal's way on this machine: ports that are taken and by whom, the
certificate authority, the state folder, the clock, proxies of the environment, and containers or
WSL, whose localhost is another. It mends nothing by itself.`,
		Example: `outlocal doctor
outlocal doctor --port-base 4650
outlocal doctor --json`,
		Args:        takes(),
		Annotations: exits("all is well, perhaps with warnings", "something won't work, and is named with its cure", ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if highest := 0xffff - lastOffset; base < 1 || base > highest {
				return wrongUse("such as --port-base 4650", "look at ports from %d on: want 1 to %d", base, highest)
			}
			return a.doctor(cmd.Context(), base)
		},
	}
	cmd.Flags().IntVar(&base, "port-base", defaultPortBase, "the first of the ports to look at")
	fromEnvironment(cmd, "port-base")
	return cmd
}

// doctor looks at everything, and tells it.
func (a *app) doctor(ctx context.Context, base int) error {
	var all []checkup
	for _, look := range []func(context.Context) []checkup{
		a.checkState, a.checkAuthority,
		func(ctx context.Context) []checkup { return a.checkPorts(ctx, base) },
		checkLoopback, a.checkProxies, a.checkClock, a.checkSurroundings,
	} {
		all = append(all, look(ctx)...)
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	counts := map[health]int{}
	for _, c := range all {
		counts[c.Health]++
	}
	verdict := verdictGood
	if counts[healthFailed] > 0 {
		verdict = verdictFailed
	}
	if a.json {
		if err := a.out.document("outlocal/doctor/1", doctorDocument{verdict, all}); err != nil {
			return err
		}
	} else {
		a.printCheckups(all, counts)
	}
	if verdict != verdictGood {
		return told(ExitFailed)
	}
	return nil
}

func (a *app) printCheckups(all []checkup, counts map[health]int) {
	a.out.line("outlocal %s on %s/%s", a.process.Version, runtime.GOOS, runtime.GOARCH)
	a.out.line("")
	longest := 0
	for _, c := range all {
		longest = max(longest, len(c.Name))
	}
	for _, c := range all {
		a.printCheckup(c, longest)
	}
	a.out.line("")
	switch {
	case counts[healthFailed] > 0:
		a.out.line("%s %s", a.out.cross(), a.out.strong(fmt.Sprintf("%s in outlocal's way", stand(counts[healthFailed]))))
	case counts[healthWarning] > 0:
		a.out.line("%s %s", a.out.tick(), a.out.strong("nothing stands in outlocal's way, with "+count(counts[healthWarning], "warning")))
	default:
		a.out.line("%s %s", a.out.tick(), a.out.strong("nothing stands in outlocal's way"))
	}
}

// stand is a number of things that stand somewhere.
func stand(n int) string {
	if n == 1 {
		return "1 thing stands"
	}
	return fmt.Sprintf("%d things stand", n)
}

func (a *app) printCheckup(c checkup, width int) {
	mark := a.out.tick()
	switch c.Health {
	case healthWarning:
		mark = a.out.caution()
	case healthFailed:
		mark = a.out.cross()
	case healthGood:
	}
	room := a.out.columns() - len("x ") - width - len("  ")
	for i, line := range fold(c.What, room) {
		if i > 0 {
			a.out.line("  %s  %s", pad("", width), line)
			continue
		}
		a.out.line("%s %s  %s", mark, a.out.strong(pad(c.Name, width)), line)
	}
	if c.Cure == "" {
		return
	}
	for i, line := range fold(c.Cure, room-len("cure: ")) {
		label := "cure: "
		if i > 0 {
			label = "      "
		}
		a.out.line("  %s  %s%s", pad("", width), a.out.dim(label), line)
	}
}
