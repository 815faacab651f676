package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// latencies are P8: how long it takes from a change to its receipt, under half the load that a bare loop bears.
func latencies() []contest {
	const unit = "s"
	return []contest{{
		name: "P8", target: "P8", sides: []string{"engine", "net/http"},
		rows: []row{
			{about: "change to receipt at half load, p50, to a bare loop", unit: unit, goal: atMost(1.5), ours: spot{0, median}, bare: spot{1, median}},
			{about: "change to receipt at half load, p99, to a bare loop", unit: unit, goal: atMost(1.5), ours: spot{0, worst}, bare: spot{1, worst}},
		},
		stage: func(s *stage) ([]side, error) {
			l, err := s.newLoad()
			if err != nil {
				return nil, err
			}
			e := s.newEngine(nil)
			if err := e.audience(subscribers, 1, func(i int) string { return fmt.Sprintf("%s/cb?n=%d", l.sink.url, i) }); err != nil {
				return nil, err
			}
			return []side{l.play(e.raiser(subscribers)), l.play(s.poster(l.sink))}, nil
		},
	}}
}

// What a load measures, in this order.
const (
	median  = iota // of the time from a change to its receipt
	worst          // its 99th percentile
	arrived        // notifications a second
)

// load plays changes at a steady rate, half of what a bare loop reaches, and measures when they are received.
type load struct {
	sink  *sink
	watch *stopwatch
	rate  float64 // changes a second
}

func (s *stage) newLoad() (*load, error) {
	l := &load{watch: &stopwatch{}}
	var err error
	if l.sink, err = s.newSink(l.watch.stop); err != nil {
		return nil, err
	}
	const portion = 0.5
	full, err := s.netHTTP(notification(l.sink.address, sample(item)), lanes)(s.ctx, s.slice)
	if err != nil {
		return nil, err
	}
	l.rate = full[0] * portion
	return l, nil
}

// beat is how often changes are raised; those of one beat come at once.
const beat = time.Millisecond

// play raises changes at the load's rate. Each raise is told its number and the id of its item, which holds the time.
func (l *load) play(raise func(ctx context.Context, n int, id string) error) side {
	return func(ctx context.Context, slice time.Duration) ([]float64, error) {
		before, raised := l.sink.received.Load(), 0
		l.watch.reset()
		ticker := time.NewTicker(beat)
		defer ticker.Stop()
		started := time.Now()
		for elapsed := time.Duration(0); elapsed < slice; elapsed = time.Since(started) {
			for due := int(l.rate * elapsed.Seconds()); raised < due; raised++ {
				if err := raise(ctx, raised, stamp(time.Now())); err != nil {
					return nil, err
				}
			}
			<-ticker.C
		}
		if err := l.sink.wait(ctx, before+int64(raised)); err != nil {
			return nil, err
		}
		took := l.watch.times()
		return []float64{quantile(took, 0.5), quantile(took, 0.99), float64(raised) / time.Since(started).Seconds()}, nil
	}
}

// raiser raises changes in mailboxes in turn.
func (e *engine) raiser(mailboxes int) func(context.Context, int, string) error {
	return func(_ context.Context, n int, id string) error {
		e.Raise(change(mailbox(n%mailboxes), id), 0)
		return nil
	}
}

// poster is a bare loop that posts what it is given, from as many goroutines as the engine has lanes.
func (s *stage) poster(k *sink) func(context.Context, int, string) error {
	transport := &http.Transport{MaxIdleConnsPerHost: lanes, DisableCompression: true}
	waiting := make(chan parcel, 1<<16)
	var posting sync.WaitGroup
	for range lanes {
		posting.Go(func() {
			for p := range waiting {
				_ = postOnce(s.ctx, transport, p) // what does not arrive is waited for in vain, and told
			}
		})
	}
	s.onClose(func() {
		close(waiting)
		posting.Wait()
		transport.CloseIdleConnections()
	})
	body := sample(stamp(time.Time{}))
	return func(_ context.Context, _ int, id string) error {
		p := notification(k.address, bytes.ReplaceAll(body, []byte(stamp(time.Time{})), []byte(id)))
		waiting <- p
		return nil
	}
}

// stopwatch reads in each item's id when the item was made.
type stopwatch struct {
	mu   sync.Mutex
	took []float64
}

// mark begins an id that holds a time.
const mark = "AAMkT1ME"

// stamp is an id that holds a time, as long as any other.
func stamp(at time.Time) string {
	return fmt.Sprintf("%s%020d", mark, at.UnixNano()) + item[len(mark)+20:]
}

// stop takes down how old the items of a body are.
func (w *stopwatch) stop(body []byte, at time.Time) {
	begins := []byte(`"Id":"` + mark)
	for {
		_, rest, found := bytes.Cut(body, begins)
		if !found || len(rest) < 20 {
			return
		}
		body = rest
		nanos, err := strconv.ParseInt(string(rest[:20]), 10, 64)
		if err != nil {
			continue
		}
		took := time.Duration(at.UnixNano() - nanos).Seconds()
		w.mu.Lock()
		w.took = append(w.took, took)
		w.mu.Unlock()
	}
}

func (w *stopwatch) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.took = w.took[:0]
}

func (w *stopwatch) times() []float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]float64(nil), w.took...)
}
