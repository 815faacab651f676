package diagnosis

import (
	"html"
	"net/http"
	"regexp"
	"strings"
)

// reasonLimit bounds what is quoted of an answer's text: an exception and the
// place it comes from.
const reasonLimit = 160

// The parts of an answer that nobody reads, and the values of queries, which
// error pages like to repeat.
var (
	markup     = regexp.MustCompile(`(?is)<head\b.*?</head\s*>|<script\b.*?</script\s*>|<style\b.*?</style\s*>|<!--.*?-->|<[^>]*>`)
	queryValue = regexp.MustCompile(`([?&][^\s=&?#"'<>]+=)[^\s&#"'<>]+`)
)

// reason quotes what an answer says beside its status, with a colon before
// it: the exception, the path that has no route. It is empty where the answer
// says no more than the status does.
func (p page) reason() string {
	text := string(p.Body[:min(len(p.Body), pageLimit)])
	if compressed(p.Header.Get("Content-Encoding"), p.Body) || strings.ContainsRune(text, 0) {
		return ""
	}
	if p.html() {
		text = html.UnescapeString(markup.ReplaceAllString(text, " "))
	}
	text = strings.Join(strings.Fields(text), " ")
	if text == "" || strings.EqualFold(text, http.StatusText(p.Status)) {
		return ""
	}
	return ": " + excerptTo(queryValue.ReplaceAllString(text, "${1}…"), reasonLimit)
}
