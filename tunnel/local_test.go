package tunnel_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/outlocal/outlocal/tunnel"
)

// TestNone listens on loopback and nowhere else.
func TestNone(t *testing.T) {
	e, told := open(t, tunnel.Config{})
	serve(t, e, echo)
	if e.State() != tunnel.Up || e.URL() != "http://"+e.Addr().String() || !strings.HasPrefix(e.URL(), "http://127.0.0.1:") {
		t.Errorf("%s at %s", e.State(), e.URL())
	}
	answer, err := http.Post(e.URL()+"/hook?validationToken=a%20b", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); string(text) != "a b" {
		t.Errorf("the answer is %q", text)
	}
	http.DefaultClient.CloseIdleConnections()
	e.Close()
	told.state(t, tunnel.Up)
	told.state(t, tunnel.Closed)
	within(t, "the end", e.Done())
	if _, err := e.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept returned %v", err)
	}
}

func TestListen(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, row := range []struct {
		name, listen, url, want string
	}{
		{"everybody", "0.0.0.0:0", "", "not loopback"},
		{"everybody by IPv6", "[::]:0", "", "not loopback"},
		{"no host", ":0", "", "not loopback"},
		{"a name", "example.com:0", "", "not loopback"},
		{"no port", "127.0.0.1", "", "HOST:PORT"},
		{"a port that is taken", taken.Addr().String(), "", "bind"},
		{"a URL that nobody serves", "", "https://x.example.com", "no URL to choose"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := tunnel.Open(t.Context(), tunnel.Config{Kind: tunnel.None, Listen: row.listen, URL: row.url})
			var refused *tunnel.Error
			if !errors.As(err, &refused) || !strings.Contains(refused.Text, row.want) || refused.Hint() == "" {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// world is a tunnel of the user's own: a public https URL that leads to an address which is known later.
func world(t *testing.T, below string, leads func() string) *httptest.Server {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(&httputil.ReverseProxy{
			Rewrite: func(p *httputil.ProxyRequest) {
				p.SetURL(&url.URL{Scheme: "http", Host: leads()})
				p.Out.URL.Path = strings.TrimPrefix(p.In.URL.Path, below)
			},
			ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
			Transport:    &http.Transport{DisableKeepAlives: true},
		}).ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server
}

// free is an address on loopback on which nobody listens, below those that systems give to connections: so it stays free.
func free(t *testing.T) string {
	t.Helper()
	const lowest, tries = 20_000, 20
	for range tries {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", lowest+rand.IntN(10_000)))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

// TestPublic takes a tunnel of the user's own that ends here, also where it serves below a path, and serves there afterwards.
func TestPublic(t *testing.T) {
	for _, below := range []string{"", "/tunnels/mine"} {
		address := free(t)
		outside := world(t, below, func() string { return address })
		e, told := open(t, tunnel.Config{Kind: tunnel.Public, URL: outside.URL + below + "/", Listen: address, HTTP: outside.Client()})
		if e.URL() != outside.URL+below || e.State() != tunnel.Up {
			t.Errorf("%s at %s", e.State(), e.URL())
		}
		serve(t, e, echo)
		answer, err := outside.Client().Post(e.URL()+"/hook?validationToken=x", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if string(text) != "x" {
			t.Errorf("the answer is %s %q", answer.Status, text)
		}
		told.state(t, tunnel.Up)
		e.Close()
		told.state(t, tunnel.Closed)
	}
}

// TestPublicElsewhere refuses a URL that does not end here, and says where it does.
func TestPublicElsewhere(t *testing.T) {
	answering := func(answer http.HandlerFunc) *httptest.Server {
		server := httptest.NewTLSServer(answer)
		t.Cleanup(server.Close)
		return server
	}
	other := answering(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	login := answering(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://login.example.com/?token=secret", http.StatusFound)
	})
	echoing := answering(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) })
	offline := answering(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Ngrok-Error-Code", "ERR_NGROK_3200")
		w.WriteHeader(http.StatusNotFound)
	})
	broken := world(t, "", func() string { return "127.0.0.1:1" })
	hanging := answering(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	closed := httptest.NewTLSServer(nil)
	closed.Close()
	for _, row := range []struct {
		name   string
		server *httptest.Server
		url    string
		want   string
		code   string
		use    bool
	}{
		{name: "another server", server: other, want: "200 OK, and nothing arrived"},
		{name: "an echo", server: echoing, want: "200 OK, and nothing arrived"},
		{name: "a login", server: login, want: "redirects to login.example.com"},
		{name: "an ngrok endpoint that is offline", server: offline, want: "404", code: "ERR_NGROK_3200"},
		{name: "a tunnel to another port", server: broken, want: "502"},
		{name: "a tunnel that hangs", server: hanging, want: "deadline"},
		{name: "nobody", server: closed, want: "refused"},
		{name: "http", server: other, url: "http://example.com", want: "not of the form", use: true},
		{name: "a query", server: other, url: "https://example.com?code=secret", want: "not of the form", use: true},
		{name: "no URL", server: other, url: "example.com", want: "not of the form", use: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			address := free(t)
			c := tunnel.Config{Kind: tunnel.Public, URL: row.server.URL, Listen: address, HTTP: row.server.Client()}
			if row.server == hanging {
				c.Patience = 50 * time.Millisecond
			}
			if row.url != "" {
				c.URL = row.url
			}
			_, err := tunnel.Open(t.Context(), c)
			var refused *tunnel.Error
			if !errors.As(err, &refused) || !strings.Contains(refused.Text, row.want) || refused.Hint() == "" || refused.Code != row.code || refused.WrongUse() != row.use {
				t.Errorf("the error is %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells a secret: %v", err)
			}
			l, err := net.Listen("tcp", address) // which is free again
			if err != nil {
				t.Fatal(err)
			}
			l.Close()
		})
	}
}

// TestPublicAnswersNothingElse lets nobody in while a URL is checked.
func TestPublicAnswersNothingElse(t *testing.T) {
	address := free(t)
	var inside int
	outside := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		answer, err := http.Post("http://"+address+"/hook?validationToken=x", "", nil)
		if err == nil {
			inside = answer.StatusCode
			answer.Body.Close()
		}
	}))
	defer outside.Close()
	if _, err := tunnel.Open(t.Context(), tunnel.Config{Kind: tunnel.Public, URL: outside.URL, Listen: address, HTTP: outside.Client()}); err == nil {
		t.Error("a URL that ends elsewhere was taken")
	}
	if inside != http.StatusNotFound {
		t.Errorf("a request got %d", inside)
	}
	http.DefaultClient.CloseIdleConnections()
}

// TestPublicEndsWithItsContext gives up a check with its user.
func TestPublicEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	outside := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	defer outside.Close()
	if _, err := tunnel.Open(ctx, tunnel.Config{Kind: tunnel.Public, URL: outside.URL, HTTP: outside.Client()}); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}
