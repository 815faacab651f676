package cli

import (
	"crypto/x509"
	"errors"
	"os"
)

// clientState is what the named variable holds. It is named, not given, so that it stands in no list of processes.
func (a *app) clientState(variable string) (string, error) {
	if variable == "" {
		return "", nil
	}
	state := a.process.Env(variable)
	if state == "" {
		return "", wrongUse("export "+variable+"=… first; the flag takes the variable's name, not the client state", "read the client state: %s is not set", variable)
	}
	return state, nil
}

// readRoots returns the system's certificates and those of a PEM file; nil, which means the system's, without a file.
func readRoots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	const hint = "give a file with BEGIN CERTIFICATE in it"
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, wrongUse(hint, "read certificates: there is no file %s", file)
	}
	if err != nil {
		return nil, notJudged(hint, "read certificates: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a machine without any, such as a bare container
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, wrongUse(hint, "read certificates: %s holds none in PEM", file)
	}
	return pool, nil
}
