//go:build !notunnel

package examples_test

import (
	"bufio"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/tunnel/tunneltest"
)

// TestReadmeOfExpose plays what the README shows of a webhook behind a tunnel, with an emulator as the service and an edge on loopback.
func TestReadmeOfExpose(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process can't be interrupted here as by Ctrl+C")
	}
	program := build(t)
	edge := tunneltest.Start(t, tunneltest.Config{Domain: "ngrok.app"})
	ca := filepath.Join(t.TempDir(), "edge.pem")
	if err := os.WriteFile(ca, edge.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	webhook, err := receiver.New(receiver.Config{})
	if err != nil {
		t.Fatal(err)
	}
	hook := httptest.NewServer(webhook)
	t.Cleanup(hook.Close)
	environment := append(os.Environ(), "OUTLOCAL_STATE="+t.TempDir(), "NGROK_AUTHTOKEN="+tunneltest.Token)
	run := func(args ...string) {
		t.Helper()
		command := exec.CommandContext(bounded(t), program, args...)
		command.Env = environment
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("outlocal %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}

	service := open(t, environment, program, "emulate", "--port-base", "0", "--route", "https://*.ngrok.app=https://"+edge.PublicAddr())
	service.await(t, "ready as emulator")
	exposed := open(t, environment, program, "expose", hook.URL+"/hook", "--watch", "me/messages", "--emulator", "emulator",
		"--edge", edge.Addr(), "--edge-ca", ca, "--move-after", "1ms")
	exposed.await(t, "subscribed  until")
	run("trigger", "message.created", "--set", "subject=Lunch?")
	exposed.await(t, "item: “Lunch?”")
	edge.TakeNames()
	edge.DropSessions()
	exposed.await(t, "up under another name")
	exposed.await(t, "subscribed anew  until")
	run("trigger", "lifecycle.removed")
	exposed.await(t, "subscribed anew  until")
	if err := exposed.process.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	exposed.await(t, "expose has ended")
	shown := strings.ReplaceAll(exposed.printed(), hook.URL, "http://localhost:3000")
	for _, name := range []string{"quiet-fox", "brave-owl"} { // what it was called first, and then
		given := regexp.MustCompile(`random-\d+\.ngrok\.app`).FindString(shown)
		shown = strings.ReplaceAll(shown, given, name+".ngrok.app")
	}
	compareTranscript(t, transcript(t, "$ outlocal expose 3000/hook --watch me/messages --emulator"), shown)
}

// terminal is a program that runs, and what it printed.
type terminal struct {
	process *exec.Cmd
	reading sync.WaitGroup

	mu    sync.Mutex
	lines []string
	seen  int           // lines that are looked through already
	more  chan struct{} // closed, and made anew, with every line
	over  bool
}

// open starts a program that runs until it is ended, or the test is.
func open(t *testing.T, environment []string, program string, args ...string) *terminal {
	t.Helper()
	x := &terminal{process: exec.CommandContext(bounded(t), program, args...), more: make(chan struct{})}
	x.process.Env = environment
	out, err := x.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	x.process.Stderr = x.process.Stdout
	if err := x.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = x.process.Process.Kill() // one that has ended does not mind
		x.reading.Wait()
		_ = x.process.Wait()
	})
	x.reading.Go(func() {
		lines := bufio.NewScanner(out)
		for more := true; more; {
			more = lines.Scan()
			x.mu.Lock()
			if x.over = !more; more {
				x.lines = append(x.lines, lines.Text())
			}
			close(x.more)
			x.more = make(chan struct{})
			x.mu.Unlock()
		}
	})
	return x
}

// await returns when a line with a text was printed since the last such.
func (x *terminal) await(t *testing.T, text string) {
	t.Helper()
	for {
		x.mu.Lock()
		for x.seen < len(x.lines) {
			x.seen++
			if strings.Contains(x.lines[x.seen-1], text) {
				x.mu.Unlock()
				return
			}
		}
		more, over := x.more, x.over
		x.mu.Unlock()
		if over {
			t.Fatalf("nothing was printed with %q:\n%s", text, x.printed())
		}
		<-more // which ends with the process, that is bounded
	}
}

func (x *terminal) printed() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return strings.Join(x.lines, "\n")
}
