package localca

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

func TestLoadKey(t *testing.T) {
	key, other := genKey(t), genKey(t)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	// Long over, and for no server: it still opens what was encrypted for it.
	old := certify(t, key, func(c *x509.Certificate) {
		c.NotAfter = time.Date(2016, 8, 12, 0, 0, 0, 0, time.UTC)
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}
	})
	pkcs8 := block("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(key)))
	authority := memory(t).PEM()
	pfx := must(pkcs12.LegacyDES.Encode(key, old, nil, "s3cret"))

	for _, row := range []struct {
		name     string
		data     []byte
		password string
		cert     bool // the file has the key's certificate
		problem  string
		cure     string
	}{
		{name: "a key alone", data: pkcs8},
		{name: "its certificate behind it", data: slices.Concat(pkcs8, encodeCert(old.Raw)), cert: true},
		{name: "its certificate before it, in a chain", data: slices.Concat(authority, encodeCert(old.Raw), pkcs8), cert: true},
		{name: "PFX", data: pfx, password: "s3cret", cert: true},
		{name: "the certificate of another key", data: slices.Concat(encodeCert(certify(t, other, nil).Raw), pkcs8), problem: "the key is not the one of the certificate beside it", cure: "or the key alone"},
		{name: "a broken certificate", data: slices.Concat(pkcs8, encodeCert([]byte{0x30})), problem: "the certificate beside the key cannot be read: ", cure: "leave it out"},
		{name: "a certificate alone", data: encodeCert(old.Raw), problem: "it holds no private key in PEM", cure: "BEGIN PRIVATE KEY"},
		{name: "a key under a passphrase", data: block("ENCRYPTED PRIVATE KEY", []byte{0x30}), problem: "protected by a passphrase", cure: "openssl pkey"},
		{name: "PFX without its password", data: pfx, problem: "it needs a password", cure: "give the password"},
		{name: "PFX with another's password", data: pfx, password: "secret", problem: "the password is wrong", cure: "give the password"},
		{name: "neither", data: []byte("hello"), problem: "it cannot be read as PFX: ", cure: "export it again"},
	} {
		t.Run(row.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "mine.pem")
			if err := os.WriteFile(file, row.data, 0o600); err != nil {
				t.Fatal(err)
			}
			signer, cert, err := LoadKey(file, row.password)
			if row.problem != "" {
				var bad *Error
				if !errors.As(err, &bad) || !strings.HasPrefix(err.Error(), "load key: "+file+": ") ||
					!strings.Contains(err.Error(), row.problem) || !strings.Contains(bad.Hint(), row.cure) {
					t.Errorf("error = %v, want %q with the cure %q", err, row.problem, row.cure)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !key.PublicKey.Equal(signer.Public()) {
				t.Error("it is another key")
			}
			if (cert != nil) != row.cert || cert != nil && !bytes.Equal(cert.Raw, old.Raw) {
				t.Errorf("the certificate is %v", cert)
			}
		})
	}

	file := filepath.Join(t.TempDir(), "rsa.pem")
	if err := os.WriteFile(file, block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)), 0o600); err != nil {
		t.Fatal(err)
	}
	if signer, _, err := LoadKey(file, ""); err != nil || !rsaKey.PublicKey.Equal(signer.Public()) {
		t.Errorf("an RSA key as openssl once wrote it: %v", err)
	}
	if _, _, err := LoadKey(filepath.Join(t.TempDir(), "none"), ""); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: error = %v", err)
	}
}
