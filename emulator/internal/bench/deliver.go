package main

import (
	"fmt"

	"github.com/outlocal/outlocal/emulator/internal/delivery"
)

// How far the engine is ahead of the webhook: so far that no lane runs dry, and not so far that the queue overflows.
const (
	singleAhead = 4096
	batchAhead  = delivery.DefaultQueue / 2
)

// deliveries are P1, one notification in each request, and P2, full batches: through the whole engine, which matches, plans, sends,
// judges and journals.
func deliveries() []contest {
	return []contest{
		{
			name: "P1", target: "P1", sides: []string{"engine", "net/http"},
			rows: []row{{
				about: "one notification a request, to a bare loop", unit: "items/s", goal: atLeast(0.9), ours: spot{side: 0}, bare: spot{side: 1},
			}},
			stage: func(s *stage) ([]side, error) {
				return s.against(subscribers, 1, singleAhead)
			},
		},
		{
			name: "P2-busy", target: "P2", sides: []string{"engine", "net/http", "kept"},
			rows: []row{
				{about: "a busy subscriber in batches, to net/http unbatched", unit: "items/s", goal: atLeast(10), ours: spot{side: 0}, bare: spot{side: 1}},
				{about: "a busy subscriber, to kept connections unbatched", unit: "items/s", goal: atLeast(3), ours: spot{side: 0}, bare: spot{side: 2}},
			},
			stage: func(s *stage) ([]side, error) { return s.against(1, 1, batchAhead) },
		},
		{
			name: "P2-fanout", target: "P2", sides: []string{"engine", "net/http"},
			rows: []row{{
				about: "a change to ten subscriptions, to net/http unbatched", unit: "items/s", goal: atLeast(15), ours: spot{side: 0}, bare: spot{side: 1},
			}},
			stage: func(s *stage) ([]side, error) { return s.against(1, 10, batchAhead) },
		},
	}
}

// subscribers are so many that every lane has something to send: a subscription has one request under way at a time.
const subscribers = 256

// against sets up an engine with subscriptions on mailboxes, net/http's client and kept connections. Every mailbox has a URL of its
// own.
func (s *stage) against(mailboxes, each int, ahead int64) ([]side, error) {
	k, err := s.newSink(nil)
	if err != nil {
		return nil, err
	}
	e := s.newEngine(func(c *delivery.Config) {
		if mailboxes > 1 {
			c.MaxBatch = 1
		}
	})
	if err := e.audience(mailboxes, each, func(i int) string { return fmt.Sprintf("%s/cb?n=%d", k.url, i) }); err != nil {
		return nil, err
	}
	p := notification(k.address, sample(item))
	return []side{e.flood(k, mailboxes, ahead), s.netHTTP(p, lanes), s.kept(p, lanes)}, nil
}
