// Package tunnel gives a local webhook a URL that others can reach.
//
// [Open] returns an [Endpoint]: a net.Listener with a URL. With [Ngrok] the embedded agent listens at ngrok's edge, and nothing on this
// machine listens for the world; with [Public] a tunnel of the user's own ends at a loopback listener, which is checked from outside
// first; with [None] there is a loopback listener and nobody outside. Serve an endpoint with an http.Server, and end it with that
// server's Shutdown: requests under way get their answers.
//
// What happens to an endpoint after it was opened, it tells by [Config.OnEvent]: a connection that is lost and comes back, a URL that
// changed, an end from afar. What goes wrong is an [*Error] with ngrok's code and what to do. [FindToken] finds an authtoken where
// ngrok's own agent has it, and [DefaultPolicy] lets nothing but a webhook's requests through the edge.
//
// It imports nothing of this module, so that it reaches nothing but the listener's accepted connections; which handler answers there
// is for its user to choose with care. It does not inspect, record or alter requests, and it sets up no subscription. Built with the
// tag notunnel it has no agent, and Open says so.
//
// What the service learns beside the traffic: the client's name and version, and, as the agent's library has no way to withhold it, the
// machine's host name and the path of its program, which the account's dashboard shows as where the endpoint forwards to.
package tunnel

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Kind is where an endpoint's URL comes from.
type Kind string

// The kinds of endpoints.
const (
	None   Kind = "none"   // a listener on loopback, for callers on this machine
	Ngrok  Kind = "ngrok"  // ngrok's edge, by the embedded agent
	Public Kind = "public" // a tunnel or proxy of the user's own, which leads to a listener on loopback
)

// Kinds lists the kinds.
func Kinds() []Kind { return []Kind{None, Ngrok, Public} }

// Config says which endpoint is wanted. The zero value is a listener on a free port of loopback.
type Config struct {
	Kind Kind // None if empty

	// URL is the endpoint's: for Public, where the world reaches it; for Ngrok, the name to ask for, as host or URL, or empty for the
	// one that the account's plan gives.
	URL string
	// Listen is HOST:PORT on loopback for None and Public; a free port of 127.0.0.1 if empty.
	Listen string
	// OnEvent is told what happens, one event after the other. It may take its time, but must not wait for the endpoint's end.
	OnEvent func(Event)
	// HTTP reaches the URL of Public from outside, for the check; http.DefaultClient if nil.
	HTTP *http.Client
	// Patience is how long to try to reach the service, or to wait for the check; DefaultPatience if 0.
	Patience time.Duration

	Agent Agent // for Ngrok
}

// Agent is what ngrok's agent needs to know.
type Agent struct {
	Token   Token
	Policy  string // a traffic policy in YAML or JSON, such as DefaultPolicy's; empty for none
	Pooling bool   // share the URL with other endpoints that pool: requests go to each in turn
	Version string // of the program, for the service to see; "dev" if empty

	Edge    string         // HOST:PORT where agents connect; ngrok's own if empty
	EdgeCAs *x509.CertPool // what to trust there; ngrok's own if nil

	// Proxy says how to reach the edge, as an http.Transport's does; http.ProxyFromEnvironment if nil. Proxies by http and https
	// (CONNECT) and socks5 are known.
	Proxy func(*http.Request) (*url.URL, error)

	// MoveAfter is how long a name that can't be had back is asked for before the endpoint takes another, so that its URL changes. It
	// matters only where no URL was asked for. DefaultMoveAfter if 0.
	MoveAfter time.Duration

	Heartbeat time.Duration // how often to see whether the edge is there; the agent's own 10 s if 0
	Tolerance time.Duration // how late an answer may be; the agent's own 15 s if 0
}

const (
	// DefaultPatience lets a slow network connect, and a user not wait for nothing.
	DefaultPatience = 20 * time.Second
	// DefaultMoveAfter is longer than an edge takes to miss an agent that slept and came back, whose name is taken until then by the
	// agent's own old connection.
	DefaultMoveAfter = time.Minute
)

// Endpoint is a listener with a URL. Its methods can be called by any goroutine.
//
// Accept's error says when an endpoint has ended: net.ErrClosed after Close, else an *[Error] with the reason. Close returns at once,
// as a server calls it with its own lock held: it ends Accept and lets the connections accepted before come to their end, for some
// seconds at most, before the service is told; Done is closed after that, when nothing more happens.
type Endpoint interface {
	net.Listener
	// URL is where webhooks reach the endpoint now, without a slash at the end.
	URL() string
	// State is what the last event told.
	State() State
	// Done is closed when the endpoint has ended and its last event was told.
	Done() <-chan struct{}
}

// State is how an endpoint is.
type State string

// The states of an endpoint.
const (
	Connecting   State = "connecting"   // not up yet
	Up           State = "up"           // the URL leads here
	Reconnecting State = "reconnecting" // the connection is lost: requests are not answered until it is back
	Closed       State = "closed"       // for good
)

// Event is a change of an endpoint's state, or a new reason for the same one.
type Event struct {
	State State
	URL   string // where the endpoint is, or was; empty while connecting
	Was   string // the URL before, if an endpoint that comes up has changed it
	Err   error  // why an endpoint is not up; nil if it was closed by its user
}

// Open opens an endpoint. The context ends the attempt, not the endpoint.
func Open(ctx context.Context, c Config) (Endpoint, error) {
	if c.Patience == 0 {
		c.Patience = DefaultPatience
	}
	if c.HTTP == nil {
		c.HTTP = http.DefaultClient
	}
	switch c.Kind {
	case None, "":
		return openNone(ctx, c)
	case Public:
		return openPublic(ctx, c)
	case Ngrok:
		u, err := askedURL(c.URL)
		if err != nil {
			return nil, err
		}
		c.URL = u
		return openNgrok(ctx, c)
	}
	return nil, noKind(c.Kind)
}

// Check tells what of c is wrong that can be told without asking anybody: Open would refuse it.
func (c Config) Check() (err error) {
	switch c.Kind {
	case None, "":
	case Public:
		_, err = publicURL(c.URL)
	case Ngrok:
		if _, err = askedURL(c.URL); err == nil {
			err = linked()
		}
	default:
		err = noKind(c.Kind)
	}
	return err
}

func noKind(k Kind) error {
	return wrongUse("open the tunnel", "there is no kind "+string(k)+" of tunnel", "kinds are none, ngrok and public")
}
