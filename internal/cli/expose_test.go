//go:build !notunnel

package cli

import (
	"bytes"
	"context"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/localca"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/internal/state"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/tunnel/tunneltest"
)

// exposeWorld is what an exposure lives in: an emulator, an edge, a webhook.
type exposeWorld struct {
	emulator *emulator.Server
	steer    *control.Client
	http     string // the emulator's address
	https    string
	control  string // where it is steered
	ca       string // FILE
	edge     *tunneltest.Edge
	edgeCA   string // FILE
	hook     *receiver.Receiver
	hookURL  string
	env      map[string]string
}

func newExposeWorld(t *testing.T, c emulator.Config, e tunneltest.Config) *exposeWorld {
	t.Helper()
	w := &exposeWorld{edge: tunneltest.Start(t, e), env: map[string]string{state.Variable: t.TempDir(), "NGROK_AUTHTOKEN": tunneltest.Token}}
	w.edgeCA = filepath.Join(t.TempDir(), "edge.pem")
	if err := os.WriteFile(w.edgeCA, w.edge.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Routes = []string{"https://*." + tunneltest.DefaultDomain + "=https://" + w.edge.PublicAddr()}
	var err error
	if w.emulator, err = emulator.New(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.emulator.Close)
	w.steer = w.emulator.ControlClient()
	authority, _, err := localca.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w.ca = authority.Path()
	w.http = serving(t, "http", serve.Config{Name: "api", Handler: w.emulator})
	w.https = serving(t, "https", serve.Config{Name: "https", Handler: w.emulator, TLS: authority.TLSConfig()})
	w.control = serving(t, "http", serve.Config{Name: "control", Handler: w.emulator.Control()})
	w.emulator.Announce(emulator.Addresses{HTTP: w.http, HTTPS: w.https, Control: w.control, CA: w.ca})
	if w.hook, err = receiver.New(receiver.Config{}); err != nil {
		t.Fatal(err)
	}
	hook := httptest.NewServer(w.hook)
	t.Cleanup(hook.Close)
	w.hookURL = hook.URL + "/hook"
	return w
}

// serving serves until the test ends.
func serving(t *testing.T, scheme string, c serve.Config) (origin string) {
	t.Helper()
	listeners, err := serve.Listen(t.Context(), "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	server := serve.Start(listeners, c)
	t.Cleanup(func() { _ = server.Shutdown(t.Context()) }) // which has ended: nothing is waited for
	return listeners.URL(scheme)
}

// watchedOutput is an output on which one can wait for a text.
type watchedOutput struct {
	mu    sync.Mutex
	text  bytes.Buffer
	grown chan struct{}
}

func (o *watchedOutput) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.grown != nil {
		close(o.grown)
		o.grown = nil
	}
	return o.text.Write(b)
}

func (o *watchedOutput) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// await returns once a text was printed.
func (o *watchedOutput) await(t *testing.T, text string) {
	t.Helper()
	o.awaitTimes(t, text, 1)
}

// awaitTimes returns once a text was printed so many times.
func (o *watchedOutput) awaitTimes(t *testing.T, text string, times int) {
	t.Helper()
	for {
		o.mu.Lock()
		found := strings.Count(o.text.String(), text) >= times
		if o.grown == nil {
			o.grown = make(chan struct{})
		}
		grown := o.grown
		o.mu.Unlock()
		if found {
			return
		}
		select {
		case <-grown:
		case <-t.Context().Done():
			t.Fatalf("%q was never printed, but:\n%s", text, o)
		case <-time.After(exposeTimeout): // so that it is told what was printed instead
			t.Fatalf("%q was not printed, but:\n%s", text, o)
		}
	}
}

const exposeTimeout = 20 * time.Second

// exposing is a run of outlocal expose.
type exposing struct {
	out  *watchedOutput
	stop context.CancelFunc
	code chan int
}

// process is one of the world's.
func (w *exposeWorld) process(out io.Writer) Process {
	return Process{Version: "test", Out: out, Err: out, In: strings.NewReader(""), Env: func(name string) string { return w.env[name] }}
}

// start runs outlocal expose until it is told to stop.
func (w *exposeWorld) start(t *testing.T, args ...string) *exposing {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	x := &exposing{out: &watchedOutput{}, stop: stop, code: make(chan int, 1)}
	process := w.process(x.out)
	go func() { x.code <- Run(ctx, append([]string{"expose"}, args...), process) }()
	t.Cleanup(func() { stop() })
	return x
}

// end ends it, and returns its exit code.
func (x *exposing) end(t *testing.T) int {
	t.Helper()
	x.stop()
	return x.wait(t)
}

func (x *exposing) wait(t *testing.T) int {
	t.Helper()
	select {
	case code := <-x.code:
		return code
	case <-time.After(exposeTimeout):
		t.Fatalf("it does not end:\n%s", x.out)
	}
	return 0
}

// through are the flags of a tunnel to the fake edge, and of the emulator.
func (w *exposeWorld) through(args ...string) []string {
	return append([]string{"--edge", w.edge.Addr(), "--edge-ca", w.edgeCA, "--emulator", w.control}, args...)
}

// run runs a command to its end.
func (w *exposeWorld) run(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	var buffer bytes.Buffer
	code = Run(t.Context(), args, w.process(&buffer))
	return code, buffer.String()
}

func TestExposeThroughATunnel(t *testing.T) {
	w := newExposeWorld(t, emulator.Config{Auth: emulator.IssuedTokens}, tunneltest.Config{})
	x := w.start(t, w.through(w.hookURL)...)
	x.out.await(t, "subscribed")
	if _, err := w.steer.RaiseChange(t.Context(), control.Change{Change: "created", Collection: "message", Set: map[string]any{"subject": "Lunch?"}}); err != nil {
		t.Fatal(err)
	}
	x.out.await(t, "item: “Lunch?”")
	if code := x.end(t); code != ExitGood {
		t.Errorf("it ends with %d", code)
	}
	t.Logf("%s", x.out)
	left, err := w.steer.Subscriptions(t.Context(), control.SubscriptionQuery{})
	if err != nil || len(left.Subscriptions) > 0 {
		t.Errorf("left at the service are %v, %v", left.Subscriptions, err)
	}
}

// TestExposeDocs: what the manual types, the program takes.
func TestExposeDocs(t *testing.T) {
	for _, file := range []string{"expose.md", "app-registration.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", file))
		if err != nil {
			t.Fatal(err)
		}
		process := quiet(&bytes.Buffer{})
		root := newRoot(&app{process: process, out: newPrinter(process.Out, process), err: newPrinter(process.Err, process)})
		code := strings.Join(regexp.MustCompile("(?s)```.*?```|`[^`\n]+`").FindAllString(string(text), -1), "\n")
		commands := regexp.MustCompile("(?m)(?:^|`)outlocal ([a-z]+)([^\n`#]*)").FindAllStringSubmatch(code, -1)
		if len(commands) < 3 {
			t.Errorf("%s has %d commands only", file, len(commands))
		}
		for _, command := range commands {
			cmd, _, err := root.Find([]string{command[1]})
			if err != nil || cmd == root {
				t.Errorf("%s types outlocal %s, which there is not", file, command[1])
				continue
			}
			for _, flag := range regexp.MustCompile(`--([a-z-]+)`).FindAllStringSubmatch(command[2], -1) {
				if cmd.Flags().Lookup(flag[1]) == nil && root.PersistentFlags().Lookup(flag[1]) == nil {
					t.Errorf("%s types outlocal %s --%s, which it does not take", file, command[1], flag[1])
				}
			}
		}
		expose, _, err := root.Find([]string{"expose"})
		if err != nil {
			t.Fatal(err)
		}
		for _, flag := range regexp.MustCompile("`--([a-z-]+)").FindAllStringSubmatch(string(text), -1) {
			elsewhere := []string{"allow-target", "json", "count", "last", "follow", "expose", "route", "yes"}
			if expose.Flags().Lookup(flag[1]) == nil && !slices.Contains(elsewhere, flag[1]) {
				t.Errorf("%s names --%s, which outlocal expose does not take", file, flag[1])
			}
		}
	}
}
