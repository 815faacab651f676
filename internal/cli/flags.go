package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// environment is the annotation of a flag that can be set by a variable too: its value is the variable's name.
const environment = "environment"

// fromEnvironment lets the flags of a command be given as variables: --port-base as OUTLOCAL_PORT_BASE. A flag that is given wins. One
// that can be repeated takes what stands between spaces in its variable.
func fromEnvironment(cmd *cobra.Command, names ...string) {
	for _, name := range names {
		flag := cmd.Flags().Lookup(name)
		variable := "OUTLOCAL_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		flag.Usage += " (env " + variable + ")"
		if flag.Annotations == nil {
			flag.Annotations = map[string][]string{}
		}
		flag.Annotations[environment] = []string{variable}
	}
}

// readEnvironment sets the flags of a command that were not given but have a variable.
func readEnvironment(cmd *cobra.Command, env func(string) string) error {
	var errs []error
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		variable := flag.Annotations[environment]
		if len(variable) == 0 || flag.Changed {
			return
		}
		value := env(variable[0])
		if value == "" {
			return
		}
		values := []string{value}
		if _, repeatable := flag.Value.(pflag.SliceValue); repeatable {
			values = strings.Fields(value)
		}
		for _, value := range values {
			if err := cmd.Flags().Set(flag.Name, value); err != nil {
				// What was in it stays unsaid: a variable may hold anything.
				errs = append(errs, wrongUse("want "+flag.Value.Type()+", as --"+flag.Name+" does", "read %s: it does not fit", variable[0]))
				return
			}
		}
	})
	return errors.Join(errs...)
}

// completes lets a shell complete the values of a flag.
func completes(cmd *cobra.Command, name string, values func() []string) {
	// It fails for a flag that is not there, which the test of all verbs' help would show.
	_ = cmd.RegisterFlagCompletionFunc(name, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return values(), cobra.ShellCompDirectiveNoFileComp
	})
}

// takes demands exactly the named arguments.
func takes(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		hint := "usage: " + cmd.UseLine()
		switch {
		case len(args) < len(names):
			return wrongUse(hint, "%s: %s is missing", cmd.Name(), names[len(args)])
		case len(args) > len(names) && len(names) == 0:
			return wrongUse(hint, "%s takes no arguments, but got %q", cmd.Name(), args[0])
		case len(args) > len(names):
			return wrongUse(hint, "%s: %q is one argument too many", cmd.Name(), args[len(names)])
		}
		return nil
	}
}

// takesSome demands at least one argument.
func takesSome(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return wrongUse("usage: "+cmd.UseLine(), "%s: %s is missing", cmd.Name(), name)
		}
		return nil
	}
}

// takesUpTo allows the named arguments, and demands none.
func takesUpTo(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > len(names) {
			return wrongUse("usage: "+cmd.UseLine(), "%s: %q is one argument too many", cmd.Name(), args[len(names)])
		}
		return nil
	}
}

// flagError words what is wrong with a flag, and which one may have been meant.
func (a *app) flagError(cmd *cobra.Command, err error) error {
	if !cmd.HasParent() { // flags of a verb that there is not are no flags of ours
		for _, arg := range a.args {
			if !strings.HasPrefix(arg, "-") {
				return unknownVerb(cmd, arg)
			}
		}
	}
	hint := cmd.CommandPath() + " --help lists the flags"
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		what := fmt.Errorf("%s has no flag --%s", cmd.CommandPath(), unknown.GetSpecifiedName())
		if len(unknown.GetSpecifiedName()) == 1 {
			what = fmt.Errorf("%s has no flag -%s", cmd.CommandPath(), unknown.GetSpecifiedName())
		}
		if near := nearestFlag(cmd, unknown.GetSpecifiedName()); near != "" {
			hint = "did you mean --" + near + "?"
		}
		return wrongUse(hint, "%w", what)
	}
	return wrongUse(hint, "%w", err)
}

// nearestFlag is the flag that may have been meant, empty if none looks like it.
func nearestFlag(cmd *cobra.Command, name string) string {
	const farthest = 2 // slips of the finger
	best, near := farthest+1, ""
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		if flag.Hidden {
			return
		}
		if d := distance(name, flag.Name); d < best && d < len(name) {
			best, near = d, flag.Name
		}
	})
	return near
}

// distance is how many letters have to be put in, left out or changed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
