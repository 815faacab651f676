package journal

import "strings"

// Selector says which apps, mailboxes, subscriptions and webhooks something concerns. Fields that are empty select everything,
// all others have to match.
type Selector struct {
	App          string `json:"app,omitempty" doc:"id of the calling application"`
	Mailbox      string `json:"mailbox,omitempty" doc:"address of a mailbox, in any case"`
	Subscription string `json:"subscription,omitempty" doc:"id of a subscription"`
	URL          string `json:"url,omitempty" doc:"a notification URL: without a query it stands for any, without a path for all of its host"`
}

// IsZero reports whether s selects everything.
func (s Selector) IsZero() bool { return s == Selector{} }

// Matches reports whether a journal entry is selected. An entry that does not say whom it concerns, such as one of the clock, is
// selected by the empty selector only.
func (s Selector) Matches(e *Entry) bool {
	return s.Selects(Selector{App: e.App, Mailbox: e.Mailbox, Subscription: e.Subscription, URL: e.URL})
}

// Selects reports whether something is selected of which other tells all there is to tell: its app, mailbox, id and URL.
func (s Selector) Selects(other Selector) bool {
	return (s.App == "" || s.App == other.App) &&
		(s.Mailbox == "" || strings.EqualFold(s.Mailbox, other.Mailbox)) &&
		(s.Subscription == "" || s.Subscription == other.Subscription) &&
		(s.URL == "" || matchesURL(s.URL, other.URL))
}

// matchesURL is textual, like the URLs of subscriptions: what was given is what is compared.
func matchesURL(wanted, url string) bool {
	path, query, hasQuery := strings.Cut(url, "?")
	wantedPath, wantedQuery, wantsQuery := strings.Cut(wanted, "?")
	if wantsQuery {
		// One who has only seen the URL masked can select by that.
		return path == wantedPath && hasQuery && (query == wantedQuery || MaskURL(url) == wanted)
	}
	if path == wantedPath {
		return true
	}
	_, host, _ := strings.Cut(wanted, "://")
	if strings.Contains(strings.TrimSuffix(host, "/"), "/") {
		return false
	}
	return strings.HasPrefix(path, strings.TrimSuffix(wanted, "/")+"/")
}
