package scenarios_test

import (
	"bytes"
	"io/fs"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/outlocal/outlocal/scenarios"
)

// The schema that is published is the one that files are held to.
func TestSchemaIsUpToDate(t *testing.T) {
	published, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(published, scenarios.Schema()) {
		t.Error("schema.json is out of date: run go run . scenarios schema > scenarios/schema.json")
	}
}

// An editor, which knows the schema alone, finds nothing wrong with the catalogue, and something with files whose form is wrong.
func TestSchemaAlone(t *testing.T) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(scenarios.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	validate := func(text []byte) error {
		var value any
		if err := yaml.Unmarshal(text, &value); err != nil {
			t.Fatal(err)
		}
		return schema.Validate(value)
	}
	files, err := fs.Glob(scenarios.Catalog(), "*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("the catalogue has %d files: %v", len(files), err)
	}
	for _, name := range files {
		text, err := fs.ReadFile(scenarios.Catalog(), name)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, row := range wrongFiles() {
		if row.beyondSchema {
			continue
		}
		if validate([]byte(row.text)) == nil {
			t.Errorf("%s: the schema finds nothing wrong", row.name)
		}
	}
}
