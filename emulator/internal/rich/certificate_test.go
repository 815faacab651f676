package rich

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"
)

// pair is a subscriber's key with its certificate, made once.
type pair struct {
	key *rsa.PrivateKey
	der []byte
}

var subscriber = sync.OnceValue(func() pair {
	key, err := rsa.GenerateKey(rand.Reader, leastBits)
	if err != nil {
		panic(err)
	}
	return pair{key, certified(key.Public(), key)}
})

// certified is a certificate for a key, signed by another that need not be of the same kind.
func certified(public crypto.PublicKey, signer crypto.Signer) []byte {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a subscriber"},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, signer)
	if err != nil {
		panic(err)
	}
	return der
}

// sized is a certificate with a key of that many bits, to which nobody has the other half.
func sized(bits int) []byte {
	n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	return certified(&rsa.PublicKey{N: n.Add(n, big.NewInt(1)), E: 65537}, subscriber().key)
}

func inBase64(der []byte) string { return base64.StdEncoding.EncodeToString(der) }

func inPEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestParse(t *testing.T) {
	good := inBase64(subscriber().der)
	var wrapped []string
	for rest := good; rest != ""; {
		n := min(64, len(rest))
		wrapped, rest = append(wrapped, rest[:n]), rest[n:]
	}
	for _, tt := range []struct{ name, text, rules string }{
		{"in one line", good, "rules: W1.4-10"},
		{"in lines, as openssl writes it", strings.Join(wrapped, "\r\n") + "\r\n", ""},
		{"with blanks and tabs", " " + good[:10] + "\t " + good[10:], ""},
		{"4096 bits", inBase64(sized(mostBits)), "rules: W1.4-10"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Parse(tt.text); err != nil {
				t.Error(err)
			}
		})
	}
}

// Every text that is no certificate is refused in words that tell what it is instead.
func TestParseRefuses(t *testing.T) {
	key, der := subscriber().key, subscriber().der
	ec := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	edPublic, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8 := must[[]byte](t)(x509.MarshalPKCS8PrivateKey(key))
	sec1 := must[[]byte](t)(x509.MarshalECPrivateKey(ec))
	pkixKey := must[[]byte](t)(x509.MarshalPKIXPublicKey(key.Public()))
	csr := must[[]byte](t)(x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key))
	pfx := must[[]byte](t)(asn1.Marshal(struct {
		Version  int
		AuthSafe struct{ Type asn1.ObjectIdentifier }
	}{3, struct{ Type asn1.ObjectIdentifier }{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}}}))
	p7b := must[[]byte](t)(asn1.Marshal(struct{ Type asn1.ObjectIdentifier }{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}}))
	ssh := append([]byte("\x00\x00\x00\x07ssh-rsa\x00\x00\x00\x03\x01\x00\x01\x00\x00\x01\x01"), key.N.Bytes()...)
	even := new(big.Int).Lsh(big.NewInt(1), leastBits-1)

	for _, tt := range []struct {
		name, text   string
		reason, hint string // the beginning of the one, a part of the other
		rules        string
	}{
		{"nothing", "", notFound, "is empty", ""},
		{"PEM as it is", inPEM("CERTIFICATE", der), notBase64, "between its BEGIN and END lines", ""},
		{"a chain in PEM", inPEM("CERTIFICATE", der) + inPEM("CERTIFICATE", der), notBase64, "of one certificate only", ""},
		{"base64 of PEM", inBase64([]byte(inPEM("CERTIFICATE", der))), notFound, "base64 of a PEM file", ""},
		{"base64url", strings.NewReplacer("+", "-", "/", "_").Replace(inBase64(bytes.Repeat([]byte{0xfb, 0xff}, 30))), notBase64, "base64url", ""},
		{"no base64 at all", "not a certificate!", notBase64, "openssl x509", ""},
		{"hexadecimal with colons", "30:82:05:27", notBase64, "openssl x509", ""},
		{"cut off", inBase64(der)[:101], wrongLength, "cut off", ""},
		{"base64 of something else", "aGVsbG8=", notFound, "no certificate in DER", ""},
		{"two certificates in a row", inBase64(append(bytes.Clone(der), der...)), notFound, "a chain of certificates", ""},
		{"a .p7b file", inBase64(p7b), notFound, "a chain of certificates", ""},
		{"a .pfx file", inBase64(pfx), notFound, "PFX", ""},
		{"a private key, PKCS #8", inBase64(pkcs8), notFound, "private key", ""},
		{"a private key, PKCS #1", inBase64(x509.MarshalPKCS1PrivateKey(key)), notFound, "private key", ""},
		{"a private key of an elliptic curve", inBase64(sec1), notFound, "private key", ""},
		{"base64 of a PEM file with a private key", inBase64([]byte(inPEM("CERTIFICATE", der) + inPEM("PRIVATE KEY", pkcs8))), notFound, "private key", ""},
		{"a public key", inBase64(pkixKey), notFound, "public key without a certificate", ""},
		{"a public key, PKCS #1", inBase64(x509.MarshalPKCS1PublicKey(&key.PublicKey)), notFound, "public key without a certificate", ""},
		{"a public key of SSH", inBase64(ssh), notFound, "public key without a certificate", ""},
		{"a request for a certificate", inBase64(csr), notFound, "CSR", ""},
		{"a key of an elliptic curve", inBase64(certified(ec.Public(), key)), notRSA, "not RSA", "rules: W1.4-10"},
		{"an Ed25519 key", inBase64(certified(edPublic, key)), notRSA, "not RSA", "rules: W1.4-10"},
		{"2047 bits", inBase64(sized(leastBits - 1)), wrongSize, "has 2047 bits", "rules: W1.4-10"},
		{"4097 bits", inBase64(sized(mostBits + 1)), wrongSize, "has 4097 bits", "rules: W1.4-10"},
		{"a modulus that is none", inBase64(certified(&rsa.PublicKey{N: even, E: 65537}, key)), notRSA, "nothing can be encrypted", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.text)
			var refusal *Error
			if !errors.As(err, &refusal) {
				t.Fatalf("the error is %v", err)
			}
			if refusal.Reason != tt.reason || !strings.Contains(refusal.Hint, tt.hint) {
				t.Errorf("reason %q, want %q; hint %q, want %q in it", refusal.Reason, tt.reason, refusal.Hint, tt.hint)
			}
			if !strings.HasPrefix(err.Error(), "read certificate: ") {
				t.Errorf("the error reads %q", err)
			}
		})
	}
}

func TestExpired(t *testing.T) {
	c := must[*Certificate](t)(Parse(inBase64(subscriber().der)))
	for at, want := range map[string]bool{"2026-12-31T23:59:59Z": false, "2027-01-01T00:00:01Z": true} {
		if got := c.Expired(must[time.Time](t)(time.Parse(time.RFC3339, at))); got != want {
			t.Errorf("at %s: %t", at, got)
		}
	}
}

// What is sealed for the stranger is sealed for nobody who subscribed.
func TestStranger(t *testing.T) {
	stranger := must[*Certificate](t)(Stranger())
	sealed := must[Sealed](t)(stranger.Seal([]byte("{}")))
	if _, err := unsealed(subscriber().key, sealed); err == nil {
		t.Error("a subscriber's key opens what was sealed for the stranger")
	}
}

// Whatever is given for a certificate, it is refused in words or can be used.
func FuzzParse(f *testing.F) {
	der := subscriber().der
	for _, seed := range []string{"", inBase64(der), inPEM("CERTIFICATE", der), inBase64(der)[:99], inBase64(x509.MarshalPKCS1PublicKey(&subscriber().key.PublicKey)), "MIIB=", "é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse(text)
		if err == nil {
			if _, err := c.Seal([]byte("{}")); err != nil || len(c.Thumbprint()) != 40 {
				t.Errorf("accepted, but sealing fails: %v", err)
			}
			return
		}
		var refusal *Error
		if !errors.As(err, &refusal) || refusal.Reason == "" || refusal.Hint == "" {
			t.Errorf("refused without reason or hint: %v", err)
		}
	})
}
