package journal

import (
	"bytes"
	"encoding/json"
	"strings"
)

// maskJSON masks the secrets in a JSON text and leaves every other byte as it
// is. It reads tokens, not documents, so that a body that is not quite JSON
// (unquoted names, single quotes, cut off, trailing text) is masked as well:
// those are the bodies one looks at. What isSecret names is masked whole, and
// inner masks what stands in any other string.
func maskJSON(text string, isSecret func(name string) bool, inner func(string) string) string {
	m := jsonMasker{text: text, isSecret: isSecret, inner: inner}
	m.out.Grow(len(text))
	for m.text != "" {
		m.token()
	}
	return m.out.String()
}

// jsonMasker is the state between two tokens.
type jsonMasker struct {
	text   string // not read yet
	out    strings.Builder
	open   []bool // for each open object and array: is all of it secret?
	secret bool   // is the value after the last name secret?
	kind   kind   // of the value after the last name

	isSecret func(name string) bool
	inner    func(string) string
}

// token reads one token and writes it, masked where it must be.
func (m *jsonMasker) token() {
	switch c := m.text[0]; c {
	case ' ', '\t', '\r', '\n', ':', ',': // only a name or an end makes the next value no secret
		m.copy(1)
	case '{', '[':
		m.open = append(m.open, m.hidden())
		m.secret, m.kind = false, plainValue
		m.copy(1)
	case '}', ']':
		if len(m.open) > 0 {
			m.open = m.open[:len(m.open)-1]
		}
		m.secret, m.kind = false, plainValue
		m.copy(1)
	case '"', '\'':
		m.quoted(c)
	default:
		m.bare()
	}
}

// hidden tells whether the value that comes next is a secret.
func (m *jsonMasker) hidden() bool {
	return m.secret || len(m.open) > 0 && m.open[len(m.open)-1]
}

// quoted reads a string, which is a name if a colon follows.
func (m *jsonMasker) quoted(quote byte) {
	end, closed := quotedEnd(m.text, quote)
	content := m.text[1:end]
	if closed {
		content = m.text[1 : end-1]
	}
	switch {
	case isName(m.text[end:]):
		m.named(unescape(content))
		m.copy(end)
		return
	case m.hidden() && content != "":
		m.out.WriteByte(quote)
		m.out.WriteString(mask)
	default:
		m.out.WriteByte(quote)
		m.out.WriteString(m.string(content))
	}
	if closed {
		m.out.WriteByte(quote)
	}
	m.text = m.text[end:]
}

// bare reads a literal, a number, or a name or value that lacks its quotes.
func (m *jsonMasker) bare() {
	end := strings.IndexAny(m.text, " \t\r\n,:{}[]\"'")
	if end < 0 {
		end = len(m.text)
	}
	word := m.text[:end]
	switch {
	case isName(m.text[end:]):
		m.named(word)
		m.copy(end)
		return
	case word == "null", word == "true", word == "false", word == mask: // says something, gives nothing away
		m.out.WriteString(word)
	case m.hidden():
		m.out.WriteString(`"` + mask + `"`)
	case json.Valid([]byte(word)): // a number; masked it must be a string, or the document is none any more
		if masked := m.string(word); masked == word {
			m.out.WriteString(word)
		} else {
			m.out.WriteString(`"` + masked + `"`)
		}
	default:
		m.out.WriteString(m.string(word))
	}
	m.text = m.text[end:]
}

// named takes note of the name of the value that comes next.
func (m *jsonMasker) named(name string) {
	m.secret, m.kind = m.isSecret(name), kindOf(name)
}

// kind is what a value is said to be by its name.
type kind int

const (
	plainValue   kind = iota
	urlValue          // the URL of a webhook, whether it has a scheme or not
	requestValue      // a path of the API, with its options
)

func kindOf(name string) kind {
	name = strings.ToLower(name)
	switch {
	case strings.HasSuffix(name, "url"), strings.HasSuffix(name, "uri"):
		return urlValue
	case name == "resource", strings.HasPrefix(name, "@odata."), strings.HasPrefix(name, "odata."):
		return requestValue
	}
	return plainValue
}

func (m *jsonMasker) copy(n int) {
	m.out.WriteString(m.text[:n])
	m.text = m.text[n:]
}

// isName tells whether a colon comes next, which makes a name of what was before.
func isName(rest string) bool {
	return strings.HasPrefix(strings.TrimLeft(rest, " \t\r\n"), ":")
}

// quotedEnd returns where the string that text begins with ends, and whether
// it is closed there or cut off.
func quotedEnd(text string, quote byte) (end int, closed bool) {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case quote:
			return i + 1, true
		}
	}
	return len(text), false
}

// unescape decodes the escapes of a string; one that is wrong is taken as it is.
func unescape(content string) string {
	if !strings.Contains(content, `\`) {
		return content
	}
	var plain string
	if json.Unmarshal([]byte(`"`+content+`"`), &plain) != nil {
		return content
	}
	return plain
}

// string masks URLs and tokens inside a string. Only a string with one is
// written anew.
func (m *jsonMasker) string(content string) string {
	plain := unescape(content)
	masked := m.value(plain)
	if masked == plain {
		return content
	}
	if plain == content { // nothing was escaped, and masking adds nothing to escape
		return masked
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(masked); err != nil {
		return mask
	}
	return strings.TrimSuffix(buf.String()[1:], "\"\n")
}

// value masks the value of a string.
func (m *jsonMasker) value(plain string) string {
	path, _, hasQuery := strings.Cut(plain, "?")
	switch {
	case m.kind == urlValue:
		plain = maskUser(MaskURL(plain))
	case m.kind == requestValue && hasQuery:
		return MaskRequest(plain) // its options were looked through
	case strings.HasPrefix(plain, "http://"), strings.HasPrefix(plain, "https://"),
		hasParameter(plain) && !strings.ContainsFunc(path, wordBreak):
		plain = MaskURL(plain) // a blank in it does not end it
	}
	return m.inner(plain)
}

// hasParameter tells whether a text has the query of a URL.
func hasParameter(text string) bool {
	_, query, found := strings.Cut(text, "?")
	return found && strings.Contains(query, "=")
}

// maskUser masks the user and password of a URL without a scheme.
func maskUser(u string) string {
	base, _, _ := strings.Cut(u, "?")
	if at := strings.LastIndexByte(base, '@'); at >= 0 && !strings.Contains(base, "//") {
		return mask + u[at:]
	}
	return u
}
