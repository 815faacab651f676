package fault

import (
	"hash/fnv"
	"net/http"
	"strings"
	"time"

	"github.com/outlocal/outlocal/journal"
)

// Subject is whom something is about to happen to.
type Subject struct {
	journal.Selector        // all there is to tell of it; what is not known is empty
	Dialect          string // that is spoken
	Ordinal          uint64 // of the subscription among all that were made, 0 if there is none: the same in every run
	Cause            uint64 // journal entry that this comes of
}

// stream names the source of random numbers.
func (s *Subject) stream() uint64 {
	if s.Ordinal != 0 {
		return s.Ordinal
	}
	sum := fnv.New64a()
	sum.Write([]byte(s.App + "\n" + strings.ToLower(s.Mailbox)))
	return sum.Sum64()
}

// Struck is what has struck so far.
type Struck struct {
	Faults []string // names
	Entry  uint64   // journal entry of the last
}

// Plan is a notification that is about to be sent to one subscription. What is zero is as it should be.
type Plan struct {
	Subject
	Struck
	What string // it tells of: created, updated, deleted, acknowledgment, or the event in the life of its subscription

	ClientState string // as it goes out, in the header or the body as the schema has it; empty for none

	Drop   bool            // it is not sent
	Told   bool            // the subscriber is told that something was missed, where the schema has a word for it
	Delay  time.Duration   // virtual, before it is sent; others overtake it
	Behind time.Duration   // virtual: it lets the next of its subscription pass, and waits for that so long
	Copies []time.Duration // it is sent again, with the same number, each so long after it was due

	Seal   *Seal   // of its encrypted content; nil for one that brings none
	Tokens *Tokens // that prove where it comes from; nil for one that needs none

	Items  []func(item []byte) []byte // edits of its JSON
	Repeat int                        // how often more it stands in the request
	Before [][]byte                   // JSON that stands in the list before it
	Shapes []Shape                    // of the request
}

// over says that nothing is left to be edited.
func (p *Plan) over() bool { return p.Drop }

// Alone says that it takes a request of its own.
func (p *Plan) Alone() bool {
	return p.Behind > 0 || len(p.Items) > 0 || p.Repeat > 0 || len(p.Before) > 0 || len(p.Shapes) > 0 ||
		p.Seal != nil && *p.Seal != Seal{} || p.Tokens != nil && *p.Tokens != Tokens{}
}

// Seal is how encrypted content is sealed otherwise than it should be.
type Seal struct {
	WrongSignature bool   // its signature is that of something else
	CertificateID  string // in the place of the subscription's; empty for that
	Stranger       bool   // it is encrypted for a certificate that the subscriber never gave
}

// Tokens are those that stand beside encrypted content.
type Tokens struct {
	Missing bool
	Flaw    Flaw // of each
}

// Flaw is what is wrong with a token.
type Flaw uint8

// The flaws.
const (
	NoFlaw Flaw = iota
	Expired
	Forged // not signed by the service
	ForAnother
	FromAnotherIssuer
	FromAnotherPublisher
)

// Shape is a way in which a request is written otherwise than it should be.
type Shape struct {
	Attempts int // for so many attempts, after which it is written well; 0 for the first one only

	Header   http.Header              // in the place of what it would have under these names
	Body     func(body []byte) []byte // an edit of the whole body
	Cut      bool                     // the connection is closed in the middle of the body
	CutAfter int                      // bytes; 0 for half of them
	Over     time.Duration            // virtual: the body comes bit by bit over so long
}

// Holds tells whether it is written so after that many attempts.
func (s *Shape) Holds(attempts int) bool { return attempts < max(s.Attempts, 1) }

// Handshake is the validation of one URL.
type Handshake struct {
	Subject
	Struck
	What string // notification or lifecycle: whose URL it is

	Token string
	Times int // the URL is asked; 0 for not at all
}

func (h *Handshake) over() bool { return h.Times == 0 }

// Request is an API request, before anything was done for it.
type Request struct {
	Subject
	Struck
	What string // create, read, list, renew, delete, reauthorize, item, batch; empty for one that is not emulated

	Wait        time.Duration // virtual, before anything is done
	Refusal     *Refusal      // the answer in place of the emulator's
	Reset       bool          // the connection is reset, and nothing is done
	ResetAnswer bool          // everything is done, and the connection is reset in place of the answer
}

func (r *Request) over() bool { return r.Refusal != nil || r.Reset }

// Refusal is an answer that blames the service itself, or with 401 the token; how it is worded is the schema's matter.
type Refusal struct {
	Status     int
	RetryAfter int // seconds; 0 to say nothing of it
}

// Life is what lies ahead of a subscription that was just made or renewed.
type Life struct {
	Subject
	Struck
	What string // created or renewed

	NotifiedFirst bool // something changes, and its notification goes out, before the client hears that there is a subscription
	Turns         []Turn
}

func (*Life) over() bool { return false }

// Turn is something that befalls a subscription.
type Turn struct {
	After time.Duration // virtual
	Kind  TurnKind
}

// TurnKind is what befalls it.
type TurnKind uint8

// The kinds of turns.
const (
	Ends      TurnKind = iota // without a word, before its time
	IsRemoved                 // by the service, which says so where its schema has a word for it
	IsMissed                  // it is told that notifications were missed
)
