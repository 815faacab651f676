package diagnosis

import (
	"crypto/tls"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/outlocal/outlocal/internal/span"
)

// The limits for the answer to a handshake.
const (
	outlookLimit = 5 * time.Second  // W2.1-08
	graphLimit   = 10 * time.Second // W2.1-09
)

// slowAfter is when a handshake's answer, good as it is, foretells slow
// deliveries: their limit is 3 s (W10-06).
const slowAfter = 3 * time.Second

// HandshakeAnswer is one handshake: what was sent, what came back, and what
// the caller knows beside it.
type HandshakeAnswer struct {
	// Style is the service in whose words a refusal is told.
	Style Style
	// Limit is the time for the whole answer; zero means the style's.
	Limit time.Duration

	Method       string // zero means POST
	URL          string // the notification URL, query values masked
	Parameter    string // validationToken or validationtoken
	Token        string // as the webhook is to answer it
	TokenEncoded string // as it was sent in the query

	Answer

	// Local says that the target is loopback or a host that the user allowed:
	// plain http and a private certificate are borne there (W10-39, R20). A
	// URL that names loopback counts as local without it.
	Local bool
	// TLS is the connection's state, nil without TLS.
	TLS *tls.ConnectionState
	// Untrusted is why the certificate would be refused, where the caller let
	// the connection stand all the same.
	Untrusted error
	// DuringCreate says that a client's create call was waiting for this
	// handshake.
	DuringCreate bool

	Probes      Probes
	Environment Environment
}

// Probes are further requests, made to find the cause of a failed handshake.
// Each is optional.
type Probes struct {
	OtherParameter *Probe // the parameter's name in the other case
	GET            *Probe // GET instead of POST
	Again          *Probe // the same again; after a create call, once that has returned
	OtherLoopback  *Probe // 127.0.0.1 instead of ::1, or the reverse
	HTTPS          *Probe // https instead of http, at the same port
}

// Probe is one further request with a token of its own.
type Probe struct {
	Token string
	Answer
}

// Handshake judges the answer to a validation request. It returns all
// findings, the primary cause first, and none if the answer is good. A call
// that the caller itself gave up (context.Canceled) is nothing to judge.
func Handshake(h HandshakeAnswer, mode Mode) []Diagnosis {
	j := handshake{HandshakeAnswer: h, target: targetOf(h.URL)}
	j.report = report{mode: mode, style: h.Style}
	j.failure = Failure{Status: h.Status, URL: h.URL, Host: j.target.host}
	j.address()
	switch {
	case h.Err != nil:
		j.unanswered()
	case h.Took > j.limit():
		j.late()
		j.answered()
	default:
		j.answered()
		j.slow()
	}
	j.certificate()
	return j.verdict()
}

// handshake is one judgement in the making.
type handshake struct {
	HandshakeAnswer
	report
	target target
}

func (j *handshake) limit() time.Duration {
	switch {
	case j.Limit > 0:
		return j.Limit
	case j.Style == StyleOutlook:
		return outlookLimit
	default:
		return graphLimit
	}
}

// bearable is the severity of what is refused in production and borne on
// loopback.
func (j *handshake) bearable() Severity {
	if j.mode != Strict && (j.Local || j.target.loopback()) {
		return SeverityWarning
	}
	return SeverityFailure
}

// address comes first: the service refuses such a URL before it calls it
// (W2.4-09).
func (j *handshake) address() {
	if j.target.credentials {
		j.add("handshake-credentials", fact{detail: "something stands before an @ and the host", at: "notification URL"})
	}
	if j.target.scheme == "http" {
		f := fact{detail: "the notification URL begins with http://", at: "notification URL", severity: j.bearable()}
		if f.severity == SeverityWarning {
			f.detail = "borne on this machine, refused by the service"
		}
		j.add("handshake-http-url", f)
	}
}

func (j *handshake) certificate() {
	if j.Untrusted != nil {
		_, name := classify(j.Untrusted)
		j.add("handshake-tls", fact{
			name: name, detail: seen(j.Untrusted), at: "certificate", severity: j.bearable(),
		})
	}
	if j.TLS != nil && j.TLS.Version != 0 && j.TLS.Version < tls.VersionTLS12 {
		j.add("handshake-tls", fact{
			name: "version", detail: "the connection uses " + tls.VersionName(j.TLS.Version), at: "TLS", severity: j.bearable(),
		})
	}
}

func (j *handshake) slow() {
	if j.Took > slowAfter {
		j.add("handshake-slow", fact{detail: "your webhook answered after " + round(j.Took)})
	}
}

// answered judges a complete answer in HTTP.
func (j *handshake) answered() {
	if echoes(j.Answer, j.Token) {
		j.contentType()
		return
	}
	f := fact{detail: "your webhook answered " + statusLine(j.Answer), at: "status", sent: j.sent(), got: shown(j.Answer)}
	switch {
	case echoed(j.Probes.OtherParameter):
		f.detail = "with " + otherCase(j.Parameter) + " instead of " + j.Parameter + " your webhook answers well"
		f.at = "query"
		j.add("handshake-parameter", f)
	case echoed(j.Probes.GET) && !pageOf(j.Answer).csrf(): // who guards POSTs alone has a route for them
		f.detail += " to POST, and the token to GET"
		f.at = "method"
		j.add("handshake-get-only", f)
	case j.stranger(f):
	case j.Status != http.StatusOK:
		j.status(f)
	default:
		j.body()
	}
}

// stranger judges an answer that is not the webhook's at all.
func (j *handshake) stranger(f fact) bool {
	p := pageOf(j.Answer)
	code, ngrok := p.ngrok()
	switch {
	case ngrok:
		f.name, f.detail = ngrokCase(code), "ngrok answered "+excerpt(code)
		j.add("handshake-ngrok", f)
	case p.airPlay(j.Environment, j.target.port):
		j.add("handshake-airplay", f)
	case p.tunnel(j.target.host):
		j.add("handshake-tunnel", f)
	case p.wrongHost(): // with status 200, too: webpack's server did so
		j.add("handshake-host", f)
	default:
		return false
	}
	return true
}

// ngrokCase tells ngrok's commonest errors apart, by their public numbers.
func ngrokCase(code string) string {
	switch code {
	case "ERR_NGROK_3200":
		return "offline"
	case "ERR_NGROK_8012", "ERR_NGROK_3004":
		return "upstream"
	case "ERR_NGROK_6024":
		return "page"
	default:
		return ""
	}
}

// contentType judges the header of an answer whose body is right.
func (j *handshake) contentType() {
	raw := j.Header.Get("Content-Type")
	media, params, err := mime.ParseMediaType(raw)
	charset := strings.ToLower(params["charset"])
	var id, detail string
	switch {
	case strings.HasPrefix(charset, "utf-16"), strings.HasPrefix(charset, "utf-32"):
		id, detail = "handshake-charset", "the content type says "+excerpt(charset)
	case raw == "":
		id, detail = "handshake-content-type", "the answer has no content type"
	case err != nil || media != "text/plain":
		id, detail = "handshake-content-type", "the content type is "+excerpt(raw)
	default:
		return
	}
	j.add(id, fact{detail: detail, at: "header Content-Type", sent: j.sent(), got: excerpt(raw)})
}

// sent is the request in one line. The URL's query is masked by the caller.
func (j *handshake) sent() string {
	method := j.Method
	if method == "" {
		method = http.MethodPost
	}
	return method + " …" + j.Parameter + "=" + excerpt(j.TokenEncoded)
}

// echoes tells whether an answer is the one that the service wants.
func echoes(a Answer, token string) bool {
	return a.Err == nil && a.Status == http.StatusOK && !a.BodyTruncated && string(a.Body) == token
}

func echoed(p *Probe) bool {
	return p != nil && echoes(p.Answer, p.Token)
}

func otherCase(parameter string) string {
	if lower := strings.ToLower(parameter); lower != parameter {
		return lower
	}
	return "validationToken"
}

// round spells a duration as a human would.
func round(d time.Duration) string {
	if d >= time.Second {
		return span.Text(d.Round(10 * time.Millisecond))
	}
	return d.Round(time.Millisecond).String()
}
