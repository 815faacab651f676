package delivery

import (
	"container/heap"
	"sync"
	"sync/atomic"
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/store"
)

// grants are the authorizations that may lapse. One heap and one alarm serve all of them.
type grants struct {
	some    atomic.Int64 // how many there are
	lacking atomic.Int64 // how many of them have lapsed: looked at for every notification

	mu     sync.Mutex
	of     map[store.Handle]*grant
	due    grantHeap
	closed bool

	alarm alarm // for the first of them
}

// grant is the authorization of one subscription.
type grant struct {
	handle    store.Handle
	rules     dialect.Authorization
	given     time.Time
	until     time.Time // zero: as long as the subscription lives
	expires   time.Time // the subscription
	challenge time.Time // the next one, if it is not lacking by then
	lacking   bool
	held      []withheld
	index     int // in the heap
}

// end is when it is of no more use.
func (g *grant) end() time.Time {
	if g.until.IsZero() {
		return g.expires
	}
	return g.until
}

// lastPart of a subscription's own life is when its end is told of, at the earliest: a quarter. The end of a token is told of as
// documented, which may be at once; but then every short subscription would be challenged the moment that it is made.
const lastPart = 4

// firstChallenge is how long after it was given.
func (g *grant) firstChallenge(on Occasion) time.Duration {
	left := g.end().Sub(g.given)
	in := g.rules.FirstChallenge(left)
	if g.until.IsZero() {
		in = max(in, left-left/lastPart)
	}
	if on == AtRenewal {
		in = max(in, g.rules.Every)
	}
	return in
}

// next is when to look at it again.
func (g *grant) next() time.Time {
	next := g.expires
	earlier := func(t time.Time) {
		if !t.IsZero() && t.Before(next) {
			next = t
		}
	}
	if !g.lacking {
		earlier(g.challenge)
		earlier(g.until)
	}
	if len(g.held) > 0 {
		earlier(g.held[0].until)
	}
	return next
}

// lapse lets it be lacking; a.mu is held.
func (g *grant) lapse(a *grants) {
	g.lacking = true
	a.lacking.Add(1)
}

// put adds a grant; mu is held.
func (a *grants) put(g *grant) {
	if a.of == nil {
		a.of = make(map[store.Handle]*grant)
	}
	a.of[g.handle] = g
	heap.Push(&a.due, g)
	a.some.Add(1)
}

// take removes a grant, if there is one, and returns what waited for it; mu is held.
func (a *grants) take(h store.Handle) []withheld {
	g := a.of[h]
	if g == nil {
		return nil
	}
	delete(a.of, h)
	heap.Remove(&a.due, g.index)
	a.some.Add(-1)
	if g.lacking {
		a.lacking.Add(-1)
	}
	return g.held
}

func (a *grants) close() {
	a.clear()
	a.alarm.close()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
}

func (a *grants) clear() {
	a.alarm.stop()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.of, a.due = nil, nil
	a.some.Store(0)
	a.lacking.Store(0)
}

// grantHeap is ordered by when to look at each.
type grantHeap []*grant

func (h grantHeap) Len() int { return len(h) }

func (h grantHeap) Less(i, j int) bool {
	if a, b := h[i].next(), h[j].next(); !a.Equal(b) {
		return a.Before(b)
	}
	return h[i].handle < h[j].handle
}

func (h grantHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *grantHeap) Push(g any) {
	added := g.(*grant)
	added.index = len(*h)
	*h = append(*h, added)
}

// Pop implements heap.Interface.
func (h *grantHeap) Pop() any {
	last := len(*h) - 1
	g := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return g
}
