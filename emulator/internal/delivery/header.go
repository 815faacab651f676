package delivery

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/outlocal/outlocal/dialect"
)

// header is a request's header in two forms. Neither is ever changed.
type header struct {
	shown http.Header // as it is on the wire
	sent  http.Header // as net/http wants it
	lines []byte      // what stands between the length of a body and the body; nil if net/http is to send it
}

// newHeader keeps net/http from adding a User-Agent of its own (W2.1-06): for that the key is to be there, without a value.
func newHeader(shown http.Header) *header {
	h := &header{shown: shown, sent: maps.Clone(shown)}
	h.sent["User-Agent"] = nil
	return h
}

// cachedHeaders is how many headers of notifications are kept. There is one for each client state where that is a header.
const cachedHeaders = 10_000

type headerKey struct {
	dialect *dialect.Dialect
	state   string
}

// header is that of a notification; a batch has one client state at most (W10-45).
func (e *Engine) header(g *group) *header {
	return e.headers.of(headerKey{g.dialect, g.state}, func(k headerKey) *header {
		h := newHeader(k.dialect.NotificationHeader(k.state))
		if sendable(h.shown) {
			_, h.lines = head(&http.Request{Method: http.MethodPost, URL: &url.URL{Host: "any"}, Header: h.sent})
		}
		return h
	})
}

// sendable tells whether net/http has nothing to object to the values of a header.
func sendable(h http.Header) bool {
	for _, values := range h {
		for _, v := range values {
			if strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) && r != '\t' }) {
				return false
			}
		}
	}
	return true
}

// handshakeHeader is that of a handshake (W2.1-04, W2.1-05).
func handshakeHeader(rules *dialect.Handshake, state string) *header {
	h := make(http.Header)
	for name, value := range rules.Header {
		h[name] = []string{value}
	}
	if rules.StateHeader != "" && state != "" {
		h[rules.StateHeader] = []string{state}
	}
	return newHeader(h)
}
