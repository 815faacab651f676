package diagnosis

import (
	"net/http"
	"slices"
	"strings"
)

// Taken is one attempt to deliver, as [Delivery] has judged it.
type Taken struct {
	Answer
	Diagnoses []Diagnosis
}

// Stranger judges the answer to a notification that the webhook has no reason to believe: nobody told it of the subscription. What
// rests on that, such as a refusal with 403 or an acceptance, is left open; what is wrong whoever sent it, such as a timeout, a 500 or a
// redirect, is found.
func Stranger(t Taken) (found []Diagnosis, open bool) {
	switch {
	case accepted2xx(t.Answer):
		return t.Diagnoses, true
	case RefusesStranger(t.Answer):
		return nil, true
	}
	return t.Diagnoses, false
}

func accepted2xx(a Answer) bool { return a.Status >= 200 && a.Status < 300 }

// RefusesStranger tells whether an answer may be meant for one who is not known. Others of 4xx are about the request's form.
func RefusesStranger(a Answer) bool {
	switch a.Status {
	case http.StatusMethodNotAllowed, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusTooManyRequests:
		return false
	}
	return a.Status >= 400 && a.Status < 500 && !pageOf(a).csrf()
}

// Variation is what came back on something that was sent otherwise than a plain notification, which was answered well before.
type Variation struct {
	// Finding is what it is called if this is answered worse.
	Finding string
	// Foreign says that nothing in it was the webhook's to take: to refuse it with a 4xx is as good as to accept it.
	Foreign bool
	// Sent is what was sent, in a few words.
	Sent    string
	Answers []Taken
}

// Varied judges a variation: at most one diagnosis, of the first answer that is wrong.
func Varied(v Variation, mode Mode) []Diagnosis {
	for _, t := range v.Answers {
		if v.Foreign && t.Status >= 400 && t.Status < 500 || len(t.Diagnoses) == 0 {
			continue
		}
		first := t.Diagnoses[0]
		return Established(v.Finding, mode, Evidence{Sent: v.Sent, Detail: first.Detail, At: first.At, Got: first.Got})
	}
	return nil
}

// HandshakeVariation is a handshake other than the plain one, which was answered well before.
type HandshakeVariation struct {
	Finding string
	// Token says that what varied is the token: if its shape tells what went wrong with it, that is found instead.
	Token bool
	// Escaped says that the token may come back escaped for HTML, as whoever fears scripts does.
	Escaped bool
	Sent    string
	Answer  HandshakeAnswer
}

// VariedHandshake judges it: at most one diagnosis. What is wrong with the address or the certificate was wrong before.
func VariedHandshake(v HandshakeVariation, mode Mode) []Diagnosis {
	found := slices.DeleteFunc(Handshake(v.Answer, mode), func(d Diagnosis) bool {
		switch d.ID {
		case "handshake-http-url", "handshake-credentials", "handshake-tls", "handshake-content-type":
			return d.ID != "handshake-tls" || v.Answer.Status != 0
		}
		return d.ID == "handshake-html-escaped" && v.Escaped
	})
	if len(found) == 0 {
		return nil
	}
	first := found[0]
	if v.Token && slices.Contains(tokenShapes(), first.ID) {
		return found[:1]
	}
	j := report{mode: mode, style: v.Answer.Style}
	j.failure = Failure{Status: v.Answer.Status, URL: v.Answer.URL}
	j.add(v.Finding, fact{detail: first.Detail, at: first.At, sent: v.Sent, got: first.Got})
	return j.found
}

// tokenShapes are the findings that tell what was done to a token.
func tokenShapes() []string {
	return []string{
		"handshake-plus", "handshake-undecoded", "handshake-double-encoded", "handshake-double-decoded", "handshake-html-escaped",
		"handshake-charset", "handshake-case", "handshake-cut",
	}
}

// Reflected judges the answer to a token with a script in it: whoever echoes that as a web page lets a link run it.
func Reflected(h HandshakeAnswer, mode Mode) []Diagnosis {
	if h.Err != nil || !strings.Contains(string(h.Body), h.Token) || !OpensAsPage(h.Header) {
		return nil
	}
	j := handshake{HandshakeAnswer: h, report: report{mode: mode, style: h.Style}}
	j.add("handshake-reflected", fact{
		detail: "the content type is " + excerpt(h.Header.Get("Content-Type")), at: "header Content-Type", sent: j.sent(), got: shown(h.Answer),
	})
	return j.found
}

// OpensAsPage tells whether a browser shows a body as a web page.
func OpensAsPage(h http.Header) bool {
	media, _, _ := strings.Cut(strings.ToLower(h.Get("Content-Type")), ";")
	switch strings.TrimSpace(media) {
	case "text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml":
		return true
	}
	return false
}

// Probed judges the answer to a request without token or body, as anybody sends it: whatever it says will do, so long as it comes and
// blames nobody.
func Probed(method string, a Answer, mode Mode) []Diagnosis {
	if a.Err == nil && a.Status < http.StatusInternalServerError || a.Err == nil && a.Status == http.StatusNotImplemented {
		return nil
	}
	j := report{mode: mode}
	f := fact{at: "status", sent: method + " without a token"}
	if a.Err != nil {
		f.at, f.detail = "connection", "your webhook answered nothing: "+seen(a.Err)
		if kind, _ := classify(a.Err); kind == troubleTimeout {
			f.detail = "no answer within " + round(a.Took)
		}
	} else {
		f.detail, f.got = "your webhook answered "+statusLine(a)+pageOf(a).reason(), shown(a)
	}
	j.add("handshake-probe", f)
	return j.found
}

// Died is what is said of a webhook that answered a plain request before what was sent last, and answers it no more.
func Died(after string, t Taken, mode Mode) []Diagnosis {
	e := Evidence{Sent: after}
	if len(t.Diagnoses) > 0 {
		e.Detail, e.At, e.Got = t.Diagnoses[0].Detail, t.Diagnoses[0].At, t.Diagnoses[0].Got
	}
	return Established("webhook-died", mode, e)
}

// Evidence is what was seen of a finding that the caller has established itself.
type Evidence struct {
	Sent, Got, Detail, At string
}

// Established is such a finding; none if there is none of that id.
func Established(id string, mode Mode, e Evidence) []Diagnosis {
	j := report{mode: mode}
	j.add(id, fact{sent: e.Sent, got: e.Got, detail: e.Detail, at: e.At})
	return j.found
}
