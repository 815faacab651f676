package delivery

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/notify"
)

// sink accepts everything and counts notifications by a mark that each has once.
func sink(b *testing.B) (url string, received *atomic.Int64, full func(n int64) <-chan struct{}) {
	b.Helper()
	received = new(atomic.Int64)
	var goal atomic.Int64
	var reached atomic.Pointer[chan struct{}]
	mark := []byte(`"SequenceNumber":`)
	buffers := sync.Pool{New: func() any { return new(bytes.Buffer) }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		buf := buffers.Get().(*bytes.Buffer)
		buf.Reset()
		_, _ = buf.ReadFrom(r.Body)
		n := int64(bytes.Count(buf.Bytes(), mark))
		buffers.Put(buf)
		w.WriteHeader(http.StatusAccepted)
		if now, g := received.Add(n), goal.Load(); now >= g && now-n < g {
			close(*reached.Load())
		}
	}))
	b.Cleanup(s.Close)
	return s.URL, received, func(n int64) <-chan struct{} {
		c := make(chan struct{})
		reached.Store(&c)
		goal.Store(n)
		return c
	}
}

// BenchmarkDeliver is one notification in each request, through the whole engine: match, plan, send, judge, journal. The bare loop posts
// the same bytes by the same transport, from as many goroutines as the engine has lanes. Compare ns/op of the two.
func BenchmarkDeliver(b *testing.B) {
	const subscribers = 256
	b.Run("engine", func(b *testing.B) {
		url, _, full := sink(b)
		r := newRig(b, func(c *Config) { c.MaxBatch = 1 })
		r.audience(b, subscribers, func(i int) string { return fmt.Sprintf("%s/cb?n=%d", url, i) })
		r.flood(b, full, subscribers)
	})
	b.Run("bare", func(b *testing.B) {
		url, _, full := sink(b)
		r := newRig(b)
		r.bareLoop(b, url, r.sample(b, url), full)
	})
}

// BenchmarkDeliverBatched is one subscriber with so much to tell that requests are full; and a change that concerns ten subscriptions
// of one webhook.
func BenchmarkDeliverBatched(b *testing.B) {
	b.Run("busy", func(b *testing.B) {
		url, _, full := sink(b)
		r := newRig(b)
		r.audience(b, 1, func(int) string { return url + "/cb" })
		r.flood(b, full, DefaultQueue/2)
	})
	b.Run("fanout", func(b *testing.B) {
		url, _, full := sink(b)
		r := newRig(b)
		r.audience(b, 10, func(int) string { return url + "/cb" })
		r.flood(b, full, DefaultQueue/2)
	})
}

// audience makes subscriptions on one mailbox.
func (r *rig) audience(b *testing.B, n int, url func(i int) string) {
	b.Helper()
	for i := range n {
		r.subscribe(dialect.OutlookFinal, url(i))
	}
}

// flood raises changes until b.N notifications have arrived, at most so many ahead of the webhook.
func (r *rig) flood(b *testing.B, full func(int64) <-chan struct{}, ahead int) {
	b.Helper()
	c := change(notify.Created, benchItem)
	b.ReportAllocs()
	b.ResetTimer()
	arrived := full(int64(b.N))
	for raised := 0; raised < b.N; {
		raised += r.Raise(c, 0)
		for int64(raised)-r.counts.delivered.Load() > int64(ahead) {
			runtime.Gosched()
		}
	}
	<-arrived
	b.StopTimer()
	if s := r.Stats(); s.Overflowed+s.Lost+s.Retried > 0 {
		b.Fatalf("%+v", s)
	}
	b.ReportMetric(float64(r.counts.delivered.Load())/float64(r.counts.requests.Load()), "items/request")
}

const benchItem = "AAMkADQ1MTU4OGJlLTczYzQtNDBlOS1hN2E1LWYyOTdkNmEzM2NhMQBGAAAAAAC7gDXe1cZSR4XPxPv6sgbUBwCZnZkO3b1rSLuxT3Zeb7CMAAAAAAEMAACZnZkO3b1rSLuxT3Zeb7CMAAAnIxYcAAA="

// sample is a request's body as the engine sends it.
func (r *rig) sample(b *testing.B, url string) []byte {
	b.Helper()
	rec := r.subscribe(dialect.OutlookFinal, url, func(*store.Record) {})
	d := dialect.OutlookFinal
	c := change(notify.Created, benchItem)
	it := itemOf(&rec, ofChange, 0)
	it.shared = d.AppendShared(nil, &c, "http://localhost:3650/api/v2.0", nil)
	group := &group{groupKey: groupKey{dialect: d}}
	return (&batch{group: group, items: []*item{it}}).body()
}

// bareLoop is what any program does that has nothing to do but post.
func (r *rig) bareLoop(b *testing.B, url string, body []byte, full func(int64) <-chan struct{}) {
	b.Helper()
	header := dialect.OutlookFinal.NotificationHeader("s3cret")
	b.ReportAllocs()
	b.ResetTimer()
	arrived := full(int64(b.N))
	var next atomic.Int64
	var lanes sync.WaitGroup
	for range DefaultLanes {
		lanes.Go(func() {
			for next.Add(1) <= int64(b.N) {
				q, err := http.NewRequest(http.MethodPost, url+"/cb?n=1", bytes.NewReader(body))
				if err != nil {
					b.Error(err)
					return
				}
				q.Header = header
				response, err := r.transport.RoundTrip(q)
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
		})
	}
	lanes.Wait()
	<-arrived
}
