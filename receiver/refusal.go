package receiver

import (
	"errors"
	"net/http"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
)

// refuse answers what is no notification and no handshake. The journal keeps it like everything else.
func (r *Receiver) refuse(c *call, a reply) {
	r.counts.refused.Add(1)
	r.answer(c, 0, a)
}

// refuseMethod answers what is no POST. A handshake by GET is a common mistake of who plays the service by hand: say so.
func (r *Receiver) refuseMethod(c *call, t token) {
	found := diagnosis.Body(diagnosis.ReceivedBody{Method: c.req.Method}, r.config.Mode)
	c.entry.Data = &Request{Findings: found}
	c.entry.Note = c.req.Method + " is not taken"
	if t.text != "" {
		c.entry.Note += ", a validation token neither"
	}
	c.entry.Exchange.Finding = found[0].ID
	a := errorReply(http.StatusMethodNotAllowed, found[0].ID, "notifications and handshakes are POST requests, this one is "+c.req.Method, found[0].Cure)
	a.header.Set("Allow", http.MethodPost)
	r.refuse(c, a)
}

// refuseBody answers a POST whose body holds no notification that can be understood.
func (r *Receiver) refuseBody(c *call, request *Request, err error) {
	c.entry.Data, c.entry.Note = request, "no notification"
	c.entry.Exchange.Error = err.Error()
	worst, found := request.worst()
	if !found { // nothing that a sender could do about: the connection broke
		r.refuse(c, errorReply(http.StatusBadRequest, "receiver-broken-off", err.Error(), "send the whole body, as long as Content-Length says"))
		return
	}
	c.entry.Exchange.Finding = worst.ID
	r.refuse(c, errorReply(refusalStatus(err), worst.ID, refusalMessage(worst, err), worst.Cure))
}

func refusalStatus(err error) int {
	switch {
	case errors.Is(err, errTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errUnsupported):
		return http.StatusUnsupportedMediaType
	}
	return http.StatusBadRequest
}

// refusalMessage names the fault, and its line and column where there is one. It repeats nothing of the body but a character.
func refusalMessage(d diagnosis.Diagnosis, err error) string {
	var broken *dialect.BodyError
	if errors.As(err, &broken) && broken.Line > 0 {
		return d.Title + ": " + broken.Error()
	}
	return d.Title + ": " + d.Detail
}
