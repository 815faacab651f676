package diagnosis

import (
	"net/http"
	"slices"
	"time"
)

// The times that today's service gives a webhook (W10-06).
const (
	goodWithin = 3 * time.Second
	lateWithin = 10 * time.Second
)

// Terms are the rules by which the service of a time judges an answer. The
// zero value is today's: any 2xx, good within 3 s, late within 10 s.
type Terms struct {
	Good time.Duration // within it an answer is good; zero means 3 s
	Late time.Duration // within it an answer counts; zero means 10 s, or Good if that is longer
	// Success holds the statuses that accept; empty means any 2xx.
	Success []int
	// Removes is the status that deletes the subscription (W10-33); 0: none.
	Removes int
}

// DeliveryAnswer is one attempt to deliver notifications, and what the
// service is about to do if it failed.
type DeliveryAnswer struct {
	Terms Terms
	URL   string // the notification URL, query values masked
	Answer
	// RetryIn is when the service will try again; zero if it will not.
	RetryIn     time.Duration
	Environment Environment
}

// Class tells whether a delivery counts.
type Class string

// A late delivery has arrived, and counts against the endpoint.
const (
	ClassGood   Class = "good"
	ClassLate   Class = "late"
	ClassFailed Class = "failed"
)

// Verdict is what an answer means for the delivery.
type Verdict struct {
	Class Class `json:"class"`
	// Next says what the service does now.
	Next string `json:"next"`
}

// Delivery judges the answer to a notification, and tells what the service
// makes of it.
func Delivery(d DeliveryAnswer, mode Mode) (Verdict, []Diagnosis) {
	j := delivery{DeliveryAnswer: d, report: report{mode: mode}}
	good, late := d.Terms.limits()
	switch {
	case d.Err != nil:
		j.unanswered()
	case d.Took > late:
		j.add("delivery-timeout", fact{
			detail: "your webhook answered after " + round(d.Took) + ", the limit is " + round(late),
			at:     "end of the response body", got: shown(d.Answer),
		})
	case !d.Terms.accepts(d.Status):
		j.refused()
	default:
		if d.Took > good {
			j.add("delivery-late", fact{detail: "your webhook answered after " + round(d.Took) + ", good is " + round(good)})
		}
		if len(d.Body) > 0 && pageOf(d.Answer).html() {
			j.add("delivery-html", fact{detail: "the answer is a web page", at: "response body", got: shown(d.Answer)})
		}
		return accepted(d.Took, good), j.verdict()
	}
	return d.failed(late), j.verdict()
}

func (t Terms) limits() (good, late time.Duration) {
	good, late = t.Good, t.Late
	if good == 0 {
		good = goodWithin
	}
	if late == 0 {
		late = max(good, lateWithin)
	}
	return good, late
}

func (t Terms) accepts(status int) bool {
	if len(t.Success) > 0 {
		return slices.Contains(t.Success, status)
	}
	return status >= 200 && status < 300
}

func accepted(took, good time.Duration) Verdict {
	if took > good {
		return Verdict{ClassLate, "delivered, and counted as slow"}
	}
	return Verdict{ClassGood, "delivered"}
}

func (d DeliveryAnswer) failed(late time.Duration) Verdict {
	inTime := d.Err == nil && d.Took <= late
	switch {
	case inTime && d.Terms.Removes != 0 && d.Status == d.Terms.Removes:
		return Verdict{ClassFailed, "the subscription is deleted"}
	case d.RetryIn > 0:
		return Verdict{ClassFailed, "retried in " + round(d.RetryIn)}
	default:
		return Verdict{ClassFailed, "given up: the notification is lost"}
	}
}

// delivery is one judgement in the making.
type delivery struct {
	DeliveryAnswer
	report
}

func (j *delivery) unanswered() {
	kind, _ := classify(j.Err)
	f := fact{detail: seen(j.Err), at: "connection"}
	if _, late := j.Terms.limits(); kind == troubleTimeout {
		f.detail = "no answer within " + round(late)
	}
	if j.Status != 0 {
		f.at, f.got = "response body", shown(j.Answer)
	}
	j.add("delivery-"+string(kind), f)
}

// refused judges an answer in time whose status does not accept.
func (j *delivery) refused() {
	p := pageOf(j.Answer)
	f := fact{detail: "your webhook answered " + statusLine(j.Answer), at: "status", got: shown(j.Answer)}
	_, ngrok := p.ngrok()
	switch {
	case ngrok, p.tunnel(targetOf(j.URL).host):
		j.add("delivery-tunnel", f)
	case p.redirect():
		location := withoutQuery(j.Header.Get("Location"))
		f.detail += " to " + location
		f.at, f.got = "header Location", statusLine(j.Answer)+", Location: "+location
		if p.loginRedirect() {
			j.add("delivery-login-redirect", f)
			return
		}
		j.add("delivery-redirect", f)
	case j.Terms.Removes != 0 && j.Status == j.Terms.Removes:
		f.name = "removes"
		j.add("delivery-status", f)
	default:
		id, name := refusal(j.Status)
		f.name = name
		f.detail += p.reason()
		j.add(id, f)
	}
}

// refusal names the finding of a status that does not accept.
func refusal(status int) (id, name string) {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		return "delivery-unauthorized", ""
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity:
		return "delivery-body-parser", ""
	case http.StatusNotFound, http.StatusGone:
		return "delivery-not-found", ""
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return "delivery-method", ""
	case http.StatusTooManyRequests:
		return "delivery-throttled", ""
	}
	switch {
	case status >= 500:
		return "delivery-error", ""
	case status >= 200 && status < 300:
		return "delivery-status", "profile"
	default:
		return "delivery-status", ""
	}
}
