package localca

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// Error is a file that does not fit, and what to do about it.
type Error struct {
	File    string
	Problem string
	Cure    string
	Err     error
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.File, e.Problem, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.File, e.Problem)
}

func (e *Error) Unwrap() error { return e.Err }

// Hint returns the cure.
func (e *Error) Hint() string { return e.Cure }

// LoadPair reads a user's own certificate, which may be followed by those that
// signed it, and its key, both in PEM. What does not fit is an [*Error].
func LoadPair(certFile, keyFile string) (tls.Certificate, error) {
	chain, err := readChain(certFile)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("load certificate: %w", err)
	}
	key, err := readKey(keyFile)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("load certificate: %w", err)
	}
	cert, err := pair(chain, key, certFile, keyFile)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("load certificate: %w", err)
	}
	return cert, nil
}

// LoadPFX reads a user's own certificate and key from a PFX (PKCS #12) file,
// as dotnet dev-certs and Windows export them. What does not fit is an [*Error].
func LoadPFX(file, password string) (tls.Certificate, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("load certificate: %w", err)
	}
	if bytes.Contains(data, []byte("-----BEGIN")) {
		return tls.Certificate{}, fmt.Errorf("load certificate: %w", &Error{File: file, Problem: "it is PEM, not PFX", Cure: "give the certificate and its key as two PEM files"})
	}
	key, chain, err := decodePFX(file, data, password)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("load certificate: %w", err)
	}
	cert, err := pair(chain, key, file, file)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("load certificate: %w", err)
	}
	return cert, nil
}

// pair joins a chain and a key that belong together.
func pair(chain []*x509.Certificate, key any, certFile, keyFile string) (tls.Certificate, error) {
	leaf := chain[0]
	signer, ok := key.(crypto.Signer)
	if !ok {
		return tls.Certificate{}, &Error{File: keyFile, Problem: fmt.Sprintf("a %T cannot sign", key), Cure: "use an RSA or ECDSA key"}
	}
	public, ok := signer.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(leaf.PublicKey) {
		return tls.Certificate{}, &Error{
			File: keyFile, Problem: "the key is not the one of the certificate in " + certFile,
			Cure: "give the key that the certificate was made for; if the file holds several certificates, the server's own comes first",
		}
	}
	if err := checkDates(leaf, certFile, time.Now(), "get a new certificate"); err != nil {
		return tls.Certificate{}, err
	}
	if len(leaf.ExtKeyUsage) > 0 && !slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageServerAuth) && !slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageAny) {
		return tls.Certificate{}, &Error{File: certFile, Problem: "the certificate is not for servers", Cure: "get one with the extended key usage serverAuth"}
	}
	cert := tls.Certificate{PrivateKey: key, Leaf: leaf}
	for _, c := range chain {
		cert.Certificate = append(cert.Certificate, c.Raw)
	}
	return cert, nil
}

func checkDates(cert *x509.Certificate, path string, now time.Time, cure string) error {
	switch {
	case now.After(cert.NotAfter):
		return &Error{File: path, Problem: "the certificate expired on " + cert.NotAfter.Format(time.DateOnly), Cure: cure}
	case now.Before(cert.NotBefore):
		return &Error{
			File: path, Problem: fmt.Sprintf("the certificate is not valid before %s, and it is %s now", cert.NotBefore.Format(time.DateTime), now.UTC().Format(time.DateTime)),
			Cure: "set this machine's clock if it is wrong; else " + cure,
		}
	}
	return nil
}

// readChain reads the certificates of a PEM file.
func readChain(file string) ([]*x509.Certificate, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var chain []*x509.Certificate
	var others []string
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != pemCertificate {
			others = append(others, block.Type)
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, &Error{File: file, Problem: "the certificate cannot be read", Cure: "get it again, in PEM", Err: err}
		}
		chain = append(chain, cert)
	}
	switch {
	case len(chain) > 0:
		return chain, nil
	case len(others) > 0:
		return nil, &Error{File: file, Problem: "it holds no certificate but a " + strings.ToLower(others[0]), Cure: "give the certificate first, then the key"}
	}
	return nil, &Error{File: file, Problem: "it is not PEM", Cure: "give a file with BEGIN CERTIFICATE in it, or a PFX file as such"}
}

// readKey reads the first private key of a PEM file.
func readKey(file string) (any, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			continue
		}
		if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
			return nil, &Error{File: file, Problem: "the key is protected by a passphrase", Cure: "take it off: openssl pkey -in " + quoteShell(file) + " -out plain-key.pem"}
		}
		key, err := parseKey(block.Bytes)
		if err != nil {
			return nil, &Error{File: file, Problem: "the key cannot be read", Cure: "give a key in PEM: PKCS #8, PKCS #1 or SEC 1", Err: err}
		}
		return key, nil
	}
	return nil, &Error{File: file, Problem: "it holds no private key in PEM", Cure: "give a file with BEGIN PRIVATE KEY in it"}
}

// parseKey reads a key in any of the forms that tools write.
func parseKey(der []byte) (any, error) {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err == nil {
		return key, nil
	}
	if rsaKey, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return rsaKey, nil
	}
	if ecKey, err := x509.ParseECPrivateKey(der); err == nil {
		return ecKey, nil
	}
	return nil, err
}
