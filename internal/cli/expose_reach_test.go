//go:build !notunnel

package cli

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/tunnel/tunneltest"
)

// TestExposeReachesNothingElse: whatever is asked from outside, nobody gets through but who POSTs to one of the two paths, spelled just
// so, and nothing gets through to but the one local URL. The edge lets all pass here, as one does whose policy is another.
func TestExposeReachesNothingElse(t *testing.T) {
	w := newExposeWorld(t, emulator.Config{}, tunneltest.Config{})
	open := filepath.Join(t.TempDir(), "policy.json")
	if err := os.WriteFile(open, []byte(`{"on_http_request": []}`), 0o600); err != nil {
		t.Fatal(err)
	}
	x := w.start(t, w.through(w.hookURL, "--traffic-policy", open)...)
	x.out.await(t, "subscribed")
	code, out := w.run(t, "status", "--expose", "expose", "--json")
	if code != ExitGood {
		t.Fatal(out)
	}
	status := decode[control.Status](jsonOf(t, out))
	public, err := url.Parse(status.Webhook)
	if err != nil {
		t.Fatal(err)
	}
	local, err := url.Parse(status.Control)
	if err != nil {
		t.Fatal(err)
	}
	path := public.Path
	before := w.hook.Journal().Last()
	for _, row := range []struct{ name, request string }{
		{"the root", "GET / HTTP/1.1"},
		{"the webhook's own path", "POST /hook HTTP/1.1"},
		{"a longer path", "POST " + path + "/ HTTP/1.1"},
		{"a path below", "POST " + path + "/hook HTTP/1.1"},
		{"a shorter path", "POST " + path[:len(path)-1] + " HTTP/1.1"},
		{"capitals", "POST " + strings.ToUpper(path) + "A HTTP/1.1"},
		{"another spelling", "POST /%" + fmt.Sprintf("%x", path[1]) + path[2:] + " HTTP/1.1"},
		{"a path that is to be cleaned", "POST /x/.." + path + " HTTP/1.1"},
		{"two slashes", "POST /" + path + " HTTP/1.1"},
		{"GET", "GET " + path + " HTTP/1.1"},
		{"HEAD", "HEAD " + path + " HTTP/1.1"},
		{"PUT", "PUT " + path + " HTTP/1.1"},
		{"OPTIONS", "OPTIONS " + path + " HTTP/1.1"},
		{"OPTIONS of all", "OPTIONS * HTTP/1.1"},
		{"TRACE", "TRACE " + path + " HTTP/1.1"},
		{"an invented method", "BREW " + path + " HTTP/1.1"},
		{"the control API", "GET /status HTTP/1.1"},
		{"to stop it", "POST /stop HTTP/1.1"},
		{"to replay", "POST /replay HTTP/1.1"},
		{"the control API by its host", "GET /status HTTP/1.1\r\nX-Forwarded-Host: " + local.Host},
		{"the metrics", "GET /metrics HTTP/1.1"},
		{"profiles", "GET /debug/pprof/ HTTP/1.1"},
		{"an absolute form", "GET " + status.Control + "/status HTTP/1.1"},
		{"an absolute form of the webhook", "POST " + w.hookURL + " HTTP/1.1"},
		{"a proxy's CONNECT", "CONNECT " + local.Host + " HTTP/1.1"},
		{"an upgrade", "GET " + path + " HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="},
		{"HTTP/2 without TLS", "GET /status HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"},
	} {
		t.Run(row.name, func(t *testing.T) {
			status, body := w.knock(t, public.Host, row.request+"\r\nHost: "+public.Host)
			if status != http.StatusNotFound {
				t.Errorf("it is answered %d, %q", status, body)
			}
			if strings.Contains(body, `"name"`) || strings.Contains(body, "go_goroutines") || strings.Contains(body, "outlocal") {
				t.Errorf("it tells something of this machine: %q", body)
			}
		})
	}
	for _, host := range []string{local.Host, "localhost", "127.0.0.1:" + local.Port()} {
		t.Run("the name "+host, func(t *testing.T) {
			if status, body := w.knock(t, public.Host, "GET /status HTTP/1.1\r\nHost: "+host); status < http.StatusBadRequest {
				t.Errorf("it is answered %d, %q", status, body)
			}
		})
	}
	if after := w.hook.Journal().Last(); after != before {
		entries, _ := w.hook.Journal().Since(before, func(e *journal.Entry) bool { return e.Exchange != nil }, 0)
		t.Errorf("%d requests came through to the webhook, such as %v", len(entries), entries[0].Exchange.URL)
	}
	if status, _ := w.knock(t, public.Host, "POST "+path+" HTTP/1.1\r\nContent-Length: 0\r\nHost: "+public.Host); status == http.StatusNotFound {
		t.Error("what should get through does not, so that nothing is proven")
	}
	if code := x.end(t); code != ExitGood {
		t.Errorf("it ends with %d:\n%s", code, x.out)
	}
}

// knock sends a request to the edge as it is written, and returns the answer.
func (w *exposeWorld) knock(t *testing.T, name, head string) (status int, body string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), exposeTimeout)
	defer cancel()
	dialer := tls.Dialer{Config: &tls.Config{RootCAs: w.edge.CAs(), ServerName: name, MinVersion: tls.VersionTLS12}}
	conn, err := dialer.DialContext(ctx, "tcp", w.edge.PublicAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if _, err := io.WriteString(conn, head+"\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(head, " ")
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		return http.StatusBadRequest, "" // cut off
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(text)
}
