package tunnel

import (
	"net"
	"sync"
	"time"
)

// waiting is how many connections may wait to be accepted: as many streams as the agent itself lets wait.
const waiting = 128

// backlog is where connections wait between an agent, whose connections have to be taken off it at once, and a server, which holds a
// lock while it closes a listener: neither ever waits for the other.
type backlog struct {
	mu       sync.Mutex
	queue    chan net.Conn // closed when there will be no more
	why      error         // what Accept then returns; nil while open
	live     int           // connections that are waiting or accepted, and not closed
	idle     chan struct{} // closed once there will be no more and none is live
	idleOnce sync.Once
}

func newBacklog() *backlog {
	return &backlog{queue: make(chan net.Conn, waiting), idle: make(chan struct{})}
}

// push takes a connection, and closes it when there is no room or nobody to accept it.
func (b *backlog) push(conn net.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.why == nil {
		select {
		case b.queue <- conn:
			b.live++
			return
		default:
		}
	}
	go conn.Close() // which sends a frame, and may wait for that
}

// Accept returns the next connection.
func (b *backlog) Accept() (net.Conn, error) {
	conn, ok := <-b.queue
	if !ok {
		b.mu.Lock()
		defer b.mu.Unlock()
		return nil, b.why
	}
	return &accepted{Conn: conn, over: sync.OnceFunc(b.over)}, nil
}

// shut ends Accept with a reason. Only the first counts.
func (b *backlog) shut(why error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.why != nil {
		return
	}
	b.why = why
	close(b.queue)
	for conn := range b.queue {
		b.live--
		go conn.Close()
	}
	b.settle()
}

func (b *backlog) over() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.live--
	b.settle()
}

func (b *backlog) settle() {
	if b.why != nil && b.live == 0 {
		b.idleOnce.Do(func() { close(b.idle) })
	}
}

// accepted is a connection that is counted until it is closed.
type accepted struct {
	net.Conn
	over func()
}

func (c *accepted) Close() error {
	defer c.over()
	return c.Conn.Close()
}

// SetDeadline sets the one for reading only, see SetWriteDeadline.
func (c *accepted) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetWriteDeadline does nothing. A write that gives up leaves its frame with the agent's own writer, which the next write then changes
// under its hands: it is the whole session that breaks, not one answer. Heartbeats end writes that lead nowhere.
func (c *accepted) SetWriteDeadline(time.Time) error { return nil }
