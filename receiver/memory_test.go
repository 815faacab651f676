package receiver

import (
	"testing"

	"pgregory.net/rapid"
)

// A map that forgets against one that never does: the last keys are always there, with the value put last, and the size is bounded.
func TestGenerations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 5).Draw(t, "limit")
		g := newGenerations[int, int](limit)
		all := map[int]int{}
		var order []int // distinct keys, the one put last at the end
		for i := range rapid.IntRange(1, 60).Draw(t, "puts") {
			key := rapid.IntRange(0, 12).Draw(t, "key")
			g.put(key, i)
			all[key] = i
			kept := order[:0]
			for _, k := range order {
				if k != key {
					kept = append(kept, k)
				}
			}
			order = append(kept, key)
			for _, k := range order[max(0, len(order)-limit):] {
				if v, ok := g.get(k); !ok || v != all[k] {
					t.Fatalf("key %d: %d, %v, want %d; it is among the last %d", k, v, ok, all[k], limit)
				}
			}
			if size := len(g.young) + len(g.old); size > 2*limit {
				t.Fatalf("%d keys are kept, at most %d are allowed", size, 2*limit)
			}
		}
		for k, want := range all {
			if v, ok := g.get(k); ok && v != want {
				t.Fatalf("key %d: %d, want %d or nothing", k, v, want)
			}
		}
	})
}
