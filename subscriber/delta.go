package subscriber

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/internal/odata"
)

// Delta is what changed since a link was given out.
type Delta struct {
	Changes []Changed // the newest state of each item, the first [MostChanges] of them
	Total   int       // how many there were
	Link    string    // what the next round begins with
}

// Changed is an item that is not what it was.
type Changed struct {
	ID      string
	Removed bool            // deleted, or moved out of the folder
	Item    json.RawMessage // as the service showed it
}

// MostChanges is how many changes a [Delta] holds: more than anybody reads, and few enough to be kept.
const MostChanges = 1000

// LostError is a link that the service no longer knows: what changed since can't be told.
type LostError struct{ Err error }

func (e *LostError) Error() string {
	return "the service has forgotten the delta link: " + e.Err.Error()
}
func (e *LostError) Unwrap() error { return e.Err }

const (
	// calendarPast and calendarAhead are the part of a calendar that is watched for what was missed: the service wants one (W7.3-01).
	calendarPast  = 30 * 24 * time.Hour
	calendarAhead = 365 * 24 * time.Hour
)

// Mark begins to follow a resource: link is what [Client.Since] takes to tell what changed from now on. covers says in words which part
// of the resource that is: the service follows folders, not mailboxes (W7.3-01).
func (c *Client) Mark(ctx context.Context, resource string) (link, covers string, err error) {
	const operation = "mark resource"
	if err := c.able(operation, "delta query that is followed", func(d *dialect.Dialect) bool { return d.Family == dialect.Graph && d.Operations.List }); err != nil {
		return "", "", err
	}
	path, covers, ok := c.deltaOf(resource)
	if !ok {
		return "", "", &UnsupportedError{operation, c.Dialect.String(), "delta query for " + resource}
	}
	delta, err := c.walk(ctx, operation, path)
	return delta.Link, covers, err
}

// Since walks from a link to the present. An error that is a [*LostError] asks for a new [Client.Mark].
func (c *Client) Since(ctx context.Context, link string) (Delta, error) {
	const operation = "follow resource"
	if err := c.able(operation, "", always); err != nil {
		return Delta{}, err
	}
	return c.walk(ctx, operation, link)
}

// walk reads pages until one has the link of the next round (W7.3-02). A page may only lead to the service itself.
func (c *Client) walk(ctx context.Context, operation, link string) (Delta, error) {
	var delta Delta
	places := map[string]int{} // of an item among the changes: the last one wins (W7.3-08)
	seen := map[string]bool{}
	for range pageLimit {
		answer, err := c.follow(ctx, link)
		if err := c.check(operation, answer, err); err != nil {
			return Delta{}, lost(err)
		}
		page, err := readPage(answer.Body)
		if err != nil {
			return Delta{}, fmt.Errorf("%s: %w", operation, err)
		}
		for _, changed := range page.changes {
			seen[changed.ID] = true
			if at, again := places[changed.ID]; again {
				delta.Changes[at] = changed
			} else if len(delta.Changes) < MostChanges {
				places[changed.ID] = len(delta.Changes)
				delta.Changes = append(delta.Changes, changed)
			}
		}
		if page.delta != "" {
			delta.Link, delta.Total = page.delta, len(seen)
			return delta, nil
		}
		if link = page.next; link == "" {
			return Delta{}, fmt.Errorf("%s: read the answer: it has neither a next link nor a delta link", operation)
		}
	}
	return Delta{}, fmt.Errorf("%s: there are more than %d pages", operation, pageLimit)
}

// lost tells a forgotten link from other refusals (W7.3-07).
func lost(err error) error {
	var refusal *Error
	forgotten := func(code string) bool {
		return slices.ContainsFunc([]string{"syncStateNotFound", "resyncRequired", "SyncStateInvalid"}, func(known string) bool { return strings.EqualFold(code, known) })
	}
	if errors.As(err, &refusal) && (refusal.Status == http.StatusGone || forgotten(refusal.Code)) {
		return &LostError{err}
	}
	return err
}

type deltaPage struct {
	changes     []Changed
	next, delta string
}

func readPage(body []byte) (page deltaPage, err error) {
	document, err := odata.Parse(body)
	if err != nil {
		return page, fmt.Errorf("read the answer: %w", err)
	}
	value, ok := document.Member("value")
	if !ok || !value.IsArray() {
		return page, errors.New("read the answer: it has no list named value")
	}
	for element := range value.Elements {
		changed := Changed{Item: element.Raw}
		if id, ok := element.Member("id"); ok {
			changed.ID, _ = id.Text()
		}
		_, changed.Removed = element.Member("@removed") // W7.3-06
		page.changes = append(page.changes, changed)
	}
	for name, text := range map[string]*string{"@odata.nextLink": &page.next, "@odata.deltaLink": &page.delta} {
		if link, ok := document.Member(name); ok {
			*text, _ = link.Text()
		}
	}
	return page, nil
}

// deltaOf is where a resource's first round begins (W7.3-01, W7.3-04), and what it covers. Of messages it asks for those that come from
// now on: a mailbox of years would be read to its end else, for a link.
func (c *Client) deltaOf(resource string) (path, covers string, ok bool) {
	mailbox, rest := c.split(resource)
	is := func(names ...string) bool {
		return slices.EqualFunc(rest, names, func(segment, name string) bool { return name == "*" || strings.EqualFold(segment, name) })
	}
	now := c.now().UTC()
	arrivals := "?" + url.Values{"$select": {"subject,receivedDateTime"}, "$filter": {"receivedDateTime ge " + now.Format(time.RFC3339)}}.Encode()
	switch {
	case mailbox == "":
		return "", "", false
	case is("messages"):
		return mailbox + "/mailFolders/inbox/messages/delta" + arrivals, "messages received in the inbox since then; other folders are not followed", true
	case is("mailFolders", "*", "messages"):
		return mailbox + "/mailFolders/" + rest[1] + "/messages/delta" + arrivals, "messages received in the folder since then", true
	case is("events"):
		window := url.Values{"startDateTime": {now.Add(-calendarPast).Format(time.RFC3339)}, "endDateTime": {now.Add(calendarAhead).Format(time.RFC3339)}}
		return mailbox + "/calendarView/delta?" + window.Encode(), "events from a month ago to a year ahead", true
	case is("contacts"):
		return mailbox + "/contacts/delta", "contacts of the default folder", true
	case is("contactFolders", "*", "contacts"):
		return mailbox + "/contactFolders/" + rest[1] + "/contacts/delta", "contacts of the folder", true
	}
	return "", "", false
}

// split parts a resource into whose it is and the segments below, keys in parentheses as segments of their own.
func (c *Client) split(resource string) (mailbox string, rest []string) {
	resource, _, _ = strings.Cut(strings.TrimPrefix(resource, "/"), "?")
	var segments []string
	for segment := range strings.SplitSeq(resource, "/") {
		name, key, keyed := strings.Cut(segment, "(")
		if segments = append(segments, name); keyed {
			segments = append(segments, escape(strings.Trim(key, "')")))
		}
	}
	switch {
	case strings.EqualFold(segments[0], "me"):
		return c.owner(), segments[1:]
	case strings.EqualFold(segments[0], "users") && len(segments) > 1:
		return strings.Join(segments[:2], "/"), segments[2:]
	}
	return "", nil
}
