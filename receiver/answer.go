package receiver

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// AnswerWith lets the one request whose context it is be answered so, whatever the receiver's [Answers] are: for a handler in front of
// a receiver that decides request by request.
func AnswerWith(ctx context.Context, a Answer) context.Context {
	return context.WithValue(ctx, answerKey{}, a)
}

type answerKey struct{}

// answerTo is how a request is answered: as its context says, else as usual.
func answerTo(req *http.Request, usual Answer) Answer {
	if a, ok := req.Context().Value(answerKey{}).(Answer); ok {
		return a
	}
	return usual
}

// reply is an answer, ready to be sent.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// reply is what to answer instead of the right body.
func (a Answer) reply(status int, contentType string, body []byte) reply {
	if a.Status != 0 {
		status = a.Status
	}
	if a.ContentType != "" {
		contentType = a.ContentType
	}
	if a.Body != "" {
		body = []byte(a.Body)
	}
	return textReply(status, contentType, body)
}

// textReply answers with a text that may have come from a stranger: no browser takes it for a page, no cache keeps it.
func textReply(status int, contentType string, body []byte) reply {
	return reply{status, http.Header{
		"Content-Type":           {contentType},
		"Content-Length":         {strconv.Itoa(len(body))},
		"X-Content-Type-Options": {"nosniff"},
		"Cache-Control":          {"no-store"},
	}, body}
}

// errorReply says what is wrong with a request, to whoever wrote the code that sent it.
func errorReply(status int, code, message, hint string) reply {
	type detail struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Hint    string `json:"hint"`
	}
	body, err := json.Marshal(struct {
		Error detail `json:"error"`
	}{detail{code, message, hint}})
	if err != nil { // strings always encode
		body = []byte(`{}`)
	}
	return textReply(status, "application/json; charset=utf-8", body)
}

// answer waits as long as it is to wait, writes the entry and then the answer, and returns the entry's number: whoever has the answer
// finds the request in the journal. Nothing is written once the sender has gone.
func (r *Receiver) answer(c *call, delay time.Duration, a reply) (seq uint64) {
	if c.pass != nil {
		return c.pass(c)
	}
	x := c.entry.Exchange
	if delay > 0 {
		if err := r.config.Sleep(c.req.Context(), delay); err != nil {
			x.Took = time.Since(x.Started)
			x.Error = "the sender gave up before it was answered"
			return r.journal.Append(c.entry)
		}
	}
	x.Took = time.Since(x.Started)
	x.Status, x.ResponseHeader, x.ResponseBody = a.status, a.header, a.body
	seq = r.journal.Append(c.entry)

	header := c.w.Header()
	for name, values := range a.header {
		header[name] = values
	}
	c.w.WriteHeader(a.status)
	if len(a.body) > 0 && c.req.Method != http.MethodHead {
		_, _ = c.w.Write(a.body) // a sender that has gone has its answer in the journal
	}
	// What follows takes its time without keeping the sender waiting: the answer is complete by its length.
	_ = http.NewResponseController(c.w).Flush()
	return seq
}
