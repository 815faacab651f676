package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/internal/state"
)

// background says how a long-running verb runs.
type background struct {
	name   string
	detach bool
	log    string // set in the process in the background: where it writes
	format logFormat
	tied   bool // it ends with its standard input
}

// logFormat is how a long-running verb tells what happens. The zero value is text.
type logFormat string

// The formats.
const (
	textLog logFormat = "text" // for a person
	jsonLog logFormat = "json" // for a program: what --json prints
)

// String, Set and Type implement [pflag.Value].
func (f *logFormat) String() string { return string(*f) }

// Set takes one of the formats.
func (f *logFormat) Set(text string) error {
	switch logFormat(text) {
	case textLog, jsonLog:
		*f = logFormat(text)
		return nil
	}
	return fmt.Errorf("%q is no format: want %s or %s", text, textLog, jsonLog)
}

// Type is what help calls a value.
func (f *logFormat) Type() string { return "string" }

// speak settles how the process that stays tells what happens.
func (b *background) speak(a *app) { a.json = a.json || b.format == jsonLog }

// tie ends a house with the input of its process. What waits for that ends with the process: nothing calls off a read of standard input.
func (b *background) tie(h *house) {
	if !b.tied {
		return
	}
	go func() {
		_, _ = io.Copy(io.Discard, h.app.process.In) // an input that can't be read has ended too
		h.stop()
	}()
}

// leaves tells whether the command is to go on in the background, and is not there yet.
func (b *background) leaves() bool { return b.detach && b.log == "" }

// detachedFlag tells a process that it is the one in the background. It is for outlocal itself.
const detachedFlag = "detached-log"

// tiedFlag ends a process with whoever holds the other end of its input: a system closes that also for a program that was killed.
const tiedFlag = "end-with-stdin"

func addBackground(cmd *cobra.Command, b *background) {
	flags := cmd.Flags()
	flags.StringVar(&b.name, "name", "", "a `NAME` for other commands to call it; its kind, with a number if need be, if left out")
	flags.BoolVar(&b.detach, "detach", false, "run in the background, and return once it is ready")
	flags.BoolVar(&b.tied, tiedFlag, false, "end when standard input does, so as not to outlive the program that started it")
	excludes(cmd, "detach", tiedFlag)
	b.format = textLog
	flags.Var(&b.format, "log-format", "`FORMAT` of what it tells while it runs: text, or json as --json does")
	completes(cmd, "log-format", func() []string { return []string{string(textLog), string(jsonLog)} })
	flags.StringVar(&b.log, detachedFlag, "", "")
	_ = flags.MarkHidden(detachedFlag) // it fails for a flag that is not there
}

// errand is something that a process in the background was to do once it was ready, and what became of it.
type errand interface {
	schema() string
	good() bool
	tell(out, err *printer)
}

// detach runs the same command in the background and returns once that is ready, and has said what became of all that it was to do
// then. What it prints goes to a log in the state folder.
func (a *app) detach(ctx context.Context, kind control.Kind, errands []errand) error {
	folder, err := a.folder()
	if err != nil {
		return err
	}
	log, err := folder.NewLog(string(kind), time.Now())
	if err != nil {
		return err
	}
	defer log.Close()
	running, err := a.launch(ctx, log, errands)
	if err != nil {
		_ = os.Remove(log.Name()) // it has been shown
		return err
	}
	if a.json {
		err = a.out.document(state.Schema, running)
	} else {
		a.printDetached(running, log.Name())
	}
	for _, o := range errands {
		if a.json {
			err = errors.Join(err, a.out.document(o.schema(), o))
		} else {
			o.tell(a.out, a.err)
		}
	}
	if err == nil && slices.ContainsFunc(errands, func(o errand) bool { return !o.good() }) {
		return told(ExitFailed)
	}
	return err
}

func (a *app) printDetached(running state.Running, log string) {
	a.out.line("%s as %s in the background (pid %d)", a.out.good("ready"), running.Name, running.PID)
	for _, address := range []string{running.HTTP, running.HTTPS, running.Webhook} {
		if address != "" {
			a.out.line("  %s", a.out.strong(address))
		}
	}
	a.out.line("  its log is %s", log)
	a.out.line("  outlocal stop --%s %s ends it", running.Kind, running.Name)
}

// launch starts the process and waits for its ready line and what becomes of what it is to do then, the only things that it writes to
// its standard output.
func (a *app) launch(ctx context.Context, log *os.File, errands []errand) (running state.Running, err error) {
	if a.process.Self == "" {
		return running, notJudged("run it without --detach", "run in the background: where the program is can't be told")
	}
	args := append(slices.Clone(a.args), "--"+detachedFlag+"="+log.Name())
	command := exec.Command(a.process.Self, args...) //nolint:noctx // it outlives this process
	command.Stderr = log
	command.SysProcAttr = ownSession()
	pipe, err := command.StdoutPipe()
	if err != nil {
		return running, fmt.Errorf("run in the background: %w", err)
	}
	if err := command.Start(); err != nil {
		return running, fmt.Errorf("run in the background: %w", err)
	}
	kept := context.AfterFunc(ctx, func() { _ = command.Process.Kill() }) // one that has ended can't be killed, which is as good
	lines := json.NewDecoder(pipe)
	err = lines.Decode(&running)
	for i := 0; err == nil && running.Control != "" && i < len(errands); i++ {
		err = lines.Decode(errands[i])
	}
	if err != nil || running.Control == "" {
		_, _ = io.Copy(io.Discard, pipe)
		return running, a.stillborn(command, log)
	}
	if !kept() {
		return running, ctx.Err()
	}
	return running, command.Process.Release()
}

// stillborn passes on what a process had to say that ended before it was ready, and how it ended.
func (a *app) stillborn(command *exec.Cmd, log *os.File) error {
	err := command.Wait()
	text, readErr := os.ReadFile(log.Name())
	if readErr != nil {
		return fmt.Errorf("run in the background: it ended: %w", errors.Join(err, readErr))
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return a.passOn(text, exit.ExitCode())
	}
	if _, err := a.process.Err.Write(text); err != nil {
		return err
	}
	return notJudged("", "run in the background: it ended before it was ready: %v", command.ProcessState)
}

// passOn tells what a process in the background had to say last, as if it had been said here.
func (a *app) passOn(text []byte, code int) error {
	what, hint, _ := strings.Cut(strings.TrimSuffix(string(text), "\n"), "\nhint: ")
	if what, own := strings.CutPrefix(what, "outlocal: "); own && !strings.Contains(what, "\n") && !strings.Contains(hint, "\n") {
		switch code {
		case ExitFailed:
			return failed(hint, "%s", what)
		case ExitUsage:
			return wrongUse(hint, "%s", what)
		}
		return notJudged(hint, "%s", what)
	}
	if _, err := a.process.Err.Write(text); err != nil {
		return err
	}
	return told(code)
}
