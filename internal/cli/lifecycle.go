package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/nearmiss"
)

// documentedForm is the form that lifecycle notifications have unless told otherwise.
func documentedForm() string { return dialect.LifecycleForms()[0] }

// addForm adds the flag for the form of lifecycle notifications.
func addForm(cmd *cobra.Command, form *string, usual string) {
	cmd.Flags().StringVar(form, "lifecycle-form", usual, "`FORM` of Graph's lifecycle notifications: "+strings.Join(dialect.LifecycleForms(), ", "))
	completes(cmd, "lifecycle-form", dialect.LifecycleForms)
}

// readForm finds the form of that name, or says which one may have been meant.
func readForm(name string) (turn func(*dialect.Dialect), err error) {
	turn, err = dialect.LifecycleForm(name)
	if err == nil {
		return turn, nil
	}
	if near := nearmiss.Of(name, dialect.LifecycleForms()); near != "" {
		return nil, wrongUse("did you mean "+near+"?", "there is no lifecycle form %q", name)
	}
	return nil, wrongUse("the forms are "+strings.Join(dialect.LifecycleForms(), ", "), "there is no lifecycle form %q", name)
}

// tune turns the knobs of the dialects that have flags.
func (f *emulateFlags) tune(c *emulator.Config) error {
	if f.form == "" || f.form == documentedForm() {
		return nil
	}
	turn, err := readForm(f.form)
	if err == nil {
		c.Tune = append(c.Tune, turn)
	}
	return err
}
