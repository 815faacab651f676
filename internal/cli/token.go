package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
)

func newTokenCommand(a *app) *cobra.Command {
	var t target
	var o control.TokenOrder
	var life string
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Print an access token of a running emulator",
		Long: `Print an access token that a running emulator issues, without signing in: for curl, and to see what a program does
with less than it needs. The token alone is printed; --json tells what is in it.

By default it is a token of the emulator's user for Microsoft Graph that permits all there is to permit, good for an
hour by the wall clock. It ends with the emulator. Which tokens are taken, emulate --auth says.`,
		Example: `outlocal token
curl -H "Authorization: Bearer $(outlocal token)" http://localhost:3650/v1.0/subscriptions
outlocal token --resource outlook --user anna@contoso.com --scope Mail.Read
outlocal token --app-only --scope Calendars.Read
outlocal token --expired`,
		Args:        takes(),
		Annotations: exits("it is printed", "", "no emulator answers"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if life != "" {
				d, err := lasting(life)
				if err != nil {
					return err
				}
				o.Lifetime = control.Duration(d)
			}
			client, err := a.find(cmd.Context(), t)
			if err != nil {
				return err
			}
			issued, err := client.IssueToken(cmd.Context(), o)
			if err != nil {
				return err
			}
			if a.json {
				return a.out.document("outlocal/token/1", issued)
			}
			a.out.line("%s", issued.Token)
			return nil
		},
	}
	addEmulator(cmd, &t)
	flags := cmd.Flags()
	flags.StringVar(&o.App, "app", "", "the application that it is issued to, by `ID`, a GUID; the emulator's own if left out")
	flags.StringVar(&o.User, "user", "", "the user that it is issued to, by `ADDRESS`; the emulator's own if left out")
	flags.BoolVar(&o.AppOnly, "app-only", false, "the application's own token, of no user")
	flags.StringVar(&o.Tenant, "tenant", "", "the tenant that it is of, a `GUID`; the user's if left out")
	flags.StringVar(&o.Resource, "resource", "graph", "what it is for, a `NAME`: graph, outlook, or an audience such as api://ID")
	flags.StringArrayVar(&o.Scopes, "scope", nil, "what it permits, a `NAME` such as Mail.Read; all there is if left out; may be repeated")
	flags.BoolVar(&o.Admin, "admin", false, "the user administers the tenant")
	flags.BoolVar(&o.Expired, "expired", false, "it was good until an hour ago")
	flags.StringVar(&life, "for", "", "how long it is good, a `DURATION` such as 5m; an hour if left out")
	excludes(cmd, "app-only", "user")
	excludes(cmd, "app-only", "admin")
	excludes(cmd, "expired", "for")
	return cmd
}

// tokenFor is what a verb shows the emulator of that status: any text, or a token of its own where only these are taken.
func tokenFor(ctx context.Context, client *control.Client, status control.Status, o control.TokenOrder) (string, error) {
	if status.Auth != authIssued {
		return anyToken, nil
	}
	issued, err := client.IssueToken(ctx, o)
	return issued.Token, err
}
