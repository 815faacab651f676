package delivery

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"math"
	"net"
	"net/http"
	"strconv"
	"time"
)

// A delivery as it should be goes out over connections of the engine's own: for what is a write and a read, net/http takes two
// goroutines, four hand-overs and twice the time. It still says what goes out and reads what comes back, and sends itself whatever is
// unusual: handshakes, requests that a fault bends, and what has no plain form.

// conn is a connection to a webhook. One goroutine has it at a time.
type conn struct {
	net.Conn
	line    *line
	in      *bufio.Reader // of the Conn, through Read
	out     []byte        // where requests are put together
	room    int           // how much may be read before it is too much for a header
	used    bool          // it has had an answer
	watched chan error    // how the watch over it went, see line.watch
	forsake func() bool   // its engine
}

func (n *line) newConn(wire net.Conn) *conn {
	c := &conn{Conn: wire, line: n, watched: make(chan error, 1)}
	c.in = bufio.NewReader(c)
	c.forsake = context.AfterFunc(n.engine.life, func() { wire.Close() })
	return c
}

func (c *conn) close() {
	c.forsake()
	c.Close()
}

// Read is for in.
func (c *conn) Read(b []byte) (int, error) {
	if c.room <= 0 {
		return 0, errLongHeader
	}
	n, err := c.Conn.Read(b[:min(len(b), c.room)])
	c.room -= n
	return n, err
}

// plain tells whether a request can go out over a connection of the engine's own.
func (r *request) plain() bool {
	return r.target.line != nil && r.header.lines != nil && r.writing == nil
}

// post sends a request and reads the answer to its end, as Engine.post does. The connection is kept for the lane's next one.
func (l *lane) post(r *request) reply {
	if !r.plain() {
		return l.engine.post(&l.within, r)
	}
	a := reply{started: time.Now()}
	until := a.started.Add(r.limit)
	for a.Err = errStale; errors.Is(a.Err, errStale); {
		a.Err = l.converse(r, until, &a)
	}
	a.ended = time.Now()
	a.Took = a.ended.Sub(a.started)
	if a.Err != nil && !a.ended.Before(until) { // however the network words it
		a.Err = context.DeadlineExceeded
	}
	return a
}

// converse is one try to post. It fails with errStale if it had a connection that was closed before a byte was written.
func (l *lane) converse(r *request, until time.Time, a *reply) (err error) {
	if l.conn != nil && l.conn.line != r.target.line {
		l.hangUp()
	}
	if l.conn == nil {
		if l.conn, err = r.target.line.connect(l.within.parent, until); err != nil {
			return err
		}
	}
	again, err := l.conn.exchange(r, until, a)
	if !again {
		l.conn.close()
		l.conn = nil
	}
	return err
}

// hangUp leaves the lane's connection to others.
func (l *lane) hangUp() {
	if l.conn != nil {
		l.conn.line.park(l.conn)
		l.conn = nil
	}
}

// errStale is what a request ends with on a connection that was kept for too long.
var errStale = errors.New("the connection was closed before the request was sent")

// inline is the longest body that is written before the answer is read: little enough for any system to take it in at once, whether the
// webhook reads or not.
const inline = 8 << 10

// writeGrace is how long a request that was answered already may take to be written. Who answers sooner than he reads is not waited for.
const writeGrace = 50 * time.Millisecond

// exchange sends a request, reads the answer, and tells whether the connection can be used again.
func (c *conn) exchange(r *request, until time.Time, a *reply) (again bool, err error) {
	if err := c.SetDeadline(until); err != nil {
		return false, err
	}
	c.room = longestHeader
	c.out = append(c.out[:0], r.target.opening...)
	c.out = strconv.AppendInt(c.out, int64(len(r.body)), 10)
	c.out = append(c.out, r.header.lines...)
	if len(r.body) > inline {
		return c.exchangeLong(r, a)
	}
	c.out = append(c.out, r.body...)
	n, writing := c.Write(c.out)
	if writing != nil && n == 0 {
		return false, c.unwritten(writing)
	}
	again, err = c.answer(r, a)
	return again && writing == nil, err
}

// exchangeLong writes while it reads: a webhook that refuses a long body may answer before it has read it, or without reading it at all.
func (c *conn) exchangeLong(r *request, a *reply) (again bool, err error) {
	type outcome struct {
		n   int64
		err error
	}
	written := make(chan outcome, 1)
	go func() {
		parts := net.Buffers{c.out, r.body}
		n, err := parts.WriteTo(c.Conn)
		if err != nil {
			_ = c.SetReadDeadline(time.Now().Add(writeGrace)) // an answer that came before can still be read
		}
		written <- outcome{n, err}
	}()
	again, err = c.answer(r, a)
	if err != nil {
		c.Close() // ends the writing
	} else {
		_ = c.SetWriteDeadline(time.Now().Add(writeGrace)) // if it fails, so has the writing
	}
	w := <-written
	switch {
	case err == nil:
		return again && w.err == nil, nil
	case w.err == nil || errors.Is(w.err, net.ErrClosed):
		return false, err
	case w.n == 0:
		return false, c.unwritten(w.err)
	}
	return false, w.err
}

// unwritten is why nothing of a request could be written.
func (c *conn) unwritten(err error) error {
	if c.used {
		return errStale
	}
	return err
}

// answer reads the answer to a request, and tells whether another can follow.
func (c *conn) answer(r *request, a *reply) (again bool, err error) {
	if _, err := c.in.Peek(1); err != nil {
		return false, err // an end here is not unexpected yet, as it were to ReadResponse
	}
	response, err := http.ReadResponse(c.in, r.target.template) //nolint:bodyclose // that would read it to its end, however far that is
	for err == nil && isInterim(response.StatusCode) {          // as many as have room where the longest header has
		response, err = http.ReadResponse(c.in, r.target.template) //nolint:bodyclose // there is none
	}
	if err != nil {
		return false, err
	}
	c.room, c.used = math.MaxInt, true
	a.Status, a.Header = response.StatusCode, response.Header
	whole, err := a.readBody(response.Body, r)
	return whole && !response.Close && a.Status != http.StatusSwitchingProtocols && c.in.Buffered() == 0, err
}

// isInterim tells whether the real answer comes after one with that status.
func isInterim(status int) bool {
	return status >= 100 && status < 200 && status != http.StatusSwitchingProtocols
}

// head is what net/http sends before a body, without the length: what stands before that, and what after.
func head(r *http.Request) (before, after []byte) {
	var b bytes.Buffer
	if r.Write(&b) != nil {
		return nil, nil // net/http will say why
	}
	const name = "Content-Length: "
	before, after, found := bytes.Cut(b.Bytes(), []byte(name+"0\r\n"))
	if !found {
		return nil, nil
	}
	return append(before, name...), append([]byte("\r\n"), after...)
}
