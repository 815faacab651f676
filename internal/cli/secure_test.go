package cli_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/outlocal/outlocal/internal/cli"
	"github.com/outlocal/outlocal/internal/state"
)

// TestHTTPS: the API can be called over https, by who trusts the authority that the ready line names, or with a certificate of one's own.
func TestHTTPS(t *testing.T) {
	cert, key := ownCertificate(t)
	for _, row := range []struct {
		name string
		args []string
		own  bool
	}{
		{"a certificate of the authority", nil, false},
		{"one's own", []string{"--cert", cert, "--key", key}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			ctx, end := context.WithCancel(t.Context())
			emulator := newHome(t).begin(ctx, append([]string{"emulate", "--port-base", "0", "--json"}, row.args...)...)
			var ready state.Running
			if err := json.Unmarshal([]byte(emulator.until(t, "")), &ready); err != nil {
				t.Fatal(err)
			}
			trusted := ready.CA
			if row.own {
				trusted = cert
			}
			if (ready.CA == "") != row.own {
				t.Errorf("the ready line names the authority %q", ready.CA)
			}
			if status := getTrusting(t, trusted, ready.HTTPS+"/v1.0/subscriptions"); status != http.StatusUnauthorized {
				t.Errorf("without a token it answers %d", status)
			}
			end()
			emulator.end(t, cli.ExitGood)
		})
	}
}

// TestPFX: what is wrong with a certificate of one's own is told, with what helps.
func TestPFX(t *testing.T) {
	file := filepath.Join(t.TempDir(), "own.pfx")
	if err := os.WriteFile(file, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, errors := newHome(t).run(t, "emulate", "--port-base", "0", "--pfx", file)
	if code != cli.ExitUnjudged || !strings.Contains(errors, file) || !strings.Contains(errors, "\nhint: ") {
		t.Errorf("exit %d: %s", code, errors)
	}
}

func getTrusting(t *testing.T, file, url string) int {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Get(url)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

// ownCertificate makes a certificate for localhost that signs itself.
func ownCertificate(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	return write("cert.pem", "CERTIFICATE", cert), write("key.pem", "PRIVATE KEY", private)
}
