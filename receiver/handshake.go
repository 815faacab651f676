package receiver

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/journal"
)

// maxToken is the longest token echoed: Graph's has 117 characters (W2.1-12), and whoever sends kilobytes wants something else.
const maxToken = 4 << 10

// Handshake is what a handshake told of itself: the Data of an entry of kind journal.Handshake.
type Handshake struct {
	Parameter string   `json:"parameter"`        // as the token's parameter was spelled
	Dialects  []string `json:"dialects"`         // that spell it so
	Header    string   `json:"header,omitempty"` // that carried a client state; empty if none did
	// Client tells whether that was the expected one.
	Client diagnosis.ClientState `json:"client,omitempty"`
}

// parameter is a spelling of the token's name in the query.
type parameter struct {
	name     string
	dialects []string
	states   []string // headers that the client state comes in
}

// parameters collects the spellings of all dialects: a webhook takes each (W2.1-02, W2.1-03).
func parameters() []parameter {
	var all []parameter
	for _, d := range dialect.All() {
		if d.Handshake == nil {
			continue
		}
		i := slices.IndexFunc(all, func(p parameter) bool { return p.name == d.Handshake.Parameter })
		if i < 0 {
			i = len(all)
			all = append(all, parameter{name: d.Handshake.Parameter})
		}
		all[i].dialects = append(all[i].dialects, d.String())
		if h := d.Handshake.StateHeader; h != "" && !slices.Contains(all[i].states, h) {
			all[i].states = append(all[i].states, h)
		}
	}
	return all
}

// token is a validation token, decoded. Without one its parameter has no name.
type token struct {
	parameter parameter
	text      string
}

var (
	errTokenEmpty    = errors.New("the validation token is empty")
	errTokenTooLong  = fmt.Errorf("the validation token is longer than %d bytes", maxToken)
	errTokenEncoding = errors.New("the query with the validation token can't be decoded")
)

// token finds the validation token in a query. The rest of the query is the webhook's own, and may be anything.
func (r *Receiver) token(query string) (token, error) {
	if query == "" {
		return token{}, nil
	}
	values, err := url.ParseQuery(query)
	for _, p := range r.parameters {
		if !values.Has(p.name) {
			if err != nil && strings.Contains(query, p.name+"=") {
				return token{}, errTokenEncoding
			}
			continue
		}
		switch text := values.Get(p.name); {
		case text == "":
			return token{}, errTokenEmpty
		case len(text) > maxToken:
			return token{}, errTokenTooLong
		default:
			return token{p, text}, nil
		}
	}
	return token{}, nil
}

// handshake answers exactly 200 with the decoded token as the whole body, as text (W2.1-10, W2.1-16).
func (r *Receiver) handshake(c *call, t token) {
	r.counts.handshakes.Add(1)
	h := &Handshake{Parameter: t.parameter.name, Dialects: t.parameter.dialects}
	for _, name := range t.parameter.states {
		if state := c.header.Get(name); state != "" {
			h.Header, h.Client = name, compare(r.config.ClientState, state)
		}
	}
	c.entry.Kind, c.entry.Data = journal.Handshake, h
	c.entry.Note = "the token came as " + t.parameter.name
	if h.Client == diagnosis.ClientStateWrong {
		c.entry.Note += ", with a wrong client state"
		c.entry.Exchange.Finding = "receiver-client-state"
	}
	a := answerTo(c.req, r.answers.Load().Handshake)
	r.answer(c, a.Delay, a.reply(handshakeStatus, plainText, []byte(t.text)))
}

// refuseToken answers a handshake whose token can't be echoed.
func (r *Receiver) refuseToken(c *call, err error) {
	r.counts.handshakes.Add(1)
	c.entry.Kind = journal.Handshake
	c.entry.Note, c.entry.Exchange.Error = err.Error(), err.Error()
	hint := "send the token URL-encoded once, as the value of the parameter, and not longer than the service's own"
	r.refuse(c, errorReply(http.StatusBadRequest, "handshake-token", err.Error(), hint))
}

// compare tells whether a client state is the one that is expected, in a time that tells nothing about where they differ.
func compare(expected, got string) diagnosis.ClientState {
	switch {
	case expected == "":
		return diagnosis.ClientStateUnchecked
	case got == "":
		return diagnosis.ClientStateMissing
	case subtle.ConstantTimeCompare([]byte(expected), []byte(got)) == 1:
		return diagnosis.ClientStateRight
	}
	return diagnosis.ClientStateWrong
}
