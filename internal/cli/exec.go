package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"
)

// execSchema names the form of what exec --json and --summary write.
const execSchema = "outlocal/exec/1"

// execFlags are what exec is told.
type execFlags struct {
	emulate      emulateFlags
	plain        bool // the command gets http URLs
	requireCalls bool
	summary      string // file
	log          string // file
}

func newExecCommand(a *app) *cobra.Command {
	var f execFlags
	cmd := &cobra.Command{
		Use:   "exec [flags] -- COMMAND [ARGUMENTS…]",
		Short: "Run a command, such as your tests, with an emulator for as long as it takes",
		Long: `Run a command with an emulator for as long as it takes. The command keeps its standard input and output, gets
the signals that outlocal gets, and its exit code is that of outlocal. What it needs to know is in its variables:

  OUTLOCAL_GRAPH_URL     in place of https://graph.microsoft.com; append /v1.0 or /beta
  OUTLOCAL_OUTLOOK_URL   in place of https://outlook.office.com; append /api/v2.0 or /api/beta
  OUTLOCAL_AUTHORITY     in place of https://login.microsoftonline.com; append a tenant, such as /common
  OUTLOCAL_CONTROL_URL   the control API; OUTLOCAL_EMULATOR is the same, for commands of outlocal
  OUTLOCAL_CA            the certificate to trust, also put where runtimes look for such: NODE_EXTRA_CA_CERTS,
                         DENO_CERT, and with the system's own in SSL_CERT_FILE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE

With --intercept the command needs no change at all: HTTPS_PROXY and its like lead to a proxy that answers for the
services by their own names, and refuses all hosts that --proxy-pass does not name.

At its end it says on standard error how many calls and notifications there were. With --json it says that, and
errors, as documents there.`,
		Example: `outlocal exec -- npm test
outlocal exec --intercept --proxy-pass api.example.com -- npm test
outlocal exec --require-calls --log emulator.log -- go test ./...
outlocal exec -- sh -c 'curl -s "$OUTLOCAL_GRAPH_URL/v1.0/subscriptions" -H "Authorization: Bearer x"'`,
		Args:        takesSome("COMMAND"),
		Annotations: exitsOfChild("with --require-calls: the command succeeded, but called nothing"),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.out = a.err // standard output is the command's
			return a.exec(cmd.Context(), args, f)
		},
	}
	cmd.Flags().SetInterspersed(false) // what stands behind the command is the command's
	addEmulation(cmd, &f.emulate)
	addListen(cmd, &f.emulate.listen, 0)
	addCertificate(cmd, &f.emulate.pair)
	addProxy(cmd, &f.emulate.proxy, "intercept", "let the command's own variables lead it to a proxy that answers for the services by their own names, such as graph.microsoft.com")
	flags := cmd.Flags()
	flags.StringVar(&f.emulate.background.name, "name", "", "a `NAME` for other commands to call the emulator")
	flags.BoolVar(&f.plain, "http", false, "give the command http URLs, for programs that can't be made to trust a certificate; sign-in stays with https")
	flags.BoolVar(&f.requireCalls, "require-calls", false, "fail where the command succeeds but has called nothing: then it tests something else")
	flags.StringVar(&f.summary, "summary", "", "a `FILE` to write the numbers at the end to, as JSON")
	flags.StringVar(&f.log, "log", "", "a `FILE` to write to what happens at the emulator, as outlocal emulate prints it")
	fromEnvironment(cmd, emulationVariables()...)
	return cmd
}

// exec runs a command beside an emulator. The context ends with the first signal, which is the command's to heed: the emulator stays for
// as long as the command does.
func (a *app) exec(ctx context.Context, command []string, f execFlags) error {
	path, err := findCommand(command[0])
	if err != nil {
		return err
	}
	p, err := f.emulate.plan(a)
	if err != nil {
		return err
	}
	t := &tally{Command: command[0]}
	p.wrap = t.countCalls
	summary, err := createSummary(f.summary)
	if err != nil {
		return err
	}
	if summary != nil {
		defer summary.Close()
	}
	log, err := a.openLog(f.log)
	if err != nil {
		return err
	}
	defer log.close()
	kept, h := a.newHouse(context.WithoutCancel(ctx), "")
	defer h.close()
	e, err := h.emulation(kept, f.emulate, p)
	if err != nil {
		return err
	}
	end := t.follow(e.server.Journal(), log)
	defer end()
	if err := a.prepare(ctx, e.server, p, f.emulate); err != nil {
		return err
	}
	t.Calls.Store(0) // those were ours
	environment, err := a.childEnvironment(h, e.running, p, f)
	if err != nil {
		return err
	}
	caught, release := a.catch()
	defer release()
	if err := ctx.Err(); err != nil { // a signal before this moment was ours
		return err
	}
	if t.Exit, err = a.newChild(path, command, environment).run(kept, caught); err != nil {
		return &mishap{ExitNotRunnable, fmt.Errorf("run %s: %w", command[0], err), ""}
	}
	h.close()
	end()
	if err := h.failure(); err != nil {
		return err
	}
	return a.conclude(t, f, summary)
}

// findCommand looks a command up as a shell does.
func findCommand(name string) (string, error) {
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path, nil
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return "", &mishap{ExitNotFound, fmt.Errorf("run %s: there is no such command", name), "write the command and its arguments as words of their own: outlocal exec -- npm test"}
	case errors.Is(err, exec.ErrDot):
		return "", &mishap{ExitNotFound, fmt.Errorf("run %s: it is in the current folder only", name), "write ./" + name + " if that is meant"}
	}
	return "", &mishap{ExitNotRunnable, fmt.Errorf("run %s: it can't be run: %w", name, errors.Unwrap(err)), ""}
}

// conclude tells the numbers, and settles the exit code.
func (a *app) conclude(t *tally, f execFlags, summary *os.File) error {
	if f.requireCalls && t.Exit == ExitGood && t.Calls.Load() == 0 {
		t.Exit = ExitFailed
	}
	if err := a.tellTally(t, f); err != nil {
		return err
	}
	if summary != nil {
		if err := newPrinter(summary, a.process).document(execSchema, t.document()); err != nil {
			return notJudged("is there room on the disk?", "write the summary: %w", err)
		}
	}
	if t.Exit != ExitGood {
		return &mishap{t.Exit, errChild, ""}
	}
	return nil
}

// errChild is wrapped by an error that is the command's own: its exit code is passed on as it is.
var errChild = errors.New("the command has ended so")

// createSummary makes the file for the numbers, nil if none is wanted: before the command runs, as it may run for long.
func createSummary(file string) (*os.File, error) {
	if file == "" {
		return nil, nil
	}
	out, err := os.Create(file)
	if err != nil {
		return nil, notJudged("name a file that can be written", "write the summary: %w", err)
	}
	return out, nil
}

// stopPatience is what a command gets to end by itself when the emulator was stopped by somebody else.
const stopPatience = 10 * time.Second
