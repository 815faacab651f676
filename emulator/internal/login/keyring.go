package login

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // a key's id is the SHA-1 of its certificate, as the service's is
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	// keyBits are those of the service's own keys, and the least that its libraries take.
	keyBits = 2048

	// keyLife is how long the certificate around the key says that it is good: longer than any emulator runs.
	keyLife = 5 * 365 * 24 * time.Hour
)

// keyring is the key that signs, with the names under which it is published.
type keyring struct {
	private *rsa.PrivateKey
	id      string // of the key: thumbprint of its certificate, as the service has it
	cert    []byte // self-signed: old programs take keys from x5c only
	signer  jose.Signer
}

// newKeyring makes a key unless there is one. What can fail in it is a broken source of randomness, from which nobody recovers.
func newKeyring(private *rsa.PrivateKey, now time.Time) *keyring {
	var err error
	if private == nil {
		if private, err = rsa.GenerateKey(rand.Reader, keyBits); err != nil {
			panic(fmt.Errorf("make a key to sign tokens with: %w", err))
		}
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "outlocal sign-in"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(keyLife), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		panic(fmt.Errorf("make a certificate for the key that signs tokens: %w", err))
	}
	k := &keyring{private: private, cert: cert, id: thumbprint(cert)}
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("x5t", k.id)
	if k.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: private, KeyID: k.id}}, options); err != nil {
		panic(fmt.Errorf("make a signer of tokens: %w", err))
	}
	return k
}

// thumbprint is a certificate's in the form that x5t and kid have.
func thumbprint(der []byte) string {
	sum := sha1.Sum(der) //nolint:gosec // see the import
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// sign makes a JWT of claims (R6, R31).
func (k *keyring) sign(claims any) (string, error) {
	token, err := jwt.Signed(k.signer).Claims(claims).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return token, nil
}

// jsonWebKey is the key as the service publishes it.
type jsonWebKey struct {
	Kty    string   `json:"kty"`
	Use    string   `json:"use"`
	Kid    string   `json:"kid"`
	X5t    string   `json:"x5t"`
	N      string   `json:"n"`
	E      string   `json:"e"`
	X5c    []string `json:"x5c"`
	Issuer string   `json:"issuer,omitempty"` // only the second version of the document says it
}

func (k *keyring) published(issuer string) jsonWebKey {
	return jsonWebKey{
		Kty: "RSA", Use: "sig", Kid: k.id, X5t: k.id,
		N:      base64.RawURLEncoding.EncodeToString(k.private.N.Bytes()),
		E:      base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.private.E)).Bytes()),
		X5c:    []string{base64.StdEncoding.EncodeToString(k.cert)},
		Issuer: issuer,
	}
}
