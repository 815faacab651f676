package diagnosis

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// excerptLimit bounds what is shown of a body or a name: the length of
// Graph's token and a little.
const excerptLimit = 120

// excerpt makes text fit for a terminal: cut, and with every character that
// moves a cursor or cannot be seen written as an escape. Quotes stay as they
// are, as they are often what is wrong.
func excerpt(text string) string { return excerptTo(text, excerptLimit) }

func excerptTo(text string, limit int) string {
	var b strings.Builder
	shown := 0
	for rest := text; rest != ""; shown++ {
		if shown == limit {
			b.WriteString("…")
			break
		}
		r, size := utf8.DecodeRuneInString(rest)
		writeVisible(&b, rest[:size], r)
		rest = rest[size:]
	}
	return b.String()
}

func writeVisible(b *strings.Builder, raw string, r rune) {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		fmt.Fprintf(b, `\x%02x`, raw[0])
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\t':
		b.WriteString(`\t`)
	case !strconv.IsPrint(r):
		fmt.Fprintf(b, `\u%04x`, r)
	default:
		b.WriteRune(r)
	}
}

// quantity spells a number of bytes.
func quantity(n int) string {
	if n == 1 {
		return "1 byte"
	}
	return strconv.Itoa(n) + " bytes"
}

// statusLine names a status as it is read on the wire.
func statusLine(a Answer) string {
	return strings.TrimSpace(strconv.Itoa(a.Status) + " " + http.StatusText(a.Status))
}

// shown is the answer in one line: status, and what there is of a body.
func shown(a Answer) string {
	if len(a.Body) == 0 {
		return statusLine(a)
	}
	return statusLine(a) + ": " + excerpt(string(a.Body))
}

// withoutQuery names a URL that a webhook answered with. Its query may hold
// anything, so nothing of it is shown.
func withoutQuery(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "a malformed URL"
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	if u.RawQuery != "" {
		u.RawQuery = "…"
	}
	return excerpt(u.String())
}
