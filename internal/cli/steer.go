package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
)

func newResetCommand(a *app) *cobra.Command {
	var t target
	var where selection
	cmd := &cobra.Command{
		Use:   "reset",
		Short: "Begin anew: forget subscriptions, items and the journal",
		Long: `Forget subscriptions and items, what was still to be delivered, how webhooks did, and the journal with them: all is
as after the start, but time does not go back. With a selector only the subscriptions and items that it selects are
forgotten, and the journal stays.`,
		Example:     "outlocal reset\noutlocal reset --mailbox anna@contoso.com",
		Args:        takes(),
		Annotations: exits("it is forgotten", "", "no emulator answers"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := a.find(cmd.Context(), t)
			if err != nil {
				return err
			}
			if err := where.settle(cmd.Context(), client); err != nil {
				return err
			}
			report, err := client.Reset(cmd.Context(), where.Selector)
			if err != nil {
				return err
			}
			if a.json {
				return a.out.document("outlocal/reset/1", report)
			}
			if !where.IsZero() && report.Subscriptions+report.Items+report.Entries == 0 {
				a.nothingMatches(&where)
				return nil
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

// servedPaths is what each base path speaks.
type servedPaths struct {
	Serve []control.Mount `json:"serve"`
}

func newServeCommand(a *app) *cobra.Command {
	var t target
	var form string
	cmd := &cobra.Command{
		Use:   "serve PATH=DIALECT",
		Short: "Let a base path speak another schema",
		Long: `Let a base path of a running emulator speak another schema from now on, for the subscriptions that there are as
well: that is how a schema was rolled out in 2015. outlocal dialects lists the schemas.

With --lifecycle-form, Graph's lifecycle notifications take another form: what two captures show differs from the
documents, and SDKs have failed on it.`,
		Example:     "outlocal serve /api/beta=outlook-interim\noutlocal serve /v1.0=graph-v1.0@2021\noutlocal serve /v1.0=graph-v1.0 --lifecycle-form observed-2026",
		Args:        takes("PATH=DIALECT"),
		Annotations: exits("it speaks so from now on", "", "no emulator answers"),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := parseMount(args[0])
			if err != nil {
				return err
			}
			if m.LifecycleForm = form; form != "" {
				if _, err := readForm(form); err != nil {
					return err
				}
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
				return a.out.document("outlocal/serve/1", servedPaths{mounts})
			}
			a.out.line("%s %s speaks %s from now on", a.out.tick(), m.Path, m.Dialect)
			return nil
		},
	}
	addForm(cmd, &form, "")
	addEmulator(cmd, &t)
	return cmd
}

// parseMount reads PATH=DIALECT.
func parseMount(text string) (control.Mount, error) {
	path, name, ok := strings.Cut(text, "=")
	switch {
	case !ok || path == "" || name == "":
		return control.Mount{}, wrongUse("write it as /api/beta=outlook-interim; outlocal dialects lists the schemas", "serve %q: want PATH=DIALECT", text)
	case !strings.HasPrefix(path, "/"):
		return control.Mount{}, wrongUse("write it as /"+text, "serve %q: the path has to begin with a slash", text)
	}
	d, err := lookUp(name)
	if err != nil {
		return control.Mount{}, err
	}
	return control.Mount{Path: path, Dialect: d.String()}, nil
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
