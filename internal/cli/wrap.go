package cli

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// partGap stands between the parts of a line.
const partGap = "  "

// wrap breaks a line between its parts, where it has more columns than there are. What follows goes further to the right.
func wrap(text string, columns, further int) []string {
	var lines []string
	line, used := "", 0
	for i, part := range strings.Split(text, partGap) {
		needs := columnsOf(part)
		switch {
		case i == 0:
			line, used = part, needs
		case used > further && used+len(partGap)+needs > columns: // a glyph alone is no line
			lines = append(lines, line)
			line, used = strings.Repeat(" ", further)+part, further+needs
		default:
			line, used = line+partGap+part, used+len(partGap)+needs
		}
	}
	return append(lines, line)
}

// fit breaks the lines of a text that have more columns than there are: paragraphs anew, a line of a list or a table below its last part.
func fit(text string, columns int) string {
	var lines, paragraph []string
	flush := func() {
		if slices.ContainsFunc(paragraph, func(line string) bool { return columnsOf(line) > columns }) {
			paragraph = fold(strings.Join(paragraph, " "), columns)
		}
		lines, paragraph = append(lines, paragraph...), nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" && line[0] != ' ' {
			paragraph = append(paragraph, line)
			continue
		}
		flush()
		if columnsOf(line) <= columns {
			lines = append(lines, line)
			continue
		}
		before, last := line[:len(line)-len(strings.TrimLeft(line, " "))], strings.TrimLeft(line, " ")
		if at := strings.LastIndex(last, partGap); at >= 0 {
			before, last = before+last[:at+len(partGap)], last[at+len(partGap):]
		}
		for i, part := range fold(last, columns-columnsOf(before)) {
			if i > 0 {
				before = strings.Repeat(" ", columnsOf(before))
			}
			lines = append(lines, before+part)
		}
	}
	flush()
	return strings.Join(lines, "\n")
}

// columnsOf is how many columns a text takes, colours not counted.
func columnsOf(text string) int {
	return utf8.RuneCountInString(colorCode.ReplaceAllString(text, ""))
}

// colorCode is what a terminal takes for other than text.
var colorCode = regexp.MustCompile("\x1b\\[[0-9;]*m")
