package diagnosis

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The errors that net/http really returns, made on loopback: the tables use
// the same types, and this holds them to what the library does.
func TestClassifyRealErrors(t *testing.T) {
	tests := []struct {
		name  string
		serve func(*testing.T) (rawURL string)
		want  trouble
		cause string
	}{
		{"nobody listens", closedPort, troubleRefused, ""},
		{"certificate that signed itself", tlsServer, troubleTLS, "self-signed"},
		{"plain http behind an https URL", plainBehindHTTPS, troubleTLS, "no-tls"},
		{"https behind an http URL, which hangs up", silent("\x15\x03\x01\x00\x02\x02\x46"), troubleTLS, "needs-tls"},
		{"only a TLS version that nobody has any more", oldTLS, troubleTLS, "version"},
		{"hangs up", silent(""), troubleReset, ""},
		{"hangs up within the headers", silent("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"), troubleReset, ""},
		{"speaks smtp", silent("220 mail.example ESMTP\r\n"), troubleProtocol, ""},
		{"writes no colon", silent("HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"), troubleProtocol, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := ask(t, tt.serve(t))
			kind, cause := classify(err)
			if kind != tt.want || cause != tt.cause {
				t.Errorf("classify(%v) = %q, %q; want %q, %q", err, kind, cause, tt.want, tt.cause)
			}
			if text := innermost(err); strings.Contains(text, "s3cret") {
				t.Errorf("the error's text shows the query: %s", text)
			}
		})
	}
}

// A timeout is one whatever has run out: the context or the client.
func TestClassifyTimeout(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(release) })
	client := &http.Client{Timeout: 1} // a nanosecond: it has run out at once
	_, err := client.Post(server.URL, "", nil)
	if kind, _ := classify(err); kind != troubleTimeout {
		t.Errorf("classify(%v) = %q, want %q", err, kind, troubleTimeout)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 1)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = server.Client().Do(request)
	if kind, _ := classify(err); kind != troubleTimeout {
		t.Errorf("classify(%v) = %q, want %q", err, kind, troubleTimeout)
	}
}

// Go's own servers of TLS, spoken to in plain HTTP, answer a page that says so.
func TestPlainToTLSServer(t *testing.T) {
	rawURL := strings.Replace(tlsServer(t), "https:", "http:", 1)
	response, err := http.Post(rawURL, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer := readAnswer(t, response)
	got := Handshake(HandshakeAnswer{URL: rawURL, Parameter: "validationToken", Token: "t", TokenEncoded: "t", Answer: answer}, Faithful)
	want := []string{"handshake-tls/needs-tls", "warning handshake-http-url"}
	if diff := cmp.Diff(want, names(got)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func readAnswer(t *testing.T, response *http.Response) Answer {
	t.Helper()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return Answer{Status: response.StatusCode, Header: response.Header, Body: body}
}

// ask makes one request with a secret in its query, and returns its error.
func ask(t *testing.T, rawURL string) error {
	t.Helper()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Post(rawURL+"/?code=s3cret", "", nil)
	if err == nil {
		response.Body.Close()
		t.Fatalf("%s answered %s", rawURL, response.Status)
	}
	return err
}

func closedPort(t *testing.T) string {
	listener := listen(t)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return "http://" + listener.Addr().String()
}

func tlsServer(t *testing.T) string {
	return startTLS(t, &tls.Config{MinVersion: tls.VersionTLS12})
}

func oldTLS(t *testing.T) string {
	return startTLS(t, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10})
}

func startTLS(t *testing.T, config *tls.Config) string {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it would tell of each refusal
	server.TLS = config
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

func plainBehindHTTPS(t *testing.T) string {
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	return strings.Replace(server.URL, "http:", "https:", 1)
}

// silent serves one connection with a fixed text, whatever is asked.
func silent(text string) func(*testing.T) string {
	return func(t *testing.T) string {
		listener := listen(t)
		done := make(chan struct{})
		go func() {
			defer close(done)
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			// The request is read first: closing over unread data resets.
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = io.WriteString(conn, text) // the client's verdict is the test's
			}
		}()
		t.Cleanup(func() { listener.Close(); <-done })
		return "http://" + listener.Addr().String()
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}
