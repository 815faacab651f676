package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// sink is a webhook that accepts everything and counts the notifications.
type sink struct {
	objects int64 // in the body, for each notification
	url     string
	address string
	buffers sync.Pool
	onBody  func(body []byte, at time.Time) // nil for none; called after the answer was written

	received atomic.Int64

	mu      sync.Mutex
	goal    int64 // somebody waits for so many; 0 for nobody
	reached chan struct{}
}

// newSink serves a sink until the contest is over.
func (s *stage) newSink(onBody func([]byte, time.Time)) (*sink, error) {
	k := &sink{buffers: sync.Pool{New: func() any { return new(bytes.Buffer) }}, objects: plainObjects, onBody: onBody, reached: make(chan struct{}, 1)}
	address, err := s.serve(k)
	k.address, k.url = address, "http://"+address
	return k, err
}

// serve serves a handler on a port of its own until the contest is over.
func (s *stage) serve(h http.Handler) (address string, err error) {
	var config net.ListenConfig
	l, err := config.Listen(s.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	s.serveAt(l, h)
	return l.Addr().String(), nil
}

// serveAt serves a handler at a listener until the contest is over.
func (s *stage) serveAt(l net.Listener, h http.Handler) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) }) // ends with an error that says that it was closed
	s.onClose(func() {
		_ = server.Close()
		serving.Wait()
	})
}

// ServeHTTP echoes the token of a handshake and accepts all else.
func (k *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength == 0 {
		if token := r.URL.Query().Get("validationtoken"); token != "" {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Header().Set("Content-Length", strconv.Itoa(len(token)))
			_, _ = w.Write([]byte(token))
		}
		return
	}
	body := k.buffers.Get().(*bytes.Buffer)
	body.Reset()
	_, _ = body.ReadFrom(r.Body)
	w.WriteHeader(http.StatusAccepted)
	if k.onBody != nil {
		k.onBody(body.Bytes(), time.Now())
	}
	n := items(body.Bytes(), k.objects)
	k.buffers.Put(body)
	if got := k.received.Add(n); got >= k.waitedFor() {
		k.signal()
	}
}

// plainObjects are a notification and its item.
const plainObjects = 2

// items counts the notifications of a body by their braces, which costs next to nothing: some objects each, in one around them all.
func items(body []byte, objects int64) int64 {
	return int64(bytes.Count(body, []byte{'{'})-1) / objects
}

func (k *sink) waitedFor() int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.goal == 0 {
		return 1 << 62
	}
	return k.goal
}

func (k *sink) signal() {
	select {
	case k.reached <- struct{}{}:
	default:
	}
}

// patience is how long a sink waits for what is on its way.
const patience = time.Minute

// wait returns when so many notifications have come.
func (k *sink) wait(ctx context.Context, goal int64) error {
	if k.received.Load() >= goal {
		return nil
	}
	k.mu.Lock()
	k.goal = goal
	k.mu.Unlock()
	defer func() {
		k.mu.Lock()
		k.goal = 0
		k.mu.Unlock()
	}()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for k.received.Load() < goal {
		select {
		case <-k.reached:
		case <-ctx.Done():
			return fmt.Errorf("wait for %d notifications, of which %d came: %w", goal, k.received.Load(), ctx.Err())
		}
	}
	return nil
}
