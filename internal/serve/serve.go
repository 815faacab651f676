// Package serve is how outlocal listens and whom it talks to.
//
// Listening: [Listen] opens ports on loopback, IPv4 and IPv6 alike, and says
// who holds a port that is busy; [Start] serves a handler on them until
// [Server.Shutdown]; [Guard] keeps web pages and strangers off a handler that
// is meant for the developer alone.
//
// Talking: [Targets] decides which hosts a request may be sent to, by the
// address that is dialled, and reroutes those that are meant to go elsewhere.
//
// It caps no bodies and measures no handler: a webhook that is being debugged
// may take its time, and a handler knows its own limits.
package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// readHeaderTimeout ends connections that never finish a request's head;
	// nobody debugs between two header lines.
	readHeaderTimeout = 10 * time.Second

	// idleTimeout is longer than the longest pause of a test suite between two
	// requests, so that clients keep their connections.
	idleTimeout = 2 * time.Minute
)

// Config says what a [Server] serves. Only Handler is needed.
type Config struct {
	Name    string // what it is, for logs and errors: "control"
	Handler http.Handler
	TLS     *tls.Config  // HTTPS if set
	Log     *slog.Logger // where broken connections and panics are told; nowhere if nil
}

// Server serves one handler on some listeners.
type Server struct {
	name      string
	http      *http.Server
	listeners Listeners
	serving   sync.WaitGroup
	closing   chan struct{}
	once      sync.Once

	mu     sync.Mutex
	failed error
}

// Start serves on listeners until Shutdown, which has to be called: it ends
// the goroutines that Start began, one for each listener.
func Start(listeners Listeners, config Config) *Server {
	log := config.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	log = log.With("server", config.Name)
	s := &Server{
		name:      config.Name,
		listeners: listeners,
		closing:   make(chan struct{}),
	}
	s.http = &http.Server{
		Handler:           config.Handler,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.Background(), closingKey{}, s.closing)
		},
	}
	if config.TLS != nil {
		s.http.TLSConfig = config.TLS.Clone() // net/http adds protocols to it
	}
	accept := s.http.Serve
	if config.TLS != nil {
		accept = func(l net.Listener) error { return s.http.ServeTLS(l, "", "") }
	}
	for _, l := range listeners {
		s.serving.Go(func() { s.serve(l, accept, log) })
	}
	return s
}

// Closing returns a channel that is closed when the server that serves the
// request of ctx begins to shut down; nil, which blocks forever, if ctx is not
// of such a request. Handlers that wait for something to happen select on it:
// a shutdown waits for the requests in progress.
func Closing(ctx context.Context) <-chan struct{} {
	closing, _ := ctx.Value(closingKey{}).(chan struct{})
	return closing
}

// Wait returns when nothing listens any more: nil after a Shutdown, else why a
// listener failed.
func (s *Server) Wait() error {
	s.serving.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

// Shutdown stops listening and waits for the requests in progress. Those that
// are not done when ctx ends are cut off, and the error says so. It may be
// called more than once.
func (s *Server) Shutdown(ctx context.Context) error {
	s.once.Do(func() { close(s.closing) })
	err := s.http.Shutdown(ctx)
	if err != nil {
		s.http.Close() // the error that counts is that of ctx
		err = fmt.Errorf("shut down %s: requests in progress were cut off: %w", s.name, err)
	}
	s.listeners.Close() // those that Serve did not come to; closed ones don't mind
	s.serving.Wait()
	return err
}

// closingKey is the key of a server's closing channel in its requests' contexts.
type closingKey struct{}

// serve accepts on one listener until it is closed or broken.
func (s *Server) serve(l net.Listener, accept func(net.Listener) error, log *slog.Logger) {
	defer l.Close() // a client had better be refused than left waiting
	err := accept(l)
	if errors.Is(err, http.ErrServerClosed) {
		return
	}
	err = fmt.Errorf("serve %s on %s: %w", s.name, l.Addr(), err)
	log.Error(err.Error())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = errors.Join(s.failed, err)
}
