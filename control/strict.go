package control

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/outlocal/outlocal/internal/odata"
)

// strict reads JSON documents into Go values. Names count in exact case and once each, and unknown ones are refused: encoding/json would
// drop a member that is misspelled, and the call would do something else than it says.
type strict struct {
	members map[reflect.Type]map[string]reflect.Type // what has been found out about types: an import has a million rows of one
}

func newStrict() strict { return strict{members: make(map[reflect.Type]map[string]reflect.Type)} }

// decode reads a document into target, a pointer.
func (s strict) decode(document []byte, target any) error {
	value, err := odata.Parse(document)
	if err != nil {
		return BadRequest("read body: it is not JSON: "+err.Error(), "")
	}
	if err := s.check(value, reflect.TypeOf(target).Elem(), ""); err != nil {
		return err
	}
	if err := json.Unmarshal(document, target); err != nil {
		return BadRequest("read body: "+plainJSONError(err), "")
	}
	return nil
}

// check looks for members that t does not have, at every depth.
func (s strict) check(value odata.Value, t reflect.Type, path string) error {
	switch {
	case value.IsNull() || t.Kind() != reflect.Slice && t.Kind() != reflect.Struct:
		return nil
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return nil // a date, for one, is no object
	case t.Kind() == reflect.Slice:
		i := 0
		for element := range value.Elements {
			if err := s.check(element, t.Elem(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
			i++
		}
		return nil
	case !value.IsObject():
		return BadRequest(fmt.Sprintf("read body: %s is %s, an object is needed", place(path), value.Kind()), "")
	}
	members := s.of(t)
	seen := make(map[string]bool)
	for m := range value.Members {
		typ, known := members[m.Name]
		switch {
		case !known:
			return BadRequest(fmt.Sprintf("read body: %s has an unknown member %q", place(path), m.Name), hintNear("it has", m.Name, sortedKeys(members)))
		case seen[m.Name]:
			return BadRequest(fmt.Sprintf("read body: %s has %q twice", place(path), m.Name), "which one is meant?")
		}
		seen[m.Name] = true
		if err := s.check(m.Value, typ, strings.TrimPrefix(path+"."+m.Name, ".")); err != nil {
			return err
		}
	}
	return nil
}

// of lists the members of a struct type.
func (s strict) of(t reflect.Type) map[string]reflect.Type {
	if members, ok := s.members[t]; ok {
		return members
	}
	members := make(map[string]reflect.Type)
	for _, f := range reflect.VisibleFields(t) {
		if name := memberName(f); name != "" {
			members[name] = f.Type
		}
	}
	s.members[t] = members
	return members
}

func place(path string) string {
	if path == "" {
		return "the document"
	}
	return path
}

// memberName is what a field is called in JSON, empty where it does not travel.
func memberName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "-" {
		return ""
	}
	return name
}

// plainJSONError words a mismatch of types without the names of Go's.
func plainJSONError(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Sprintf("%s is a %s, which it can't be", place(wrong.Field), wrong.Value)
	}
	return err.Error()
}
