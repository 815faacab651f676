package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/internal/cli"
	"github.com/outlocal/outlocal/internal/state"
)

// TestMain lets scripts, and outlocal itself where it starts itself anew, run this very binary as outlocal.
func TestMain(m *testing.M) {
	testscript.Main(allForms{m}, map[string]func(){
		"outlocal": func() { os.Exit(runOutlocal()) },
		"child":    func() { os.Exit(child(os.Args[1:], os.Stdin, os.Stdout)) },
		"app":      func() { os.Exit(hookedApp(os.Args[1:], os.Stdout)) },
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
	out, complaints := holdBoth(os.Args[1:], self, stop)
	process := cli.Process{
		Version: "v0.0.0-test", Self: self,
		In: os.Stdin, Out: out, Err: complaints,
		Env: os.Getenv, Terminal: cli.IsTerminal, Signals: cli.Signals,
	}
	if len(os.Args) > 1 && os.Args[1] == "exec" {
		process.Out = os.Stdout // its command gets it as it is
	}
	return complaints.code(out.code(cli.Run(ctx, os.Args[1:], process)))
}

// TestScripts types what a user would type. Every script has a state folder of its own, so that it finds its own emulators only.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			folder := filepath.Join(e.WorkDir, ".state")
			e.Setenv(state.Variable, folder)
			e.Setenv("HOME", e.WorkDir)
			e.Setenv(hasty())
			e.Defer(func() { endAll(folder) })
			return nil
		},
		Cmds: commands(),
	})
}

// hasty lets programs that were built with the race detector end at once, not after the second in which it listens for late reports.
func hasty() (variable, value string) { return "GORACE", "atexit_sleep_ms=0" }

// commands are what scripts can do beside running programs.
func commands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"exits":  exits,
		"field":  field,
		"ndjson": ndjson,
		"port":   port,
	}
}

// endAll ends what a script left running. Those scripts that demand a token all demand this one.
func endAll(folder string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	f, err := state.Locate(runtime.GOOS, func(name string) string { return map[string]string{state.Variable: folder}[name] })
	if err != nil {
		return
	}
	running, _ := f.Running(ctx)
	for _, r := range running {
		if client, err := control.NewClient(r.Control, control.ClientConfig{Token: "sesame"}); err == nil {
			client.Stop(ctx)
		}
	}
}

// exits runs a command and checks its exit code, which exec alone does not tell: exits 2 outlocal version x
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARGS…]")
	}
	code := 0
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		ts.Fatalf("run %s: %v", args[1], err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("%s exits %d, want %s", strings.Join(args[1:], " "), code, args[0])
	}
}

// field sets a variable to a member of the document that was printed last: field HOOK webhook
func field(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: field VARIABLE MEMBER")
	}
	var document map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &document))
	value, ok := document[args[1]]
	if !ok {
		ts.Fatalf("there is no member %s in %s", args[1], ts.ReadFile("stdout"))
	}
	if number, ok := value.(float64); ok {
		value = int(number)
	}
	ts.Setenv(args[0], fmt.Sprint(value))
}

// port sets a variable to the port of a URL: port PORT $HOOK
func port(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: port VARIABLE URL")
	}
	u, err := url.Parse(args[1])
	ts.Check(err)
	ts.Setenv(args[0], u.Port())
}

// ndjson checks that every line that was printed is a document with a schema, of which there is one at least: ndjson outlocal/ready/1
func ndjson(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ndjson SCHEMA")
	}
	seen := false
	for line := range bytes.Lines([]byte(ts.ReadFile("stdout"))) {
		var document struct {
			Schema string `json:"schema"`
		}
		if err := json.Unmarshal(line, &document); err != nil || document.Schema == "" {
			ts.Fatalf("this line is no document with a schema: %s", line)
		}
		seen = seen || document.Schema == args[0]
	}
	if !seen {
		ts.Fatalf("no line has the schema %s", args[0])
	}
}
