package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/outlocal/outlocal/emulator/internal/delivery"
)

// troubles are P9: what webhooks that fail cost those that don't, and what many webhooks cost.
func troubles() []contest {
	return []contest{
		{
			name: "P9-failing", target: "P9", sides: []string{"beside failing ones", "alone"},
			rows: []row{
				{about: "p99 of healthy webhooks beside failing ones", unit: "s", goal: atMost(1.2), ours: spot{0, worst}, bare: spot{1, worst}},
				{about: "throughput of healthy webhooks beside failing ones", unit: "items/s", goal: atLeast(0.95), ours: spot{0, arrived}, bare: spot{1, arrived}},
			},
			stage: (*stage).failing,
		},
		{
			name: "P9-many", target: "P9", sides: []string{"thousand", "one"},
			rows: []row{{
				about: "a thousand webhooks, to one", unit: "items/s", goal: atLeast(0.7), ours: spot{side: 0}, bare: spot{side: 1},
			}},
			stage: (*stage).many,
		},
	}
}

const (
	endpointsOfTen = 10
	healthyOfTen   = 8 // one hangs, one answers 500
)

// failing measures eight webhooks with and without two that fail. Both sides begin with an engine of their own each time, as retries
// of the one would fall into the other.
func (s *stage) failing() ([]side, error) {
	l, err := s.newLoad()
	if err != nil {
		return nil, err
	}
	urls := make([]string, 0, endpointsOfTen)
	for range healthyOfTen {
		address, err := s.serve(l.sink)
		if err != nil {
			return nil, err
		}
		urls = append(urls, "http://"+address)
	}
	hanging, err := s.serve(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else nobody would notice that the client has gone
		<-r.Context().Done()
	}))
	if err != nil {
		return nil, err
	}
	failing, err := s.serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }))
	if err != nil {
		return nil, err
	}
	urls = append(urls, "http://"+hanging, "http://"+failing)

	const mailboxes = subscribers / endpointsOfTen * endpointsOfTen
	beside := func(all int) side {
		return func(ctx context.Context, slice time.Duration) ([]float64, error) {
			own := &stage{size: s.size, ctx: ctx}
			defer own.close()
			e := own.newEngine(nil)
			if err := e.audience(mailboxes, 1, func(i int) string { return fmt.Sprintf("%s/cb?n=%d", urls[i%endpointsOfTen], i) }); err != nil {
				return nil, err
			}
			// The healthy ones get the load's rate, whatever comes beside it.
			return l.play(func(_ context.Context, n int, id string) error {
				at := n / healthyOfTen * endpointsOfTen
				e.Raise(change(mailbox((at+n%healthyOfTen)%mailboxes), id), 0)
				if n%healthyOfTen == 0 {
					for other := healthyOfTen; other < all; other++ {
						e.Raise(change(mailbox((at+other)%mailboxes), id), 0)
					}
				}
				return nil
			})(ctx, slice)
		}
	}
	return []side{beside(endpointsOfTen), beside(healthyOfTen)}, nil
}

// many compares a thousand webhooks on ports of their own with one, as many subscriptions each.
func (s *stage) many() ([]side, error) {
	endpoints := max(s.crowd/1000, 1)
	var sides []side
	for _, ports := range []int{endpoints, 1} {
		k, err := s.newSink(nil)
		if err != nil {
			return nil, err
		}
		urls := []string{k.url}
		for len(urls) < ports {
			address, err := s.serve(k)
			if err != nil {
				return nil, err
			}
			urls = append(urls, "http://"+address)
		}
		e := s.newEngine(func(c *delivery.Config) { c.MaxBatch = 1 })
		if err := e.audience(endpoints, 1, func(i int) string { return fmt.Sprintf("%s/cb?n=%d", urls[i%ports], i) }); err != nil {
			return nil, err
		}
		sides = append(sides, e.flood(k, endpoints, singleAhead))
	}
	return sides, nil
}
