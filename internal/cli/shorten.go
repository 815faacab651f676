package cli

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/outlocal/outlocal/journal"
)

// Ids and addresses are long, and a line is for a glance: what tells one from another stays.

const (
	longestID = 16 // shorter ones stand as they are
	shownID   = 8
)

// shortID is an id as it is told apart: a GUID by its beginning, one of Outlook's by its end, as they all begin alike.
func shortID(id string) string {
	switch {
	case len(id) <= longestID:
		return id
	case uuid.Validate(id) == nil:
		return id[:shownID] + "…"
	}
	id = strings.TrimRight(id, "=")
	return "…" + id[max(len(id)-shownID, 0):]
}

// shortPath shortens the ids in a path.
func shortPath(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		name, rest, keyed := strings.Cut(segment, "('")
		if key, closed := strings.CutSuffix(rest, "')"); keyed && closed {
			segments[i] = name + "('" + shortID(key) + "')"
			continue
		}
		if isID(segment) {
			segments[i] = shortID(segment)
		}
	}
	return strings.Join(segments, "/")
}

// isID tells an id from a long word: ids have digits, and no dots or at signs.
func isID(segment string) bool {
	return len(segment) > longestID && strings.ContainsAny(segment, "0123456789") && !strings.ContainsAny(segment, ".@: ")
}

// shortURL is a masked URL without what every one of its kind has: the validation token.
func shortURL(address string) string {
	base, query, _ := strings.Cut(journal.MaskURL(address), "?")
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		if pair != "" && !strings.HasPrefix(strings.ToLower(pair), "validationtoken=") {
			kept = append(kept, pair)
		}
	}
	if len(kept) == 0 {
		return base
	}
	return base + "?" + strings.Join(kept, "&")
}

// path is the path of a request, ids shortened, its query masked; its host, if it is for a whole one.
func path(x *journal.Exchange) string {
	if x == nil {
		return ""
	}
	u, err := url.Parse(journal.MaskRequest(x.URL))
	if err != nil {
		return "?"
	}
	if u.Path == "" && u.RawQuery == "" { // asked of the proxy
		return u.Host
	}
	if u.RawQuery != "" {
		return shortPath(u.EscapedPath()) + "?" + u.RawQuery
	}
	return shortPath(u.EscapedPath())
}

func method(x *journal.Exchange) string {
	if x == nil {
		return ""
	}
	return x.Method
}

// count is a number of things: 1 item, 2 items.
func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
