//go:build !notunnel

package tunnel

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"time"
)

const (
	// linger is how long connections may take to come to their end after Close: as long as the service waits for an answer at most.
	linger = 10 * time.Second
	// moveDelay and moveDelayMost are the time between attempts to take another name, which doubles.
	moveDelay     = time.Second
	moveDelayMost = 30 * time.Second
)

// embedded is an endpoint at ngrok's edge. Its agent keeps the connection by itself; where that leads nowhere, as its name can't be had
// back, another agent takes its place under the same listener.
type embedded struct {
	*announcer
	*backlog
	config  Config
	closing chan struct{}
	close   func()
}

// linked tells whether there is an agent.
func linked() error { return nil }

// openNgrok opens an endpoint at ngrok's edge.
func openNgrok(ctx context.Context, c Config) (Endpoint, error) {
	if c.Agent.Token.reveal() == "" {
		return nil, wrongUse(connecting, "there is no authtoken", signUp)
	}
	if c.Agent.MoveAfter == 0 {
		c.Agent.MoveAfter = DefaultMoveAfter
	}
	e := &embedded{announcer: newAnnouncer(c.OnEvent), backlog: newBacklog(), config: c, closing: make(chan struct{})}
	e.close = sync.OnceFunc(func() {
		e.shut(net.ErrClosed)
		close(e.closing)
	})
	e.announce(Event{State: Connecting})
	ctx, cancel := context.WithTimeout(ctx, c.Patience)
	defer cancel()
	s, err := e.dial(ctx, Connecting)
	if err != nil {
		e.announce(Event{State: Closed, Err: err})
		return nil, err
	}
	e.announce(Event{State: Up, URL: s.url})
	go e.run(s)
	return e, nil
}

// Addr is the endpoint's at the edge.
func (e *embedded) Addr() net.Addr { return edgeAddr(strings.TrimPrefix(e.URL(), "https://")) }

// edgeAddr is a host at the edge.
type edgeAddr string

func (edgeAddr) Network() string  { return "tcp" }
func (a edgeAddr) String() string { return net.JoinHostPort(string(a), "443") }

// Close ends Accept, and returns before the service knows.
func (e *embedded) Close() error {
	e.close()
	return nil
}

// run follows the endpoint through its sessions until it ends.
func (e *embedded) run(s *session) {
	for {
		end, why := e.watch(s)
		if end == nameLost {
			s.end()
			if s = e.move(); s == nil {
				e.announce(Event{State: Closed})
				return
			}
			continue
		}
		if end == endedThere {
			e.shut(why)
		} else {
			s.unbind()
		}
		over := time.NewTimer(linger)
		select {
		case <-e.idle:
		case <-over.C:
		}
		over.Stop()
		s.end()
		closed := Event{State: Closed}
		if end == endedThere {
			closed.Err = why
		}
		e.announce(closed)
		return
	}
}

// ending is how a session came to its end.
type ending int

const (
	closedHere ending = iota
	endedThere
	nameLost
)

// watch tells what happens to a session until it ends.
func (e *embedded) watch(s *session) (ending, *Error) {
	var refusedSince time.Time
	for {
		select {
		case <-e.closing:
			return closedHere, nil
		case err := <-s.ended:
			return endedThere, s.reason(err)
		case <-s.news.ready:
		}
		for _, n := range s.news.take() {
			switch {
			case n.over:
				return endedThere, s.reason(nil)
			case n.err == nil:
				refusedSince = time.Time{}
				if e.State() != Up {
					e.announce(Event{State: Up, URL: s.url})
				}
			default:
				why := explain(keeping, n.err, e.config.Agent.Token)
				e.announce(Event{State: Reconnecting, Err: why})
				if e.config.URL != "" || !why.isOfName() {
					continue
				}
				if refusedSince.IsZero() {
					refusedSince = time.Now()
				}
				if time.Since(refusedSince) >= e.config.Agent.MoveAfter {
					return nameLost, nil
				}
			}
		}
	}
}

// isOfName tells that it is the endpoint's name that is refused, not the account or its agent.
func (e *Error) isOfName() bool {
	switch e.Code {
	case "ERR_NGROK_313", "ERR_NGROK_314", "ERR_NGROK_319", "ERR_NGROK_320", "ERR_NGROK_334":
		return true
	}
	return false
}

// move takes a new name, for as long as it takes. It returns nil if the endpoint is closed before.
func (e *embedded) move() *session {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-e.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	for delay := moveDelay; ; delay = min(2*delay, moveDelayMost) {
		s, err := e.dial(ctx, Reconnecting)
		if err == nil {
			e.announce(Event{State: Up, URL: s.url})
			return s
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil
		}
		e.announce(Event{State: Reconnecting, Err: err})
		again := time.NewTimer(delay)
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return nil
		}
	}
}
