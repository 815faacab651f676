// Command bench measures outlocal against bare loops that do the same work with nothing around it, in one run.
//
//	make bench                         all of it, in some minutes
//	make bench BENCH='-only P1,P2'     these targets only
//	BENCH_JSON=FILE make bench         writes the results to a file as well
//
// A machine's speed changes by the minute, so that only ratios hold, and of these only tight ones: a contest plays its sides in turn,
// a slice each, some fifteen rounds of it, and its result is the median of the rounds' ratios with their quartiles. A target is met if
// the median reaches it, and is missed only if the better quartile does not reach it either.
//
// Everything stays on loopback and ends by itself. Its tests play every contest once, small, for correctness; nothing is judged there.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
)

// What a run is made of. At these sizes all contests take some seven minutes.
const (
	defaultRounds = 15
	defaultSlice  = 500 * time.Millisecond

	// wholeRun ends a run that hangs.
	wholeRun = 15 * time.Minute
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == bareProgram {
		if err := serveBare(os.Stdout, os.Stdin); err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Getenv("BENCH_JSON"))
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer, jsonFile string) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := flags.String("only", "", "play these targets only, such as P1,P2")
	size := size{rounds: defaultRounds, slice: defaultSlice, crowd: million}
	flags.IntVar(&size.rounds, "rounds", size.rounds, "how often each side is played")
	flags.DurationVar(&size.slice, "slice", size.slice, "how long each side is played at a time")
	flags.IntVar(&size.crowd, "crowd", size.crowd, "how many a million subscriptions are")
	flags.StringVar(&size.program, "program", "", "outlocal's binary, which P4, P6 and P7 start")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("read arguments: %w", err)
	}
	chosen, err := choose(contests(), *only)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, wholeRun)
	defer cancel()
	report := report{out: stdout}
	report.open(size)
	for _, c := range chosen {
		results, err := c.play(ctx, size)
		var skipped *skipError
		switch {
		case errors.As(err, &skipped):
			report.skip(c, skipped)
		case err != nil:
			return fmt.Errorf("play %s: %w", c.name, err)
		}
		report.add(results)
	}
	report.close()
	if jsonFile == "" {
		return nil
	}
	return report.write(jsonFile)
}

// choose picks contests by their targets.
func choose(all []contest, only string) ([]contest, error) {
	if only == "" {
		return all, nil
	}
	var chosen []contest
	for target := range strings.SplitSeq(only, ",") {
		some := slices.Collect(func(yield func(contest) bool) {
			for _, c := range all {
				if strings.EqualFold(c.target, target) && !yield(c) {
					return
				}
			}
		})
		if len(some) == 0 {
			return nil, fmt.Errorf("choose contests: there is none for %q: want P1 to P10, P12 or T1", target)
		}
		chosen = append(chosen, some...)
	}
	return chosen, nil
}

// contests are all that there are, in the order of their targets.
func contests() []contest {
	return slices.Concat(deliveries(), creations(), crowds(), starts(), receptions(), latencies(), troubles(), riches(), catalogs(), tunnels())
}
