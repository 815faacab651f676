package rich

import (
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	_ "embed" // a certificate of nobody's
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"
)

// What the service bears of a key, in bits (W1.4-10).
const (
	leastBits = 2048
	mostBits  = 4096
)

// Certificate is a subscriber's, with a key that content can be encrypted for. It never changes.
type Certificate struct {
	key        *rsa.PublicKey
	thumbprint string
	ends       time.Time
}

// Thumbprint is SHA-1 of the certificate, in hexadecimal digits with capitals (W4.10-07).
func (c *Certificate) Thumbprint() string { return c.thumbprint }

// Expired tells whether the certificate's own time is over. No page of the service says that it looks at that: it wants the key only.
func (c *Certificate) Expired(now time.Time) bool { return now.After(c.ends) }

// Parse reads a certificate as a subscription carries it: DER in base64, white space borne. The error is an [*Error].
func Parse(text string) (*Certificate, error) {
	der, refusal := decode(text)
	if refusal != nil {
		return nil, refusal
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, refuse(notFound, "%s", mistaken(der, err))
	}
	key, ok := parsed.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, refuse(notRSA, "the certificate's key is not RSA; make one with an RSA key of %d to %d bits", leastBits, mostBits)
	}
	if bits := key.N.BitLen(); bits < leastBits || bits > mostBits {
		return nil, refuse(wrongSize, "the certificate's key has %d bits; make one with %d to %d", bits, leastBits, mostBits)
	}
	sum := sha1.Sum(der)
	c := &Certificate{key: key, thumbprint: strings.ToUpper(hex.EncodeToString(sum[:])), ends: parsed.NotAfter}
	if _, err := c.Seal(nil); err != nil { // a key that nobody can use, such as one with an even modulus
		return nil, refuse(notRSA, "nothing can be encrypted for the certificate's key: %v", err)
	}
	return c, nil
}

// decode reads base64 as .NET does, which skips white space.
func decode(text string) ([]byte, *Error) {
	packed := strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "").Replace(text)
	der, err := base64.StdEncoding.DecodeString(packed)
	switch {
	case err == nil:
		return der, nil
	case strings.HasPrefix(packed, "-----BEGIN"):
		return nil, refuse(notBase64, "that is PEM: send what stands between its BEGIN and END lines, of one certificate only")
	case strings.ContainsAny(packed, "-_") && !strings.ContainsAny(packed, "+/"):
		return nil, refuse(notBase64, "that looks like base64url: write + for - and / for _, with = at the end where it is due")
	case len(packed)%4 != 0 && strings.Trim(packed, alphabet) == "":
		return nil, refuse(wrongLength, "the base64 is cut off, or lacks its = at the end")
	}
	return nil, refuse(notBase64, "write the certificate's DER in base64, such as openssl x509 -in cert.pem -outform DER | base64 gives")
}

// alphabet is base64's.
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="

// Stranger is a certificate that no subscriber ever gave. Its private key was thrown away: what is sealed for it stays so.
func Stranger() (*Certificate, error) {
	return Parse(base64.StdEncoding.EncodeToString(stranger))
}

//go:embed stranger.der
var stranger []byte
