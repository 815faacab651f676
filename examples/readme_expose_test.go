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
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/tunnel/tunneltest"
)

// TestReadmeOfExpose plays what the README shows of a webhook behind a tunnel, with an emulator as the service and an edge on loopback.
func TestReadmeOfExpose(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process can't be interrupted here as by Ctrl+C")
	}
	s := newStage(t)
	service := open(t, s.environment, s.program, "emulate", "--port-base", "0", "--auth", "issued", "--route", "https://*.ngrok.app=https://"+s.edge.PublicAddr())
	service.await(t, "ready as emulator")
	exposed := s.expose("--move-after", "1ms")
	exposed.await(t, "subscribed  until")
	s.run("trigger", "message.created", "--set", "subject=Lunch?")
	exposed.await(t, "item: “Lunch?”")

	s.edge.TakeNames()
	s.edge.DropSessions()
	exposed.await(t, "up under another name")
	exposed.await(t, "subscribed anew  until")
	s.run("trigger", "lifecycle.missed")
	exposed.await(t, "the service could not deliver all")
	exposed.await(t, "what was missed can't be told")
	s.run("trigger", "lifecycle.removed")
	exposed.await(t, "subscribed anew  until")

	s.run("fault", "add", "claims-challenge:on=item,next=1")
	s.run("trigger", "message.created", "--set", "subject=Dinner?")
	exposed.await(t, "item: “Dinner?”")
	s.run("journal", "--emulator", "emulator", "--kind", "read", "--count", "2") // an answer is there before its entry
	challenged := s.run("journal", "--emulator", "emulator", "--kind", "refused", "--kind", "signIn", "--kind", "read")
	s.pass(virtualDays, service, exposed)

	s.kill(exposed)
	named := s.expose("--url", ownName)
	named.await(t, "subscribed anew  until") // as this is another name, what was left is of no use
	s.kill(named)
	again := s.expose("--url", ownName)
	again.await(t, "taken over from a start before")
	if err := again.process.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	again.await(t, "expose has ended")
	if left := s.run("subscriptions", "--emulator", "emulator"); !strings.Contains(left, "there is none") {
		t.Errorf("it left a subscription behind:\n%s", left)
	}

	var shown []string
	for _, x := range []*terminal{exposed, named, again} {
		shown = append(shown, x.printed())
	}
	compareTranscript(t, transcript(t, "$ outlocal expose 3000/hook --watch me/messages --emulator"), s.asInReadme(strings.Join(shown, "\n")))
	compareTranscript(t, transcript(t, "$ outlocal fault add claims-challenge"), challenged)
}

// ownName is asked for; without, the edge gives a random one.
const ownName = "lunch.ngrok.app"

// virtualDays is what the clocks are put on, in steps of which the subscriber's differs from the service's by no more than it bears.
const (
	virtualDays = 3 * 24 * time.Hour
	virtualStep = 30 * time.Second
)

// stage is what all that is played stands on: the program, a webhook, an edge, and a folder of state.
type stage struct {
	t           *testing.T
	program     string
	environment []string
	edge        *tunneltest.Edge
	ca          string // the file of the edge's certificate
	hook        string // the origin of the webhook
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, program: build(t), edge: tunneltest.Start(t, tunneltest.Config{Domain: "ngrok.app"}), ca: filepath.Join(t.TempDir(), "edge.pem")}
	if err := os.WriteFile(s.ca, s.edge.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	webhook, err := receiver.New(receiver.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(webhook)
	t.Cleanup(server.Close)
	s.hook = server.URL
	s.environment = append(os.Environ(), "OUTLOCAL_STATE="+t.TempDir(), "NGROK_AUTHTOKEN="+tunneltest.Token)
	return s
}

// expose starts the program that the README shows.
func (s *stage) expose(flags ...string) *terminal {
	s.t.Helper()
	args := []string{"expose", s.hook + "/hook", "--watch", "me/messages", "--emulator", "emulator", "--sign-in", "device-code",
		"--edge", s.edge.Addr(), "--edge-ca", s.ca}
	return open(s.t, s.environment, s.program, append(args, flags...)...)
}

// run is what a command prints that ends by itself.
func (s *stage) run(args ...string) string {
	s.t.Helper()
	command := exec.CommandContext(bounded(s.t), s.program, args...)
	command.Env = s.environment
	out, err := command.CombinedOutput()
	if err != nil {
		s.t.Fatalf("outlocal %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// asInReadme replaces what the webhook and the tunnel are called here.
func (s *stage) asInReadme(printed string) string {
	s.t.Helper()
	printed = strings.ReplaceAll(printed, s.hook, "http://localhost:3000")
	for _, name := range []string{"quiet-fox", "brave-owl"} { // what it was called first, and then
		given := regexp.MustCompile(`random-\d+\.ngrok\.app`).FindString(printed)
		if given == "" {
			s.t.Fatalf("the tunnel was not called anything to be told as %s:\n%s", name, printed)
		}
		printed = strings.ReplaceAll(printed, given, name+".ngrok.app")
	}
	return printed
}

// pass lets the clocks of programs go on together.
func (s *stage) pass(d time.Duration, programs ...*terminal) {
	s.t.Helper()
	ctx := bounded(s.t)
	var clients []*control.Client
	for _, x := range programs {
		found := regexp.MustCompile(`control at (http://[^;]+);`).FindStringSubmatch(x.printed())
		if found == nil {
			s.t.Fatalf("it does not say where it is steered:\n%s", x.printed())
		}
		client, err := control.NewClient(found[1], control.ClientConfig{})
		if err != nil {
			s.t.Fatal(err)
		}
		clients = append(clients, client)
	}
	for passed := time.Duration(0); passed < d; passed += virtualStep {
		failures := make(chan error, len(clients))
		for _, client := range clients {
			go func() {
				_, err := client.Advance(ctx, virtualStep)
				failures <- err
			}()
		}
		for range clients {
			if err := <-failures; err != nil {
				s.t.Fatalf("after %s: %v", passed, err)
			}
		}
	}
}

// kill ends a program that has no time to tidy up, and waits until the edge has missed it.
func (s *stage) kill(x *terminal) {
	s.t.Helper()
	if err := x.process.Process.Kill(); err != nil {
		s.t.Fatal(err)
	}
	if err := s.edge.Wait(bounded(s.t), func(seen tunneltest.Seen) bool { return seen.Sessions == 0 }); err != nil {
		s.t.Fatalf("wait for the agent to be missed: %v", err)
	}
	x.reading.Wait()
	_ = x.process.Wait() // until it is reaped, it passes for one that runs and keeps its name
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
