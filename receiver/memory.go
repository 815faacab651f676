package receiver

import (
	"encoding/binary"
	"hash/maphash"
	"sync"

	"github.com/outlocal/outlocal/dialect"
)

// remembered is how many notifications, and how many subscriptions, are remembered at least, and at most twice that. A retry comes
// within four hours; a developer's service doesn't send as many in that time, and they take some megabytes.
const remembered = 1 << 16

// memory is what is remembered of earlier notifications, to tell what is new in the next one.
type memory struct {
	seed maphash.Seed

	mu      sync.Mutex
	highest generations[string, int64]    // sequence number, by subscription
	seen    generations[uint64, struct{}] // fingerprints
	room    []byte                        // where marks are put together
}

func newMemory() *memory {
	m := &memory{seed: maphash.MakeSeed()}
	m.forget()
	return m
}

// forget begins anew.
func (m *memory) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.highest = newGenerations[string, int64](remembered)
	m.seen = newGenerations[uint64, struct{}](remembered)
}

// compare finds gaps, repetitions and disorder in the items of a request. One that doesn't come from the service is passed over, lest
// it spoil what is known of the subscription.
func (m *memory) compare(items []Item, received []dialect.Item) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range items {
		if items[i].trusted() && items[i].Subscription != "" {
			m.compareItem(&items[i], &received[i])
		}
	}
}

func (m *memory) compareItem(item *Item, n *dialect.Item) {
	if n.HasSequence {
		number := int64(n.Sequence)
		item.Repeated = m.again(binary.LittleEndian.AppendUint64(m.mark(n.Subscription, "sequence"), uint64(number)))
		highest, met := m.highest.get(n.Subscription)
		switch {
		case !met || number > highest:
			m.highest.put(n.Subscription, number)
			if met {
				item.Missing = number - highest - 1
			}
		case !item.Repeated:
			item.OutOfOrder = true
		}
	}
	// The same change under another number is seen too. A lifecycle notification is not the same for looking the same.
	if n.Lifecycle == "" {
		if mark, ok := n.Marks.AppendState(m.mark(n.Subscription, n.Change.Name())); ok {
			item.Repeated = m.again(mark) || item.Repeated
		}
	}
}

// mark begins what tells a notification from others, in memory that is used each time.
func (m *memory) mark(subscription, kind string) []byte {
	m.room = append(append(append(append(m.room[:0], subscription...), 0), kind...), 0)
	return m.room
}

// again tells whether a notification of that mark was seen before, and remembers it.
func (m *memory) again(mark []byte) bool {
	m.room = mark[:0] // which may have grown
	sum := maphash.Bytes(m.seed, mark)
	_, seen := m.seen.get(sum)
	m.seen.put(sum, struct{}{})
	return seen
}

// generations is a map that forgets what was not put for long: it keeps the last limit keys at least, and twice that at most.
type generations[K comparable, V any] struct {
	limit      int
	young, old map[K]V
}

func newGenerations[K comparable, V any](limit int) generations[K, V] {
	return generations[K, V]{limit: limit, young: make(map[K]V), old: make(map[K]V)}
}

func (g *generations[K, V]) get(key K) (V, bool) {
	if v, ok := g.young[key]; ok {
		return v, true
	}
	v, ok := g.old[key]
	return v, ok
}

func (g *generations[K, V]) put(key K, value V) {
	if len(g.young) >= g.limit {
		g.young, g.old = g.old, g.young
		clear(g.young)
	}
	g.young[key] = value
}
