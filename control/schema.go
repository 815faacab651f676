package control

import (
	"reflect"

	"github.com/outlocal/outlocal/internal/schema"
)

// schemas makes JSON schemas of Go types, and keeps those that have a name under it.
type schemas struct {
	*schema.Writer
}

func newSchemas() schemas {
	return schemas{schema.NewWriter("#/components/schemas/", schema.Closed)}
}

// of is the schema of t, or a reference to it.
func (s schemas) of(t reflect.Type) object { return s.Of(t) }

// JSONSchema describes the JSON.
func (Duration) JSONSchema() map[string]any {
	return object{"type": "string", "examples": []string{"72h", "1m30s"}}
}

// JSONSchema describes the JSON.
func (Kind) JSONSchema() map[string]any {
	return object{"type": "string", "enum": []Kind{Emulator, Receiver, Exposure}}
}
