package cli

import (
	"regexp"
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

// columnsOf is how many columns a text takes, colours not counted.
func columnsOf(text string) int {
	return utf8.RuneCountInString(colorCode.ReplaceAllString(text, ""))
}

// colorCode is what a terminal takes for other than text.
var colorCode = regexp.MustCompile("\x1b\\[[0-9;]*m")
