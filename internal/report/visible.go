package report

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Where Unicode has pictures of the control characters.
const (
	controlPictures = 0x2400
	pictureOfDelete = 0x2421
)

// visible is a text that every form can hold: what is no text, and control characters but tabs and the ends of lines, are shown instead
// of being there. XML can't hold most of them, and a terminal would obey them.
func visible(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case r == '\n', r == '\t':
			b.WriteRune(r)
		case r == '\r' && strings.HasPrefix(text[i+1:], "\n"): // the end of a line, as some write it
		case r < ' ':
			b.WriteRune(controlPictures + r)
		case r == 0x7f:
			b.WriteRune(pictureOfDelete)
		case r > 0x7f && r < 0xa0, r == 0xfffe, r == 0xffff: // the other control characters, and two that are none
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// oneLine is a visible text on one line.
func oneLine(text string) string { return strings.Join(strings.Fields(visible(text)), " ") }

// cut shortens a visible text to so many bytes, and says so.
func cut(text string, longest int) string {
	if len(text) <= longest {
		return text
	}
	for longest > 0 && !utf8.RuneStart(text[longest]) {
		longest--
	}
	return fmt.Sprintf("%s… (%d more bytes)", text[:longest], len(text)-longest)
}
