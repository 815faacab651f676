package scenarios

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
)

// schemaID names the schema. Nothing is fetched there.
const schemaID = "https://github.com/outlocal/outlocal/scenarios/schema.json"

// Schema is the format as a JSON Schema (2020-12), for editors and other tools. It is made of the very types that files are read
// into; what only a whole file tells, such as the names of earlier steps, it leaves to [Parse].
func Schema() []byte {
	s := schemaWriter{definitions: map[string]any{}}
	s.define(anyReference, func() object {
		return object{"type": "string", "pattern": `^\$\{[A-Za-z][A-Za-z0-9_-]*\}$`, "description": "a variable of the file, in the place of any value"}
	})
	top := object{"anyOf": []any{s.of(reflect.TypeFor[Scenario]()), s.of(reflect.TypeFor[Steps]())}} // a file that is included is a list
	document := map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": schemaID,
		"title": "a scenario of outlocal's", "$defs": s.definitions,
	}
	for name, value := range top {
		document[name] = value
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if encoder.Encode(document) != nil { // maps, lists and texts always encode
		return nil
	}
	return text.Bytes()
}

// schemaWriter writes each type once.
type schemaWriter struct {
	definitions map[string]any
}

type object = map[string]any

// anyReference is what a variable of the file is called by.
const anyReference = "Reference"

// of is the schema of a type, or of a variable in its place.
func (s *schemaWriter) of(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[Duration]():
		return orVariable(object{"type": "string", "pattern": `^(\d+d)?((\d+(\.\d+)?(h|m|s|ms|us|µs|ns))*|0)$`}, object{"const": 0})
	case reflect.TypeFor[Pause]():
		return object{"anyOf": []any{s.of(reflect.TypeFor[Duration]()), object{"const": asTold}}}
	case reflect.TypeFor[Match]():
		return s.define("Match", s.match)
	case reflect.TypeFor[Reactions]():
		return object{"anyOf": s.oneOrMore(s.of(reflect.TypeFor[Reaction]()))}
	case reflect.TypeFor[Faults]():
		return object{"anyOf": s.oneOrMore(object{"type": "string"})}
	case reflect.TypeFor[Choices]():
		return s.define("Choices", s.choices)
	}
	if w, ok := reflect.Zero(t).Interface().(worded); ok && t.Kind() == reflect.String {
		_, known := w.words()
		return s.define(t.Name(), func() object { return orVariable(object{"enum": known}) })
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.Struct:
		return s.define(t.Name(), func() object { return s.structure(t) })
	case reflect.Slice:
		return orVariable(object{"type": "array", "items": s.of(t.Elem())})
	case reflect.Map:
		return orVariable(object{"type": "object", "additionalProperties": s.of(t.Elem())})
	case reflect.String:
		return object{"type": []string{"string", "number", "boolean"}}
	case reflect.Bool:
		return orVariable(object{"type": "boolean"})
	case reflect.Int:
		return orVariable(object{"type": "integer"})
	}
	return object{} // anything
}

// orVariable is one of some forms, or a variable of the file that stands for one.
func orVariable(forms ...any) object {
	return object{"anyOf": append(forms, object{"$ref": "#/$defs/" + anyReference})}
}

func (s *schemaWriter) oneOrMore(one object) []any {
	return []any{one, object{"type": "array", "items": one}}
}

// choices is the schema of the values that a variable can have.
func (s *schemaWriter) choices() object {
	scalar := object{"type": []string{"string", "number", "boolean"}}
	return object{"anyOf": []any{
		object{"type": "array", "items": scalar, "minItems": 1},
		object{"type": "object", "minProperties": 1},
	}}
}

// define keeps a schema under a name, so that a type can hold itself.
func (s *schemaWriter) define(name string, schema func() object) object {
	if _, known := s.definitions[name]; !known {
		s.definitions[name] = nil
		s.definitions[name] = schema()
	}
	return object{"$ref": "#/$defs/" + name}
}

func (s *schemaWriter) structure(t reflect.Type) object {
	properties, required := object{}, []string{}
	for _, m := range membersOf(t) {
		property := s.of(m.Type)
		if doc := m.Tag.Get("doc"); doc != "" {
			property["description"] = doc
		}
		for tag, keyword := range map[string]string{"min": "minimum", "max": "maximum"} {
			if bound, err := strconv.Atoi(m.Tag.Get(tag)); err == nil {
				property[keyword] = bound
			}
		}
		properties[m.name()] = property
		if m.Tag.Get("need") == "required" {
			required = append(required, m.name())
		}
	}
	mapping := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		mapping["required"] = required
	}
	for _, members := range choicesOf(t) {
		var alternatives []any
		for _, name := range members {
			alternatives = append(alternatives, object{"required": []string{name}})
		}
		mapping["oneOf"] = alternatives
	}
	forms := []any{mapping}
	if len(required) == 0 && len(choicesOf(t)) == 0 {
		forms = append(forms, object{"type": "null"})
	}
	if short := shortForm(t); short != "" {
		member := memberNamed(t, short).Type
		forms = append(forms, s.short(member))
		if member.Kind() == reflect.Slice { // a list of one
			forms = append(forms, object{"allOf": []any{object{"type": "string"}, s.of(member.Elem())}})
		}
	}
	return orVariable(forms...)
}

// short is the schema of what may stand for a whole mapping: of anything, what is no mapping.
func (s *schemaWriter) short(t reflect.Type) object {
	if t.Kind() == reflect.Interface {
		return object{"type": []string{"string", "number", "boolean"}}
	}
	return s.of(t)
}

// match is the schema of what a value has to be.
func (s *schemaWriter) match() object {
	self := object{"$ref": "#/$defs/Match"}
	properties := object{}
	for _, w := range matchWords() {
		property := object{}
		switch w.name {
		case "oneOf":
			property = object{"type": "array", "items": self}
		case "present", "absent":
			property = object{"const": true}
		case "in":
			property = s.of(reflect.TypeFor[Duration]())
		case "length", "least", "most":
			property = object{"type": "number"}
		}
		property["description"] = w.doc
		properties[w.name] = property
	}
	return object{"anyOf": []any{
		object{"type": []string{"string", "number", "boolean", "null", "array"}},
		object{"type": "object", "properties": properties, "additionalProperties": false, "minProperties": 1, "maxProperties": 1},
	}}
}

// schemaComment is how the first line of a file names its schema to editors.
const schemaComment = "# yaml-language-server: $schema="
