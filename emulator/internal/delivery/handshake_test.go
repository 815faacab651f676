package delivery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/internal/pipenet"
	"github.com/outlocal/outlocal/journal"
)

const requestID = "0f0e0d0c-0b0a-0908-0706-050403020100"

const (
	outlookToken = "MGYwZTBkMGMtMGIwYS0wOTA4LTA3MDYtMDUwNDAzMDIwMTAw"
	graphToken   = "Validation: Testing client application reachability for subscription Request-Id: 0f0e0d0c-0b0a-0908-0706-050403020100"
)

func ok(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

func TestHandshakeOnTheWire(t *testing.T) {
	const graphQuery = "validationToken=Validation%3a+Testing+client+application+reachability+for+subscription+Request-Id%3a+0f0e0d0c-0b0a-0908-0706-050403020100"
	for _, tt := range []struct {
		name    string
		dialect *dialect.Dialect
		path    string
		state   string
		rules   string
		line    string
		head    string
		answer  string
	}{
		{"final", dialect.OutlookFinal, "/cb", "s3cret", "rules: W2.1-02 W2.1-04 W2.1-06 W2.3-01", "POST /cb?validationtoken=" + outlookToken, "ClientState: s3cret\r\n", outlookToken},
		{"final without a client state", dialect.OutlookFinal, "/cb", "", "rules: W2.1-04", "POST /cb?validationtoken=" + outlookToken, "", outlookToken},
		{"a query of its own", dialect.OutlookFinal, "/cb?code=k%2fy", "", "rules: W2.1-07", "POST /cb?code=k%2fy&validationtoken=" + outlookToken, "", outlookToken},
		{"preview", dialect.GraphPreview, "/cb", "s3cret", "rules: W2.1-02 W2.1-04", "POST /cb?validationtoken=" + outlookToken, "ClientState: s3cret\r\n", outlookToken},
		{"graph", dialect.GraphV1, "/cb", "s3cret", "rules: W2.1-03 W2.1-05 W2.1-06 W2.1-12 W2.2-01", "POST /cb?" + graphQuery, "Accept: text/plain\r\nContent-Type: text/plain; charset=utf-8\r\n", graphToken},
		{"beta", dialect.GraphBeta, "/cb?a=1", "", "rules: W2.1-03 W2.1-07", "POST /cb?a=1&" + graphQuery, "Accept: text/plain\r\nContent-Type: text/plain; charset=utf-8\r\n", graphToken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			host, requests := rawHook(t, ok(tt.answer))
			r := newRig(t)
			result := r.Handshake(t.Context(), HandshakeRequest{Dialect: tt.dialect, URL: "http://" + host + tt.path, ClientState: tt.state, RequestID: requestID})
			want := tt.line + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 0\r\n" + tt.head + "\r\n"
			if diff := cmp.Diff(want, <-requests); diff != "" {
				t.Errorf("request (-want +got)\n%s", diff)
			}
			if result.Failure != nil {
				t.Errorf("a good answer failed: %+v", result.Diagnoses)
			}
		})
	}
}

// serveInMemory lets the engine reach a server in the bubble.
func (r *rig) serveInMemory(t *testing.T, h http.HandlerFunc) {
	t.Helper()
	l := pipenet.Listen("hook.localhost:80")
	r.reach = l.DialContext
	s := &http.Server{Handler: h}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		_ = s.Close()
		<-served
	})
}

// pause takes its time, unless the connection is closed.
func pause(r *http.Request, d time.Duration) {
	wait := time.NewTimer(d)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-r.Context().Done():
	}
}

func shake(ctx context.Context, r *rig, d *dialect.Dialect) HandshakeResult {
	return r.Handshake(ctx, HandshakeRequest{Dialect: d, URL: "http://hook.localhost/cb?code=k3y", RequestID: requestID, ClientState: "s3cret"})
}

// echo answers a handshake well.
func echo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	token := r.URL.Query().Get("validationtoken") + r.URL.Query().Get("validationToken")
	_, _ = io.WriteString(w, token)
}

func TestHandshakeLimit(t *testing.T) {
	for _, tt := range []struct {
		name    string
		dialect *dialect.Dialect
		head    time.Duration // until the status is sent
		body    time.Duration // until the rest is
		want    diagnosis.Kind
		took    time.Duration
		rules   string
	}{
		{"final in time", dialect.OutlookFinal, 2 * time.Second, 2900 * time.Millisecond, "", 4900 * time.Millisecond, "rules: W2.1-08"},
		{"final too late", dialect.OutlookFinal, 6 * time.Second, 0, diagnosis.KindTimeout, 5 * time.Second, "rules: W2.1-08"},
		{"the end of the body counts", dialect.OutlookFinal, time.Second, 5 * time.Second, diagnosis.KindTimeout, 5 * time.Second, "rules: W2.1-08"},
		{"preview in time", dialect.GraphPreview, 5 * time.Second, 4900 * time.Millisecond, "", 9900 * time.Millisecond, "rules: W2.1-09"},
		{"graph too late", dialect.GraphV1, 11 * time.Second, 0, diagnosis.KindTimeout, 10 * time.Second, "rules: W2.1-09"},
		{"graph, the end of the body", dialect.GraphV1, 9 * time.Second, 2 * time.Second, diagnosis.KindTimeout, 10 * time.Second, "rules: W2.1-09"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.serveInMemory(t, func(w http.ResponseWriter, q *http.Request) {
					pause(q, tt.head)
					w.Header().Set("Content-Type", "text/plain")
					w.WriteHeader(http.StatusOK)
					_ = http.NewResponseController(w).Flush()
					pause(q, tt.body)
					_, _ = io.WriteString(w, q.URL.Query().Get("validationtoken")+q.URL.Query().Get("validationToken"))
				})
				began := time.Now()
				got := shake(t.Context(), r, tt.dialect)
				if took := time.Since(began); took != tt.took {
					t.Errorf("took %s, want %s", took, tt.took)
				}
				kind := diagnosis.Kind("")
				if got.Failure != nil {
					kind = got.Failure.Kind
				}
				if kind != tt.want {
					t.Errorf("failure %q, want %q: %+v", kind, tt.want, got.Diagnoses)
				}
			})
		})
	}
}

// Time that is advanced doesn't take any of the webhook's away: it waits until the answer is there.
func TestHandshakeIsNotShortened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.serveInMemory(t, func(w http.ResponseWriter, q *http.Request) {
			pause(q, 900*time.Millisecond)
			echo(w, q)
		})
		results := make(chan HandshakeResult)
		go func() { results <- shake(t.Context(), r, dialect.OutlookFinal) }()
		synctest.Wait()
		r.advance(time.Hour)
		if got := <-results; got.Failure != nil || got.Answer.Took != 900*time.Millisecond {
			t.Errorf("took %s, failure %+v", got.Answer.Took, got.Failure)
		}
	})
}

func TestHandshakeAnswers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   diagnosis.Kind
		status int
		id     string
		rules  string
	}{
		{"echoed", echo, "", 0, "", "rules: W2.1-10"},
		{"with parameters of the type", func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, q.URL.Query().Get("validationToken"))
		}, "", 0, "", "rules: W2.1-16"},
		{"accepted, not OK", func(w http.ResponseWriter, q *http.Request) {
			w.WriteHeader(http.StatusAccepted)
			echo(w, q)
		}, diagnosis.KindStatus, 202, "handshake-status", "rules: W2.1-10 W2.4-04"},
		{"not decoded", func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, strings.TrimPrefix(q.URL.RawQuery, "code=k3y&validationToken="))
		}, diagnosis.KindBody, 200, "handshake-undecoded", "rules: W2.2-02 W2.1-10 W2.4-06"},
		{"a redirect", func(w http.ResponseWriter, q *http.Request) {
			http.Redirect(w, q, "/elsewhere?"+q.URL.RawQuery, http.StatusTemporaryRedirect)
		}, diagnosis.KindStatus, 307, "handshake-redirect", "rules: W2.1-14"},
		{"closed without an answer", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, diagnosis.KindReset, 0, "handshake-reset", "rules: W2.4-07"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				calls := 0
				r.serveInMemory(t, func(w http.ResponseWriter, q *http.Request) { calls++; tt.answer(w, q) })
				got := shake(t.Context(), r, dialect.GraphV1)
				if calls != 1 {
					t.Errorf("%d requests, want 1", calls)
				}
				if tt.want == "" {
					if got.Failure != nil {
						t.Errorf("failed: %+v", got.Diagnoses)
					}
					return
				}
				if got.Failure == nil || got.Failure.Kind != tt.want || got.Failure.Status != tt.status {
					t.Fatalf("failure %+v, want %s %d", got.Failure, tt.want, tt.status)
				}
				if id := got.Diagnoses[0].ID; id != tt.id {
					t.Errorf("finding %s, want %s", id, tt.id)
				}
			})
		})
	}
}

// An answer is read a little further than the token, never to an end that may not come.
func TestHandshakeAnswerIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.serveInMemory(t, func(w http.ResponseWriter, q *http.Request) {
			for q.Context().Err() == nil {
				_, _ = w.Write(make([]byte, 1024))
			}
		})
		got := shake(t.Context(), r, dialect.GraphV1)
		if !got.Answer.BodyTruncated || len(got.Answer.Body) != len(graphToken)+beyondToken || got.Answer.Took != 0 {
			t.Errorf("%d bytes in %s, truncated %v", len(got.Answer.Body), got.Answer.Took, got.Answer.BodyTruncated)
		}
		if got.Failure == nil {
			t.Error("an endless answer is good")
		}
	})
}

func TestHandshakeEnds(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(r *rig, cancel func())
	}{
		{"with the client's request", func(_ *rig, cancel func()) { cancel() }},
		{"with the engine", func(r *rig, _ func()) { r.Close() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.serveInMemory(t, func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() })
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				results := make(chan HandshakeResult, 1)
				go func() { results <- shake(ctx, r, dialect.GraphV1) }()
				synctest.Wait()
				began := time.Now()
				tt.end(r, cancel)
				got := <-results
				if got.Failure == nil || time.Since(began) != 0 {
					t.Errorf("failure %+v after %s", got.Failure, time.Since(began))
				}
			})
		})
	}
}

func TestHandshakeIsJournaled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.serveInMemory(t, func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "no, though you are s3cret with k3y!", http.StatusForbidden) // what it remembers
		})
		got := shake(t.Context(), r, dialect.OutlookFinal)
		entries := r.entries(journal.Handshake)
		if len(entries) != 1 || entries[0].Seq != got.Entry {
			t.Fatalf("%d entries, result names %d", len(entries), got.Entry)
		}
		x := entries[0].Exchange
		if x.URL != "http://hook.localhost/cb?code=k3y&validationtoken="+outlookToken || x.Status != http.StatusForbidden || x.Finding != got.Diagnoses[0].ID {
			t.Errorf("exchange %+v", x)
		}
		if shown := fmt.Sprint(entries[0].Masked(), *entries[0].Masked().Exchange, string(entries[0].Masked().Exchange.ResponseBody), string(entries[0].Masked().Data.(json.RawMessage)), got.Failure); strings.Contains(shown, "k3y") || strings.Contains(shown, "s3cret") {
			t.Errorf("a secret is shown: %s", shown)
		}
		want := "http://hook.localhost/cb?code=…&validationtoken=" + outlookToken // W2.4-01
		if got.Failure.URL != want {
			t.Errorf("the refusal shows %s, want %s", got.Failure.URL, want)
		}
	})
}

// A certificate that nobody vouches for is borne on loopback, and noted.
//
// rules: R20
func TestHandshakeCertificates(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // a refused certificate is what is tested
	s.StartTLS()
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	for _, tt := range []struct {
		name   string
		adjust func(*Config)
		want   diagnosis.Severity // of handshake-tls; empty for no such finding
	}{
		{"unknown authority", func(*Config) {}, diagnosis.SeverityWarning},
		{"strict", func(c *Config) { c.Mode = diagnosis.Strict }, diagnosis.SeverityFailure},
		{"known authority", func(c *Config) { c.TLS = &tls.Config{RootCAs: roots} }, ""},
		{"known authority, strict", func(c *Config) { c.Mode, c.TLS = diagnosis.Strict, &tls.Config{RootCAs: roots} }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, tt.adjust)
			got := r.Handshake(t.Context(), HandshakeRequest{Dialect: dialect.GraphV1, URL: s.URL + "/cb", RequestID: requestID})
			var severity diagnosis.Severity
			for _, d := range got.Diagnoses {
				if d.ID == "handshake-tls" {
					severity = d.Severity
				}
			}
			if severity != tt.want {
				t.Errorf("handshake-tls is %q, want %q", severity, tt.want)
			}
			if failed := got.Failure != nil; failed != (tt.want == diagnosis.SeverityFailure) {
				t.Errorf("failure %+v", got.Failure)
			}
		})
	}
}

// A name that is not loopback gets no such favour, even where it was allowed.
func TestForeignCertificateIsRefused(t *testing.T) {
	r := newRig(t)
	if err := r.Targets.Allow("hooks.example.com"); err != nil {
		t.Fatal(err)
	}
	if r.bearsSelfSigned("hooks.example.com") || !r.bearsSelfSigned("localhost") || !r.bearsSelfSigned("127.0.0.1") {
		t.Error("self-signed certificates are borne on loopback, and nowhere else")
	}
}

// rules: W2.4-01 W2.4-05 W2.4-08
func TestStyleOf(t *testing.T) {
	for d, want := range map[*dialect.Dialect]diagnosis.Style{
		dialect.OutlookFinal: diagnosis.StyleOutlook, dialect.OutlookFinal2015: diagnosis.StyleOutlook,
		dialect.GraphPreview: diagnosis.StylePreview, dialect.GraphV1: diagnosis.StyleGraph,
		dialect.GraphBeta: diagnosis.StyleGraph, dialect.GraphV1Of2016: diagnosis.StyleGraph2016,
		dialect.GraphV1Of2021: diagnosis.StyleGraph2023, dialect.GraphV1Of2023: diagnosis.StyleGraph2023,
	} {
		if got := StyleOf(d); got != want {
			t.Errorf("StyleOf(%s) = %s, want %s", d, got, want)
		}
	}
}

// A breakpoint in the webhook costs nothing.
func TestHandshakePatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(c *Config) { c.Patience = time.Hour })
		r.serveInMemory(t, func(w http.ResponseWriter, q *http.Request) {
			pause(q, 20*time.Minute)
			echo(w, q)
		})
		if got := shake(t.Context(), r, dialect.GraphV1); got.Failure != nil {
			t.Errorf("failed: %+v", got.Diagnoses)
		}
	})
}
