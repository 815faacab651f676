package receiver_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/receiver"
)

// webhook is somebody's local one: it notes what it gets.
type webhook struct {
	answer http.HandlerFunc // 202 if nil

	mu  sync.Mutex
	got []*http.Request // with the body read
	raw []string        // the bodies
}

func (h *webhook) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	h.mu.Lock()
	h.got, h.raw = append(h.got, req), append(h.raw, string(body))
	h.mu.Unlock()
	if h.answer == nil {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	h.answer(w, req)
}

func (h *webhook) calls() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.got)
}

// listen gives the webhook a URL.
func (h *webhook) listen(t testing.TB) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func newForwarder(t testing.TB, r *receiver.Receiver, config receiver.Forward) *receiver.Forwarder {
	t.Helper()
	f, err := receiver.NewForwarder(r, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// outside is a server that the world can call, as a tunnel would make of a forwarder.
func outside(t testing.TB, f *receiver.Forwarder) (addr string) {
	t.Helper()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// raw sends a request byte by byte as it is given.
func raw(t testing.TB, addr, request string) *http.Response {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	reader := bufio.NewReader(conn)
	for {
		response, err := http.ReadResponse(reader, &http.Request{Method: method})
		if err != nil {
			t.Fatalf("read answer: %v", err)
		}
		if response.StatusCode != http.StatusContinue {
			t.Cleanup(func() { _ = response.Body.Close() })
			return response
		}
	}
}

// Whatever is tried from outside, only a POST at one of two paths, by the letter, gets through. Each row is tried with a target and
// without one: neither the webhook nor the receiver may answer.
func TestForwarderKeepsTheWorldOut(t *testing.T) {
	const limit = 1000
	long := strings.Repeat("x", limit+1)
	for _, tt := range []struct {
		name    string
		request string // PATH stands for the path, SEGMENT for what comes after its slash
		kept    string // the finding in the journal; empty: it is not kept, but counted
	}{
		{"root", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", ""},
		{"target's own path", "POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", ""},
		{"handshake elsewhere", "POST /?validationToken=a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", ""},
		{"path in the query", "POST /?PATH HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", ""},
		{"path of others", "POST /00000000000000000000000000000000 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", ""},
		{"trailing slash", "POST PATH/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", ""},
		{"more behind", "POST PATH/admin HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", ""},
		{"longer", "POST PATH0 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", ""},
		{"path parameter", "POST PATH;a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", ""},
		{"two slashes", "POST /PATH HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", ""},
		{"dots", "POST /a/..PATH HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", ""},
		{"dot", "POST /.PATH HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", ""},
		{"encoded dots", "POST /a/%2e%2ePATH HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", ""},
		{"out by encoded dots", "POST PATH/%2e%2e/hook HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", ""},
		{"encoded slash", "POST /%2fSEGMENT HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", ""},
		{"encoded end", "POST PATH%00 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", ""},
		{"encoded letter", "POST ENCODED HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", ""},
		{"capitals", "POST CAPITALS HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", ""},
		{"absolute URI", "POST http://xPATH HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", ""},
		{"absolute URI of the target", "POST TARGET/hook HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", ""},
		{"host of the target", "POST /hook HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", ""},
		{"tunnel through us", "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n", ""},
		{"asterisk", "POST * HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", ""},
		{"GET", "GET PATH?validationToken=a HTTP/1.1\r\nHost: x\r\n\r\n", "receiver-method"},
		{"HEAD", "HEAD PATH HTTP/1.1\r\nHost: x\r\n\r\n", "receiver-method"},
		{"OPTIONS", "OPTIONS PATH HTTP/1.1\r\nHost: x\r\n\r\n", "receiver-method"},
		{"TRACE", "TRACE PATH HTTP/1.1\r\nHost: x\r\n\r\n", "receiver-method"},
		{"PUT", "PUT PATH HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", "receiver-method"},
		{"method in small letters", "post PATH HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", "receiver-method"},
		{"WebSocket", "GET PATH HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "receiver-method"},
		{"large body", "POST PATH HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n" + long, "receiver-too-large"},
		{"body said to be large", "POST PATH HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", "receiver-too-large"},
		{"large body in chunks", "POST PATH HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + long + "\r\n0\r\n\r\n", "receiver-too-large"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			local := &webhook{}
			target := local.listen(t)
			for _, to := range []string{target + "/hook", ""} {
				r := newReceiver(t, receiver.Config{BodyLimit: limit})
				f := newForwarder(t, r, receiver.Forward{Target: to})
				addr := outside(t, f)
				for _, path := range []string{f.Paths().Notification, f.Paths().Lifecycle} {
					request := strings.NewReplacer("SEGMENT", path[1:], "PATH", path, "TARGET", target,
						"ENCODED", fmt.Sprintf("/%%%02x%s", path[1], path[2:]), "CAPITALS", strings.ToUpper(path+"a")).Replace(tt.request)
					response := raw(t, addr, request)
					if body := text(t, response); response.StatusCode != http.StatusNotFound || body != "" || response.Header.Get("Allow") != "" {
						t.Errorf("answered %d %v %q, want 404 and nothing", response.StatusCode, response.Header, body)
					}
				}
				if n := local.calls(); n != 0 {
					t.Errorf("the webhook got %d requests, want none", n)
				}
				all, _ := r.Journal().Since(0, nil, 0)
				switch {
				case tt.kept == "" && (len(all) != 0 || f.Strays() != 2):
					t.Errorf("the journal has %d entries, %d strays were counted, want 0 and 2", len(all), f.Strays())
				case tt.kept != "" && (len(all) != 2 || f.Strays() != 0 || all[0].Exchange.Finding != tt.kept || all[0].Exchange.Status != 404):
					t.Errorf("the journal has %+v, want two entries of %s; strays: %d", all, tt.kept, f.Strays())
				}
			}
		})
	}
}

// What comes goes on as it is, but for what two neighbours on the wire say to each other only, and so does what comes back.
// rules: W2.1-07
func TestForwarderPassesEverythingOn(t *testing.T) {
	const answer = "\x00no text\xff"
	local := &webhook{answer: func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		w.Header()["Date"] = nil
		w.Header()["Set-Cookie"] = []string{"a=1", "b=2"}
		w.Header().Set("Keep-Alive", "timeout=5")
		w.WriteHeader(http.StatusMultiStatus)
		_, _ = io.WriteString(w, answer)
	}}
	target := local.listen(t)
	r := newReceiver(t, receiver.Config{})
	f := newForwarder(t, r, receiver.Forward{Target: target + "/my/hook?code=1&x=%zz"})
	addr := outside(t, f)
	body := " " + batch(graphItem("s", "created", "i", "e", "")) + "\r\n"
	response := raw(t, addr, "POST "+f.Paths().Notification+"?a=%7e;b&c HTTP/1.1\r\nHost: public.example\r\nTransfer-Encoding: chunked\r\n"+
		"Content-Type: application/json; charset=utf-8\r\nX-Forwarded-For: 1.2.3.4, 5.6.7.8\r\nX-Forwarded-Host: public.example\r\n"+
		"X-Forwarded-Proto: https\r\nForwarded: for=1.2.3.4\r\nclient-request-id: 7\r\nConnection: x-mine, Upgrade\r\nX-Mine: 1\r\n"+
		"Upgrade: h2c\r\nTE: trailers\r\nExpect: 100-continue\r\nProxy-Authorization: Basic x\r\nKeep-Alive: 1\r\nTrailer: X-End\r\n\r\n"+
		"1\r\n \r\n"+strconv.FormatInt(int64(len(body)-1), 16)+"\r\n"+body[1:]+"\r\n0\r\nX-End: 1\r\n\r\n")
	if local.calls() != 1 {
		t.Fatalf("the webhook got %d requests, want 1", local.calls())
	}
	got := local.got[0]
	if diff := cmp.Diff(http.Header{
		"Content-Type": {"application/json; charset=utf-8"}, "Content-Length": {strconv.Itoa(len(body))}, "Client-Request-Id": {"7"},
		"X-Forwarded-For": {"1.2.3.4, 5.6.7.8"}, "X-Forwarded-Host": {"public.example"}, "X-Forwarded-Proto": {"https"},
		"Forwarded": {"for=1.2.3.4"},
	}, got.Header); diff != "" {
		t.Errorf("header of the request (-want +got):\n%s", diff)
	}
	if want := "/my/hook?code=1&x=%zz&a=%7e;b&c"; got.RequestURI != want || "http://"+got.Host != target || local.raw[0] != body {
		t.Errorf("the webhook got %s at %s with the body %q, want %s at %s with %q", got.RequestURI, got.Host, local.raw[0], want, target, body)
	}
	if diff := cmp.Diff(http.Header{"Set-Cookie": {"a=1", "b=2"}, "Content-Length": {strconv.Itoa(len(answer))}}, response.Header); diff != "" {
		t.Errorf("header of the answer (-want +got):\n%s", diff)
	}
	if got := entries(r, journal.Received)[0].URL; !strings.HasPrefix(got, "https://public.example/") {
		t.Errorf("the journal says that %s was called, want it by https", got)
	}
	if back := text(t, response); response.StatusCode != http.StatusMultiStatus || back != answer {
		t.Errorf("answered %d %q, want 207 %q", response.StatusCode, back, answer)
	}
}

// Both paths lead to the one URL, and the journal says by which it came.
func TestForwarderPaths(t *testing.T) {
	local := &webhook{}
	r := newReceiver(t, receiver.Config{})
	kept := receiver.NewPaths()
	f := newForwarder(t, r, receiver.Forward{Target: local.listen(t), Paths: kept})
	if f.Paths() != kept {
		t.Errorf("the paths are %v, want those that were kept: %v", f.Paths(), kept)
	}
	for i, path := range []string{kept.Notification, kept.Lifecycle} {
		send(t, f, http.MethodPost, path, nil, batch(graphItem("s", "created", "i", "e", "")))
		if got := entries(r, journal.Received)[i]; !strings.HasSuffix(got.URL, path) || local.got[i].RequestURI != "/" {
			t.Errorf("the journal says %s, the webhook got %s, want %s and /", got.URL, local.got[i].RequestURI, path)
		}
	}
	if a, b := receiver.NewPaths(), receiver.NewPaths(); a == b || a.Notification == b.Notification || a.Lifecycle == b.Lifecycle {
		t.Errorf("paths come twice: %v and %v", a, b)
	}
}

// The request is judged as the receiver judges what it gets itself: keys and client states count.
func TestForwarderJudgesTheRequest(t *testing.T) {
	local := &webhook{}
	r := newReceiver(t, receiver.Config{ClientState: secret, Keys: []receiver.Key{mine()}})
	f := newForwarder(t, r, receiver.Forward{Target: local.listen(t)})
	body := batch(richItem(t, encrypt(t, mine(), `{"subject":"hello"}`, wrong{})), graphItem("s", "created", "i", "e", "other"))
	send(t, f, http.MethodPost, f.Paths().Notification, http.Header{"Content-Type": {"application/json"}}, body)
	got := items(r)
	if len(got) != 2 || got[1].ClientState != diagnosis.ClientStateWrong {
		t.Fatalf("judged: %+v, want two items, the second with a wrong client state", got)
	}
	if local.raw[0] != body {
		t.Errorf("the webhook got %q, want the body as it was", local.raw[0])
	}
	all, _ := r.Journal().Since(0, nil, 0)
	kinds := make([]journal.Kind, len(all))
	for i := range all {
		kinds[i] = all[i].Kind
	}
	if diff := cmp.Diff([]journal.Kind{journal.Received, journal.Attempt, journal.Notified, journal.Notified}, kinds); diff != "" {
		t.Errorf("the journal (-want +got):\n%s", diff)
	}
	for _, e := range all[1:] {
		if e.Cause != all[0].Seq {
			t.Errorf("the cause of %s is %d, want %d", e.Kind, e.Cause, all[0].Seq)
		}
	}
}

// Without a target the receiver answers, at the two paths only.
func TestForwarderWithoutTarget(t *testing.T) {
	r := newReceiver(t, receiver.Config{})
	f := newForwarder(t, r, receiver.Forward{})
	response := send(t, f, http.MethodPost, f.Paths().Notification+"?validationToken=a%20b", nil, "")
	if got := text(t, response); response.StatusCode != http.StatusOK || got != "a b" {
		t.Errorf("the handshake is answered %d %q, want 200 with the token", response.StatusCode, got)
	}
	response = send(t, f, http.MethodPost, f.Paths().Lifecycle, http.Header{"Content-Type": {"application/json"}}, batch(graphItem("s", "created", "i", "e", "")))
	if response.StatusCode != http.StatusAccepted || len(items(r)) != 1 {
		t.Errorf("the notification is answered %d and %d items are judged, want 202 and 1", response.StatusCode, len(items(r)))
	}
	if _, err := f.Replay(t.Context(), 1); err == nil || !strings.Contains(err.Error(), receiver.ErrNoTarget.Error()) {
		t.Errorf("Replay: error %v, want that there is no target", err)
	}
}

// Nothing but the target is ever dialled, whoever asks for what.
func TestForwarderDialsTheTargetOnly(t *testing.T) {
	local := &webhook{answer: func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, "http://elsewhere.example/"+req.Header.Get("X-Number"), http.StatusTemporaryRedirect)
	}}
	addr := strings.TrimPrefix(local.listen(t), "http://")
	var dialled []string
	f := newForwarder(t, newReceiver(t, receiver.Config{}), receiver.Forward{
		Target: "http://hook.example/in",
		Dial: func(ctx context.Context, network, asked string) (net.Conn, error) {
			dialled = append(dialled, asked)
			return new(net.Dialer).DialContext(ctx, network, addr)
		},
	})
	response := send(t, f, http.MethodPost, f.Paths().Notification, http.Header{"X-Number": {"7"}}, "{}")
	if diff := cmp.Diff([]string{"hook.example:80"}, dialled); diff != "" {
		t.Errorf("dialled (-want +got):\n%s", diff)
	}
	if got := response.Header.Get("Location"); response.StatusCode != http.StatusTemporaryRedirect || got != "http://elsewhere.example/7" {
		t.Errorf("answered %d to %q, want the webhook's redirect", response.StatusCode, got)
	}
	if got := local.got[0]; got.Host != "hook.example" || got.RequestURI != "/in" { // a proxy would see the whole URL
		t.Errorf("the webhook is asked for %s at %s, want /in at hook.example", got.RequestURI, got.Host)
	}
}

func TestNewForwarderRefusesNonsense(t *testing.T) {
	paths := receiver.NewPaths()
	for _, tt := range []struct {
		name   string
		config receiver.Forward
		names  string
	}{
		{"no scheme", receiver.Forward{Target: "localhost:3000/" + secret}, "not of the form"},
		{"other scheme", receiver.Forward{Target: "ftp://localhost/?code=" + secret}, "not of the form"},
		{"no host", receiver.Forward{Target: "http:///hook?code=" + secret}, "not of the form"},
		{"no URL", receiver.Forward{Target: "http://localhost:3000/%zz?" + secret}, "not of the form"},
		{"user name", receiver.Forward{Target: "http://me:" + secret + "@localhost:3000/"}, "localhost:3000 has a user name"},
		{"fragment", receiver.Forward{Target: "http://localhost:3000/?code=" + secret + "#a"}, "localhost:3000 has a fragment"},
		{"negative patience", receiver.Forward{Patience: -1}, "the patience is -1ns"},
		{"path that somebody thought of", receiver.Forward{Paths: receiver.Paths{Notification: "/hook", Lifecycle: paths.Lifecycle}}, "can be guessed"},
		{"one path only", receiver.Forward{Paths: receiver.Paths{Notification: paths.Notification}}, "can be guessed"},
		{"one path twice", receiver.Forward{Paths: receiver.Paths{Notification: paths.Lifecycle, Lifecycle: paths.Lifecycle}}, "the same"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := receiver.NewForwarder(newReceiver(t, receiver.Config{}), tt.config)
			if err == nil || !strings.Contains(err.Error(), tt.names) {
				t.Fatalf("NewForwarder: error %v, want one with %q", err, tt.names)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
}

// A request that breaks off is kept, and goes nowhere.
func TestForwarderPassesNoHalfRequest(t *testing.T) {
	local := &webhook{}
	r := newReceiver(t, receiver.Config{})
	f := newForwarder(t, r, receiver.Forward{Target: local.listen(t)})
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, f.Paths().Notification, strings.NewReader(`{"value":[`))
	req.ContentLength = 100
	w := httptest.NewRecorder()
	f.ServeHTTP(w, req)
	got := entries(r, journal.Received)
	if len(got) != 1 || got[0].Exchange.Status != http.StatusNotFound || got[0].Exchange.Error != "the body broke off after 10 bytes: unexpected EOF" {
		t.Errorf("the journal has %+v, want one request that broke off", got)
	}
	if w.Code != http.StatusNotFound || local.calls() != 0 {
		t.Errorf("answered %d, the webhook got %d requests, want 404 and none", w.Code, local.calls())
	}
}

// On this machine any certificate will do, as the service never sees it; elsewhere only a trusted one.
func TestForwarderToHTTPS(t *testing.T) {
	local := &webhook{}
	server := httptest.NewUnstartedServer(local)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of who does not trust it
	server.StartTLS()
	t.Cleanup(server.Close)
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	there := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
	trusting := server.Client().Transport.(*http.Transport).TLSClientConfig
	for _, tt := range []struct {
		name    string
		config  receiver.Forward
		status  int
		finding string
	}{
		{"this machine", receiver.Forward{Target: "https://localhost:" + port}, 202, ""},
		{"another one", receiver.Forward{Target: "https://example.com", Dial: there}, 502, "delivery-tls"},
		{"another one, with its CA", receiver.Forward{Target: "https://example.com", Dial: there, TLS: trusting}, 202, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newReceiver(t, receiver.Config{})
			f := newForwarder(t, r, tt.config)
			response := send(t, f, http.MethodPost, f.Paths().Notification, nil, "{}")
			if got := attempts(r)[0].Exchange.Finding; response.StatusCode != tt.status || got != tt.finding {
				t.Errorf("answered %d with the finding %q, want %d with %q", response.StatusCode, got, tt.status, tt.finding)
			}
		})
	}
}

// A connection that the webhook closed between two requests is nobody's fault: the request takes a new one.
func TestForwarderMeetsAClosedConnection(t *testing.T) {
	local := &webhook{}
	addr := strings.TrimPrefix(local.listen(t), "http://")
	dialled := 0
	r := newReceiver(t, receiver.Config{})
	f := newForwarder(t, r, receiver.Forward{Target: "http://" + addr, Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		dialled++
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		return &closing{Conn: conn}, err
	}})
	for range 2 {
		if response := send(t, f, http.MethodPost, f.Paths().Notification, nil, "{}"); response.StatusCode != http.StatusAccepted {
			t.Errorf("answered %d, want 202: %+v", response.StatusCode, attempts(r)[0].Exchange)
		}
	}
	if dialled != 2 || local.calls() != 2 || local.raw[1] != "{}" {
		t.Errorf("%d connections, %d requests with %q, want 2 and 2", dialled, local.calls(), local.raw)
	}
}

// closing is a connection that takes one request.
type closing struct {
	net.Conn
	used bool
}

func (c *closing) Write(b []byte) (int, error) {
	if c.used {
		return 0, syscall.EPIPE
	}
	c.used = true
	return c.Conn.Write(b)
}
