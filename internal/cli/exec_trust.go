package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/outlocal/outlocal/internal/localca"
)

// addingVariables name a file whose certificates are trusted beside the runtime's own.
func addingVariables() []string {
	return []string{
		"NODE_EXTRA_CA_CERTS", // Node, Bun, Deno from 2.8 on
		"DENO_CERT",
	}
}

// replacingVariables name a file whose certificates are trusted instead of the runtime's or the system's own.
func replacingVariables() []string {
	return []string{
		"SSL_CERT_FILE",      // what links OpenSSL (Python, Ruby, PHP, .NET on Linux), and Go save on macOS and Windows
		"REQUESTS_CA_BUNDLE", // Python's requests, and so msal
		"CURL_CA_BUNDLE",
	}
}

// rootsFiles are where systems keep the authorities that they trust, in one file; one that has none, such as Windows, has no program
// either that reads these variables and would miss them.
func rootsFiles() []string {
	return []string{
		"/etc/ssl/certs/ca-certificates.crt",                // Debian, Ubuntu, Arch, Alpine
		"/etc/pki/tls/certs/ca-bundle.crt",                  // Fedora, RHEL
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // newer RHEL
		"/etc/ssl/ca-bundle.pem",                            // openSUSE
		"/etc/ssl/cert.pem",                                 // macOS, the BSDs
	}
}

// trust are the variables that let runtimes trust the authority, beside all that they trust now.
func (a *app) trust(h *house, authority *localca.Authority) ([]string, error) {
	b := &bundles{app: a, house: h, ours: authority.PEM(), made: make(map[string]string)}
	environment := []string{"OUTLOCAL_CA=" + authority.Path()}
	for _, name := range addingVariables() {
		file := authority.Path()
		if before := a.process.Env(name); before != "" && before != file {
			var err error
			if file, err = b.with(name, before, nil); err != nil {
				return nil, err
			}
		}
		environment = append(environment, name+"="+file)
	}
	for _, name := range replacingVariables() {
		file, err := b.with(name, a.process.Env(name), rootsFiles())
		if err != nil {
			return nil, err
		}
		environment = append(environment, name+"="+file)
	}
	return environment, nil
}

// bundles are files with certificates of others and ours, which are gone when the house is closed.
type bundles struct {
	app    *app
	house  *house
	ours   []byte
	folder string            // of the files; empty before the first
	made   map[string]string // the file with what another one holds
}

// with returns a file with what the file or folder before holds, or if that can't be read the first that can of others, and ours.
func (b *bundles) with(variable, before string, others []string) (string, error) {
	var base string
	var certificates []byte
	if before != "" {
		var err error
		if certificates, err = readCertificates(before); err != nil {
			b.app.err.line("%s %s names what can't be read, and counts for nothing: %s", b.app.err.caution(), variable, err)
		}
		base = before
	}
	for i := 0; i < len(others) && certificates == nil; i++ {
		base = others[i]
		certificates, _ = readCertificates(base) // each system has but one of them
	}
	if file, ok := b.made[base]; ok {
		return file, nil
	}
	if b.folder == "" {
		var err error
		if b.folder, err = os.MkdirTemp("", "outlocal-exec-"); err != nil {
			return "", fmt.Errorf("bundle certificates: %w", err)
		}
		b.house.onClose(func() { _ = os.RemoveAll(b.folder) }) // what stays behind are certificates, which are public
	}
	file := filepath.Join(b.folder, "roots-"+strconv.Itoa(len(b.made)+1)+".pem")
	if err := os.WriteFile(file, append(certificates, b.ours...), 0o600); err != nil {
		return "", fmt.Errorf("bundle certificates: %w", err)
	}
	b.made[base] = file
	return file, nil
}

// errNoCertificates is a file that holds none.
var errNoCertificates = errors.New("it holds no certificate in PEM")

// readCertificates reads a file in PEM, or all such files of a folder.
func readCertificates(path string) ([]byte, error) {
	files := []string{path}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, err
		}
		files = nil
		for _, e := range entries {
			if e.Type()&fs.ModeDir == 0 {
				files = append(files, filepath.Join(path, e.Name()))
			}
		}
	}
	var all []byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil && !info.IsDir() {
			return nil, err
		}
		if !bytes.Contains(text, []byte("-----BEGIN CERTIFICATE-----")) {
			continue
		}
		all = append(all, bytes.TrimRight(text, "\n")...)
		all = append(all, '\n')
	}
	if all == nil {
		return nil, fmt.Errorf("%s: %w", path, errNoCertificates)
	}
	return all, nil
}
