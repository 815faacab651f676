package scenarios

import (
	"reflect"
	"strings"
	"unicode"
)

// member is a field of a type that a file can name.
type member struct{ reflect.StructField }

func (m member) name() string {
	name, _, _ := strings.Cut(m.Tag.Get("yaml"), ",")
	return name
}

// membersOf lists what can be named in a mapping, those of embedded types included.
func membersOf(t reflect.Type) []member {
	var all []member
	for _, f := range reflect.VisibleFields(t) {
		if tag := f.Tag.Get("yaml"); tag != "" && tag != "-" && tag != ",inline" {
			all = append(all, member{f})
		}
	}
	return all
}

func memberNames(t reflect.Type) []string {
	var names []string
	for _, m := range membersOf(t) {
		names = append(names, m.name())
	}
	return names
}

func memberNamed(t reflect.Type, name string) member {
	for _, m := range membersOf(t) {
		if m.name() == name {
			return m
		}
	}
	return member{}
}

// shortForm is the member that a value other than a mapping stands for; empty where a mapping is needed.
func shortForm(t reflect.Type) string {
	if blank, ok := t.FieldByName("_"); ok {
		return blank.Tag.Get("short")
	}
	return ""
}

// choicesOf lists the members of which exactly one has to be there, by the choice's name.
func choicesOf(t reflect.Type) map[string][]string {
	all := map[string][]string{}
	for _, m := range membersOf(t) {
		if choice := m.Tag.Get("choice"); choice != "" {
			all[choice] = append(all[choice], m.name())
		}
	}
	return all
}

// chosen is the member of a choice that is there.
func chosen(v any, choice string) string {
	value := reflect.ValueOf(v).Elem()
	for _, m := range membersOf(value.Type()) {
		if m.Tag.Get("choice") == choice && !value.FieldByIndex(m.Index).IsZero() {
			return m.name()
		}
	}
	return ""
}

// titleOf names a type as its file's author knows it.
func titleOf(t reflect.Type) string {
	name, isExpectation := strings.CutPrefix(t.Name(), "Expect")
	switch {
	case t == reflect.TypeFor[Scenario]():
		return "a scenario"
	case t == reflect.TypeFor[Service]():
		return "emulator"
	case t == reflect.TypeFor[Hook](), t == reflect.TypeFor[Conduct]():
		return "webhook"
	case t == reflect.TypeFor[Owned]():
		return "this step"
	case t == reflect.TypeFor[ExpectCall]():
		return "a call"
	case name == "API":
		return "expect api"
	case isExpectation && name != "":
		return "expect " + lower(name)
	}
	if t == reflect.TypeFor[Step]() {
		return "a step"
	}
	return lower(t.Name())
}

func lower(word string) string {
	return string(unicode.ToLower(rune(word[0]))) + word[1:]
}
