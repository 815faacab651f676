package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
)

func newAdvanceCommand(a *app) *cobra.Command {
	var t target
	cmd := &cobra.Command{
		Use:   "advance DURATION",
		Short: "Let the emulator's time pass",
		Long: `Let the emulator's time pass at once: subscriptions run out, retries fall due, endpoints recover. It goes from
due moment to due moment, and never jumps over a webhook that is answering.

It is the emulator's clock alone that moves: yours does not, nor does that of your webhook.`,
		Example:     "outlocal advance 72h\noutlocal advance 3d",
		Args:        takes("DURATION"),
		Annotations: exits("time has passed", "", "it could not pass, or no emulator answers"),
		RunE: func(cmd *cobra.Command, args []string) error {
			by, err := lasting(args[0])
			if err != nil {
				return fmt.Errorf("advance the clock: %w", err)
			}
			client, err := a.find(cmd.Context(), t)
			if err != nil {
				return err
			}
			advanced, err := client.Advance(cmd.Context(), by)
			if err != nil {
				return err
			}
			if a.json {
				return a.out.document("outlocal/advance/1", advanced)
			}
			a.out.line("%s the emulator's time went on by %s, to %s; your own clock did not move", a.out.tick(),
				advanced.To.Sub(advanced.From).Round(time.Millisecond), advanced.To.UTC().Format("2006-01-02 15:04:05Z"))
			for _, line := range advanced.Due {
				a.out.line("  %s", line)
			}
			if len(advanced.Due) == 0 {
				a.out.line("  %s", a.out.dim("nothing that a subscriber would notice fell due"))
			}
			return nil
		},
	}
	addEmulator(cmd, &t)
	return cmd
}

func newResetCommand(a *app) *cobra.Command {
	var t target
	var where control.Selector
	cmd := &cobra.Command{
		Use:   "reset",
		Short: "Begin anew: forget subscriptions, items and the journal",
		Long: `Forget subscriptions and items, and the journal with them. With a selector only what it selects is forgotten,
and the journal stays. Time does not go back.`,
		Example:     "outlocal reset\noutlocal reset --mailbox anna@contoso.com",
		Args:        takes(),
		Annotations: exits("it is forgotten", "", "no emulator answers"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := a.find(cmd.Context(), t)
			if err != nil {
				return err
			}
			report, err := client.Reset(cmd.Context(), where)
			if err != nil {
				return err
			}
			if a.json {
				return a.out.document("outlocal/reset/1", report)
			}
			a.out.line("%s forgotten: %s, %s, %s of the journal", a.out.tick(), count(report.Subscriptions, "subscription"),
				count(report.Items, "item"), entries(report.Entries))
			a.note(report.Note)
			return nil
		},
	}
	addEither(cmd, &t)
	addSelector(cmd, &where)
	return cmd
}

func newServeCommand(a *app) *cobra.Command {
	var t target
	cmd := &cobra.Command{
		Use:   "serve PATH=DIALECT",
		Short: "Let a base path speak another schema",
		Long: `Let a base path of a running emulator speak another schema from now on, for the subscriptions that there are as
well: that is how a schema was rolled out in 2015. outlocal dialects lists the schemas.`,
		Example:     "outlocal serve /api/beta=outlook-interim\noutlocal serve /api/beta=outlook-final@2015",
		Args:        takes("PATH=DIALECT"),
		Annotations: exits("it speaks so from now on", "", "no emulator answers"),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := parseMount(args[0])
			if err != nil {
				return err
			}
			client, err := a.find(cmd.Context(), t)
			if err != nil {
				return err
			}
			if err := client.Mount(cmd.Context(), m); err != nil {
				return err
			}
			mounts, err := client.Mounts(cmd.Context())
			if err != nil {
				return err
			}
			if a.json {
				return a.out.document("outlocal/serve/1", map[string]any{"serve": mounts})
			}
			a.out.line("%s %s speaks %s from now on", a.out.tick(), m.Path, m.Dialect)
			return nil
		},
	}
	addEmulator(cmd, &t)
	return cmd
}

// parseMount reads PATH=DIALECT.
func parseMount(text string) (control.Mount, error) {
	path, name, ok := strings.Cut(text, "=")
	if !ok || !strings.HasPrefix(path, "/") || name == "" {
		return control.Mount{}, wrongUse("write it as /api/beta=outlook-interim; outlocal dialects lists the schemas", "serve %q: want PATH=DIALECT", text)
	}
	return control.Mount{Path: path, Dialect: name}, nil
}

// note adds what the emulator has to say for a person.
func (a *app) note(text string) {
	if text != "" {
		a.out.line("  %s", a.out.dim(text))
	}
}

func entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}
