package receiver

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" // thumbprints are SHA-1 (W4.10-07)
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/outlocal/outlocal/internal/localca"
)

// Key opens the encrypted content of notifications.
type Key struct {
	// ID is the encryptionCertificateId of the subscriptions that it is for. Empty: of any.
	ID string
	// Private opens what was encrypted for the certificate.
	Private *rsa.PrivateKey
	// Certificate is what subscriptions carry. Without one, thumbprints are not compared.
	Certificate *x509.Certificate
}

const (
	keyBits      = 2048                 // the least that the service takes (W1.4-10), and the fastest to open
	keyLifetime  = 365 * 24 * time.Hour // a test suite's keys are made anew long before
	keyBackdated = time.Hour            // clocks differ
	serialBits   = 127                  // a serial is positive, and not to be guessed
)

// NewKey makes a key with a certificate for it, which is valid for a year.
func NewKey(id string) (Key, error) {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return Key{}, fmt.Errorf("make key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), serialBits))
	if err != nil {
		return Key{}, fmt.Errorf("make key: %w", err)
	}
	now := time.Now() // certificates are dated on the wall's clock, where those who check them look
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{Organization: []string{"outlocal"}, CommonName: "encrypted notifications"},
		NotBefore:    now.Add(-keyBackdated),
		NotAfter:     now.Add(keyLifetime),
		KeyUsage:     x509.KeyUsageKeyEncipherment,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return Key{}, fmt.Errorf("certify key: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return Key{}, fmt.Errorf("certify key: %w", err)
	}
	return Key{ID: id, Private: private, Certificate: certificate}, nil
}

// LoadKey reads a key, and the certificate for it where the file has one: PEM, or a PFX file with its password. An error that has a cure
// has it as Hint() string.
func LoadKey(file, password string) (Key, error) {
	signer, certificate, err := localca.LoadKey(file, password)
	if err != nil {
		return Key{}, err
	}
	private, ok := signer.(*rsa.PrivateKey)
	if !ok {
		return Key{}, fmt.Errorf("load key: %w", &localca.Error{
			File: file, Problem: fmt.Sprintf("it holds a %T", signer), Cure: "use an RSA key of 2048 to 4096 bits: content is encrypted for no other",
		})
	}
	return Key{Private: private, Certificate: certificate}, nil
}

// EncryptionCertificate is the property of that name of a subscription: the certificate's DER in base64 (W1.4-10), empty without one.
func (k Key) EncryptionCertificate() string {
	if k.Certificate == nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(k.Certificate.Raw)
}

// Thumbprint is the certificate's, as notifications carry it (W4.10-07); empty without a certificate.
func (k Key) Thumbprint() string {
	if k.Certificate == nil {
		return ""
	}
	sum := sha1.Sum(k.Certificate.Raw)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

func checkKeys(keys []Key) error {
	for _, k := range keys {
		if err := k.check(); err != nil {
			return err
		}
	}
	return nil
}

func (k Key) check() error {
	switch {
	case k.Private == nil:
		return fmt.Errorf("use key %q: it has no private key", k.ID)
	case k.Certificate != nil && !k.Private.PublicKey.Equal(k.Certificate.PublicKey):
		return fmt.Errorf("use key %q: the certificate is for another key", k.ID)
	}
	return nil
}
