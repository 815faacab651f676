package mailbox

import (
	"strconv"
	"strings"
	"time"

	"github.com/outlocal/outlocal/notify"
)

// What is drawn, for what; see draft.pick.
const (
	forSubject uint64 = iota + 1
	forBody
	forPerson
	forPlace
	forHour
	forConversation
	forUID

	forSecondHalf = 0x100 // of a GUID; added to what the first is for
)

// The properties that all items have, in their order.
var (
	idField      = field{name: "id", access: ours, draw: func(d *draft) any { return d.item.id(d.id) }}
	createdField = field{name: "createdDateTime", kind: moment, draw: func(d *draft) any { return d.item.made }}
	changedField = field{name: "lastModifiedDateTime", kind: moment, access: ours, draw: func(d *draft) any { return d.item.changed }}
	etagField    = field{name: "changeKey", access: ours, draw: func(d *draft) any { return d.item.etag(d.id) }}
	parentField  = field{name: "parentFolderId", access: ours, draw: func(d *draft) any { return d.id.folderID(d.item.folder) }}
	previewField = field{name: "bodyPreview", access: ours, draw: func(d *draft) any { return preview(d.of("body")) }}
)

// The members of objects.
var (
	emailAddress = []field{{name: "name"}, {name: "address"}}
	recipient    = []field{{name: "emailAddress", kind: object, members: emailAddress}}
	itemBody     = []field{{name: "contentType", kind: word, words: []notify.Enum{"text", "html"}}, {name: "content", draw: nothing}}
	zonedTime    = []field{{name: "dateTime"}, {name: "timeZone", draw: func(*draft) any { return "UTC" }}}
	response     = []field{
		{name: "response", kind: word, words: []notify.Enum{"none", "organizer", "tentativelyAccepted", "accepted", "declined", "notResponded"}},
		{name: "time", kind: moment, draw: func(*draft) any { return time.Time{} }}, // never, rule W7.1-11
	}
)

// The enums that several item types have.
var (
	importances   = []notify.Enum{"normal", "low", "high"}
	sensitivities = []notify.Enum{"normal", "personal", "private", "confidential"}
)

func nothing(*draft) any { return "" }

func always(v any) func(*draft) any { return func(*draft) any { return v } }

func first(words []notify.Enum) func(*draft) any { return always(words[0]) }

// person is a name and an address, of example companies.
type person struct{ name, address string }

var people = [...]person{
	{"Ann Berg", "ann.berg@fabrikam.com"}, {"Bruno Costa", "bruno@adatum.com"}, {"Chen Wei", "chen.wei@fabrikam.com"},
	{"Dana Levi", "dana@litware.com"}, {"Emeka Obi", "emeka.obi@adatum.com"}, {"Freja Holm", "freja@contoso.com"},
	{"Gül Kaya", "gul.kaya@litware.com"}, {"Hana Mori", "hana@fabrikam.com"},
}

// person is the other one: who wrote, who is invited, whose contact it is.
func (d *draft) person() person { return people[d.pick(forPerson, len(people))] }

// owner is the mailbox's own user; ann.berg@contoso.com is Ann Berg.
func (d *draft) owner() person {
	local, _, _ := strings.Cut(d.id.name.Address, "@")
	words := strings.FieldsFunc(local, func(r rune) bool { return strings.ContainsRune("._-+", r) })
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return person{strings.Join(words, " "), d.id.name.Address}
}

func (p person) object() notify.Object {
	return notify.Object{{Name: "emailAddress", Value: notify.Object{{Name: "name", Value: p.name}, {Name: "address", Value: p.address}}}}
}

// serial is which item of its mailbox this is, from 1: it makes texts tell items apart.
func (d *draft) serial() uint64 { return d.item.counter - firstItem + 1 }

func body(contentType notify.Enum, content string) notify.Object {
	return notify.Object{{Name: "contentType", Value: contentType}, {Name: "content", Value: content}}
}

// previewLength is how much of a body is shown in lists (rule W7.1-08), in characters.
const previewLength = 255

// preview is the beginning of a body's text, without tags.
func preview(body any) string {
	o, _ := body.(notify.Object)
	content, html := "", false
	for _, p := range o {
		switch v := p.Value.(type) {
		case string:
			content = v
		case notify.Enum:
			html = v == "html"
		}
	}
	if html {
		content = stripTags(content)
	}
	content = strings.TrimSpace(content)
	shown := 0
	for i := range content {
		if shown == previewLength {
			return content[:i]
		}
		shown++
	}
	return content
}

// stripTags is for content of our own and for that of tests: good enough to read, no parser.
func stripTags(html string) string {
	var b strings.Builder
	b.Grow(len(html))
	for rest := html; rest != ""; {
		before, tag, opened := strings.Cut(rest, "<")
		b.WriteString(before)
		_, after, closed := strings.Cut(tag, ">")
		if opened && !closed {
			b.WriteString("<" + tag)
		}
		rest = after
	}
	return unescapeHTML(b.String())
}

func unescapeHTML(text string) string {
	if !strings.Contains(text, "&") {
		return text
	}
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&nbsp;", " ", "&amp;", "&").Replace(text)
}

// localTime is how the service writes an event's times: seven digits and no zone, which stands beside (rule W7.1-10).
const localTime = "2006-01-02T15:04:05.0000000"

func zoned(t time.Time) notify.Object {
	return notify.Object{{Name: "dateTime", Value: t.Format(localTime)}, {Name: "timeZone", Value: "UTC"}}
}

// numbered puts the item's serial where the text has %d.
func (d *draft) numbered(text string) string {
	return strings.Replace(text, "%d", strconv.FormatUint(d.serial(), 10), 1)
}
