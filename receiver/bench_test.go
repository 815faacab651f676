package receiver_test

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/outlocal/outlocal/receiver"
)

// BenchmarkReceive compares the receiver, everything parsed and judged and one viewer looking on, with a handler that does nothing
// but answer 202. Compare the rows of one run with each other, not with another machine's.
func BenchmarkReceive(b *testing.B) {
	for _, size := range []int{1, 100} {
		body := numbered(size)
		b.Run("bare/items="+strconv.Itoa(size), func(b *testing.B) {
			measure(b, body, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				_, _ = io.Copy(io.Discard, req.Body)
				w.WriteHeader(http.StatusAccepted)
			}))
		})
		for _, keep := range []int{100, 100_000} {
			b.Run("receiver/items="+strconv.Itoa(size)+"/keep="+strconv.Itoa(keep), func(b *testing.B) {
				r := newReceiver(b, receiver.Config{ClientState: secret, Known: everybody{}, Keep: keep})
				ctx, cancel := context.WithCancel(context.Background())
				viewed := make(chan int)
				go func() {
					n := 0
					for range r.Journal().Follow(ctx, 0, nil) {
						n++
					}
					viewed <- n
				}()
				measure(b, body, r)
				cancel()
				<-viewed
			})
		}
	}
}

// BenchmarkOpen compares opening the content of an item with the private key's own part of that.
func BenchmarkOpen(b *testing.B) {
	sealed := encrypt(b, mine(), `{"subject":"The plan","isRead":false}`, wrong{})
	item := []byte(richItem(b, sealed))
	wrapped, err := base64.StdEncoding.DecodeString(sealed.DataKey)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			if _, err := rsa.DecryptOAEP(sha1.New(), nil, mine().Private, wrapped, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("receiver", func(b *testing.B) {
		for b.Loop() {
			if _, err := mine().Open(item); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// everybody knows every subscription.
type everybody struct{}

func (everybody) Known(string) (receiver.Expected, bool) {
	return receiver.Expected{ClientState: secret}, true
}

// numbered is a body of items of about 1 KB each.
func numbered(size int) []byte {
	all := make([]string, size)
	for i := range all {
		id := "AQMkADI0MjllMDM3LTIyADgwLTQyOWEtOWUyOS00NjgyZDI1MTQxZDYARgAAA8rN0_5DrtJIjeiZuFmXzhwHAMS1HuBHgjpCsMTk7B3DDOIAAAIBDAAAAMS1HuBHgjpCsMTk7B3DDOIAAAIFeQ" + strconv.Itoa(i)
		all[i] = outlookItem(strings.Repeat("Y3BE", 25), strconv.Itoa(i), "Created", id, "CQAAABYAAADEtR7gR4I6QrDE5OwdwwziAAAAAAT"+strconv.Itoa(i))
	}
	return []byte(batch(all...))
}

// measure posts over real connections, two at a time for each processor.
func measure(b *testing.B, body []byte, handler http.Handler) {
	b.Helper()
	const senders = 2
	server := httptest.NewServer(handler)
	defer server.Close()
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}
	defer transport.CloseIdleConnections()
	b.SetParallelism(senders)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req, err := http.NewRequest(http.MethodPost, server.URL, bytes.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			req.Header = http.Header{"Content-Type": {"application/json"}, "ClientState": {secret}, "OData-Version": {"4.0"}}
			response, err := transport.RoundTrip(req)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			if response.StatusCode != http.StatusAccepted {
				b.Errorf("answer %d", response.StatusCode)
				return
			}
		}
	})
}
