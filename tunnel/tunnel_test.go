package tunnel_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/outlocal/outlocal/tunnel"
	"github.com/outlocal/outlocal/tunnel/tunneltest"
)

// TestMain looks for goroutines that are left, but for those of the library that end by themselves some time later: one that waits before
// it sees that it was closed, and two that find out at the next heartbeat what a cut has ended. And but for those that wait for each
// other in the library for ever, once in some twenty runs: for a connection it takes a lock twice to read, and whoever closes the endpoint
// between the two waits for the first, and the second for them. Of a session that was never closed, others would be left too.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(quiet{m},
		goleak.IgnoreAnyFunction("golang.ngrok.com/ngrok/v2/internal/tunnel/client.(*session).handleProxy"),
		goleak.IgnoreAnyFunction("golang.ngrok.com/ngrok/v2/internal/tunnel/client.(*shutdown).Shut"),
		goleak.IgnoreAnyFunction("golang.ngrok.com/ngrok/v2/internal/tunnel/client.(*tunnel).Accept"),
		goleak.IgnoreAnyFunction("golang.ngrok.com/ngrok/v2/internal/tunnel/client.(*reconnectingSession).connect"),
		goleak.IgnoreAnyFunction("golang.ngrok.com/muxado/v2.(*Heartbeat).check"),
		goleak.IgnoreAnyFunction("golang.ngrok.com/muxado/v2.(*Heartbeat).requester"))
}

// quiet holds all tests to saying nothing on the process's own logger, whatever the library has to complain of. It complains of some
// things only once in a process.
type quiet struct{ *testing.M }

func (q quiet) Run() int {
	var said lockedBuffer
	slog.SetDefault(slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug})))
	log.SetOutput(os.Stderr) // where servers of the tests complain of visitors that leave
	code := q.M.Run()
	if text := said.text(); text != "" {
		fmt.Fprintf(os.Stderr, "the process's own logger was used: %s", text)
		return 1
	}
	return code
}

type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// patience is how long a test waits for an event: far longer than a busy machine takes.
const patience = 20 * time.Second

// events are what an endpoint has told, for a test to wait for.
type events struct {
	mu      sync.Mutex
	all     []tunnel.Event
	changed chan struct{}
}

func (l *events) tell(e tunnel.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, e)
	if l.changed != nil {
		close(l.changed)
	}
	l.changed = make(chan struct{})
}

// await returns the first event after those seen before that matches, and what came until then.
func (l *events) await(t *testing.T, what string, match func(tunnel.Event) bool) tunnel.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		l.mu.Lock()
		if l.changed == nil {
			l.changed = make(chan struct{})
		}
		for i, e := range l.all {
			if match(e) {
				l.all = l.all[i+1:]
				l.mu.Unlock()
				return e
			}
		}
		changed := l.changed
		l.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("no event %s; there were %v", what, l.all)
		}
	}
}

func (l *events) state(t *testing.T, s tunnel.State) tunnel.Event {
	t.Helper()
	return l.await(t, string(s), func(e tunnel.Event) bool { return e.State == s })
}

func coded(code string) func(tunnel.Event) bool {
	return func(e tunnel.Event) bool {
		var why *tunnel.Error
		return errors.As(e.Err, &why) && why.Code == code
	}
}

// toEdge is a config that leads to an edge. Its heartbeats come too late for most tests: one that comes while the library introduces
// itself, as on a busy machine one of a tenth of a second does, is a data race in there.
func toEdge(edge *tunneltest.Edge) tunnel.Config {
	return tunnel.Config{
		Kind: tunnel.Ngrok, Patience: patience,
		Agent: tunnel.Agent{
			Token: tunnel.NewToken(tunneltest.Token, "the test"), Edge: edge.Addr(), EdgeCAs: edge.CAs(),
			Proxy:     func(*http.Request) (*url.URL, error) { return nil, nil },
			Heartbeat: 5 * time.Second, Tolerance: time.Minute,
		},
	}
}

// open opens an endpoint that is closed with the test, and has nothing left then.
func open(t *testing.T, c tunnel.Config) (tunnel.Endpoint, *events) {
	t.Helper()
	told := &events{}
	c.OnEvent = told.tell
	e, err := tunnel.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		within(t, "the end of the endpoint", e.Done())
	})
	return e, told
}

// within waits for what must not hang.
func within(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		t.Fatalf("waited in vain for %s", what)
	}
}

// serve answers at an endpoint until the test ends.
func serve(t *testing.T, e tunnel.Endpoint, h http.Handler) *http.Server {
	t.Helper()
	server := &http.Server{Handler: h}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(e)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		within(t, "the server's end", served)
	})
	return server
}

// echo answers a handshake, else with the body and who sent it.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if token := r.URL.Query().Get("validationToken"); token != "" {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, token)
		return
	}
	w.Header().Set("X-Remote", r.RemoteAddr)
	w.Header().Set("X-Seen-For", strings.Join(r.Header.Values("X-Forwarded-For"), ", "))
	w.Header().Set("X-Seen-Host", r.Host)
	w.Header().Set("X-Seen-Proto", r.Header.Get("X-Forwarded-Proto"))
	_, _ = io.Copy(w, r.Body)
})

// post posts from the internet.
func post(t *testing.T, edge *tunneltest.Edge, url, body string) (*http.Response, string) {
	t.Helper()
	answer, text, err := send(edge, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, text
}

func send(edge *tunneltest.Edge, url, body string) (*http.Response, string, error) {
	answer, err := edge.Client().Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, "", fmt.Errorf("read the answer: %w", err)
	}
	return answer, string(text), nil
}

// awaitEdge waits until an edge has seen something.
func awaitEdge(t *testing.T, edge *tunneltest.Edge, wanted func(tunneltest.Seen) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := edge.Wait(ctx, wanted); err != nil {
		t.Fatal(err)
	}
}
