package cli

import (
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/internal/verify"
	"github.com/outlocal/outlocal/journal"
)

// verifyDocument is what verify --json prints for a dialect.
type verifyDocument struct {
	URL       string           `json:"url"`
	Dialect   string           `json:"dialect"`
	Depth     string           `json:"depth"`
	Verdict   verdict          `json:"verdict"`
	Seed      uint64           `json:"seed"`
	LimitMS   int64            `json:"limitMs,omitempty"` // of the handshake
	Checks    []resultDocument `json:"checks"`
	Findings  []verifyFinding  `json:"findings"`
	Next      []string         `json:"next"` // what the service would do, in sentences
	Handshake *handshakeSeen   `json:"handshake,omitempty"`
}

// handshakeSeen is the plain handshake as it went.
type handshakeSeen struct {
	TookMS   float64          `json:"tookMs"`
	Exchange journal.Exchange `json:"exchange"`
}

// resultDocument is a check's result as programs read it.
type resultDocument struct {
	ID       string         `json:"id"`
	Group    verify.Group   `json:"group"`
	Title    string         `json:"title"`
	Outcome  verify.Outcome `json:"outcome"`
	Note     string         `json:"note,omitempty"`
	Because  string         `json:"because,omitempty"`
	Findings []string       `json:"findings,omitempty"`
	TookMS   float64        `json:"tookMs"`
}

// verifyFinding is a finding as programs read it.
type verifyFinding struct {
	handshakeFinding
	Sent   string   `json:"sent,omitempty"`
	Got    string   `json:"got,omitempty"`
	Checks []string `json:"checks"`
}

func (s *verifyShow) document(c *verify.Column) verifyDocument {
	d := verifyDocument{
		URL: s.v.target.masked(), Dialect: c.Dialect.String(), Depth: c.Depth.String(), Verdict: verdictOfColumn(c), Seed: s.v.seed.value,
		Checks: []resultDocument{}, Findings: []verifyFinding{}, Next: []string{},
	}
	d.Next = append(d.Next, c.Next...)
	if h := c.Dialect.Handshake; h != nil {
		d.LimitMS = h.Limit.Milliseconds()
		d.Handshake = &handshakeSeen{milliseconds(c.Handshake.Answer.Took), c.Handshake.Exchange}
	}
	for _, r := range c.Results {
		row := resultDocument{
			ID: r.Check.ID, Group: r.Check.Group, Title: r.Check.Title, Outcome: r.Outcome, Note: r.Note, Because: r.Because, TookMS: milliseconds(r.Took),
		}
		for _, f := range r.Found {
			row.Findings = append(row.Findings, f.ID)
		}
		d.Checks = append(d.Checks, row)
	}
	for _, f := range verify.Findings([]verify.Column{*c}) {
		d.Findings = append(d.Findings, verifyFinding{findingDocument(f.Diagnosis), f.Sent, f.Got, f.Checks})
	}
	return d
}

// findingDocument is a diagnosis as programs read it.
func findingDocument(f diagnosis.Diagnosis) handshakeFinding {
	return handshakeFinding{
		ID: f.ID, Case: f.Case, Severity: f.Severity, Title: f.Title, Cause: f.Cause, Cure: f.Cure,
		Service: f.Service, Rule: f.Rule, Detail: f.Detail, At: f.At,
	}
}

// milliseconds is a duration for programs.
func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
