package dialect

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/outlocal/outlocal/internal/odata"
	"github.com/outlocal/outlocal/notify"
)

// Request is the body of a creation or renewal, understood.
type Request struct {
	notify.Subscription
	Given   map[Prop]bool // which properties the body held with a value
	Expires time.Time     // zero when none was asked for
}

// ReadCreate decodes the body of a creation. Names count in exact case, each once (rules W1.2-01 to W1.2-08, W1.3-10, W1.4-02 to W1.4-08).
func (d *Dialect) ReadCreate(body []byte) (*Request, *notify.Error) {
	r, refusal := d.readSubscription(body, func(f Field) Need { return f.Create })
	if refusal != nil {
		return nil, refusal
	}
	for _, f := range d.Subscription {
		if f.Create == Required && !r.Given[f.Prop] {
			return nil, d.refuseMissing(f)
		}
	}
	if r.Changes, refusal = d.ReadChanges(r.ChangeType); refusal != nil {
		return nil, refusal
	}
	if r.TLSVersion == "" && d.NameOf(PropTLS) != "" {
		r.TLSVersion = defaultTLS
	}
	return r, d.checkSettled(r)
}

// ReadRenewal decodes the body of a renewal. Properties that cannot be changed may stand in it if they hold what current holds: clients
// send back what they read.
func (d *Dialect) ReadRenewal(body []byte, current *notify.Subscription) (*Request, *notify.Error) {
	if len(strings.TrimSpace(string(body))) == 0 && d.Operations.RenewBodyOptional {
		return &Request{Given: map[Prop]bool{}}, nil
	}
	r, refusal := d.readSubscription(body, func(f Field) Need { return f.Patch })
	if refusal != nil {
		return nil, refusal
	}
	changes := false
	for _, f := range d.Subscription {
		if !r.Given[f.Prop] {
			continue
		}
		changes = changes || f.Patch == Optional
		if f.Patch == Fixed && !d.same(f.Prop, r, current) {
			e := d.Refuse(FixedProperty, f.Name)
			e.Property, e.Hint = f.Name, f.Name+" can't be changed: delete the subscription and create another"
			return nil, e
		}
	}
	if !changes && !d.Operations.RenewBodyOptional {
		return nil, d.Refuse(EmptyRenewal)
	}
	return r, d.checkSettled(r)
}

const defaultTLS = "v1_2" // W1.4-11

// tlsVersions are the words that latestSupportedTlsVersion may hold (W1.4-11).
var tlsVersions = []string{"v1_0", "v1_1", "v1_2", "v1_3"}

func (d *Dialect) same(p Prop, r *Request, current *notify.Subscription) bool {
	if p == PropIncludeData {
		return r.IncludeData == current.IncludeData
	}
	return *textOf(&r.Subscription, p) == *textOf(current, p)
}

// checkSettled judges values that stand for themselves.
func (d *Dialect) checkSettled(r *Request) *notify.Error {
	if r.TLSVersion != "" {
		for _, v := range tlsVersions {
			if r.TLSVersion == v {
				return nil
			}
		}
		e := d.Refuse(BadPayload)
		e.Property = d.NameOf(PropTLS)
		e.Hint = fmt.Sprintf("%s is %q; it can be %s", e.Property, r.TLSVersion, strings.Join(tlsVersions, ", "))
		return e
	}
	return nil
}

// ReadChanges understands a list of change types, of those that the dialect lets a client ask for (W6.3-09).
func (d *Dialect) ReadChanges(text string) (notify.ChangeType, *notify.Error) {
	changes, err := notify.ParseChangeType(text)
	if err == nil && d.ChangeWords.Allowed.Has(changes) {
		return changes, nil
	}
	e := d.Refuse(BadChangeType, text)
	e.Property = d.NameOf(PropChange)
	e.Hint = fmt.Sprintf("%s is a list of %s", e.Property, strings.ToLower((d.ChangeWords.Allowed &^ notify.Acknowledgment &^ notify.Gap).String()))
	return 0, e
}

func (d *Dialect) readSubscription(body []byte, need func(Field) Need) (*Request, *notify.Error) {
	doc, err := parseRequest(body)
	if err != nil {
		e := d.Refuse(BadPayload, err.Error())
		e.Hint = "the body is not JSON: " + err.Error()
		return nil, e
	}
	if !doc.IsObject() {
		e := d.Refuse(BadPayload, "the body is "+doc.Kind())
		e.Hint = "the body is " + doc.Kind() + ", but an object is needed"
		return nil, e
	}
	r := &Request{Given: make(map[Prop]bool)}
	seen := make(map[string]bool)
	for m := range doc.Members {
		if seen[m.Name] {
			e := d.Refuse(DuplicateProperty, m.Name)
			e.Property, e.Hint = m.Name, m.Name+" stands in the body twice; which one is meant?"
			return nil, e
		}
		seen[m.Name] = true
		if refusal := d.readMember(r, m, need); refusal != nil {
			return nil, refusal
		}
	}
	return r, nil
}

// byteOrderMark is what some editors and .NET writers put in front.
const byteOrderMark = "\ufeff"

func parseRequest(body []byte) (odata.Value, error) {
	switch {
	case strings.HasPrefix(string(body), byteOrderMark):
		return odata.Value{}, errors.New("it begins with a byte order mark; write it as UTF-8 without one")
	case !utf8.Valid(body):
		return odata.Value{}, errors.New("it is not UTF-8")
	}
	return odata.Parse(body)
}

func (d *Dialect) readMember(r *Request, m odata.Member, need func(Field) Need) *notify.Error {
	f, known := d.field(m.Name)
	switch {
	case m.Name == "@odata.type":
		return d.readTag(r, m)
	case strings.Contains(m.Name, "@"):
		return nil // any other annotation says nothing to the service
	case strings.HasPrefix(m.Name, "webPush"), m.Name == "vapidPublicKey":
		if d.Family == Graph && !known { // W1.4-15
			e := d.Refuse(WebPush, m.Name)
			e.Property, e.Hint = m.Name, m.Name+" belongs to Web Push subscriptions, which have no notification URL of their own"
			return e
		}
		return d.refuseUnknown(m.Name)
	case !known:
		return d.refuseUnknown(m.Name)
	case need(f) == ReadOnly:
		return nil
	case m.Value.IsNull():
		return nil
	}
	if r.Given[f.Prop] { // by its alias
		e := d.Refuse(DuplicateProperty, m.Name)
		e.Property = m.Name
		return e
	}
	return d.readProperty(r, f, m.Value)
}

func (d *Dialect) readProperty(r *Request, f Field, v odata.Value) *notify.Error {
	r.Given[f.Prop] = true
	if f.Prop == PropIncludeData {
		truth, ok := v.Bool()
		if !ok {
			return d.refuseType(f, v, "true or false")
		}
		r.IncludeData = truth
		return nil
	}
	text, ok := v.Text()
	if !ok {
		return d.refuseType(f, v, "a string")
	}
	if f.Max > 0 && utf8.RuneCountInString(text) > f.Max {
		e := d.Refuse(TooLong, f.Name, f.Max)
		e.Property, e.Hint = f.Name, fmt.Sprintf("%s has %d characters; at most %d are kept", f.Name, utf8.RuneCountInString(text), f.Max)
		return e
	}
	if f.Prop == PropClientState && d.stateTravelsInHeader() && !sendable(text) {
		e := d.Refuse(Unsendable, f.Name)
		e.Property, e.Hint = f.Name, f.Name+" travels in a header: it can hold no line breaks or other control characters, and no blanks at its ends"
		return e
	}
	if f.Prop == PropExpires {
		when, err := ParseDate(text)
		if err != nil {
			e := d.Refuse(BadDate, f.Name)
			e.Property = f.Name
			e.Hint = fmt.Sprintf("%s is %q; write it as 2026-01-31T18:00:00Z, with a zone", f.Name, clip(text))
			return e
		}
		r.Expires = when
		return nil
	}
	if text == "" && f.Create == Required {
		delete(r.Given, f.Prop)
	}
	*textOf(&r.Subscription, f.Prop) = text
	return nil
}

func (d *Dialect) stateTravelsInHeader() bool {
	return d.ClientState.Header != "" || d.Handshake != nil && d.Handshake.StateHeader != ""
}

// sendable tells whether a header's value arrives as it was.
func sendable(text string) bool {
	return strings.TrimSpace(text) == text && !strings.ContainsFunc(text, unicode.IsControl)
}

func (d *Dialect) readTag(r *Request, m odata.Member) *notify.Error {
	tag, _ := m.Value.Text()
	if tag == d.TypeTag && tag != "" || tag == d.ToleratedTag && tag != "" {
		r.Given[PropType] = true
		return nil
	}
	e := d.Refuse(BadType, clip(tag))
	e.Property = m.Name
	e.Hint = fmt.Sprintf("@odata.type must be %q in %s", d.TypeTag+d.ToleratedTag, d)
	return e
}

func (d *Dialect) field(name string) (Field, bool) {
	for _, f := range d.Subscription {
		if f.Name == name || f.Alias != "" && f.Alias == name {
			return f, true
		}
	}
	return Field{}, false
}

func (d *Dialect) refuseMissing(f Field) *notify.Error {
	e := d.Refuse(MissingProperty, f.Name)
	e.Property, e.Hint = f.Name, "add "+f.Name
	if f.Prop == PropType {
		e.Hint = fmt.Sprintf("add \"@odata.type\":%q: %s needs it", d.TypeTag, d)
	}
	return e
}

func (d *Dialect) refuseType(f Field, v odata.Value, want string) *notify.Error {
	e := d.Refuse(WrongType, f.Name)
	e.Property, e.Hint = f.Name, fmt.Sprintf("%s is %s; it must be %s", f.Name, v.Kind(), want)
	return e
}

// refuseUnknown names the dialect that has the property, if one has (W10-47).
func (d *Dialect) refuseUnknown(name string) *notify.Error {
	hint := d.elsewhere(name)
	e := d.Refuse(UnknownProperty, name, hint)
	e.Property, e.Hint = name, hint
	return e
}

func (d *Dialect) elsewhere(name string) string {
	for _, f := range d.Subscription {
		if strings.EqualFold(f.Name, name) {
			return fmt.Sprintf("%s spells it %s; names count in exact case", d, f.Name)
		}
	}
	for _, other := range spoken { // a profile has the names of its dialect, or fewer
		f, known := other.field(name)
		if !known || other.String() == d.String() {
			continue
		}
		if here := d.NameOf(f.Prop); here != "" {
			return fmt.Sprintf("%s is %s's name; %s calls it %s", name, other, d, here)
		}
		return fmt.Sprintf("%s is a property of %s; %s has none like it", name, other, d)
	}
	return fmt.Sprintf("no dialect has a property %s", clip(name))
}

const clipped = 60 // characters of a user's text that an error repeats

func clip(text string) string {
	if r := []rune(text); len(r) > clipped {
		return string(r[:clipped]) + "…"
	}
	return text
}
