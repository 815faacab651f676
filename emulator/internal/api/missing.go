package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/notify"
)

type notifyError = notify.Error

// known are the names that the real services have below a user, or at the root: to ask for one of them is right, only not emulated.
var known = map[dialect.Family][]string{
	dialect.Outlook: {
		"messages", "folders", "mailfolders", "events", "calendars", "calendar", "calendargroups", "calendarview", "contacts", "contactfolders",
		"tasks", "taskfolders", "taskgroups", "sendmail", "photo", "getnotifications", "$batch", "findmeetingtimes", "inferenceclassification",
		"mailboxsettings", "outlook", "$metadata",
	},
	dialect.Graph: {
		"messages", "mailfolders", "events", "calendars", "calendar", "calendargroups", "calendarview", "contacts", "contactfolders", "sendmail",
		"$batch", "groups", "drive", "drives", "sites", "todo", "chats", "teams", "communications", "security", "print", "mailboxsettings",
		"outlook", "photo", "people", "manager", "memberof", "getschedule", "findmeetingtimes", "inferenceclassification", "presence",
		"organization", "applications", "serviceprincipals", "directory", "$metadata", "translateexchangeids", "onenote", "planner",
	},
}

// missing tells apart what the service would have and what it would not (W6.2-02, W6.4-05).
func (c *call) missing() *notify.Error {
	if c.steps == nil && strings.Trim(c.r.URL.Path, "/") != "" {
		e := c.d.Refuse(dialect.BadQuery)
		e.Hint = "the path holds a broken percent escape, quotes that don't match, or two slashes in a row"
		return e
	}
	rest := c.steps
	switch {
	case len(rest) > 0 && rest[0] == "me":
		rest = rest[1:]
	case len(rest) > 1 && rest[0] == "users":
		rest = rest[2:]
	case len(rest) == 1 && rest[0] == "users":
		return c.notEmulated()
	}
	switch {
	case len(c.steps) == 0 || len(rest) == 0:
		return c.notEmulated()
	case rest[0] == "subscriptions":
		return c.noSegment(rest)
	case slices.Contains(known[c.d.Family], rest[0]):
		return c.notEmulated()
	}
	return c.noSegment(rest)
}

func (c *call) notEmulated() *notify.Error {
	e := c.d.Refuse(dialect.NotEmulated, c.r.Method+" "+c.mount+"/"+strings.Join(c.steps, "/"))
	e.Hint = "outlocal answers for subscriptions and for the items that notifications point at; docs/coverage.md lists the rest"
	return e
}

// noSegment names the step that nothing is known by: the last, when what is before it exists.
func (c *call) noSegment(rest []string) *notify.Error {
	segment := rest[0]
	if rest[0] == "subscriptions" {
		segment = rest[len(rest)-1]
	}
	e := c.d.Refuse(dialect.NoSegment, segment)
	switch {
	case segment == "renew" && c.d.Operations.Renew == dialect.RenewByPatch:
		e.Hint = c.d.String() + " renews by PATCH on the subscription itself"
	case c.d.Family == dialect.Graph && len(rest) > 0 && rest[0] == "subscriptions" && len(c.steps) > len(rest):
		e.Hint = "in Graph subscriptions live at the root: " + c.mount + "/subscriptions"
	case c.d.Family == dialect.Outlook && c.steps[0] == "subscriptions":
		e.Hint = "in Outlook's schemas subscriptions live under a user: " + c.mount + "/me/subscriptions"
	}
	return e
}

// nowhere is the answer under a path where nothing is served.
func (c *call) nowhere() *notify.Error {
	e := c.d.Refuse(dialect.NoSegment, strings.SplitN(strings.TrimPrefix(c.r.URL.Path, "/"), "/", 2)[0])
	e.Status = http.StatusNotFound
	var served []string
	for _, m := range c.Mounts.All() {
		served = append(served, m.Path+" ("+m.Dialect.String()+")")
	}
	e.Hint = "served here: " + strings.Join(served, ", ") + "; and sign-in under a tenant, such as /common/oauth2/v2.0/token"
	return e
}

// wrongMethod lists what would be allowed on the path.
func (c *call) wrongMethod(r *mux.Router) *notify.Error {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete} {
		try := c.r.Clone(c.r.Context())
		try.Method = method
		var match mux.RouteMatch
		if r.Match(try, &match) && match.MatchErr == nil {
			allowed = append(allowed, method)
		}
	}
	e := c.d.Refuse(dialect.WrongMethod)
	e.Header = map[string]string{"Allow": strings.Join(allowed, ", ")}
	e.Hint = c.d.String() + " takes " + strings.Join(allowed, ", ") + " here"
	if c.d.Operations.Renew == dialect.RenewByPost && c.r.Method == http.MethodPatch {
		e.Hint += "; it renews by POST to …/renew"
	}
	return e
}
