package odata

import (
	"cmp"
	"strings"
	"time"

	"github.com/outlocal/outlocal/notify"
)

type lookup = func(path []string) any

// term is true or false of an item.
type term interface{ holds(lookup) bool }

// operand has a value.
type operand interface{ value(lookup) any }

// standsAlone is an operand that may stand where a comparison does: isRead, contains(…), or true.
type standsAlone interface{ alone() term }

type allOf []term

func (a allOf) holds(l lookup) bool {
	for _, t := range a {
		if !t.holds(l) {
			return false
		}
	}
	return true
}

type anyOf []term

func (a anyOf) holds(l lookup) bool {
	for _, t := range a {
		if t.holds(l) {
			return true
		}
	}
	return false
}

type inverse struct{ term }

func (i inverse) holds(l lookup) bool { return !i.term.holds(l) }

// operators tell which orders of two values an operator accepts.
var operators = map[string]func(order int) bool{
	"eq": func(order int) bool { return order == 0 },
	"ne": func(order int) bool { return order != 0 },
	"gt": func(order int) bool { return order == 1 },
	"ge": func(order int) bool { return order == 0 || order == 1 },
	"lt": func(order int) bool { return order == -1 },
	"le": func(order int) bool { return order == 0 || order == -1 },
}

type comparison struct {
	accepts     func(order int) bool
	left, right operand
}

func (c comparison) holds(l lookup) bool {
	return c.accepts(compare(c.left.value(l), c.right.value(l)))
}

type constant struct{ of any }

func (c constant) value(lookup) any { return c.of }

// alone lets true and false stand alone; everything else that does is false.
func (c constant) alone() term { return isTrue{c} }

type property struct{ path []string }

func (p property) value(l lookup) any { return l(p.path) }
func (p property) alone() term        { return isTrue{p} }

type isTrue struct{ operand }

func (t isTrue) holds(l lookup) bool { return t.value(l) == true }

// functions compare texts without case, as the service does.
var functions = map[string]func(text, part string) bool{
	"contains":   strings.Contains,
	"startswith": strings.HasPrefix,
	"endswith":   strings.HasSuffix,
}

type call struct {
	test       func(text, part string) bool
	text, part operand
}

func (c call) value(l lookup) any {
	text, ok := textOf(c.text.value(l))
	part, okToo := textOf(c.part.value(l))
	return ok && okToo && c.test(strings.ToLower(text), strings.ToLower(part))
}

func (c call) alone() term { return isTrue{c} }

// lambda is any: one element at least for which the condition, if there is one, holds.
type lambda struct {
	path      []string
	variable  string
	condition term
}

func (a lambda) value(outer lookup) any {
	elements, _ := outer(a.path).(notify.List)
	for _, element := range elements {
		inner := func(path []string) any {
			if path[0] == a.variable {
				return descend(element, path[1:])
			}
			return outer(path)
		}
		if a.condition == nil || a.condition.holds(inner) {
			return true
		}
	}
	return false
}

func (a lambda) alone() term { return isTrue{a} }

// Lookup finds the value at path in an item's properties; steps match without case, so that IsRead finds isRead. It is nil
// where there is none.
func Lookup(properties []notify.Property, path []string) any {
	return descend(notify.Object(properties), path)
}

func descend(v any, path []string) any {
steps:
	for _, step := range path {
		object, ok := v.(notify.Object)
		if !ok {
			return nil
		}
		for _, p := range object {
			if strings.EqualFold(p.Name, step) {
				v = p.Value
				continue steps
			}
		}
		return nil
	}
	return v
}

// localTime is how an event's start and end are written: without an offset, which is UTC's (rule W7.1-10).
const localTime = "2006-01-02T15:04:05"

// unordered is the order of two values that can't be compared.
const unordered = 2

// compare gives -1, 0, 1 or unordered. Texts and words compare without case (rule W1.5-18: Importance eq 'High' finds high), a
// text with a moment when it is a date.
func compare(a, b any) int {
	switch a := a.(type) {
	case nil:
		if b == nil {
			return 0
		}
	case bool:
		if a == b { // one truth is no less than the other
			return 0
		}
	case time.Time:
		if b, ok := momentOf(b); ok {
			return a.Compare(b)
		}
	default:
		if a, ok := numberOf(a); ok {
			if b, ok := numberOf(b); ok {
				return cmp.Compare(a, b)
			}
			return unordered
		}
		if _, moment := b.(time.Time); moment {
			if a, ok := momentOf(a); ok {
				return a.Compare(b.(time.Time))
			}
			return unordered
		}
		if a, ok := textOf(a); ok {
			if b, ok := textOf(b); ok {
				return strings.Compare(strings.ToLower(a), strings.ToLower(b))
			}
		}
	}
	return unordered
}

func numberOf(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

func textOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case notify.Enum:
		return string(v), true
	}
	return "", false
}

func momentOf(v any) (time.Time, bool) {
	switch v := v.(type) {
	case time.Time:
		return v, true
	case string:
		if moment, err := time.Parse(localTime, v); err == nil {
			return moment, true
		}
		return date(v)
	}
	return time.Time{}, false
}
