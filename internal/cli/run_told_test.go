package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/outlocal/outlocal/scenarios"
)

// What is wrong with a webhook is explained once, however many plays it fails. What is new about a play is always told.
func TestFindingIsExplainedOnce(t *testing.T) {
	const (
		refusal = "it is refused: 400"
		cure    = "handshake-json-quotes: The webhook answers in JSON. Answer plainly."
		other   = "handshake-json-quotes: The webhook answers in JSON. Answer otherwise."
		judged  = "the webhook's answer is retried, want taken: delivery-timeout: It is late. Be soon.; delivery-redirect: It goes on. Stay."
	)
	step := func(problems ...string) []scenarios.StepReport {
		return []scenarios.StepReport{{Number: 1, Label: "subscribe", Verdict: scenarios.Failed, Problems: problems}}
	}
	for _, row := range []struct {
		name          string
		first, second []scenarios.StepReport
		want          string // of the second, without its first line's beginning
	}{
		{"the same again", step(refusal, cure), step(refusal, cure), "  subscribe: handshake-json-quotes, as above\n"},
		{"refused in other words", step(refusal, cure), step("it is refused: An error has occurred.", cure), "  subscribe: handshake-json-quotes, as above\n"},
		{"another cure", step(refusal, cure), step(refusal, other), "\n  ✗  1  subscribe\n        " + refusal + "\n        " + other + "\n"},
		{"more besides", step(refusal, cure), step("it came twice, want once", cure), "\n  ✗  1  subscribe\n        it came twice, want once\n        handshake-json-quotes, as above\n"},
		{"several behind what was wanted", step(judged), step(judged), "  subscribe: the webhook's answer is retried, want taken: delivery-timeout, delivery-redirect, as above\n"},
		{"no finding", step("it came twice: three-times: no"), step("it came twice: three-times: no"), "\n  ✗  1  subscribe\n        it came twice: three-times: no\n"},
		{"refused without a finding", step(refusal), step(refusal), "\n  ✗  1  subscribe\n        " + refusal + "\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var out bytes.Buffer
			show := &runPrinter{out: &printer{w: &out}, live: true, rounds: 1, again: func(*runNumber) string { return "outlocal run …" }}
			n := &runNumber{scenario: stories(t, 1)[0], dialect: "graph-v1.0"}
			show.end(n, &scenarios.Report{Scenario: "first", Verdict: scenarios.Failed, Steps: row.first})
			for _, s := range row.first {
				for _, problem := range s.Problems {
					if !strings.Contains(out.String(), "        "+problem+"\n") {
						t.Errorf("the first play doesn't tell %q:\n%s", problem, &out)
					}
				}
			}
			out.Reset()
			show.end(n, &scenarios.Report{Scenario: "second", Verdict: scenarios.Failed, Steps: row.second})
			_, told, _ := strings.Cut(out.String(), "ms")
			if !strings.HasPrefix(told, row.want) || strings.HasPrefix(row.want, "  ") && told != row.want {
				t.Errorf("the second tells\n%s\nwant\n%s", told, row.want)
			}
		})
	}
}

// Who asks for every step gets all of each.
func TestStepsExplainEach(t *testing.T) {
	const cure = "handshake-json-quotes: The webhook answers in JSON. Answer plainly."
	var out bytes.Buffer
	show := &runPrinter{out: &printer{w: &out}, steps: true, rounds: 1}
	for range 2 {
		show.end(&runNumber{scenario: stories(t, 1)[0]}, &scenarios.Report{Verdict: scenarios.Failed, Steps: []scenarios.StepReport{{Number: 1, Verdict: scenarios.Failed, Problems: []string{cure}}}})
	}
	if n := strings.Count(out.String(), cure); n != 2 {
		t.Errorf("it is told %d times:\n%s", n, &out)
	}
}
