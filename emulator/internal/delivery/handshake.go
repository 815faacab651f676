package delivery

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/journal"
)

// beyondToken is how much of an answer is read beyond the token: enough for a diagnosis to recognise a page, and nothing that a webhook
// could fill memory with.
const beyondToken = 4 << 10

// HandshakeRequest asks for one validation of a notification or lifecycle URL.
type HandshakeRequest struct {
	Dialect     *dialect.Dialect // one with a handshake
	URL         string
	ClientState string
	RequestID   string // of the client's request, a GUID: the token is made of it
	Token       string // in the place of the dialect's own
	Method      string // POST if empty; the service has no other, but who looks for the cause of a failure may try

	// The rest is for the journal.
	Subscription string
	Mailbox      string
	App          string
	Cause        uint64
}

// HandshakeResult is how a handshake went.
type HandshakeResult struct {
	Answer    diagnosis.HandshakeAnswer
	Diagnoses []diagnosis.Diagnosis // the primary cause first; there may be warnings when it went well
	Failure   *diagnosis.Failure    // what the service says of it; nil when it went well
	Entry     uint64                // its journal entry
}

// Handshake posts a validation token to a URL and returns when the answer is judged (W2.1). Its limit is real time, to the last byte of
// the answer, and never shortened by a virtual clock. When ctx ends before, or the engine is closed, it has failed.
func (e *Engine) Handshake(ctx context.Context, h HandshakeRequest) HandshakeResult {
	rules := h.Dialect.Handshake
	token := cmp.Or(h.Token, rules.Token(h.RequestID))
	address := rules.URL(h.URL, token)
	t := e.newTarget(address, journal.MaskHandshake(address))
	if h.Method == "" {
		h.Method = http.MethodPost
	}
	if t.template != nil {
		t.template.Method = h.Method // the target is this request's own
	}

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.life, cancel)()

	limit := rules.Limit
	if e.Patience > 0 {
		limit = e.Patience
	}
	flight := e.Clock.Begin("handshake with " + endpointName(t))
	defer flight.End()
	r := request{target: t, header: handshakeHeader(rules, h.ClientState), limit: limit, flight: flight, keep: len(token) + beyondToken}
	within := limiter{parent: ctx}
	defer within.close()
	a := e.post(&within, &r)
	if a.hold != nil {
		defer a.hold.End()
	}

	result := HandshakeResult{Answer: diagnosis.HandshakeAnswer{
		Style: StyleOf(h.Dialect), Limit: rules.Limit, Method: h.Method,
		URL: journal.MaskURL(h.URL), Parameter: rules.Parameter, Token: token, TokenEncoded: dialect.EncodeToken(token),
		Answer: a.Answer, Local: e.local(t), TLS: a.tls, DuringCreate: true, Environment: e.Environment,
	}}
	if a.tls != nil {
		result.Answer.Untrusted = e.untrusted(a.tls, t.template.URL.Hostname())
	}
	result.Diagnoses = diagnosis.Handshake(e.patient(result.Answer), e.Mode)
	result.Failure = failureOf(&result, t)
	result.Entry = e.recordHandshake(&h, &result, &r, &a)
	return result
}

// patient lets an answer count that somebody waited for at a breakpoint.
func (e *Engine) patient(h diagnosis.HandshakeAnswer) diagnosis.HandshakeAnswer {
	if e.Patience > h.Limit {
		h.Limit = e.Patience
	}
	return h
}

// local tells whether it is a place that the user named, where plain http is borne (W10-39).
func (e *Engine) local(t *target) bool {
	return t.handler != nil || t.url != nil && e.Targets.Check(t.url) == nil
}

// failureOf is what the service says of the first finding that it refuses.
func failureOf(r *HandshakeResult, t *target) *diagnosis.Failure {
	i := slices.IndexFunc(r.Diagnoses, func(d diagnosis.Diagnosis) bool { return d.Severity == diagnosis.SeverityFailure })
	switch {
	case i >= 0:
		return &diagnosis.Failure{Kind: r.Diagnoses[i].Kind, Status: r.Answer.Status, URL: t.masked, Host: t.hostname()}
	case r.Answer.Err != nil: // nothing to judge: the client went away
		return &diagnosis.Failure{Kind: diagnosis.KindReset, URL: t.masked, Host: t.hostname()}
	}
	return nil
}

// StyleOf tells in whose words the service of a dialect reports a failed handshake.
func StyleOf(d *dialect.Dialect) diagnosis.Style {
	if d.Family == dialect.Outlook {
		return diagnosis.StyleOutlook
	}
	if d.Handshake != nil {
		switch d.Handshake.Wording {
		case dialect.TellsNothing:
			return diagnosis.StylePreview
		case dialect.TellsFailure:
			return diagnosis.StyleGraph2023
		case dialect.TellsFirst:
			return diagnosis.StyleGraph2016
		case dialect.TellsStatus:
		}
	}
	return diagnosis.StyleGraph
}

func (e *Engine) recordHandshake(h *HandshakeRequest, result *HandshakeResult, r *request, a *reply) uint64 {
	x := &journal.Exchange{
		Method: h.Method, URL: r.target.raw, RequestHeader: r.header.shown,
		Status: a.Status, ResponseHeader: a.Header, ResponseBody: a.Body, Started: a.started, Took: a.Took,
	}
	if a.Err != nil {
		x.Error = a.Err.Error()
	}
	entry := journal.Entry{
		At: e.Clock.Now(), Wall: e.Clock.Wall(), Kind: journal.Handshake, Cause: h.Cause, Dialect: h.Dialect.String(),
		Subscription: h.Subscription, Mailbox: h.Mailbox, App: h.App, URL: h.URL, Exchange: x, Note: "good",
	}
	if h.ClientState != "" { // few handshakes send it (W2.1-04), but a webhook may know it from before
		entry.Secrets = []string{h.ClientState}
	}
	if len(result.Diagnoses) > 0 {
		x.Finding = result.Diagnoses[0].ID
		entry.Note = result.Diagnoses[0].Title
		entry.Data = result.Diagnoses
	}
	return e.Journal.Append(entry)
}
