// Package emulatortest gives a Go test an emulator of Outlook and Microsoft Graph in one line.
//
// [Start] listens on loopback, [StartTLS] does so with TLS, and [New] opens no socket at all, for code that is given its [http.Client]
// and for bubbles of testing/synctest. A webhook that is an [http.Handler] is called without a socket by each of them; one that listens
// somewhere on this machine is called over HTTP like any other. All are hermetic: addresses of their own, nothing written to disk,
// everything ended with the test, so that tests run in parallel. What happened is logged only when the test fails.
//
// After something happened, [Emulator.Settle] waits until the webhook has answered what is due now, and [Emulator.WaitHandled] until it
// has answered so many notifications well. What the service waits for itself, such as a retry, comes with [Emulator.Advance].
//
// It is for code that notifications are sent to, or that subscribes to them. To see what a service sends, without a webhook of one's
// own, use package receivertest beside it; to play a whole story, use scenarios.RunWith, and
// for what any webhook has to pass scenarios.Conformance.
package emulatortest

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
)

// WebhookURL is the notification URL of the handler that [Config] names: nothing listens there, and nothing has to.
const WebhookURL = "https://webhook.test/notifications"

// ClientState is what subscriptions made by [Emulator.Subscribe] carry.
const ClientState = "emulatortest client state"

// Hosts of this process; .test is reserved for such.
const (
	webhookHost = "webhook.test"
	withoutURL  = "http://emulator.test" // the URL of one without a socket
)

// Config is an emulator's, and the webhook under test beside it.
type Config struct {
	emulator.Config

	// Webhook, if set, gets what is sent to WebhookURL, and to any other path on that host.
	Webhook http.Handler
}

// Emulator is a running one. Its methods are for the test's own goroutine, as they may end the test.
type Emulator struct {
	*emulator.Server
	// URL is where its API is, such as http://127.0.0.1:41234; base paths follow it. Of one without a socket, only Client gets there.
	URL string
	// Control steers it.
	Control *control.Client

	tb     testing.TB
	client *http.Client
}

// Start runs an emulator until the test ends. A Config that makes no sense fails the test.
func Start(tb testing.TB, c Config) *Emulator {
	tb.Helper()
	return listen(tb, c, httptest.NewServer)
}

// StartTLS is Start with TLS, as many libraries of Microsoft Graph want it. [Emulator.Client] trusts its certificate.
func StartTLS(tb testing.TB, c Config) *Emulator {
	tb.Helper()
	return listen(tb, c, httptest.NewTLSServer)
}

// New is Start without a socket: [Emulator.Client] calls the API within the process.
func New(tb testing.TB, c Config) *Emulator {
	tb.Helper()
	if c.Webhook != nil {
		handlers := map[string]http.Handler{webhookHost: c.Webhook}
		maps.Copy(handlers, c.Handlers)
		c.Handlers = handlers
	}
	server, err := emulator.New(c.Config)
	if err != nil {
		tb.Fatalf("start the emulator: %v", err)
	}
	e := &Emulator{Server: server, URL: withoutURL, Control: server.ControlClient(), tb: tb, client: &http.Client{Transport: within{server}}}
	server.Announce(emulator.Addresses{HTTP: e.URL})
	tb.Cleanup(func() {
		if tb.Failed() {
			e.tell(c.Seed)
		}
		server.Close()
	})
	return e
}

// listen lets an emulator be reached by its URL.
func listen(tb testing.TB, c Config, open func(http.Handler) *httptest.Server) *Emulator {
	tb.Helper()
	e := New(tb, c)
	listener := open(e.Server)
	tb.Cleanup(listener.Close)
	e.URL, e.client = listener.URL, listener.Client()
	at := emulator.Addresses{HTTP: e.URL}
	if listener.TLS != nil {
		at = emulator.Addresses{HTTPS: e.URL}
	}
	e.Announce(at)
	return e
}

// Client calls the API at URL: over the network, trusting the emulator's certificate, or within the process. It is for code under test
// that takes a client.
func (e *Emulator) Client() *http.Client { return e.client }

// within hands requests to a handler, whatever host they are for. An answer is there once it is whole.
type within struct{ handler http.Handler }

// RoundTrip implements [http.RoundTripper].
func (w within) RoundTrip(r *http.Request) (*http.Response, error) {
	request := r.Clone(r.Context())
	request.RequestURI, request.RemoteAddr = r.URL.RequestURI(), "in process"
	if request.Host == "" {
		request.Host = r.URL.Host
	}
	if request.Body == nil {
		request.Body = http.NoBody
	}
	defer request.Body.Close()
	recorder := httptest.NewRecorder()
	w.handler.ServeHTTP(recorder, request)
	if err := r.Context().Err(); err != nil { // what was written then says no more than that
		return nil, err
	}
	response := recorder.Result()
	response.Request = r
	return response, nil
}
