package proxy_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/outlocal/outlocal/internal/localca"
	"github.com/outlocal/outlocal/internal/proxy"
	"github.com/outlocal/outlocal/internal/serve"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo answers with what it was asked, as a service that makes links of it would see it.
func echo(w http.ResponseWriter, r *http.Request) {
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	w.Header()["x-ms-Test"] = []string{"in its own letters"}
	fmt.Fprintf(w, "%s %s://%s%s %s", r.Method, scheme, r.Host, r.RequestURI, r.Proto)
	if r.Header.Get("Proxy-Authorization") != "" {
		fmt.Fprint(w, " and the token")
	}
}

// stage is a proxy that is served, with an authority for what it answers.
type stage struct {
	proxy *proxy.Proxy
	url   *url.URL
	roots *x509.CertPool

	mu      sync.Mutex
	refused []proxy.Refusal
}

func play(t *testing.T, config proxy.Config) *stage {
	t.Helper()
	authority, err := localca.Memory()
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{roots: authority.Pool()}
	config.Handler = http.HandlerFunc(echo)
	config.Refused = func(r proxy.Refusal) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.refused = append(s.refused, r)
	}
	if s.proxy, err = proxy.New(config); err != nil {
		t.Fatal(err)
	}
	answered := serve.Start(serve.Listeners{s.proxy.Answered()}, serve.Config{Name: "answered", Handler: config.Handler, TLS: authority.TLSConfig()})
	front := httptest.NewServer(s.proxy)
	s.url, _ = url.Parse(front.URL)
	t.Cleanup(func() {
		front.Close()
		if err := answered.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		s.proxy.Close()
	})
	return s
}

// client is one whose environment names the proxy.
func (s *stage) client(t *testing.T, user *url.Userinfo, roots *x509.CertPool) *http.Client {
	named := *s.url
	named.User = user
	transport := &http.Transport{Proxy: http.ProxyURL(&named), TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func read(t *testing.T, response *http.Response) string {
	t.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestAnswers: a program that names the proxy reaches the emulator by the services' own names, and links are of that name.
func TestAnswers(t *testing.T) {
	s := play(t, proxy.Config{})
	for _, row := range []struct{ name, ask, want string }{
		{"Graph", "https://graph.microsoft.com/v1.0/me?$select=id", "GET https://graph.microsoft.com/v1.0/me?$select=id HTTP/2.0"},
		{"Outlook", "https://outlook.office.com/api/v2.0/me", "GET https://outlook.office.com/api/v2.0/me HTTP/2.0"},
		{"Outlook's older name", "https://outlook.office365.com/api/v2.0/me", "GET https://outlook.office365.com/api/v2.0/me HTTP/2.0"},
		{"sign-in", "https://login.microsoftonline.com/common/oauth2/v2.0/token", "GET https://login.microsoftonline.com/common/oauth2/v2.0/token HTTP/2.0"},
		{"in capitals", "https://GRAPH.microsoft.com/v1.0/me", "GET https://GRAPH.microsoft.com/v1.0/me HTTP/2.0"},
		{"without TLS", "http://graph.microsoft.com/v1.0/me?a=b", "GET http://graph.microsoft.com/v1.0/me?a=b HTTP/1.1"},
		{"without TLS, an escaped path", "http://graph.microsoft.com/v1.0/users/a%40b", "GET http://graph.microsoft.com/v1.0/users/a%40b HTTP/1.1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			response, err := s.client(t, nil, s.roots).Get(row.ask)
			if err != nil {
				t.Fatal(err)
			}
			if got := read(t, response); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
			if got := response.Header.Get("X-Ms-Test"); got != "in its own letters" {
				t.Errorf("the header is %q", got)
			}
		})
	}
	if len(s.refused) > 0 {
		t.Errorf("refused: %v", s.refused)
	}
}

// TestAnswersHeaders: an answer has the letters of its headers' names as the handler wrote them, as it has without a proxy.
func TestAnswersHeaders(t *testing.T) {
	s := play(t, proxy.Config{})
	conn := dial(t, s)
	fmt.Fprint(conn, "CONNECT graph.microsoft.com:443 HTTP/1.1\r\nHost: graph.microsoft.com:443\r\n\r\n")
	reader := bufio.NewReader(conn)
	if head := readHead(t, reader); !strings.HasPrefix(head, "HTTP/1.1 200 ") {
		t.Fatalf("CONNECT is answered %s", head)
	}
	secure := tls.Client(conn, &tls.Config{RootCAs: s.roots, ServerName: "graph.microsoft.com"})
	defer secure.Close()
	fmt.Fprint(secure, "GET /v1.0/me HTTP/1.1\r\nHost: graph.microsoft.com\r\nConnection: close\r\n\r\n")
	if head := readHead(t, bufio.NewReader(secure)); !strings.Contains(head, "\r\nx-ms-Test: in its own letters\r\n") {
		t.Errorf("the answer begins with\n%s", head)
	}
}

// TestAnswersWithoutCONNECT: some clients leave TLS to the proxy, and ask it for a whole https URL.
func TestAnswersWithoutCONNECT(t *testing.T) {
	s := play(t, proxy.Config{})
	conn := dial(t, s)
	fmt.Fprint(conn, "GET https://graph.microsoft.com/v1.0/me HTTP/1.1\r\nHost: graph.microsoft.com\r\nConnection: close\r\n\r\n")
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, response), "GET https://graph.microsoft.com/v1.0/me HTTP/1.1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func dial(t *testing.T, s *stage) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.url.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func readHead(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	var head strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("the head ends with %v after %q", err, head.String())
		}
		head.WriteString(line)
		if line == "\r\n" {
			return head.String()
		}
	}
}

// TestRefuses: the proxy is no way into a network. A host is reached only if the user named it, and who asks is told how that is done.
func TestRefuses(t *testing.T) {
	reached := func(w http.ResponseWriter, r *http.Request) { t.Errorf("%s was reached", r.Host) }
	plain, secure := httptest.NewServer(http.HandlerFunc(reached)), httptest.NewTLSServer(http.HandlerFunc(reached))
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	s := play(t, proxy.Config{Pass: []string{"api.example.test"}})
	client := s.client(t, nil, s.roots)
	for _, target := range []string{secure.URL, "https://graph.microsoft.com.evil.test/"} {
		host := strings.TrimSuffix(strings.TrimPrefix(target, "https://"), "/")
		_, err := client.Get(target)
		if err == nil || !strings.Contains(err.Error(), "outlocal does not pass on to "+host) {
			t.Errorf("%s: error %v", target, err)
		}
	}
	response, err := client.Get(plain.URL + "/secret?code=hunter2")
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Error struct{ Code, Message, Hint string }
	}
	body := read(t, response)
	if err := json.Unmarshal([]byte(body), &said); err != nil || response.StatusCode != http.StatusForbidden {
		t.Fatalf("%d %s: %v", response.StatusCode, body, err)
	}
	host := strings.TrimPrefix(plain.URL, "http://")
	hint := "if it shall be reached, name it with --proxy-pass " + host
	if said.Error.Code != "notPassed" || said.Error.Hint != hint || response.Header.Get(proxy.HintHeader) != hint {
		t.Errorf("got %s with the hint %q", body, response.Header.Get(proxy.HintHeader))
	}
	var told []string
	for _, r := range s.refused {
		told = append(told, r.Method+" "+r.Host)
	}
	want := []string{"CONNECT " + strings.TrimPrefix(secure.URL, "https://"), "CONNECT graph.microsoft.com.evil.test:443", "GET " + host}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("told of (-want +got):\n%s", diff)
	}
}

// TestNoTunnelToOtherPorts: what is spoken there nobody can tell, and to pass on would reach the real service, which is no cure.
func TestNoTunnelToOtherPorts(t *testing.T) {
	for _, port := range []string{"80", "8443"} {
		s := play(t, proxy.Config{})
		conn := dial(t, s)
		fmt.Fprintf(conn, "CONNECT graph.microsoft.com:%s HTTP/1.1\r\nHost: graph.microsoft.com:%[1]s\r\n\r\n", port)
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		body := read(t, response)
		reason := "outlocal opens no tunnel to graph.microsoft.com:" + port + ": it answers for this host at port 443 only"
		hint := "ask for https://graph.microsoft.com, or for http://graph.microsoft.com without CONNECT"
		if response.StatusCode != http.StatusForbidden || !strings.Contains(body, reason) || response.Header.Get(proxy.HintHeader) != hint {
			t.Errorf("port %s: %s %s with the hint %q", port, response.Status, body, response.Header.Get(proxy.HintHeader))
		}
	}
}

// TestNoProxyRequest: what is not asked of a proxy, such as by a page in a browser of this machine, gets nothing.
func TestNoProxyRequest(t *testing.T) {
	s := play(t, proxy.Config{Pass: []string{proxy.All}})
	for _, host := range []string{"graph.microsoft.com", s.url.Host, "evil.test"} {
		request, _ := http.NewRequest(http.MethodGet, s.url.String()+"/v1.0/me", nil)
		request.Host = host
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if body := read(t, response); response.StatusCode != http.StatusBadRequest || !strings.Contains(body, "notProxied") {
			t.Errorf("as %s: %d %s", host, response.StatusCode, body)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	if len(s.refused) > 0 {
		t.Errorf("told of %v, which are no hosts that could be named", s.refused)
	}
}

// TestUnreadable: what can't be read is refused, never guessed.
func TestUnreadable(t *testing.T) {
	s := play(t, proxy.Config{Pass: []string{proxy.All}})
	for _, line := range []string{"GET ftp://example.com/ HTTP/1.1", "CONNECT example.com:0 HTTP/1.1", "CONNECT :443 HTTP/1.1", "GET http://:80/ HTTP/1.1"} {
		conn := dial(t, s)
		fmt.Fprintf(conn, "%s\r\nHost: example.com\r\nConnection: close\r\n\r\n", line)
		if head := readHead(t, bufio.NewReader(conn)); !strings.HasPrefix(head, "HTTP/1.1 400 ") {
			t.Errorf("%s is answered\n%s", line, head)
		}
	}
}

// TestPasses: what the user named is passed on to, unread.
func TestPasses(t *testing.T) {
	plain, secure := httptest.NewServer(http.HandlerFunc(echo)), httptest.NewTLSServer(http.HandlerFunc(echo))
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	roots := secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	for _, row := range []struct {
		name string
		pass []string
	}{
		{"each by its name and port", []string{strings.TrimPrefix(plain.URL, "http://"), strings.TrimPrefix(secure.URL, "https://")}},
		{"a host with all its ports", []string{"127.0.0.1"}},
		{"everything", []string{proxy.All}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := play(t, proxy.Config{Pass: row.pass})
			client := s.client(t, nil, roots)
			for _, target := range []string{plain.URL, secure.URL} {
				response, err := client.Get(target + "/x")
				if err != nil {
					t.Fatal(err)
				}
				if got, want := read(t, response), "GET "+target+"/x HTTP/1.1"; got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			}
		})
	}
}

// TestUnreachable: a host that was named but is not there is no fault of the program that asks, and is told as such.
func TestUnreachable(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	s := play(t, proxy.Config{Pass: []string{"127.0.0.1"}})
	response, err := s.client(t, nil, nil).Get(gone.URL)
	if err != nil {
		t.Fatal(err)
	}
	if body := read(t, response); response.StatusCode != http.StatusBadGateway || !strings.Contains(body, "but can't reach it") {
		t.Errorf("%d %s", response.StatusCode, body)
	}
	_, err = s.client(t, nil, nil).Get(strings.Replace(gone.URL, "http", "https", 1))
	if err == nil || !strings.Contains(err.Error(), "Bad Gateway") {
		t.Errorf("error %v", err)
	}
}

// TestToken: beyond loopback only those are let in who have the token, and nobody hears of it behind the proxy.
func TestToken(t *testing.T) {
	s := play(t, proxy.Config{Token: "sesame"})
	for _, row := range []struct {
		name string
		user *url.Userinfo
		in   bool
	}{
		{"none", nil, false},
		{"another", url.UserPassword("outlocal", "sesam"), false},
		{"as a name", url.User("sesame"), false},
		{"the token", url.UserPassword("whoever", "sesame"), true},
	} {
		t.Run(row.name, func(t *testing.T) {
			client := s.client(t, row.user, s.roots)
			response, err := client.Get("http://graph.microsoft.com/v1.0/me")
			if err != nil {
				t.Fatal(err)
			}
			status, want := http.StatusProxyAuthRequired, ""
			if row.in {
				status, want = http.StatusOK, "GET http://graph.microsoft.com/v1.0/me HTTP/1.1"
			}
			if body := read(t, response); response.StatusCode != status || row.in && body != want {
				t.Errorf("%d %s", response.StatusCode, body)
			}
			if asks := response.Header.Get("Proxy-Authenticate") != ""; asks == row.in {
				t.Errorf("it asks for the token: %v", asks)
			}
			response, err = client.Get("https://graph.microsoft.com/v1.0/me")
			if (err == nil) != row.in {
				t.Errorf("with TLS: %v", err)
			}
			if err == nil {
				read(t, response)
			}
		})
	}
}

// TestCloseEndsTunnels: nothing that was passed on outlives the proxy.
func TestCloseEndsTunnels(t *testing.T) {
	target, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	s := play(t, proxy.Config{Pass: []string{"127.0.0.1"}})
	conn := dial(t, s)
	fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\nHost: %[1]s\r\n\r\n", target.Addr())
	there, err := target.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	reader := bufio.NewReader(conn)
	readHead(t, reader)
	fmt.Fprint(there, "hello")
	hello := make([]byte, len("hello"))
	if _, err := io.ReadFull(reader, hello); err != nil {
		t.Fatal(err)
	}
	s.proxy.Close()
	if n, err := reader.Read(hello); err == nil {
		t.Errorf("the client reads %q", hello[:n])
	}
	if n, err := there.Read(hello); err == nil {
		t.Errorf("the target reads %q", hello[:n])
	}
}

// eager is a client that begins to speak to its host in the same breath as it asks the proxy for it.
type eager struct {
	net.Conn
	t      *testing.T
	asked  bool
	answer *bufio.Reader
}

func (e *eager) Write(b []byte) (int, error) {
	if e.asked {
		return e.Conn.Write(b)
	}
	e.asked = true
	const ask = "CONNECT graph.microsoft.com:443 HTTP/1.1\r\nHost: graph.microsoft.com:443\r\n\r\n"
	n, err := e.Conn.Write(append([]byte(ask), b...))
	return max(n-len(ask), 0), err
}

func (e *eager) Read(b []byte) (int, error) {
	if e.answer == nil {
		e.answer = bufio.NewReader(e.Conn)
		readHead(e.t, e.answer)
	}
	return e.answer.Read(b)
}

// TestEagerClient: what a client says before it is told that the tunnel stands is not lost.
func TestEagerClient(t *testing.T) {
	s := play(t, proxy.Config{})
	conn := tls.Client(&eager{Conn: dial(t, s), t: t}, &tls.Config{RootCAs: s.roots, ServerName: "graph.microsoft.com"})
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "GET /v1.0/me HTTP/1.1\r\nHost: graph.microsoft.com\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, response), "GET https://graph.microsoft.com/v1.0/me HTTP/1.1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
