//go:build !notunnel

package cli_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/internal/state"
	"github.com/outlocal/outlocal/tunnel/tunneltest"
)

// storyPatience is how long anything is waited for: far longer than a busy machine takes.
const storyPatience = 30 * time.Second

// exposed is outlocal expose in a process of its own, so that it can be killed.
type exposed struct {
	t       *testing.T
	cmd     *exec.Cmd
	running state.Running
	steer   *control.Client
	reading sync.WaitGroup

	mu    sync.Mutex
	lines []string      // that it printed, of both kinds
	more  chan struct{} // closed, and made anew, with every line
	over  bool
}

// expose starts it in the world, and returns when it says that it is ready.
func (w *offline) expose(flags ...string) *exposed {
	w.t.Helper()
	args := append([]string{
		"expose", w.hookURL, "--json", "--watch", storyResource,
		"--emulator", w.control, "--ca", w.ca, "--sign-in", "secret", "--client-id", storyApp, "--tenant", storyTenant, "--client-secret-env", secretName,
		"--edge", w.edge.Addr(), "--edge-ca", w.edgeCA, "--move-after", "1ms",
	}, flags...)
	x := &exposed{t: w.t, cmd: exec.Command("outlocal", args...), more: make(chan struct{})}
	hasty, value := hasty()
	x.cmd.Env = append(os.Environ(), state.Variable+"="+w.folder, secretName+"="+storySecret, tokenName+"="+tunneltest.Token, hasty+"="+value)
	for _, pipe := range []func() (io.ReadCloser, error){x.cmd.StdoutPipe, x.cmd.StderrPipe} {
		from, err := pipe()
		if err != nil {
			w.t.Fatal(err)
		}
		x.reading.Go(func() { x.read(from) })
	}
	if err := x.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		_ = x.cmd.Process.Kill() // one that has ended does not mind
		x.reading.Wait()
		printed := strings.Join(x.lines, "\n")
		if w.t.Failed() {
			w.t.Logf("expose printed\n%s", printed)
		}
		for what, secret := range map[string]string{"the app's secret": storySecret, "the authtoken": tunneltest.Token, "an access token": "eyJ"} {
			if strings.Contains(printed, secret) {
				w.t.Errorf("expose printed %s", what)
			}
		}
	})
	ready := x.awaitLine("what says that it is ready", func(line string) bool { return strings.HasPrefix(line, `{"schema":"`+state.Schema+`"`) })
	if err := json.Unmarshal([]byte(ready), &x.running); err != nil {
		w.t.Fatal(err)
	}
	var err error
	if x.steer, err = control.NewClient(x.running.Control, control.ClientConfig{}); err != nil {
		w.t.Fatal(err)
	}
	return x
}

func (x *exposed) read(from io.Reader) {
	lines := bufio.NewScanner(from)
	for more := true; more; {
		more = lines.Scan()
		x.mu.Lock()
		if x.over = x.over || !more; more {
			x.lines = append(x.lines, lines.Text())
		}
		close(x.more)
		x.more = make(chan struct{})
		x.mu.Unlock()
	}
}

// awaitLine returns the first line that matches.
func (x *exposed) awaitLine(what string, match func(string) bool) string {
	x.t.Helper()
	late := time.After(storyPatience)
	for seen := 0; ; {
		x.mu.Lock()
		lines, more, over := x.lines[seen:], x.more, x.over
		x.mu.Unlock()
		for _, line := range lines {
			if match(line) {
				return line
			}
		}
		seen += len(lines)
		if over && len(lines) == 0 {
			x.t.Fatalf("expose ended without %s", what)
		}
		select {
		case <-more:
		case <-late:
			x.t.Fatalf("expose did not print %s", what)
		}
	}
}

// advance lets a clock go on, once nothing is in the way.
func advance(ctx context.Context, steer *control.Client, d time.Duration) error {
	for {
		_, err := steer.Advance(ctx, d)
		var refused *control.Error
		if !errors.As(err, &refused) || refused.Status != http.StatusConflict {
			return err
		}
	}
}

// settle returns once it has done all that there is to do now.
func (x *exposed) settle() {
	x.t.Helper()
	ctx, cancel := context.WithTimeout(x.t.Context(), storyPatience)
	defer cancel()
	if err := advance(ctx, x.steer, 0); err != nil {
		x.t.Fatal(err)
	}
}

// kill ends it as a power failure does.
func (x *exposed) kill() {
	x.t.Helper()
	if err := x.cmd.Process.Kill(); err != nil {
		x.t.Fatal(err)
	}
	x.reading.Wait()
	_ = x.cmd.Wait() // it was killed
}

// interrupt ends it as Ctrl+C does, and returns its exit code.
func (x *exposed) interrupt() int {
	x.t.Helper()
	if err := x.cmd.Process.Signal(os.Interrupt); err != nil {
		x.t.Fatal(err)
	}
	x.reading.Wait()
	_ = x.cmd.Wait() // the exit code tells
	return x.cmd.ProcessState.ExitCode()
}
