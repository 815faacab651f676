package tunneltest

import (
	"net"
	"sync"
)

// freezable is a connection that can go dead without closing, as one does whose other end has lost its network: what is written
// leads nowhere, and nothing comes. It lies below TLS, as the layers above wait for each other when they are closed.
type freezable struct {
	net.Conn
	frozen chan struct{}
	closed chan struct{}
	freeze func()
	close  func() error
}

func newFreezable(conn net.Conn) *freezable {
	f := &freezable{Conn: conn, frozen: make(chan struct{}), closed: make(chan struct{})}
	f.freeze = sync.OnceFunc(func() { close(f.frozen) })
	f.close = sync.OnceValue(func() error {
		close(f.closed)
		return conn.Close()
	})
	return f
}

func (f *freezable) Read(p []byte) (int, error) {
	n, err := f.Conn.Read(p)
	if f.dead() {
		return 0, net.ErrClosed
	}
	return n, err
}

func (f *freezable) Write(p []byte) (int, error) {
	if f.dead() {
		return 0, net.ErrClosed
	}
	return f.Conn.Write(p)
}

// dead waits, on a frozen connection, until it is closed.
func (f *freezable) dead() bool {
	select {
	case <-f.frozen:
		<-f.closed
		return true
	default:
		return false
	}
}

// Close also ends what waits on a frozen connection.
func (f *freezable) Close() error { return f.close() }
