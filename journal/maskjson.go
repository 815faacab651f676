package journal

import (
	"bytes"
	"encoding/json"
	"strings"
)

// maskJSON masks the secrets in a JSON text and leaves every other byte as it
// is. It reads tokens, not documents, so that a body that is not quite JSON
// (unquoted names, single quotes, cut off, trailing text) is masked as well:
// those are the bodies one looks at.
func maskJSON(text string) string {
	m := jsonMasker{text: text}
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
}

// token reads one token and writes it, masked where it must be.
func (m *jsonMasker) token() {
	switch c := m.text[0]; c {
	case ' ', '\t', '\r', '\n', ':', ',': // only a name or an end makes the next value no secret
		m.copy(1)
	case '{', '[':
		m.open = append(m.open, m.hidden())
		m.secret = false
		m.copy(1)
	case '}', ']':
		if len(m.open) > 0 {
			m.open = m.open[:len(m.open)-1]
		}
		m.secret = false
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
		m.secret = secretName(unescape(content))
		m.copy(end)
		return
	case m.hidden() && content != "":
		m.out.WriteByte(quote)
		m.out.WriteString(mask)
	default:
		m.out.WriteByte(quote)
		m.out.WriteString(maskString(content))
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
		m.secret = secretName(word)
		m.copy(end)
		return
	case word == "null", word == "true", word == "false": // says something, gives nothing away
		m.out.WriteString(word)
	case m.hidden():
		m.out.WriteString(`"` + mask + `"`)
	default:
		m.out.WriteString(MaskURL(word))
	}
	m.text = m.text[end:]
}

func (m *jsonMasker) copy(n int) {
	m.out.WriteString(m.text[:n])
	m.text = m.text[n:]
}

// secretName tells whether a property's value is a secret: the client state as
// the dialects call it (W1.2-03, W1.2-04, W1.2-05), and the tokens and
// credentials of sign-in. A map of headers is known by the headers' names.
func secretName(name string) bool {
	switch strings.ToLower(name) {
	case "context",
		"access_token", "refresh_token", "id_token", "device_code", "assertion",
		"client_secret", "client_assertion", "code_verifier", "password", "secret",
		"validationtokens", "webpushencryptionsecret":
		return true
	}
	return secretHeader(name)
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

// maskString masks URLs and tokens inside a string. Only a string with one is
// written anew.
func maskString(content string) string {
	plain := unescape(content)
	masked := maskText(plain)
	if strings.HasPrefix(plain, "http://") || strings.HasPrefix(plain, "https://") {
		masked = MaskURL(plain) // a blank in it does not end it
	}
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
