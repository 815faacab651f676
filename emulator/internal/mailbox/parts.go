package mailbox

import (
	"encoding/hex"
	"fmt"
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

func (d *draft) person(purpose uint64) person { return people[d.pick(purpose, len(people))] }

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

// hex is a text of n bytes that differs from item to item.
func (d *draft) hex(purpose uint64, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(d.pick(purpose+uint64(i)<<8, 256))
	}
	return hex.EncodeToString(b)
}

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
	depth := 0
	for _, r := range html {
		switch {
		case r == '<':
			depth++
		case r == '>' && depth > 0:
			depth--
		case depth == 0:
			b.WriteRune(r)
		}
	}
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&nbsp;", " ", "&amp;", "&").Replace(b.String())
}

// localTime is how the service writes an event's times: seven digits and no zone, which stands beside (rule W7.1-10).
const localTime = "2006-01-02T15:04:05.0000000"

func zoned(t time.Time) notify.Object {
	return notify.Object{{Name: "dateTime", Value: t.Format(localTime)}, {Name: "timeZone", Value: "UTC"}}
}

func numbered(format string, d *draft) string { return fmt.Sprintf(format, d.serial()) }
