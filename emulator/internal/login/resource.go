package login

import (
	"net/url"
	"slices"
	"strings"

	"github.com/outlocal/outlocal/internal/serve"
)

// The resources that tokens are for here, by their ids and by the names that programs have for them.
const (
	GraphID   = "00000003-0000-0000-c000-000000000000"
	OutlookID = "00000002-0000-0ff1-ce00-000000000000"

	graphName   = "https://graph.microsoft.com"
	outlookName = "https://outlook.office.com"
)

// IsGraph tells whether an audience is Microsoft Graph.
func IsGraph(audience string) bool { return isOneOf(audience, GraphID, graphName) }

// IsOutlook tells whether an audience is Outlook's own API, by one of its two hosts or its id.
func IsOutlook(audience string) bool {
	return isOneOf(audience, OutlookID, outlookName, "https://outlook.office365.com")
}

func isOneOf(audience string, names ...string) bool {
	bare := strings.ToLower(strings.TrimRight(audience, "/"))
	return slices.Contains(names, bare)
}

// What .default stands for: all that this emulator's resources ask for, as if an administrator had agreed to it beforehand. Who wants
// less asks for less.

func defaultScopes() []string {
	return []string{"Calendars.ReadWrite", "Contacts.ReadWrite", "Mail.ReadWrite", "Mail.Send", "Tasks.ReadWrite", "User.Read"}
}

func defaultRoles() []string {
	return []string{"Calendars.ReadWrite", "Contacts.ReadWrite", "Mail.ReadWrite", "Mail.Send", "User.Read.All"}
}

// wish is what a client wants a token for.
type wish struct {
	audience string   // as tokens name it
	names    []string // of scopes, without the resource; nil where .default is asked for
	asked    []string // every word, as the client spelled it
	all      bool     // .default
	plain    bool     // nothing was asked for but to sign in
	openID   bool     // an id token too
	offline  bool     // a refresh token too
}

// scopes are those that a user's token carries.
func (w *wish) scopes() []string {
	if w.all || len(w.names) == 0 {
		return defaultScopes()
	}
	return w.names
}

// readScopes reads the scope parameter of the second version's endpoints. Host is that of the request: libraries make scopes of the
// base URL that they are given, port and all (R4).
func readScopes(text, host string) (wish, *Error) {
	w := wish{asked: strings.Fields(text)}
	resource := ""
	for _, word := range w.asked {
		switch strings.ToLower(word) {
		case "openid", "profile", "email":
			w.openID = true
			continue
		case "offline_access":
			w.offline = true
			continue
		}
		audience, name, ok := splitScope(word, host)
		if !ok {
			return w, refuse(invalidScope, 70011, "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope %s is not valid.", text).
				hinted("write a scope as Mail.Read, or with its resource: https://graph.microsoft.com/Mail.Read")
		}
		if resource != "" && !sameResource(resource, audience) {
			return w, refuse(invalidRequest, 28000, "Provided value for the input parameter scope is not valid because it contains more than one resource. Scope %s is not valid.", text).
				hinted("a token is for one resource: ask for those of %s and of %s apart", resource, audience)
		}
		if resource == "" {
			resource = audience
		}
		if name == ".default" {
			w.all = true
		} else {
			w.names = append(w.names, name)
		}
	}
	if w.all && len(w.names) > 0 {
		return w, refuse(invalidScope, 70011, "The provided value for the input parameter 'scope' is not valid. .default scope can't be combined with resource-specific scopes. The scope %s is not valid.", text)
	}
	if w.audience = resource; w.audience == "" {
		w.audience = GraphID // who asks for nothing but to sign in can ask Graph for the user
		w.names, w.plain = []string{"User.Read"}, true
	}
	return w, nil
}

// sameResource tells whether two names are one resource's.
func sameResource(a, b string) bool {
	return strings.EqualFold(a, b) || IsGraph(a) && IsGraph(b) || IsOutlook(a) && IsOutlook(b)
}

// splitScope cuts a scope into audience and name. A bare name is one of Graph's, a GUID an application's own.
func splitScope(word, host string) (audience, name string, ok bool) {
	at := strings.LastIndexByte(word, '/')
	switch {
	case isGUID(strings.ToLower(word)):
		return word, ".default", true
	case at < 0:
		return GraphID, word, isScopeName(word)
	}
	audience, name = word[:at], word[at+1:]
	if u, err := url.Parse(audience); err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") {
		return audienceOf(u, audience, host), name, isScopeName(name)
	}
	whole := strings.HasPrefix(strings.ToLower(audience), "api://") || isGUID(strings.ToLower(audience))
	return audience, name, whole && isScopeName(name)
}

// audienceOf maps URLs of this very machine to what is served under them.
func audienceOf(u *url.URL, text, host string) string {
	if !serve.IsLoopback(u.Host) && !strings.EqualFold(u.Host, host) {
		return text
	}
	if strings.HasPrefix(strings.ToLower(u.Path), "/api/") {
		return outlookName
	}
	return graphName
}

// isScopeName tells names of permissions, wl.imap of personal accounts among them, from what slipped into the parameter by mistake.
func isScopeName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !letter && !strings.ContainsRune("._-", r)
	})
}

// readResource reads the resource parameter of the first version's endpoints (W8.1-08): there were no scopes, all that the application
// was registered for was given.
func readResource(text, host string) (wish, *Error) {
	w := wish{all: true, openID: true, offline: true, asked: []string{text}, audience: text}
	u, err := url.Parse(text)
	switch {
	case text == "":
		w.audience, w.asked = GraphID, nil
	case isGUID(strings.ToLower(text)):
	case err != nil || u.Scheme == "" || strings.ContainsAny(text, " \t"):
		return w, refuse(invalidResource, 500011, "The resource principal named %s was not found in the tenant. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.", text).
			hinted("resource is such as https://graph.microsoft.com or https://outlook.office365.com")
	case u.Host != "":
		w.audience = audienceOf(u, text, host)
	}
	return w, nil
}
