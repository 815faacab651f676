package localca

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"software.sslmate.com/src/go-pkcs12"
)

// certify signs a certificate of its own for key, as openssl req -x509 does.
func certify(t *testing.T, key *ecdsa.PrivateKey, edit func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "dev.box"},
		DNSNames:     []string{"dev.box"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
	}
	if edit != nil {
		edit(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func genKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func block(typ string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: typ, Bytes: der})
}

// must returns the first of what the x509 package encodes; its errors here are
// those of a test that is wrong.
func must(der []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return der
}

func TestLoadPair(t *testing.T) {
	key, other := genKey(t), genKey(t)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	cert := encodeCert(certify(t, key, nil).Raw)
	ca := memory(t).PEM()
	pkcs8 := block("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(key)))

	for _, row := range []struct {
		name      string
		cert, key []byte
		chain     int    // certificates of the loaded pair
		problem   string // of one that does not fit
		cure      string
	}{
		{name: "PKCS #8", cert: cert, key: pkcs8, chain: 1},
		{name: "SEC 1, behind its parameters, as openssl writes it", cert: cert, key: append(block("EC PARAMETERS", []byte{0x06}), block("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(key)))...), chain: 1},
		{name: "a chain", cert: append(slices.Clone(cert), ca...), key: pkcs8, chain: 2},
		{name: "text before the certificate", cert: append([]byte("subject=dev.box\n"), cert...), key: pkcs8, chain: 1},
		{name: "both in one file", cert: append(slices.Clone(pkcs8), cert...), key: append(slices.Clone(cert), pkcs8...), chain: 1},
		{name: "another key", cert: cert, key: block("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(other))), problem: "key.pem: the key is not the one of the certificate in ", cure: "give the key that the certificate was made for"},
		{name: "a key of another kind", cert: cert, key: block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)), problem: "key.pem: the key is not the one of the certificate in ", cure: "give the key"},
		{name: "a chain in the wrong order", cert: append(slices.Clone(ca), cert...), key: pkcs8, problem: "the key is not the one", cure: "the server's own comes first"},
		{name: "the two files swapped", cert: pkcs8, key: cert, problem: "cert.pem: it holds no certificate but a private key", cure: "give the certificate first, then the key"},
		{name: "no PEM", cert: []byte{0x30, 0x82}, key: pkcs8, problem: "cert.pem: it is not PEM", cure: "BEGIN CERTIFICATE"},
		{name: "a broken certificate", cert: encodeCert([]byte{0x30}), key: pkcs8, problem: "cert.pem: the certificate cannot be read: ", cure: "get it again"},
		{name: "no key", cert: cert, key: cert, problem: "key.pem: it holds no private key in PEM", cure: "BEGIN PRIVATE KEY"},
		{name: "a broken key", cert: cert, key: block("PRIVATE KEY", []byte{0x30}), problem: "key.pem: the key cannot be read: ", cure: "PKCS #8"},
		{name: "a key under a passphrase", cert: cert, key: block("ENCRYPTED PRIVATE KEY", []byte{0x30}), problem: "key.pem: the key is protected by a passphrase", cure: "openssl pkey -in '"},
		{
			name: "a key under a passphrase, the old way", cert: cert, problem: "protected by a passphrase", cure: "openssl pkey",
			key: pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-128-CBC,00"}}),
		},
		{
			name: "expired", key: pkcs8, problem: "cert.pem: the certificate expired on 2016-08-12", cure: "get a new certificate",
			cert: encodeCert(certify(t, key, func(c *x509.Certificate) { c.NotAfter = time.Date(2016, 8, 12, 0, 0, 0, 0, time.UTC) }).Raw),
		},
		{
			name: "of the future", key: pkcs8, problem: "cert.pem: the certificate is not valid before 2116-08-12 00:00:00, and it is ", cure: "clock",
			cert: encodeCert(certify(t, key, func(c *x509.Certificate) {
				c.NotBefore = time.Date(2116, 8, 12, 0, 0, 0, 0, time.UTC)
				c.NotAfter = c.NotBefore.Add(time.Hour)
			}).Raw),
		},
		{
			name: "for clients", key: pkcs8, problem: "cert.pem: the certificate is not for servers", cure: "serverAuth",
			cert: encodeCert(certify(t, key, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }).Raw),
		},
		{
			name: "for servers too", key: pkcs8, chain: 1,
			cert: encodeCert(certify(t, key, func(c *x509.Certificate) {
				c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
			}).Raw),
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			certFile, keyFile := filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
			for file, data := range map[string][]byte{certFile: row.cert, keyFile: row.key} {
				if err := os.WriteFile(file, data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			loaded, err := LoadPair(certFile, keyFile)
			if row.problem == "" {
				if err != nil {
					t.Fatal(err)
				}
				if len(loaded.Certificate) != row.chain || loaded.Leaf.Subject.CommonName != "dev.box" {
					t.Errorf("loaded %d certificates, the first for %s", len(loaded.Certificate), loaded.Leaf.Subject.CommonName)
				}
				return
			}
			checkError(t, err, row.problem, row.cure)
		})
	}
	if _, err := LoadPair(filepath.Join(t.TempDir(), "none"), ""); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: error = %v", err)
	}
}

func TestLoadPFX(t *testing.T) {
	key := genKey(t)
	leaf := certify(t, key, nil)
	signer := memory(t).cert
	encode := func(key any, leaf *x509.Certificate, password string) []byte {
		return must(pkcs12.Modern.Encode(key, leaf, []*x509.Certificate{signer}, password))
	}
	good := encode(key, leaf, "s3cret")

	for _, row := range []struct {
		name     string
		data     []byte
		password string
		problem  string
		cure     string
	}{
		{name: "as it was exported", data: good, password: "s3cret"},
		{name: "the old encryption, as Windows writes it", data: must(pkcs12.LegacyDES.Encode(key, leaf, []*x509.Certificate{signer}, "s3cret")), password: "s3cret"},
		{name: "without a password", data: encode(key, leaf, "")},
		{name: "wrong password", data: good, password: "s3cret?", problem: "dev.pfx: the password is wrong", cure: "give the password"},
		{name: "password forgotten", data: good, problem: "dev.pfx: it needs a password", cure: "give the password"},
		{name: "PEM", data: encodeCert(leaf.Raw), problem: "dev.pfx: it is PEM, not PFX", cure: "as two PEM files"},
		{name: "neither", data: []byte("hello"), problem: "dev.pfx: it cannot be read as PFX: ", cure: "export it again"},
		{name: "without its key", data: must(pkcs12.Modern.EncodeTrustStore([]*x509.Certificate{leaf}, "s3cret")), password: "s3cret", problem: "dev.pfx: it cannot be read as PFX: ", cure: "with its private key"},
		{name: "another key", data: encode(genKey(t), leaf, "s3cret"), password: "s3cret", problem: "dev.pfx: the key is not the one of the certificate", cure: "give the key"},
	} {
		t.Run(row.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "dev.pfx")
			if err := os.WriteFile(file, row.data, 0o600); err != nil {
				t.Fatal(err)
			}
			loaded, err := LoadPFX(file, row.password)
			if row.problem == "" {
				if err != nil {
					t.Fatal(err)
				}
				if len(loaded.Certificate) != 2 || !loaded.Leaf.Equal(leaf) {
					t.Errorf("loaded %d certificates, the first for %s", len(loaded.Certificate), loaded.Leaf.Subject)
				}
				return
			}
			checkError(t, err, row.problem, row.cure)
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("error %v shows the password", err)
			}
		})
	}
	if _, err := LoadPFX(filepath.Join(t.TempDir(), "none"), ""); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: error = %v", err)
	}
}

func checkError(t *testing.T, err error, problem, cure string) {
	t.Helper()
	var bad *Error
	if !errors.As(err, &bad) {
		t.Fatalf("error = %v, want an *Error", err)
	}
	if !strings.HasPrefix(err.Error(), "load certificate: ") || !strings.Contains(err.Error(), problem) {
		t.Errorf("error = %v\nwant    %s", err, problem)
	}
	if !strings.Contains(bad.Hint(), cure) {
		t.Errorf("hint = %s\nwant   %s", bad.Hint(), cure)
	}
}

func TestTrustCommands(t *testing.T) {
	for _, row := range []struct {
		goos, path string
		want       []string
	}{
		{"linux", "/home/o'neil/ca.pem", []string{
			`sudo cp '/home/o'\''neil/ca.pem' /usr/local/share/ca-certificates/outlocal.crt && sudo update-ca-certificates # Debian, Ubuntu, Alpine`,
			`sudo trust anchor '/home/o'\''neil/ca.pem' # Fedora, Arch`,
			`export NODE_EXTRA_CA_CERTS='/home/o'\''neil/ca.pem' # Node.js`,
			`export REQUESTS_CA_BUNDLE='/home/o'\''neil/ca.pem' # Python's requests, which then trusts nothing else`,
		}},
		{"darwin", "/Users/ann/ca.pem", []string{
			"security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db '/Users/ann/ca.pem'",
			"export NODE_EXTRA_CA_CERTS='/Users/ann/ca.pem' # Node.js",
			"export REQUESTS_CA_BUNDLE='/Users/ann/ca.pem' # Python's requests, which then trusts nothing else",
		}},
		{"windows", `C:\Users\Ann B\ca.pem`, []string{
			`certutil -user -addstore Root "C:\Users\Ann B\ca.pem"`,
			`setx NODE_EXTRA_CA_CERTS "C:\Users\Ann B\ca.pem"`,
			`setx REQUESTS_CA_BUNDLE "C:\Users\Ann B\ca.pem"`,
		}},
	} {
		t.Run(row.goos, func(t *testing.T) {
			if diff := cmp.Diff(row.want, TrustCommands(row.goos, row.path)); diff != "" {
				t.Errorf("commands (-want +got):\n%s", diff)
			}
		})
	}
}
