package cli

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/outlocal/outlocal/emulator/fault"
)

// seeds are those that are drawn where none is given: short enough to be typed again.
const seeds = 1_000_000

// seed is the value of a flag that need not be given.
type seed struct {
	value uint64
	given bool
}

// Set implements [pflag.Value].
func (s *seed) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return fmt.Errorf("read seed %q: want a whole number from 0 on", text)
	}
	s.value, s.given = n, true
	return nil
}

// String implements [pflag.Value]; it is empty for a seed that was not given.
func (s *seed) String() string {
	if !s.given {
		return ""
	}
	return strconv.FormatUint(s.value, 10)
}

// Type implements [pflag.Value].
func (s *seed) Type() string { return "a whole number" }

// of is the seed of a run with these faults. Where some strike by chance and no seed was given, each run has another, which is printed.
func (s *seed) of(faults []fault.Rule) uint64 {
	if s.given || !slices.ContainsFunc(faults, byChance) {
		return s.value
	}
	return rand.Uint64N(seeds)
}

func byChance(r fault.Rule) bool { return r.When.Probability > 0 }
