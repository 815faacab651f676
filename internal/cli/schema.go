package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/internal/nearmiss"
)

// schemasSchema names the form of the list of forms.
const schemasSchema = "outlocal/schemas/1"

// schemaList is the list of forms, for programs.
type schemaList struct {
	Schemas []schemaRow `json:"schemas"`
}

type schemaRow struct {
	Name  string `json:"name" doc:"what stands in the member schema of such a document"`
	Title string `json:"title"`
	Of    string `json:"of" doc:"the commands that print it"`
}

func newSchemaCommand(a *app) *cobra.Command {
	dir := ""
	cmd := &cobra.Command{
		Use:   "schema [NAME]",
		Short: "Print the JSON Schema of what --json prints, or list all",
		Long: `Print the JSON Schema (2020-12) of a document that is printed with --json, by the NAME in its member "schema", with
or without outlocal/ before it and the number behind; or list all that there are.

What a schema requires is there; later versions may say more. outlocal scenarios schema prints that of scenario
files.`,
		Example:     "outlocal schema\noutlocal schema verify\noutlocal schema outlocal/journal-entry/1 > entry.schema.json",
		Args:        takesUpTo("NAME"),
		Annotations: exits("printed", "", "a file can't be written"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return formNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case dir != "" && len(args) > 0:
				return wrongUse("leave out one of them", "schema: --write writes all, and %s is one", args[0])
			case dir != "":
				return a.writeSchemas(dir)
			case len(args) == 0:
				return a.listForms()
			}
			f, err := lookUpForm(args[0])
			if err != nil {
				return err
			}
			text, err := f.text()
			if err == nil {
				a.out.line("%s", strings.TrimSuffix(string(text), "\n")) // it is a document already, with a form of its own
			}
			return err
		},
	}
	cmd.Flags().StringVar(&dir, "write", "", "write all of them into the folder `DIR`, a file each")
	return cmd
}

// formNames are the short names of all forms.
func formNames() []string {
	var names []string
	for _, f := range forms() {
		names = append(names, f.short())
	}
	return names
}

// lookUpForm finds a form by its name, or says which one may have been meant.
func lookUpForm(name string) (form, error) {
	short := strings.TrimPrefix(name, schemaPrefix)
	var words []string
	for _, f := range forms() {
		word, _, _ := strings.Cut(f.short(), "/")
		if f.short() == short || word == short {
			return f, nil
		}
		words = append(words, word)
	}
	word, _, _ := strings.Cut(short, "/")
	hint := "outlocal schema lists them"
	if near := nearmiss.Of(word, words); near != "" {
		hint = "did you mean " + near + "? " + hint
	}
	return form{}, wrongUse(hint, "there is no document of the form %q", name)
}

func (a *app) listForms() error {
	list := schemaList{}
	longest := 0
	for _, f := range forms() {
		list.Schemas = append(list.Schemas, schemaRow{f.name, f.title, f.of})
		longest = max(longest, len(f.name))
	}
	if a.json {
		return a.out.document(schemasSchema, list)
	}
	for _, row := range list.Schemas {
		a.out.line("%s  %s", pad(row.Name, longest), row.Title)
		a.out.line("%s  %s", pad("", longest), a.out.dim(row.Of))
	}
	return nil
}

// text is the schema as a file.
func (f form) text() ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(f.schema()); err != nil {
		return nil, fmt.Errorf("write the schema of %s: %w", f.name, err)
	}
	return text.Bytes(), nil
}

// writeSchemas writes all schemas into a folder.
func (a *app) writeSchemas(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // they are public
		return notJudged("name a folder that can be written", "write schemas: %w", err)
	}
	for _, f := range forms() {
		text, err := f.text()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, f.file()), text, 0o644); err != nil { //nolint:gosec // as above
			return notJudged("name a folder that can be written", "write schemas: %w", err)
		}
	}
	if !a.json {
		a.out.line("%s wrote %s into %s", a.out.tick(), count(len(forms()), "schema"), dir)
		return nil
	}
	return a.listForms()
}
