package scenarios

import (
	"net/url"
	"slices"
	"strings"
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
