package cli_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/outlocal/outlocal/internal/cli"
)

// exitDrift is how the outlocal of scripts ends when it prints a document that is not of its form: no script wants that.
const exitDrift = 97

// held is the output of an outlocal that a script runs. Every document in it is held to its published schema as it goes by, and the
// first that is not right ends the run. It is noted which forms were seen.
type held struct {
	to   io.Writer
	all  bool   // every line has to be a document
	seen string // the folder of notes
	end  func() // ends the run

	mu    sync.Mutex
	rest  []byte // of a line that is not whole yet
	wrong bool   // one was not right
}

// holdBoth watches over both outputs of a run with the given arguments.
func holdBoth(args []string, self string, end func()) (out, complaints *held) {
	notes := filepath.Join(filepath.Dir(self), "forms")
	return &held{to: os.Stdout, seen: notes, all: allDocuments(args), end: end}, &held{to: os.Stderr, seen: notes, end: end}
}

// code is how the run ended, which a drift is worse than.
func (h *held) code(ended int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.wrong {
		return exitDrift
	}
	return ended
}

// allDocuments tells whether nothing but documents may be printed.
func allDocuments(args []string) bool {
	if !slices.Contains(args, "--json") || slices.Contains(args, "--help") {
		return false
	}
	switch args[0] {
	case "completion", "help", "__complete", "exec": // the output of exec is its command's
		return false
	}
	return !slices.Contains(args, "schema") // which prints a schema, if that is what was asked for
}

func (h *held) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rest = append(h.rest, p...)
	for {
		line, rest, whole := bytes.Cut(h.rest, []byte("\n"))
		if !whole {
			return h.to.Write(p)
		}
		h.rest = bytes.Clone(rest)
		if err := h.judge(line); err != nil {
			fmt.Fprintf(os.Stderr, "outlocal in a script printed a document that is not of its form: %v\n%s\n", err, line)
			h.wrong = true
			h.end()
		}
	}
}

// judge holds one line to the schema that it names.
func (h *held) judge(line []byte) error {
	if !bytes.HasPrefix(line, []byte(`{"schema":"outlocal/`)) {
		if h.all && len(line) > 0 {
			return fmt.Errorf("it names no schema")
		}
		return nil
	}
	var named struct{ Schema string }
	if err := json.Unmarshal(line, &named); err != nil {
		return err
	}
	schema, err := compiled(named.Schema)
	if err != nil {
		return err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
	if err != nil {
		return err
	}
	if err := schema.Validate(document); err != nil {
		return err
	}
	if err := os.MkdirAll(h.seen, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(h.seen, strings.ReplaceAll(named.Schema, "/", " ")), nil, 0o600)
}

// compiled is the schema of a form, closed: here no document may have more than it names.
func compiled(name string) (*jsonschema.Schema, error) {
	text, ok := cli.FormSchema(name)
	if !ok {
		return nil, fmt.Errorf("%s is no form: give it a line in forms.go", name)
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	closeObjects(schema)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(name, schema); err != nil {
		return nil, err
	}
	return compiler.Compile(name)
}

// closeObjects lets the objects of a schema have no members but those that it names.
func closeObjects(schema any) {
	switch schema := schema.(type) {
	case map[string]any:
		_, names := schema["properties"]
		_, further := schema["additionalProperties"]
		if _, kind := schema["type"].(string); names && !further && kind {
			schema["additionalProperties"] = false
		}
		delete(schema, "$id") // it is found by its name here
		for _, inner := range schema {
			closeObjects(inner)
		}
	case []any:
		for _, inner := range schema {
			closeObjects(inner)
		}
	}
}

// allForms runs the tests, and then sees whether scripts have printed every form.
type allForms struct{ tests interface{ Run() int } }

func (a allForms) Run() int {
	code := a.tests.Run()
	if code != 0 || flag.Lookup("test.run").Value.String() != "" || flag.Lookup("test.list").Value.String() != "" {
		return code
	}
	self, err := exec.LookPath("outlocal")
	if err != nil {
		return code
	}
	for _, name := range cli.FormNames() {
		if _, sampled := cli.FormSamples()[name]; sampled {
			continue
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(self), "forms", strings.ReplaceAll(name, "/", " "))); err != nil {
			fmt.Fprintf(os.Stderr, "no script prints %s with --json: nothing holds it to its schema\n", name)
			code = 1
		}
	}
	return code
}

// TestForms holds documents to their schemas that no script can bring about.
func TestForms(t *testing.T) {
	for name, text := range cli.FormSamples() {
		h := &held{to: io.Discard, all: true, seen: t.TempDir()}
		if err := h.judge(bytes.TrimSuffix([]byte(text), []byte("\n"))); err != nil || !strings.Contains(text, name) {
			t.Errorf("%s: %v: %s", name, err, text)
		}
	}
}

// TestDriftIsSeen: what watches over scripts lets nothing pass that is not right.
func TestDriftIsSeen(t *testing.T) {
	h := &held{to: io.Discard, all: true, seen: t.TempDir()}
	for _, row := range []struct {
		name, line string
		good       bool
	}{
		{"right", `{"schema":"outlocal/version/1","version":"v1","go":"go1.26","system":"linux/amd64"}`, true},
		{"no document", "outlocal v1", false},
		{"no schema", `{"version":"v1"}`, false},
		{"no form of ours", `{"schema":"outlocal/nonsense/1"}`, false},
		{"a member too few", `{"schema":"outlocal/version/1","version":"v1","go":"go1.26"}`, false},
		{"a member too many", `{"schema":"outlocal/version/1","version":"v1","go":"go1.26","system":"linux/amd64","arch":"amd64"}`, false},
		{"deep within, a member too many", `{"schema":"outlocal/error/1","error":{"message":"m","why":"w"},"exit":1}`, false},
		{"a list that is null", `{"schema":"outlocal/dialects/1","dialects":null}`, false},
		{"a time that is none", `{"schema":"outlocal/renewed/1","service":"s","id":"i","expires":"tomorrow"}`, false},
	} {
		if err := h.judge([]byte(row.line)); (err == nil) != row.good {
			t.Errorf("%s: %v", row.name, err)
		}
	}
	plain := &held{to: io.Discard, seen: t.TempDir()}
	if err := plain.judge([]byte("outlocal v1")); err != nil {
		t.Errorf("what a person reads is judged: %v", err)
	}
}
