package control

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
)

// object is a JSON object of the document.
type object = map[string]any

// document is the OpenAPI description of routes. It is made of the table and the types that serve them, so it can't say anything else.
func document(routes []route) []byte {
	s := newSchemas()
	paths := make(object)
	for _, r := range routes {
		item, ok := paths[r.path].(object)
		if !ok {
			item = make(object)
			paths[r.path] = item
		}
		item[strings.ToLower(r.method)] = s.operation(r)
	}
	s.of(reflect.TypeFor[Error]())
	doc, err := json.MarshalIndent(object{
		"openapi": "3.1.0",
		"info": object{
			"title":       "outlocal control API",
			"version":     "1",
			"description": "Steers an emulator or a receiver. What a receiver has no part for answers 501.",
		},
		"paths": paths,
		"components": object{
			"schemas":         s.Definitions,
			"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer", "description": "demanded by listeners beyond loopback only"}},
		},
		"security": []object{{}, {"token": []string{}}},
	}, "", "  ")
	if err != nil {
		panic("control: the OpenAPI document does not encode: " + err.Error()) // maps, strings and booleans do
	}
	return append(doc, '\n')
}

func (s schemas) operation(r route) object {
	op := object{
		"operationId": r.id,
		"summary":     r.doc,
		"responses": object{
			"200":     object{"description": "Done.", "content": s.content(r.answer, r.answerMedia, s.lineOf(r.answer))},
			"default": object{"description": "Refused, or failed.", "content": object{"application/json": object{"schema": s.failure(r)}}},
		},
	}
	if params := s.parameters(r.query); len(params) > 0 {
		op["parameters"] = params
	}
	if r.body != reflect.TypeFor[nothing]() {
		op["requestBody"] = object{"content": s.content(r.body, r.bodyMedia, s.lineOf(r.body))}
	}
	if r.method == http.MethodDelete {
		op["description"] = "A query without parameters selects everything."
	}
	return op
}

// content is a JSON document of type t, or lines of JSON where there is a further media type.
func (s schemas) content(t reflect.Type, further string, line object) object {
	content := object{"application/json": object{"schema": s.of(t)}}
	if further != "" {
		content[further] = object{"schema": line, "x-one-per-line": true}
	}
	return content
}

// lineOf is what stands on a line where a list would stand in the document: its elements.
func (s schemas) lineOf(t reflect.Type) object {
	if t.Kind() == reflect.Struct {
		for _, f := range reflect.VisibleFields(t) {
			if f.Type.Kind() == reflect.Slice {
				return s.of(f.Type.Elem())
			}
		}
	}
	return object{}
}

func (s schemas) failure(r route) object {
	properties := object{"error": s.of(reflect.TypeFor[Error]())}
	if r.answer != reflect.TypeFor[Ok]() {
		partial := object{"description": "what was done before it failed"}
		for name, value := range s.of(r.answer) {
			partial[name] = value
		}
		properties["partial"] = partial
	}
	return object{"type": "object", "required": []string{"error"}, "properties": properties, "additionalProperties": false}
}

func (s schemas) parameters(query reflect.Type) []object {
	var params []object
	for _, p := range parameters(query) {
		schema := s.of(p.typ)
		if p.repeated {
			schema = object{"type": "array", "items": schema}
		}
		param := object{"in": "query", "name": p.name, "schema": schema}
		if p.doc != "" {
			param["description"] = p.doc
		}
		params = append(params, param)
	}
	return params
}
