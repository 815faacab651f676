//go:build !notunnel

package tunnel_test

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/outlocal/outlocal/tunnel"
	"github.com/outlocal/outlocal/tunnel/tunneltest"
)

// companyProxy connects who has its password to anywhere, and keeps in mind where.
type companyProxy struct {
	*httptest.Server
	password string
	refuse   int    // a status; 0 for none
	leads    string // where, whatever is asked for; empty for there

	mu    sync.Mutex
	asked []string
}

func startProxy(t *testing.T, password string, refuse int) *companyProxy {
	t.Helper()
	p := &companyProxy{password: password, refuse: refuse}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *companyProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.Host)
	p.mu.Unlock()
	switch {
	case p.refuse != 0:
		w.WriteHeader(p.refuse)
		return
	case p.password != "" && r.Header.Get("Proxy-Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte("ann:"+p.password)):
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	there, err := net.Dial("tcp", cmp.Or(p.leads, r.Host))
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	here, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		there.Close()
		return
	}
	_, _ = io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() {
		_, _ = io.Copy(there, here)
		there.Close()
	}()
	go func() {
		_, _ = io.Copy(here, there)
		here.Close()
	}()
}

func (p *companyProxy) at(t *testing.T, password string) *url.URL {
	t.Helper()
	u, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	if password != "" {
		u.User = url.UserPassword("ann", password)
	}
	return u
}

// TestProxy goes through a proxy by CONNECT, again when it connects again.
func TestProxy(t *testing.T) {
	for _, password := range []string{"", "p:a s%"} {
		t.Run("password "+password, func(t *testing.T) {
			p := startProxy(t, password, 0)
			edge := tunneltest.Start(t, tunneltest.Config{})
			c := toEdge(edge)
			var asked string
			c.Agent.Proxy = func(r *http.Request) (*url.URL, error) {
				asked = r.URL.String()
				return p.at(t, password), nil
			}
			e, told := open(t, c)
			serve(t, e, echo)
			told.state(t, tunnel.Up)
			edge.DropSessions()
			told.state(t, tunnel.Up)
			if _, text := post(t, edge, e.URL(), "x"); text != "x" {
				t.Errorf("the answer is %q", text)
			}
			want := "CONNECT " + edge.Addr()
			p.mu.Lock()
			defer p.mu.Unlock()
			if len(p.asked) != 2 || p.asked[0] != want || p.asked[1] != want || asked != "https://"+edge.Addr() {
				t.Errorf("the proxy was asked %q for %q", p.asked, asked)
			}
		})
	}
}

// TestEdgeByAddress checks the edge's certificate for the address that was asked for, also if that has colons of its own.
func TestEdgeByAddress(t *testing.T) {
	for _, address := range []string{"127.0.0.1:443", "[::1]:443", "localhost:443"} {
		edge := tunneltest.Start(t, tunneltest.Config{})
		p := startProxy(t, "", 0)
		p.leads = edge.Addr()
		c := toEdge(edge)
		c.Agent.Edge, c.Agent.Proxy = address, http.ProxyURL(p.at(t, ""))
		open(t, c)
		if p.asked[0] != "CONNECT "+address {
			t.Errorf("the proxy was asked %q for %s", p.asked, address)
		}
	}
}

// TestProxyRefuses says what the proxy said, once, and not its password.
func TestProxyRefuses(t *testing.T) {
	for _, row := range []struct {
		name     string
		refuse   int
		password string
		cure     string
	}{
		{"no password", 0, "", "HTTPS_PROXY=http://USER:PASSWORD@"},
		{"another password", 0, "wrong-secret", "HTTPS_PROXY=http://USER:PASSWORD@"},
		{"it forbids CONNECT", http.StatusForbidden, "right-secret", "NO_PROXY"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := startProxy(t, "right-secret", row.refuse)
			edge := tunneltest.Start(t, tunneltest.Config{})
			c := toEdge(edge)
			c.Agent.Proxy = http.ProxyURL(p.at(t, row.password))
			_, err := tunnel.Open(t.Context(), c)
			var refused *tunnel.Error
			if !errors.As(err, &refused) || !strings.Contains(refused.Text, "the proxy 127.0.0.1:") || !strings.Contains(refused.Hint(), row.cure) {
				t.Errorf("the error is %v", err)
			}
			if text := fmt.Sprintf("%+v %v", err, refused.Hint()); strings.Contains(text, "secret") {
				t.Errorf("the error tells a secret: %s", text)
			}
			if seen := edge.Seen(); len(p.asked) != 1 || seen.Dials != 0 {
				t.Errorf("the proxy was asked %q, the edge saw %+v", p.asked, seen)
			}
		})
	}
}
