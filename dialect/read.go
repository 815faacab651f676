package dialect

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"regexp"
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
	Marks    Marks // in place of Data, by a Skimmer
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
	return read(header, body, whole, new(odata.Room))
}

// depth is how much of an entry is kept.
type depth uint8

const (
	whole depth = iota
	marks       // what tells an entry from others
)

func read(header http.Header, body []byte, depth depth, room *odata.Room) (*Body, error) {
	doc, mended, err := parseBody(body, room)
	if err != nil {
		return nil, err
	}
	b := &Body{Mended: mended}
	value := b.readEnvelope(doc)
	if !value.IsArray() {
		return nil, &BodyError{Fault: NoValue, Reason: `the body has no array named "value"`}
	}
	unknown := ""
	b.Items = make([]Item, 0, value.Len())
	for entry := range value.Elements {
		b.Items = append(b.Items, Item{Raw: entry.Raw})
		if b.Dialect == nil && entry.IsObject() {
			if b.Dialect = recognise(header, entry); b.Dialect == nil && unknown == "" {
				unknown = clip(names(entry))
			}
		}
	}
	if b.Dialect == nil && unknown != "" {
		return nil, &BodyError{Fault: UnknownDialect, Reason: "the entries' names belong to no dialect: " + unknown}
	}
	if b.Dialect == nil {
		for i := range b.Items {
			b.Items[i].Problems = append(b.Items[i].Problems, "the entry is not an object")
		}
		return b, nil
	}
	state, sent := b.Dialect.stateHeader(header)
	before, i := &Item{}, 0
	for entry := range value.Elements {
		b.Dialect.readItem(&b.Items[i], before, entry, depth, state, sent)
		before = &b.Items[i]
		i++
	}
	return b, nil
}

// readEnvelope returns the first value of that name; what stands beside it is noted.
func (b *Body) readEnvelope(doc odata.Value) (value odata.Value) {
	for name, v := range doc.Named {
		switch string(name) {
		case "value":
			if value.Raw == nil {
				value = v
			}
		case "validationTokens":
			for t := range v.Elements {
				text, _ := t.Text()
				b.Tokens = append(b.Tokens, text)
			}
		}
	}
	return value
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

func parseBody(body []byte, room *odata.Room) (doc odata.Value, mended string, err error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return doc, "", &BodyError{Fault: Empty, Reason: "the body is empty"}
	}
	if doc, err = room.Parse(body); err == nil {
		return doc, "", nil
	}
	for _, m := range mendings {
		if doc, again := room.Parse(m.mend(body)); again == nil {
			return doc, m.what, nil
		}
	}
	fault := &BodyError{Fault: NotJSON, Reason: err.Error()}
	var syntax *odata.SyntaxError
	if errors.As(err, &syntax) {
		fault.Line, fault.Column, fault.Reason = syntax.Line, syntax.Column, syntax.Reason
	}
	return doc, "", fault
}

// headerWeight: a header that only one dialect has tells more than a name that several share.
const headerWeight = 3

// recognise finds the dialect whose names fit an entry best, in exact case. Two names at least must fit.
func recognise(header http.Header, entry odata.Value) *Dialect {
	scores := make([]int, len(spoken))
	tagged := false
	for name, value := range entry.Named {
		tagged = tagged || string(name) == "@odata.type"
		for i, d := range spoken {
			scores[i] += d.fit(name, value)
		}
	}
	var best *Dialect
	highest := 1
	for i, d := range spoken {
		score := scores[i]
		if tagged != (d.Notification.Type != "") {
			score-- // one of the preview's and one of the interim's items differ in little else
		}
		if h := d.ClientState.Header; score > 0 && h != "" && header.Get(h) != "" {
			score += headerWeight
		}
		if score > highest {
			best, highest = d, score
		}
	}
	return best
}

// fit tells how well one member fits.
func (d *Dialect) fit(name []byte, value odata.Value) int {
	part, ok := d.part(name)
	if !ok {
		return 0
	}
	switch part.Is {
	case PartChange: // W4.3-02, W4.6-03: the same name with other words in it
		if lower := value.IsString() && value.Raw[1] >= 'a'; lower == d.ChangeWords.notifiesInLower() {
			return 2
		}
	case PartData:
		if _, ok := value.Member(d.Notification.ItemID); ok {
			return 2
		}
	}
	return 1
}

func (d *Dialect) part(name []byte) (Part, bool) {
	n := &d.Notification
	for _, parts := range [...][]Part{n.Item, n.Service, n.Removed, n.Lifecycle} {
		for _, p := range parts {
			if p.Name == string(name) {
				return p, true
			}
		}
	}
	return n.observedPart(string(name))
}
