package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

// compiled is the schema, ready to be asked. A file is checked against it although the types are stricter: what an editor marks as
// wrong must not be played, and the other way round.
var compiled = sync.OnceValues(func() (*jsonschema.Schema, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(schemaID, document); err != nil {
		return nil, err
	}
	return compiler.Compile(schemaID)
})

// checkSchema checks a file against the schema.
func checkSchema(name string, root *yaml.Node) error {
	schema, err := compiled()
	if err != nil {
		return fmt.Errorf("compile the schema of scenarios: %w", err)
	}
	value := newReader(name).plain(root)
	var broken *jsonschema.ValidationError
	switch err := schema.Validate(value); {
	case errors.As(err, &broken):
		for len(broken.Causes) > 0 {
			broken = broken.Causes[0]
		}
		n := nodeAt(root, broken.InstanceLocation)
		return &FileError{[]Problem{{At: Position{File: name, Line: n.Line, Column: n.Column}, What: "the schema does not allow this: " + broken.Error()}}}
	case err != nil:
		return fmt.Errorf("check %s against the schema: %w", name, err)
	}
	return nil
}

// nodeAt follows a location as far as it leads.
func nodeAt(n *yaml.Node, location []string) *yaml.Node {
	for _, step := range location {
		switch n.Kind {
		case yaml.MappingNode:
			if next := memberNode(n, step); next != n {
				n = next
			}
		case yaml.SequenceNode:
			if i, err := strconv.Atoi(step); err == nil && i < len(n.Content) {
				n = n.Content[i]
			}
		}
	}
	return n
}
