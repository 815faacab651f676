package main

import (
	"context"
	"fmt"
	"time"
)

// crowds are the part of P4 that is about expiry, and P5: what many subscriptions cost others. (What they cost in memory is in
// start.go, as it takes a process of its own.)
func crowds() []contest {
	return []contest{
		{
			name: "P4-expiry", target: "P4", sides: []string{"all expire", "none expires"}, rounds: 5,
			rows: []row{{
				about: "p99 while a million subscriptions expire, to without", unit: "s",
				goal: atMost(2), ours: spot{side: 0}, bare: spot{side: 1},
			}},
			stage: (*stage).expiring,
		},
		{
			name: "P5", target: "P5", sides: []string{"million", "thousand"},
			rows: []row{{
				about: "a change beside a million others, to a thousand", unit: "s/change",
				goal: atMost(1.5), ours: spot{side: 0}, bare: spot{side: 1},
			}},
			stage: (*stage).beside,
		},
	}
}

// crowd adds subscriptions in mailboxes of others.
func (e *engine) crowd(n int, lives time.Duration) error {
	for i := range n {
		box := mailbox(1_000_000 + i%max(n/100, 1))
		if err := e.subscribe(box, fmt.Sprintf("http://localhost:3000/hooks/%d?code=secret", i%1000), lives); err != nil {
			return fmt.Errorf("fill the store: %w", err)
		}
	}
	return nil
}

// expiring measures deliveries at half load, with and without a million subscriptions that expire meanwhile, all together.
func (s *stage) expiring() ([]side, error) {
	l, err := s.newLoad()
	if err != nil {
		return nil, err
	}
	e := s.newEngine(nil)
	if err := e.audience(subscribers, 1, func(i int) string { return fmt.Sprintf("%s/cb?n=%d", l.sink.url, i) }); err != nil {
		return nil, err
	}
	calm := l.play(e.raiser(subscribers))
	return []side{
		func(ctx context.Context, slice time.Duration) ([]float64, error) {
			if err := e.crowd(s.crowd, -time.Second); err != nil {
				return nil, err
			}
			var p99 []float64 // of as many slices as it takes
			e.Watch()         // only now does the engine hear of them, and that they are due
			for e.Store.Len() > subscribers {
				values, err := calm(ctx, slice)
				if err != nil {
					return nil, err
				}
				p99 = append(p99, values[worst])
			}
			return []float64{quantile(p99, 0.5)}, nil
		},
		func(ctx context.Context, slice time.Duration) ([]float64, error) {
			values, err := calm(ctx, slice)
			if err != nil {
				return nil, err
			}
			return values[worst:], nil
		},
	}, nil
}

// beside measures a change that delivers one notification, end to end, one after the other.
func (s *stage) beside() ([]side, error) {
	var sides []side
	for _, others := range []int{s.crowd, s.crowd / 1000} {
		k, err := s.newSink(nil)
		if err != nil {
			return nil, err
		}
		e := s.newEngine(nil)
		if err := e.crowd(others, forever); err != nil {
			return nil, err
		}
		if err := e.audience(1, 1, func(int) string { return k.url + "/cb" }); err != nil {
			return nil, err
		}
		sides = append(sides, func(ctx context.Context, slice time.Duration) ([]float64, error) {
			c := change(mailbox(0), item)
			n := 0
			started := time.Now()
			for ; time.Since(started) < slice; n++ {
				next := k.received.Load() + 1
				e.Raise(c, 0)
				if err := k.wait(ctx, next); err != nil {
					return nil, err
				}
			}
			return []float64{time.Since(started).Seconds() / float64(max(n, 1))}, e.lostNothing()
		})
	}
	return sides, nil
}
