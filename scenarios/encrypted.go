package scenarios

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net/http"
	"net/url"
	"sync"

	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/receiver"
)

// receiverName is what files call the built-in webhook as one that has keys.
const receiverName = "receiver"

// receiverMembers are what can be asked of it: the certificate that notifications can be encrypted for, and another, for the day on
// which the first is replaced.
func receiverMembers() []string {
	return []string{"certificate", "certificateId", "thumbprint", "newCertificate", "newCertificateId", "newThumbprint"}
}

// The built-in webhook's keys. They take long to make, and nobody learns anything from having others each time.
var (
	firstKey = sync.OnceValues(func() (receiver.Key, error) { return receiver.NewKey("receiver-1") })
	nextKey  = sync.OnceValues(func() (receiver.Key, error) { return receiver.NewKey("receiver-2") })

	// serviceKey is the service's, to sign the tokens that come with encrypted content.
	serviceKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, serviceKeyBits) })
)

// serviceKeyBits is how long the service's keys are.
const serviceKeyBits = 2048

// builtInKeys are the keys that a story has asked for so far.
type builtInKeys struct {
	receiver    *receiver.Receiver // that opens by them; nil for a webhook elsewhere
	first, next receiver.Key
}

// value is a member of the built-in webhook. What is asked for by its certificate, it can open from then on.
func (k *builtInKeys) value(member any) (string, error) {
	key, maker := &k.first, firstKey
	switch member {
	case "newCertificate", "newCertificateId", "newThumbprint":
		key, maker = &k.next, nextKey
	}
	if key.Private == nil {
		made, err := maker()
		if err != nil {
			return "", err
		}
		*key = made
		if k.receiver != nil {
			if err := k.receiver.SetKeys(k.all()...); err != nil {
				return "", err
			}
		}
	}
	switch member {
	case "certificate", "newCertificate":
		return key.EncryptionCertificate(), nil
	case "thumbprint", "newThumbprint":
		return key.Thumbprint(), nil
	}
	return key.ID, nil
}

// all are the keys that were asked for.
func (k *builtInKeys) all() (all []receiver.Key) {
	for _, key := range []receiver.Key{k.first, k.next} {
		if key.Private != nil {
			all = append(all, key)
		}
	}
	return all
}

// open returns what is encrypted in a notification.
func (k *builtInKeys) open(item []byte) ([]byte, error) {
	var errs []error
	for _, key := range k.all() {
		content, err := key.Open(item)
		if err == nil {
			return content, nil
		}
		errs = append(errs, err)
	}
	if len(errs) == 0 {
		return nil, errors.New("open encrypted content: nothing was encrypted for ${receiver.certificate}")
	}
	return nil, errors.Join(errs...)
}

// certificate is what a subscription's notifications are encrypted for.
func (p *play) certificate(s *Subscribe) (certificate, id string, err error) {
	for _, part := range []struct {
		text   string
		member string
		into   *string
	}{{s.Certificate, "certificate", &certificate}, {s.CertID, "certificateId", &id}} {
		if part.text == "" {
			*part.into, err = p.keys.value(part.member)
		} else {
			*part.into, err = p.scope.text(part.text)
		}
		if err != nil {
			return "", "", err
		}
	}
	return certificate, id, nil
}

// contentDiffers judges what is encrypted in a notification.
func (p *play) contentDiffers(want ByPath, item *sentItem, what string) error {
	content, err := p.keys.open(item.raw)
	if err != nil {
		p.now.problem("%s: %s", what, err)
		return nil
	}
	return p.comparePaths(what+": the content's", want, jsonOf(content))
}

// tokens says how the built-in webhook checks those that come with encrypted content: by the keys of the emulator that it is played on.
func (st *stage) tokens() receiver.Tokens {
	return receiver.Tokens{
		Authority: authorityURL, Apps: []string{emulator.DefaultApp}, HTTP: &http.Client{Transport: roundTrip(st.askAuthority)},
	}
}

// authorityURL stands for the emulator, wherever that is.
const authorityURL = "https://emulator.test"

// askAuthority sends a request to the emulator: the webhook is made before that, and doesn't know where it will be.
func (st *stage) askAuthority(r *http.Request) (*http.Response, error) {
	if st.server != nil {
		return inProcess{st.server}.RoundTrip(r)
	}
	service, err := url.Parse(st.service)
	if err != nil || service.Host == "" {
		return nil, errors.New("ask for the emulator's keys: nobody knows where it is")
	}
	request := r.Clone(r.Context())
	request.URL.Scheme, request.URL.Host, request.Host = service.Scheme, service.Host, ""
	return st.outside.RoundTrip(request)
}

// roundTrip is a function that is an [http.RoundTripper].
type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
