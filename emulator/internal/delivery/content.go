package delivery

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/emulator/internal/rich"
	"github.com/outlocal/outlocal/emulator/internal/store"
)

// Here notifications get their encrypted content, and requests the tokens that prove where it comes from (rules W4.10). To encrypt costs
// more than all else that is done for a notification, so it is done by the lane that sends it, on as many cores as there are, and once:
// a retry and a copy are the same byte for byte.

// content is what a notification brings to a subscriber who wants content. Copies share it.
type content struct {
	audience    string // the application that the tokens are for
	certificate *rich.Certificate
	id          string // of the certificate, to its owner
	plain       []byte // shared with others of the same selection; nil for an item that is gone (W4.10-11)
	once        sync.Once
	sealed      *dialect.Encrypted
}

// isRich tells whether a subscription's notifications bring content in a dialect.
func isRich(d *dialect.Dialect, r *store.Record) bool {
	return r.IncludeData && d.Notification.Rich != nil
}

// contentFor is what a change brings to one subscription.
func (e *Engine) contentFor(r *store.Record, plain []byte) *content {
	c := &content{audience: r.App, certificate: e.certificates.of(r.Certificate, readCertificate), id: r.CertificateID, plain: plain}
	if r.URLApp != "" { // notificationUrlAppId (W1.4-12)
		c.audience = r.URLApp
	}
	return c
}

// cachedCertificates is how many certificates are kept read.
const cachedCertificates = 1000

// readCertificate returns nil for a text that is no certificate; a subscription is not made with one.
func readCertificate(text string) *rich.Certificate {
	certificate, err := rich.Parse(text)
	if err != nil {
		return nil
	}
	return certificate
}

// seal encrypts the content of all notifications of a batch, on all cores, and returns how long it has become.
func (b *batch) seal() (length int) {
	var sealing []*item
	for _, it := range b.items {
		if it.content != nil && it.content.plain != nil {
			sealing = append(sealing, it)
		}
	}
	if len(sealing) == 0 {
		return 0 // as nearly always, so that nobody pays for what is below
	}
	var next atomic.Int64
	work := func() {
		for i := next.Add(1) - 1; i < int64(len(sealing)); i = next.Add(1) - 1 {
			sealing[i].seal()
		}
	}
	var others sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(sealing)) - 1 {
		others.Go(work)
	}
	work()
	others.Wait()
	for _, it := range sealing {
		if s := it.head.Encrypted; s != nil {
			length += sealedFrame + base64Length(len(s.Data)) + base64Length(len(s.Key))
		}
	}
	return length
}

// sealedFrame is the room that encrypted content takes beside its data and key: names, signature, certificate id and thumbprint.
const sealedFrame = 320

func base64Length(n int) int { return (n + 2) / 3 * 4 }

// seal encrypts what a notification brings, as its plan has it.
func (it *item) seal() {
	c := it.content
	c.once.Do(func() {
		certificate, as := c.certificate, fault.Seal{}
		if it.plan != nil && it.plan.Seal != nil {
			as = *it.plan.Seal
		}
		if as.Stranger {
			certificate, _ = rich.Stranger()
		}
		if certificate == nil {
			return
		}
		s, err := certificate.Seal(c.plain)
		if err != nil { // a certificate was tried before it was taken
			return
		}
		if as.WrongSignature {
			s.Signature[0] ^= 0xff
		}
		c.sealed = &dialect.Encrypted{Data: s.Data, Signature: s.Signature, Key: s.Key, CertificateID: c.id, Thumbprint: certificate.Thumbprint()}
		if as.CertificateID != "" {
			c.sealed.CertificateID = as.CertificateID
		}
	})
	it.head.Encrypted = c.sealed
}

// end closes a body, with tokens where a notification is to be vouched for.
func (b *batch) end(body []byte) []byte {
	d := b.group.dialect
	if !slices.ContainsFunc(b.items, func(it *item) bool { return it.vouched(d) }) {
		return d.CloseBody(body)
	}
	flaw := fault.NoFlaw
	if bent := b.group.bent; bent != nil && bent.Tokens != nil {
		if bent.Tokens.Missing {
			return d.CloseBody(body)
		}
		flaw = bent.Tokens.Flaw
	}
	return d.CloseRichBody(body, b.tokens(flaw))
}

// vouched tells whether a token stands beside a notification: one that brings content, and one of the life of its subscription in a form
// that has them all the same (W5-08).
func (it *item) vouched(d *dialect.Dialect) bool {
	return it.content != nil || it.kind == ofLife && d.Notification.LifecycleTokens
}

// audience is whom a token is for.
type audience struct{ tenant, app string }

// tokens are one for each application and tenant of a batch (W4.10-12).
func (b *batch) tokens(flaw fault.Flaw) []string {
	sign := b.group.target.endpoint.engine.Tokens
	if sign == nil {
		return nil
	}
	var told []audience
	var tokens []string
	for _, it := range b.items {
		if !it.vouched(b.group.dialect) {
			continue
		}
		to := audience{it.head.Tenant, it.app}
		if it.content != nil {
			to.app = it.content.audience
		}
		if slices.Contains(told, to) {
			continue
		}
		told = append(told, to)
		if token := sign(to.tenant, to.app, flaw); token != "" {
			tokens = append(tokens, token)
		}
	}
	return tokens
}
