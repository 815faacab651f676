package cli

import (
	"testing"

	"github.com/outlocal/outlocal/emulator/fault"
)

// A seed is drawn where something strikes by chance and none was given, and nowhere else: what is random in mailboxes stays the same.
func TestSeedOfARun(t *testing.T) {
	chance := []fault.Rule{{Fault: &fault.Drop{}}, {Fault: &fault.Drop{}, When: fault.When{Probability: 0.5}}}
	for _, row := range []struct {
		name   string
		seed   seed
		faults []fault.Rule
		drawn  bool
	}{
		{"nothing goes wrong", seed{}, nil, false},
		{"only what is counted", seed{}, chance[:1], false},
		{"by chance", seed{}, chance, true},
		{"by chance, with a seed", seed{given: true}, chance, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			drawn := false
			for range 20 { // one of a million could be 0 once
				n := row.seed.of(row.faults)
				drawn = drawn || n != 0
				if n >= seeds {
					t.Errorf("drew %d", n)
				}
			}
			if drawn != row.drawn {
				t.Errorf("a seed was drawn: %v, want %v", drawn, row.drawn)
			}
		})
	}
}
