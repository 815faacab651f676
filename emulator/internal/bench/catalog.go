package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/outlocal/outlocal/scenarios"
)

// catalogs is P12: all scenarios, each in all its dialects, on one processor.
func catalogs() []contest {
	return []contest{{
		name: "P12", target: "P12", sides: []string{"catalogue", "nothing"}, rounds: 3,
		rows: []row{{
			about: "the catalogue of scenarios, on one processor (s)", unit: "s", goal: atMost(3), ours: spot{side: 0}, bare: spot{side: 1}, less: true,
		}},
		stage: func(*stage) ([]side, error) {
			all, err := everything()
			if err != nil {
				return nil, err
			}
			return []side{
				func(ctx context.Context, _ time.Duration) ([]float64, error) { return playAll(ctx, all) },
				func(context.Context, time.Duration) ([]float64, error) { return []float64{0}, nil },
			}, nil
		},
	}}
}

// everything is the catalogue, with all that a matrix makes of a scenario.
func everything() ([]*scenarios.Scenario, error) {
	files, err := scenarios.Load(scenarios.Catalog())
	if err != nil {
		return nil, err
	}
	var all []*scenarios.Scenario
	for _, s := range files {
		ways, err := s.Vary(nil, nil)
		if err != nil {
			return nil, err
		}
		all = append(all, ways...)
	}
	return all, nil
}

// playAll measures how long it takes to play scenarios against the built-in webhook.
func playAll(ctx context.Context, all []*scenarios.Scenario) ([]float64, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	started := time.Now()
	for _, s := range all {
		for _, d := range s.Spoken() {
			report, err := scenarios.Play(ctx, s, scenarios.Options{Dialect: d})
			switch {
			case err != nil:
				return nil, err
			case report.Verdict != scenarios.Good && report.Verdict != scenarios.Skipped:
				return nil, fmt.Errorf("play %s in %s: %s", s.Name(), d, report.Verdict)
			}
		}
	}
	return []float64{time.Since(started).Seconds()}, nil
}
