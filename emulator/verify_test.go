package emulator_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/serve"
)

// echo answers the handshake as one should, if the token's parameter has the given name.
func echo(parameter string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, r.URL.Query().Get(parameter))
	}
}

// verified is what a verification showed: the requests it made, and the findings.
type verified struct {
	Requests []emulator.Probe
	Findings []string // failures by id, warnings with a ? before it
}

func TestVerify(t *testing.T) {
	graph := echo("validationToken")
	for _, row := range []struct {
		name    string
		handler http.HandlerFunc
		dialect *dialect.Dialect
		want    verified
		rules   string
	}{
		{"a good one", graph, dialect.GraphV1, verified{Requests: []emulator.Probe{emulator.ProbeHandshake}}, "rules: W2.1-10"},
		{"a good one for Outlook", echo("validationtoken"), dialect.OutlookFinal, verified{Requests: []emulator.Probe{emulator.ProbeHandshake}}, "rules: W2.1-03"},
		{
			"a token in quotes says all itself",
			func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, `"`+r.FormValue("validationToken")+`"`)
			},
			dialect.GraphV1, verified{[]emulator.Probe{emulator.ProbeHandshake}, []string{"handshake-json-quotes"}}, "rules: W2.1-10",
		},
		{
			"a redirect is not followed, and says all itself",
			func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
			dialect.GraphV1, verified{[]emulator.Probe{emulator.ProbeHandshake}, []string{"handshake-redirect"}}, "rules: W2.1-14",
		},
		{
			"the other spelling only", echo("validationtoken"), dialect.GraphV1,
			verified{[]emulator.Probe{emulator.ProbeHandshake, emulator.ProbeOtherParameter, emulator.ProbeGET}, []string{"handshake-parameter"}}, "rules: W2.1-02",
		},
		{
			"Graph's spelling only, asked as Outlook", graph, dialect.OutlookFinal,
			verified{[]emulator.Probe{emulator.ProbeHandshake, emulator.ProbeOtherParameter, emulator.ProbeGET}, []string{"handshake-parameter"}}, "rules: W2.1-03",
		},
		{
			"GET only",
			func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodGet {
					http.NotFound(w, r)
					return
				}
				graph(w, r)
			},
			dialect.GraphV1,
			verified{[]emulator.Probe{emulator.ProbeHandshake, emulator.ProbeOtherParameter, emulator.ProbeGET}, []string{"handshake-get-only"}}, "",
		},
		{
			"neither helps", http.NotFound, dialect.GraphV1,
			verified{[]emulator.Probe{emulator.ProbeHandshake, emulator.ProbeOtherParameter, emulator.ProbeGET}, []string{"handshake-status"}}, "",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			server := newServer(t, emulator.Config{Handlers: map[string]http.Handler{"hook.test": row.handler}})
			got := verify(t, server, emulator.Verification{Dialect: row.dialect, URL: "https://hook.test/cb?code=hunter2"})
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("verification (-want +got):\n%s", diff)
			}
			if n := server.Journal().Last(); n != uint64(len(row.want.Requests)) {
				t.Errorf("the journal has %d entries, want one for each request", n)
			}
		})
	}
}

// A webhook that is slow once and quick then is told from one that is slow.
func TestVerifyASlowStart(t *testing.T) {
	for _, row := range []struct {
		name string
		slow int // requests that are not answered in time
		want verified
	}{
		{"slow once", 1, verified{[]emulator.Probe{emulator.ProbeHandshake, emulator.ProbeAgain}, []string{"handshake-cold-start"}}},
		{"slow always", 2, verified{[]emulator.Probe{emulator.ProbeHandshake, emulator.ProbeAgain}, []string{"handshake-timeout"}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				asked := 0
				hook := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					mu.Lock()
					asked++
					slow := asked <= row.slow
					mu.Unlock()
					if slow {
						<-r.Context().Done()
						return
					}
					echo("validationToken")(w, r)
				})
				server := newServer(t, emulator.Config{Handlers: map[string]http.Handler{"hook.test": hook}})
				began := time.Now()
				got := verify(t, server, emulator.Verification{Dialect: dialect.GraphV1, URL: "https://hook.test/cb"})
				if diff := cmp.Diff(row.want, got); diff != "" {
					t.Errorf("verification (-want +got):\n%s", diff)
				}
				limit := dialect.GraphV1.Handshake.Limit
				if took := time.Since(began); took < time.Duration(row.slow)*limit || took > time.Duration(row.slow+1)*limit {
					t.Errorf("it took %s, want %d times the limit", took, row.slow)
				}
			})
		})
	}
}

// The other loopback address is asked where the one in the URL refuses, and nothing that is a name.
func TestVerifyTheOtherLoopback(t *testing.T) {
	hook := httptest.NewServer(echo("validationToken"))
	defer hook.Close()
	// Which ports are free at an address is not ours to say, so the machine is one on which only [::1] has a webhook.
	const port = "3000"
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != "[::1]:"+port {
			return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
		}
		return new(net.Dialer).DialContext(ctx, network, hook.Listener.Addr().String())
	}
	server := newServer(t, emulator.Config{}.WithDial(dial))
	got := verify(t, server, emulator.Verification{Dialect: dialect.GraphV1, URL: "http://127.0.0.1:" + port + "/cb"})
	want := verified{[]emulator.Probe{emulator.ProbeHandshake, emulator.ProbeOtherLoopback}, []string{"handshake-ipv6", "?handshake-http-url"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("verification (-want +got):\n%s", diff)
	}
}

// A port that hangs up on plain http is asked in https: most servers of TLS say nothing to who does not speak it.
func TestVerifyAPortOfTLS(t *testing.T) {
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	mute := httptest.NewUnstartedServer(http.NotFoundHandler())
	mute.Config.ErrorLog = log.New(io.Discard, "", 0)
	mute.Listener = muteListener{tls.NewListener(mute.Listener, &tls.Config{Certificates: secure.TLS.Certificates})}
	mute.Start()
	defer mute.Close()
	hangsUp := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer hangsUp.Close()

	for _, row := range []struct{ name, url, finding string }{
		{"one that speaks it", mute.URL, "handshake-tls"},
		{"one that does not", hangsUp.URL, "handshake-reset"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := verify(t, newServer(t, emulator.Config{}), emulator.Verification{Dialect: dialect.GraphV1, URL: row.url + "/cb"})
			want := verified{[]emulator.Probe{emulator.ProbeHandshake, emulator.ProbeHTTPS}, []string{row.finding, "?handshake-http-url"}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("verification (-want +got):\n%s", diff)
			}
		})
	}
}

// muteListener hides from net/http that its connections are TLS: it would tell who speaks plain HTTP to them.
type muteListener struct{ net.Listener }

func (l muteListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return struct{ net.Conn }{conn}, nil
}

// What the emulator refuses in a notification URL, verify refuses too.
func TestVerifyRefusesCredentials(t *testing.T) {
	hook := httptest.NewServer(echo("validationToken"))
	defer hook.Close()
	server := newServer(t, emulator.Config{})
	got := verify(t, server, emulator.Verification{Dialect: dialect.GraphV1, URL: strings.Replace(hook.URL, "http://", "http://user:hunter2@", 1)})
	want := verified{[]emulator.Probe{emulator.ProbeHandshake}, []string{"handshake-credentials", "?handshake-http-url"}} // rules: W6.3-04
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("verification (-want +got):\n%s", diff)
	}
}

func TestVerifyTellsAndMasks(t *testing.T) {
	const state = "a client's secret"
	var sent, answered []emulator.Request
	var header http.Header
	hook := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header = r.Header.Clone()
		echo("validationtoken")(w, r)
	})
	server := newServer(t, emulator.Config{Handlers: map[string]http.Handler{"hook.test": hook}})
	result, err := server.Verify(context.Background(), emulator.Verification{
		Dialect: dialect.OutlookFinal, URL: "https://hook.test/cb?code=hunter2", ClientState: state,
		Sending:  func(r emulator.Request) { sent = append(sent, r) },
		Answered: func(r emulator.Request, _ diagnosis.HandshakeAnswer) { answered = append(answered, r) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if header.Get("ClientState") != state { // rules: W2.1-04
		t.Errorf("the webhook got the client state %q", header.Get("ClientState"))
	}
	if diff := cmp.Diff(sent, answered); diff != "" || len(sent) != 1 {
		t.Fatalf("told %d requests; answered (-sent +answered):\n%s", len(sent), diff)
	}
	want := "https://hook.test/cb?code=…&validationtoken=" + url.QueryEscape(result.Answer.Token)
	if !strings.EqualFold(sent[0].URL, want) || sent[0].Method != http.MethodPost {
		t.Errorf("told %+v, want POST %s", sent[0], want)
	}
	if got := result.Exchange.RequestHeader["ClientState"]; len(got) != 1 || got[0] == state || strings.Contains(result.Exchange.URL, "hunter2") {
		t.Errorf("the exchange is not masked: %q, %s", got, result.Exchange.URL)
	}
}

func TestVerifySendsNothing(t *testing.T) {
	allowed := &serve.TargetError{}
	for _, row := range []struct {
		name string
		v    emulator.Verification
		as   any
	}{
		{"to a host that was not allowed", emulator.Verification{Dialect: dialect.GraphV1, URL: "https://hooks.example.com/cb"}, &allowed},
		{"without a handshake", emulator.Verification{Dialect: dialect.OutlookLegacy, URL: "http://localhost:1/cb"}, nil},
		{"without a dialect", emulator.Verification{URL: "http://localhost:1/cb"}, nil},
		{"to a malformed URL", emulator.Verification{Dialect: dialect.GraphV1, URL: "http://localhost:1/%zz?code=hunter2"}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			server := newServer(t, emulator.Config{})
			_, err := server.Verify(context.Background(), row.v)
			if err == nil || strings.Contains(err.Error(), "hunter2") {
				t.Fatalf("got the error %v", err)
			}
			if row.as != nil && !errors.As(err, row.as) {
				t.Errorf("got the error %v, want a %T", err, row.as)
			}
			if n := server.Journal().Last(); n != 0 {
				t.Errorf("the journal has %d entries, want none", n)
			}
		})
	}
}

func TestVerifyEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	defer hook.Close()
	server := newServer(t, emulator.Config{})
	if _, err := server.Verify(ctx, emulator.Verification{Dialect: dialect.GraphV1, URL: hook.URL}); !errors.Is(err, context.Canceled) {
		t.Errorf("got the error %v, want the context's", err)
	}
	if n := server.Journal().Last(); n != 1 {
		t.Errorf("the journal has %d entries, want the one request", n)
	}
}

func newServer(t *testing.T, c emulator.Config) *emulator.Server {
	t.Helper()
	server, err := emulator.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server
}

func verify(t *testing.T, server *emulator.Server, v emulator.Verification) verified {
	t.Helper()
	var got verified
	v.Sending = func(r emulator.Request) { got.Requests = append(got.Requests, r.Probe) }
	result, err := server.Verify(context.Background(), v)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range result.Diagnoses {
		id := d.ID
		if d.Severity == diagnosis.SeverityWarning {
			id = "?" + id
		}
		got.Findings = append(got.Findings, id)
	}
	return got
}
