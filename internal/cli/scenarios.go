package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/internal/nearmiss"
	"github.com/outlocal/outlocal/scenarios"
)

// The forms of what scenarios prints.
const (
	scenariosSchema = "outlocal/scenarios/1"
	validateSchema  = "outlocal/scenarios-validate/1"
	newSchema       = "outlocal/scenarios-new/1"
)

// What programs are told.
type (
	scenarioList struct {
		Scenarios []scenarioRow `json:"scenarios"`
	}
	scenarioFile struct {
		Name string `json:"name"`
		Text string `json:"text"`
	}
	validated struct {
		Files    int               `json:"files,omitempty" doc:"how many there are, where nothing is wrong"`
		Problems []scenarioProblem `json:"problems"`
	}
	scenarioProblem struct {
		File   string `json:"file"`
		Line   int    `json:"line"`
		Column int    `json:"column"`
		What   string `json:"what"`
		Hint   string `json:"hint,omitempty"`
	}
	scenarioBegun struct {
		File   string `json:"file"`
		Schema string `json:"schemaFile"`
	}
)

func newScenariosCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "scenarios",
		Short: "List, show, check and begin scenarios: stories of webhooks, as files",
		Long: `List, show and check scenarios, or begin a file of your own. A scenario is a file in YAML that tells what
happens to a service, and what must come of it; outlocal run plays them.`,
		Example: `outlocal scenarios list --tag conformance
outlocal scenarios show happy-graph-v1.0
outlocal scenarios new my-webhook
outlocal scenarios validate my-webhook.yaml`,
		Annotations: exits("done, or nothing is wrong", "", "a file can't be read or written"),
		Args:        cobra.ArbitraryArgs, // so that RunE words the error
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			var known []string
			for _, c := range cmd.Commands() {
				known = append(known, c.Name())
			}
			hint := "outlocal scenarios --help lists them"
			if near := nearmiss.Of(args[0], known); near != "" {
				hint = "did you mean outlocal scenarios " + near + "?"
			}
			return wrongUse(hint, "outlocal scenarios has no command %q", args[0])
		},
	}
	cmd.AddCommand(newScenariosListCommand(a), newScenariosShowCommand(a), newScenariosValidateCommand(a), newScenariosSchemaCommand(a), newScenariosNewCommand(a))
	return cmd
}

// scenarioRow is a scenario as scenarios list prints it.
type scenarioRow struct {
	Name     string   `json:"name"`
	Title    string   `json:"title"`
	Dialects []string `json:"dialects"`
	Tags     []string `json:"tags"`
	Source   string   `json:"source,omitempty"`
	Steps    int      `json:"steps"`
	// Variables can be set; Plays is how many there are, with all dialects and all of its matrix.
	Variables []string `json:"variables,omitempty"`
	Plays     int      `json:"plays"`
}

func newScenariosListCommand(a *app) *cobra.Command {
	var tags, skipped []string
	cmd := &cobra.Command{
		Use:         "list",
		Short:       "List the scenarios that come with outlocal",
		Long:        "List the scenarios that come with outlocal: what outlocal run takes by name.",
		Example:     "outlocal scenarios list\noutlocal scenarios list --tag conformance",
		Annotations: exits("always", "", ""),
		Args:        takes(),
		RunE: func(*cobra.Command, []string) error {
			all, err := scenarios.Load(scenarios.Catalog())
			if err != nil {
				return err
			}
			rows := []scenarioRow{}
			for _, s := range tagged(all, tags, skipped) {
				ways, err := s.Vary(nil, nil)
				if err != nil {
					return err
				}
				rows = append(rows, scenarioRow{
					s.Name(), s.Title, s.Spoken(), append([]string{}, s.Tags...), s.Source, len(s.Setup) + len(s.Steps), s.Declares(), len(ways) * len(s.Spoken()),
				})
			}
			if a.json {
				return a.out.document(scenariosSchema, scenarioList{rows})
			}
			longest := 0
			for _, row := range rows {
				longest = max(longest, len(row.Name))
			}
			for _, row := range rows {
				a.out.line("%s  %s", a.out.strong(pad(row.Name, longest)), row.Title)
				more := ""
				if len(row.Variables) > 0 {
					more = " · sets " + strings.Join(row.Variables, ", ") + " · " + count(row.Plays, "play")
				}
				a.out.line("%s  %s", pad("", longest), a.out.dim(strings.Join(row.Dialects, ", ")+" · "+strings.Join(row.Tags, ", ")+more))
			}
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&tags, "tag", nil, "only those with this `TAG`; may be repeated, all have to be there")
	cmd.Flags().StringArrayVar(&skipped, "skip-tag", nil, "leave out those with this `TAG`; may be repeated, one is enough")
	return cmd
}

func newScenariosShowCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:         "show NAME",
		Short:       "Print a scenario's file",
		Long:        "Print the file of a scenario that comes with outlocal, to be read or to begin one's own with.",
		Example:     "outlocal scenarios show roll-out",
		Annotations: exits("printed", "", ""),
		Args:        takes("NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := fs.ReadFile(scenarios.Catalog(), strings.TrimSuffix(args[0], ".yaml")+".yaml")
			if err != nil {
				return unknownScenario(args[0])
			}
			if a.json {
				return a.out.document("outlocal/scenario/1", scenarioFile{strings.TrimSuffix(args[0], ".yaml"), string(text)})
			}
			a.out.line("%s", strings.TrimSuffix(string(text), "\n"))
			return nil
		},
	}
}

func newScenariosValidateCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:         "validate FILE|FOLDER…",
		Short:       "Check scenario files without playing them",
		Long:        "Check scenario files without playing them. All that is wrong is told, with file, line and column.",
		Example:     "outlocal scenarios validate my-webhook.yaml stories/",
		Annotations: exits("nothing is wrong", "", "a file can't be read"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return wrongUse("usage: "+cmd.UseLine(), "validate: FILE is missing")
			}
			all, err := findScenarios(args)
			if err != nil {
				return a.wrongFiles(err)
			}
			if a.json {
				return a.out.document(validateSchema, validated{Files: len(all), Problems: []scenarioProblem{}})
			}
			a.out.line("%s %s, nothing is wrong", a.out.tick(), count(len(all), "scenario"))
			return nil
		},
	}
}

// wrongFiles tells what is wrong with scenario files, each on a line that editors can jump to.
func (a *app) wrongFiles(err error) error {
	var wrong *scenarios.FileError
	if !errors.As(err, &wrong) {
		return err
	}
	if a.json {
		var rows []scenarioProblem
		for _, p := range wrong.Problems {
			rows = append(rows, scenarioProblem{p.At.File, p.At.Line, p.At.Column, p.What, p.Hint})
		}
		if err := a.out.document(validateSchema, validated{Problems: rows}); err != nil {
			return err
		}
		return told(ExitUsage)
	}
	for _, p := range wrong.Problems {
		a.err.line("%s: %s", a.err.strong(p.At.String()), p.What)
		if p.Hint != "" {
			a.err.line("  %s %s", a.err.dim("hint:"), p.Hint)
		}
	}
	return told(ExitUsage)
}

func newScenariosSchemaCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of scenario files",
		Long: `Print the JSON Schema (2020-12) of scenario files. Editors that know it complete and check while one types;
files that outlocal scenarios new writes name it in their first line.`,
		Example:     "outlocal scenarios schema > scenario.schema.json",
		Annotations: exits("always", "", ""),
		Args:        takes(),
		RunE: func(*cobra.Command, []string) error { // it is a document already, with a form of its own
			a.out.line("%s", strings.TrimSuffix(string(scenarios.Schema()), "\n"))
			return nil
		},
	}
}

// fileName is what a scenario can be called.
var fileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

func newScenariosNewCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:         "new NAME",
		Short:       "Begin a scenario: write a small file that explains itself",
		Long:        "Write NAME.yaml, a small scenario with comments, and the schema beside it that its first line names for editors.",
		Example:     "outlocal scenarios new my-webhook",
		Annotations: exits("written", "", "it can't be written, or is there already"),
		Args:        takes("NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			name := strings.TrimSuffix(args[0], ".yaml")
			if !fileName.MatchString(filepath.Base(name)) {
				return wrongUse("use letters, digits, dots and dashes", "begin scenario: %q is no name for a file", args[0])
			}
			file := name + ".yaml"
			schema := filepath.Join(filepath.Dir(file), scenarios.SchemaFile)
			if err := writeNew(file, scenarios.Template(filepath.Base(name))); err != nil {
				return err
			}
			if err := os.WriteFile(schema, scenarios.Schema(), 0o644); err != nil { //nolint:gosec // it is public
				return notJudged("", "write the schema: %w", err)
			}
			if a.json {
				return a.out.document(newSchema, scenarioBegun{file, schema})
			}
			a.out.line("%s wrote %s, and %s for your editor", a.out.tick(), file, schema)
			a.out.line("  %s outlocal run %s", a.out.dim("next:"), file)
			return nil
		},
	}
}

// writeNew writes a file that is not there yet.
func writeNew(name string, text []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // it is its owner's to keep secret
	if errors.Is(err, fs.ErrExist) {
		return notJudged("give another name", "begin scenario: %s is there already", name)
	}
	if err != nil {
		return notJudged("", "begin scenario: %w", err)
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}
