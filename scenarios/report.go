package scenarios

import (
	"fmt"
	"strings"
	"time"

	"github.com/outlocal/outlocal/journal"
)

// Verdict is how something went.
type Verdict string

// The verdicts.
const (
	Good     Verdict = "good"
	Failed   Verdict = "failed"   // something was not as it has to be
	Skipped  Verdict = "skipped"  // it says nothing about this webhook
	Refused  Verdict = "refused"  // it would disturb others who use the emulator
	Unjudged Verdict = "unjudged" // something stood in the way
)

// Report is how one scenario went in one dialect.
type Report struct {
	Scenario  string        `json:"scenario"`
	Variation string        `json:"variation,omitempty"` // of its matrix: NAME=VALUE, …
	Title     string        `json:"title"`
	File      string        `json:"file"`
	Dialect   string        `json:"dialect"`
	Verdict   Verdict       `json:"verdict"`
	Reason    string        `json:"reason,omitempty"` // why it was not played, or not to its end
	Seed      uint64        `json:"seed"`
	Took      time.Duration `json:"-"` // of real time
	Virtual   time.Duration `json:"-"` // of the service's
	Steps     []StepReport  `json:"steps,omitempty"`
}

// Problems are those of the step that failed, each on a line with its place.
func (r *Report) Problems() string {
	var lines []string
	for _, s := range r.Steps {
		for _, p := range s.Problems {
			lines = append(lines, fmt.Sprintf("%s: %s: %s", s.At, s.Label, p))
		}
	}
	if r.Reason != "" {
		lines = append(lines, r.Reason)
	}
	return strings.Join(lines, "\n")
}

// StepReport is how one step went.
type StepReport struct {
	Number    int                `json:"number"` // from 1
	Label     string             `json:"label"`
	Kind      string             `json:"kind"`
	At        Position           `json:"at"`
	Verdict   Verdict            `json:"verdict"`
	Problems  []string           `json:"problems,omitempty"`
	Note      string             `json:"note,omitempty"`
	Exchanges []journal.Exchange `json:"exchanges,omitempty"` // those at fault, masked
	Took      time.Duration      `json:"-"`
}

// shownExchanges is how many requests are shown of a step that failed: the first ones tell what went wrong.
const shownExchanges = 3

// problem notes what is not as it has to be.
func (s *StepReport) problem(format string, args ...any) {
	s.Problems = append(s.Problems, fmt.Sprintf(format, args...))
	s.Verdict = Failed
}

// show keeps an exchange to be shown if the step fails.
func (p *play) show(x *journal.Exchange) {
	if x != nil && len(p.atFault) < shownExchanges {
		p.atFault = append(p.atFault, x)
	}
}

// reveal shows a step that failed with its exchanges, without secrets: masked only then, as that takes longer than all else.
func (p *play) reveal() {
	if p.now.Verdict == Failed {
		for i, problem := range p.now.Problems {
			p.now.Problems[i] = p.scope.hidden.conceal(problem)
		}
		for _, x := range p.atFault {
			p.now.Exchanges = append(p.now.Exchanges, p.scope.hidden.concealIn(*journal.Entry{Exchange: x}.Masked().Exchange))
		}
	}
	p.atFault = nil
}
