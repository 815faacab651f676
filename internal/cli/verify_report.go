package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/internal/report"
	"github.com/outlocal/outlocal/internal/verify"
)

// verifyReport is the verification as continuous integration reads it: a suite for each dialect, and in it a case for each finding that
// was looked for, so that histories go by ids that stay.
func verifyReport(v *verification, columns []verify.Column) *report.Report {
	r := &report.Report{Name: "outlocal verify", Version: v.config.Version, Seed: v.seed.value, Again: v.again()}
	for i := range columns {
		c := &columns[i]
		suite := report.Suite{Name: c.Dialect.String(), Properties: []report.Property{
			{Name: "url", Value: v.target.masked()}, {Name: "depth", Value: c.Depth.String()},
		}}
		place := map[string]int{}
		for _, result := range c.Results {
			if result.Outcome == verify.Absent {
				continue
			}
			suite.Took += result.Took
			for _, one := range casesOf(&result) {
				one.Class = "outlocal.verify." + string(result.Check.Group)
				at, known := place[one.ID]
				switch {
				case !known:
					place[one.ID] = len(suite.Cases)
					suite.Cases = append(suite.Cases, one)
				case matters(one.Outcome) > matters(suite.Cases[at].Outcome):
					suite.Cases[at] = one
				}
			}
		}
		r.Took += suite.Took
		r.Suites = append(r.Suites, suite)
	}
	return r
}

// again is the command that asks the same. What a command's arguments are stays out of it: they may hold secrets.
func (v *verification) again() string {
	words := []string{"outlocal verify", v.target.masked()}
	add := func(flag string, values ...string) {
		for _, value := range values {
			words = append(words, strings.TrimSpace(flag+" "+value))
		}
	}
	for _, d := range v.spoken {
		add("--dialect", d.String())
	}
	add("--only", commaSeparated(v.only)...)
	add("--skip", commaSeparated(v.skip)...)
	for _, f := range []struct {
		flag string
		set  bool
	}{{"--strict", v.strict}, {"--full", v.full}, {"--adopt", v.adopt}, {"--http", v.plain}} {
		if f.set {
			add(f.flag, "")
		}
	}
	for _, f := range []struct{ flag, value string }{{"--client-state-env", v.clientStateEnv}, {"--ca", v.caFile}, {"--seed", v.seed.String()}} {
		if f.value != "" {
			add(f.flag, f.value)
		}
	}
	if v.limit > 0 {
		add("--limit", v.limit.String())
	}
	if len(v.command) > 0 {
		add("--", v.command[0])
	}
	return strings.Join(words, " ")
}

// casesOf are the findings that a check looks for, or the check itself where that can come to none. Where it came to one, nothing is
// known of the others.
func casesOf(r *verify.Result) []report.Case {
	ids := r.Check.Findings
	if len(ids) == 0 {
		ids = []string{r.Check.ID}
	}
	cases := make([]report.Case, 0, len(ids))
	for _, id := range ids {
		c := report.Case{ID: id, Name: r.Check.Title, Took: r.Took / time.Duration(len(ids)), Outcome: report.Good}
		switch {
		case r.Outcome == verify.NotJudged:
			c.Outcome, c.Message = report.NotJudged, r.Because
		case len(r.Found) > 0 && r.Check.Group != verify.HTTPS: // what is wrong with a connection hides nothing else
			c.Outcome, c.Message = report.NotJudged, "the check came to "+r.Found[0].ID
		}
		for _, d := range r.Found {
			if d.ID == id {
				c.Outcome, c.Name, c.Message, c.Detail = outcomeOf(d.Severity), d.Title, d.Title, factsOf(&d)
			}
		}
		cases = append(cases, c)
	}
	return cases
}

func outcomeOf(s diagnosis.Severity) report.Outcome {
	if s == diagnosis.SeverityFailure {
		return report.Failed
	}
	return report.Warning
}

// factsOf is the rest of a finding, a line for each fact.
func factsOf(d *diagnosis.Diagnosis) string {
	var lines []string
	for _, row := range []struct{ label, text string }{
		{"cause", d.Cause}, {"cure", d.Cure}, {"sent", d.Sent}, {"seen", d.Detail}, {"Microsoft", d.Service}, {"rules", d.Rule},
	} {
		if row.text != "" {
			lines = append(lines, fmt.Sprintf("%s: %s", row.label, row.text))
		}
	}
	return strings.Join(lines, "\n")
}

// matters ranks outcomes: what one check found outweighs that another did not.
func matters(o report.Outcome) int {
	for i, known := range []report.Outcome{report.NotJudged, report.Good, report.Warning, report.Failed} {
		if o == known {
			return i
		}
	}
	return 0
}
