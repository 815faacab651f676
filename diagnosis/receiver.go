package diagnosis

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// usualDelay is the longest that a mail, contact or calendar notification
// takes by the documents (W4.8-05).
const usualDelay = 3 * time.Minute

// ReceivedBody is one POST that a receiver got in place of a notification.
type ReceivedBody struct {
	Method string
	Header http.Header
	Body   []byte // with Content-Encoding undone
	// TooLarge says that the body is over Limit and was not read to its end.
	TooLarge bool
	Limit    int64
	// Encoding is why Content-Encoding could not be undone.
	Encoding error
	// Dialect is the name of the one recognised, empty if none was.
	Dialect string
}

// Body judges a POST as a whole: whether it holds notifications at all. The
// items in it are judged by [Item].
func Body(b ReceivedBody, mode Mode) []Diagnosis {
	r := report{mode: mode}
	switch {
	case b.Method != http.MethodPost:
		r.add("receiver-method", fact{detail: "the method is " + excerpt(b.Method), at: "method"})
	case b.Encoding != nil:
		r.add("receiver-encoding", fact{
			detail: innermost(b.Encoding), at: "header Content-Encoding", got: excerpt(b.Header.Get("Content-Encoding")),
		})
	case b.TooLarge:
		r.add("receiver-too-large", fact{detail: fmt.Sprintf("the limit is %d bytes", b.Limit), at: "body"})
	case len(bytes.TrimSpace(b.Body)) == 0:
		r.add("receiver-empty-body", fact{detail: "the body has " + quantity(len(b.Body)), at: "body"})
	default:
		b.contentType(&r)
		b.document(&r)
	}
	return r.verdict()
}

func (b ReceivedBody) contentType(r *report) {
	raw := b.Header.Get("Content-Type")
	media, _, err := mime.ParseMediaType(raw)
	if err == nil && (media == "application/json" || strings.HasSuffix(media, "+json")) {
		return
	}
	f := fact{detail: "the content type is " + excerpt(raw), at: "header Content-Type", got: excerpt(raw)}
	if raw == "" {
		f.detail = "there is no content type"
	}
	r.add("receiver-wrong-content-type", f)
}

// document judges the envelope. Its one name is matched in exact case, which
// a struct of encoding/json would not do. Nothing of the body is shown: it may
// hold a client state.
func (b ReceivedBody) document(r *report) {
	f := fact{at: "body"}
	if !utf8.Valid(b.Body) || bytes.HasPrefix(b.Body, []byte("\ufeff")) {
		f.detail = "the body is not UTF-8, or begins with a byte order mark"
		r.add("receiver-encoding", f)
		return
	}
	var envelope map[string]json.RawMessage
	if err := json.Unmarshal(b.Body, &envelope); err != nil {
		var wrongType *json.UnmarshalTypeError
		if errors.As(err, &wrongType) {
			f.detail = "the body is JSON, but no object"
			r.add("receiver-no-value", f)
			return
		}
		f.detail, f.at = innermost(err), place(err)
		r.add("receiver-not-json", f)
		return
	}
	b.items(r, envelope["value"], f)
}

func (b ReceivedBody) items(r *report, value json.RawMessage, f fact) {
	var items []json.RawMessage
	if err := json.Unmarshal(value, &items); err != nil || items == nil {
		f.detail = "there is no list of the name value"
		r.add("receiver-no-value", f)
		return
	}
	if len(items) == 0 {
		f.name, f.detail = "empty", "the list has no item"
		r.add("receiver-no-value", f)
		return
	}
	objects, others := 0, 0
	for i, item := range items {
		if bytes.HasPrefix(item, []byte("{")) {
			objects++
			continue
		}
		if others++; others > maxEntries {
			continue
		}
		r.add("receiver-null-entry", fact{
			detail: fmt.Sprintf("entry %d of %d is %s", i, len(items), form(item)), at: fmt.Sprintf("value[%d]", i),
		})
	}
	if objects > 0 && b.Dialect == "" {
		f.detail = "no dialect has these property names"
		r.add("receiver-unknown-dialect", f)
	}
}

// form names what a JSON value is that is no object.
func form(value json.RawMessage) string {
	switch value[0] {
	case 'n':
		return "null"
	case '"':
		return "a text"
	case '[':
		return "a list"
	case 't', 'f':
		return "a truth value"
	default:
		return "a number"
	}
}

// maxEntries bounds how many entries of one body are told of.
const maxEntries = 100

// place names where the JSON ends to make sense.
func place(err error) string {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf("body, byte %d", syntax.Offset)
	}
	return "body"
}

// ClientState tells how a notification's client state compares with its
// subscription's. The values themselves are secret, and not asked for.
type ClientState string

// The zero value says that it was not compared.
const (
	ClientStateUnchecked ClientState = ""
	ClientStateRight     ClientState = "right"
	ClientStateWrong     ClientState = "wrong"
	ClientStateMissing   ClientState = "missing"
)

// Registration tells whether a receiver knows a notification's subscription.
type Registration string

// The zero value says that the receiver keeps no list to ask.
const (
	RegistrationUnchecked Registration = ""
	RegistrationKnown     Registration = "known"
	RegistrationUnknown   Registration = "unknown"
)

// ReceivedItem is what a receiver found out about one notification.
type ReceivedItem struct {
	At           string // its place, such as value[3]
	Subscription string // its id
	Registration Registration
	ClientState  ClientState
	// Missing is how many sequence numbers were skipped before this item.
	Missing int64
	// Repeated says that the same notification was received before.
	Repeated bool
	// Age is how old the change was on arrival; zero if that is not known.
	Age time.Duration
	// UsualDelay is when an item counts as late; zero means 3 minutes.
	UsualDelay time.Duration
	// Encryption is what came of its encrypted content, Token what came of the
	// tokens beside it, each with what was seen. They show no secret.
	Encryption       Encryption
	EncryptionDetail string
	Token            Token
	TokenDetail      string
}

// Item judges one notification that was received and understood.
func Item(i ReceivedItem, mode Mode) []Diagnosis {
	r := report{mode: mode}
	add := func(id, detail string) { r.add(id, fact{detail: detail, at: i.At}) }
	if i.Registration == RegistrationUnknown {
		add("receiver-unknown-subscription", "the subscription is "+excerpt(i.Subscription))
	}
	switch i.ClientState {
	case ClientStateWrong:
		add("receiver-client-state", "the client state is not the subscription's")
	case ClientStateMissing:
		add("receiver-client-state-missing", "the subscription has a client state, the notification has none")
	}
	i.rich(&r)
	if i.Repeated {
		add("receiver-duplicate", "the same notification was received before")
	}
	if i.Missing > 0 {
		add("receiver-sequence-gap", fmt.Sprintf("sequence numbers missing before this one: %d", i.Missing))
	}
	usual := i.UsualDelay
	if usual == 0 {
		usual = usualDelay
	}
	if i.Age > usual {
		add("receiver-late", "the change is "+round(i.Age)+" old")
	}
	return r.verdict()
}
