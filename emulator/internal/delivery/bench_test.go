package delivery

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/notify"
)

// sink accepts everything, and counts notifications by what each has once.
type sink struct {
	url     string
	buffers sync.Pool

	mu       sync.Mutex
	received int
	goal     int // somebody waits for so many
	reached  chan struct{}
}

func newSink(b *testing.B) *sink {
	b.Helper()
	s := &sink{buffers: sync.Pool{New: func() any { return new(bytes.Buffer) }}, reached: make(chan struct{}, 1)}
	server := httptest.NewServer(s)
	b.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	buf := s.buffers.Get().(*bytes.Buffer)
	buf.Reset()
	_, _ = buf.ReadFrom(r.Body)
	n := bytes.Count(buf.Bytes(), []byte("SequenceNumber"))
	s.buffers.Put(buf)
	w.WriteHeader(http.StatusAccepted)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.received += n; s.goal > 0 && s.received >= s.goal {
		s.goal = 0
		s.reached <- struct{}{}
	}
}

// wait returns when so many have come.
func (s *sink) wait(goal int) {
	s.mu.Lock()
	if s.received >= goal {
		s.mu.Unlock()
		return
	}
	s.goal = goal
	s.mu.Unlock()
	<-s.reached
}

// BenchmarkDeliver is one notification in each request, through the whole engine: match, plan, send, judge, journal. The bare loop posts
// the same bytes by the same transport, from as many goroutines as the engine has lanes. Compare ns/op of the two.
func BenchmarkDeliver(b *testing.B) {
	const subscribers = 256
	b.Run("engine", func(b *testing.B) {
		s := newSink(b)
		r := newRig(b, func(c *Config) { c.MaxBatch = 1 })
		r.audience(b, subscribers, func(i int) string { return fmt.Sprintf("%s/cb?n=%d", s.url, i) })
		r.flood(b, s, 8*subscribers) // so far ahead that no lane runs dry
	})
	b.Run("bare", func(b *testing.B) {
		s := newSink(b)
		r := newRig(b)
		r.bareLoop(b, s, r.sample(b, s.url))
	})
}

// BenchmarkDeliverBatched is one subscriber with so much to tell that requests are full; and a change that concerns ten subscriptions
// of one webhook.
func BenchmarkDeliverBatched(b *testing.B) {
	b.Run("busy", func(b *testing.B) {
		s := newSink(b)
		r := newRig(b)
		r.audience(b, 1, func(int) string { return s.url + "/cb" })
		r.flood(b, s, DefaultQueue/2)
	})
	b.Run("fanout", func(b *testing.B) {
		s := newSink(b)
		r := newRig(b)
		r.audience(b, 10, func(int) string { return s.url + "/cb" })
		r.flood(b, s, DefaultQueue/2)
	})
}

// audience makes subscriptions on one mailbox.
func (r *rig) audience(b *testing.B, n int, url func(i int) string) {
	b.Helper()
	for i := range n {
		r.subscribe(dialect.OutlookFinal, url(i))
	}
}

// flood raises changes until at least b.N notifications have arrived, at most so many ahead of the webhook.
func (r *rig) flood(b *testing.B, s *sink, ahead int) {
	b.Helper()
	c := change(notify.Created, benchItem)
	b.ReportAllocs()
	b.ResetTimer()
	raised := 0
	for raised < b.N {
		s.wait(raised - ahead)
		raised += r.Raise(c, 0)
	}
	s.wait(raised)
	b.StopTimer()
	r.settle()
	got := r.Stats()
	if got.Delivered != int64(raised) {
		b.Fatalf("%d raised: %+v", raised, got)
	}
	b.ReportMetric(float64(raised)/float64(got.Requests), "items/request")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(raised), "ns/item")
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
func (r *rig) bareLoop(b *testing.B, s *sink, body []byte) {
	b.Helper()
	header := dialect.OutlookFinal.NotificationHeader("s3cret")
	b.ReportAllocs()
	b.ResetTimer()
	var next atomic.Int64
	var lanes sync.WaitGroup
	for range DefaultLanes {
		lanes.Go(func() {
			for next.Add(1) <= int64(b.N) {
				q, err := http.NewRequest(http.MethodPost, s.url+"/cb?n=1", bytes.NewReader(body))
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
	s.wait(b.N)
}
