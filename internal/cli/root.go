package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// The groups of the help.
const (
	groupLook  = "look"
	groupRun   = "run"
	groupSteer = "steer"
	groupKnow  = "know"
)

// verb is a command and its place in the help.
type verb struct {
	group string
	make  func(a *app) *cobra.Command
}

// verbs lists every command, in the order of the help.
func verbs() []verb {
	return []verb{
		{groupLook, newDemoCommand},
		{groupLook, newVerifyCommand},
		{groupLook, newRunCommand},
		{groupRun, newEmulateCommand},
		{groupRun, newReceiveCommand},
		{groupRun, newExposeCommand},
		{groupRun, newCertificateCommand},
		{groupRun, newExecCommand},
		{groupSteer, newSubscribeCommand},
		{groupSteer, newSubscriptionsCommand},
		{groupSteer, newTriggerCommand},
		{groupSteer, newAdvanceCommand},
		{groupSteer, newFaultCommand},
		{groupSteer, newWaitCommand},
		{groupSteer, newJournalCommand},
		{groupSteer, newReplayCommand},
		{groupSteer, newStatusCommand},
		{groupSteer, newServeCommand},
		{groupSteer, newTokenCommand},
		{groupSteer, newResetCommand},
		{groupSteer, newStopCommand},
		{groupKnow, newExplainCommand},
		{groupKnow, newScenariosCommand},
		{groupKnow, newDialectsCommand},
		{groupKnow, newDoctorCommand},
		{groupKnow, newSchemaCommand},
		{groupKnow, newManCommand},
		{groupKnow, newVersionCommand},
	}
}

func newRoot(a *app) *cobra.Command {
	version := false
	root := &cobra.Command{
		Use:   "outlocal",
		Short: "Outlook, locally: build and test webhooks against every schema that Outlook has had",
		Long: `outlocal is Outlook, locally: an emulator of the webhooks of Outlook and Microsoft Graph,
to build and test your own against, in every schema that there has been.

Begin with one of these:

  outlocal demo                                           watch the whole loop
  outlocal verify http://localhost:3000/hook              judge your webhook
  outlocal emulate --webhook http://localhost:3000/hook   run the emulator against it

The certificate authority, and the logs of what runs with --detach, are kept in a folder of state, which
OUTLOCAL_STATE names; outlocal doctor tells where it is.`,
		Args:          cobra.ArbitraryArgs, // so that RunE words the error
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) > 0:
				return unknownVerb(cmd, args[0])
			case version:
				return a.printVersion()
			}
			return cmd.Help()
		},
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := readEnvironment(cmd, a.process.Env); err != nil {
				return err
			}
			return checkTogether(cmd)
		},
	}
	root.SuggestionsMinimumDistance = 2
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print JSON documents for programs, one to a line, errors included")
	root.Flags().BoolVar(&version, "version", false, "print the version, as outlocal version does")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return a.flagError(cmd, err) })
	root.AddGroup(
		&cobra.Group{ID: groupLook, Title: "Look at a webhook:"},
		&cobra.Group{ID: groupRun, Title: "Run:"},
		&cobra.Group{ID: groupSteer, Title: "Steer a running one:"},
		&cobra.Group{ID: groupKnow, Title: "Know more:"},
	)
	root.SetCompletionCommandGroupID(groupKnow)
	var order []*cobra.Command
	for _, v := range verbs() {
		cmd := v.make(a)
		cmd.GroupID = v.group
		root.AddCommand(cmd)
		order = append(order, cmd)
	}
	help := newHelpCommand()
	help.GroupID = groupKnow
	root.SetHelpCommand(help)
	root.SetUsageFunc(func(cmd *cobra.Command) error { return a.usage(cmd, order) })
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		if name := firstWord(args); !cmd.HasParent() && name != "" {
			a.stray = unknownVerb(cmd, name)
			return
		}
		a.help(cmd, order)
	})
	return root
}

// firstWord is the first argument that is no flag, empty if there is none.
func firstWord(args []string) string {
	for _, arg := range args {
		if !strings.HasPrefix(arg, "-") {
			return arg
		}
	}
	return ""
}

// unknownVerb names the verb that was meant, as far as that can be guessed.
func unknownVerb(root *cobra.Command, name string) error {
	path := root.CommandPath()
	hint := path + " --help lists the commands"
	if near := root.SuggestionsFor(name); len(near) > 0 {
		hint = "did you mean " + path + " " + strings.Join(near, ", or "+path+" ") + "?"
	}
	return wrongUse(hint, "there is no command %q", name)
}
