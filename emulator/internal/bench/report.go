package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

// report tells the results as they come, and all of them at the end.
type report struct {
	out     io.Writer
	results []result
	skipped []skip
}

type skip struct {
	contest contest
	why     string
}

func (r *report) open(s size) {
	fmt.Fprintf(r.out, "%s/%s, %d processors, %s: up to %d rounds of %s a side\n\n", runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), runtime.Version(), s.rounds, s.slice)
	fmt.Fprintf(r.out, "%-4s %-52s %9s %17s %9s  %s\n", "", "", "median", "quartiles", "target", "")
}

// add tells the rows of one contest.
func (r *report) add(results []result) {
	r.results = append(r.results, results...)
	for i := range results {
		res := &results[i]
		sign := "≥"
		if res.row.goal.atMost {
			sign = "≤"
		}
		fmt.Fprintf(r.out, "%-4s %-52s %9s %17s %9s  %s\n", res.contest.target, res.row.about,
			figure(quantile(res.figures, 0.5)), figure(quantile(res.figures, 0.25))+" – "+figure(quantile(res.figures, 0.75)),
			sign+" "+figure(res.row.goal.value), res.verdict())
	}
}

func (r *report) skip(c contest, why *skipError) {
	r.skipped = append(r.skipped, skip{c, why.Error()})
	fmt.Fprintf(r.out, "%-4s skipped: %s\n", c.target, why)
}

// close writes what each side measured in the form that benchstat reads: a line for every round.
func (r *report) close() {
	fmt.Fprintln(r.out)
	for i := range r.results {
		res := &r.results[i]
		name := "Benchmark" + strings.ReplaceAll(res.contest.name, "-", "/") + "/" + slug(res.row.about)
		for round := range res.figures {
			fmt.Fprintf(r.out, "%s/side=%s 1 %g %s\n", name, slug(res.contest.sides[res.row.ours.side]), res.ours[round], res.row.unit)
			fmt.Fprintf(r.out, "%s/side=%s 1 %g %s\n", name, slug(res.contest.sides[res.row.bare.side]), res.bare[round], res.row.unit)
		}
	}
}

// summary is what a target came to in JSON: the row with the least margin, and all rows.
type summary struct {
	figures
	Rows    []figures `json:"rows,omitempty"`
	Skipped string    `json:"skipped,omitempty"`
}

type figures struct {
	About    string  `json:"about,omitempty"`
	Ratio    float64 `json:"ratio"`
	Target   float64 `json:"target"`
	AtMost   bool    `json:"atMost,omitempty"` // the target is an upper limit
	Met      bool    `json:"met"`              // by the median, or within the spread by the better quartile
	Verdict  verdict `json:"verdict,omitempty"`
	Q1       float64 `json:"q1"`
	Q3       float64 `json:"q3"`
	Rounds   int     `json:"rounds"`
	Ours     float64 `json:"ours"` // medians of what the sides measured
	Bare     float64 `json:"bare"`
	Unit     string  `json:"unit,omitempty"`
	distance float64
}

// write writes the results into a file.
func (r *report) write(file string) error {
	text, err := json.MarshalIndent(r.summaries(), "", "  ")
	if err != nil {
		return fmt.Errorf("encode results: %w", err)
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	return nil
}

func (r *report) summaries() map[string]*summary {
	all := make(map[string]*summary)
	for i := range r.results {
		res := &r.results[i]
		f := figures{
			About: res.row.about, Ratio: quantile(res.figures, 0.5), Target: res.row.goal.value, AtMost: res.row.goal.atMost,
			Verdict: res.verdict(), Met: res.verdict() != missed, Q1: quantile(res.figures, 0.25), Q3: quantile(res.figures, 0.75),
			Rounds: len(res.figures), Ours: quantile(res.ours, 0.5), Bare: quantile(res.bare, 0.5), Unit: res.row.unit, distance: res.margin(),
		}
		s := all[res.contest.target]
		if s == nil {
			s = &summary{figures: f}
			all[res.contest.target] = s
		}
		if f.distance < s.distance {
			s.figures = f
		}
		s.Rows = append(s.Rows, f)
	}
	for _, skipped := range r.skipped {
		if all[skipped.contest.target] == nil {
			all[skipped.contest.target] = &summary{Skipped: skipped.why}
		}
	}
	return all
}

// figure has three digits that matter.
func figure(v float64) string {
	switch {
	case v >= 100 || v <= -100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10 || v <= -10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// slug is a text as part of a benchmark's name.
func slug(text string) string {
	return strings.Map(func(c rune) rune {
		if c == ' ' || c == '/' || c == ',' {
			return '_'
		}
		return c
	}, text)
}
