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
// It knows secrets by where they stand. A body that cannot be read, as it is
// compressed or not text, is replaced by its size.
func (e Entry) Masked() Entry {
	e.URL = MaskURL(e.URL)
	e.Note = maskText(e.Note)
	e.Data = maskData(e.Data)
	if e.Exchange != nil {
		x := *e.Exchange
		x.URL = MaskURL(x.URL)
		x.RequestBody = maskBody(x.RequestBody, x.RequestHeader)
		x.ResponseBody = maskBody(x.ResponseBody, x.ResponseHeader)
		x.RequestHeader = maskHeader(x.RequestHeader)
		x.ResponseHeader = maskHeader(x.ResponseHeader)
		x.Error = maskText(x.Error)
		e.Exchange = &x
	}
	return e
}

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

// maskHeader keeps every name: that a header was sent, and how it was spelled,
// is often the answer.
func maskHeader(h http.Header) http.Header {
	if h == nil {
		return nil
	}
	masked := make(http.Header, len(h))
	for name, values := range h {
		shown := make([]string, len(values))
		for i, v := range values {
			if secretHeader(name) {
				shown[i] = mask
			} else {
				shown[i] = maskText(v)
			}
		}
		masked[name] = shown
	}
	return masked
}

// maskBody masks a body by what it looks like rather than by its Content-Type:
// a wrong type is one of the mistakes that a journal is read for.
func maskBody(b Body, h http.Header) Body {
	if len(b) == 0 {
		return b
	}
	if coding := header(h, "Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return Body(fmt.Sprintf("%s (%d bytes, %s)", mask, len(b), maskText(coding)))
	}
	if bytes.IndexByte(b, 0) >= 0 {
		return Body(fmt.Sprintf("%s (%d bytes that are not text)", mask, len(b)))
	}
	text := string(b)
	switch start := strings.TrimLeft(text, "\ufeff \t\r\n"); {
	case strings.HasPrefix(start, "{"), strings.HasPrefix(start, "["):
		text = maskJSON(text)
	case strings.Contains(strings.ToLower(header(h, "Content-Type")), "x-www-form-urlencoded"):
		text = maskQuery(text)
	default:
		text = maskText(text)
	}
	return Body(text)
}

// maskData masks detail through its JSON, as its Go type may be anything.
func maskData(data any) any {
	if data == nil {
		return nil
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // so that a URL's & is an &
	if err := enc.Encode(data); err != nil {
		return fmt.Sprintf("%s (%T that cannot be encoded as JSON)", mask, data)
	}
	return json.RawMessage(maskJSON(strings.TrimSuffix(buf.String(), "\n")))
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
