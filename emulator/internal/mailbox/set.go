package mailbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/outlocal/outlocal/internal/nearmiss"
	"github.com/outlocal/outlocal/notify"
)

// apply gives values to properties of an item. Keys go in order, so that body comes before body/content.
func (it *item) apply(id *identity, values map[string]any) *notify.Error {
	s := schemas[it.collection]
	for _, path := range slices.Sorted(maps.Keys(values)) {
		name, rest, nested := strings.Cut(path, "/")
		i := s.find(name)
		if i < 0 || s[i].access != anyones {
			return refuseName(it.collection, path, name, s)
		}
		d := draft{id: id, item: it, schema: s}
		value := values[path]
		if nested {
			for _, step := range slices.Backward(strings.Split(rest, "/")) {
				value = map[string]any{step: value}
			}
		}
		value, err := s[i].convert(value, d.value(i))
		if err != nil {
			return &notify.Error{
				Status: http.StatusBadRequest, Property: path,
				Message: fmt.Sprintf("set %s of %s: %v", path, it.collection.Singular(), err), Hint: err.hint,
			}
		}
		it.set = slices.DeleteFunc(it.set, func(o setting) bool { return o.field == i })
		it.set = append(it.set, setting{i, value})
	}
	return nil
}

func refuseName(c notify.Collection, path, name string, s schema) *notify.Error {
	e := &notify.Error{Status: http.StatusBadRequest, Property: path}
	if s.find(name) >= 0 {
		e.Message = fmt.Sprintf("set %s of %s: the mailbox keeps it", path, c.Singular())
		e.Hint = "leave it out: it follows from the rest"
		return e
	}
	e.Message = fmt.Sprintf("set %s of %s: there is no such property", path, c.Singular())
	e.Hint = hintAt(name, names(s))
	return e
}

func hintAt(name string, words []string) string {
	if near := nearmiss.Of(name, words); near != "" {
		return "did you mean " + near + "?"
	}
	return "there are " + strings.Join(words, ", ")
}

// valueError tells what is wrong with a value, and what would be right.
type valueError struct{ reason, hint string }

func (e *valueError) Error() string { return e.reason }

func wants(what string, got any) *valueError {
	return &valueError{reason: fmt.Sprintf("takes %s, not %s", what, describe(got)), hint: "give it " + what}
}

func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return strconv.Quote(v)
	case bool, int, float64, json.Number, notify.Enum:
		return fmt.Sprint(v)
	case map[string]any, notify.Object:
		return "an object"
	case []any, []string, notify.List:
		return "a list"
	}
	return fmt.Sprintf("a %T", v)
}

// convert makes a value of f's type. Objects begin with what f holds now, so that members which are not named stay.
func (f *field) convert(v, now any) (any, *valueError) {
	if v == nil {
		return f.empty()
	}
	switch f.kind {
	case texts:
		return convertList(v, func(element any) (any, *valueError) { return (&field{}).convert(element, nil) })
	case truth:
		return convertTruth(v)
	case whole:
		return convertWhole(v)
	case moment:
		return convertMoment(v)
	case word:
		return f.convertWord(v)
	case object:
		held, _ := now.(notify.Object)
		return f.convertObject(v, held)
	case objects:
		return convertList(v, func(element any) (any, *valueError) { return f.convertObject(element, nil) })
	}
	if t, ok := v.(string); ok {
		return t, nil
	}
	return nil, wants("a text", v)
}

// empty is what null makes of a property.
func (f *field) empty() (any, *valueError) {
	switch f.kind {
	case texts, objects:
		return notify.List{}, nil
	case truth:
		return nil, wants("true or false", nil)
	case whole:
		return nil, wants("a whole number", nil)
	case word:
		return f.convertWord(nil)
	}
	return nil, nil
}

func convertTruth(v any) (any, *valueError) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case string:
		switch strings.ToLower(v) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
	}
	return nil, wants("true or false", v)
}

func convertWhole(v any) (any, *valueError) {
	switch v := v.(type) {
	case int:
		return v, nil
	case float64: // as encoding/json decodes; beyond int32 no property of the service goes
		if v == math.Trunc(v) && math.Abs(v) <= math.MaxInt32 {
			return int(v), nil
		}
	case json.Number:
		return convertWhole(v.String())
	case string:
		if n, err := strconv.ParseInt(v, 10, 32); err == nil {
			return int(n), nil
		}
	}
	return nil, wants("a whole number", v)
}

func convertMoment(v any) (any, *valueError) {
	switch v := v.(type) {
	case time.Time:
		return v.UTC(), nil
	case string:
		if t, err := time.Parse(time.RFC3339, v); err == nil {
			return t.UTC(), nil
		}
	}
	return nil, wants("a date with its zone, such as 2026-01-02T03:04:05Z", v)
}

func (f *field) convertWord(v any) (any, *valueError) {
	var given string
	switch v := v.(type) {
	case string:
		given = v
	case notify.Enum:
		given = string(v)
	}
	var words []string
	for _, w := range f.words {
		if strings.EqualFold(string(w), given) {
			return w, nil
		}
		words = append(words, string(w))
	}
	return nil, wants("one of "+strings.Join(words, ", "), v)
}

// convertList takes a list, or a text with commas between its elements, or one element alone.
func convertList(v any, convert func(any) (any, *valueError)) (any, *valueError) {
	var elements []any
	switch v := v.(type) {
	case []any:
		elements = v
	case notify.List:
		elements = v
	case []string:
		for _, t := range v {
			elements = append(elements, t)
		}
	case string:
		for t := range strings.SplitSeq(v, ",") {
			if t = strings.TrimSpace(t); t != "" {
				elements = append(elements, t)
			}
		}
	default:
		elements = []any{v}
	}
	list := make(notify.List, 0, len(elements))
	for _, element := range elements {
		converted, err := convert(element)
		if err != nil {
			return nil, err
		}
		list = append(list, converted)
	}
	return list, nil
}

func (f *field) convertObject(v any, held notify.Object) (any, *valueError) {
	members, refusal := f.membersOf(v)
	if refusal != nil {
		return nil, refusal
	}
	result := blank(f.members)
	for i := range result {
		for _, p := range held {
			if p.Name == result[i].Name {
				result[i].Value = p.Value
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		i := slices.IndexFunc(f.members, func(m field) bool { return m.name == name })
		if i < 0 {
			return nil, &valueError{reason: "it has no member " + name, hint: hintAt(name, names(f.members))}
		}
		value, err := f.members[i].convert(members[name], result[i].Value)
		if err != nil {
			return nil, &valueError{reason: name + " " + err.reason, hint: err.hint}
		}
		result[i].Value = value
	}
	return result, nil
}

// membersOf reads what an object is given as: an object, or a text that stands for one.
func (f *field) membersOf(v any) (map[string]any, *valueError) {
	switch v := v.(type) {
	case map[string]any:
		return v, nil
	case notify.Object:
		members := make(map[string]any, len(v))
		for _, p := range v {
			members[p.Name] = p.Value
		}
		return members, nil
	case string:
		if f.short == nil {
			break
		}
		if members, ok := f.short.read(v); ok {
			return members, nil
		}
	}
	return nil, wants(f.sample(), v)
}

// sample says what an object may be given as.
func (f *field) sample() string {
	what := "an object with " + strings.Join(names(f.members), ", ")
	if f.short != nil {
		what = f.short.sample + ", or " + what
	}
	return what
}
