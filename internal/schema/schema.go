// Package schema makes JSON Schemas (2020-12) of Go types, by what
// encoding/json writes of them.
//
// A [Writer] describes types one after the other, and keeps those that have a
// name apart, so that each is described once and can hold itself. What a type's
// kind doesn't tell, the type says itself: one that writes its own JSON is a
// [Describer], and a field's tag doc is its description. Fields without a name
// in a tag json are left out: what others read is named on purpose.
//
// It knows no keywords beyond those: no bounds, no formats but that of times.
package schema

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"time"
)

// Object is a JSON object of a schema.
type Object = map[string]any

// Describer is a type that says itself what its JSON is. Structs are kept under
// their names, others are described where they stand.
type Describer interface{ JSONSchema() map[string]any }

// Conduct tells how a reader is to take what a schema does not name.
type Conduct int

const (
	// Closed says all that there is: a document with anything more is wrong.
	Closed Conduct = iota
	// Open says what there is for sure. Later versions may say more: further
	// members, further words.
	Open
)

// Writer describes types. Make it with [NewWriter].
type Writer struct {
	// Definitions are the types with names.
	Definitions Object

	prefix  string
	conduct Conduct
	names   map[string]reflect.Type // whose a name is
}

// NewWriter returns a Writer whose references begin with prefix, such as
// "#/$defs/".
func NewWriter(prefix string, conduct Conduct) *Writer {
	return &Writer{Definitions: make(Object), prefix: prefix, conduct: conduct, names: make(map[string]reflect.Type)}
}

// Of is the schema of t, or a reference to it.
func (w *Writer) Of(t reflect.Type) Object {
	if t.Kind() == reflect.Pointer {
		return w.Of(t.Elem())
	}
	if described, ok := reflect.Zero(t).Interface().(Describer); ok {
		if t.Kind() == reflect.Struct {
			return w.reference(t, func() Object { return w.opened(described.JSONSchema()) })
		}
		return w.opened(described.JSONSchema())
	}
	switch {
	case t == reflect.TypeFor[time.Time]():
		return Object{"type": "string", "format": "date-time"}
	case t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return Object{"type": "string"}
	case t.Implements(reflect.TypeFor[json.Marshaler]()):
		return Object{} // anything
	}
	switch t.Kind() {
	case reflect.String:
		return Object{"type": "string"}
	case reflect.Bool:
		return Object{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return Object{"type": "number"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return Object{"type": "integer"}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return Object{"type": "integer", "minimum": 0}
	case reflect.Slice, reflect.Array:
		return Object{"type": "array", "items": w.Of(t.Elem())}
	case reflect.Map:
		return Object{"type": "object", "additionalProperties": w.Of(t.Elem())}
	case reflect.Struct:
		return w.reference(t, func() Object { return w.Structure(t) })
	}
	return Object{} // anything
}

// Structure is the schema of a struct itself, where Of refers to it.
func (w *Writer) Structure(t reflect.Type) Object {
	properties, required := make(Object), []string{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		property := make(Object)
		for key, value := range w.Of(f.Type) {
			property[key] = value
		}
		if doc := f.Tag.Get("doc"); doc != "" {
			property["description"] = doc
		}
		properties[name] = property
		if !strings.Contains(options, "omit") {
			required = append(required, name)
		}
	}
	object := Object{"type": "object", "properties": properties, "required": required}
	if w.conduct == Closed {
		object["additionalProperties"] = false
	}
	return object
}

// opened takes away from what a type says of itself that there is no more,
// where there may be.
func (w *Writer) opened(described Object) Object {
	if w.conduct == Closed {
		return described
	}
	for key, value := range described {
		switch value := value.(type) {
		case Object:
			described[key] = w.opened(value)
		case []Object:
			for i := range value {
				value[i] = w.opened(value[i])
			}
		}
	}
	if described["additionalProperties"] == false {
		delete(described, "additionalProperties")
	}
	if words, ok := described["enum"]; ok {
		delete(described, "enum")
		described["examples"] = words
	}
	return described
}

// reference keeps a type under its name, without the difference between
// exported and not. Its place is taken before it is described, should it refer
// to itself. Of two types with one name, the second has its package's before.
func (w *Writer) reference(t reflect.Type, described func() Object) Object {
	name := exported(t.Name())
	if other, taken := w.names[name]; taken && other != t {
		name = exported(t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+1:]) + name
	}
	if _, known := w.Definitions[name]; !known {
		w.names[name] = t
		w.Definitions[name] = Object{}
		w.Definitions[name] = described()
	}
	return Object{"$ref": w.prefix + name}
}

func exported(name string) string {
	if name == "" {
		return "Anonymous"
	}
	return strings.ToUpper(name[:1]) + name[1:]
}
