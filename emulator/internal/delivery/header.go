package delivery

import (
	"maps"
	"net/http"

	"github.com/outlocal/outlocal/dialect"
)

// header is a request's header in two forms. Neither is ever changed.
type header struct {
	shown http.Header // as it is on the wire
	sent  http.Header // as net/http wants it
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
		return newHeader(k.dialect.NotificationHeader(k.state))
	})
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
