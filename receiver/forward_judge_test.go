package receiver_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/internal/pipenet"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/receiver"
)

// bubble is a webhook and a forwarder to it without sockets, for tests that wait.
func bubble(t *testing.T, local http.Handler, config receiver.Forward) (*receiver.Receiver, *receiver.Forwarder) {
	t.Helper()
	r := newReceiver(t, receiver.Config{})
	listener := pipenet.Listen("hook")
	server := &http.Server{Handler: local}
	go func() { _ = server.Serve(listener) }()
	if config.Dial == nil {
		config.Dial = listener.DialContext
	}
	if config.Target == "" {
		config.Target = "http://localhost:3000/hook"
	}
	f := newForwarder(t, r, config)
	t.Cleanup(func() {
		f.Close()
		_ = server.Close()
	})
	return r, f
}

func forwarded(e journal.Entry) *receiver.Forwarded { return e.Data.(*receiver.Forwarded) }

const aToken = "Validation: Testing client application reachability for subscription Request-Id: 4b4e9b0d"

func echo(w http.ResponseWriter, req *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	_, _ = io.WriteString(w, req.URL.Query().Get("validationToken")+req.URL.Query().Get("validationtoken"))
}

func after(d time.Duration, then http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body) // a server that has not read it does not see the other end go
		select {
		case <-time.After(d):
			then(w, req)
		case <-req.Context().Done():
		}
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func refuses(context.Context, string, string) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

// The answer goes back as it is, and is judged as the service will.
func TestForwarderJudgesTheAnswer(t *testing.T) {
	const (
		change    = ""
		handshake = "?validationToken="
		outlook   = "?validationtoken="
	)
	for _, tt := range []struct {
		name    string
		query   string
		local   http.HandlerFunc
		dial    func(context.Context, string, string) (net.Conn, error)
		status  int
		class   diagnosis.Class
		finding string
		service string // part of what the service says
		rules   string
	}{
		{"accepted", change, status(202), nil, 202, diagnosis.ClassGood, "", "", "R29"},
		{"another success", change, status(204), nil, 204, diagnosis.ClassGood, "", "", "R29"},
		{"just in time", change, after(3*time.Second, status(202)), nil, 202, diagnosis.ClassGood, "", "", "W10-06"},
		{"late", change, after(4*time.Second, status(202)), nil, 202, diagnosis.ClassLate, "delivery-late", "", "W10-06"},
		{"too late", change, after(11*time.Second, status(202)), nil, 202, diagnosis.ClassFailed, "delivery-timeout", "", "W10-06"},
		{"never", change, after(time.Hour, status(202)), nil, 504, diagnosis.ClassFailed, "delivery-timeout", "", ""},
		{"fails", change, status(500), nil, 500, diagnosis.ClassFailed, "delivery-error", "", ""},
		{"no such path", change, status(404), nil, 404, diagnosis.ClassFailed, "delivery-not-found", "", ""},
		{"redirects", change, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/new", http.StatusPermanentRedirect)
		}, nil, 308, diagnosis.ClassFailed, "delivery-redirect", "", ""},
		{"is down", change, nil, refuses, 502, diagnosis.ClassFailed, "delivery-refused", "", ""},
		{"hangs up", change, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, nil, 502, diagnosis.ClassFailed, "delivery-reset", "", ""},
		{"breaks off", change, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "9")
			_, _ = io.WriteString(w, "half")
			panic(http.ErrAbortHandler)
		}, nil, 502, diagnosis.ClassFailed, "delivery-reset", "", ""},
		{"other protocol", change, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Connection", "Upgrade")
			w.Header().Set("Upgrade", "mine")
			w.WriteHeader(http.StatusSwitchingProtocols)
		}, nil, 502, diagnosis.ClassFailed, "delivery-failed", "", ""},
		{"header without end", change, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 70<<10))
		}, nil, 502, diagnosis.ClassFailed, "delivery-protocol", "", ""},
		{"echo", handshake, echo, nil, 200, diagnosis.ClassGood, "", "", "W2.1-10"},
		{"echo to Outlook", outlook, echo, nil, 200, diagnosis.ClassGood, "", "", "W2.1-10"},
		{"slow echo", handshake, after(9*time.Second, echo), nil, 200, diagnosis.ClassGood, "handshake-slow", "", "W2.1-09"},
		{"too slow for Graph", handshake, after(11*time.Second, echo), nil, 200, diagnosis.ClassFailed, "handshake-late", "timed out", "W2.1-09"},
		{"too slow for Outlook", outlook, after(6*time.Second, echo), nil, 200, diagnosis.ClassFailed, "handshake-late", "'https://example.com/PATH'", "W2.1-08"},
		{"another status", handshake, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusAccepted)
			echo(w, r)
		}, nil, 202, diagnosis.ClassFailed, "handshake-status", "'Accepted'", "W2.1-10"},
		{"redirected handshake", handshake, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/new", http.StatusTemporaryRedirect)
		}, nil, 307, diagnosis.ClassFailed, "handshake-redirect", "", "W2.1-14"},
		{"undecoded echo", handshake, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, strings.TrimPrefix(r.URL.RawQuery, "validationToken="))
		}, nil, 200, diagnosis.ClassFailed, "handshake-undecoded", "exactly match", "W2.1-10"},
		{"handshake with nobody", handshake, nil, refuses, 502, diagnosis.ClassFailed, "handshake-refused", "'BadGateway'", ""},
		{"handshake with nobody for Outlook", outlook, nil, refuses, 502, diagnosis.ClassFailed, "handshake-refused", "(502) Bad Gateway", ""},
		{"handshake without end", handshake, after(time.Hour, echo), nil, 504, diagnosis.ClassFailed, "handshake-timeout", "timed out", ""},
		{"handshake without token", "?validationToken=#", status(400), nil, 400, "", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, f := bubble(t, tt.local, receiver.Forward{Dial: tt.dial})
				target := f.Paths().Notification + tt.query + url.QueryEscape(aToken)
				if empty, found := strings.CutSuffix(tt.query, "#"); found {
					target = f.Paths().Notification + empty
				}
				body := ""
				if tt.query == change {
					target, body = f.Paths().Notification, batch(graphItem("s", "created", "i", "e", ""))
				}
				response := send(t, f, http.MethodPost, target, http.Header{"Content-Type": {"application/json"}}, body)
				if response.StatusCode != tt.status {
					t.Errorf("answered %d, want %d", response.StatusCode, tt.status)
				}
				if got := response.Header.Get("Content-Length"); tt.status == http.StatusNoContent && got != "" {
					t.Errorf("an answer without a body says that its length is %s", got)
				}
				got := attempts(r)
				if len(got) != 1 {
					t.Fatalf("the journal has %d attempts, want 1", len(got))
				}
				result := forwarded(got[0])
				good := tt.class == diagnosis.ClassGood || tt.class == diagnosis.ClassLate
				if result.Class != tt.class || result.Delivered != good || got[0].Exchange.Finding != tt.finding || result.Replay {
					t.Errorf("judged %+v with the finding %q, want %s with %q", result, got[0].Exchange.Finding, tt.class, tt.finding)
				}
				if tt.service != "" && !strings.Contains(result.Diagnoses[0].Service, strings.ReplaceAll(tt.service, "/PATH", f.Paths().Notification)) {
					t.Errorf("the service says %q, want something with %q", result.Diagnoses[0].Service, tt.service)
				}
				all, _ := r.Journal().Since(0, nil, 1)
				if all[0].Exchange.Status != tt.status || (all[0].Exchange.Error == "") == (tt.status >= 502 || result.Class == "") {
					t.Errorf("the request's entry says %d %q, want %d", all[0].Exchange.Status, all[0].Exchange.Error, tt.status)
				}
				if tt.query == change && len(items(r)) != 1 {
					t.Errorf("%d items are judged, want 1", len(items(r)))
				}
			})
		})
	}
}

// attempts are what the journal says of requests to the webhook.
func attempts(r *receiver.Receiver) []journal.Entry { return entries(r, journal.Attempt) }

// A service that gives up is answered by nobody; the webhook is to blame if it had the time.
func TestForwarderWhenTheSenderGoes(t *testing.T) {
	for _, tt := range []struct {
		name    string
		after   time.Duration
		query   string
		finding string
	}{
		{"at once", time.Second, "", ""},
		{"when it is enough", 10 * time.Second, "", "delivery-timeout"},
		{"of a handshake", 10 * time.Second, "?validationToken=a", "handshake-timeout"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var told error
				r, f := bubble(t, http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
					_, _ = io.Copy(io.Discard, req.Body)
					<-req.Context().Done()
					told = req.Context().Err()
				}), receiver.Forward{})
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(tt.after, cancel)
				req := httptest.NewRequestWithContext(ctx, http.MethodPost, f.Paths().Notification+tt.query, strings.NewReader("{}"))
				w := httptest.NewRecorder()
				f.ServeHTTP(w, req)
				synctest.Wait()
				if told == nil {
					t.Error("the webhook is not told that nobody waits any more")
				}
				got := attempts(r)
				if len(got) != 1 || got[0].Exchange.Finding != tt.finding || forwarded(got[0]).Class != diagnosis.ClassFailed {
					t.Errorf("the journal has %+v, want one failed attempt with the finding %q", got, tt.finding)
				}
				if w.Body.Len() > 0 {
					t.Errorf("somebody is answered: %q", w.Body)
				}
			})
		})
	}
}

// An answer is complete before its request is judged further, also where the webhook said no length: the service's time runs.
func TestForwarderKeepsNobodyWaiting(t *testing.T) {
	local := &webhook{answer: func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "a")
		_ = http.NewResponseController(w).Flush()
		_, _ = io.WriteString(w, "b")
	}}
	answered := make(chan struct{})
	r := newReceiver(t, receiver.Config{Known: gate(func() { <-answered })})
	f := newForwarder(t, r, receiver.Forward{Target: local.listen(t)})
	body := batch(graphItem("s", "created", "i", "e", ""))
	response := raw(t, outside(t, f), "POST "+f.Paths().Notification+" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "+
		strconv.Itoa(len(body))+"\r\n\r\n"+body)
	if got := text(t, response); got != "ab" {
		t.Errorf("answered %q, want ab", got)
	}
	close(answered)
	if _, err := r.Wait(t.Context(), 1, nil); err != nil {
		t.Error(err)
	}
}

type gate func()

func (g gate) Known(string) (receiver.Expected, bool) {
	g()
	return receiver.Expected{}, true
}

// Of an answer that is longer than what is kept all is passed on; if it breaks off, the service sees that.
func TestForwarderPassesLongAnswersOn(t *testing.T) {
	const long = 3 << 20
	for _, tt := range []struct {
		name  string
		whole bool
	}{{"whole", true}, {"broken off", false}} {
		t.Run(tt.name, func(t *testing.T) {
			local := &webhook{answer: func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, strings.Repeat("x", long))
				if !tt.whole {
					panic(http.ErrAbortHandler)
				}
			}}
			r := newReceiver(t, receiver.Config{})
			f := newForwarder(t, r, receiver.Forward{Target: local.listen(t)})
			body := batch(graphItem("s", "created", "i", "e", ""))
			response := raw(t, outside(t, f), "POST "+f.Paths().Notification+" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "+
				strconv.Itoa(len(body))+"\r\n\r\n"+body)
			got, err := io.ReadAll(response.Body)
			if tt.whole != (err == nil) || tt.whole != (len(got) == long) {
				t.Errorf("%d bytes came, then %v", len(got), err)
			}
			if _, err := r.Wait(t.Context(), 1, nil); err != nil {
				t.Error(err)
			}
			if kept := len(attempts(r)[0].Exchange.ResponseBody); kept != 1<<20 {
				t.Errorf("%d bytes are kept, want 1 MiB", kept)
			}
		})
	}
}

func TestReplay(t *testing.T) {
	const number = "7"
	code := http.StatusInternalServerError
	local := &webhook{answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }}
	r := newReceiver(t, receiver.Config{})
	f := newForwarder(t, r, receiver.Forward{Target: local.listen(t) + "/hook?a=b"})
	body := batch(graphItem("s", "created", "i", "e", ""))
	send(t, f, http.MethodPost, f.Paths().Lifecycle+"?c=d", http.Header{"Content-Type": {"application/json"}, "X-Number": {number}}, body)
	send(t, f, http.MethodPost, f.Paths().Notification+"?validationToken=t%20t", nil, "")
	send(t, f, http.MethodGet, f.Paths().Notification, nil, "")
	first, second, denied := entries(r, journal.Received)[0], entries(r, journal.Handshake)[0], entries(r, journal.Received)[1]

	code = http.StatusAccepted
	again, err := f.Replay(t.Context(), first.Seq)
	if err != nil {
		t.Fatal(err)
	}
	got := local.got[2]
	if got.RequestURI != "/hook?a=b&c=d" || got.Header.Get("X-Number") != number || local.raw[2] != body || got.Method != http.MethodPost {
		t.Errorf("the webhook got %s %s %v %q", got.Method, got.RequestURI, got.Header, local.raw[2])
	}
	result := forwarded(again)
	if again.Cause != first.Seq || !result.Replay || !result.Delivered || again.Seq != r.Journal().Last() || again.Exchange.Status != code {
		t.Errorf("the entry is %+v with %+v", again, result)
	}
	if n := len(items(r)); n != 1 {
		t.Errorf("%d items are judged, want the one that came in", n)
	}

	local.answer = echo
	if again, err = f.Replay(t.Context(), second.Seq); err != nil || !forwarded(again).Delivered || string(again.Exchange.ResponseBody) != "t t" {
		t.Errorf("the handshake's replay: %+v, error %v, want the token", again, err)
	}
	for _, seq := range []uint64{0, denied.Seq, again.Seq, again.Seq + 1} {
		if _, err := f.Replay(t.Context(), seq); !errors.Is(err, receiver.ErrNotKept) {
			t.Errorf("Replay of %d: error %v, want %v", seq, err, receiver.ErrNotKept)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Replay(ctx, first.Seq); !errors.Is(err, context.Canceled) {
		t.Errorf("Replay that is cancelled: error %v", err)
	}
	if n := local.calls(); n != 4 {
		t.Errorf("the webhook got %d requests, want 4", n)
	}
}

// The body that is replayed goes with the header that fits it.
func TestReplayOfACompressedBody(t *testing.T) {
	local := &webhook{}
	r := newReceiver(t, receiver.Config{})
	f := newForwarder(t, r, receiver.Forward{Target: local.listen(t)})
	body := batch(graphItem("s", "created", "i", "e", secret))
	compressed := zipped(t, body)
	send(t, f, http.MethodPost, f.Paths().Notification, http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}, compressed)
	if _, err := f.Replay(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if local.raw[0] != compressed || local.got[0].Header.Get("Content-Encoding") != "gzip" {
		t.Error("the webhook did not get the bytes as they came")
	}
	if local.raw[1] != body || local.got[1].Header.Get("Content-Encoding") != "" {
		t.Errorf("the webhook gets %q again, as %q, want the plain body", local.raw[1], local.got[1].Header.Get("Content-Encoding"))
	}
	for _, e := range attempts(r) {
		if got := e.Exchange.RequestHeader.Get("Content-Encoding"); got != "" || string(e.Exchange.RequestBody) != body {
			t.Errorf("the journal has %q, as %q, want the plain body", e.Exchange.RequestBody, got)
		}
	}
	if got := shown(t, r); !strings.Contains(got, `\"changeType\":\"created\"`) || strings.Contains(got, secret) {
		t.Errorf("the journal does not show the body, or shows the client state:\n%s", got)
	}
}

// What passes may hold secrets of the service, of the target and of the webhook: the journal shows none.
func TestForwarderShowsNoSecret(t *testing.T) {
	local := &webhook{answer: func(w http.ResponseWriter, req *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, "wrong client state "+req.Header.Get("Clientstate")+" at "+req.RequestURI)
	}}
	target := local.listen(t) + "/?code=" + secret
	r := newReceiver(t, receiver.Config{})
	for _, config := range []receiver.Forward{{Target: target}, {Target: target, Dial: refuses}} {
		f := newForwarder(t, r, config)
		for _, query := range []string{"", "?sig=" + secret, "?sig=" + secret + "&validationtoken=abc"} {
			response := send(t, f, http.MethodPost, f.Paths().Notification+query,
				http.Header{"Content-Type": {"application/json"}, "ClientState": {secret}}, batch(outlookItem("s", "1", "Created", "i", "e")))
			if config.Dial != nil && strings.Contains(text(t, response), secret) {
				t.Error("our own answer shows the secret")
			}
		}
	}
	if len(attempts(r)) != 6 {
		t.Fatalf("%d attempts, want 6", len(attempts(r)))
	}
	if got := shown(t, r); strings.Contains(got, secret) {
		t.Errorf("the journal shows the secret:\n%s", got)
	}
}
