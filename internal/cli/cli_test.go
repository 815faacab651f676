package cli_test

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/outlocal/outlocal/internal/cli"
)

// TestMain lets scripts, and outlocal itself where it starts itself anew, run this very binary as outlocal.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"outlocal": func() { os.Exit(runOutlocal()) },
	})
}

// runOutlocal is what main does, with another way to find the program: this binary is outlocal by its name only.
func runOutlocal() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	self, err := exec.LookPath("outlocal")
	if err != nil {
		panic(err)
	}
	return cli.Run(ctx, os.Args[1:], cli.Process{
		Version: "v0.0.0-test", Self: self,
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Env: os.Getenv, Terminal: cli.IsTerminal,
	})
}

// TestScripts types what a user would type. Every script has a state folder of its own, so that it finds its own emulators only.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("OUTLOCAL_STATE", filepath.Join(e.WorkDir, ".state"))
			e.Setenv("HOME", e.WorkDir)
			return nil
		},
		Cmds: commands(),
	})
}

// commands are what scripts can do beside running programs.
func commands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"exits": exits,
	}
}

// exits runs a command and checks its exit code, which exec alone does not tell: exits 2 outlocal version x
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARGS…]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		exit, ok := err.(*exec.ExitError)
		if !ok {
			ts.Fatalf("run %s: %v", args[1], err)
		}
		code = exit.ProcessState.String()[len("exit status "):]
	}
	if code != args[0] {
		ts.Fatalf("%v exits %s, want %s", args[1:], code, args[0])
	}
}
