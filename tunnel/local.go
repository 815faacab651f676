package tunnel

import (
	"context"
	"fmt"
	"net"
	"sync"
)

// local is an endpoint whose connections come from this machine: from its own programs, or from a tunnel's that runs on it.
type local struct {
	net.Listener
	*announcer
	close func() error
}

// openNone opens a listener on loopback.
func openNone(ctx context.Context, c Config) (Endpoint, error) {
	if c.URL != "" {
		return nil, wrongUse("open the tunnel", "without a tunnel there is no URL to choose", "choose a kind of tunnel, or leave the URL out")
	}
	l, err := listenLoopback(ctx, c.Listen)
	if err != nil {
		return nil, err
	}
	return newLocal(l, "http://"+l.Addr().String(), c.OnEvent), nil
}

func newLocal(l net.Listener, url string, tell func(Event)) *local {
	e := &local{Listener: l, announcer: newAnnouncer(tell)}
	e.close = sync.OnceValue(func() error {
		err := l.Close()
		e.announce(Event{State: Closed})
		return err
	})
	e.announce(Event{State: Up, URL: url})
	return e
}

// Close ends Accept.
func (e *local) Close() error { return e.close() }

// listenLoopback listens where nobody but this machine's programs can connect.
func listenLoopback(ctx context.Context, addr string) (*net.TCPListener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, wrongUse("open the tunnel", fmt.Sprintf("the address %q is not of the form HOST:PORT", addr), "give one such as 127.0.0.1:3654")
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, wrongUse("open the tunnel", host+" is not loopback: others could connect past the tunnel", "give 127.0.0.1, ::1 or localhost")
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, &Error{Doing: "open the tunnel", Text: err.Error(), Cure: "choose another port with --port N, or any free one with --port 0", err: err}
	}
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return nil, fmt.Errorf("listen on %s: got a %T", addr, l)
	}
	return tcp, nil
}
