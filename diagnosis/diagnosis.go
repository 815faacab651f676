// Package diagnosis says why Outlook or Microsoft Graph refuses or forgets a
// webhook, in the terms of the webhook's author: what happened, why, and what
// to change.
//
// It holds two things. The catalogue is data: every [Finding] with its cause,
// its cure, the protocol rules it rests on and the sentence that the service
// answers ([Catalog], [Lookup], [Explain]). The judges are pure functions
// that look at what was observed and name findings of the catalogue:
//
//   - [Handshake] judges the answer to a validation request,
//   - [Delivery] judges the answer to a notification,
//   - [Body] and [Item] judge what a receiver got,
//   - [Varied], [VariedHandshake], [Stranger], [Reflected], [Probed] and [Died]
//     judge what a webhook makes of what it is asked otherwise than usual,
//   - [New] and [Established] take a finding that the caller has seen itself.
//
// [Refusal] spells the sentence with which the service refuses a subscription
// whose handshake failed; a service of one's own answers with the same text.
//
// The package sends nothing, reads no clock and keeps nothing: the caller
// observes, and masks the query values of URLs before handing them over. Ids
// of findings never change; new ones are added.
package diagnosis

import (
	"cmp"
	"slices"
	"sync"
)

// Severity tells how much a finding matters.
type Severity string

// A warning is borne by the service today and will hurt; under [Strict] most
// warnings are failures.
const (
	SeverityGood    Severity = "good"
	SeverityWarning Severity = "warning"
	SeverityFailure Severity = "failure"
)

// Mode tells how a judge treats what the service is lenient about.
type Mode string

// Faithful judges as the service does, and bears on loopback what a developer
// cannot avoid there; Strict bears nothing that the documents forbid. The zero
// value reads as Faithful.
const (
	Faithful Mode = "faithful"
	Strict   Mode = "strict"
)

// Finding is one entry of the catalogue: a mistake with a name.
type Finding struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Severity Severity `json:"severity"`
	// Strict is the severity under the mode of that name.
	Strict Severity `json:"strict"`
	Cause  string   `json:"cause"`
	Cure   string   `json:"cure"`
	// Kind is that of the refusal that the service answers a failure with
	// ([Refusal]); empty where it refuses nothing.
	Kind Kind `json:"kind,omitempty"`
	// Rule holds the ids of docs/protocol.md that the finding rests on.
	Rule string `json:"rule"`
	// Says is what the service answers, with places such as {status} and
	// {url}; empty where it answers nothing or nobody has seen what.
	Says string `json:"says,omitempty"`
	// Cases are narrower causes that a judge can tell apart.
	Cases []Case `json:"cases,omitempty"`
}

// Case is a narrower cause of a finding, with its own cure.
type Case struct {
	Name string `json:"name"`
	// Title stands in the place of the finding's; empty means that one.
	Title string `json:"title,omitempty"`
	Cause string `json:"cause"`
	Cure  string `json:"cure"`
}

// Diagnosis is a finding met in the world. Its title, cause and cure are those
// of the case where one was told apart, and its severity is the one that counts
// under the mode and the circumstances.
type Diagnosis struct {
	Finding
	Case string `json:"case,omitempty"`
	// Detail is the concrete observation, At the place of it.
	Detail string `json:"detail,omitempty"`
	At     string `json:"at,omitempty"`
	// Sent and Got are short excerpts with control characters made visible.
	Sent string `json:"sent,omitempty"`
	Got  string `json:"got,omitempty"`
	// Service is what the service would answer to who created the subscription.
	Service string `json:"service,omitempty"`
}

// Catalog returns all findings, sorted by id. The slice is the caller's.
func Catalog() []Finding {
	all := slices.Concat(
		bodyFindings(), answerFindings(), connectionFindings(),
		deliveryFindings(), deliveryConnectionFindings(),
		receiverFindings(), contentFindings(), tokenFindings(), subscribeFindings(), refusedFindings(),
		conformanceFindings(),
	)
	for i := range all {
		all[i] = all[i].spoken()
	}
	slices.SortFunc(all, func(a, b Finding) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// Lookup returns the finding with the given id.
func Lookup(id string) (Finding, bool) {
	f, ok := findings()[id]
	f.Cases = slices.Clone(f.Cases) // those of the findings are everybody's
	return f, ok
}

// findings is the catalogue by id: made when the first is needed, not at the
// start of every program, and never changed, as every handshake with a webhook
// on this machine looks one up.
var findings = sync.OnceValue(func() map[string]Finding {
	byID := make(map[string]Finding)
	for _, f := range Catalog() {
		byID[f.ID] = f
	}
	return byID
})

// New returns the diagnosis of a finding that the caller has established
// itself, such as a refused property of a subscription.
func New(id string, mode Mode, detail string) (Diagnosis, bool) {
	if _, ok := findings()[id]; !ok {
		return Diagnosis{}, false
	}
	r := report{mode: mode}
	r.add(id, fact{detail: detail})
	return r.found[0], true
}

// Failed tells whether a diagnosis is among them that the webhook has to be
// changed for.
func Failed(diagnoses []Diagnosis) bool {
	return slices.ContainsFunc(diagnoses, func(d Diagnosis) bool { return d.Severity == SeverityFailure })
}

// spoken fills in the sentence of today's service, where it refuses.
func (f Finding) spoken() Finding {
	if f.Says == "" && f.Severity == SeverityFailure {
		f.Says = template(StyleGraph, f.Kind)
	}
	return f
}

// report collects the diagnoses of one judgement.
type report struct {
	mode    Mode
	style   Style
	failure Failure // what the sentence of the service tells beside the kind
	found   []Diagnosis
}

// fact is what a judge adds to a finding. An empty severity means the
// catalogue's.
type fact struct {
	name     string // of the case
	detail   string
	at       string
	sent     string
	got      string
	severity Severity
}

// add appends a diagnosis; an id that is not in the catalogue would be lost,
// which the test of the catalogue excludes.
func (r *report) add(id string, f fact) {
	found, ok := findings()[id]
	if !ok {
		return
	}
	d := Diagnosis{Finding: found, Detail: f.detail, At: f.at, Sent: f.sent, Got: f.got}
	for _, c := range found.Cases {
		if c.Name == f.name {
			d.Case, d.Cause, d.Cure = c.Name, c.Cause, c.Cure
			d.Title = cmp.Or(c.Title, d.Title)
		}
	}
	d.Cases = nil
	if r.mode == Strict {
		d.Severity = found.Strict
	}
	if f.severity != "" {
		d.Severity = f.severity
	}
	// A finding that the service refuses is told its sentence even where the
	// circumstances (loopback) make it a warning here.
	if found.Severity == SeverityFailure || d.Severity == SeverityFailure {
		failure := r.failure
		failure.Kind = found.Kind
		d.Service = Refusal(r.style, failure)
	}
	r.found = append(r.found, d)
}

// verdict returns the diagnoses, failures first, else in the order found.
func (r *report) verdict() []Diagnosis {
	slices.SortStableFunc(r.found, func(a, b Diagnosis) int { return cmp.Compare(rank(a), rank(b)) })
	return r.found
}

func rank(d Diagnosis) int {
	if d.Severity == SeverityFailure {
		return 0
	}
	return 1
}
