package journal

import (
	"encoding/json"
	"math"
	"net/http"
	"time"
)

// Kind says what happened.
type Kind string

// The kinds of entry. Who writes them is the emulator unless said otherwise.
const (
	Subscribed    Kind = "subscribed"    // a subscription was made
	Renewed       Kind = "renewed"       // a subscription's expiry was moved
	Reauthorized  Kind = "reauthorized"  // a subscription was reauthorized
	Lapsed        Kind = "lapsed"        // a subscription's authorization ended: what changes waits, or is lost
	Repointed     Kind = "repointed"     // a subscription got another notification URL
	Deleted       Kind = "deleted"       // a subscription was deleted by its app
	Expired       Kind = "expired"       // a subscription's time ran out
	Removed       Kind = "removed"       // a subscription was removed by the service
	Refused       Kind = "refused"       // an API request was refused
	Batch         Kind = "batch"         // several API requests came in one: the cause of what came of each
	Handshake     Kind = "handshake"     // a notification URL was asked to echo a validation token
	Change        Kind = "change"        // something changed in a mailbox: the cause of deliveries
	Delivery      Kind = "delivery"      // a notification is due to one subscription
	Attempt       Kind = "attempt"       // one POST to a webhook, with its exchange
	Retry         Kind = "retry"         // a failed attempt will be made again
	EndpointState Kind = "endpointState" // an endpoint became slow, dropped or well again
	Lifecycle     Kind = "lifecycle"     // a lifecycle notification is due
	Missed        Kind = "missed"        // a subscriber is told that notifications were lost
	Dropped       Kind = "dropped"       // notifications were given up
	Read          Kind = "read"          // a webhook read an item it was notified of
	Received      Kind = "received"      // the receiver got a request on its webhook
	Notified      Kind = "notified"      // the receiver judged one notification of a request, its cause
	Clock         Kind = "clock"         // virtual time was advanced or its scale changed
	Serve         Kind = "serve"         // a path now serves another dialect
	Reset         Kind = "reset"         // state was reset
	Fault         Kind = "fault"         // a fault interfered on request
	Import        Kind = "import"        // subscriptions were put in without a handshake
	SignIn        Kind = "signIn"        // a client got a token, or was refused one
	Tunnel        Kind = "tunnel"        // the tunnel of a webhook that is exposed came up, was lost, or ended
	Kept          Kind = "kept"          // who keeps the subscriptions of one has learned something, or has to wait
)

// Kinds returns all kinds, in the order in which they are declared.
func Kinds() []Kind {
	return []Kind{
		Subscribed, Renewed, Reauthorized, Lapsed, Repointed, Deleted, Expired, Removed, Refused, Batch,
		Handshake, Change, Delivery, Attempt, Retry, EndpointState, Lifecycle, Missed, Dropped,
		Read, Received, Notified, Clock, Serve, Reset, Fault, Import, SignIn, Tunnel, Kept,
	}
}

// Entry is one thing that happened. Fields that do not apply stay empty.
//
// An entry holds secrets: print, send or store only what [Entry.Masked] returns.
type Entry struct {
	Seq   uint64    `json:"seq"`             // place in the journal, from 1, given by Append
	At    time.Time `json:"at,omitzero"`     // virtual time
	Wall  time.Time `json:"wall,omitzero"`   // real time
	Kind  Kind      `json:"kind"`            //
	Cause uint64    `json:"cause,omitempty"` // Seq of the entry that caused this one, 0 if none

	Dialect      string `json:"dialect,omitempty"`
	Subscription string `json:"subscription,omitempty"` // id
	Mailbox      string `json:"mailbox,omitempty"`
	App          string `json:"app,omitempty"`
	URL          string `json:"url,omitempty"` // the notification or lifecycle URL it is about

	Exchange *Exchange `json:"exchange,omitempty"` // the HTTP request and what came of it
	Note     string    `json:"note,omitempty"`     // one line for a person
	Data     any       `json:"data,omitempty"`     // detail of this kind; must be encodable as JSON

	// Secrets are those that [Entry.Masked] can't find where secrets stand in
	// the entry itself, and that its other party may say nevertheless. They may
	// be shared by entries and are never shown.
	Secrets []string `json:"-"`
}

// Exchange is one HTTP request and what came of it.
type Exchange struct {
	Method         string
	URL            string
	RequestHeader  http.Header // names in the case they had on the wire, as far as known
	RequestBody    Body
	Status         int // 0 when no answer came
	ResponseHeader http.Header
	ResponseBody   Body
	Started        time.Time // real time
	Took           time.Duration
	Error          string // why no answer came, or what was wrong with it
	Finding        string // id of the diagnosis
}

// exchangeJSON is Exchange on the wire. The time it took is in milliseconds
// and says so in its name, as a bare number of nanoseconds misleads readers.
type exchangeJSON struct {
	Method         string      `json:"method,omitempty"`
	URL            string      `json:"url,omitempty"`
	RequestHeader  http.Header `json:"requestHeader,omitempty"`
	RequestBody    Body        `json:"requestBody,omitempty"`
	Status         int         `json:"status,omitempty"`
	ResponseHeader http.Header `json:"responseHeader,omitempty"`
	ResponseBody   Body        `json:"responseBody,omitempty"`
	Started        time.Time   `json:"started,omitzero"`
	TookMS         float64     `json:"tookMs"`
	Error          string      `json:"error,omitempty"`
	Finding        string      `json:"finding,omitempty"`
}

// MarshalJSON implements [json.Marshaler].
func (x Exchange) MarshalJSON() ([]byte, error) {
	return json.Marshal(exchangeJSON{
		Method: x.Method, URL: x.URL, RequestHeader: x.RequestHeader, RequestBody: x.RequestBody,
		Status: x.Status, ResponseHeader: x.ResponseHeader, ResponseBody: x.ResponseBody,
		Started: x.Started, TookMS: float64(x.Took) / float64(time.Millisecond),
		Error: x.Error, Finding: x.Finding,
	})
}

// UnmarshalJSON implements [json.Unmarshaler].
func (x *Exchange) UnmarshalJSON(data []byte) error {
	var w exchangeJSON
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*x = Exchange{
		Method: w.Method, URL: w.URL, RequestHeader: w.RequestHeader, RequestBody: w.RequestBody,
		Status: w.Status, ResponseHeader: w.ResponseHeader, ResponseBody: w.ResponseBody,
		Started: w.Started, Took: time.Duration(math.Round(w.TookMS * float64(time.Millisecond))),
		Error: w.Error, Finding: w.Finding,
	}
	return nil
}

// Sized is Data that others have a say in: it counts against
// [Limits.BodyBytes] as well.
type Sized interface{ Size() int64 }

// Size is about what e takes up in bytes, where others have a say in that:
// bodies, headers, URLs, texts, and Data that is [Sized]. It counts against
// [Limits.BodyBytes].
func (e *Entry) Size() int64 {
	n := len(e.URL) + len(e.Note) + len(e.App) + len(e.Mailbox)
	if data, ok := e.Data.(Sized); ok {
		n += int(data.Size())
	}
	if x := e.Exchange; x != nil {
		n += len(x.URL) + len(x.Error) + len(x.RequestBody) + len(x.ResponseBody) + headerSize(x.RequestHeader) + headerSize(x.ResponseHeader)
	}
	return int64(n)
}

func headerSize(h http.Header) (n int) {
	for name, values := range h {
		n += len(name)
		for _, v := range values {
			n += len(v)
		}
	}
	return n
}
