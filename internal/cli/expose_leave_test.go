//go:build !notunnel

package cli

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/internal/state"
	"github.com/outlocal/outlocal/tunnel/tunneltest"
)

// typist is somebody at the keys: what it types goes to whoever listens.
type typist struct {
	mu        sync.Mutex
	listeners map[chan<- os.Signal][]os.Signal
	listening chan struct{} // gets one for each who begins to listen to Ctrl+C
}

func (k *typist) signals(to chan<- os.Signal, which ...os.Signal) (stop func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.listeners[to] = which
	if slices.Contains(which, os.Interrupt) {
		k.listening <- struct{}{}
	}
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.listeners, to)
	}
}

func (k *typist) send(kind os.Signal) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for to, which := range k.listeners {
		if slices.Contains(which, kind) {
			to <- kind
		}
	}
}

// TestExposeLeavesAtOnce: a second Ctrl+C leaves while the service does not answer, says what is left, and the next start takes it over.
func TestExposeLeavesAtOnce(t *testing.T) {
	w := newExposeWorld(t, emulator.Config{}, tunneltest.Config{Reserved: []string{"mine.example"}})
	hanging := make(chan struct{})
	asked := make(chan struct{}, 1)
	slow := serving(t, "http", serve.Config{Name: "slow", Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			select {
			case asked <- struct{}{}:
			default: // nobody waits for a second one
			}
			select {
			case <-hanging:
			case <-r.Context().Done():
				return
			}
		}
		w.emulator.ServeHTTP(rw, r)
	})})
	w.env["MY_TOKEN"] = "any"
	args := []string{
		"expose", w.hookURL, "--service", slow + "/v1.0", "--sign-in", "token", "--token-env", "MY_TOKEN", "--edge", w.edge.Addr(), "--edge-ca", w.edgeCA,
		"--authority", w.https, "--profile", "mine",
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	keys := &typist{listeners: map[chan<- os.Signal][]os.Signal{}, listening: make(chan struct{}, 9)}
	x := &exposing{out: &watchedOutput{}, stop: stop, code: make(chan int, 1)}
	process := w.process(x.out)
	process.Signals = keys.signals
	go func() { x.code <- Run(ctx, args, process) }()
	x.out.await(t, "subscribed")
	stop() // the first one
	<-asked
	<-keys.listening
	keys.send(os.Interrupt)
	if code := x.wait(t); code != ExitFailed {
		t.Errorf("it ends with %d", code)
	}
	left, err := w.steer.Subscriptions(t.Context(), control.SubscriptionQuery{})
	if err != nil || len(left.Subscriptions) != 1 {
		t.Fatalf("left are %v, %v", left, err)
	}
	for _, words := range []string{"left is " + left.Subscriptions[0].ID, "hint: the next start takes over what it wants", "outlocal subscriptions prune --service " + slow + "/v1.0 --profile mine"} {
		if !strings.Contains(x.out.String(), words) {
			t.Errorf("it does not say %q, but:\n%s", words, x.out)
		}
	}
	w.env["OUTLOCAL_PROFILE"] = "mine"
	if code, out := w.run(t, "subscriptions", "prune", "--service", slow+"/v1.0", "--token-env", "MY_TOKEN", "--dry-run"); code != ExitGood || !strings.Contains(out, "/subscriptions/"+left.Subscriptions[0].ID) {
		t.Errorf("prune ends with %d, and would not delete it:\n%s", code, out)
	}
	close(hanging)
	next := w.start(t, args[1:]...)
	next.out.await(t, "deleted  "+shortID(left.Subscriptions[0].ID)) // as a lifecycle URL can't be changed (W1.4-05)
	next.out.await(t, "subscribed anew")
	if code := next.end(t); code != ExitGood {
		t.Errorf("the next ends with %d:\n%s", code, next.out)
	}
	nothingLeft(t, w)
}

// inattentive is an output that somebody reads up to a word, and then no more.
type inattentive struct {
	*watchedOutput
	until string
}

func (d inattentive) Write(b []byte) (int, error) {
	if strings.Contains(d.String(), d.until) {
		return 0, syscall.EPIPE
	}
	return d.watchedOutput.Write(b)
}

// TestExposeDeserted: whoever closes the terminal, or what the output goes to, leaves nothing at the service either.
func TestExposeDeserted(t *testing.T) {
	for _, row := range []struct {
		name  string
		flags []string
		read  string // up to this
		leave func(*typist, *exposeWorld)
	}{
		{"the terminal is closed", nil, "never said", func(k *typist, _ *exposeWorld) { k.send(syscall.SIGHUP) }},
		{"nobody reads what people read", nil, "subscribed", func(_ *typist, w *exposeWorld) { w.change(t) }},
		{"nobody reads what programs read", []string{"--json"}, `"kind":"subscribed"`, func(_ *typist, w *exposeWorld) { w.change(t) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newExposeWorld(t, emulator.Config{}, tunneltest.Config{})
			keys := &typist{listeners: map[chan<- os.Signal][]os.Signal{}, listening: make(chan struct{}, 9)}
			x := &exposing{out: &watchedOutput{}, code: make(chan int, 1)}
			process := w.process(inattentive{x.out, row.read})
			process.Signals = keys.signals
			go func() {
				x.code <- Run(t.Context(), append([]string{"expose"}, w.through(append(row.flags, w.hookURL)...)...), process)
			}()
			x.out.await(t, "subscribed")
			keys.send(syscall.SIGPIPE) // of some socket, which ends nothing
			row.leave(keys, w)
			if code := x.wait(t); code != ExitGood {
				t.Errorf("it ends with %d:\n%s", code, x.out)
			}
			nothingLeft(t, w)
		})
	}
}

func (w *exposeWorld) change(t *testing.T) {
	t.Helper()
	if _, err := w.steer.RaiseChange(t.Context(), control.Change{Change: "created", Collection: "message"}); err != nil {
		t.Fatal(err)
	}
}

// TestExposeKeeps: with --keep the subscriptions stay, and the next start takes them over as they are where the URL is the same.
func TestExposeKeeps(t *testing.T) {
	w := newExposeWorld(t, emulator.Config{}, tunneltest.Config{})
	args := w.through(w.hookURL, "--url", "mine."+tunneltest.DefaultDomain)
	x := w.start(t, append(args, "--keep")...)
	x.out.await(t, "subscribed")
	if code := x.end(t); code != ExitGood || !strings.Contains(x.out.String(), "me/messages stays subscribed until ") {
		t.Errorf("it ends with %d:\n%s", code, x.out)
	}
	before, err := w.steer.Subscriptions(t.Context(), control.SubscriptionQuery{})
	if err != nil || len(before.Subscriptions) != 1 {
		t.Fatalf("kept are %v, %v", before, err)
	}
	next := w.start(t, args...)
	next.out.await(t, "me/messages (created)  taken over from a start before")
	if _, err := w.steer.RaiseChange(t.Context(), control.Change{Change: "created", Collection: "message"}); err != nil {
		t.Fatal(err)
	}
	next.out.await(t, "✔ created  subscription "+shortID(before.Subscriptions[0].ID))
	next.end(t)
	if out := next.out.String(); strings.Contains(out, "subscribed") || strings.Contains(out, "handshake  mine") {
		t.Errorf("it subscribed anew:\n%s", out)
	}
	nothingLeft(t, w)
}

// TestExposeFindsStrays: what leads to its own name and is remembered by nobody, as the state is lost, is deleted. Where a name is shared,
// it may be another's.
func TestExposeFindsStrays(t *testing.T) {
	w := newExposeWorld(t, emulator.Config{}, tunneltest.Config{})
	args := w.through(w.hookURL, "--url", "mine."+tunneltest.DefaultDomain)
	x := w.start(t, append(args, "--keep")...)
	x.out.await(t, "subscribed")
	x.end(t)
	kept, err := w.steer.Subscriptions(t.Context(), control.SubscriptionQuery{})
	if err != nil || len(kept.Subscriptions) != 1 {
		t.Fatalf("kept are %v, %v", kept, err)
	}
	w.env[state.Variable] = t.TempDir()
	sharing := w.start(t, append(args, "--pooling", "--watch", "me/events")...)
	sharing.out.await(t, "me/events (created)  subscribed")
	sharing.end(t)
	if strings.Contains(sharing.out.String(), shortID(kept.Subscriptions[0].ID)) {
		t.Errorf("it took what may be another's:\n%s", sharing.out)
	}
	w.env[state.Variable] = t.TempDir()
	next := w.start(t, args...)
	next.out.await(t, "leads here and nobody wants it: it is deleted  "+shortID(kept.Subscriptions[0].ID))
	next.out.await(t, "me/messages (created)  subscribed")
	if code := next.end(t); code != ExitGood {
		t.Errorf("it ends with %d:\n%s", code, next.out)
	}
	nothingLeft(t, w)
}
