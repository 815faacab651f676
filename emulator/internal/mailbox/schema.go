package mailbox

import (
	"encoding/binary"
	"strings"

	"github.com/outlocal/outlocal/notify"
)

// kind is the type of a property's value.
type kind uint8

const (
	text    kind = iota
	texts        // a list of texts
	truth        // true or false
	whole        // an int
	moment       // a time.Time
	word         // an Enum, one of words
	object       // an Object of members
	objects      // a List of Objects of members
)

// access tells who gives a property its value.
type access uint8

const (
	anyones access = iota // whoever raises a change may set it
	ours                  // the mailbox keeps it
	hidden                // the mailbox keeps it, and it comes only when a client selects it
)

// field is a property of an item type, or a member of an object.
type field struct {
	name    string
	kind    kind
	access  access
	words   []notify.Enum
	members []field
	short   *shorthand       // of an object, if it has one
	draw    func(*draft) any // its value while nobody has set one; nil: none
}

// schema is an item type: its properties in the order in which the service writes them.
type schema []field

// schemas of the collections.
var schemas = map[notify.Collection]schema{
	notify.Messages: message, notify.Events: event, notify.Contacts: contact, notify.Tasks: task,
}

// find returns the index of a property; -1 if there is none of that name.
func (s schema) find(name string) int {
	for i := range s {
		if s[i].name == name {
			return i
		}
	}
	return -1
}

// HasProperty tells whether the items of a collection have a property, in whichever letters' case.
func HasProperty(c notify.Collection, name string) bool {
	for _, f := range schemas[c] {
		if strings.EqualFold(f.name, name) {
			return true
		}
	}
	return false
}

// hidden are the properties that come only when they are selected.
func (s schema) hidden() []string {
	var names []string
	for i := range s {
		if s[i].access == hidden {
			names = append(names, s[i].name)
		}
	}
	return names
}

func names(fields []field) []string {
	var all []string
	for _, f := range fields {
		if f.access == anyones {
			all = append(all, f.name)
		}
	}
	return all
}

// blank is an object as it is before its members are given: words are the first of their set, lists are empty.
func blank(members []field) notify.Object {
	o := make(notify.Object, len(members))
	for i, f := range members {
		o[i].Name = f.name
		switch f.kind {
		case word:
			o[i].Value = f.words[0]
		case texts, objects:
			o[i].Value = notify.List{}
		case truth:
			o[i].Value = false
		case whole:
			o[i].Value = 0
		case object:
			o[i].Value = blank(f.members)
		}
		if f.draw != nil {
			o[i].Value = f.draw(nil)
		}
	}
	return o
}

// properties are all of an item but the hidden ones that selected does not name, in the schema's order.
func properties(id *identity, it *item, selected []string) []notify.Property {
	s := schemas[it.collection]
	d := draft{id: id, item: it, schema: s}
	list := make([]notify.Property, 0, len(s))
	for i := range s {
		if s[i].access != hidden || selects(selected, s[i].name) {
			list = append(list, notify.Property{Name: s[i].name, Value: d.value(i)})
		}
	}
	return list
}

func selects(selected []string, name string) bool {
	for _, s := range selected {
		if strings.EqualFold(s, name) {
			return true
		}
	}
	return false
}

// draft is an item in the making: what was set stands, and the rest is drawn.
type draft struct {
	id     *identity
	item   *item
	schema schema
}

func (d *draft) value(i int) any {
	for _, s := range d.item.set {
		if s.field == i {
			return s.value
		}
	}
	f := &d.schema[i]
	switch {
	case f.draw != nil:
		return f.draw(d)
	case f.kind == texts || f.kind == objects:
		return notify.List{}
	case f.kind == truth:
		return false
	}
	return nil
}

// of is the value of another property.
func (d *draft) of(name string) any { return d.value(d.schema.find(name)) }

// pick draws a number below n: always the same for one item and one purpose, in whatever order things are drawn.
func (d *draft) pick(purpose uint64, n int) int { return int(d.draw(purpose) % uint64(n)) }

// draw is the mixing function of SplitMix64 (Steele, Lea, Flood 2014): near inputs give unrelated outputs.
func (d *draft) draw(purpose uint64) uint64 {
	z := d.id.seed + d.item.counter*0x9e3779b97f4a7c15 + purpose*0xbf58476d1ce4e5b9
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// guid is 16 bytes that differ from item to item.
func (d *draft) guid(purpose uint64) (guid [16]byte) {
	binary.BigEndian.PutUint64(guid[:8], d.draw(purpose))
	binary.BigEndian.PutUint64(guid[8:], d.draw(purpose+forSecondHalf))
	return guid
}
