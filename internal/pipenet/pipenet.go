// Package pipenet is a network in memory: a listener, its dialer, and connections with a buffer and deadlines.
//
// Use it for tests inside a bubble of testing/synctest, where a goroutine that waits on a socket keeps the bubble's time
// from going on, while one that waits on a connection of this package doesn't: http.Server serves a [Listener], and
// http.Transport dials it by [Listener.DialContext]. All waiting is done on condition variables and channels, and
// deadlines are timers of package time; make the listener in the bubble that uses it.
//
// A connection is a stream like TCP's: what one end writes is buffered (up to 64 KiB, then Write waits) and can be read
// after that end is closed. It knows no half-close, no resets and no loss, and it resolves no names: whatever address is
// dialled, the listener answers. Outside a bubble, use a listener on loopback; what it does is closer to the truth.
package pipenet

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
)

// Listener hands out the other end of what its DialContext returns. [Listen] makes one.
type Listener struct {
	name    string
	dialled chan *conn
	dials   atomic.Uint64
	closing sync.Once
	closed  chan struct{}
}

var _ net.Listener = (*Listener)(nil)

// Listen returns a listener whose address is name; make it host:port where somebody takes it apart, as net/http does.
func Listen(name string) *Listener {
	return &Listener{name: name, dialled: make(chan *conn), closed: make(chan struct{})}
}

// Accept waits for the next connection.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.dialled:
		return c, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "accept", Net: network, Addr: l.Addr(), Err: net.ErrClosed}
	}
}

// DialContext connects to the listener, whatever the address says, once Accept takes the connection.
func (l *Listener) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	refuse := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: l.Addr(), Err: err}
	}
	if err := ctx.Err(); err != nil { // a select with more than one way chooses by chance
		return refuse(err)
	}
	here, there := pipe(Addr(fmt.Sprintf("pipe:%d", l.dials.Add(1))), Addr(l.name))
	select {
	case l.dialled <- there:
		return here, nil
	case <-l.closed:
		return refuse(os.NewSyscallError("connect", syscall.ECONNREFUSED))
	case <-ctx.Done():
		return refuse(ctx.Err())
	}
}

// Close ends Accept and refuses what dials; connections go on. Only the first call returns no error.
func (l *Listener) Close() error {
	err := error(&net.OpError{Op: "close", Net: network, Addr: l.Addr(), Err: net.ErrClosed})
	l.closing.Do(func() {
		close(l.closed)
		err = nil
	})
	return err
}

// Addr is the listener's name as an address.
func (l *Listener) Addr() net.Addr { return Addr(l.name) }

// network is the name of ours, where TCP's is "tcp".
const network = "pipe"

// Addr is an address in this network.
type Addr string

// Network is "pipe".
func (Addr) Network() string { return network }

func (a Addr) String() string { return string(a) }
