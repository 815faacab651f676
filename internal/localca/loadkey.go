package localca

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"software.sslmate.com/src/go-pkcs12"
)

// LoadKey reads a private key from a file, and the certificate for it where the
// file has one: PEM, or a PFX file with its password. It serves whoever reads
// what was encrypted for a certificate, to whom an old one is as good as a new:
// neither its dates nor its uses are looked at. What does not fit is an [*Error].
func LoadKey(file, password string) (crypto.Signer, *x509.Certificate, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, fmt.Errorf("load key: %w", err)
	}
	var key any
	var certs []*x509.Certificate
	if bytes.Contains(data, []byte("-----BEGIN")) {
		if key, err = readKey(file); err == nil {
			certs, err = certificatesIn(file, data)
		}
	} else {
		key, certs, err = decodePFX(file, data, password)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("load key: %w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, nil, fmt.Errorf("load key: %w", &Error{File: file, Problem: fmt.Sprintf("a %T is no private key", key), Cure: "give an RSA key"})
	}
	cert, err := certificateFor(signer, certs, file)
	if err != nil {
		return nil, nil, fmt.Errorf("load key: %w", err)
	}
	return signer, cert, nil
}

// certificatesIn are those of a PEM file, which may have none.
func certificatesIn(file string, data []byte) (certs []*x509.Certificate, err error) {
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != pemCertificate {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, &Error{File: file, Problem: "the certificate beside the key cannot be read", Cure: "leave it out, or get it again, in PEM", Err: err}
		}
		certs = append(certs, cert)
	}
	return certs, nil
}

// certificateFor is the first that is for a key. A file whose certificates are
// all for others is a mistake.
func certificateFor(key crypto.Signer, certs []*x509.Certificate, file string) (*x509.Certificate, error) {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	for _, cert := range certs {
		if ok && public.Equal(cert.PublicKey) {
			return cert, nil
		}
	}
	if len(certs) > 0 {
		return nil, &Error{File: file, Problem: "the key is not the one of the certificate beside it", Cure: "give the key that the certificate was made for, or the key alone"}
	}
	return nil, nil
}

// decodePFX reads what is in a PFX file, the key's own certificate first.
func decodePFX(file string, data []byte, password string) (key any, certs []*x509.Certificate, err error) {
	key, leaf, signers, err := pkcs12.DecodeChain(data, password)
	switch {
	case err == nil:
		return key, append([]*x509.Certificate{leaf}, signers...), nil
	case errors.Is(err, pkcs12.ErrIncorrectPassword) && password == "":
		err = &Error{File: file, Problem: "it needs a password", Cure: "give the password it was exported with"}
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		err = &Error{File: file, Problem: "the password is wrong", Cure: "give the password it was exported with, or export it again"}
	default:
		err = &Error{File: file, Problem: "it cannot be read as PFX", Cure: "export it again, with its private key", Err: err}
	}
	return nil, nil, err
}
