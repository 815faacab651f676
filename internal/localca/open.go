package localca

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

const (
	certFile = "ca.pem"     // for everybody: what users trust
	keyFile  = "ca-key.pem" // for nobody else: whoever has it can pose as any host to those users

	certMode fs.FileMode = 0o644
	keyMode  fs.FileMode = 0o600
	dirMode  fs.FileMode = 0o700
)

// Open returns the authority that is kept in dir, and makes it if there is
// none, which it tells by created. Several processes may do so at once: all
// get the same. A folder with files that do not fit is an [*Error].
func Open(dir string) (authority *Authority, created bool, err error) {
	return open(dir, time.Now)
}

// open goes by two steps, each of which one process alone can win: a key, then
// a certificate for the key that is there. A process that dies in between
// leaves a key, for which the next one makes the certificate.
func open(dir string, now func() time.Time) (authority *Authority, created bool, err error) {
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return nil, false, fmt.Errorf("open certificate authority: %w", err)
	}
	certPath, keyPath := filepath.Join(dir, certFile), filepath.Join(dir, keyFile)
	key, err := openKey(keyPath, certPath)
	if err != nil {
		return nil, false, fmt.Errorf("open certificate authority: %w", err)
	}
	cert, created, err := openCert(certPath, key, now())
	if err != nil {
		return nil, false, fmt.Errorf("open certificate authority: %w", err)
	}
	if err := checkCA(cert, key, certPath, now()); err != nil {
		return nil, false, fmt.Errorf("open certificate authority: %w", err)
	}
	return &Authority{cert: cert, key: key, path: certPath, now: now}, created, nil
}

// renew is the cure for an authority that is beyond repair.
func renew(certPath string) string {
	return fmt.Sprintf("delete %s and %s to have a new authority made, and trust that one in place of the old", certPath, keyFile)
}

// openKey reads the key, making one first if there is neither key nor certificate.
func openKey(path, certPath string) (*ecdsa.PrivateKey, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(certPath); err == nil {
			// The key is made before the certificate, so somebody took it away,
			// or it came a moment ago: what counts is whether it is there now.
			if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
				return nil, &Error{File: path, Problem: "the key is missing although its certificate is there", Cure: "put it back, or " + renew(certPath)}
			}
		}
		key, err := newKey()
		if err != nil {
			return nil, err
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return nil, err
		}
		if _, err := writeNew(path, pem.EncodeToMemory(&pem.Block{Type: pemKey, Bytes: der}), keyMode); err != nil {
			return nil, err
		}
	}
	// Whoever wrote it: what is in the file is the key.
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := checkKeyMode(path); err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != pemKey {
		return nil, &Error{File: path, Problem: "it holds no private key in PEM", Cure: renew(certPath)}
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, &Error{File: path, Problem: "the private key cannot be read", Cure: renew(certPath), Err: err}
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, &Error{File: path, Problem: fmt.Sprintf("it holds a %T, not an ECDSA key", parsed), Cure: renew(certPath)}
	}
	return key, nil
}

// openCert reads the certificate, making one first if there is none.
func openCert(path string, key *ecdsa.PrivateKey, now time.Time) (cert *x509.Certificate, created bool, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		cert, err := newCA(key, machine(), now)
		if err != nil {
			return nil, false, err
		}
		if created, err = writeNew(path, encodeCert(cert.Raw), certMode); err != nil {
			return nil, false, err
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, false, err
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != pemCertificate {
		return nil, false, &Error{File: path, Problem: "it holds no certificate in PEM", Cure: renew(path)}
	}
	if cert, err = x509.ParseCertificate(block.Bytes); err != nil {
		return nil, false, &Error{File: path, Problem: "the certificate cannot be read", Cure: renew(path), Err: err}
	}
	return cert, created, nil
}

// checkCA tells what is wrong with an authority that has both its files.
func checkCA(cert *x509.Certificate, key *ecdsa.PrivateKey, path string, now time.Time) error {
	switch {
	case !key.PublicKey.Equal(cert.PublicKey):
		return &Error{File: path, Problem: fmt.Sprintf("the certificate is not for the key in %s", keyFile), Cure: renew(path)}
	case !cert.IsCA:
		return &Error{File: path, Problem: "the certificate is not that of an authority", Cure: renew(path)}
	}
	return checkDates(cert, path, now, renew(path))
}

// checkKeyMode refuses a key that others may read: it may have been read.
// Windows keeps a file in a user's own folder to that user by other means.
func checkKeyMode(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return &Error{
			File:    path,
			Problem: fmt.Sprintf("others may read or change the key (mode %04o)", info.Mode().Perm()),
			Cure:    fmt.Sprintf("run chmod 600 %s if nobody did; else delete it and %s to have a new authority made", quoteShell(path), certFile),
		}
	}
	return nil
}

// writeNew writes a file that nobody ever sees half of, unless there is one by
// that name, which it tells by not having written.
func writeNew(path string, data []byte, mode fs.FileMode) (written bool, err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return false, err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(data)
	if err = errors.Join(err, temp.Chmod(mode), temp.Sync(), temp.Close()); err != nil {
		return false, err
	}
	err = os.Link(temp.Name(), path)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrExist):
		return false, nil
	}
	// Some file systems have no links. There, two first starts at the same
	// moment may get in each other's way; what they leave is then refused with
	// its cure, never used.
	if err := os.Rename(temp.Name(), path); err != nil {
		return false, err
	}
	return true, nil
}
