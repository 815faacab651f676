package proxy

import (
	"net"
	"sync"
)

// intake is a listener whose connections are handed to it.
type intake struct {
	handed  chan net.Conn
	closing sync.Once
	closed  chan struct{}
}

func newIntake() *intake {
	return &intake{handed: make(chan net.Conn), closed: make(chan struct{})}
}

// take hands a connection to who accepts next. Once nobody will, it is closed.
func (i *intake) take(conn net.Conn) {
	select {
	case i.handed <- conn:
	case <-i.closed:
		conn.Close()
	}
}

// Accept implements [net.Listener].
func (i *intake) Accept() (net.Conn, error) {
	select {
	case conn := <-i.handed:
		return conn, nil
	case <-i.closed:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener]. It may be called more than once.
func (i *intake) Close() error {
	i.closing.Do(func() { close(i.closed) })
	return nil
}

// Addr implements [net.Listener].
func (i *intake) Addr() net.Addr { return address{} }

// address is the listener's: it has no port of its own.
type address struct{}

// Network implements [net.Addr].
func (address) Network() string { return "proxy" }

func (address) String() string { return "proxied" }
