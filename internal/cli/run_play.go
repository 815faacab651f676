package cli

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/outlocal/outlocal/scenarios"
)

// runNumber is one play: a scenario in a dialect, with a seed.
type runNumber struct {
	scenario *scenarios.Scenario
	dialect  string
	seed     uint64
}

// way is how a scenario is played: in which dialect, and with what of its matrix.
func (n *runNumber) way() string {
	if v := n.scenario.Variation(); v != "" {
		return n.dialect + "  " + v
	}
	return n.dialect
}

// mostPlays is how many are played in one run: what came of each is remembered for its reports, and a slip of the matrix or of --repeat
// must not fill a machine's memory before anybody hears of it.
const mostPlays = 100_000

// checkLength refuses more plays than one run has, before they are listed.
func (f *runFlags) checkLength(all []*scenarios.Scenario) error {
	ways := 0
	for _, s := range all {
		ways += len(f.spoken(s))
	}
	if ways == 0 || f.repeat <= mostPlays/ways {
		return nil
	}
	return wrongUse("play fewer of them, or repeat them less; --seed goes on where another run ended",
		"run: %s, %d times each, are more than the %d that one run plays", count(ways, "play"), f.repeat, mostPlays)
}

// spoken are the dialects of a scenario that are wanted.
func (f *runFlags) spoken(s *scenarios.Scenario) (wanted []string) {
	for _, d := range s.Spoken() {
		if len(f.dialects) == 0 || slices.Contains(f.dialects, d) {
			wanted = append(wanted, d)
		}
	}
	return wanted
}

// programmeOfRun is what is played: every scenario in each of its dialects that is wanted, as often as is wanted.
func programmeOfRun(all []*scenarios.Scenario, f *runFlags) []runNumber {
	var numbers []runNumber
	for _, s := range all {
		for _, d := range f.spoken(s) {
			for round := range f.repeat {
				numbers = append(numbers, runNumber{s, d, f.seed + uint64(round)}) //nolint:gosec // it is not negative
			}
		}
	}
	return numbers
}

// playAll plays all numbers, and tells of each in their order. Where it is interrupted, total has what was played by then, and the error is
// that of ctx.
func (f *runFlags) playAll(ctx context.Context, numbers []runNumber, o scenarios.Options, show *runPrinter, total *runDocument) error {
	started := time.Now()
	defer func() { total.took = time.Since(started) }()
	play := func(n *runNumber) (scenarios.Report, error) {
		o := o
		o.Dialect, o.Seed = n.dialect, n.seed
		if show.live {
			show.begin(n)
			o.Progress = show.step
		}
		return scenarios.Play(ctx, n.scenario, o)
	}
	// Those who wait for their turn must not be left behind, whatever ends this.
	ctx, stop := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer stop()
	results := make([]chan runResult, len(numbers))
	for i := range results {
		results[i] = make(chan runResult, 1)
	}
	var next atomic.Int64
	for range min(f.parallel, len(numbers)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(numbers) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				report, err := play(&numbers[i])
				if err == nil {
					err = ctx.Err() // what it was doing then says nothing
				}
				if err == nil && show.live {
					show.end(&numbers[i], &report)
				}
				results[i] <- runResult{report, err}
			}
		})
	}
	for i := range numbers {
		select {
		case result := <-results[i]:
			if result.err != nil {
				return result.err
			}
			if !show.live {
				show.begin(&numbers[i])
				show.end(&numbers[i], &result.report)
			}
			if result.report.Verdict == scenarios.Good && !show.quiet {
				result.report.Steps = nil // only --json tells of them, and many plays have many
			}
			total.Scenarios = append(total.Scenarios, result.report)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// runResult is what came of a number.
type runResult struct {
	report scenarios.Report
	err    error
}

// runDocument is what run --json prints.
type runDocument struct {
	Verdict   scenarios.Verdict         `json:"verdict"`
	Seed      uint64                    `json:"seed"`
	Counts    map[scenarios.Verdict]int `json:"counts"`
	Scenarios []scenarios.Report        `json:"scenarios"`

	took time.Duration
}

// judge sums up, and tells the exit code: what failed weighs most, then what was asked for wrongly, then what could not be judged.
func (d *runDocument) judge(strict bool) (code int) {
	d.Counts = map[scenarios.Verdict]int{}
	for _, r := range d.Scenarios {
		d.Counts[r.Verdict]++
	}
	d.Verdict = scenarios.Good
	switch {
	case d.Counts[scenarios.Failed] > 0, strict && d.Counts[scenarios.Skipped] > 0:
		d.Verdict, code = scenarios.Failed, ExitFailed
	case d.Counts[scenarios.Refused] > 0:
		d.Verdict, code = scenarios.Refused, ExitUsage
	case d.Counts[scenarios.Unjudged] > 0:
		d.Verdict, code = scenarios.Unjudged, ExitUnjudged
	}
	return code
}
