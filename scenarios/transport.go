package scenarios

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/outlocal/outlocal/journal"
)

// inProcess hands requests to a handler of this process, and gives its answer once it is whole.
type inProcess struct {
	handler http.Handler
}

var errReset = errors.New("the connection was reset")

// RoundTrip implements [http.RoundTripper]. A handler that does not end keeps its caller, until the request's context ends.
func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	request := r.Clone(r.Context())
	request.RequestURI, request.Host, request.RemoteAddr = r.URL.RequestURI(), r.URL.Host, "127.0.0.1:0"
	if request.Body == nil {
		request.Body = http.NoBody
	}
	w := &answer{header: http.Header{}}
	if err := serveTo(p.handler, w, request); err != nil {
		return nil, err
	}
	w.WriteHeader(http.StatusOK)
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, ContentLength: int64(w.body.Len()), Body: io.NopCloser(&w.body), Request: r,
	}, nil
}

// serveTo calls a handler as a server would: one that panics has closed the connection.
func serveTo(h http.Handler, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = errReset
		}
	}()
	h.ServeHTTP(w, r)
	return r.Context().Err()
}

// answer keeps what a handler writes.
type answer struct {
	header http.Header
	sent   http.Header
	status int
	body   bytes.Buffer
}

func (w *answer) Header() http.Header { return w.header }

func (w *answer) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *answer) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// The names by which the journal tells calls of the runner from those of a webhook.
const (
	runnerAgent  = "outlocal-scenario"
	webhookAgent = "outlocal-webhook"
)

// recorder is the app's way to the service. It remembers the last thing that was said.
type recorder struct {
	next  http.RoundTripper
	agent string

	mu   sync.Mutex
	last *journal.Exchange
}

// RoundTrip implements [http.RoundTripper].
func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	if request.Header.Get("User-Agent") == "" {
		request.Header.Set("User-Agent", r.agent)
	}
	x := &journal.Exchange{Method: request.Method, URL: request.URL.String(), RequestHeader: request.Header, Started: time.Now()}
	if request.Body != nil {
		sent, err := io.ReadAll(request.Body)
		request.Body.Close()
		if err != nil {
			return nil, err
		}
		x.RequestBody, request.Body = sent, io.NopCloser(bytes.NewReader(sent))
	}
	response, err := r.next.RoundTrip(request)
	x.Took = time.Since(x.Started)
	if err != nil {
		x.Error = err.Error()
		r.keep(x)
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, largestAnswer))
	response.Body.Close()
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	x.Status, x.ResponseHeader, x.ResponseBody = response.StatusCode, response.Header, body
	r.keep(x)
	return response, nil
}

// largestAnswer is more than a story needs to look at.
const largestAnswer = 32 << 20

func (r *recorder) keep(x *journal.Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = x
}

// take returns what was said last, and forgets it.
func (r *recorder) take() *journal.Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	x := r.last
	r.last = nil
	return x
}

// pacedBody hands out a body piece by piece.
type pacedBody struct {
	rest  []byte
	size  int
	wait  func() error
	begun bool
}

func (b *pacedBody) Read(p []byte) (int, error) {
	if len(b.rest) == 0 {
		return 0, io.EOF
	}
	if b.begun {
		if err := b.wait(); err != nil {
			return 0, err
		}
	}
	b.begun = true
	n := copy(p, b.rest[:min(b.size, len(b.rest))])
	b.rest = b.rest[n:]
	return n, nil
}

// wallSleep waits by the wall's clock.
func wallSleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
