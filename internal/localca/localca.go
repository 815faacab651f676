// Package localca is a certificate authority for one developer's machine, so
// that what outlocal serves over HTTPS can be verified instead of waved through.
//
// [Open] keeps the authority in a folder and makes it on first use; [Memory]
// makes one that is gone with the process, for tests. [Authority.TLSConfig]
// issues certificates for whatever name or address a client asks for. Who
// brings a certificate of their own loads it with [LoadPair] or [LoadPFX], and
// a key to decrypt with by [LoadKey].
//
// It never puts anything into a trust store: [TrustCommands] are for the user
// to read and to run. Certificates are dated on the wall clock, as those who
// verify them look there. It revokes nothing and is no authority for a network.
package localca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"strings"
	"time"
)

const (
	// caLifetime is long, as a user has to trust a new authority by hand.
	caLifetime = 10 * 365 * 24 * time.Hour

	// leafLifetime is short, as a leaf is made anew with every process, and far
	// below the 398 days that browsers accept.
	leafLifetime = 90 * 24 * time.Hour

	// leafMargin replaces a leaf of a long-running process well before it ends.
	leafMargin = 24 * time.Hour

	// backdate lets clocks differ, such as those of a machine and its VM.
	backdate = time.Hour
)

// Authority issues certificates. It is safe for concurrent use.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	path string
	now  func() time.Time
}

// Memory makes an authority that is written nowhere.
func Memory() (*Authority, error) {
	key, err := newKey()
	if err != nil {
		return nil, fmt.Errorf("make certificate authority: %w", err)
	}
	cert, err := newCA(key, "in memory", time.Now())
	if err != nil {
		return nil, fmt.Errorf("make certificate authority: %w", err)
	}
	return &Authority{cert: cert, key: key, now: time.Now}, nil
}

// Path returns the file of the certificate, empty for an authority in memory.
func (a *Authority) Path() string { return a.path }

// PEM returns the certificate, which is for everybody to have.
func (a *Authority) PEM() []byte { return encodeCert(a.cert.Raw) }

// Pool returns a pool that trusts this authority and no other, for clients.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// TLSConfig returns a server's configuration whose certificates are valid for
// localhost, 127.0.0.1, ::1 and hosts, names or addresses. A client that asks
// for another name, or reaches the server at another address, gets one for
// that too.
func (a *Authority) TLSConfig(hosts ...string) *tls.Config {
	base := []string{"localhost", "127.0.0.1", "::1"}
	for _, host := range hosts {
		base = append(base, strings.ToLower(host))
	}
	issuer := &issuer{authority: a, base: base, leaves: map[string]*tls.Certificate{}}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: issuer.certificate,
	}
}

// newCA signs the authority's own certificate. Its name says where it is from:
// in a trust store years later nothing else does.
func newCA(key *ecdsa.PrivateKey, origin string, now time.Time) (*x509.Certificate, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{Organization: []string{"outlocal"}, CommonName: "outlocal local CA, " + origin},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(caLifetime),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

func newKey() (*ecdsa.PrivateKey, error) {
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

// newSerial draws 127 bits: a serial is positive, and the first 64 at least
// have to be unpredictable.
func newSerial() (*big.Int, error) {
	return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
}

// machine names this machine, for the authority's name.
func machine() string {
	name, err := os.Hostname()
	if err != nil {
		return "this machine"
	}
	return name
}

func encodeCert(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: pemCertificate, Bytes: der})
}

// pemCertificate and pemKey are types of PEM blocks.
const (
	pemCertificate = "CERTIFICATE"
	pemKey         = "PRIVATE KEY"
)
