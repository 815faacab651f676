package receiver

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
)

// Request is what a request to the webhook was as a whole, unless it was a handshake: the Data of an entry of kind journal.Received.
// Each of its items has an entry of its own.
type Request struct {
	Items    int                   `json:"items"`
	Coding   string                `json:"coding,omitempty"` // the Content-Encoding that was undone
	Mended   string                `json:"mended,omitempty"` // what had to be put right before it could be read
	Findings []diagnosis.Diagnosis `json:"findings,omitempty"`
}

// worst is the first failure, else the first finding.
func (r *Request) worst() (worst diagnosis.Diagnosis, found bool) {
	if len(r.Findings) == 0 {
		return worst, false
	}
	for _, d := range r.Findings {
		if d.Severity == diagnosis.SeverityFailure {
			return d, true
		}
	}
	return r.Findings[0], true
}

// notification reads, answers, and judges only then: the service waits for 3 s, and a webhook's own work is none of its business.
func (r *Receiver) notification(c *call) {
	x := c.entry.Exchange
	body, coding, err := readBody(c.w, c.req, c.header, r.config.BodyLimit)
	x.RequestBody = body
	if err != nil {
		r.refuseBody(c, &Request{Findings: r.unreadable(c, body, err)}, err)
		return
	}
	if coding != "" { // the journal keeps what can be read, and says so
		maps.DeleteFunc(x.RequestHeader, func(name string, _ []string) bool { return strings.EqualFold(name, "Content-Encoding") })
	}
	read, err := r.skimmer.Skim(c.header, body)
	if err == nil && !utf8.Valid(body) {
		err = errEncoding
	}
	request := &Request{Coding: coding, Findings: r.examine(c, body, read, err)}
	if err != nil {
		r.refuseBody(c, request, err)
		return
	}
	request.Items, request.Mended = len(read.Items), read.Mended
	if worst, found := request.worst(); found {
		x.Finding = worst.ID
	}
	if read.Dialect != nil {
		c.entry.Dialect = read.Dialect.String()
	}
	c.entry.Data, c.entry.Note = request, note(request)
	r.counts.notifications.Add(int64(len(read.Items)))
	a := answerTo(c.req, r.answers.Load().Notification)
	r.judge(c, r.answer(c, a.Delay, r.notificationReply(a)), read)
}

// errEncoding is the fault of a body that reads like JSON but for its letters.
var errEncoding = errors.New("read notification: the body is not UTF-8")

// notificationReply is any 2xx without a body, unless it is to be another (R29).
func (r *Receiver) notificationReply(a Answer) reply {
	switch {
	case a.Body != "" || a.ContentType != "":
		return a.reply(notificationStatus, plainText, nil)
	case a.Status == http.StatusNoContent: // which has no Content-Length
		return reply{status: a.Status}
	case a.Status != 0:
		return reply{status: a.Status, header: r.accepted}
	}
	return reply{status: notificationStatus, header: r.accepted}
}

// unreadable diagnoses a body that could not be read to its end.
func (r *Receiver) unreadable(c *call, body []byte, err error) []diagnosis.Diagnosis {
	received := r.received(c, body)
	received.TooLarge = errors.Is(err, errTooLarge)
	var coding *codingError
	if errors.As(err, &coding) {
		received.Encoding = coding.cause
	}
	if !received.TooLarge && received.Encoding == nil {
		return nil
	}
	return diagnosis.Body(received, r.config.Mode)
}

// examine diagnoses a body that was read, be it understood or not. Most are in order, which is seen without taking them apart again.
func (r *Receiver) examine(c *call, body []byte, read *dialect.Body, err error) []diagnosis.Diagnosis {
	if err == nil && isJSON(c.header.Get("Content-Type")) && len(read.Items) > 0 && !slices.ContainsFunc(read.Items, odd) {
		return nil
	}
	received := r.received(c, body)
	if read != nil {
		if read.Dialect != nil {
			received.Dialect = read.Dialect.String()
		}
	}
	found := diagnosis.Body(received, r.config.Mode)
	if read != nil && read.Mended != "" { // it was understood after all, and the request says how
		found = slices.DeleteFunc(found, func(d diagnosis.Diagnosis) bool { return d.ID == "receiver-not-json" })
	}
	return found
}

func (r *Receiver) received(c *call, body []byte) diagnosis.ReceivedBody {
	return diagnosis.ReceivedBody{Method: c.req.Method, Header: c.header, Body: body, Limit: r.config.BodyLimit}
}

// isJSON knows the two content types that the service sends (W4.1-07, W4.1-08); diagnosis knows all.
func isJSON(contentType string) bool {
	return strings.EqualFold(contentType, "application/json") || strings.EqualFold(contentType, "application/json; charset=utf-8")
}

// odd tells an entry that is no object.
func odd(item dialect.Item) bool { return len(item.Raw) == 0 || item.Raw[0] != '{' }

func note(r *Request) string {
	text := strconv.Itoa(r.Items) + " notifications"
	if r.Items == 1 {
		text = "1 notification"
	}
	if r.Coding != "" {
		text += fmt.Sprintf(", %s undone", r.Coding)
	}
	if r.Mended != "" {
		text += "; mended: " + r.Mended
	}
	return text
}
