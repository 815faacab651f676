package delivery

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"slices"
	"sync"
	"time"
)

// line leads to one host and port, and keeps connections while nothing is sent over them.
type line struct {
	engine *Engine
	scheme string
	addr   string // host:port

	mu   sync.Mutex
	idle []*conn // that was used last comes last
}

// lines are all that were ever needed.
type lines struct {
	mu   sync.Mutex
	name map[string]*line
}

// to finds the line to where a URL leads; nil if that is for net/http to find out.
func (s *lines) to(e *Engine, u *url.URL) *line {
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || !isASCII(u.Hostname()) {
		return nil
	}
	addr := net.JoinHostPort(u.Hostname(), portOf(u))
	name := u.Scheme + "://" + addr
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.name == nil {
		s.name = make(map[string]*line)
	}
	if s.name[name] == nil {
		s.name[name] = &line{engine: e, scheme: u.Scheme, addr: addr}
	}
	return s.name[name]
}

func isASCII(s string) bool {
	return !slices.ContainsFunc([]byte(s), func(b byte) bool { return b >= 0x80 })
}

// connect returns a connection that was kept, else a new one.
func (n *line) connect(ctx context.Context, until time.Time) (*conn, error) {
	if c := n.take(); c != nil {
		return c, nil
	}
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	dial := n.engine.dial
	if n.scheme == "https" {
		dial = n.engine.dialTLS
	}
	wire, err := dial(ctx, "tcp", n.addr)
	if err != nil {
		return nil, err
	}
	return n.newConn(wire), nil
}

// take returns a connection that was kept and is still good; nil if there is none.
func (n *line) take() *conn {
	for {
		n.mu.Lock()
		last := len(n.idle) - 1
		if last < 0 {
			n.mu.Unlock()
			return nil
		}
		c := n.idle[last]
		n.idle = slices.Delete(n.idle, last, last+1)
		n.mu.Unlock()
		if c.wake() {
			return c
		}
		c.close()
	}
}

// park keeps a connection until it is taken again, or for idleTimeout, or until its other end closes it. Only who reads learns of that:
// a request that were sent over a closed connection would be lost, and the webhook not to blame.
func (n *line) park(c *conn) {
	n.mu.Lock()
	parked := c.SetReadDeadline(time.Now().Add(idleTimeout)) == nil && n.engine.start(func() { n.watch(c) })
	if parked {
		n.idle = append(n.idle, c)
	}
	n.mu.Unlock()
	if !parked {
		c.close()
	}
}

// watch waits until something happens to a connection that is parked.
func (n *line) watch(c *conn) {
	_, err := c.in.Peek(1)
	n.mu.Lock()
	at := slices.Index(n.idle, c)
	if at >= 0 {
		n.idle = slices.Delete(n.idle, at, at+1)
	}
	n.mu.Unlock()
	if at < 0 { // somebody has taken it, and waits for this
		c.watched <- err
		return
	}
	c.close()
}

// past is a deadline that wakes a reader.
var past = time.Unix(1, 0)

// wake ends the watch over a connection and tells whether it is good. Anything but its own deadline speaks against it: an end, and data
// too, as nobody has asked for any.
func (c *conn) wake() bool {
	err := c.SetReadDeadline(past)
	return errors.Is(<-c.watched, os.ErrDeadlineExceeded) && err == nil
}
