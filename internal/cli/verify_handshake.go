package cli

import (
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/journal"
)

// handshakeSchema names the form of one handshake on its own, as expose --json prints it where it fails.
const handshakeSchema = "outlocal/handshake/1"

// handshakeDocument is one handshake.
type handshakeDocument struct {
	URL      string             `json:"url"`
	Dialect  string             `json:"dialect"`
	Verdict  verdict            `json:"verdict"`
	LimitMS  int64              `json:"limitMs"`
	Findings []handshakeFinding `json:"findings"`
	Exchange journal.Exchange   `json:"exchange"`
}

// handshakeFinding is a diagnosis as programs read it.
type handshakeFinding struct {
	ID       string             `json:"id"`
	Case     string             `json:"case,omitempty"`
	Severity diagnosis.Severity `json:"severity"`
	Title    string             `json:"title"`
	Cause    string             `json:"cause"`
	Cure     string             `json:"cure"`
	Service  string             `json:"service,omitempty"`
	Rule     string             `json:"rule"`
	Detail   string             `json:"detail,omitempty"`
	At       string             `json:"at,omitempty"`
}

func documentOf(masked string, d *dialect.Dialect, v verdict, result emulator.Verified) handshakeDocument {
	document := handshakeDocument{
		URL: masked, Dialect: d.String(), Verdict: v, LimitMS: d.Handshake.Limit.Milliseconds(),
		Findings: []handshakeFinding{}, Exchange: result.Exchange,
	}
	for _, f := range result.Diagnoses {
		document.Findings = append(document.Findings, findingDocument(f))
	}
	return document
}
