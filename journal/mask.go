package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// mask stands where a secret was.
const mask = "…"

// Masked returns e as it may be shown: the query values of every URL, user
// names and passwords in URLs, the values of headers that carry a secret,
// client states and tokens in bodies are replaced by "…". What is left is byte
// for byte what it was: names, order and spelling are what one debugs. e itself
// is not changed.
//
// It knows secrets by where they stand, and what stood there by its value
// wherever else it stands. A body that cannot be read, as it is compressed or
// not text, is replaced by its size.
func (e Entry) Masked() Entry {
	m := masker{e.secretValues()}
	e.Secrets = nil
	if e.Exchange != nil {
		x := *e.Exchange
		x.URL = m.mask(e.maskedURL())
		x.RequestBody = masker{}.body(x.RequestBody, x.RequestHeader) // by where they stand; that is where they come from
		x.ResponseBody = m.body(x.ResponseBody, x.ResponseHeader)
		x.RequestHeader = m.header(x.RequestHeader)
		x.ResponseHeader = m.header(x.ResponseHeader)
		x.Error = m.text(x.Error)
		e.Exchange = &x
	}
	e.URL = MaskURL(e.URL)
	e.Note = m.text(e.Note)
	e.Data = m.data(e.Data)
	return e
}

// maskedURL is that of the exchange. The token of a handshake may be shown,
// and what a client asks the API for; a notification URL that has parameters
// of these names has them for itself.
func (e *Entry) maskedURL() string {
	switch x := e.Exchange; {
	case e.Kind.byClient():
		return MaskRequest(x.URL)
	case len(x.RequestBody) == 0:
		return MaskHandshake(x.URL)
	default:
		return MaskURL(x.URL)
	}
}

// byClient tells whether the exchange of such an entry is a client's request
// to the API.
func (k Kind) byClient() bool {
	switch k {
	case Subscribed, Renewed, Reauthorized, Repointed, Deleted, Removed, Refused, Read, Import:
		return true
	}
	return false
}

// masker masks one entry.
type masker struct {
	values
}

// text masks what outlocal itself says, or what came back as an error.
func (m masker) text(text string) string { return m.mask(maskText(text)) }

// secretHeader tells whether the whole value of a header is a secret. The
// client state travels in headers x-ClientState (W4.1-02), x-context (W4.1-03)
// and ClientState (W4.1-04, W2.1-04).
func secretHeader(name string) bool {
	switch strings.ToLower(name) {
	case "x-clientstate", "x-context", "clientstate",
		"authorization", "proxy-authorization", "cookie", "set-cookie",
		"x-api-key", "api-key", "x-functions-key", "ocp-apim-subscription-key":
		return true
	}
	return false
}

// header keeps every name: that a header was sent, and how it was spelled,
// is often the answer.
func (m masker) header(h http.Header) http.Header {
	if h == nil {
		return nil
	}
	masked := make(http.Header, len(h))
	for name, values := range h {
		shown := make([]string, len(values))
		for i, v := range values {
			if secretHeader(name) || meantSecret(name) {
				shown[i] = mask
			} else {
				shown[i] = m.text(v)
			}
		}
		masked[name] = shown
	}
	return masked
}

// body masks a body by what it looks like rather than by its Content-Type:
// a wrong type is one of the mistakes that a journal is read for.
func (m masker) body(b Body, h http.Header) Body {
	if len(b) == 0 {
		return b
	}
	if coding := header(h, "Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return Body(fmt.Sprintf("%s (%d bytes, %s)", mask, len(b), m.text(coding)))
	}
	if bytes.IndexByte(b, 0) >= 0 {
		return Body(fmt.Sprintf("%s (%d bytes that are not text)", mask, len(b)))
	}
	text := string(b)
	m.values = m.in(text)
	if !looksLikeJSON(text) && strings.Contains(strings.ToLower(header(h, "Content-Type")), "x-www-form-urlencoded") {
		return Body(m.mask(maskQuery(text, nil)))
	}
	return Body(m.content(text))
}

// content masks what somebody else wrote. Where that is no JSON, whatever
// follows the name of a secret is one.
func (m masker) content(text string) string {
	if !looksLikeJSON(text) {
		return m.mask(maskNamed(maskText(text)))
	}
	masked := maskJSON(text, meantSecret, m.content)
	if !json.Valid([]byte(strings.TrimPrefix(text, "\ufeff"))) {
		masked = m.mask(maskNamed(masked))
	}
	return masked
}

func looksLikeJSON(text string) bool {
	start := strings.TrimLeft(text, "\ufeff \t\r\n")
	return start != "" && strings.IndexByte(`{["`, start[0]) >= 0
}

// data masks detail through its JSON, as its Go type may be anything.
func (m masker) data(data any) any {
	if data == nil {
		return nil
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // so that a URL's & is an &
	if err := enc.Encode(data); err != nil {
		return fmt.Sprintf("%s (%T that cannot be encoded as JSON)", mask, data)
	}
	text := strings.TrimSuffix(buf.String(), "\n")
	m.values = m.in(text)
	return json.RawMessage(maskJSON(text, secretName, m.text))
}

// header returns the first value of a header in whatever case its name is:
// names are kept as they were on the wire, which [http.Header.Get] does not find.
func header(h http.Header, name string) string {
	for key, values := range h {
		if strings.EqualFold(key, name) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}
