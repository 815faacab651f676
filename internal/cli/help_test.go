package cli

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// quiet is a process without an environment that prints into a buffer.
func quiet(out *bytes.Buffer) Process {
	return Process{
		Version: "test", Out: out, Err: out,
		Env: func(string) string { return "" }, Terminal: func(io.Writer) bool { return false },
	}
}

// TestHelp holds every verb's help to its form.
func TestHelp(t *testing.T) {
	process := quiet(&bytes.Buffer{})
	root := newRoot(&app{process: process, out: newPrinter(process.Out, process), err: newPrinter(process.Err, process)})
	if len(root.Commands()) != len(verbs()) {
		t.Fatalf("there are %d commands and %d verbs", len(root.Commands()), len(verbs()))
	}
	for _, cmd := range root.Commands() {
		t.Run(cmd.Name(), func(t *testing.T) {
			var out bytes.Buffer
			if code := Run(t.Context(), []string{cmd.Name(), "--help"}, quiet(&out)); code != ExitGood {
				t.Fatalf("help exits %d", code)
			}
			checkHelp(t, cmd, out.String())
		})
	}
}

func checkHelp(t *testing.T, cmd *cobra.Command, help string) {
	for _, section := range []string{"\nUsage:\n  outlocal " + cmd.Name(), "\nExamples:\n  outlocal ", "\nFlags:\n", "\nFlags of every command:\n      --json "} {
		if !strings.Contains(help, section) {
			t.Errorf("help has no %q:\n%s", section, help)
		}
	}
	exits := `  0  .+\n(  1  .+\n)?  2  wrong use\n(  3  .+\n)?`
	if cmd.Annotations[childExits] != "" {
		exits = `  those of the command, .+\n  1    .+\n  125  .+ wrong use\n  126  .+\n  127  .+\n`
	}
	if !regexp.MustCompile(`\nExit codes:\n` + exits + `$`).MatchString(help) {
		t.Errorf("help does not end with exit codes:\n%s", help)
	}
	const widest = 120
	for line := range strings.Lines(help) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > widest {
			t.Errorf("this line has %d columns: %s", n, line)
		}
	}
	if cmd.GroupID == "" {
		t.Error("it has no group in the help")
	}
	if !regexp.MustCompile(`^[A-Z].*[^.]$`).MatchString(cmd.Short) {
		t.Errorf("its line in the help is none: %q", cmd.Short)
	}
}

// TestHelpOnANarrowTerminal: nothing but examples, which are copied, is broken by the terminal itself.
func TestHelpOnANarrowTerminal(t *testing.T) {
	const columns = 80
	var out bytes.Buffer
	process := quiet(&out)
	a := &app{process: process, out: newPrinter(process.Out, process), err: newPrinter(process.Err, process)}
	a.out.width = columns
	root := newRoot(a)
	all := append([]*cobra.Command{root}, root.Commands()...)
	for _, cmd := range root.Commands() {
		all = append(all, cmd.Commands()...)
	}
	for _, cmd := range all {
		out.Reset()
		a.help(cmd, nil)
		_, rest, examples := strings.Cut(out.String(), "\nExamples:\n")
		text := out.String()
		if examples {
			_, rest, _ = strings.Cut(rest, "\n\n")
			text = text[:strings.Index(text, "\nExamples:\n")] + "\n" + rest
		}
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > columns {
				t.Errorf("%s: this line has %d columns: %s", cmd.CommandPath(), n, line)
			}
		}
	}
}
