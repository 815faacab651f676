package journal

import (
	"cmp"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Where a secret stands in what outlocal sends is known. A webhook that
// answers with what it got says it again where nobody would look for it, so
// what stood where secrets stand is masked wherever it stands.

const (
	// wholeWord is the length below which a secret is only taken for one where
	// it is a word by itself: "test" is not to be cut out of "latest".
	wholeWord = 8

	// leastValue is the length below which the value of a URL's parameter is
	// taken for a flag, or for the number of a version.
	leastValue = 3

	// deepestJSON is how often JSON is a string of JSON before nobody reads it.
	deepestJSON = 3
)

// values are secrets, the longest first, each in all its forms.
type values [][]string

// secretValues finds the secrets of an entry.
func (e *Entry) secretValues() values {
	var found values
	for _, s := range e.Secrets {
		found.add(s)
	}
	found.addURL(e.URL)
	if x := e.Exchange; x != nil {
		switch {
		case e.Kind.byClient():
			found.addLiterals(x.URL)
		case len(x.RequestBody) == 0:
			own, _ := cutToken(x.URL)
			found.addURL(own)
		default:
			found.addURL(x.URL)
		}
		found.addHeader(x.RequestHeader)
		found.addBody(x.RequestBody)
	}
	slices.SortFunc(found, func(a, b []string) int { return cmp.Or(len(b[0])-len(a[0]), strings.Compare(a[0], b[0])) })
	return slices.CompactFunc(found, func(a, b []string) bool { return a[0] == b[0] })
}

// add adds a secret as it is and as it is written in JSON, pages and URLs.
func (v *values) add(secret string) {
	secret = strings.TrimSpace(secret)
	switch strings.ToLower(secret) {
	case "", mask, "null", "true", "false":
		return
	}
	*v = append(*v, forms(secret))
	if plain := unescapeQuery(secret); plain != secret { // as it stands in a URL
		*v = append(*v, forms(plain))
	}
}

// forms are the ways in which a text is written: as it is, in a page, in a URL,
// and in JSON, also in that of JSON of JSON.
func forms(text string) []string {
	all := []string{text, html.EscapeString(text), url.QueryEscape(text), url.PathEscape(text)}
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`)
	inner := text
	for range deepestJSON {
		if encoded, err := json.Marshal(inner); err == nil {
			all = append(all, string(encoded[1:len(encoded)-1])) // with < and > escaped
		}
		inner = escape.Replace(inner)
		all = append(all, inner)
	}
	slices.SortFunc(all[1:], func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(all)
}

// addURL adds the query values of a URL and its user's name and password.
func (v *values) addURL(u string) {
	u, _, _ = strings.Cut(u, "#")
	base, query, _ := strings.Cut(u, "?")
	if _, authority, found := strings.Cut(base, "//"); found {
		authority, _, _ = strings.Cut(authority, "/")
		if user, _, found := cutLast(authority, "@"); found {
			for part := range strings.SplitSeq(user, ":") {
				if len(part) >= leastValue {
					v.add(part)
				}
			}
		}
	}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, named := strings.Cut(pair, "=")
		if !named {
			value = name
		}
		if len(value) >= leastValue {
			v.add(value)
		}
	}
}

// addLiterals adds what a client compares a client state with: the API's
// answer may quote the filter.
func (v *values) addLiterals(u string) {
	_, query, _ := strings.Cut(u, "?")
	if query = unescapeQuery(query); !secretWord(query) {
		return
	}
	for i, part := range strings.Split(query, "'") {
		if i%2 == 1 && len(part) >= leastValue {
			v.add(part)
		}
	}
}

func (v *values) addHeader(h http.Header) {
	for name, all := range h {
		if !secretHeader(name) {
			continue
		}
		for _, value := range all {
			v.add(value)
			if _, token, found := strings.Cut(value, " "); found && len(token) >= wholeWord { // Bearer, Basic
				v.add(token)
			}
		}
	}
}

// addBody adds what is called a secret in a body of JSON, and the query values
// of the URLs in it.
func (v *values) addBody(b Body) {
	var document any
	if len(b) == 0 || json.Unmarshal(b, &document) != nil {
		return
	}
	v.addJSON("", document, false)
}

func (v *values) addJSON(name string, value any, secret bool) {
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			v.addJSON(name, inner, secret || meantSecret(name))
		}
	case []any:
		for _, inner := range value {
			v.addJSON(name, inner, secret)
		}
	case string:
		switch {
		case secret:
			v.add(value)
		case kindOf(name) == urlValue:
			v.addURL(value)
		}
	}
}

// in are those that a text has: it may have many strings to be looked through.
func (v values) in(text string) (there values) {
	for _, secret := range v {
		if slices.ContainsFunc(secret, func(form string) bool { return strings.Contains(text, form) }) {
			there = append(there, secret)
		}
	}
	return there
}

// mask replaces secrets in a text.
func (v values) mask(text string) string {
	for _, secret := range v {
		for _, form := range secret {
			if strings.Contains(text, form) {
				text = maskValue(text, form)
			}
		}
	}
	return text
}

func maskValue(text, secret string) string {
	if len(secret) >= wholeWord {
		return strings.ReplaceAll(text, secret, mask)
	}
	var b strings.Builder
	for from := 0; ; {
		at := strings.Index(text[from:], secret)
		if at < 0 {
			b.WriteString(text[from:])
			return b.String()
		}
		at += from
		end := at + len(secret)
		if at > 0 && isWord(text[at-1]) || end < len(text) && isWord(text[end]) {
			b.WriteString(text[from:end])
		} else {
			b.WriteString(text[from:at] + mask)
		}
		from = end
	}
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

func cutLast(text, separator string) (before, after string, found bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(separator):], true
}
