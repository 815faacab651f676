package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/outlocal/outlocal/internal/report"
	"github.com/outlocal/outlocal/scenarios"
)

// stories are n small scenarios.
func stories(t *testing.T, n int) []*scenarios.Scenario {
	t.Helper()
	var all []*scenarios.Scenario
	for i := range n {
		s, err := scenarios.Parse(fmt.Sprintf("story%02d.yaml", i), []byte("title: t\nsteps:\n- subscribe:\n- change: message.created\n- expect: {deliveries: 1}\n"))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// However many are played at a time, all that is told keeps its order.
func TestParallelKeepsOrder(t *testing.T) {
	all := stories(t, 12)
	told := func(parallel int, steps bool) string {
		f := &runFlags{repeat: 2, parallel: parallel, seed: 5}
		numbers := programmeOfRun(all, f)
		var out bytes.Buffer
		show := &runPrinter{out: &printer{w: &out}, steps: steps, live: parallel == 1, rounds: 1}
		var total runDocument
		if err := f.playAll(t.Context(), numbers, scenarios.Options{}, show, &total); err != nil {
			t.Fatal(err)
		}
		for i, r := range total.Scenarios {
			if want := all[i/2].Name(); r.Scenario != want || r.Seed != 5+uint64(i%2) || r.Verdict != scenarios.Good {
				t.Errorf("number %d of %d at a time is %s with seed %d, %s; want %s", i, parallel, r.Scenario, r.Seed, r.Verdict, want)
			}
		}
		return withoutTimes(out.String())
	}
	for _, steps := range []bool{false, true} {
		if one, many := told(1, steps), told(4, steps); one != many {
			t.Errorf("one at a time tells\n%s\nfour at a time\n%s", one, many)
		}
	}
}

// withoutTimes takes out how long things took.
func withoutTimes(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		before, _, _ := strings.Cut(line, "steps, ")
		lines = append(lines, strings.TrimSpace(before))
	}
	return strings.Join(lines, "\n")
}

// Of a run that is interrupted what was played counts, and the rest is there as not judged.
func TestInterruptedRun(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	f := &runFlags{repeat: 1, parallel: 1}
	numbers := programmeOfRun(stories(t, 4), f)
	show := &runPrinter{out: &printer{w: stopper{"story01", interrupt}}, live: true, rounds: 1}
	var total runDocument
	if err := f.playAll(ctx, numbers, scenarios.Options{}, show, &total); !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
	counts := f.report("v", numbers, &total).Counts()
	if n := len(total.Scenarios); n > 2 || counts[report.Good] != n || counts[report.NotJudged] != 4-n {
		t.Errorf("%d were played, and the report counts %v", n, counts)
	}
}

// A long run that is interrupted ends: its report has what was played, some of the rest, and how much more that is.
func TestInterruptedLongRun(t *testing.T) {
	f := &runFlags{repeat: 25_000}
	numbers := programmeOfRun(stories(t, 2), f)
	total := runDocument{Scenarios: make([]scenarios.Report, 7)}
	for i := range total.Scenarios {
		total.Scenarios[i].Verdict = scenarios.Good
	}
	cases := f.report("v", numbers, &total).Suites[0].Cases
	if n := len(cases); n != len(total.Scenarios)+mostUnplayed+1 {
		t.Fatalf("the report has %d cases", n)
	}
	if last := cases[len(cases)-1]; last.Name != "49893 more" || last.Outcome != report.NotJudged {
		t.Errorf("the last case is %+v", last)
	}
	f.repeat = 54 // with the seven that were played it is one more than stands there, which is told as itself
	cases = f.report("v", programmeOfRun(stories(t, 2), f), &total).Suites[0].Cases
	if last := cases[len(cases)-1]; len(cases) != 108 || last.ID != "story01, graph-v1.0, seed 53" {
		t.Errorf("of %d cases the last is %+v", len(cases), last)
	}
}

// What no machine could remember is refused before it is listed.
func TestTooLongRun(t *testing.T) {
	all := stories(t, 4)
	for _, row := range []struct {
		name     string
		repeat   int
		dialects []string
		refused  bool
	}{
		{"as many as there may be", mostPlays / 4, nil, false},
		{"one round too many", mostPlays/4 + 1, nil, true},
		{"more than can be counted", math.MaxInt, nil, true},
		{"none of them in this schema", math.MaxInt, []string{"outlook-final"}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := &runFlags{repeat: row.repeat, dialects: row.dialects}
			if err := f.checkLength(all); (err != nil) != row.refused {
				t.Errorf("it says %v", err)
			}
		})
	}
}

// Of a play that fails in every round the first rounds are told, and how many there were.
func TestRepeatedFailure(t *testing.T) {
	const rounds = 50
	var out bytes.Buffer
	show := &runPrinter{out: &printer{w: &out}, rounds: rounds, again: (&runFlags{}).again}
	for i := range rounds {
		verdict := scenarios.Failed
		if i%5 == 4 {
			verdict = scenarios.Good
		}
		show.end(&runNumber{scenario: stories(t, 1)[0], dialect: "graph-v1.0", seed: uint64(i)}, &scenarios.Report{Scenario: "story00", Verdict: verdict})
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if n := len(lines); n != 2*fewRounds+2 { // each with the command that plays it again
		t.Errorf("it tells in %d lines\n%s", n, &out)
	}
	for i, want := range []string{"failed 40 of 50 times, of which the first 10 stand above", "good 10 of 50 times"} {
		if got := lines[len(lines)-2+i]; !strings.Contains(got, want) {
			t.Errorf("it ends with %q, want %q", got, want)
		}
	}
}

// stopper interrupts once a text is told.
type stopper struct {
	text string
	stop func()
}

func (s stopper) Write(p []byte) (int, error) {
	if strings.Contains(string(p), s.text) {
		s.stop()
	}
	return len(p), nil
}

// The command that plays a number again holds all that it depends on, and no secret.
func TestAgain(t *testing.T) {
	s := stories(t, 1)[0]
	f := &runFlags{
		args: []string{"my stories/", "roll-out"}, tags: []string{"a b"}, skipped: []string{"slow"}, dialects: []string{"graph-v1.0"}, repeat: 3, seed: 7,
		set: []string{"who=Ann O'Hara"}, webhook: "http://localhost:3000/hook?code=swordfish", clientState: "STATE", exclusive: true, user: "ann@contoso.com",
		emulator: target{emulator: "mine"}, targets: []string{"example.com"},
	}
	const where = ` --webhook 'http://localhost:3000/hook?code=…' --client-state-env STATE --emulator mine --user ann@contoso.com --exclusive --allow-target example.com`
	for _, row := range []struct {
		number *runNumber
		want   string
	}{
		{nil, `outlocal run 'my stories/' roll-out --dialect graph-v1.0 --tag 'a b' --skip-tag slow --repeat 3 --set 'who=Ann O'\''Hara' --seed 7` + where},
		{&runNumber{scenario: s, dialect: "outlook-final", seed: 9}, `outlocal run story00 --dialect outlook-final --set 'who=Ann O'\''Hara' --seed 9` + where},
	} {
		if got := f.again(row.number); got != row.want {
			t.Errorf("again is\n%s\nwant\n%s", got, row.want)
		}
	}
}
