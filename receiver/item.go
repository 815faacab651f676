package receiver

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/notify"
)

// Item is one notification of a request, judged: the Data of an entry of kind journal.Notified, whose cause is the request's entry.
//
// It keeps the bytes and what was found out about them. What else they say is read when it is asked for.
type Item struct {
	Index        int // in the request's value
	Dialect      *dialect.Dialect
	Subscription string
	Change       notify.ChangeType // 0 for a lifecycle notification
	Lifecycle    notify.Lifecycle  // empty for a change
	Sequence     int32
	HasSequence  bool

	Problems     []string // with its form, such as a date that is none
	Registration diagnosis.Registration
	ClientState  diagnosis.ClientState
	Missing      int64                // sequence numbers skipped before it (W3.3-04)
	Repeated     bool                 // the same was received before (W4.8-03)
	OutOfOrder   bool                 // one with a higher sequence number was received before
	Age          time.Duration        // how old the change is at least; 0 if nothing is known of it
	Encryption   diagnosis.Encryption // what came of its encrypted content
	Token        diagnosis.Token      // what came of the tokens of its request

	header     http.Header
	raw        []byte
	mode       diagnosis.Mode
	encryption string   // what was seen of the encrypted content
	dataKey    []byte   // opens it again: that takes less room than to keep it, and a private key less
	token      *verdict // what Token rests on; nil where none was checked
}

// Good tells whether nothing was found out against the item.
func (i *Item) Good() bool {
	return len(i.Problems) == 0 && i.trusted() && i.Registration != diagnosis.RegistrationUnknown &&
		i.Missing == 0 && !i.Repeated && !i.OutOfOrder && i.Age == 0 &&
		(i.Encryption == diagnosis.EncryptionUnchecked || i.Encryption == diagnosis.EncryptionRight) &&
		(i.Token == diagnosis.TokenUnchecked || i.Token == diagnosis.TokenRight)
}

// Raw is the item as it was received; it is not to be changed.
func (i *Item) Raw() []byte { return i.raw }

// Notification is all that the item says. It holds the client state.
func (i *Item) Notification() notify.Notification {
	if i.Dialect == nil {
		return notify.Notification{}
	}
	return i.Dialect.ReadItem(i.header, i.raw).Notification
}

// Content is what was encrypted in the item, a JSON object; nil if nothing was, or if it could not be opened.
func (i *Item) Content() json.RawMessage {
	if i.dataKey == nil {
		return nil
	}
	s, _ := readSealed(i.raw)
	content, _ := s.clear(i.dataKey) // as once before
	return content
}

// Findings says what was found out against the item, with cause and cure.
func (i *Item) Findings() []diagnosis.Diagnosis {
	received := diagnosis.ReceivedItem{
		At:           "value[" + strconv.Itoa(i.Index) + "]",
		Subscription: i.Subscription,
		Registration: i.Registration,
		ClientState:  i.ClientState,
		Missing:      i.Missing,
		Repeated:     i.Repeated,
		Age:          i.Age,
		Encryption:   i.Encryption, EncryptionDetail: i.encryption,
		Token: i.Token,
	}
	if i.token != nil {
		received.TokenDetail = i.token.detail
	}
	return diagnosis.Item(received, i.mode)
}

// MarshalJSON implements [json.Marshaler]. It leaves out the client state.
func (i *Item) MarshalJSON() ([]byte, error) {
	n := i.Notification()
	view := itemView{
		Index: i.Index, Subscription: i.Subscription, Expires: n.Expires,
		Change: i.Change.Name(), Lifecycle: i.Lifecycle, Resource: n.Resource, Tenant: n.Tenant,
		Problems: i.Problems, Registration: i.Registration, Client: i.ClientState,
		Missing: i.Missing, Repeated: i.Repeated, OutOfOrder: i.OutOfOrder,
		AgeMS: float64(i.Age) / float64(time.Millisecond), Good: i.Good(), Findings: i.Findings(),
	}
	view.Encrypted, view.Token = i.encryptedView(), i.tokenView()
	if i.HasSequence {
		view.Sequence = &i.Sequence
	}
	if d := n.Data; d != nil {
		view.Data = &dataView{Type: d.Type, URL: d.URL, ETag: d.ETag, ID: d.ID, Rich: d.Rich}
	}
	return json.Marshal(view)
}

// itemView is an Item in JSON. Where it says client it means the verdict on the client state: a property of that name would be masked.
type itemView struct {
	Index        int                    `json:"index"`
	Subscription string                 `json:"subscription,omitempty"`
	Expires      time.Time              `json:"expires,omitzero"`
	Sequence     *int32                 `json:"sequence,omitempty"`
	Change       string                 `json:"change,omitempty"`
	Lifecycle    notify.Lifecycle       `json:"lifecycle,omitempty"`
	Resource     string                 `json:"resource,omitempty"`
	Data         *dataView              `json:"data,omitempty"`
	Tenant       string                 `json:"tenant,omitempty"`
	Good         bool                   `json:"good"`
	Problems     []string               `json:"problems,omitempty"`
	Registration diagnosis.Registration `json:"registration,omitempty"`
	Client       diagnosis.ClientState  `json:"client,omitempty"`
	Missing      int64                  `json:"missing,omitempty"`
	Repeated     bool                   `json:"repeated,omitempty"`
	OutOfOrder   bool                   `json:"outOfOrder,omitempty"`
	AgeMS        float64                `json:"ageMs,omitempty"`
	Encrypted    *encryptedView         `json:"encrypted,omitempty"`
	Token        *tokenView             `json:"token,omitempty"`
	Findings     []diagnosis.Diagnosis  `json:"findings,omitempty"`
}

type dataView struct {
	Type string          `json:"type,omitempty"`
	URL  string          `json:"url,omitempty"`
	ETag string          `json:"etag,omitempty"`
	ID   string          `json:"id,omitempty"`
	Rich json.RawMessage `json:"rich,omitempty"`
}

// trusted tells whether the item may come from the service: neither its client state nor a token is wrong.
func (i *Item) trusted() bool {
	switch i.Token {
	case diagnosis.TokenUnchecked, diagnosis.TokenRight, diagnosis.TokenUnjudged:
		return i.ClientState != diagnosis.ClientStateWrong && i.ClientState != diagnosis.ClientStateMissing
	}
	return false
}

// what is a word for the item.
func (i *Item) what() string {
	if i.Lifecycle != "" {
		return string(i.Lifecycle)
	}
	return i.Change.Name()
}
