package receiver

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/journal"
)

// Forwarded is what came of a request that was passed to a local webhook, as the service will see it: the Data of an entry of kind
// journal.Attempt, whose cause is the entry of the request.
type Forwarded struct {
	Replay    bool                  `json:"replay,omitempty"` // the service has been answered before and sees nothing of it
	Class     diagnosis.Class       `json:"class,omitempty"`  // empty where there is nothing to compare with: the token can't be read
	Delivered bool                  `json:"delivered"`        // or, of a handshake, passed
	Diagnoses []diagnosis.Diagnosis `json:"diagnoses,omitempty"`
}

// note says it in a line.
func (f *Forwarded) note() string {
	what := "passed on"
	if f.Replay {
		what = "replayed"
	}
	if f.Class != "" {
		what += ": " + string(f.Class)
	}
	return what
}

// givesUp is when, at the earliest, a service gives up on a webhook (W10-06). A sender that goes before has lost its connection.
const givesUp = 3 * time.Second

// judge judges the answer as the service will.
func (p *passage) judge() *Forwarded {
	f := &Forwarded{Replay: p.replay}
	switch {
	case p.gone:
		f.Class, f.Diagnoses = diagnosis.ClassFailed, p.forsaken()
	case p.token.parameter.name != "":
		f.Diagnoses = p.judgeHandshake()
		f.Class = diagnosis.ClassGood
		if diagnosis.Failed(f.Diagnoses) {
			f.Class = diagnosis.ClassFailed
		}
	case p.entry.Kind != journal.Handshake:
		var v diagnosis.Verdict
		v, f.Diagnoses = diagnosis.Delivery(diagnosis.DeliveryAnswer{
			URL: p.judged(), Answer: p.answer, Environment: p.forwarder.environment,
		}, p.forwarder.receiver.config.Mode)
		f.Class = v.Class
	}
	f.Delivered = f.Class == diagnosis.ClassGood || f.Class == diagnosis.ClassLate
	return f
}

// forsaken judges a webhook whose sender gave up.
func (p *passage) forsaken() []diagnosis.Diagnosis {
	if p.answer.Took < givesUp {
		return nil
	}
	id := "delivery-timeout"
	if p.entry.Kind == journal.Handshake {
		id = "handshake-timeout"
	}
	detail := "the service gave up after " + p.answer.Took.Round(time.Millisecond).String()
	d, _ := diagnosis.New(id, p.forwarder.receiver.config.Mode, detail)
	return []diagnosis.Diagnosis{d}
}

func (p *passage) judgeHandshake() []diagnosis.Diagnosis {
	style := styleOf(p.token.parameter.name)
	found := diagnosis.Handshake(diagnosis.HandshakeAnswer{
		Style: style, Method: http.MethodPost, URL: p.judged(),
		Parameter: p.token.parameter.name, Token: p.token.text, TokenEncoded: encoded(p.query, p.token),
		Answer: p.answer, Local: true, Environment: p.forwarder.environment,
	}, p.forwarder.receiver.config.Mode)
	for i := range found {
		if found[i].Service != "" {
			found[i].Service = diagnosis.Refusal(style, p.failure(found[i].Kind))
		}
	}
	return found
}

// failure is what the service tells of a failed handshake: it knows the public URL, and where there was no answer, it sees ours.
func (p *passage) failure(kind diagnosis.Kind) diagnosis.Failure {
	public, _, _ := strings.Cut(p.entry.URL, "?") // the query begins with the token
	f := diagnosis.Failure{Kind: kind, Status: p.answer.Status, URL: https(public)}
	if kind != diagnosis.KindTimeout && p.answer.Err != nil {
		f.Kind, f.Status = diagnosis.KindStatus, http.StatusBadGateway
	}
	return f
}

// judged is the target as if the service called it: by https, which ends before us, so that http is nothing to blame the webhook for.
func (p *passage) judged() string { return https(p.forwarder.masked()) }

func https(u string) string {
	_, rest, _ := strings.Cut(u, "://")
	return "https://" + rest
}

// encoded is a token as it stands in a query.
func encoded(query string, t token) string {
	for part := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(part, "="); name == t.parameter.name {
			return value
		}
	}
	return url.QueryEscape(t.text)
}

// styleOf tells in whose words the services that spell a parameter so tell of a failed handshake (W2.1-02, W2.1-03).
func styleOf(parameter string) diagnosis.Style {
	if parameter == dialect.OutlookFinal.Handshake.Parameter {
		return diagnosis.StyleOutlook
	}
	return diagnosis.StyleGraph
}
