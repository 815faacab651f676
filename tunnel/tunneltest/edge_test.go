package tunneltest_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/outlocal/outlocal/tunnel"
	"github.com/outlocal/outlocal/tunnel/tunneltest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("golang.ngrok.com/ngrok/v2/internal/tunnel/client.(*reconnectingSession).connect"),
		goleak.IgnoreAnyFunction("golang.ngrok.com/muxado/v2.(*Heartbeat).check"),
		goleak.IgnoreAnyFunction("golang.ngrok.com/muxado/v2.(*Heartbeat).requester"))
}

const patience = 20 * time.Second

// connect opens an endpoint that accepts everything.
func connect(t *testing.T, edge *tunneltest.Edge) tunnel.Endpoint {
	t.Helper()
	e, err := tunnel.Open(t.Context(), tunnel.Config{Kind: tunnel.Ngrok, Agent: tunnel.Agent{
		Token: tunnel.NewToken(tunneltest.Token, "the test"), Edge: edge.Addr(), EdgeCAs: edge.CAs(),
		Proxy: func(*http.Request) (*url.URL, error) { return nil, nil },
	}})
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })}
	go func() { _ = server.Serve(e) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-e.Done()
	})
	return e
}

func get(t *testing.T, edge *tunneltest.Edge, url string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := edge.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(text)
}

// TestFreePlan gives everybody the one name of the account, and browsers a page first.
func TestFreePlan(t *testing.T) {
	edge := tunneltest.Start(t, tunneltest.Config{Free: true, DevDomain: "ann.ngrok.test"})
	e := connect(t, edge)
	if e.URL() != "https://ann.ngrok.test" {
		t.Errorf("the URL is %s", e.URL())
	}
	const browser = "Mozilla/5.0 (X11; Linux x86_64)"
	if answer, text := get(t, edge, e.URL(), "User-Agent", browser); answer.Header.Get("Ngrok-Error-Code") != "ERR_NGROK_6024" || !strings.Contains(text, "6024") {
		t.Errorf("a browser got %s %q", answer.Status, text)
	}
	for _, header := range [][]string{{"User-Agent", "curl/8"}, {"User-Agent", browser, "Ngrok-Skip-Browser-Warning", "1"}} {
		if answer, text := get(t, edge, e.URL(), header...); answer.StatusCode != http.StatusAccepted {
			t.Errorf("%q got %s %q", header, answer.Status, text)
		}
	}
}

// TestVisitorsOfNothing tells what is offline from what gives no answer.
func TestVisitorsOfNothing(t *testing.T) {
	edge := tunneltest.Start(t, tunneltest.Config{})
	if answer, _ := get(t, edge, "https://nobody.ngrok.test"); answer.StatusCode != http.StatusNotFound || answer.Header.Get("Ngrok-Error-Code") != "ERR_NGROK_3200" {
		t.Errorf("got %s %v", answer.Status, answer.Header)
	}
	e, err := tunnel.Open(t.Context(), tunnel.Config{Kind: tunnel.Ngrok, Agent: tunnel.Agent{
		Token: tunnel.NewToken(tunneltest.Token, "the test"), Edge: edge.Addr(), EdgeCAs: edge.CAs(),
	}})
	if err != nil {
		t.Fatal(err)
	}
	babbled := make(chan struct{})
	go func() { // speaks no HTTP
		defer close(babbled)
		conn, err := e.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "220 mail.example.com ESMTP\r\n")
		conn.Close()
	}()
	if answer, _ := get(t, edge, e.URL()); answer.StatusCode != http.StatusBadGateway || answer.Header.Get("Ngrok-Error-Code") != "ERR_NGROK_3004" {
		t.Errorf("got %s %v", answer.Status, answer.Header)
	}
	<-babbled
	e.Close()
	<-e.Done()
}

// TestWait ends with its context, and says what was seen until then.
func TestWait(t *testing.T) {
	edge := tunneltest.Start(t, tunneltest.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := edge.Wait(ctx, func(s tunneltest.Seen) bool { return s.Sessions == 1 })
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "0 sessions") {
		t.Errorf("the error is %v", err)
	}
	connect(t, edge)
	ctx, cancel = context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := edge.Wait(ctx, func(s tunneltest.Seen) bool { return s.Sessions == 1 && len(s.Binds) == 1 }); err != nil {
		t.Error(err)
	}
}

// TestStrangers ends connections that do not speak as agents do, and closes with one that says nothing.
func TestStrangers(t *testing.T) {
	edge, err := tunneltest.New(tunneltest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	silent, err := tls.Dial("tcp", edge.Addr(), &tls.Config{RootCAs: edge.CAs(), MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	babbling, err := tls.Dial("tcp", edge.Addr(), &tls.Config{RootCAs: edge.CAs(), MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	defer babbling.Close()
	_, _ = io.WriteString(babbling, "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := edge.Wait(ctx, func(s tunneltest.Seen) bool { return s.Dials == 2 && s.Sessions == 1 }); err != nil {
		t.Error(err)
	}
	edge.Close()
	_, _ = io.ReadAll(silent) // which comes to an end, told or cut
	if got := edge.Seen().Sessions; got != 0 {
		t.Errorf("%d sessions are left", got)
	}
	edge.Close() // again
}

// TestFaultsOfNothing do no harm.
func TestFaultsOfNothing(t *testing.T) {
	edge := tunneltest.Start(t, tunneltest.Config{})
	if err := edge.StopTunnel("https://nobody.ngrok.test", 725); err == nil {
		t.Error("an endpoint that is not online was stopped")
	}
	if err := edge.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	edge.DropSessions()
	edge.Freeze()
	edge.GoAway()
	edge.TakeNames()
}
