package control

import (
	"reflect"
	"strings"
	"time"

	"github.com/outlocal/outlocal/journal"
)

// schemas makes JSON schemas of Go types, and keeps those that have a name under it.
type schemas struct {
	components object
}

// of is the schema of t, or a reference to it.
func (s *schemas) of(t reflect.Type) object {
	if schema := s.special(t); schema != nil {
		return schema
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Uint, reflect.Uint32, reflect.Uint64:
		return object{"type": "integer", "minimum": 0}
	case reflect.Slice:
		return object{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Struct:
		return s.named(t)
	}
	return object{} // anything
}

// special are types whose JSON does not follow from their kind.
func (s *schemas) special(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case reflect.TypeFor[Duration]():
		return object{"type": "string", "examples": []string{"72h", "1m30s"}}
	case reflect.TypeFor[Kind]():
		return object{"type": "string", "enum": []Kind{Emulator, Receiver}}
	case reflect.TypeFor[journal.Kind]():
		return object{"type": "string", "enum": kindNames()}
	case reflect.TypeFor[journal.Body]():
		return object{
			"description": "text, or base64 of what is none",
			"oneOf": []object{
				{"type": "string"},
				{"type": "object", "required": []string{"base64"}, "properties": object{"base64": object{"type": "string"}}, "additionalProperties": false},
				{"type": "null"},
			},
		}
	case reflect.TypeFor[journal.Exchange]():
		return s.reference("Exchange", func() object { return s.exchange() })
	}
	return nil
}

// exchange is the JSON of a [journal.Exchange], which writes itself; a test compares the two.
func (s *schemas) exchange() object {
	text, body := object{"type": "string"}, s.of(reflect.TypeFor[journal.Body]())
	header := object{"type": "object", "additionalProperties": object{"type": "array", "items": text}}
	return object{
		"type":        "object",
		"description": "one HTTP request and what came of it",
		"properties": object{
			"method": text, "url": text, "requestHeader": header, "requestBody": body,
			"status":         object{"type": "integer", "description": "absent when no answer came"},
			"responseHeader": header, "responseBody": body,
			"started": object{"type": "string", "format": "date-time", "description": "real time"},
			"tookMs":  object{"type": "number"},
			"error":   object{"type": "string", "description": "why no answer came, or what was wrong with it"},
			"finding": object{"type": "string", "description": "id of the diagnosis"},
		},
		"required":             []string{"tookMs"},
		"additionalProperties": false,
	}
}

// named puts a struct under its name, without the difference between exported and not.
func (s *schemas) named(t reflect.Type) object {
	name := strings.ToUpper(t.Name()[:1]) + t.Name()[1:]
	return s.reference(name, func() object {
		properties, required := make(object), []string{}
		for _, f := range reflect.VisibleFields(t) {
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" || name == "-" {
				continue
			}
			property := object{}
			for key, value := range s.of(f.Type) {
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
		return object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	})
}

// reference makes a component once. Its place is taken before it is made, should it refer to itself.
func (s *schemas) reference(name string, schema func() object) object {
	if _, ok := s.components[name]; !ok {
		s.components[name] = object{}
		s.components[name] = schema()
	}
	return object{"$ref": "#/components/schemas/" + name}
}
