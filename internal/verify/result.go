package verify

import (
	"slices"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
)

// Outcome is what a check came to.
type Outcome string

// The outcomes. Absent is a check that asks for what the dialect, or the URL, doesn't have.
const (
	Good      Outcome = "good"
	Hurts     Outcome = "hurts" // it works, and will hurt
	Fails     Outcome = "fails" // it fails in production
	NotJudged Outcome = "notJudged"
	Absent    Outcome = "absent"
)

// Result is a check's outcome in one dialect.
type Result struct {
	Check   *Check
	Outcome Outcome
	Note    string                // what else is good to know of a good one, in a few words
	Because string                // why it was not judged
	Found   []diagnosis.Diagnosis // what it came to
	Took    time.Duration         // real time
}

// Column is how a webhook did in one dialect.
type Column struct {
	Dialect   *dialect.Dialect
	Depth     Depth
	Results   []Result
	Handshake emulator.Verified // the plain one
	Plain     diagnosis.Taken   // the answer to the plain notification; no status if there was none
	Unmet     bool              // nothing answers at all
	Next      []string          // what the service would do next, in sentences
}

// Outcome is that of all checks together. Where nothing answers, nothing is judged.
func (c *Column) Outcome() Outcome {
	if c.Unmet {
		return NotJudged
	}
	worst := NotJudged
	for _, r := range c.Results {
		if rank(r.Outcome) > rank(worst) {
			worst = r.Outcome
		}
	}
	return worst
}

func rank(o Outcome) int {
	for i, known := range []Outcome{NotJudged, Good, Hurts, Fails} {
		if o == known {
			return i
		}
	}
	return 0
}

// Finding is one mistake, wherever it showed. What was sent is all that led to it.
type Finding struct {
	diagnosis.Diagnosis
	Dialects []string // in which it showed
	Checks   []string // that came to it
}

// Findings are the mistakes of all columns, each once: failures first, else in the order in which they were found.
func Findings(columns []Column) []Finding {
	var failures, warnings []Finding
	for _, c := range columns {
		for _, r := range c.Results {
			for _, d := range r.Found {
				list := &warnings
				if d.Severity == diagnosis.SeverityFailure {
					list = &failures
				}
				note(list, d, c.Dialect.String(), r.Check.ID)
			}
		}
	}
	return append(failures, warnings...)
}

func note(list *[]Finding, d diagnosis.Diagnosis, dialect, check string) {
	for i := range *list {
		f := &(*list)[i]
		if f.ID == d.ID && f.Case == d.Case {
			if f.Sent != "" && d.Sent != "" && !slices.Contains(f.Checks, check) {
				f.Sent += "; " + d.Sent
			}
			f.Dialects, f.Checks = with(f.Dialects, dialect), with(f.Checks, check)
			return
		}
	}
	*list = append(*list, Finding{Diagnosis: d, Dialects: []string{dialect}, Checks: []string{check}})
}

func with(list []string, word string) []string {
	for _, w := range list {
		if w == word {
			return list
		}
	}
	return append(list, word)
}

// answer is what a player returns: a check's outcome in the making.
type answer struct {
	found   []diagnosis.Diagnosis
	note    string
	because string // if it was not judged
	absent  bool   // the dialect has no such thing after all
}

func (a answer) outcome() Outcome {
	switch {
	case len(a.found) > 0 && diagnosis.Failed(a.found):
		return Fails
	case len(a.found) > 0:
		return Hurts
	case a.absent:
		return Absent
	case a.because != "":
		return NotJudged
	}
	return Good
}

func notJudged(because string) (answer, error)      { return answer{because: because}, nil }
func came(to []diagnosis.Diagnosis) (answer, error) { return answer{found: to}, nil }
func good(note string) (answer, error)              { return answer{note: note}, nil }
