package control

import (
	"encoding"
	"fmt"
	"net/url"
	"reflect"
	"strconv"
)

// A parameter is one field of a struct that travels in a query. Structs inside are flattened, so that a selector's fields stand
// beside the others.
type parameter struct {
	name     string
	doc      string
	field    []int // index path in the struct
	typ      reflect.Type
	repeated bool
}

// parameters lists those of a struct type, by the tag query or else json.
func parameters(t reflect.Type) []parameter {
	var found []parameter
	for _, f := range reflect.VisibleFields(t) {
		name := f.Tag.Get("query")
		if name == "" {
			name = memberName(f)
		}
		switch {
		case f.Anonymous || !f.IsExported(): // what is in it is visible as well
		case f.Type.Kind() == reflect.Struct && f.Tag == "":
			for _, p := range parameters(f.Type) {
				p.field = append(append([]int(nil), f.Index...), p.field...)
				found = append(found, p)
			}
		case f.Type.Kind() == reflect.Slice:
			found = append(found, parameter{name, f.Tag.Get("doc"), f.Index, f.Type.Elem(), true})
		default:
			found = append(found, parameter{name, f.Tag.Get("doc"), f.Index, f.Type, false})
		}
	}
	return found
}

// encodeQuery writes what is set in a struct.
func encodeQuery(query any) url.Values {
	values := make(url.Values)
	v := reflect.ValueOf(query)
	for _, p := range parameters(v.Type()) {
		field := v.FieldByIndex(p.field)
		switch {
		case field.IsZero():
		case p.repeated:
			for i := range field.Len() {
				values.Add(p.name, fmt.Sprint(field.Index(i)))
			}
		default:
			values.Set(p.name, fmt.Sprint(field))
		}
	}
	return values
}

// decodeQuery reads a query into a struct. What the struct does not have is refused: a selector that was misspelled would select all.
func decodeQuery(values url.Values, query any) error {
	v := reflect.ValueOf(query).Elem()
	known := make(map[string]parameter)
	for _, p := range parameters(v.Type()) {
		known[p.name] = p
	}
	for _, name := range sortedKeys(values) {
		p, ok := known[name]
		if !ok {
			return BadRequest(fmt.Sprintf("read query: unknown parameter %q", name), hintNear("this call takes", name, sortedKeys(known)))
		}
		given := values[name]
		if len(given) > 1 && !p.repeated {
			return BadRequest(fmt.Sprintf("read query: %s is given %d times", name, len(given)), "give it once")
		}
		field := v.FieldByIndex(p.field)
		if p.repeated {
			field.Set(reflect.MakeSlice(field.Type(), len(given), len(given)))
		}
		for i, text := range given {
			target := field
			if p.repeated {
				target = field.Index(i)
			}
			if err := setText(target, text); err != nil {
				return BadRequest(fmt.Sprintf("read query: %s: %v", name, err), "")
			}
		}
	}
	return nil
}

func setText(target reflect.Value, text string) error {
	if u, ok := target.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch target.Kind() {
	case reflect.Bool:
		truth, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is neither 1 nor 0", text)
		}
		target.SetBool(truth)
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return fmt.Errorf("%q is no whole number from 0 on", text)
		}
		target.SetInt(int64(n))
	case reflect.Uint64:
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return fmt.Errorf("%q is no whole number from 0 on", text)
		}
		target.SetUint(n)
	default:
		target.SetString(text)
	}
	return nil
}
