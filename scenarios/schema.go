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
	top := s.of(reflect.TypeFor[Scenario]())
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

// of is the schema of a type.
func (s *schemaWriter) of(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[Duration]():
		return object{"anyOf": []any{object{"type": "string", "pattern": `^(\d+d)?((\d+(\.\d+)?(h|m|s|ms|us|µs|ns))*|0)$`}, object{"const": 0}}}
	case reflect.TypeFor[Pause]():
		return object{"anyOf": []any{s.of(reflect.TypeFor[Duration]()), object{"const": asTold}}}
	case reflect.TypeFor[Match]():
		return s.define("Match", s.match)
	case reflect.TypeFor[Reactions]():
		one := s.of(reflect.TypeFor[Reaction]())
		return object{"anyOf": []any{one, object{"type": "array", "items": one}}}
	case reflect.TypeFor[Faults]():
		return object{"oneOf": []any{object{"type": "string"}, object{"type": "array", "items": object{"type": "string"}}}}
	}
	if w, ok := reflect.Zero(t).Interface().(worded); ok && t.Kind() == reflect.String {
		_, known := w.words()
		return s.define(t.Name(), func() object { return object{"enum": known} })
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.Struct:
		return s.define(t.Name(), func() object { return s.structure(t) })
	case reflect.Slice:
		return object{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.String:
		return object{"type": []string{"string", "number", "boolean"}}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int:
		return object{"type": "integer"}
	}
	return object{} // anything
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
		forms = append(forms, s.of(member))
		if member.Kind() == reflect.Slice { // a list of one
			forms = append(forms, object{"allOf": []any{object{"type": "string"}, s.of(member.Elem())}})
		}
	}
	if len(forms) == 1 {
		return mapping
	}
	return object{"anyOf": forms}
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
