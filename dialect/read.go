package dialect

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/outlocal/outlocal/internal/odata"
	"github.com/outlocal/outlocal/notify"
)

// Body is what a webhook received, understood.
type Body struct {
	Dialect *Dialect // the one it was spoken in; nil when there is no item to tell by
	Items   []Item
	// Tokens are the validationTokens beside the items (W4.6-07).
	Tokens []string
	// Mended says what had to be put right before the body could be read; empty for proper JSON.
	Mended string
}

// Item is one entry of a body's value.
type Item struct {
	notify.Notification
	Raw      []byte // the entry as it stands in the body
	Problems []string
}

// Fault is why a body can't be understood.
type Fault uint8

// The faults.
const (
	Empty          Fault = iota // no bytes at all
	NotJSON                     // see Reason and the position
	NoValue                     // no array named value in exactly that spelling
	UnknownDialect              // its names belong to no dialect
)

// BodyError says why and where a body can't be understood.
type BodyError struct {
	Fault        Fault
	Line, Column int // from 1; 0 where no place can be named
	Reason       string
}

func (e *BodyError) Error() string {
	if e.Line == 0 {
		return "read notification: " + e.Reason
	}
	return fmt.Sprintf("read notification: line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

// Read understands the body of a delivery, in whichever dialect it is. What is wrong with single entries stands beside them; the error
// is a *BodyError.
func Read(header http.Header, body []byte) (*Body, error) {
	doc, mended, err := parseBody(body)
	if err != nil {
		return nil, err
	}
	value, ok := doc.Member("value")
	if !ok || !value.IsArray() {
		return nil, &BodyError{Fault: NoValue, Reason: `the body has no array named "value"`}
	}
	b := &Body{Mended: mended}
	if tokens, ok := doc.Member("validationTokens"); ok {
		for t := range tokens.Elements {
			text, _ := t.Text()
			b.Tokens = append(b.Tokens, text)
		}
	}
	unknown := ""
	for entry := range value.Elements {
		if b.Dialect == nil && entry.IsObject() {
			if b.Dialect = recognise(header, entry); b.Dialect == nil && unknown == "" {
				unknown = clip(names(entry))
			}
		}
		b.Items = append(b.Items, Item{Raw: entry.Raw})
	}
	if b.Dialect == nil && unknown != "" {
		return nil, &BodyError{Fault: UnknownDialect, Reason: "the entries' names belong to no dialect: " + unknown}
	}
	for i := range b.Items {
		if b.Dialect != nil {
			b.Dialect.readItem(&b.Items[i], header)
		} else {
			b.Items[i].Problems = append(b.Items[i].Problems, "the entry is not an object")
		}
	}
	return b, nil
}

// names lists what an object's members are called: their values may be secrets.
func names(object odata.Value) string {
	all := make([]string, 0, 8)
	for m := range object.Members {
		all = append(all, m.Name)
	}
	if len(all) == 0 {
		return "there are none"
	}
	return strings.Join(all, ", ")
}

// ReadItem understands a single entry again, raw as Read handed it out of a body in this dialect.
func (d *Dialect) ReadItem(header http.Header, raw []byte) Item {
	item := Item{Raw: raw}
	d.readItem(&item, header)
	return item
}

// blogEtag is how a page of January 2016 printed an etag: the quotes inside are not escaped, so it is no JSON (W10-26).
var blogEtag = regexp.MustCompile(`"W/"([A-Za-z0-9+/=]*)""`)

// mendings put right what pages once printed and people copy from them.
var mendings = []struct {
	what string
	mend func([]byte) []byte
}{
	{"the quotes inside @odata.etag were not escaped", func(b []byte) []byte { return blogEtag.ReplaceAll(b, []byte(`"W/\"$1\""`)) }},
	{"no-break blanks stood between the values", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\u00a0"), []byte(" ")) }},
}

func parseBody(body []byte) (doc odata.Value, mended string, err error) {
	if len(strings.TrimSpace(string(body))) == 0 {
		return doc, "", &BodyError{Fault: Empty, Reason: "the body is empty"}
	}
	if doc, err = odata.Parse(body); err == nil {
		return doc, "", nil
	}
	for _, m := range mendings {
		if doc, again := odata.Parse(m.mend(body)); again == nil {
			return doc, m.what, nil
		}
	}
	fault := &BodyError{Fault: NotJSON, Reason: err.Error()}
	if syntax, ok := err.(*odata.SyntaxError); ok {
		fault.Line, fault.Column, fault.Reason = syntax.Line, syntax.Column, syntax.Reason
	}
	return doc, "", fault
}

// recognise finds the dialect whose names fit an entry best, in exact case. Two names at least must fit.
func recognise(header http.Header, entry odata.Value) *Dialect {
	var best *Dialect
	highest := 1
	for _, d := range spoken {
		if score := d.fit(header, entry); score > highest {
			best, highest = d, score
		}
	}
	return best
}

// headerWeight: a header that only one dialect has tells more than a name that several share.
const headerWeight = 3

func (d *Dialect) fit(header http.Header, entry odata.Value) int {
	score := 0
	for m := range entry.Members {
		part, ok := d.part(m.Name)
		if !ok {
			continue
		}
		score++
		switch part.Is {
		case PartChange: // W4.3-02, W4.6-03: the same name with other words in it
			word, _ := m.Value.Text()
			if lower := word != "" && word[0] >= 'a'; lower == d.ChangeWords.Lower {
				score++
			}
		case PartData:
			if _, ok := m.Value.Member(d.Notification.ItemID); ok {
				score++
			}
		}
	}
	if _, tagged := entry.Member("@odata.type"); tagged != (d.Notification.Type != "") {
		score-- // one of the preview's and one of the interim's items differ in little else
	}
	if h := d.ClientState.Header; score > 0 && h != "" && header.Get(h) != "" {
		score += headerWeight
	}
	return score
}

func (d *Dialect) part(name string) (Part, bool) {
	n := &d.Notification
	for _, parts := range [...][]Part{n.Item, n.Service, n.Removed, n.Lifecycle} {
		for _, p := range parts {
			if p.Name == name {
				return p, true
			}
		}
	}
	return Part{}, false
}

func (d *Dialect) readItem(item *Item, header http.Header) {
	entry := odata.Value{Raw: item.Raw}
	if !entry.IsObject() {
		item.Problems = append(item.Problems, "the entry is "+entry.Kind()+", not an object")
		return
	}
	if h := d.ClientState.Header; h != "" && len(header.Values(h)) > 0 {
		item.ClientState, item.HasClientState = header.Get(h), true
	}
	for m := range entry.Members {
		if part, ok := d.part(m.Name); ok {
			if problem := d.readPart(&item.Notification, part, m.Value); problem != "" {
				item.Problems = append(item.Problems, m.Name+" "+problem)
			}
		}
	}
	if item.Subscription == "" {
		item.Problems = append(item.Problems, "the entry names no subscription")
	}
	if item.Change == 0 && item.Lifecycle == "" {
		item.Problems = append(item.Problems, "the entry says neither what changed nor what became of the subscription")
	}
}

// readPart returns what is wrong with a value, or nothing.
func (d *Dialect) readPart(n *notify.Notification, part Part, v odata.Value) string {
	text, isText := v.Text()
	switch part.Is {
	case PartSequence:
		i, err := strconv.ParseInt(string(v.Raw), 10, 32)
		if err != nil {
			return "is " + clip(string(v.Raw)) + ", not a whole number of 32 bits"
		}
		n.Sequence, n.HasSequence = int32(i), true
		return ""
	case PartData:
		n.Data = d.readData(v)
		return ""
	case PartError:
		n.Error = readReason(v)
		return ""
	case PartType, PartNull, PartOwnID:
		return ""
	case PartClientState:
		n.HasClientState = true
		n.ClientState = text
		return ""
	}
	if !isText {
		return "is " + v.Kind() + ", not a string"
	}
	switch part.Is {
	case PartSubscription:
		n.Subscription = text
	case PartExpires, PartExpiresInFull:
		when, err := ParseDate(strings.Trim(text, `"`)) // doubly quoted by a quirk (W10-27)
		if err != nil {
			return "is " + clip(text) + ", not a date with a zone"
		}
		n.Expires = when
	case PartTenant:
		n.Tenant = text
	case PartResource:
		n.Resource = text
	case PartLifecycle:
		n.Lifecycle = notify.Lifecycle(text)
	case PartChange:
		return d.readChange(n, text)
	}
	return ""
}

func (d *Dialect) readChange(n *notify.Notification, word string) string {
	if word == pascal(string(notify.SubscriptionRemoved)) && d.Tells(notify.SubscriptionRemoved) {
		n.Lifecycle = notify.SubscriptionRemoved
		return ""
	}
	change, err := notify.ParseChangeType(word)
	if err != nil || change.Name() == "" {
		return "is " + clip(word) + ", not one change type"
	}
	if change == notify.Gap {
		n.Lifecycle = notify.Missed
		return ""
	}
	n.Change = change
	return ""
}

func (d *Dialect) readData(v odata.Value) *notify.Data {
	if !v.IsObject() {
		return nil
	}
	data := &notify.Data{}
	var rich []byte
	for m := range v.Members {
		text, _ := m.Value.Text()
		switch m.Name {
		case "@odata.type":
			data.Type = text
		case "@odata.id":
			data.URL = text
		case "@odata.etag":
			data.ETag = text
		case d.Notification.ItemID:
			data.ID = text
		default:
			if rich == nil {
				rich = []byte{'{'}
			}
			rich = append(appendName(rich, m.Name), m.Value.Raw...)
		}
	}
	if rich != nil {
		data.Rich = append(rich, '}')
	}
	return data
}

func readReason(v odata.Value) *notify.Error {
	message, _ := v.Member("Message")
	code, _ := v.Member("Code")
	e := &notify.Error{}
	e.Message, _ = message.Text()
	e.Code, _ = code.Text()
	return e
}
