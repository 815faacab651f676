package dialect

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/outlocal/outlocal/internal/odata"
	"github.com/outlocal/outlocal/notify"
)

// Place is where a resource is named: under which base path, and which hosts are this service.
type Place struct {
	Mount   string // such as /api/v2.0
	Origin  string // of the request, such as http://localhost:3650; for hints
	OwnHost func(hostport string) bool
}

// microsoft's hosts, which a client's configuration goes on naming after it was pointed at the emulator (W1.1-03).
var microsoftHosts = []string{"outlook.office.com", "outlook.office365.com"}

// elsewhereOnGraph are roots that the service lets one watch, but that are no part of a mailbox.
var elsewhereOnGraph = []string{"drive", "drives", "groups", "chats", "teams", "communications", "security", "print", "sites", "todo", "admin", "appCatalogs", "education", "solutions"}

// ReadResource understands the resource of a subscription (rules W1.5 and W1.3-11).
func (d *Dialect) ReadResource(text string, at Place) (notify.Resource, *notify.Error) {
	path, query, refusal := d.resourcePath(text, at)
	if refusal != nil {
		return notify.Resource{}, refusal
	}
	segments, err := odata.SplitPath(path)
	if err != nil {
		return notify.Resource{}, d.refuseResource(BadResource, text, err.Error())
	}
	r, kind, hint := d.readSegments(segments)
	switch {
	case kind == NotEmulated:
		e := d.Refuse(NotEmulated, "the resource "+clip(text))
		e.Property, e.Hint = d.NameOf(PropResource), "messages, events and contacts of a mailbox can be watched here"
		return r, e
	case hint != "":
		return r, d.refuseResource(kind, text, hint)
	}
	return r, d.readOptions(&r, text, query)
}

// resourcePath cuts a resource down to the path below the base path.
func (d *Dialect) resourcePath(text string, at Place) (path, query string, refusal *notify.Error) {
	if !d.Watch.Absolute {
		if strings.Contains(text, "://") {
			return "", "", d.refuseResource(UnknownResource, text, "a resource is a path below the base URL, such as me/messages (W1.4-06)")
		}
		path, query, _ = strings.Cut(text, "?")
		return path, query, nil
	}
	u, err := url.Parse(text)
	want := at.Origin + at.Mount + "/me/messages"
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", "", d.refuseResource(BadResource, text, "the resource must be a URL of this API, such as "+want)
	}
	own := at.OwnHost != nil && at.OwnHost(u.Host)
	if !own && !slices.Contains(microsoftHosts, strings.ToLower(u.Hostname())) {
		return "", "", d.refuseResource(BadResource, text, "its host is neither Outlook's nor this emulator's; write "+want)
	}
	for _, base := range []string{at.Mount, d.Base} {
		if rest, ok := cutPrefixFold(u.EscapedPath(), base+"/"); ok {
			return rest, u.RawQuery, nil
		}
	}
	return "", "", d.refuseResource(BadResource, text, "the resource must be of the version that the request went to: "+want)
}

func cutPrefixFold(text, prefix string) (string, bool) {
	if len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return "", false
	}
	return text[len(prefix):], true
}

func (d *Dialect) refuseResource(k Kind, text, hint string) *notify.Error {
	e := d.Refuse(k, text)
	e.Property, e.Hint = d.NameOf(PropResource), hint
	return e
}

// readSegments understands the path; a hint goes with a kind of refusal.
func (d *Dialect) readSegments(segments []odata.Segment) (r notify.Resource, kind Kind, hint string) {
	names := make([]string, len(segments))
	for i, s := range segments {
		names[i] = strings.ToLower(s.Text)
	}
	var rest int
	switch {
	case len(names) >= 1 && names[0] == "me":
		r.User, rest = "me", 1
	case len(names) >= 2 && names[0] == "users":
		r.User, rest = segments[1].Text, 2
		if names[1] == tokenToReplace {
			r.User = "me"
		}
	case len(names) > 0 && d.Family == Graph && slices.Contains(elsewhereOnGraph, names[0]), len(names) == 1 && names[0] == "users" && d.Family == Graph:
		return r, NotEmulated, ""
	default:
		return r, UnknownResource, "a resource begins with me/ or users/{id}/"
	}
	return d.readCollection(r, segments[rest:], names[rest:])
}

// tokenToReplace is what the Go SDK writes for me before its middleware puts it right (W8.3-02).
const tokenToReplace = "me-token-to-replace"

// containers are what holds items, by the collection held. Mail folders are named by the dialect.
var containers = map[string]notify.Collection{
	"calendars": notify.Events, "calendar": notify.Events, "contactfolders": notify.Contacts, "taskfolders": notify.Tasks,
}

func (d *Dialect) readCollection(r notify.Resource, segments []odata.Segment, names []string) (notify.Resource, Kind, string) {
	held := notify.None
	for len(names) > 0 {
		container := d.container(names[0])
		if container == notify.None || len(names) == 1 && names[0] != "calendar" {
			break
		}
		held = container
		if names[0] == "calendar" { // the default one, which has no key
			segments, names = segments[1:], names[1:]
			continue
		}
		r.Folder = segments[1].Text
		segments, names = segments[2:], names[2:]
		if len(names) > 2 && names[0] == "childfolders" {
			names = append([]string{d.Watch.Folders[0]}, names[1:]...)
		}
	}
	if len(names) == 0 || d.container(names[0]) != notify.None {
		return r, UnsupportedResource, "folders themselves can't be watched: name what is in them, such as me/" + d.Watch.Folders[0] + "('inbox')/messages"
	}
	r.Collection = notify.ParseCollection(names[0])
	switch {
	case d.Family == Graph && slices.Contains(elsewhereOnGraph, names[0]):
		return r, NotEmulated, ""
	case !slices.Contains(d.Watch.Collections, r.Collection) || names[0] != r.Collection.String() || held != notify.None && held != r.Collection:
		return r, UnknownResource, fmt.Sprintf("%s watches %s", d, d.watchable())
	case len(names) == 2:
		return r, UnsupportedResource, "one item can't be watched: watch its collection and look at the ids"
	case len(names) > 2:
		return r, UnknownResource, fmt.Sprintf("%s watches %s", d, d.watchable())
	}
	return r, 0, ""
}

func (d *Dialect) container(name string) notify.Collection {
	if slices.Contains(d.Watch.Folders, name) {
		return notify.Messages
	}
	c := containers[name]
	if c == notify.Events && !d.Watch.Calendars || !slices.Contains(d.Watch.Collections, c) {
		return notify.None
	}
	return c
}

func (d *Dialect) watchable() string {
	var words []string
	for _, c := range d.Watch.Collections {
		words = append(words, c.String())
	}
	return strings.Join(words, ", ") + ", and messages in " + d.Watch.Folders[0]
}

// neverSelected are what $select can't ask for in a notification (W1.5-13).
var neverSelected = []string{"body", "uniquebody"}

func (d *Dialect) readOptions(r *notify.Resource, text, query string) *notify.Error {
	options, err := odata.Options(query)
	if err != nil {
		return d.refuseResource(BadResource, text, err.Error())
	}
	for _, name := range sortedKeys(options) {
		value := options[name]
		switch {
		case name == "$filter" && d.Watch.Filter:
			if _, err := odata.ParseFilter(value); err != nil {
				return d.refuseResource(BadResource, text, err.Error())
			}
			r.Filter = value
		case name == "$select" && d.Watch.Select != SelectNone:
			for word := range strings.SplitSeq(value, ",") {
				word = strings.TrimSpace(word)
				if d.Family == Graph && slices.Contains(neverSelected, strings.ToLower(word)) {
					return d.refuseResource(RefusedOptions, text, word+" is never part of a notification: fetch the item")
				}
				r.Select = append(r.Select, word)
			}
		case name == "$expand" && d.Family == Graph && (strings.HasPrefix(value, "singleValueExtendedProperties") || strings.HasPrefix(value, "multiValueExtendedProperties")):
			// Legal; extended properties are not part of the emulated items, so there is nothing to add.
		default:
			return d.refuseResource(RefusedOptions, text, fmt.Sprintf("%s does not take %s in a resource", d, name))
		}
	}
	return nil
}

// RefuseFolder words the refusal of a folder that the mailbox does not have. Graph passes on what Outlook says of it (W1.5-14, W6.3-08).
func (d *Dialect) RefuseFolder(text string, r notify.Resource, m notify.Mailbox) *notify.Error {
	value := text
	if d.Family == Graph {
		value = "https://outlook.office365.com/api/v2.0/Users('" + m.ID + "@" + m.Tenant + "')/MailFolders" + quoteKey(r.Folder) + "/" + pascal(r.Collection.String())
	}
	e := d.Refuse(BadResource, value)
	e.Property = d.NameOf(PropResource)
	e.Hint = fmt.Sprintf("there is no folder %q: use a well-known name such as inbox, or the folder's id; display names don't count", clip(r.Folder))
	return e
}
