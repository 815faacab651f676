//go:build !notunnel

package tunnel

import (
	"context"
	"net"
	"sync"

	"golang.ngrok.com/ngrok/v2"
)

// dialer makes an agent's connections and can close them all. The library may lose sight of one that it was just about to use when it
// was told to end, and waits long for one that is half open; with the connection below closed, neither can be.
type dialer struct {
	way ngrok.Dialer

	mu     sync.Mutex
	closed bool
	open   map[*dialled]bool
}

// Dial dials without a context, as the library's interface has it.
func (d *dialer) Dial(network, addr string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, addr)
}

// DialContext dials until shut is called.
func (d *dialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := d.way.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	made := &dialled{Conn: conn, dialer: d}
	d.open[made] = true
	return made, nil
}

// shut closes all connections and lets no other be made.
func (d *dialer) shut() {
	d.mu.Lock()
	d.closed = true
	open := d.open
	d.open = nil
	d.mu.Unlock()
	for conn := range open {
		_ = conn.Conn.Close()
	}
}

// dialled is a connection that its dialer knows while it is open.
type dialled struct {
	net.Conn
	dialer *dialer
}

func (c *dialled) Close() error {
	c.dialer.mu.Lock()
	delete(c.dialer.open, c)
	c.dialer.mu.Unlock()
	return c.Conn.Close()
}
