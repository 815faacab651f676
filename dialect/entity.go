package dialect

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/outlocal/outlocal/notify"
)

// Entity is how mailbox items look when they are read.
type Entity struct {
	Pascal bool     // names and enum values have capitals (W7.1-05, W7.1-06)
	Link   bool     // @odata.id stands before @odata.etag (W7.1-03, W7.1-04)
	Early  bool     // DateTimeCreated for createdDateTime and its like (W7.1-07)
	User   UserForm // how its own URL names the user
}

// earlyNames are those of the first beta, for names of Graph's today (W7.1-07).
var earlyNames = map[string]string{
	"createdDateTime":      "DateTimeCreated",
	"lastModifiedDateTime": "DateTimeLastModified",
	"receivedDateTime":     "DateTimeReceived",
	"sentDateTime":         "DateTimeSent",
}

// pascalNames are those whose capital is not all: the one documented rename, and one that kept its small letter (W7.1-05).
var pascalNames = map[string]string{"mobilePhone": "MobilePhone1", "iCalUId": "iCalUId"}

// AppendEntity encodes an item as a GET of it is answered; with a selection, just that and what identifies it (R11).
func (d *Dialect) AppendEntity(dst []byte, item *notify.Item, l Links, selected []string) []byte {
	collection := item.Collection.String()
	user := "users" + quoteKey(item.Mailbox.ID)
	if d.Entity.Pascal {
		collection, user = pascal(collection), l.Spoken
	}
	context := l.Base + "/$metadata#" + user + "/" + collection
	if len(selected) > 0 {
		context += "(" + strings.Join(selected, ",") + ")"
	}
	dst = appendText(append(dst, `{"@odata.context":`...), context+"/$entity")
	if d.Entity.Link {
		path := l.Base + "/Users" + quoteKey(d.Entity.User.Key(item.Mailbox)) + "/" + pascal(item.Collection.String()) + quoteKey(item.ID)
		dst = appendText(appendName(dst, "@odata.id"), path)
	}
	dst = appendETag(appendName(dst, "@odata.etag"), item.ETag)
	dst = appendText(appendName(dst, d.entityName("id")), item.ID)
	return append(d.appendProperties(dst, item.Properties, selected), '}')
}

// appendProperties writes those of the properties that are selected; all of them without a selection. Selections match without case.
func (d *Dialect) appendProperties(dst []byte, properties []notify.Property, selected []string) []byte {
	for _, p := range properties {
		name := d.entityName(p.Name)
		if p.Name == "id" || len(selected) > 0 && !containsFold(selected, name) {
			continue
		}
		dst = d.appendAny(appendName(dst, name), p.Value)
	}
	return dst
}

func containsFold(words []string, word string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(strings.TrimSpace(w), word) })
}

func (d *Dialect) entityName(name string) string {
	if !d.Entity.Pascal {
		return name
	}
	if early, ok := earlyNames[name]; ok && d.Entity.Early {
		return early
	}
	if special, ok := pascalNames[name]; ok {
		return special
	}
	return pascal(name)
}

func (d *Dialect) appendAny(dst []byte, value any) []byte {
	switch v := value.(type) {
	case bool:
		return strconv.AppendBool(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case float64:
		return strconv.AppendFloat(dst, v, 'g', -1, 64)
	case string:
		return appendText(dst, v)
	case time.Time:
		return appendDate(dst, v, Trimmed)
	case notify.Enum:
		return appendText(dst, d.enum(v))
	case notify.Object:
		dst = append(dst, '{')
		for _, p := range v {
			dst = d.appendAny(appendName(dst, d.entityName(p.Name)), p.Value)
		}
		return append(dst, '}')
	case notify.List:
		dst = append(dst, '[')
		for i, element := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = d.appendAny(dst, element)
		}
		return append(dst, ']')
	}
	return append(dst, "null"...)
}

func (d *Dialect) enum(e notify.Enum) string {
	switch {
	case !d.Entity.Pascal:
		return string(e)
	case e == "html":
		return "HTML"
	}
	return pascal(string(e))
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
