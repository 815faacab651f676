// Package receiver is the other end: a correct webhook for every dialect at once.
//
// A [Receiver] is an http.Handler, for any path. It echoes the token of a handshake, recognises in which dialect a notification
// speaks, answers, and only then judges each item: client state, subscription, gaps in the sequence, duplicates, lateness. What it
// saw stands in its [Receiver.Journal]: one entry for each request, with the exchange, and one for each item, with an [Item].
//
// Use [New] where a webhook is needed that does everything right, to watch what a service sends; package receivertest in tests. Use
// [Receiver.Wait] to go on once so many items have come, and [Receiver.SetAnswers] to play a webhook that does something wrong.
// To put a webhook of this machine behind a public URL, use a [Forwarder]: it passes on what comes, and the receiver judges and keeps it.
// A *Receiver is a control.ReceiverBackend as well: serve that on a listener of its own, never on the webhook's.
//
// With [Config.Keys] it opens encrypted content, and with [Config.Tokens] it checks the tokens that come with that; [NewKey] makes a key
// with the certificate that a subscription carries.
//
// It makes no subscription and renews none, and what it keeps is memory: the oldest makes room.
package receiver

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/journal"
)

// Receiver is a webhook. It is safe for concurrent use; New makes one.
type Receiver struct {
	config     Config
	parameters []parameter
	accepted   http.Header // of a plain answer; shared by the journal's entries, so never written
	answers    atomic.Pointer[Answers]
	journal    *journal.Journal
	skimmer    dialect.Skimmer
	memory     *memory
	reads      *reads   // nil when nothing is read
	checker    *checker // of tokens; nil when none is checked
	keys       atomic.Pointer[[]Key]
	counts     counts
}

var _ http.Handler = (*Receiver)(nil)

// New returns a receiver. Only one that reads items ([Config.Fetch]) needs to be closed.
func New(config Config) (*Receiver, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	config.setDefaults()
	r := &Receiver{
		config:     config,
		parameters: parameters(),
		accepted:   http.Header{"Content-Length": {"0"}},
		journal:    journal.NewLimited(journal.Limits{Entries: config.Keep, BodyBytes: config.KeepBytes}),
		memory:     newMemory(),
	}
	r.answers.Store(&config.Answers)
	r.keys.Store(&config.Keys)
	if config.Tokens.Authority != "" {
		r.checker = newChecker(config.Tokens)
	}
	if config.Fetch != nil {
		r.reads = startReads(r)
	}
	return r, nil
}

// Close ends the reading of items, also of those that wait to be read. A closed receiver still answers and judges.
func (r *Receiver) Close() {
	if r.reads != nil {
		r.reads.close()
	}
}

// Journal is what the receiver saw and did. A request's entry is there before the request is answered; those of its items follow.
// Their kinds are journal.Handshake, journal.Received for any other request, journal.Notified for an item, whose Data is an
// [*Item], and journal.Read for an item that was read.
func (r *Receiver) Journal() *journal.Journal { return r.journal }

// SetAnswers changes how the receiver answers from now on.
func (r *Receiver) SetAnswers(a Answers) error {
	if err := a.check(); err != nil {
		return err
	}
	r.answers.Store(&a)
	return nil
}

// SetKeys changes what opens encrypted content from now on. Keep an old key as long as something may come that is encrypted for it.
func (r *Receiver) SetKeys(keys ...Key) error {
	if err := checkKeys(keys); err != nil {
		return err
	}
	r.keys.Store(&keys)
	return nil
}

// ServeHTTP takes a handshake or a notification, on any path.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) { r.take(&call{w: w, req: req}) }

func (r *Receiver) take(c *call) {
	r.counts.requests.Add(1)
	req := c.req
	c.entry = journal.Entry{At: r.config.Now(), Wall: time.Now(), Kind: journal.Received, URL: address(req)}
	c.entry.Exchange = &journal.Exchange{
		Method: req.Method, URL: c.entry.URL, RequestHeader: req.Header.Clone(), Started: c.entry.Wall,
	}
	c.header = canonical(c.entry.Exchange.RequestHeader)
	token, err := r.token(req.URL.RawQuery)
	c.token = token
	switch {
	case req.Method != http.MethodPost:
		r.refuseMethod(c, token)
	case err != nil:
		r.refuseToken(c, err)
	case token.parameter.name != "":
		r.handshake(c, token)
	default:
		r.notification(c)
	}
}

// counts are counted since the receiver was made.
type counts struct {
	requests, handshakes, notifications, refused, doubtful atomic.Int64
}

// call is one request on its way through the receiver.
type call struct {
	w      http.ResponseWriter
	req    *http.Request
	header http.Header // the request's, found whatever the case of its names was
	entry  journal.Entry
	token  token
	// pass answers in the receiver's place, if somebody does, and returns the number of the entry that it wrote.
	pass func(*call) (seq uint64)
}

// canonical returns a header in which Get finds every name. The names that came over the wire are canonical already; those of a sender
// in this process are in the service's own spelling (W4.1-09).
func canonical(h http.Header) http.Header {
	same := true
	for name := range h {
		same = same && http.CanonicalHeaderKey(name) == name
	}
	if same {
		return h
	}
	c := make(http.Header, len(h))
	for name, values := range h {
		for _, v := range values {
			c.Add(name, v)
		}
	}
	return c
}

// address is the URL that was called, as far as it can be told.
func address(req *http.Request) string {
	if req.URL.Host != "" { // from a sender in this process
		return req.URL.String()
	}
	scheme := "http://"
	if req.TLS != nil || req.Header.Get("X-Forwarded-Proto") == "https" { // which may have ended before us
		scheme = "https://"
	}
	return scheme + req.Host + req.URL.RequestURI()
}
