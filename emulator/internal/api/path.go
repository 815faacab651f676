package api

import (
	"net/url"
	"slices"
	"strings"

	"github.com/outlocal/outlocal/internal/odata"
)

// keyed are the collections whose next step is a key, whatever it looks like: an id can be spelled like anything.
var keyed = []string{
	"users", "subscriptions", "messages", "events", "contacts", "tasks", "folders", "mailfolders", "childfolders",
	"calendars", "calendargroups", "contactfolders", "taskfolders", "taskgroups", "attachments", "lists", "groups", "drives", "sites",
}

// operations can follow a collection in the place of a key.
var operations = []string{"delta", "$count", "getvapidpublickey"}

// unreadable is the canonical path of one that can't be read.
const unreadable = "unreadable"

// canonical brings a path into the one spelling that routes are written in: names in lower case, keys as escaped segments, the user
// as me or users/{key} (rules W1.1-18 to W1.1-21, R10). The steps are the same, decoded.
func canonical(escaped string) (path string, steps []string, err error) {
	segments, err := odata.SplitPath(escaped)
	if err != nil {
		return "", nil, err
	}
	key := false
	for _, s := range segments {
		text := s.Text
		lower := strings.ToLower(text)
		switch {
		case key && (s.Keyed || !slices.Contains(operations, lower)):
			key = false
		case s.Keyed:
			key = false
		default:
			text = lower
			key = slices.Contains(keyed, lower)
		}
		steps = append(steps, text)
	}
	if len(steps) > 1 && steps[0] == "users" && strings.EqualFold(steps[1], "me-token-to-replace") { // W8.3-02
		steps = append([]string{"me"}, steps[2:]...)
	}
	var b strings.Builder
	for _, step := range steps {
		b.WriteByte('/')
		b.WriteString(escapeStep(step))
	}
	return b.String(), steps, nil
}

// escapeStep leaves nothing in a step that could end it or upset the router.
func escapeStep(step string) string { return strings.ReplaceAll(url.QueryEscape(step), "+", "%20") }

func unescape(text string) string {
	plain, err := url.PathUnescape(text)
	if err != nil {
		return text
	}
	return plain
}
