package control

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// inProcess hands requests to a handler as if they had come over a network, answers as they are written included. The request's
// context is the caller's: a call that an emulator's own delivery leads to is known as such.
type inProcess struct {
	handler http.Handler
}

// RoundTrip implements [http.RoundTripper]. The goroutine of the handler ends when its answer was read or closed, or when the
// request's context ends.
func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	request := r.Clone(ctx)
	request.RequestURI = r.URL.RequestURI()
	request.Host = r.URL.Host
	request.RemoteAddr = "in process"
	if request.Body == nil {
		request.Body = http.NoBody
	}
	reader, writer := io.Pipe()
	w := &answerWriter{header: make(http.Header), body: writer, begun: make(chan struct{})}
	go func() {
		p.handler.ServeHTTP(w, request)
		w.WriteHeader(http.StatusOK)
		_ = request.Body.Close()
		_ = writer.Close() // never fails
	}()
	select {
	case <-w.begun:
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil { // even if there is an answer: it may be no more than that the request was given up
		cancel()
		_ = reader.Close()
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { writer.CloseWithError(ctx.Err()) })
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)),
		StatusCode: w.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        w.sent,
		ContentLength: -1,
		Request:       r,
		Body: &answerBody{reader, func() {
			stop()
			cancel()
		}},
	}, nil
}

// answerWriter is the handler's end.
type answerWriter struct {
	header http.Header
	body   io.Writer
	once   sync.Once
	begun  chan struct{} // closed once status and sent are set
	status int
	sent   http.Header
}

func (w *answerWriter) Header() http.Header { return w.header }

func (w *answerWriter) WriteHeader(status int) {
	w.once.Do(func() {
		w.status, w.sent = status, w.header.Clone()
		close(w.begun)
	})
}

func (w *answerWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// Flush implements [http.Flusher]: what is written has arrived already.
func (w *answerWriter) Flush() { w.WriteHeader(http.StatusOK) }

// answerBody is the caller's end.
type answerBody struct {
	*io.PipeReader
	closed func()
}

func (b *answerBody) Close() error {
	b.closed()
	return b.PipeReader.Close()
}
