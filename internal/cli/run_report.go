package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/outlocal/outlocal/internal/report"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/scenarios"
)

// mostUnplayed is how many plays that an interruption left have a case of their own: whoever stops a long run wants it to end, and its
// reports to be about what was played.
const mostUnplayed = 100

// report is a run as continuous integration reads it: a case for each play. What was not played to its end, as the run was interrupted,
// is there as well, so that nobody takes it for good; of many, the first, and one case for the others.
func (f *runFlags) report(version string, numbers []runNumber, total *runDocument) *report.Report {
	suite := report.Suite{Name: "scenarios", Took: total.took}
	if f.webhook != "" {
		suite.Properties = append(suite.Properties, report.Property{Name: "webhook", Value: journal.MaskURL(f.webhook)})
	}
	for i := range numbers {
		if left := len(numbers) - i; i >= len(total.Scenarios)+mostUnplayed && left > 1 {
			suite.Cases = append(suite.Cases, report.Case{
				ID: "the others", Name: fmt.Sprintf("%d more", left), Outcome: report.NotJudged, Message: "interrupted before they were played",
			})
			break
		}
		n := &numbers[i]
		c := report.Case{ID: f.idOf(n), Name: n.scenario.Title, Outcome: report.NotJudged, Message: "interrupted before it was played to its end"}
		if i < len(total.Scenarios) {
			f.judged(&c, n, &total.Scenarios[i])
		}
		suite.Cases = append(suite.Cases, c)
	}
	return &report.Report{
		Name: "outlocal run", Version: version, Seed: f.seed, Again: f.again(nil), Took: total.took, Suites: []report.Suite{suite},
	}
}

// idOf is what a play is called from run to run.
func (f *runFlags) idOf(n *runNumber) string {
	id := n.scenario.Name() + ", " + n.dialect
	if v := n.scenario.Variation(); v != "" {
		id += ", " + v
	}
	if f.repeat > 1 {
		id += fmt.Sprintf(", seed %d", n.seed)
	}
	return id
}

// judged fills in how a play went.
func (f *runFlags) judged(c *report.Case, n *runNumber, r *scenarios.Report) {
	c.Took, c.Message = r.Took, r.Reason
	c.Properties = append(c.Properties, report.Property{Name: "seed", Value: fmt.Sprint(r.Seed)})
	switch r.Verdict {
	case scenarios.Good:
		c.Outcome = report.Good
		return
	case scenarios.Skipped:
		c.Outcome = report.Skipped
		if f.strict {
			c.Outcome = report.Failed
		}
	case scenarios.Failed:
		c.Outcome = report.Failed
	case scenarios.Refused, scenarios.Unjudged:
		c.Outcome = report.Error
	}
	c.Again = f.again(n)
	if onDisk(n.scenario.File) {
		c.File = n.scenario.File
	}
	var detail []string
	for i := range r.Steps {
		s := &r.Steps[i]
		if s.Verdict != scenarios.Failed && s.Verdict != scenarios.Unjudged {
			continue
		}
		if onDisk(s.At.File) { // those that come with outlocal are in no file of the user's
			c.File, c.Line, c.Column = s.At.File, s.At.Line, s.At.Column
		}
		if len(s.Problems) > 0 {
			c.Message = fmt.Sprintf("step %d, %s: %s", s.Number, s.Label, s.Problems[0])
			if s.At.IncludedAt != "" {
				detail = append(detail, "included at "+s.At.IncludedAt)
			}
			detail = append(detail, s.Problems[1:]...)
		}
		for j := range s.Exchanges {
			detail = append(detail, exchangeLines(&s.Exchanges[j])...)
		}
	}
	c.Detail = strings.Join(detail, "\n")
}

// exchangeLines show a request and what came of it, as masked as it was handed over.
func exchangeLines(x *journal.Exchange) []string {
	answer := outcome(x.Status)
	if x.Status == 0 {
		answer = "no answer: " + x.Error
	}
	return []string{
		strings.TrimSpace(fmt.Sprintf("--> %s %s  %s", x.Method, shortURL(x.URL), brief(x.RequestBody))),
		strings.TrimSpace(fmt.Sprintf("<-- %s  %s", answer, brief(x.ResponseBody))),
	}
}

// again is the command that plays a number again; of none, all of them.
func (f *runFlags) again(n *runNumber) string {
	words := []string{"outlocal", "run"}
	seed := f.seed
	if n != nil {
		words, seed = append(words, quoted(nameOrFile(n.scenario)), "--dialect", n.dialect), n.seed
	} else {
		for _, arg := range f.args {
			words = append(words, quoted(arg))
		}
		words = append(words, repeatedFlag("--dialect", f.dialects)...)
		words = append(words, repeatedFlag("--tag", f.tags)...)
		words = append(words, repeatedFlag("--skip-tag", f.skipped)...)
		if f.repeat > 1 {
			words = append(words, "--repeat", fmt.Sprint(f.repeat))
		}
	}
	words = append(words, repeatedFlag("--set", f.set)...)
	if n != nil {
		words = append(words, repeatedFlag("--set", f.unset(n.scenario.Picks()))...)
	}
	words = append(words, "--seed", fmt.Sprint(seed))
	for _, flag := range []struct{ name, value string }{
		{"--webhook", journal.MaskURL(f.webhook)}, {"--client-state-env", f.clientState}, {"--webhook-ca", f.webhookCA},
		{"--emulator", journal.MaskURL(f.emulator.emulator)}, {"--user", f.user},
	} {
		if flag.value != "" {
			words = append(words, flag.name, quoted(flag.value))
		}
	}
	if f.exclusive {
		words = append(words, "--exclusive")
	}
	return strings.Join(append(words, repeatedFlag("--allow-target", f.targets)...), " ")
}

// unset leaves out those of NAME=VALUE that were given already.
func (f *runFlags) unset(picks []string) []string {
	return slices.DeleteFunc(picks, func(pick string) bool {
		name, _, _ := strings.Cut(pick, "=")
		return slices.ContainsFunc(f.set, func(given string) bool { return strings.HasPrefix(given, name+"=") })
	})
}

// nameOrFile is what run takes for a scenario: its file, or the name of one that comes with outlocal.
func nameOrFile(s *scenarios.Scenario) string {
	if onDisk(s.File) {
		return s.File
	}
	return s.Name()
}

func onDisk(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func repeatedFlag(name string, values []string) (words []string) {
	for _, value := range values {
		words = append(words, name, quoted(value))
	}
	return words
}
