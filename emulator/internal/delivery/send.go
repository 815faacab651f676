package delivery

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/internal/clock"
)

// request is one POST to a webhook.
type request struct {
	target *target
	header *header
	body   []byte
	limit  time.Duration // for the whole answer, to the last byte of its body
	flight *clock.Flight
	keep   int // bytes of the answer's body that are kept
	drain  int // bytes beyond that are read to keep the connection

	writing *writing // of the body; nil for as it should be
}

// reply is what came of it.
type reply struct {
	diagnosis.Answer
	started time.Time // real
	ended   time.Time // real
	cut     bool      // by a fault, before it was all sent
	tls     *tls.ConnectionState
	hold    *clock.Flight // to be ended by whoever draws the consequences; may be nil
}

// post sends a request and reads the answer to its end. Redirects are not followed (W4.9-08, W2.1-14).
func (e *Engine) post(within *limiter, r *request) reply {
	switch {
	case r.target.err != nil:
		now := time.Now()
		return reply{started: now, ended: now, Answer: diagnosis.Answer{Err: r.target.err}}
	case r.target.handler != nil:
		return e.call(within.parent, r)
	}
	made := r.target.template.WithContext(within.begin(r.patience()))
	made.Header, made.Body = r.header.sent, http.NoBody
	var sent *payload
	if len(r.body) > 0 {
		made.ContentLength = int64(len(r.body))
		made.Body, sent = e.payload(made.Context(), r, errCut)
		if sent == nil {
			made.GetBody = func() (io.ReadCloser, error) { return newPayload(r.body), nil } // for a connection that proves dead before a byte was written
		}
	}
	a := reply{started: time.Now()}
	response, err := e.transport.RoundTrip(made)
	err = headerError(err)
	if err == nil {
		a.Status, a.Header, a.tls = response.StatusCode, response.Header, response.TLS
		_, err = a.readBody(response.Body, r)
		response.Body.Close()
	}
	a.ended = time.Now()
	waited, _, cut := sent.outcome()
	a.Took, a.cut = a.ended.Sub(a.started)-waited, cut && err != nil
	a.Err = err
	switch tooLate := within.end(); { // however the transport words it
	case a.cut:
		a.Err = errCut
	case tooLate && err != nil:
		a.Err = context.DeadlineExceeded
	}
	return a
}

// readBody reads an answer's body: what is kept of it, and then as much as it takes to use the connection again. It tells whether that is
// all of it.
func (a *reply) readBody(body io.Reader, r *request) (whole bool, err error) {
	if body == http.NoBody {
		return true, nil
	}
	kept, err := io.ReadAll(io.LimitReader(body, int64(r.keep)+1))
	if len(kept) <= r.keep || err != nil {
		a.Body = kept
		return err == nil, err
	}
	a.Body, a.BodyTruncated = kept[:r.keep], true
	if r.drain > 0 {
		_, err = io.CopyN(io.Discard, body, int64(r.drain))
	}
	if errors.Is(err, io.EOF) {
		return true, nil
	}
	return false, err
}

// newPayload is a request's body in a form that net/http knows to be in memory: it sends any other apart from the header.
func newPayload(body []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(body)) }
