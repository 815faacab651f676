package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == bareProgram { // as which a contest starts this binary
		if err := serveBare(os.Stdout, os.Stdin); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	// A tunnel's agent sees at its next heartbeat that it was closed.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("golang.ngrok.com/muxado/v2.(*Heartbeat).requester"))
}

// TestContests plays every contest once, small: all notifications arrive, no side fails, every row gets a figure. How fast they are is
// for make bench to say, on a machine that does nothing else.
func TestContests(t *testing.T) {
	const crowd = 2000
	program := filepath.Join(t.TempDir(), "outlocal")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "github.com/outlocal/outlocal").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	for _, c := range contests() {
		t.Run(c.name, func(t *testing.T) {
			results, err := c.play(t.Context(), size{rounds: 1, slice: 20 * time.Millisecond, crowd: crowd, program: program})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				if len(r.figures) != 1 || math.IsNaN(r.figures[0]) || math.IsInf(r.figures[0], 0) || r.ours[0] <= 0 || r.bare[0] <= 0 && !r.row.less {
					t.Errorf("%s: figures %v of %v and %v", r.row.about, r.figures, r.ours, r.bare)
				}
			}
		})
	}
}

// TestTargets holds the contests to one for each target of the foundation, under a name of its own.
func TestTargets(t *testing.T) {
	targets, names := map[string]bool{}, map[string]bool{}
	for _, c := range contests() {
		targets[c.target] = true
		if names[c.name] {
			t.Errorf("two contests are called %s", c.name)
		}
		names[c.name] = true
	}
	got := slices.Sorted(func(yield func(string) bool) {
		for target := range targets {
			if !yield(target) {
				return
			}
		}
	})
	if want := strings.Split("P1 P10 P12 P2 P3 P4 P5 P6 P7 P8 P9 T1", " "); !slices.Equal(got, want) {
		t.Errorf("targets %v, want %v", got, want)
	}
}

func TestVerdict(t *testing.T) {
	for _, test := range []struct {
		name    string
		goal    goal
		figures []float64
		want    verdict
	}{
		{"the median is there", atLeast(1), []float64{0.5, 1, 2}, met},
		{"the median is above", atLeast(1), []float64{2, 2, 2}, met},
		{"only the upper quartile is there", atLeast(1), []float64{0.5, 0.6, 0.7, 1.2, 1.3}, within},
		{"only the best is there", atLeast(1), []float64{0.5, 0.6, 0.7, 0.8, 1.3}, missed},
		{"the median is low enough", atMost(1), []float64{0.5, 1, 2}, met},
		{"only the lower quartile is low enough", atMost(1), []float64{0.5, 0.9, 1.1, 1.2, 1.3}, within},
		{"only the best is low enough", atMost(1), []float64{0.5, 1.1, 1.1, 1.2, 1.3}, missed},
	} {
		r := result{row: &row{goal: test.goal}, figures: test.figures}
		if got := r.verdict(); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestQuantile(t *testing.T) {
	values := []float64{4, 1, 3, 2}
	for share, want := range map[float64]float64{0: 1, 0.25: 1.75, 0.5: 2.5, 0.75: 3.25, 1: 4} {
		if got := quantile(values, share); got != want {
			t.Errorf("quantile %g is %g, want %g", share, got, want)
		}
	}
	if got := quantile(nil, 0.5); !math.IsNaN(got) {
		t.Errorf("quantile of nothing is %g", got)
	}
	if values[0] != 4 {
		t.Error("the values were sorted in place")
	}
}

// TestPlay holds play to turns, to a warm-up that does not count, and to what each row compares.
func TestPlay(t *testing.T) {
	var turns []string
	turn := func(name string, values ...float64) side {
		return func(context.Context, time.Duration) ([]float64, error) {
			turns = append(turns, name)
			return values, nil
		}
	}
	c := contest{
		sides: []string{"a", "b"}, rounds: 2,
		rows: []row{
			{about: "a ratio", goal: atLeast(1), ours: spot{0, 0}, bare: spot{1, 0}},
			{about: "a difference", goal: atMost(1), ours: spot{0, 1}, bare: spot{1, 1}, less: true},
		},
		stage: func(*stage) ([]side, error) { return []side{turn("a", 6, 5), turn("b", 3, 4), turn("nobody")}, nil },
	}
	results, err := c.play(t.Context(), size{rounds: 9})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(turns, " "); got != "a b a b a b" {
		t.Errorf("turns %s", got)
	}
	var figures [][]float64
	for _, r := range results {
		figures = append(figures, r.figures)
	}
	if diff := cmp.Diff([][]float64{{2, 2}, {1, 1}}, figures); diff != "" {
		t.Error(diff)
	}
}

// TestReport holds the file to its form: a target's own figures are those of the row that is furthest from its goal.
func TestReport(t *testing.T) {
	c := contest{name: "P2-busy", target: "P2", sides: []string{"ours", "bare"}, rows: []row{
		{about: "near", unit: "items/s", goal: atLeast(10), bare: spot{side: 1}},
		{about: "far", unit: "items/s", goal: atLeast(3), bare: spot{side: 1}},
	}}
	var out bytes.Buffer
	r := report{out: &out}
	r.add([]result{
		{contest: &c, row: &c.rows[0], figures: []float64{9, 9, 9}, ours: []float64{9, 9, 9}, bare: []float64{1, 1, 1}},
		{contest: &c, row: &c.rows[1], figures: []float64{1, 2, 3}, ours: []float64{1, 2, 3}, bare: []float64{1, 1, 1}},
	})
	r.skip(contest{target: "P6"}, &skipError{"no program"})
	r.close()
	file := filepath.Join(t.TempDir(), "bench.json")
	if err := r.write(file); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]struct {
		Ratio, Target, Q1, Q3 float64
		Met                   bool
		Skipped               string
		Rows                  []struct{ About string }
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	p2 := got["P2"]
	if p2.Ratio != 2 || p2.Target != 3 || p2.Q1 != 1.5 || p2.Q3 != 2.5 || p2.Met || len(p2.Rows) != 2 {
		t.Errorf("P2 is %+v", p2)
	}
	if got["P6"].Skipped != "no program" {
		t.Errorf("P6 is %+v", got["P6"])
	}
	for _, line := range []string{"BenchmarkP2/busy/far/side=ours 1 3 items/s\n", "BenchmarkP2/busy/far/side=bare 1 1 items/s\n", "missed\n"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("%q is missing in\n%s", line, &out)
		}
	}
}

func TestRun(t *testing.T) {
	for _, test := range []struct {
		name, only, want string
	}{
		{"one target", "P1", ""},
		{"in any case", "p1", ""},
		{"none of the known", "P99", `choose contests: there is none for "P99": want P1 to P10, P12 or T1`},
	} {
		file := filepath.Join(t.TempDir(), "bench.json")
		err := run(t.Context(), []string{"-rounds", "1", "-slice", "5ms", "-only", test.only}, io.Discard, file)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.name, err)
		case test.want == "":
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
		case err == nil || err.Error() != test.want:
			t.Errorf("%s: error %v, want %s", test.name, err, test.want)
		}
	}
}
