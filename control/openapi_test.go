package control_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/mux"
	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/journal"
)

type object = map[string]any

// describe reads the document as it is served.
func describe(t *testing.T, b control.Backend) object {
	t.Helper()
	got := ask(t, b, http.MethodGet, "/openapi.json", "", "")
	var document object
	if err := json.Unmarshal([]byte(got.body), &document); err != nil || got.header.Get("Content-Type") != "application/json" {
		t.Fatalf("got %v, %.200s", err, got.body)
	}
	return document
}

// TestTheDocumentHasTheRoutesAndNoOthers walks the router and the document.
func TestTheDocumentHasTheRoutesAndNoOthers(t *testing.T) {
	var served, described []string
	router := control.NewHandler(newFake()).(*mux.Router)
	err := router.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, err := route.GetPathTemplate()
		methods, errMethods := route.GetMethods()
		served = append(served, methods[0]+" "+path+" "+route.GetName())
		return cmpError(err, errMethods)
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range describe(t, newFake())["paths"].(object) {
		for method, operation := range item.(object) {
			described = append(described, strings.ToUpper(method)+" "+path+" "+operation.(object)["operationId"].(string))
		}
	}
	slices.Sort(served)
	slices.Sort(described)
	if diff := cmp.Diff(served, described); diff != "" || len(served) < 15 {
		t.Errorf("routes (-served +described):\n%s", diff)
	}
}

func cmpError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestAnswersAreAsDescribed asks every route and holds its answer against the document.
func TestAnswersAreAsDescribed(t *testing.T) {
	f := newFake()
	f.journal.Append(journal.Entry{
		At: noon(), Wall: noon(), Kind: journal.Attempt, Cause: 1, Dialect: "graph-v1.0", Subscription: "s", Mailbox: "m", App: "a", URL: "https://hook.example", Note: "n",
		Exchange: &journal.Exchange{
			Method: "POST", URL: "https://hook.example", RequestHeader: http.Header{"A": {"b"}}, RequestBody: journal.Body("text"), Status: 202,
			ResponseHeader: http.Header{"C": {"d"}}, ResponseBody: journal.Body{0xff}, Started: noon(), Took: time.Second, Error: "late", Finding: "delivery-late",
		},
		Data: object{"any": 1.0},
	})
	document := describe(t, f)
	bodies := map[string]string{
		"raiseChange": `{"change":"created","collection":"message"}`, "mount": `{"path":"/api","dialect":"d"}`, "advance": `{"by":"1h"}`, "setScale": `{"scale":2}`,
		"raiseLifecycle": `{"event":"missed"}`, "addFaults": `{"faults":["drop"]}`, "import": `{"subscriptions":[` + row1 + `]}`,
	}
	count := 0
	for path, item := range document["paths"].(object) {
		for method, operation := range item.(object) {
			operation := operation.(object)
			id := operation["operationId"].(string)
			if id == "stop" {
				defer func() { <-f.stopped }()
			}
			got := ask(t, f, strings.ToUpper(method), path, "application/json", bodies[id])
			if got.status != http.StatusOK {
				t.Errorf("%s: got %d, %s", id, got.status, got.body)
				continue
			}
			count++
			schema := at(operation, "responses", "200", "content", "application/json", "schema")
			for _, wrong := range violations(document, schema, value(t, got.body), id) {
				t.Error(wrong)
			}
			refused := ask(t, f, strings.ToUpper(method), path+"?no=such", "application/json", bodies[id])
			schema = at(operation, "responses", "default", "content", "application/json", "schema")
			for _, wrong := range violations(document, schema, value(t, refused.body), id+" refused") {
				t.Error(wrong)
			}
		}
	}
	if count < 15 {
		t.Errorf("asked %d routes only", count)
	}
}

// TestTheDocumentShowsAllOfAnExchange compares the one schema that is kept by hand with what is written.
func TestTheDocumentShowsAllOfAnExchange(t *testing.T) {
	x := journal.Exchange{}
	v := reflect.ValueOf(&x).Elem()
	full := reflect.ValueOf(journal.Exchange{
		Method: "m", URL: "u", RequestHeader: http.Header{"A": nil}, RequestBody: journal.Body("b"), Status: 1, ResponseHeader: http.Header{"A": nil},
		ResponseBody: journal.Body("b"), Started: noon(), Took: 1, Error: "e", Finding: "f",
	})
	v.Set(full)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("this test sets no %s", v.Type().Field(i).Name)
		}
	}
	encoded, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	var written []string
	for name := range value(t, string(encoded)).(object) {
		written = append(written, name)
	}
	var described []string
	for name := range at(describe(t, newFake()), "components", "schemas", "Exchange", "properties") {
		described = append(described, name)
	}
	slices.Sort(written)
	slices.Sort(described)
	if diff := cmp.Diff(written, described); diff != "" {
		t.Errorf("members (-written +described):\n%s", diff)
	}
}

func TestTheDocumentTellsQueriesAndBodies(t *testing.T) {
	document := describe(t, newFake())
	var names []string
	for _, p := range at(document, "paths", "/journal", "get")["parameters"].([]any) {
		names = append(names, p.(object)["name"].(string))
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"app", "follow", "kind", "limit", "mailbox", "since", "subscription", "url"}, names); diff != "" {
		t.Errorf("parameters of /journal (-want +got):\n%s", diff)
	}
	for path, want := range map[string][]string{"/subscriptions/import": {"application/json", "application/x-ndjson"}, "/changes": {"application/json"}} {
		var media []string
		for name := range at(document, "paths", path, "post", "requestBody", "content") {
			media = append(media, name)
		}
		slices.Sort(media)
		if diff := cmp.Diff(want, media); diff != "" {
			t.Errorf("bodies of %s (-want +got):\n%s", path, diff)
		}
	}
	line := at(document, "paths", "/subscriptions/import", "post", "requestBody", "content", "application/x-ndjson", "schema")
	if diff := cmp.Diff(object{"$ref": "#/components/schemas/NewSubscription"}, line); diff != "" {
		t.Errorf("a line of an import (-want +got):\n%s", diff)
	}
}

func value(t *testing.T, document string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(document), &v); err != nil {
		t.Fatalf("%v in %s", err, document)
	}
	return v
}

func at(o object, path ...string) object {
	for _, step := range path {
		o, _ = o[step].(object)
	}
	return o
}

// violations holds a value against a schema, as far as this document uses them.
func violations(document, schema object, v any, place string) []string {
	if ref, ok := schema["$ref"].(string); ok {
		return violations(document, at(document, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...), v, place)
	}
	if choices, ok := schema["oneOf"].([]any); ok {
		fits := slices.ContainsFunc(choices, func(choice any) bool { return len(violations(document, choice.(object), v, place)) == 0 })
		if !fits {
			return []string{fmt.Sprintf("%s: %v fits no choice", place, v)}
		}
		return nil
	}
	var wrong []string
	if kind, ok := schema["type"]; ok && kind != kindOf(v) && !(kind == "integer" && v == float64(int64(asNumber(v)))) {
		return []string{fmt.Sprintf("%s: %v is no %v", place, v, kind)}
	}
	if words, ok := schema["enum"].([]any); ok && !slices.Contains(words, v) {
		wrong = append(wrong, fmt.Sprintf("%s: %v is none of %v", place, v, words))
	}
	switch v := v.(type) {
	case []any:
		for i, element := range v {
			wrong = append(wrong, violations(document, at(schema, "items"), element, fmt.Sprintf("%s[%d]", place, i))...)
		}
	case object:
		required, _ := schema["required"].([]any)
		for _, name := range required {
			if _, ok := v[name.(string)]; !ok {
				wrong = append(wrong, fmt.Sprintf("%s: %v is missing", place, name))
			}
		}
		for name, member := range v {
			property := at(schema, "properties", name)
			if property == nil {
				if schema["additionalProperties"] == false {
					wrong = append(wrong, fmt.Sprintf("%s: %s is not described", place, name))
				}
				property = at(schema, "additionalProperties")
			}
			wrong = append(wrong, violations(document, property, member, place+"."+name)...)
		}
	}
	return wrong
}

func kindOf(v any) string {
	switch v.(type) {
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case []any:
		return "array"
	case object:
		return "object"
	}
	return "null"
}

func asNumber(v any) float64 {
	n, ok := v.(float64)
	if !ok {
		return 0.5
	}
	return n
}
