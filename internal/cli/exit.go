package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/internal/state"
	"github.com/outlocal/outlocal/subscriber"
)

// The exit codes. They mean the same in every verb, and every verb's help ends with those that it can end with.
const (
	ExitGood     = 0 // it is good, or done
	ExitFailed   = 1 // the check failed, or what was asked for was refused
	ExitUsage    = 2 // the command line is wrong
	ExitUnjudged = 3 // it could not be judged or done: nothing answers, a port is taken, a file can't be read
)

// The exit codes of exec when they are its own: its command may end with any of the others. Those are what env and its like use.
const (
	ExitOwnFailure  = 125 // outlocal itself failed, or its command line is wrong
	ExitNotRunnable = 126 // the command can't be run
	ExitNotFound    = 127 // there is no such command
)

// mishap is an error that knows what a user is told of it.
type mishap struct {
	code int
	err  error
	hint string
}

func (m *mishap) Error() string { return m.err.Error() }
func (m *mishap) Unwrap() error { return m.err }

// wrongUse is an error of the command line.
func wrongUse(hint, format string, args ...any) error {
	return &mishap{ExitUsage, fmt.Errorf(format, args...), hint}
}

// notJudged is something that stood in the way of doing what was asked for.
func notJudged(hint, format string, args ...any) error {
	return &mishap{ExitUnjudged, fmt.Errorf(format, args...), hint}
}

// failed is a check that failed, or a refusal.
func failed(hint, format string, args ...any) error {
	return &mishap{ExitFailed, fmt.Errorf(format, args...), hint}
}

// errTold is wrapped by an error whose story stands on standard output already: nothing is left but its exit code.
var errTold = errors.New("told already")

// told ends a verb that has said all there is to say.
func told(code int) error { return &mishap{code, errTold, ""} }

// telling is what a user is told of an error.
type telling struct {
	Code       int
	What, Hint string
}

// explain is the one place that decides what an error means to a user: whose fault it is, and what helps.
func explain(err error) telling {
	t := telling{Code: ExitUnjudged, What: err.Error()}
	var hinting interface{ Hint() string }
	if errors.As(err, &hinting) {
		t.Hint = hinting.Hint()
	}
	var own *mishap
	var taken *serve.PortError
	var target *serve.TargetError
	var steering *control.Error
	var refusal *subscriber.Error
	var unsupported *subscriber.UnsupportedError
	var name *state.NameError
	var network *net.OpError
	var use interface{ WrongUse() bool }
	switch {
	case errors.As(err, &own):
		t.Code = own.code
		if own.hint != "" {
			t.Hint = own.hint
		}
	case errors.As(err, &taken):
	case errors.As(err, &target):
		t.Code = ExitUsage
	case errors.As(err, &unsupported):
		t.Code, t.What = ExitUsage, unsupported.Dialect+" has no "+unsupported.Missing
		t.Hint = "leave it out, or choose another schema: outlocal dialects tells what each has"
	case errors.As(err, &name) && !name.Taken:
		t.Code = ExitUsage
	case errors.As(err, &use) && use.WrongUse():
		t.Code = ExitUsage
	case errors.As(err, &steering):
		t.Code, t.Hint = steeringCode(steering), steeringHint(steering)
	case errors.As(err, &refusal):
		t.Code = ExitFailed
		if t.Hint == "" {
			t.Hint = refusal.Hint
		}
	case errors.Is(err, context.Canceled):
		t.What, t.Hint = "interrupted", ""
	case errors.As(err, &network) && network.Op == "dial" && network.Addr != nil:
		t.What = fmt.Sprintf("reach %s: nothing answers there: %v", network.Addr, network.Err)
		if errors.Is(err, syscall.ECONNREFUSED) {
			t.What = fmt.Sprintf("reach %s: nothing listens there", network.Addr)
		}
		t.Hint = "outlocal status shows what runs on this machine; outlocal emulate starts an emulator"
	}
	return t
}

// steeringHint is what helps who steers by the command line: the control API's own hints are for who calls that.
func steeringHint(e *control.Error) string {
	switch e.Code {
	case control.CodeTooFew:
		return "outlocal journal shows what happened instead; what the service waits for, such as a retry, needs outlocal advance"
	case control.CodeBlocked:
		return "let the webhook answer, then advance again; what is in flight stands in outlocal status"
	}
	return e.Hint
}

// steeringCode tells whose fault a refusal of the control API is.
func steeringCode(e *control.Error) int {
	switch {
	case e.Code == control.CodeTooFew:
		return ExitFailed
	case e.Status == http.StatusBadRequest, e.Status == http.StatusNotFound:
		return ExitUsage
	}
	return ExitUnjudged
}
