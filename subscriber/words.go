package subscriber

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/notify"
)

const (
	// defaultLife is asked for where the service wants an expiry and none was given: a session of trying things out, and short enough to
	// be accepted by every service.
	defaultLife = time.Hour

	// dateLayout counts in the 100 ns of the service (rule W1.6-11).
	dateLayout = "2006-01-02T15:04:05.9999999Z"

	// Graph's names for what some dialects have no name for, sent when the client is told to try.
	triedLifecycleURL  = "lifecycleNotificationUrl"
	triedExpiry        = "expirationDateTime"
	triedIncludeData   = "includeResourceData"
	triedCertificate   = "encryptionCertificate"
	triedCertificateID = "encryptionCertificateId"
)

// creation is the body of a creation, properties in the dialect's order (rules W1.2-01 to W1.2-08).
func (c *Client) creation(r Request) ([]byte, error) {
	resource, err := c.resource(r.Resource)
	if err != nil {
		return nil, err
	}
	changes, err := c.changes(r.Changes)
	if err != nil {
		return nil, err
	}
	expires := c.expiry(r.For, r.Expires)
	values := map[dialect.Prop]string{
		dialect.PropType:         c.Dialect.TypeTag,
		dialect.PropResource:     resource,
		dialect.PropChange:       changes,
		dialect.PropURL:          r.NotificationURL,
		dialect.PropClientState:  r.ClientState,
		dialect.PropLifecycleURL: r.LifecycleURL,
		dialect.PropExpires:      expires,

		dialect.PropCertificate:   r.Certificate,
		dialect.PropCertificateID: r.CertificateID,
	}
	if r.Certificate != "" || r.CertificateID != "" {
		values[dialect.PropIncludeData] = "true"
	}
	body := newBody()
	for _, f := range c.Dialect.Subscription {
		if f.Create != dialect.ReadOnly {
			body.property(f.Prop, f.Name, values[f.Prop])
			delete(values, f.Prop)
		}
	}
	if err := c.leftOver(body, values); err != nil {
		return nil, err
	}
	return body.bytes(), nil
}

// leftOver is about values that the dialect has no property for.
func (c *Client) leftOver(body *body, values map[dialect.Prop]string) error {
	for _, tried := range []struct {
		prop dialect.Prop
		name string
		what string
	}{
		{dialect.PropLifecycleURL, triedLifecycleURL, "lifecycle URL"},
		{dialect.PropExpires, triedExpiry, "expiry that could be asked for"},
		{dialect.PropIncludeData, triedIncludeData, "encrypted notifications"},
		{dialect.PropCertificate, triedCertificate, "encrypted notifications"},
		{dialect.PropCertificateID, triedCertificateID, "encrypted notifications"},
	} {
		switch {
		case values[tried.prop] == "":
		case c.Try:
			body.property(tried.prop, tried.name, values[tried.prop])
		default:
			return &UnsupportedError{"write request", c.Dialect.String(), tried.what}
		}
	}
	return nil
}

// renewal is the body of a renewal (rules W1.1-11, W1.1-12, W1.3-08, W1.3-09).
func (c *Client) renewal(r Renewal) ([]byte, error) {
	body, expires := newBody(), c.expiry(r.For, r.Expires)
	if expires == "" && c.Dialect.Operations.Renew == dialect.RenewByPost {
		return body.bytes(), nil
	}
	name := triedExpiry
	if patchable(c.Dialect, dialect.PropExpires) {
		name = c.Dialect.NameOf(dialect.PropExpires)
	}
	body.set("@odata.type", c.Dialect.TypeTag)
	body.set(name, expires)
	certificate := map[dialect.Prop]string{dialect.PropCertificate: r.Certificate, dialect.PropCertificateID: r.CertificateID}
	for _, f := range c.Dialect.Subscription {
		if f.Patch == dialect.Optional {
			body.set(f.Name, certificate[f.Prop])
			delete(certificate, f.Prop)
		}
	}
	return body.bytes(), c.leftOver(body, certificate)
}

// patchable tells whether a property can be changed.
func patchable(d *dialect.Dialect, p dialect.Prop) bool {
	return slices.ContainsFunc(d.Subscription, func(f dialect.Field) bool { return f.Prop == p && f.Patch == dialect.Optional })
}

// changes writes change types as the dialect's requests do (rules W1.3-16, W1.4-02).
func (c *Client) changes(changes notify.ChangeType) (string, error) {
	words := strings.ReplaceAll(changes.String(), ", ", ",")
	switch {
	case changes == 0:
		return "", errors.New("write change types: there are none; use notify.Created, notify.Updated or notify.Deleted")
	case !c.Dialect.ChangeWords.Allowed.Has(changes) && !c.Try:
		return "", &UnsupportedError{"write request", c.Dialect.String(), "change types " + words + " that could be asked for"}
	case c.Dialect.ChangeWords.Lower:
		return strings.ToLower(words), nil
	}
	return words, nil
}

// expiry is empty where the service is to decide.
func (c *Client) expiry(life time.Duration, at time.Time) string {
	if at.IsZero() && life == 0 {
		if !c.Dialect.Lifetime.Needed {
			return ""
		}
		life = defaultLife
	}
	if at.IsZero() {
		at = c.now().Add(life)
	}
	return at.UTC().Format(dateLayout)
}

// body is a JSON object, its members in the order in which they were set.
type body struct {
	buf bytes.Buffer
}

func newBody() *body {
	b := &body{}
	b.buf.WriteByte('{')
	return b
}

// property adds a property that has a value. All are texts but one.
func (b *body) property(p dialect.Prop, name, value string) {
	if p == dialect.PropIncludeData && value != "" {
		b.name(name)
		b.buf.WriteString(value)
		return
	}
	b.set(name, value)
}

// set adds a text that is not empty.
func (b *body) set(name, value string) {
	if value != "" {
		b.name(name)
		b.text(value)
	}
}

// name begins a member.
func (b *body) name(name string) {
	if b.buf.Len() > 1 {
		b.buf.WriteByte(',')
	}
	b.text(name)
	b.buf.WriteByte(':')
}

func (b *body) text(text string) {
	encoder := json.NewEncoder(&b.buf)
	encoder.SetEscapeHTML(false) // a URL with & stays readable
	if encoder.Encode(text) == nil {
		b.buf.Truncate(b.buf.Len() - 1) // the line's end
	}
}

func (b *body) bytes() []byte { return append(b.buf.Bytes(), '}') }
