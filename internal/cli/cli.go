// Package cli is the command line of outlocal: one file for each verb, listed in root.go in the order of the help.
//
// [Run] does everything that the program does, given a [Process]; main only adapts the real one. A verb reads its flags, calls the
// packages that do the work, and says what came of it:
//
//   - What was asked for goes to standard output: lines for a person, or with --json documents and nothing else, each with a member
//     "schema" that names its form.
//   - What went wrong goes to standard error: "outlocal: what", in lower case without a full stop, then "hint: what to do"; with
//     --json the same goes to standard output too, as a document.
//   - The exit code tells the rest: see [ExitGood] and those after it.
//
// Secrets never show: client states and tokens are named by the environment variable that holds them, and query values of URLs are
// masked in all that is printed.
//
// The package keeps no state and exits no process, so that scripts can test it and many runs can share a process.
package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
)

// Process is what a run needs of the process around it.
type Process struct {
	Version string // of the program
	Self    string // path of the program, to start it anew in the background

	In       io.Reader
	Out, Err io.Writer
	Env      func(name string) string // os.Getenv
	Terminal func(w io.Writer) bool   // whether w is a person's terminal; nil for never

	// Signals hands over signals of the given kinds until stop is called; nil for none. Those that end ctx are handed over too.
	Signals func(to chan<- os.Signal, which ...os.Signal) (stop func())
}

// app is one run of the program: what its verbs share.
type app struct {
	process Process
	args    []string
	out     *printer // standard output
	err     *printer // standard error
	json    bool     // --json
	beside  bool     // a command that it runs has standard output and the usual exit codes for itself
	stray   error    // what was wrong with a command line whose help was asked for
}

// Run runs the program with its arguments, without its name, and returns its exit code. When ctx ends, so does what runs, in good order.
func Run(ctx context.Context, args []string, process Process) int {
	if process.Terminal == nil {
		process.Terminal = func(io.Writer) bool { return false }
	}
	a := &app{process: process, args: args, out: newPrinter(process.Out, process), err: newPrinter(process.Err, process)}
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(process.In)
	root.SetOut(process.Out)
	root.SetErr(process.Err)
	verb, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = a.stray
	}
	if verb.Annotations[childExits] != "" {
		a.out, a.args, a.beside = a.err, nil, true // words behind it are none of ours
	}
	return a.report(err)
}

// report tells the user of an error and turns it into an exit code.
func (a *app) report(err error) int {
	if err == nil {
		return ExitGood
	}
	told := explain(err)
	if errors.Is(err, errChild) {
		return told.Code
	}
	if a.beside {
		told.Code = max(told.Code, ExitOwnFailure)
	}
	if errors.Is(err, errTold) {
		return told.Code
	}
	a.err.line("%s %s", a.err.bad("outlocal:"), told.What)
	if told.Hint != "" {
		a.err.line("%s %s", a.err.dim("hint:"), told.Hint)
	}
	if a.json || slices.Contains(a.args, "--json") { // which was not read yet, if what is wrong stands before it
		_ = a.out.document(errorSchema, failure{failureText{told.What, told.Hint}, told.Code}) // it stands on standard error as well
	}
	return told.Code
}

// errorSchema names the form of an error in JSON.
const errorSchema = "outlocal/error/1"

// failure is what a program is told of an error.
type failure struct {
	Error failureText `json:"error"`
	Exit  int         `json:"exit"`
}

type failureText struct {
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}
