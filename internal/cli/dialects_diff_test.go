package cli

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/dialect"
)

// TestDifferencesOnANarrowTerminal: columns stay columns, whatever two schemas differ in.
func TestDifferencesOnANarrowTerminal(t *testing.T) {
	const columns = 80
	for _, left := range dialect.All() {
		for _, right := range dialect.All() {
			var out bytes.Buffer
			process := quiet(&out)
			a := &app{process: process, out: newPrinter(process.Out, process)}
			a.out.width = columns
			a.printDifferences(left, right, dialect.Diff(left, right))
			for line := range strings.Lines(out.String()) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > columns {
					t.Errorf("%s and %s: this line has %d columns: %s", left, right, n, line)
				}
			}
		}
	}
}

func TestValueWidths(t *testing.T) {
	for _, row := range []struct {
		name                        string
		room, widest, first, second int
	}{
		{"no terminal", -10, 50, 38, 38},
		{"no terminal, short values", -10, 12, 12, 38},
		{"a wide one", 90, 50, 38, 38},
		{"a narrow one", 42, 50, 21, 21},
		{"a narrow one, short values", 42, 12, 12, 30},
		{"one that is too narrow", 10, 50, 16, 16},
	} {
		if first, second := valueWidths(row.room, row.widest); first != row.first || second != row.second {
			t.Errorf("%s: %d and %d, want %d and %d", row.name, first, second, row.first, row.second)
		}
	}
}

func TestWrapped(t *testing.T) {
	for _, row := range []struct {
		text string
		want []string
	}{
		{"one two three", []string{"one two", "three"}},
		{"a #Microsoft.Outlook b", []string{"a", "#Microsof", "t.Outlook", "b"}},
		{"abcdefghijk lm", []string{"abcdefghi", "jk lm"}},
		{"abcdefghi", []string{"abcdefghi"}},
	} {
		if diff := cmp.Diff(row.want, wrapped(row.text, len("abcdefghi"))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", row.text, diff)
		}
	}
}
