package pipenet

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// bufferSize is what one direction of a connection holds before Write waits: about what a socket's buffer on loopback does,
// so that small messages never wait for the other end and a flood does.
const bufferSize = 64 << 10

// conn is one end of a connection.
type conn struct {
	in, out       *stream
	local, remote Addr
}

// pipe returns the two ends of a new connection.
func pipe(a, b Addr) (*conn, *conn) {
	ab, ba := newStream(), newStream()
	return &conn{in: ba, out: ab, local: a, remote: b}, &conn{in: ab, out: ba, local: b, remote: a}
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.in.read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = c.opError("read", err)
	}
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	n, err := c.out.write(p)
	if err != nil {
		err = c.opError("write", err)
	}
	return n, err
}

// Close ends both directions: this end can neither read nor write any more, the other can read what was written.
func (c *conn) Close() error {
	if !c.in.close(&c.in.reader) {
		return c.opError("close", net.ErrClosed)
	}
	c.out.close(&c.out.writer)
	return nil
}

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

func (c *conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

func (c *conn) SetReadDeadline(t time.Time) error {
	if !c.in.setDeadline(&c.in.reader, t) {
		return c.opError("set", net.ErrClosed)
	}
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	if !c.out.setDeadline(&c.out.writer, t) {
		return c.opError("set", net.ErrClosed)
	}
	return nil
}

func (c *conn) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: network, Source: c.local, Addr: c.remote, Err: err}
}

// stream is one direction of a connection.
type stream struct {
	mu             sync.Mutex
	changed        sync.Cond // something that one of the two sides may wait for
	buffer         []byte    // what was written and not read
	writing        bool      // a Write is at it: others wait, so that none is torn
	reader, writer side
}

// side is one of the two that use a stream.
type side struct {
	closed  bool
	expired bool        // its deadline has passed
	timer   *time.Timer // sets expired; nil without a deadline
}

func newStream() *stream {
	s := &stream{}
	s.changed.L = &s.mu
	return s
}

func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.reader.closed:
			return 0, net.ErrClosed
		case s.reader.expired:
			return 0, os.ErrDeadlineExceeded
		case len(p) == 0:
			return 0, nil
		case len(s.buffer) > 0:
			n := copy(p, s.buffer)
			s.buffer = s.buffer[:copy(s.buffer, s.buffer[n:])]
			s.changed.Broadcast()
			return n, nil
		case s.writer.closed:
			return 0, io.EOF
		}
		s.changed.Wait()
	}
}

func (s *stream) write(p []byte) (written int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mine := false
	defer func() {
		if mine {
			s.writing = false
			s.changed.Broadcast()
		}
	}()
	for {
		switch {
		case s.writer.closed:
			return written, net.ErrClosed
		case s.writer.expired:
			return written, os.ErrDeadlineExceeded
		case s.reader.closed:
			return written, os.NewSyscallError("write", syscall.EPIPE)
		}
		if mine || !s.writing {
			mine, s.writing = true, true
			if n := min(len(p)-written, bufferSize-len(s.buffer)); n > 0 {
				s.buffer = append(s.buffer, p[written:written+n]...)
				written += n
				s.changed.Broadcast()
			}
			if written == len(p) {
				return written, nil
			}
		}
		s.changed.Wait()
	}
}

// close reports whether the side was open.
func (s *stream) close(one *side) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one.closed {
		return false
	}
	one.closed = true
	one.stopTimer()
	s.changed.Broadcast()
	return true
}

// setDeadline reports whether the side is open.
func (s *stream) setDeadline(one *side, t time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one.closed {
		return false
	}
	one.stopTimer()
	wait := time.Until(t)
	one.expired = !t.IsZero() && wait <= 0
	if !t.IsZero() && wait > 0 {
		var timer *time.Timer
		timer = time.AfterFunc(wait, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if one.timer == timer { // else another deadline was set while this one fired
				one.expired = true
				s.changed.Broadcast()
			}
		})
		one.timer = timer
	}
	s.changed.Broadcast()
	return true
}

func (one *side) stopTimer() {
	if one.timer != nil {
		one.timer.Stop()
		one.timer = nil
	}
}
