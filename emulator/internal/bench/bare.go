package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/outlocal/outlocal/dialect"
)

// lanes is how many requests a loop has under way, as the engine has by default.
const lanes = 64

// parcel is a request that a bare loop posts again and again.
type parcel struct {
	address string // host:port
	path    string
	header  http.Header
	body    []byte
	items   int64 // notifications in it
}

// notification is a parcel with what the engine sends for one change.
func notification(address string, body []byte) parcel {
	return parcel{address: address, path: "/cb?n=1", header: dialect.OutlookFinal.NotificationHeader(clientState), body: body, items: 1}
}

// netHTTP posts by net/http's own client, tuned: what any program does that has nothing to do but post. It measures notifications a
// second.
func (s *stage) netHTTP(p parcel, senders int) side {
	transport := &http.Transport{MaxIdleConnsPerHost: senders, DisableCompression: true, IdleConnTimeout: time.Minute}
	s.onClose(transport.CloseIdleConnections)
	return func(ctx context.Context, slice time.Duration) ([]float64, error) {
		return loop(senders, slice, p.items, func() (post func() error, done func(), err error) {
			return func() error { return postOnce(ctx, transport, p) }, func() {}, nil
		})
	}
}

func postOnce(ctx context.Context, transport *http.Transport, p parcel) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+p.address+p.path, bytes.NewReader(p.body))
	if err != nil {
		return err
	}
	r.Header = p.header
	response, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, response.Body)
	if response.StatusCode/100 != 2 {
		err = errors.Join(err, fmt.Errorf("answer %s", response.Status))
	}
	return errors.Join(err, response.Body.Close())
}

// kept posts by a client that does the least that HTTP/1.1 allows, over connections that it keeps: about as fast as wrk.
func (s *stage) kept(p parcel, senders int) side {
	var request bytes.Buffer
	fmt.Fprintf(&request, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", p.path, p.address, len(p.body))
	_ = p.header.Write(&request) // into memory
	request.WriteString("\r\n")
	request.Write(p.body)
	return func(ctx context.Context, slice time.Duration) ([]float64, error) {
		return loop(senders, slice, p.items, func() (post func() error, done func(), err error) {
			var dialer net.Dialer
			conn, err := dialer.DialContext(ctx, "tcp", p.address)
			if err != nil {
				return nil, nil, err
			}
			answer := bufio.NewReader(conn)
			return func() error {
				if _, err := conn.Write(request.Bytes()); err != nil {
					return err
				}
				return readAnswer(answer)
			}, func() { conn.Close() }, nil
		})
	}
}

// readAnswer reads an answer of 2xx with a length.
func readAnswer(r *bufio.Reader) error {
	status, err := r.ReadSlice('\n')
	if err != nil {
		return err
	}
	if len(status) < len("HTTP/1.1 2xx") || status[len("HTTP/1.1 ")] != '2' {
		return fmt.Errorf("answer %q", status)
	}
	length := 0
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= len("\r\n") {
			break
		}
		if name, value, _ := bytes.Cut(line, []byte(":")); bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	_, err = r.Discard(length)
	return err
}

// loop lets senders post until the slice is over, and returns items a second. Each sender gets a post function of its own.
func loop(senders int, slice time.Duration, each int64, open func() (post func() error, done func(), err error)) ([]float64, error) {
	var posted atomic.Int64
	var failed atomic.Pointer[error]
	var posting sync.WaitGroup
	started := time.Now()
	for range senders {
		posting.Go(func() {
			post, done, err := open()
			if err != nil {
				failed.Store(&err)
				return
			}
			defer done()
			for time.Since(started) < slice {
				if err := post(); err != nil {
					failed.Store(&err)
					return
				}
				posted.Add(each)
			}
		})
	}
	posting.Wait()
	if err := failed.Load(); err != nil {
		return nil, fmt.Errorf("post: %w", *err)
	}
	return []float64{float64(posted.Load()) / time.Since(started).Seconds()}, nil
}
