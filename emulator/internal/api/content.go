package api

import (
	"errors"
	"fmt"
	"slices"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/mailbox"
	"github.com/outlocal/outlocal/emulator/internal/rich"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/notify"
)

// settleContent judges what a subscriber who wants content gives for it: a certificate with a name, and a selection (W1.4-09, W1.4-10).
// Without that wish, certificates are nobody's business and not kept (W10-22). The note tells what is borne.
func (c *call) settleContent(draft *store.Record) (note string, refusal *notify.Error) {
	certificate, id, wish := c.d.NameOf(dialect.PropCertificate), c.d.NameOf(dialect.PropCertificateID), c.d.NameOf(dialect.PropIncludeData)
	if !draft.IncludeData {
		if draft.Certificate+draft.CertificateID != "" {
			draft.Certificate, draft.CertificateID = "", ""
			note = certificate + " is not kept, as nothing is encrypted without " + wish
		}
		return note, nil
	}
	for _, p := range []struct{ name, value string }{{certificate, draft.Certificate}, {id, draft.CertificateID}} {
		if p.value == "" {
			e := c.d.Refuse(dialect.MissingProperty, p.name)
			e.Property, e.Hint = p.name, fmt.Sprintf("add %s: with %s, content is encrypted for a certificate of yours", p.name, wish)
			return "", e
		}
	}
	if note, refusal = c.checkCertificate(draft.Certificate); refusal != nil {
		return "", refusal
	}
	if len(draft.Watch.Select) == 0 || slices.Contains(draft.Watch.Select, "*") {
		e := c.d.Refuse(dialect.NoSelection)
		e.Property = c.d.NameOf(dialect.PropResource)
		e.Hint = "add ?$select to it and name the properties that you want, with commas between; what it does not name can be fetched"
		return "", e
	}
	for _, name := range draft.Watch.Select {
		if !mailbox.HasProperty(draft.Watch.Collection, name) {
			note = joined(note, fmt.Sprintf("%s is no property of %s: nothing will be told of it", name, draft.Watch.Collection))
		}
	}
	return note, nil
}

// joined are two notes in one, either of which may be empty.
func joined(note, more string) string {
	if note == "" || more == "" {
		return note + more
	}
	return note + "; " + more
}

// checkCertificate judges a certificate by itself. One that has expired is as good as any to the service, as far as anybody knows.
func (c *call) checkCertificate(text string) (note string, refusal *notify.Error) {
	name := c.d.NameOf(dialect.PropCertificate)
	certificate, err := rich.Parse(text)
	var wrong *rich.Error
	switch {
	case errors.As(err, &wrong):
		e := c.d.Refuse(dialect.BadCertificate, wrong.Reason)
		e.Property, e.Hint = name, name+": "+wrong.Hint
		return "", e
	case certificate.Expired(c.Clock.Wall()): // certificates are dated by the wall's clock
		return name + " has expired: borne, as the key is all that counts", nil
	}
	return "", nil
}

// rotation judges a renewal that brings another certificate, or another name for it (W1.4-10). What is planned already goes out under the
// old one.
func (c *call) rotation(req *dialect.Request, r *store.Record) (rotates bool, note string, refusal *notify.Error) {
	given := req.Given[dialect.PropCertificate] && req.Certificate != r.Certificate || req.Given[dialect.PropCertificateID] && req.CertificateID != r.CertificateID
	if !given {
		return false, "", nil
	}
	if !r.IncludeData {
		return false, c.d.NameOf(dialect.PropCertificate) + " is not kept, as nothing is encrypted without " + c.d.NameOf(dialect.PropIncludeData), nil
	}
	if req.Certificate != "" {
		if note, refusal = c.checkCertificate(req.Certificate); refusal != nil {
			return false, "", refusal
		}
	}
	return true, joined(fmt.Sprintf("content is encrypted for certificate %s from now on", firstOf(req.CertificateID, r.CertificateID)), note), nil
}
