// Package npm_test tests the npm package, as far as Node alone can: what is packed and installed, make npm-test tries.
package npm_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNode runs the tests that are written in JavaScript, on a binary of this very source.
func TestNode(t *testing.T) {
	node, err := exec.LookPath("node")
	if err == nil {
		err = exec.CommandContext(t.Context(), node, "--version").Run() // a file of that name is not enough: on some systems it merely opens a shop
	}
	if err != nil {
		t.Skipf("node does not run here, so the npm package is not tested: %v", err)
	}
	binary := filepath.Join(t.TempDir(), "outlocal")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "..").CombinedOutput(); err != nil {
		t.Fatalf("build outlocal: %v\n%s", err, out)
	}
	tests, err := filepath.Glob("test/*.test.mjs")
	if err != nil || len(tests) == 0 {
		t.Fatalf("found no tests in test: %v", err)
	}
	command := exec.CommandContext(t.Context(), node, append([]string{"--test", "--test-reporter=spec"}, tests...)...)
	command.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "OUTLOCAL_") })
	command.Env = append(command.Env, "OUTLOCAL_BINARY="+binary, "OUTLOCAL_STATE="+t.TempDir())
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestManifestListsItsFiles: what is not listed is not packed.
func TestManifestListsItsFiles(t *testing.T) {
	text, err := os.ReadFile("package.json")
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct{ Files []string }
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, pattern := range []string{"bin/*.cjs", "index.*", "lib/*.cjs"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			found = append(found, filepath.ToSlash(name))
		}
	}
	slices.Sort(found)
	slices.Sort(manifest.Files)
	if diff := cmp.Diff(found, manifest.Files); diff != "" {
		t.Errorf("files in package.json (-there +listed):\n%s", diff)
	}
}
