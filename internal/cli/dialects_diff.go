package cli

import (
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/dialect"
)

// differenceRow is one thing in which two dialects differ, for programs.
type differenceRow struct {
	What string `json:"what"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// dialectDifferences is all of it.
type dialectDifferences struct {
	A           string          `json:"a"`
	B           string          `json:"b"`
	Differences []differenceRow `json:"differences"`
}

func newDialectsDiffCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "diff A B",
		Short: "Tell in what two schemas differ",
		Long: `Tell in what two schemas differ, or one schema and an earlier year of it: names, order, limits, times, wording.
It is read off the data that the emulator itself works with, so it is what changes when a path is served the other.

What one of them does not have is shown as a dash.`,
		Example: `outlocal dialects diff graph-v1.0@2021 graph-v1.0
outlocal dialects diff outlook-interim outlook-final --json`,
		Args:        takes("A", "B"),
		ValidArgs:   dialectNames(),
		Annotations: exits("told, whether they differ or not", "", ""),
		RunE: func(_ *cobra.Command, args []string) error {
			left, err := lookUp(args[0])
			if err != nil {
				return err
			}
			right, err := lookUp(args[1])
			if err != nil {
				return err
			}
			differences := dialect.Diff(left, right)
			if a.json {
				rows := []differenceRow{}
				for _, d := range differences {
					rows = append(rows, differenceRow(d))
				}
				return a.out.document("outlocal/dialects-diff/1", dialectDifferences{left.String(), right.String(), rows})
			}
			a.printDifferences(left, right, differences)
			return nil
		},
	}
}

func (a *app) printDifferences(left, right *dialect.Dialect, differences []dialect.Difference) {
	if len(differences) == 0 {
		a.out.line("%s and %s differ in nothing", left, right)
		return
	}
	widest := utf8.RuneCountInString(left.String())
	what := 0
	for _, d := range differences {
		what = max(what, utf8.RuneCountInString(d.What))
		widest = max(widest, utf8.RuneCountInString(d.A))
	}
	half, rest := valueWidths(a.out.width-what-2*len(partGap), widest)
	a.out.line("%s  %s  %s", pad("", what), a.out.strong(pad(left.String(), half)), a.out.strong(right.String()))
	for _, d := range differences {
		before, after := wrapped(orDash(d.A), half), wrapped(orDash(d.B), rest)
		for i := range max(len(before), len(after)) {
			name := ""
			if i == 0 {
				name = d.What
			}
			a.out.line("%s  %s  %s", pad(name, what), pad(lineOf(before, i), half), lineOf(after, i))
		}
	}
}

// The widths of a column of values: two of the longest beside the longest name fill a wide terminal, two of the shortest can still be read.
const (
	longestValue  = 38
	shortestValue = 16
)

// valueWidths shares the room that a terminal has for two columns of values, none or less if it is none. The first has nothing wider than
// widest.
func valueWidths(room, widest int) (first, second int) {
	if room <= 0 {
		return min(widest, longestValue), longestValue
	}
	first = min(widest, longestValue, max(room/2, shortestValue))
	return first, min(longestValue, max(room-first, shortestValue))
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func lineOf(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

// wrapped breaks a text between words, and a word that is longer than a line where that ends: what stands beside it keeps its column.
func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		for letters := []rune(word); len(letters) > width; letters = []rune(word) {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			lines, word = append(lines, string(letters[:width])), string(letters[width:])
		}
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	return append(lines, line)
}
