package delivery

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/internal/pipenet"
	"github.com/outlocal/outlocal/journal"
)

// rawServer answers requests on connections in memory byte for byte.
type rawServer struct {
	listener *pipenet.Listener
	each     func(conn net.Conn, request *http.Request, n int) (goOn bool)

	mu    sync.Mutex
	conns []int // requests on each
}

// serveRawInMemory lets the engine reach a server whose answers are each's; requests of a connection are counted from 1.
func (r *rig) serveRawInMemory(each func(conn net.Conn, request *http.Request, n int) (goOn bool)) *rawServer {
	s := &rawServer{listener: pipenet.Listen("hook.localhost:80"), each: each}
	r.reach = s.listener.DialContext
	go func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	r.t.Cleanup(func() { s.listener.Close() })
	return s
}

func (s *rawServer) serve(conn net.Conn) {
	defer conn.Close()
	s.mu.Lock()
	at := len(s.conns)
	s.conns = append(s.conns, 0)
	s.mu.Unlock()
	in := bufio.NewReader(conn)
	for {
		request, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[at]++
		n := s.conns[at]
		s.mu.Unlock()
		if !s.each(conn, request, n) {
			return
		}
		_, _ = io.Copy(io.Discard, request.Body)
	}
}

// requests are how many came on each connection.
func (s *rawServer) requests() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.conns)
}

// says answers all requests alike.
func says(answer string) func(net.Conn, *http.Request, int) bool {
	return func(conn net.Conn, request *http.Request, _ int) bool {
		_, _ = io.Copy(io.Discard, request.Body)
		_, err := io.WriteString(conn, answer)
		return err == nil
	}
}

// oddAnswers are what webhooks may answer beside a plain 202, and over how many connections two requests go then.
var oddAnswers = []struct {
	name, answer string
	conns        int
}{
	{"accepted", accepted, 1},
	{"no content", "HTTP/1.1 204 No Content\r\n\r\n", 1},
	{"a body", "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 5\r\n\r\nOops.", 1},
	{"in chunks", "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n", 1},
	{"informational ones before", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + accepted, 1},
	{"informational ones only", strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", longestHeader/16), 2},
	{"the last one", "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 2},
	{"old", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 2},
	{"old and kept", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", 1},
	{"more than was asked for", accepted + accepted, 2},
	{"names in any case, twice", "HTTP/1.1 202 Accepted\r\nx-one: 1\r\nX-ONE: 2\r\ncontent-length: 0\r\n\r\n", 1},
	{"folded", "HTTP/1.1 202 Accepted\r\nX-Fold: a\r\n b\r\nContent-Length: 0\r\n\r\n", 1},
	{"bare line feeds", "HTTP/1.1 202 Accepted\nContent-Length: 0\n\n", 1},
	{"redirect", "HTTP/1.1 302 Found\r\nLocation: http://elsewhere.test/\r\nContent-Length: 0\r\n\r\n", 1},
	{"a long body", "HTTP/1.1 202 Accepted\r\nContent-Length: 20000\r\n\r\n" + strings.Repeat("x", 20_000), 1},
	{"more than is read", fmt.Sprintf("HTTP/1.1 202 Accepted\r\nContent-Length: %d\r\n\r\n%s", 1<<20, strings.Repeat("x", 1<<20)), 2},
	{"no HTTP", "220 mail.contoso.com ESMTP\r\n", 2},
	{"a name without a value", "HTTP/1.1 202 Accepted\r\nX-One\r\nContent-Length: 0\r\n\r\n", 2},
	{"two lengths", "HTTP/1.1 202 Accepted\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 2},
	{"a length below zero", "HTTP/1.1 202 Accepted\r\nContent-Length: -1\r\n\r\n", 2},
	{"a header without end", "HTTP/1.1 202 Accepted\r\nX-Long: " + strings.Repeat("x", longestHeader+1) + "\r\n\r\n", 2},
}

// Whatever a webhook answers is understood as net/http understands it, and a connection is kept where it keeps one.
//
// rules: W4.9-08 W10-06
func TestOddAnswers(t *testing.T) {
	for _, row := range oddAnswers {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, conns := answered(t, row.answer, func(*target) {})
				theirs, _ := answered(t, row.answer, func(t *target) { t.line = nil })
				if diff := cmp.Diff(theirs, ours); diff != "" {
					t.Errorf("two attempts (-net/http +ours)\n%s", diff)
				}
				if len(conns) != row.conns {
					t.Errorf("requests by connection: %v, want %d connections", conns, row.conns)
				}
			})
		})
	}
}

// exchanged is what is known of an attempt.
type exchanged struct {
	Status  int
	Header  http.Header
	Body    string
	Failed  bool
	Finding string
}

// answered delivers twice to a webhook that answers alike, and tells what came of it and how many requests each connection had.
func answered(t *testing.T, answer string, adjust func(*target)) (attempts []exchanged, conns []int) {
	t.Helper()
	r := newRig(t, oneEach)
	s := r.serveRawInMemory(says(answer))
	attempts = r.attempt(2, adjust)
	return attempts, s.requests()
}

// oneEach lets every notification have a request of its own; those of a subscription go out in one lane.
func oneEach(c *Config) { c.MaxBatch = 1 }

// answeredBy delivers once.
func answeredBy(t *testing.T, each func(net.Conn, *http.Request, int) bool, adjust func(*target)) []exchanged {
	t.Helper()
	r := newRig(t)
	r.serveRawInMemory(each)
	return r.attempt(1, adjust)
}

// attempt delivers to the server in memory, one request right after the other.
func (r *rig) attempt(times int, adjust func(*target)) (attempts []exchanged) {
	r.t.Helper()
	r.subscribe(dialect.GraphV1, "http://hook.localhost/cb")
	adjust(r.target("http://hook.localhost/cb"))
	release := r.Hold()
	for i := range times {
		r.create(fmt.Sprint("AAMk", i))
	}
	release()
	synctest.Wait()
	for _, e := range r.entries(journal.Attempt) {
		x := e.Exchange
		attempts = append(attempts, exchanged{x.Status, x.ResponseHeader, string(x.ResponseBody), x.Error != "", x.Finding})
	}
	if len(attempts) != times {
		r.t.Fatalf("%d attempts, want %d", len(attempts), times)
	}
	return attempts
}

// A webhook may close a connection that nothing is sent over at any time. That is no failed attempt.
func TestConnectionThatWasClosedIsNotUsed(t *testing.T) {
	for _, row := range []struct {
		name   string
		each   func(net.Conn, *http.Request, int) bool
		pause  time.Duration
		expect []int
	}{
		{"open", says(accepted), idleTimeout / 2, []int{2}},
		{"after a while it is closed on our side", says(accepted), idleTimeout + time.Second, []int{1, 1}},
		{"closed on theirs, without a word", func(c net.Conn, q *http.Request, n int) bool { return says(accepted)(c, q, n) && n > 1 }, time.Second, []int{1, 1}},
		{"closed on theirs, with a word", func(c net.Conn, q *http.Request, n int) bool {
			_ = says(accepted)(c, q, n)
			time.AfterFunc(time.Second/2, func() {
				_, _ = io.WriteString(c, "HTTP/1.1 408 Request Timeout\r\n\r\n")
				c.Close()
			})
			return true
		}, time.Second, []int{1, 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				s := r.serveRawInMemory(row.each)
				r.subscribe(dialect.GraphV1, "http://hook.localhost/cb")
				r.create("AAMk1")
				time.Sleep(row.pause)
				r.create("AAMk2")
				synctest.Wait()
				if got := r.Stats(); got.Delivered != 2 || got.Requests != 2 {
					t.Errorf("stats %+v, want 2 delivered in 2 requests", got)
				}
				if diff := cmp.Diff(row.expect, s.requests()); diff != "" {
					t.Errorf("requests by connection (-want +got)\n%s", diff)
				}
			})
		})
	}
}

// brittle is a connection that breaks at its second request.
type brittle struct {
	net.Conn
	unwritable bool // else it is written, and the answer does not come
	requests   int
}

func (b *brittle) Write(p []byte) (int, error) {
	if b.requests++; b.requests > 1 && b.unwritable {
		return 0, syscall.EPIPE
	}
	return b.Conn.Write(p)
}

func (b *brittle) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	if b.requests > 1 && err == nil {
		return 0, syscall.ECONNRESET
	}
	return n, err
}

// A request goes out once more, over a new connection, if not a byte of it could be written to one that was kept. One that was written is
// not repeated by itself: the webhook may have taken it.
func TestOnlyUnwrittenRequestsAreRepeated(t *testing.T) {
	for _, row := range []struct {
		name       string
		unwritable bool
		item       string
		delivered  int64
		conns      int
	}{
		{"not written", true, "AAMk2", 2, 2},
		{"not written, a long one", true, strings.Repeat("x", inline), 2, 2},
		{"written", false, "AAMk2", 1, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				s := r.serveRawInMemory(says(accepted))
				reach, dialled := r.reach, 0
				r.reach = func(ctx context.Context, network, addr string) (net.Conn, error) {
					conn, err := reach(ctx, network, addr)
					if dialled++; dialled > 1 || err != nil {
						return conn, err
					}
					return &brittle{Conn: conn, unwritable: row.unwritable}, nil
				}
				r.subscribe(dialect.GraphV1, "http://hook.localhost/cb")
				r.create("AAMk1")
				synctest.Wait()
				r.create(row.item)
				time.Sleep(2 * writeGrace)
				if got := r.Stats(); got.Delivered != row.delivered || len(s.requests()) != row.conns {
					t.Errorf("stats %+v over %v, want %d delivered over %d connections", got, s.requests(), row.delivered, row.conns)
				}
			})
		})
	}
}

// A webhook may answer a long request before it has read it. Nobody waits then until it does.
func TestAnswerBeforeTheRequestIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		s := r.serveRawInMemory(func(conn net.Conn, _ *http.Request, _ int) bool {
			_, _ = io.WriteString(conn, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
			time.Sleep(5 * time.Second)
			return false
		})
		r.subscribe(dialect.GraphV1, "http://hook.localhost/cb")
		r.create(strings.Repeat("x", 1<<20)) // no connection holds as much
		time.Sleep(time.Second)
		attempts := r.entries(journal.Attempt)
		if len(attempts) != 1 || attempts[0].Exchange.Status != http.StatusRequestEntityTooLarge || attempts[0].Exchange.Took > writeGrace {
			t.Errorf("attempts %+v, want one that was answered at once", attempts)
		}
		if got := s.requests(); len(got) != 1 {
			t.Errorf("requests by connection: %v", got)
		}
		time.Sleep(5 * time.Second) // until it closes
	})
}

// Close ends a request that is under way, and connections that are kept.
func TestCloseEndsConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails if anything is left
		r := newRig(t)
		r.serveRawInMemory(func(conn net.Conn, q *http.Request, n int) bool {
			if q.URL.Path == "/hangs" {
				_, _ = conn.Read(make([]byte, 1))
				return false
			}
			return says(accepted)(conn, q, n)
		})
		r.subscribe(dialect.GraphV1, "http://hook.localhost/cb")
		r.subscribe(dialect.GraphV1, "http://hook.localhost/hangs")
		r.create("AAMk1")
		synctest.Wait()
		began := time.Now()
		r.Close()
		if took := time.Since(began); took > 0 {
			t.Errorf("Close took %s", took)
		}
	})
}

// What goes out over TLS is kept as well, and goes out alike.
func TestConnectionsOverTLSAreKept(t *testing.T) {
	got := make(chan string, 3)
	s := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		n, _ := io.Copy(io.Discard, q.Body)
		got <- fmt.Sprintf("%s %s %s%s %v", q.RemoteAddr, q.Method, q.URL, q.Header["Content-Type"], n == q.ContentLength)
	}))
	defer s.Close()
	r := newRig(t, oneEach)
	r.subscribe(dialect.GraphV1, s.URL+"/cb")
	release := r.Hold()
	for _, item := range []string{"AAMk1", "AAMk2", strings.Repeat("x", 4*inline)} {
		r.create(item)
	}
	release()
	first := <-got
	if !strings.HasSuffix(first, " POST /cb[application/json; charset=utf-8] true") {
		t.Errorf("request %s", first)
	}
	for range 2 {
		if next := <-got; next != first {
			t.Errorf("request %s, want as the first, %s", next, first)
		}
	}
}

// What net/http would refuse to send, or send otherwise, is left to it.
func TestUnusualRequestsAreNetHTTPs(t *testing.T) {
	e := newRig(t).Engine
	for _, row := range []struct {
		name, url, state string
		plain            bool
	}{
		{"plain", "http://localhost:3000/cb?code=1", "s3cret", true},
		{"over TLS, in capitals", "HTTPS://LocalHost/", "s3cret", true},
		{"IPv6", "http://[::1]:3000/cb", "s3cret", true},
		{"no client state", "http://localhost/cb", "", true},
		{"a client state beyond ASCII", "http://localhost/cb", "gehe\u00efm", true},
		{"a client state of two lines", "http://localhost/cb", "a\r\nX-Two: b", false},
		{"a host beyond ASCII", "http://b\u00fccher.test/cb", "s3cret", false},
		{"no host", "http:///cb", "s3cret", false},
		{"no web", "ftp://localhost/cb", "s3cret", false},
		{"no URL", "http://[::1/cb", "s3cret", false},
	} {
		r := request{target: e.target(row.url), header: e.header(&group{groupKey: groupKey{dialect: dialect.OutlookFinal, state: row.state}})}
		if got := r.plain(); got != row.plain {
			t.Errorf("%s: plain is %v, want %v", row.name, got, row.plain)
		}
	}
}

// FuzzAnswer: whatever comes back, it is understood as net/http understands it.
func FuzzAnswer(f *testing.F) {
	seeds := 0
	for _, row := range oddAnswers {
		if len(row.answer) < longestHeader { // longer ones only slow it down
			f.Add(row.answer)
			seeds++
		}
	}
	if seeds == 0 {
		f.Fatal("no answers to begin with")
	}
	f.Fuzz(func(t *testing.T, answer string) {
		if strings.Contains(answer, " 101") {
			t.Skip("net/http takes what follows for another protocol's")
		}
		synctest.Test(t, func(t *testing.T) {
			once := func(conn net.Conn, q *http.Request, n int) bool { return says(answer)(conn, q, n) && false }
			ours, theirs := answeredBy(t, once, func(*target) {}), answeredBy(t, once, func(t *target) { t.line = nil })
			if diff := cmp.Diff(theirs, ours); diff != "" {
				t.Errorf("attempt (-net/http +ours)\n%s", diff)
			}
		})
	})
}
