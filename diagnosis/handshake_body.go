package diagnosis

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// body judges an answer with status 200 whose body is not the token. It
// first takes off, layer by layer, what frameworks put around a text; where
// no way leads to the token it names what the body is instead.
func (j *handshake) body() {
	text := string(j.Body)
	if encoding := j.Header.Get("Content-Encoding"); compressed(encoding, j.Body) {
		j.wrong("handshake-gzip", "", "the body is compressed, the header Content-Encoding is `"+excerpt(encoding)+"`")
		return
	}
	if !j.BodyTruncated {
		if layers, ok := j.peel(text, maxLayers); ok {
			for _, l := range layers {
				j.wrong(l.id, l.name, "")
			}
			return
		}
	}
	id, name := j.instead(text)
	j.wrong(id, name, "")
}

// wrong adds a finding about the body with the usual facts.
func (j *handshake) wrong(id, name, detail string) {
	if detail == "" {
		detail = fmt.Sprintf("your webhook answered `%s`: %s, the token has %d",
			excerpt(string(j.Body)), quantity(len(j.Body)), len(j.Token))
		if len(j.Body) == 0 {
			detail = fmt.Sprintf("your webhook answered nothing, the token has %s", quantity(len(j.Token)))
		}
	}
	if j.BodyTruncated {
		detail += " (and the answer goes on)"
	}
	j.add(id, fact{
		name: name, detail: detail, sent: j.sent(), got: excerpt(string(j.Body)),
		at: fmt.Sprintf("response body, byte %d", difference(string(j.Body), j.Token)),
	})
}

// difference is the number, from one, of the first byte that is not as it
// should be.
func difference(got, want string) int {
	n := 0
	for n < len(got) && n < len(want) && got[n] == want[n] {
		n++
	}
	return n + 1
}

// layer is something around the token, by the finding that names it.
type layer struct {
	id, name string
}

// maxLayers bounds how many mistakes are taken to lie on top of one another.
const maxLayers = 3

// peel returns the layers that lead from a text to the token.
func (j *handshake) peel(text string, depth int) ([]layer, bool) {
	if id := j.altered(text); id != "" {
		return []layer{{id: id}}, true
	}
	if depth == 0 {
		return nil, false
	}
	for _, off := range wrappers() {
		for _, inner := range off.open(text) {
			if inner == j.Token {
				return []layer{off.layer}, true
			}
			if rest, ok := j.peel(inner, depth-1); ok {
				return append([]layer{off.layer}, rest...), true
			}
		}
	}
	return nil, false
}

// wrapper opens one kind of wrapping; what it opens is shorter, or nothing.
type wrapper struct {
	layer
	open func(string) []string
}

func wrappers() []wrapper {
	return []wrapper{
		{layer{id: "handshake-charset"}, openUTF16},
		// JSON before blanks: encoders end a document with a line end of
		// their own, which is not a mistake of its own.
		{layer{id: "handshake-json-quotes"}, openJSONString},
		{layer{id: "handshake-json-object"}, openJSONDocument},
		{layer{id: "handshake-whitespace"}, openSpace},
		{layer{id: "handshake-html-escaped"}, openEntities},
	}
}

func openUTF16(text string) []string {
	if len(text) < 2 || len(text)%2 != 0 {
		return nil
	}
	big := text[0] == 0xfe && text[1] == 0xff || text[0] == 0
	units := make([]uint16, 0, len(text)/2)
	for i := 0; i < len(text); i += 2 {
		low, high := uint16(text[i]), uint16(text[i+1])
		if big {
			low, high = high, low
		}
		units = append(units, high<<8|low)
	}
	const byteOrderMark = 0xfeff
	if units[0] == byteOrderMark {
		units = units[1:]
	}
	return []string{string(utf16.Decode(units))}
}

// openSpace takes off what cannot be seen: blanks, line ends, marks of byte
// order, blanks of no width.
func openSpace(text string) []string {
	inner := strings.Trim(text, " \t\r\n\v\f\x00\u00a0\u200b\ufeff")
	if inner == text {
		return nil
	}
	return []string{inner}
}

func openJSONString(text string) []string {
	var inner string
	if !strings.HasPrefix(strings.TrimSpace(text), `"`) || json.Unmarshal([]byte(text), &inner) != nil {
		return nil
	}
	return []string{inner}
}

// openJSONDocument returns the texts in an object or a list.
func openJSONDocument(text string) []string {
	if !document(strings.TrimSpace(text)) {
		return nil
	}
	var found []string
	decoder := json.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.Token()
		if err != nil {
			return found
		}
		if inner, ok := token.(string); ok && len(found) < maxTexts {
			found = append(found, inner)
		}
	}
}

// maxTexts bounds the search through a document: an answer with the token in
// it is small.
const maxTexts = 16

func openEntities(text string) []string {
	inner := html.UnescapeString(text)
	if inner == text {
		return nil
	}
	return []string{inner}
}

// altered names the change by which a text as long as a token differs from
// it; empty if there is none.
func (j *handshake) altered(text string) string {
	blanks := strings.ReplaceAll(text, "+", " ")
	switch {
	case text == "" || text == j.Token:
		return ""
	case text == j.TokenEncoded, blanks == strings.ReplaceAll(j.TokenEncoded, "+", " ") && strings.Contains(text, "%"):
		return "handshake-undecoded"
	case strings.Contains(text, "%") && j.decodes(text):
		return "handshake-double-encoded"
	case blanks == j.Token:
		return "handshake-plus"
	case j.decodedAgain(text):
		return "handshake-double-decoded"
	case strings.EqualFold(text, j.Token):
		return "handshake-case"
	case j.recoded(text):
		return "handshake-charset"
	default:
		return ""
	}
}

// recoded tells whether a text is the token in a code that lacks its letters
// beyond ASCII, or has other bytes for them: all else is as it should be.
func (j *handshake) recoded(text string) bool {
	ascii := func(r rune) rune {
		if r >= utf8.RuneSelf {
			return -1
		}
		return r
	}
	rest := strings.Map(ascii, j.Token)
	instead := strings.Map(ascii, text)
	lost := strings.ReplaceAll(instead, "?", "") // what many write for a letter that they don't have
	return rest != j.Token && (instead != text && instead == rest || lost != instead && lost == strings.ReplaceAll(rest, "?", ""))
}

// decodes tells whether decoding a text, once or more often, yields the token.
func (j *handshake) decodes(text string) bool {
	for range maxLayers {
		inner, err := url.QueryUnescape(text)
		if err != nil || inner == text {
			return false
		}
		if inner == j.Token {
			return true
		}
		text = inner
	}
	return false
}

// decodedAgain tells whether a text is the token decoded once too often, in
// either of the two ways to read a plus.
func (j *handshake) decodedAgain(text string) bool {
	form, formErr := url.QueryUnescape(j.Token)
	path, pathErr := url.PathUnescape(j.Token)
	return formErr == nil && form == text || pathErr == nil && path == text
}

// instead names what a body is that has no way to the token.
func (j *handshake) instead(text string) (id, name string) {
	p := pageOf(j.Answer)
	trimmed := strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	switch {
	case p.login():
		return "handshake-html", "login"
	case p.frontEnd():
		return "handshake-html", "front-end"
	case p.html():
		return "handshake-html", ""
	case trimmed == "":
		return "handshake-empty", ""
	case document(trimmed), j.BodyTruncated && bracketed(trimmed):
		return "handshake-json-object", "no-token"
	case j.BodyTruncated:
		return "handshake-too-long", ""
	case len(trimmed) < len(j.Token) && strings.HasPrefix(j.Token, trimmed):
		return "handshake-cut", ""
	case j.Token != "" && strings.Contains(text, j.Token):
		return "handshake-prefix-suffix", surroundingCase(trimmed)
	case j.TokenEncoded != "" && strings.Contains(text, j.TokenEncoded):
		return "handshake-prefix-suffix", "query"
	default:
		return "handshake-other-token", j.otherCase(trimmed)
	}
}

// document tells whether a text is a JSON object or list.
func document(text string) bool {
	return bracketed(text) && json.Valid([]byte(text))
}

// bracketed tells whether a text begins like one: all there is to go by where
// the rest was not read.
func bracketed(text string) bool {
	return strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[")
}

func surroundingCase(text string) string {
	if strings.HasPrefix(text, "<") {
		return "xml"
	}
	return ""
}

// otherCase tells a token of another request, which begins like this one's
// or has the same length and no blank, from a fixed text.
func (j *handshake) otherCase(text string) string {
	const sentenceStart = "Validation: Testing" // W2.1-12
	switch text {
	case "undefined", "null", "None", "nil", "NULL", `""`, `"undefined"`, "[object Object]", "NaN":
		return "missing"
	}
	sameForm := len(text) == len(j.Token) && !strings.Contains(text, " ") && !strings.Contains(j.Token, " ")
	if strings.HasPrefix(text, sentenceStart) || sameForm {
		return "earlier"
	}
	return ""
}

// compressed tells whether a body is compressed: by its header, or by the
// mark that gzip begins with. Some put a charset into that header.
func compressed(encoding string, body []byte) bool {
	switch strings.ToLower(encoding) {
	case "gzip", "x-gzip", "deflate", "br", "zstd", "compress":
		return true
	}
	gzip := []byte{0x1f, 0x8b}
	return bytes.HasPrefix(body, gzip)
}
