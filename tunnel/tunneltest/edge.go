// Package tunneltest is an ngrok edge inside a test: the unmodified client dials it, over TLS, on loopback.
//
// [Start] gives one that ends with its test. Agents dial [Edge.Addr] and trust [Edge.CAs]; [Edge.Client] is the internet, which posts
// to the very URL that an endpoint got. [Edge.Wait] returns once something has happened, so that no test sleeps, and a dozen methods
// do what a real edge does on a bad day: [Edge.DropSessions], [Edge.GoAway], [Edge.Freeze], [Edge.Refuse], [Edge.FailAuth],
// [Edge.FailBind], [Edge.StopTunnel], [Edge.Stop], [Edge.Restart], [Edge.TakeNames].
//
// It knows https endpoints only, speaks HTTP/1.1 to visitors, and takes of the plans' rules what [Config] says. Of traffic policies it
// evaluates the part that denies requests by method, path and length, written as JSON (see [Code] 2201): it refuses any other rather
// than let it pass unheeded. What it can't prove is the service's own: who may have which name, how long a fresh name takes to be
// known everywhere, quotas, certificates.
package tunneltest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/outlocal/outlocal/internal/localca"
)

// Token is an authtoken that an edge takes unless its Config names others.
const Token = "2tunneltest_4ZqF8nYwVt1bC7dKx9Lm"

// DefaultDomain is where an edge gives names; .test is reserved for this.
const DefaultDomain = "ngrok.test"

// Config says which rules an edge has. The zero value takes Token and gives everybody a random name.
type Config struct {
	Tokens    []string // authtokens that are taken; Token alone if empty
	Sessions  int      // how many agents may be connected at once; 0 for any number
	Endpoints int      // how many endpoints may be online at once; 0 for any number

	Domain    string   // names under it are given, and may be asked for; DefaultDomain if empty
	DevDomain string   // a name under Domain that is given where none is asked for, as on the free plan; random ones if empty
	Reserved  []string // names elsewhere that may be asked for
	Free      bool     // the free plan: no name but DevDomain may be asked for, and browsers get a page first

	// KeepAlive sends several requests down one stream. Without it each request has a stream of its own, and the agent learns each
	// visitor's address. It is not known which of both the real edge does.
	KeepAlive bool
}

// Edge is a running one. Its methods can be called by any goroutine.
type Edge struct {
	config    Config
	authority *localca.Authority
	agents    net.Listener
	public    net.Listener
	server    *http.Server
	transport *http.Transport // down the tunnels
	client    *http.Client
	work      sync.WaitGroup

	mu       sync.Mutex
	seen     Seen
	changed  chan struct{} // closed, and made anew, with every change of seen
	closed   bool
	refusing bool
	failAuth []Code
	failBind []Code
	sessions map[*session]bool
	names    map[string]*name
	counter  int
}

// Start runs an edge until the test ends.
func Start(tb testing.TB, c Config) *Edge {
	tb.Helper()
	e, err := New(c)
	if err != nil {
		tb.Fatalf("start an ngrok edge: %v", err)
	}
	tb.Cleanup(e.Close)
	return e
}

// New runs an edge until it is closed.
func New(c Config) (*Edge, error) {
	if len(c.Tokens) == 0 {
		c.Tokens = []string{Token}
	}
	if c.Domain == "" {
		c.Domain = DefaultDomain
	}
	authority, err := localca.Memory()
	if err != nil {
		return nil, fmt.Errorf("make the edge's certificates: %w", err)
	}
	e := &Edge{config: c, authority: authority, changed: make(chan struct{}), sessions: make(map[*session]bool), names: make(map[string]*name)}
	var config net.ListenConfig
	if e.agents, err = config.Listen(context.Background(), "tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("listen for agents: %w", err)
	}
	if e.public, err = config.Listen(context.Background(), "tcp", "127.0.0.1:0"); err != nil {
		return nil, errors.Join(fmt.Errorf("listen for visitors: %w", err), e.agents.Close())
	}
	e.transport = &http.Transport{DialContext: e.dialEndpoint, DisableKeepAlives: !c.KeepAlive, DisableCompression: true, MaxIdleConnsPerHost: maxKept}
	e.client = &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", e.PublicAddr())
		},
		TLSClientConfig:     &tls.Config{RootCAs: e.CAs(), MinVersion: tls.VersionTLS12},
		MaxIdleConnsPerHost: maxKept,
	}}
	e.server = &http.Server{Handler: e.visitors(), DisableGeneralOptionsHandler: true, ReadHeaderTimeout: time.Minute, ErrorLog: discard()}
	e.work.Go(e.acceptAgents)
	e.work.Go(func() { _ = e.server.Serve(tls.NewListener(e.public, authority.TLSConfig())) }) // ends when the edge is closed
	return e, nil
}

// maxKept is how many connections are kept for a next request: more than any test has under way at once.
const maxKept = 128

// Addr is where agents connect, as HOST:PORT.
func (e *Edge) Addr() string { return e.agents.Addr().String() }

// PublicAddr is where visitors connect, as HOST:PORT, whatever the name of the endpoint that they want.
func (e *Edge) PublicAddr() string { return e.public.Addr().String() }

// CAs are what agents and visitors trust.
func (e *Edge) CAs() *x509.CertPool { return e.authority.Pool() }

// PEM is the certificate behind CAs.
func (e *Edge) PEM() []byte { return e.authority.PEM() }

// Client is the internet: it reaches every endpoint by its URL, follows redirects as clients do, and keeps connections.
func (e *Edge) Client() *http.Client { return e.client }

// Close ends every session and connection, and returns when nothing of the edge is left.
func (e *Edge) Close() {
	_ = e.agents.Close()
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.DropSessions()
	_ = e.server.Close()
	e.client.CloseIdleConnections()
	e.transport.CloseIdleConnections()
	e.work.Wait()
}

func (e *Edge) acceptAgents() {
	for {
		conn, err := e.agents.Accept()
		if err != nil {
			return
		}
		e.mu.Lock()
		refusing := e.refusing
		e.seen.Dials++
		e.note()
		e.mu.Unlock()
		if refusing {
			_ = conn.Close()
			continue
		}
		e.work.Go(func() { e.serve(conn) })
	}
}
