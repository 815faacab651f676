package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Every form that the code names has its line, and so a schema.
func TestEveryFormHasItsLine(t *testing.T) {
	lines := map[string]int{}
	for _, f := range forms() {
		lines[f.name]++
		if f.title == "" || f.of == "" || !regexp.MustCompile(`^outlocal/[a-z]+(-[a-z]+)*/[1-9]\d*$`).MatchString(f.name) {
			t.Errorf("the line of %s is incomplete", f.name)
		}
	}
	name := regexp.MustCompile(`"(outlocal/[a-z-]+/\d+)"`)
	for _, pattern := range []string{"*.go", "../state/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no files %s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, m := range name.FindAllStringSubmatch(string(text), -1) {
				if lines[m[1]] != 1 {
					t.Errorf("%s names %s, which has %d lines in forms.go: want one", file, m[1], lines[m[1]])
				}
			}
		}
	}
}

// A schema names its form, and members that documents don't have to have are not required.
func TestSchemaOfAForm(t *testing.T) {
	f, err := lookUpForm("error")
	if err != nil {
		t.Fatal(err)
	}
	text, err := f.text()
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Schema, ID string
		Properties map[string]struct{ Const string }
		Required   []string
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	if schema.Properties["schema"].Const != "outlocal/error/1" || !slices.Equal(schema.Required, []string{"schema", "error", "exit"}) {
		t.Errorf("the schema is %s", text)
	}
	if strings.Contains(string(text), "additionalProperties") {
		t.Error("it does not allow what later versions say")
	}
}

func TestLookUpForm(t *testing.T) {
	for _, row := range []struct{ name, want, hint string }{
		{"status", "outlocal/status/1", ""},
		{"status/1", "outlocal/status/1", ""},
		{"outlocal/journal-entry/1", "outlocal/journal-entry/1", ""},
		{"status/9", "", "did you mean status?"},
		{"statsu", "", "did you mean status?"},
		{"", "", "outlocal schema lists them"},
		{"nothing-like-it", "", "outlocal schema lists them"},
	} {
		f, err := lookUpForm(row.name)
		if f.name != row.want || (err == nil) != (row.want != "") {
			t.Errorf("%q is %q: %v", row.name, f.name, err)
		}
		if err != nil && !strings.Contains(explain(err).Hint, row.hint) {
			t.Errorf("%q: the hint is %q", row.name, explain(err).Hint)
		}
	}
}

// TestEveryCommandTellsItsExitCodes: down to the last command, help ends with what the exit codes mean, which the contract promises.
func TestEveryCommandTellsItsExitCodes(t *testing.T) {
	process := quiet(&bytes.Buffer{})
	root := newRoot(&app{process: process, out: newPrinter(process.Out, process), err: newPrinter(process.Err, process)})
	seen := 0
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Name() == "completion" { // its children are cobra's own
			return
		}
		for _, child := range cmd.Commands() {
			seen++
			var out bytes.Buffer
			args := append(strings.Fields(child.CommandPath())[1:], "--help")
			if code := Run(t.Context(), args, quiet(&out)); code != ExitGood {
				t.Errorf("%s --help exits %d", child.CommandPath(), code)
			}
			_, codes, _ := strings.Cut(out.String(), "\nExit codes:\n")
			plain := regexp.MustCompile(`^  0  .+\n(  1  .+\n)?  2  wrong use\n(  3  .+\n)?$`).MatchString(codes)
			if !plain && child.Annotations[childExits] == "" {
				t.Errorf("%s does not end with exit codes: %q", child.CommandPath(), codes)
			}
			walk(child)
		}
	}
	walk(root)
	if seen <= len(verbs()) {
		t.Errorf("only %d commands were seen", seen)
	}
}
