package scenarios

import (
	"fmt"
	"io/fs"
	"os"
	"testing"
)

// Run plays the scenarios that patterns name in a file system, each file a subtest, each step one below it. Without patterns it plays
// all. A file with several dialects has a subtest for each between.
func Run(t *testing.T, files fs.FS, patterns ...string) {
	t.Helper()
	RunWith(t, Options{}, files, patterns...)
}

// RunWith does so with options, such as the webhook that is to be judged: an address, or a handler of the test.
func RunWith(t *testing.T, o Options, files fs.FS, patterns ...string) {
	t.Helper()
	all, err := Load(files, patterns...)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		t.Run(s.Name(), func(t *testing.T) { runVariations(t, s, o) })
	}
}

// runVariations plays a scenario in all ways, as far as there are several.
func runVariations(t *testing.T, s *Scenario, o Options) {
	t.Helper()
	all, err := s.Vary(o.Set, os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 1 {
		runDialects(t, all[0], o)
		return
	}
	for _, s := range all {
		t.Run(s.Variation(), func(t *testing.T) { runDialects(t, s, o) })
	}
}

func runDialects(t *testing.T, s *Scenario, o Options) {
	t.Helper()
	spoken := s.Spoken()
	if o.Dialect != "" {
		spoken = []string{o.Dialect}
	}
	for _, d := range spoken {
		o := o
		o.Dialect = d
		if len(spoken) == 1 {
			runOne(t, s, o)
			continue
		}
		t.Run(d, func(t *testing.T) { runOne(t, s, o) })
	}
}

func runOne(t *testing.T, s *Scenario, o Options) {
	t.Helper()
	told := o.Progress
	o.Progress = func(step StepReport) {
		t.Run(fmt.Sprintf("%02d %s", step.Number, step.Label), func(t *testing.T) { reportStep(t, step) })
		if told != nil {
			told(step)
		}
	}
	report, err := Play(t.Context(), s, o)
	switch {
	case err != nil:
		t.Fatal(err)
	case report.Verdict == Skipped:
		t.Skip(report.Reason)
	case report.Reason != "":
		t.Fatal(report.Reason)
	}
}

// reportStep tells a subtest how its step went.
func reportStep(t *testing.T, step StepReport) {
	t.Helper()
	switch step.Verdict {
	case Skipped:
		t.Skip(step.Note)
	case Failed, Unjudged:
		for _, problem := range step.Problems {
			t.Errorf("%s: %s", step.At, problem)
		}
		for _, x := range step.Exchanges {
			t.Logf("%s %s\n%s\n<-- %d %s\n%s", x.Method, x.URL, x.RequestBody, x.Status, x.Error, x.ResponseBody)
		}
	}
}
