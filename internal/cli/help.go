package cli

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// exitNotes is the annotation under which a command keeps what its exit codes mean.
const exitNotes = "exit codes"

// helpWidth is where the help of flags is broken, but on a terminal that is narrower: a page of a book is no wider either.
const helpWidth = 112

// helpColumns is how wide help may be.
func (a *app) helpColumns() int {
	if a.out.width == 0 {
		return helpWidth
	}
	return max(min(a.out.width, helpWidth), fewColumns)
}

// exits says what the exit codes of a verb mean, for the end of its help. A code that the verb cannot end with stays empty; wrong use
// is the same everywhere.
func exits(good, failed, unjudged string) map[string]string {
	var text strings.Builder
	for code, meaning := range []string{ExitGood: good, ExitFailed: failed, ExitUsage: "wrong use", ExitUnjudged: unjudged} {
		if meaning != "" {
			fmt.Fprintf(&text, "  %d  %s\n", code, meaning)
		}
	}
	return map[string]string{exitNotes: text.String()}
}

// childExits is the annotation of a verb whose exit code is that of a command that it runs.
const childExits = "exit code of a command"

// exitsOfChild says what the exit codes mean of a verb that runs a command.
func exitsOfChild(failed string) map[string]string {
	return map[string]string{childExits: "yes", exitNotes: fmt.Sprintf(`  those of the command, or 128 and the number of the signal that ended it, and
  %d    %s
  %d  outlocal itself failed, or wrong use
  %d  the command can't be run
  %d  there is no such command
`, ExitFailed, failed, ExitOwnFailure, ExitNotRunnable, ExitNotFound)}
}

func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:         "help [COMMAND]",
		Short:       "Explain a command",
		Long:        "Explain a command: what it is for, its flags, and what its exit codes mean.",
		Example:     "outlocal help emulate",
		Annotations: exits("always", "", ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			explained, rest, err := cmd.Root().Find(args)
			if err != nil || explained == cmd.Root() && len(rest) > 0 {
				return unknownVerb(cmd.Root(), strings.Join(args, " "))
			}
			return explained.Help()
		},
	}
}

// help writes what a command is for, then its usage. cobra sorts commands by name; order has the verbs as one meets them.
func (a *app) help(cmd *cobra.Command, order []*cobra.Command) {
	cmd.InitDefaultHelpFlag() // cobra does so only for who asked with it
	text := cmd.Long
	if text == "" {
		text = cmd.Short
	}
	text = strings.TrimSpace(text)
	if columns := a.helpColumns(); columns < helpWidth {
		text = fit(text, columns)
	}
	_, _ = fmt.Fprintf(a.process.Out, "%s\n\n", text)
	_, _ = a.process.Out.Write(usageText(cmd, order, a.helpColumns()))
}

// usage writes how a command is used, without what it is for.
func (a *app) usage(cmd *cobra.Command, order []*cobra.Command) error {
	_, err := a.process.Out.Write(usageText(cmd, order, a.helpColumns()))
	return err
}

func usageText(cmd *cobra.Command, order []*cobra.Command, columns int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Usage:\n  %s\n", useLine(cmd))
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", indent(cmd.Example))
	}
	writeCommands(&b, cmd, order, columns)
	if flags := cmd.LocalNonPersistentFlags(); flags.HasAvailableFlags() {
		fmt.Fprintf(&b, "\nFlags:\n%s", flags.FlagUsagesWrapped(columns))
	}
	if shared := sharedFlags(cmd, columns); shared != "" {
		fmt.Fprintf(&b, "\nFlags of every command:\n%s", shared)
	}
	if notes := cmd.Annotations[exitNotes]; notes != "" {
		fmt.Fprintf(&b, "\nExit codes:\n%s", fit(notes, columns))
	}
	return b.Bytes()
}

func useLine(cmd *cobra.Command) string {
	if cmd.HasAvailableSubCommands() && !cmd.HasParent() {
		return cmd.CommandPath() + " COMMAND [flags]"
	}
	return cmd.UseLine()
}

func writeCommands(w io.Writer, cmd *cobra.Command, order []*cobra.Command, columns int) {
	all := slices.Clone(cmd.Commands())
	slices.SortStableFunc(all, func(x, y *cobra.Command) int { return place(order, x) - place(order, y) })
	longest := 0
	for _, c := range all {
		longest = max(longest, len(c.Name()))
	}
	list := func(title, group string) {
		for _, c := range all {
			if c.GroupID != group || !c.IsAvailableCommand() && c.Name() != "help" {
				continue
			}
			if title != "" {
				_, _ = fmt.Fprintf(w, "\n%s\n", title)
				title = ""
			}
			_, _ = fmt.Fprintln(w, fit(fmt.Sprintf("  %-*s  %s", longest, c.Name(), c.Short), columns))
		}
	}
	for _, group := range cmd.Groups() {
		list(group.Title, group.ID)
	}
	list("Commands:", "")
}

// place is where a command stands; what cobra added itself stands last.
func place(order []*cobra.Command, c *cobra.Command) int {
	if i := slices.Index(order, c); i >= 0 {
		return i
	}
	return len(order)
}

// sharedFlags describes the flags that every command has.
func sharedFlags(cmd *cobra.Command, columns int) string {
	if !cmd.HasParent() {
		return cmd.PersistentFlags().FlagUsagesWrapped(columns)
	}
	return cmd.InheritedFlags().FlagUsagesWrapped(columns)
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ")
}
