package serve_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/outlocal/outlocal/internal/serve"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listen opens a port of the test's own; the server closes it.
func listen(t *testing.T) serve.Listeners {
	t.Helper()
	listeners, err := serve.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listeners
}

// client keeps no connection, so that nothing is left when a test ends.
func client() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
}

// get returns the body, or the error's text.
func get(c *http.Client, url string) string {
	response, err := c.Get(url)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

func TestServerOnAllListeners(t *testing.T) {
	listeners := append(listen(t), listen(t)...)
	server := serve.Start(listeners, serve.Config{
		Name:    "test",
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }),
	})
	for _, l := range listeners {
		if got := get(client(), "http://"+l.Addr().String()); got != "hello" {
			t.Errorf("%s answered %q", l.Addr(), got)
		}
	}
	if err := server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := server.Shutdown(t.Context()); err != nil {
		t.Errorf("a second Shutdown: %v", err)
	}
	if err := server.Wait(); err != nil {
		t.Error(err)
	}
	if conn, err := net.Dial("tcp", listeners[1].Addr().String()); err == nil {
		conn.Close()
		t.Error("still listens after Shutdown")
	}
}

func TestServerTLS(t *testing.T) {
	certified := httptest.NewTLSServer(nil) // for its certificate and a client that knows it
	defer certified.Close()
	config := &tls.Config{Certificates: certified.TLS.Certificates}
	listeners := listen(t)
	server := serve.Start(listeners, serve.Config{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) }),
		TLS:     config,
	})
	https := certified.Client()
	https.Transport.(*http.Transport).ForceAttemptHTTP2 = true
	if got := get(https, "https://"+listeners[0].Addr().String()); got != "HTTP/2.0" {
		t.Errorf("answered %q, want it over HTTP/2", got)
	}
	https.CloseIdleConnections()
	if err := server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if config.NextProtos != nil {
		t.Errorf("the caller's configuration was changed to %v", config.NextProtos)
	}
}

func TestShutdownWaitsForRequests(t *testing.T) {
	begun := make(chan struct{})
	listeners := listen(t)
	server := serve.Start(listeners, serve.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		<-serve.Closing(r.Context()) // a long poll that is told to come to its end
		io.WriteString(w, "done")
	})})
	answer := make(chan string)
	go func() { answer <- get(client(), listeners.URL("http")) }()
	<-begun
	shut := make(chan error)
	go func() { shut <- server.Shutdown(t.Context()) }()
	if got := <-answer; got != "done" {
		t.Errorf("the request in progress got %q", got)
	}
	if err := <-shut; err != nil {
		t.Error(err)
	}
}

func TestShutdownCutsOffWhatHangs(t *testing.T) {
	begun, ended := make(chan struct{}), make(chan struct{})
	listeners := listen(t)
	server := serve.Start(listeners, serve.Config{Name: "test", Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
		close(ended)
	})})
	answer := make(chan string)
	go func() { answer <- get(client(), listeners.URL("http")) }()
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := server.Shutdown(ctx)
	if want := "shut down test: requests in progress were cut off: context canceled"; err == nil || err.Error() != want || !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v\nwant    %s", err, want)
	}
	<-ended
	if got := <-answer; !strings.Contains(got, "EOF") {
		t.Errorf("the request that hung got %q", got)
	}
}

func TestClosingOutsideAServer(t *testing.T) {
	if serve.Closing(t.Context()) != nil {
		t.Error("a context of no server has a closing channel")
	}
}

func TestPanicsAreLogged(t *testing.T) {
	var log bytes.Buffer
	listeners := listen(t)
	server := serve.Start(listeners, serve.Config{
		Name:    "control",
		Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("lost it") }),
		Log:     slog.New(slog.NewTextHandler(&log, nil)),
	})
	get(client(), listeners.URL("http"))
	if err := server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if got := log.String(); !strings.Contains(got, "level=WARN") || !strings.Contains(got, "lost it") || !strings.Contains(got, "server=control") {
		t.Errorf("log:\n%s", got)
	}
}

// brokenListener is one whose network went away.
type brokenListener struct{ net.Listener }

func (brokenListener) Accept() (net.Conn, error) { return nil, errors.New("network is gone") }

func TestWaitTellsOfABrokenListener(t *testing.T) {
	listeners := listen(t)
	broken := serve.Listeners{brokenListener{listeners[0]}}
	server := serve.Start(broken, serve.Config{Name: "control", Handler: http.NotFoundHandler()})
	want := "serve control on " + broken[0].Addr().String() + ": network is gone"
	if err := server.Wait(); err == nil || err.Error() != want {
		t.Errorf("error = %v\nwant    %s", err, want)
	}
	if err := server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
