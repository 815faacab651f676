package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/outlocal/outlocal/receiver"
)

// receptions are P7: the receiver, every item parsed and judged, with somebody looking on, to a handler that only answers. Requests
// come by kept connections, so that the client costs as little as it can.
func receptions() []contest {
	all := []contest{{
		name: "P7-keep", target: "P7", sides: []string{"keeps 100000", "keeps 100"},
		rows:  []row{{about: "receiver that keeps 100000 entries, to 100", unit: "items/s", goal: atLeast(0.9), ours: spot{side: 0}, bare: spot{side: 1}}},
		stage: func(s *stage) ([]side, error) { return s.receivers(1, 100_000, 100) },
	}}
	for _, c := range []struct {
		items int
		goal  float64
	}{{1, 0.6}, {100, 0.15}} {
		all = append(all, contest{
			name: "P7-" + strconv.Itoa(c.items), target: "P7", sides: []string{"receiver", "bare"},
			rows: []row{{
				about: fmt.Sprintf("receiver, requests of %d, to a bare handler", c.items), unit: "items/s",
				goal: atLeast(c.goal), ours: spot{side: 0}, bare: spot{side: 1},
			}},
			stage: func(s *stage) ([]side, error) {
				sides, err := s.receivers(c.items, 0)
				if err != nil {
					return nil, err
				}
				bare, err := s.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					w.WriteHeader(http.StatusAccepted)
				}))
				return append(sides, s.kept(full(bare, c.items), senders)), err
			},
		})
	}
	return append(all, contest{
		name: "P7-memory", target: "P7", sides: []string{"overfull", "full"}, rounds: 3,
		rows: []row{{
			about: "RSS of a receiver after thirty times what it keeps, to after three", unit: "B",
			goal: atMost(1.2), ours: spot{side: 0}, bare: spot{side: 1},
		}},
		stage: (*stage).overfilling,
	})
}

// overfilling measures the memory of a receiver that got more than it keeps, by little and by much.
func (s *stage) overfilling() ([]side, error) {
	if err := s.measuresMemory(); err != nil {
		return nil, err
	}
	state, err := s.folder()
	if err != nil {
		return nil, err
	}
	keep := max(s.crowd/100, 1)
	after := func(times int) side {
		return func(ctx context.Context, _ time.Duration) ([]float64, error) {
			p, err := spawn(ctx, state, s.program, "receive", "--port", "0", "--json", "--keep", strconv.Itoa(keep))
			if err != nil {
				return nil, err
			}
			resident, err := s.overfill(ctx, p, times*keep)
			return []float64{resident}, errors.Join(err, p.end())
		}
	}
	return []side{after(30), after(3)}, nil
}

// overfill sends notifications to a receiver, and measures its memory then.
func (s *stage) overfill(ctx context.Context, p *spawned, items int) (float64, error) {
	const each = 100
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	batch := full(strings.TrimPrefix(p.Webhook, "http://"), each)
	for sent := 0; sent < items; sent += each {
		if err := postOnce(ctx, transport, batch); err != nil {
			return 0, err
		}
	}
	return s.settledBytes(ctx, p)
}

// senders keep a receiver busy without crowding it out of a small machine.
const senders = 4

// receivers serves receivers that keep so many entries, 0 for the default.
func (s *stage) receivers(items int, keep ...int) ([]side, error) {
	var sides []side
	for _, n := range keep {
		r, err := receiver.New(receiver.Config{ClientState: clientState, Known: everybody{}, Keep: n})
		if err != nil {
			return nil, err
		}
		s.onClose(r.Close)
		address, err := s.serve(r)
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithCancel(s.ctx)
		var viewing sync.WaitGroup
		viewing.Go(func() {
			for range r.Journal().Follow(ctx, 0, nil) { // somebody looks on
			}
		})
		s.onClose(func() { cancel(); viewing.Wait() })
		sides = append(sides, s.kept(full(address, items), senders))
	}
	return sides, nil
}

// full is a request with so many notifications.
func full(address string, items int) parcel {
	body := string(sample(item))
	const head, tail = `{"value":[`, `]}`
	one := strings.TrimSuffix(strings.TrimPrefix(body, head), tail)
	p := notification(address, []byte(head+one+strings.Repeat(","+one, items-1)+tail))
	p.items = int64(items)
	return p
}

// everybody knows every subscription.
type everybody struct{}

func (everybody) Known(string) (receiver.Expected, bool) {
	return receiver.Expected{ClientState: clientState}, true
}
