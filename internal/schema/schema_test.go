package schema

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type word string

func (word) JSONSchema() map[string]any {
	return map[string]any{"type": "string", "enum": []string{"a", "b"}}
}

type self struct{}

func (self) JSONSchema() map[string]any {
	return map[string]any{"type": "object", "oneOf": []map[string]any{{"additionalProperties": false}}, "additionalProperties": false}
}

type hidden struct{ x int }

func (h hidden) MarshalJSON() ([]byte, error) { return json.Marshal(h.x) }

type span time.Duration

func (s span) MarshalText() ([]byte, error) { return []byte(time.Duration(s).String()), nil }

type Inner struct {
	Deep int `json:"deep,omitempty" doc:"how deep"`
}

type tree struct {
	Inner
	Name     string            `json:"name"`
	When     time.Time         `json:"when,omitzero"`
	Long     span              `json:"long"`
	Children []*tree           `json:"children"`
	By       map[string]uint32 `json:"by"`
	Word     word              `json:"word"`
	Self     *self             `json:"self,omitempty"`
	Hidden   hidden            `json:"hidden"`
	Any      any               `json:"any"`
	Yes      bool              `json:"yes"`
	Share    float64           `json:"share"`
	Left     string
	Out      string `json:"-"`
}

func TestOf(t *testing.T) {
	for _, row := range []struct {
		name    string
		conduct Conduct
		want    string
	}{
		{"closed", Closed, `{
			"Self": {"type":"object","oneOf":[{"additionalProperties":false}],"additionalProperties":false},
			"Tree": {"type":"object","additionalProperties":false,"required":["name","long","children","by","word","hidden","any","yes","share"],"properties":{
				"deep":{"type":"integer","description":"how deep"},"name":{"type":"string"},"when":{"type":"string","format":"date-time"},"long":{"type":"string"},
				"children":{"type":"array","items":{"$ref":"#/$defs/Tree"}},"by":{"type":"object","additionalProperties":{"type":"integer","minimum":0}},
				"word":{"type":"string","enum":["a","b"]},"self":{"$ref":"#/$defs/Self"},"hidden":{},"any":{},"yes":{"type":"boolean"},"share":{"type":"number"}}}}`},
		{"open", Open, `{
			"Self": {"type":"object","oneOf":[{}]},
			"Tree": {"type":"object","required":["name","long","children","by","word","hidden","any","yes","share"],"properties":{
				"deep":{"type":"integer","description":"how deep"},"name":{"type":"string"},"when":{"type":"string","format":"date-time"},"long":{"type":"string"},
				"children":{"type":"array","items":{"$ref":"#/$defs/Tree"}},"by":{"type":"object","additionalProperties":{"type":"integer","minimum":0}},
				"word":{"type":"string","examples":["a","b"]},"self":{"$ref":"#/$defs/Self"},"hidden":{},"any":{},"yes":{"type":"boolean"},"share":{"type":"number"}}}}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := NewWriter("#/$defs/", row.conduct)
			if diff := cmp.Diff(Object{"$ref": "#/$defs/Tree"}, w.Of(reflect.TypeFor[tree]())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var got, want any
			text, err := json.Marshal(w.Definitions)
			if err != nil || json.Unmarshal(text, &got) != nil || json.Unmarshal([]byte(row.want), &want) != nil {
				t.Fatal("it is no JSON")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Two types of one name do not stand in for each other.
func TestNamesAreKeptApart(t *testing.T) {
	w := NewWriter("#/", Closed)
	first := w.Of(reflect.TypeFor[Inner]())
	func() {
		type Inner struct {
			Other string `json:"other"`
		}
		if second := w.Of(reflect.TypeFor[Inner]()); cmp.Equal(first, second) {
			t.Errorf("both are %v", second)
		}
	}()
	if again := w.Of(reflect.TypeFor[Inner]()); !cmp.Equal(first, again) {
		t.Errorf("first %v, then %v", first, again)
	}
}
