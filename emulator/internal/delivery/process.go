package delivery

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/internal/clock"
)

// strayGrace is how long (of the wall) Close waits for handlers of this process whose requests it has cancelled. One that still does
// not return is its owner's; to wait for it forever would hide that.
const strayGrace = time.Second

// call sends a request to a handler of this process. As that may wait on the same clock as we do, and time may jump meanwhile, what it
// takes is measured on that clock; where it doesn't wait on the clock, time passes there as fast as everywhere.
func (e *Engine) call(ctx context.Context, r *request) reply {
	ctx, cancel := context.WithCancel(clock.WithFlight(ctx, r.flight))
	defer cancel()
	a := reply{started: time.Now()}
	began := e.Clock.Now()

	// What follows from a timeout is in progress from the moment it strikes, though the handler may still be parked.
	over := make(chan *clock.Flight, 1)
	limit := e.Clock.AfterFunc(r.patience(), func() { over <- e.Clock.Begin("timeout of " + r.target.url.Host) })
	w := &answerWriter{header: make(http.Header), keep: r.keep}
	answered := make(chan error, 1)
	request := serverSide(ctx, r)
	var sent *payload
	if len(r.body) > 0 {
		request.Body, sent = e.payload(ctx, r, io.ErrUnexpectedEOF)
	}
	e.strays.run(func() { answered <- serveOne(r.target.handler, w, request) })

	inTime := true
	select {
	case a.Err = <-answered:
	case <-ctx.Done():
		a.Err = ctx.Err()
	case a.hold = <-over:
		a.Err, inTime = context.DeadlineExceeded, false
	}
	if inTime && !limit.Stop() {
		a.hold = <-over
	}
	_, waited, cut := sent.outcome()
	if a.cut = cut; cut { // whatever it answers, nobody hears it
		a.Err = errCut
	}
	a.ended, a.Took = time.Now(), e.Clock.Now().Sub(began)-waited
	a.Status, a.Header, a.Body, a.BodyTruncated = w.end(a.Err)
	if tooLong(a.Header) {
		a.Answer = diagnosis.Answer{Err: errLongHeader, Took: a.Took}
	}
	return a
}

// serveOne calls a handler as net/http's server would. A panic looks to the client as if the connection had been closed.
func serveOne(h http.Handler, w *answerWriter, r *http.Request) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("handler panicked: %v: %w", v, io.EOF)
		}
	}()
	h.ServeHTTP(w, r)
	return nil
}

// serverSide is a request as a server's handler gets it: names of headers in Go's form, and a URL without a host.
func serverSide(ctx context.Context, r *request) *http.Request {
	header := make(http.Header, len(r.header.shown)+1)
	for name, values := range r.header.shown {
		header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	header.Set("Content-Length", strconv.Itoa(len(r.body)))
	u := r.target.url
	s := &http.Request{
		Method: r.target.template.Method, Header: header, Host: u.Host, RequestURI: u.RequestURI(),
		URL:   &url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery, ForceQuery: u.ForceQuery},
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: http.NoBody, ContentLength: int64(len(r.body)), RemoteAddr: "127.0.0.1:0",
	}
	if u.Scheme == "https" {
		s.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true, ServerName: u.Hostname()}
	}
	return s.WithContext(ctx)
}

// answerWriter is what a handler of this process writes its answer to. It outlives the wait for it: a handler that was given up may
// still write.
type answerWriter struct {
	header http.Header // the handler's own
	keep   int

	mu        sync.Mutex
	status    int
	sent      http.Header // as it was when the status was written
	body      []byte
	truncated bool
	flushed   bool // a client would have seen the status by now
	ended     bool
}

// Header is the handler's to change until it writes.
func (w *answerWriter) Header() http.Header { return w.header }

// WriteHeader settles the status; the first one counts.
func (w *answerWriter) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic(fmt.Sprintf("invalid WriteHeader code %d", status)) // as net/http does
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settle(status)
}

func (w *answerWriter) settle(status int) {
	if w.status != 0 || status < 200 { // informational ones go by unseen
		return
	}
	w.status = status
	w.sent = w.header.Clone()
}

// Write keeps the beginning of the body.
func (w *answerWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.ended:
		return 0, http.ErrHandlerTimeout
	case w.status == 0:
		w.settle(http.StatusOK)
	}
	if w.status == http.StatusNoContent || w.status == http.StatusNotModified {
		return 0, http.ErrBodyNotAllowed
	}
	if _, set := w.sent["Content-Type"]; !set && len(b) > 0 && w.sent.Get("Content-Encoding") == "" {
		w.sent.Set("Content-Type", http.DetectContentType(b)) // as net/http does
	}
	room := w.keep - len(w.body)
	w.truncated = w.truncated || len(b) > room
	w.body = append(w.body, b[:min(len(b), room)]...)
	return len(b), nil
}

// Flush is where a client would begin to see the answer.
func (w *answerWriter) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settle(http.StatusOK)
	w.flushed = true
}

// end is what a client has seen: all of it if the handler returned, else what had been flushed.
func (w *answerWriter) end(err error) (status int, header http.Header, body []byte, truncated bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	switch {
	case err == nil:
		w.settle(http.StatusOK)
	case !w.flushed:
		return 0, nil, nil, false
	}
	return w.status, w.sent, w.body, w.truncated
}

// strays are the handlers of this process that run, as a rule because somebody waits for them.
type strays struct {
	mu      sync.Mutex
	running map[chan struct{}]struct{}
}

func (s *strays) run(f func()) {
	gone := make(chan struct{})
	s.mu.Lock()
	if s.running == nil {
		s.running = make(map[chan struct{}]struct{})
	}
	s.running[gone] = struct{}{}
	s.mu.Unlock()
	go func() {
		defer func() {
			s.mu.Lock()
			delete(s.running, gone)
			s.mu.Unlock()
			close(gone)
		}()
		f()
	}()
}

// wait gives the handlers that still run a moment to end.
func (s *strays) wait(grace time.Duration) {
	s.mu.Lock()
	left := make([]chan struct{}, 0, len(s.running))
	for gone := range s.running {
		left = append(left, gone)
	}
	s.mu.Unlock()
	patience := time.NewTimer(grace)
	defer patience.Stop()
	for _, gone := range left {
		select {
		case <-gone:
		case <-patience.C:
			return
		}
	}
}
