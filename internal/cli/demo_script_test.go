package cli_test

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestDemoScripts(t *testing.T) { runScripts(t, "demo") }

// runScripts types what a user would type, from one folder of scripts.
func runScripts(t *testing.T, folder string) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", folder),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv(hasty())
			e.Setenv("OUTLOCAL_STATE", filepath.Join(e.WorkDir, ".state"))
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("LANG", "C.UTF-8")
			return nil
		},
		Cmds: commands(),
	})
}
