package main

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"
)

// contest is sides that are played in turn, and what their results come to.
type contest struct {
	name   string // unique, such as P2-busy
	target string // such as P2
	rounds int    // at most so many, for what takes long; 0 for as many as asked for
	sides  []string
	rows   []row
	// stage sets the sides up, in the order of their names; those beyond the names are not played.
	stage func(s *stage) ([]side, error)
}

// side plays one side for about a slice of time and returns what it measured.
type side func(ctx context.Context, slice time.Duration) ([]float64, error)

// row is one figure of a contest, with its target.
type row struct {
	about string
	unit  string // of what the sides measure
	goal  goal
	ours  spot
	bare  spot
	// less says that the figure is the difference of the two, not their ratio.
	less bool
}

// spot is where a measured value stands: a side, and a place in what it returned.
type spot struct{ side, value int }

// goal is what a figure should reach.
type goal struct {
	value  float64
	atMost bool
}

func (g goal) reachedBy(figure float64) bool {
	if g.atMost {
		return figure <= g.value
	}
	return figure >= g.value
}

func atLeast(v float64) goal { return goal{value: v} }
func atMost(v float64) goal  { return goal{value: v, atMost: true} }

// size is how much of everything there is.
type size struct {
	rounds  int
	slice   time.Duration
	crowd   int    // subscriptions where the target says a million
	program string // path of outlocal's binary; empty if there is none
}

// million is what "many" means in the targets.
const million = 1_000_000

// stage is what a contest is set up on.
type stage struct {
	size
	ctx     context.Context //nolint:containedctx // one contest's, which the stage lives no longer than
	closers []func()
}

// onClose lets f run after the contest, the last one first.
func (s *stage) onClose(f func()) { s.closers = append(s.closers, f) }

func (s *stage) close() {
	for _, f := range slices.Backward(s.closers) {
		f()
	}
}

// skipError says why a contest can't be played here.
type skipError struct{ why string }

func (e *skipError) Error() string { return e.why }

// result is what a row came to.
type result struct {
	contest *contest
	row     *row
	figures []float64 // a round each
	ours    []float64
	bare    []float64
}

// play sets a contest up, warms each side up, and plays the rounds.
func (c *contest) play(ctx context.Context, size size) ([]result, error) {
	s := &stage{size: size, ctx: ctx}
	defer s.close()
	sides, err := c.stage(s)
	if err != nil {
		return nil, err
	}
	if c.rounds > 0 {
		size.rounds = min(size.rounds, c.rounds)
	}
	sides = sides[:len(c.sides)]
	results := make([]result, len(c.rows))
	for i := range results {
		results[i] = result{contest: c, row: &c.rows[i]}
	}
	values := make([][]float64, len(sides))
	for round := -1; round < size.rounds; round++ { // the first one warms up
		for i, play := range sides {
			runtime.GC() // no side pays for what another left behind
			if values[i], err = play(ctx, size.slice); err != nil {
				return nil, fmt.Errorf("play side %s: %w", c.sides[i], err)
			}
		}
		for i := range results {
			if round >= 0 || size.rounds == 0 {
				results[i].take(values)
			}
		}
	}
	return results, nil
}

func (r *result) take(values [][]float64) {
	ours, bare := values[r.row.ours.side][r.row.ours.value], values[r.row.bare.side][r.row.bare.value]
	r.ours, r.bare = append(r.ours, ours), append(r.bare, bare)
	if r.row.less {
		r.figures = append(r.figures, ours-bare)
		return
	}
	r.figures = append(r.figures, ours/bare)
}

// verdict is how a row did.
type verdict string

// The verdicts. A target is missed only if the better quartile misses it too.
const (
	met    verdict = "met"
	within verdict = "within spread"
	missed verdict = "missed"
)

func (r *result) verdict() verdict {
	better := quantile(r.figures, 0.75)
	if r.row.goal.atMost {
		better = quantile(r.figures, 0.25)
	}
	switch {
	case r.row.goal.reachedBy(quantile(r.figures, 0.5)):
		return met
	case r.row.goal.reachedBy(better):
		return within
	}
	return missed
}

// margin is how far a row is on the right side of its target: 1 is just there.
func (r *result) margin() float64 {
	figure := quantile(r.figures, 0.5)
	if r.row.goal.atMost {
		return r.row.goal.value / max(figure, math.SmallestNonzeroFloat64)
	}
	return figure / r.row.goal.value
}

// quantile is a value that a share of the values lies below, between two of them if need be; NaN if there are none.
func quantile(values []float64, share float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	at := share * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (sorted[high]-sorted[low])*(at-float64(low))
}
