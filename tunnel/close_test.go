//go:build !notunnel

package tunnel_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outlocal/outlocal/tunnel"
	"github.com/outlocal/outlocal/tunnel/tunneltest"
)

// TestClose ends an endpoint in every state: at once for its user, in time for the rest, and without a reason.
func TestClose(t *testing.T) {
	for _, row := range []struct {
		name    string
		prepare func(*testing.T, *tunneltest.Edge, tunnel.Endpoint, *events)
		unbound int
	}{
		{"nobody came", func(*testing.T, *tunneltest.Edge, tunnel.Endpoint, *events) {}, 1},
		{"somebody came, and nobody serves", func(t *testing.T, edge *tunneltest.Edge, e tunnel.Endpoint, _ *events) { visit(t, edge, e) }, 1},
		{"during an outage", func(t *testing.T, edge *tunneltest.Edge, _ tunnel.Endpoint, told *events) {
			edge.Refuse()
			edge.DropSessions()
			told.state(t, tunnel.Reconnecting)
		}, 0},
		{"half open", func(_ *testing.T, edge *tunneltest.Edge, _ tunnel.Endpoint, _ *events) { edge.Freeze() }, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			edge := tunneltest.Start(t, tunneltest.Config{})
			e, told := open(t, toEdge(edge))
			told.state(t, tunnel.Up)
			row.prepare(t, edge, e, told)
			if err := e.Close(); err != nil {
				t.Error(err)
			}
			if conn, err := e.Accept(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Accept returned %v, %v", conn, err)
			}
			if closed := told.state(t, tunnel.Closed); closed.Err != nil || closed.URL != e.URL() {
				t.Errorf("told %+v", closed)
			}
			within(t, "the end", e.Done())
			if err := e.Close(); err != nil {
				t.Errorf("closed twice: %v", err)
			}
			if got := len(edge.Seen().Unbinds); got != row.unbound {
				t.Errorf("unbound %d times, want %d", got, row.unbound)
			}
		})
	}
}

// visit sends a request that waits to be accepted, and returns once it is on its way.
func visit(t *testing.T, edge *tunneltest.Edge, e tunnel.Endpoint) {
	t.Helper()
	under, wrote := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.URL(), under)
	if err != nil {
		t.Fatal(err)
	}
	visited := make(chan struct{})
	go func() {
		defer close(visited)
		answer, err := edge.Client().Do(r)
		if err == nil {
			answer.Body.Close()
		}
	}()
	if _, err := wrote.Write([]byte("x")); err != nil { // taken, once the visitor has connected
		t.Fatal(err)
	}
	t.Cleanup(func() {
		wrote.Close()
		within(t, "the visitor's answer", visited)
	})
}

// TestShutdown gives every request that has reached a handler its answer, though the server ends.
func TestShutdown(t *testing.T) {
	edge := tunneltest.Start(t, tunneltest.Config{})
	e, told := open(t, toEdge(edge))
	entered, leave := make(chan struct{}), make(chan struct{})
	server := serve(t, e, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		entered <- struct{}{}
		<-leave
		w.WriteHeader(http.StatusAccepted)
	}))
	got := make(chan int, 1)
	go func() {
		answer, _, err := send(edge, e.URL(), "x")
		if err != nil {
			t.Error(err)
			got <- 0
			return
		}
		got <- answer.StatusCode
	}()
	<-entered
	over := make(chan error, 1)
	go func() { over <- server.Shutdown(t.Context()) }()
	awaitEdge(t, edge, func(s tunneltest.Seen) bool { return len(s.Unbinds) == 1 }) // no more are sent
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if edge.Wait(ctx, func(s tunneltest.Seen) bool { return s.Sessions == 0 }) == nil {
		t.Error("the agent has left while a request was under way")
	}
	close(leave)
	if status := <-got; status != http.StatusAccepted {
		t.Errorf("the answer is %d", status)
	}
	if err := <-over; err != nil {
		t.Error(err)
	}
	told.state(t, tunnel.Closed)
	within(t, "the end", e.Done())
}

// TestShutdownUnderLoad ends a server while visitors come as fast as they can: nothing hangs, and no answer is wrong.
func TestShutdownUnderLoad(t *testing.T) {
	t.Parallel()
	const visitors, rounds = 8, 5
	edge := tunneltest.Start(t, tunneltest.Config{})
	for range rounds {
		e, err := tunnel.Open(t.Context(), toEdge(edge))
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })}
		served := make(chan struct{})
		go func() {
			defer close(served)
			_ = server.Serve(e)
		}()
		var accepted atomic.Int64
		enough := make(chan struct{})
		var visiting sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		for range visitors {
			visiting.Go(func() {
				for ctx.Err() == nil {
					answer, _, err := send(edge, e.URL(), "x")
					switch {
					case err != nil:
						t.Error(err)
						return
					case answer.StatusCode == http.StatusAccepted:
						if accepted.Add(1) == 5*visitors {
							close(enough)
						}
					case answer.StatusCode != http.StatusNotFound && answer.StatusCode != http.StatusBadGateway:
						t.Errorf("the answer is %s", answer.Status)
					}
				}
			})
		}
		within(t, "visitors", enough)
		limited, done := context.WithTimeout(t.Context(), patience)
		if err := server.Shutdown(limited); err != nil {
			t.Error(err)
		}
		done()
		within(t, "the end", e.Done())
		cancel()
		visiting.Wait()
		<-served
	}
	awaitEdge(t, edge, func(s tunneltest.Seen) bool { return s.Sessions == 0 })
}

// TestSlowHandlerOfEvents holds up neither the endpoint nor its end.
func TestSlowHandlerOfEvents(t *testing.T) {
	t.Parallel()
	edge := tunneltest.Start(t, tunneltest.Config{})
	c := toEdge(edge)
	read := make(chan struct{})
	c.OnEvent = func(tunnel.Event) { <-read }
	e, err := tunnel.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	edge.DropSessions()
	awaitEdge(t, edge, func(s tunneltest.Seen) bool { return len(s.Binds) == 2 })
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	awaitEdge(t, edge, func(s tunneltest.Seen) bool { return s.Sessions == 0 })
	close(read)
	within(t, "the end", e.Done())
}

// TestDeadlines passes those for reading on, and keeps those for writing from the agent, whose session they would break.
func TestDeadlines(t *testing.T) {
	edge := tunneltest.Start(t, tunneltest.Config{})
	e, _ := open(t, toEdge(edge))
	visit(t, edge, e)
	conn, err := e.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Read(make([]byte, 1)); err != nil { // the visitor has asked, and so expects an answer
		t.Fatal(err)
	}
	past := time.Unix(1, 0)
	if err := conn.SetDeadline(past); err != nil {
		t.Error(err)
	}
	if err := conn.SetWriteDeadline(past); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadAll(conn); err == nil {
		t.Error("reading had no deadline")
	}
	if _, err := io.WriteString(conn, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"); err != nil {
		t.Errorf("writing: %v", err)
	}
}
