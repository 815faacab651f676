package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// environment is the annotation of a flag that can be set by a variable too: its value is the variable's name.
const environment = "environment"

// byVariable is the annotation of a flag that was set by its variable, and not on the command line.
const byVariable = "set by variable"

// fromEnvironment lets the flags of a command be given as variables: --port-base as OUTLOCAL_PORT_BASE. A flag that is given wins. One
// that can be repeated takes what stands between spaces in its variable.
func fromEnvironment(cmd *cobra.Command, names ...string) {
	for _, name := range names {
		variable := "OUTLOCAL_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		cmd.Flags().Lookup(name).Usage += " (env " + variable + ")"
		annotate(cmd, name, environment, variable)
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
		flag.Annotations[byVariable] = variable
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

// takes demands exactly the named arguments. Of a command that takes none but has commands below it, what stands there is meant as one.
func takes(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		hint := "usage: " + cmd.UseLine()
		switch {
		case len(args) < len(names):
			return wrongUse(hint, "%s: %s is missing", cmd.Name(), names[len(args)])
		case len(args) > 0 && len(names) == 0 && cmd.HasSubCommands():
			return unknownVerb(cmd, args[0])
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
		if name := firstWord(a.args); name != "" {
			return unknownVerb(cmd, name)
		}
	}
	hint := cmd.CommandPath() + " --help lists the flags"
	var unknown *pflag.NotExistError
	var lacking *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		return unknownFlag(cmd, unknown.GetSpecifiedName(), hint)
	case errors.As(err, &lacking):
		return wrongUse(verbHelp(cmd), "%s: --%s has no value", verbPath(cmd), lacking.GetFlag().Name)
	case errors.As(err, &invalid):
		return unfitValue(invalid, verbHelp(cmd))
	}
	return wrongUse(hint, "%w", err)
}

// unknownFlag names the flag that may have been meant.
func unknownFlag(cmd *cobra.Command, name, hint string) error {
	if len(name) > 1 {
		if near := nearestFlag(cmd, name); near != "" {
			hint = "did you mean --" + near + "?"
		}
		return wrongUse(hint, "%s has no flag --%s", cmd.CommandPath(), name)
	}
	if name >= "0" && name <= "9" {
		return wrongUse("a minus begins a flag: leave it out, as nothing here is less than 0", "%s: a number can't begin with a minus", verbPath(cmd))
	}
	return wrongUse(hint, "%s has no flag -%s", cmd.CommandPath(), name)
}

// unfitValue words why a flag does not take a value.
func unfitValue(e *pflag.InvalidValueError, help string) error {
	flag, value := e.GetFlag(), e.GetValue()
	var hint, what string
	switch flag.Value.Type() {
	case "duration":
		return wrongUse(durationHint, "read --%s: %q is %w", flag.Name, value, errors.Unwrap(e))
	case "int", "uint64":
		what, hint = "no whole number", "such as --"+flag.Name+" 3"
	case "float64":
		what, hint = "no number", "such as --"+flag.Name+" 60"
	case "bool":
		what, hint = "neither true nor false", "--"+flag.Name+" alone does"
	default:
		return wrongUse(help, "read --%s: %w", flag.Name, errors.Unwrap(e))
	}
	return wrongUse(hint, "read --%s: %q is %s", flag.Name, value, what)
}

// The annotations of a flag that name others: those that it can't be given with, and those without which it says nothing.
const (
	excluded = "excluded"
	needed   = "needed"
)

// excludes lets a flag not be given with another. What cobra would say of both is about groups in brackets.
func excludes(cmd *cobra.Command, name, other string) { annotate(cmd, name, excluded, other) }

// needs lets a flag be refused without another, as it says nothing then.
func needs(cmd *cobra.Command, name, other string) { annotate(cmd, name, needed, other) }

func annotate(cmd *cobra.Command, name, key, value string) {
	flag := cmd.Flags().Lookup(name)
	if flag.Annotations == nil {
		flag.Annotations = map[string][]string{}
	}
	flag.Annotations[key] = append(flag.Annotations[key], value)
}

// checkTogether refuses flags of a command line that don't go together.
func checkTogether(cmd *cobra.Command) (err error) {
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		if err != nil || !given(cmd, flag.Name) {
			return
		}
		for _, other := range flag.Annotations[excluded] {
			if given(cmd, other) {
				err = wrongUse("leave one of them out", "%s takes either --%s or --%s", verbPath(cmd), flag.Name, other)
			}
		}
		for _, other := range flag.Annotations[needed] {
			if !cmd.Flags().Changed(other) {
				err = wrongUse("add --"+other+", or leave --"+flag.Name+" out", "%s: --%s says nothing without --%s", verbPath(cmd), flag.Name, other)
			}
		}
	})
	return err
}

// given tells whether a flag stands on the command line; one that a variable set is there for whoever can use it.
func given(cmd *cobra.Command, name string) bool {
	flag := cmd.Flags().Lookup(name)
	return flag != nil && flag.Changed && len(flag.Annotations[byVariable]) == 0
}

// verbHelp names the help of a verb.
func verbHelp(cmd *cobra.Command) string {
	return cmd.CommandPath() + " --help tells what each flag takes"
}

// verbPath is a verb as errors begin with it, without the program's name: that stands before every error.
func verbPath(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
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

// once is a flag for one text, that refuses to be given another.
type once struct {
	text *string
	seen bool
}

// Set implements [pflag.Value].
func (o *once) Set(text string) error {
	if o.seen {
		return errors.New("it was given before")
	}
	*o.text, o.seen = text, true
	return nil
}

func (o *once) String() string {
	if o.text == nil { // pflag asks a zero value what is usual
		return ""
	}
	return *o.text
}

// Type implements [pflag.Value].
func (o *once) Type() string { return "string" }
