package cli

import (
	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
)

// addSelector lets a verb concern a part only: several apps and parallel tests can share one emulator.
func addSelector(cmd *cobra.Command, where *control.Selector) {
	cmd.Flags().StringVar(&where.App, "app", "", "only what belongs to this application, by `ID`")
	cmd.Flags().StringVar(&where.Mailbox, "mailbox", "", "only what belongs to this mailbox, by `ADDRESS`")
	cmd.Flags().StringVar(&where.Subscription, "subscription", "", "only what belongs to this subscription, by `ID`")
	cmd.Flags().StringVar(&where.URL, "url", "", "only what is notified to this `URL`, or to this host")
}
