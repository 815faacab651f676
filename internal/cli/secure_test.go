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
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
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
	cert, key := ownCertificate(t, "localhost")
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
	transport := transportTrusting(t, file)
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Get(url)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

// transportTrusting trusts the certificates of a file, and no others.
func transportTrusting(t *testing.T, file string) *http.Transport {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
}

// ownCertificate makes a certificate for a host that signs itself.
func ownCertificate(t *testing.T, host string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host},
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

// TestServicesByTheirNames: who lets graph.microsoft.com resolve to this machine gets a certificate for that name, of the authority or
// their own, and links of that name: a program that follows them stays with the emulator. With a proxy that answers for those names it is
// the same. (rules: R14)
func TestServicesByTheirNames(t *testing.T) {
	cert, key := ownCertificate(t, "graph.microsoft.com")
	for _, row := range []struct {
		name string
		args []string
	}{
		{"a certificate of the authority", nil},
		{"one's own", []string{"--cert", cert, "--key", key}},
	} {
		t.Run(row.name, func(t *testing.T) {
			ctx, end := context.WithCancel(t.Context())
			emulator := newHome(t).begin(ctx, append([]string{"emulate", "--port-base", "0", "--proxy", "--json"}, row.args...)...)
			var ready state.Running
			if err := json.Unmarshal([]byte(emulator.until(t, "")), &ready); err != nil {
				t.Fatal(err)
			}
			trusted := ready.CA
			if row.args != nil {
				trusted = cert
			}
			direct := transportTrusting(t, trusted)
			direct.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, strings.TrimPrefix(ready.HTTPS, "https://"))
			}
			proxied := transportTrusting(t, ready.CA) // with one's own certificate too: it need not be for that name
			proxied.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(ready.Proxy) }
			for _, way := range []*http.Transport{direct, proxied} {
				request, _ := http.NewRequest(http.MethodGet, "https://graph.microsoft.com/v1.0/subscriptions", nil)
				request.Header.Set("Authorization", "Bearer x")
				response, err := (&http.Client{Transport: way}).Do(request)
				if err != nil {
					t.Fatal(err)
				}
				body, _ := io.ReadAll(response.Body)
				response.Body.Close()
				if !strings.Contains(string(body), `"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#subscriptions"`) {
					t.Errorf("%d %s", response.StatusCode, body)
				}
				way.CloseIdleConnections()
			}
			end()
			emulator.end(t, cli.ExitGood)
		})
	}
}

// TestProxyBeyondLoopback: whoever else reaches the proxy needs the control token.
func TestProxyBeyondLoopback(t *testing.T) {
	h := newHome(t)
	h["OUTLOCAL_CONTROL_TOKEN"] = "sesame"
	for _, row := range []struct {
		name  string
		args  []string
		token string
		want  int
	}{
		{"on loopback", nil, "", http.StatusOK},
		{"beyond it, without the token", []string{"--bind", "0.0.0.0", "--host", "box.lan"}, "", http.StatusProxyAuthRequired},
		{"beyond it, with the token", []string{"--bind", "0.0.0.0", "--host", "box.lan"}, "sesame", http.StatusOK},
	} {
		t.Run(row.name, func(t *testing.T) {
			ctx, end := context.WithCancel(t.Context())
			emulator := h.begin(ctx, append([]string{"emulate", "--port-base", "0", "--proxy", "--json"}, row.args...)...)
			var ready state.Running
			if err := json.Unmarshal([]byte(emulator.until(t, "")), &ready); err != nil {
				t.Fatal(err)
			}
			by, _ := url.Parse(ready.Proxy)
			if row.token != "" {
				by.User = url.UserPassword("outlocal", row.token)
			}
			transport := &http.Transport{Proxy: http.ProxyURL(by)}
			request, _ := http.NewRequest(http.MethodGet, "http://graph.microsoft.com/v1.0/subscriptions", nil)
			request.Header.Set("Authorization", "Bearer x")
			response, err := (&http.Client{Transport: transport}).Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != row.want {
				t.Errorf("it answers %d, want %d", response.StatusCode, row.want)
			}
			transport.CloseIdleConnections()
			end()
			emulator.end(t, cli.ExitGood)
		})
	}
}
