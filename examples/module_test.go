package examples_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// mostLines is what a test of a webhook may take: more, and people would rather write none.
const mostLines = 25

// TestModule runs the tests of a module that imports this one, as a user's would. It needs no network: all that it compiles, this
// module's own tests do.
func TestModule(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the emulator for another module")
	}
	run := exec.CommandContext(bounded(t), "go", "test", "-count=1", "./...")
	run.Dir = "go-test"
	run.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off")
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("go test in examples/go-test: %v\n%s", err, out)
	}
	if !strings.Contains(string(out), "ok  \texample.com/webhook") {
		t.Errorf("go test in examples/go-test ran no test:\n%s", out)
	}
}

// TestReadmeOfTheModule: whoever follows the README gets what this module has.
func TestReadmeOfTheModule(t *testing.T) {
	text, err := os.ReadFile("go-test/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	readme := readmeText(t)
	for _, line := range []string{"require github.com/outlocal/outlocal v0.0.0", "replace github.com/outlocal/outlocal => .."} {
		if !strings.Contains(string(text), "\n"+line) || !strings.Contains(readme, line) {
			t.Errorf("%q has to be in go-test/go.mod and in the README", line)
		}
	}
	if !strings.Contains(readme, "](examples/go-test/webhook.go)") {
		t.Error("the README does not say where the webhook of its test is")
	}
}

func TestModuleTestIsShort(t *testing.T) {
	text, err := os.ReadFile("go-test/webhook_test.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\n"); n > mostLines {
		t.Errorf("examples/go-test/webhook_test.go has %d lines, at most %d are promised", n, mostLines)
	}
}
