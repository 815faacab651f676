package scenarios

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/outlocal/outlocal/journal"
)

// masked stands where something must not show: a client state, or a query value of the webhook's address, which may be its key.
const masked = "…"

// shortestSecret is how long a value has to be to be one. A shorter one protects nothing, and stands in many a word.
const shortestSecret = 4

// secrets are values that must not show in what is told of a play.
type secrets []string

// add takes in client states, and of addresses the query values.
func (s *secrets) add(state string, addresses ...string) {
	values := []string{state}
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err != nil {
			continue
		}
		for pair := range strings.SplitSeq(u.RawQuery, "&") {
			_, raw, _ := strings.Cut(pair, "=")
			values = append(values, raw)
			if plain, err := url.QueryUnescape(raw); err == nil {
				values = append(values, plain)
			}
		}
	}
	for _, value := range values {
		if len(value) >= shortestSecret && value != defaultState && !slices.Contains(*s, value) {
			*s = append(*s, value)
		}
	}
	// The longest first: one may be a part of another.
	slices.SortFunc(*s, func(a, b string) int { return len(b) - len(a) })
}

// conceal takes them out of a text.
func (s secrets) conceal(text string) string {
	for _, value := range s {
		text = strings.ReplaceAll(text, value, masked)
	}
	return text
}

// concealIn takes them out of a request and what came of it.
func (s secrets) concealIn(x journal.Exchange) journal.Exchange {
	header := func(h http.Header) http.Header {
		concealed := make(http.Header, len(h))
		for name, values := range h {
			for _, value := range values {
				concealed[name] = append(concealed[name], s.conceal(value))
			}
		}
		return concealed
	}
	x.URL, x.Error = s.conceal(x.URL), s.conceal(x.Error)
	x.RequestHeader, x.ResponseHeader = header(x.RequestHeader), header(x.ResponseHeader)
	x.RequestBody, x.ResponseBody = journal.Body(s.conceal(string(x.RequestBody))), journal.Body(s.conceal(string(x.ResponseBody)))
	return x
}
