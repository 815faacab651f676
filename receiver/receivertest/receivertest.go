// Package receivertest gives a Go test a webhook in one line: a receiver that answers as it should, judges what it gets and keeps it.
//
// It is for code that subscribes, renews, or sends notifications. [Start] gives one with a URL on loopback, [StartTLS] one with TLS, and
// [New] one without a socket, for a service that takes an [http.Handler], as emulatortest does, and for bubbles of testing/synctest.
// Each ends with its test, and what it saw is logged only if that failed.
//
// What came is in [Receiver.Await], which waits, and [Receiver.Received], which does not. Encrypted content is opened with a [Key].
//
// For a receiver that outlives a test, use package receiver itself; for a service to subscribe to, emulatortest.
package receivertest

import (
	"context"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/receiver"
)

// patience is how long Await waits for what should come at once: far longer than a busy machine takes, and short enough to look on.
const patience = 10 * time.Second

// Receiver is a receiver of a test. Its methods are for the test's own goroutine, as they may end the test.
type Receiver struct {
	*receiver.Receiver
	URL string // of its webhook; empty for one without a socket

	tb    testing.TB
	roots *x509.CertPool
}

// New returns a receiver without a socket. A config that makes no sense fails the test.
func New(tb testing.TB, config receiver.Config) *Receiver {
	tb.Helper()
	made, err := receiver.New(config)
	if err != nil {
		tb.Fatalf("start receiver: %v", err)
	}
	r := &Receiver{Receiver: made, tb: tb}
	tb.Cleanup(func() {
		made.Close()
		if tb.Failed() {
			r.tell()
		}
	})
	return r
}

// Start returns a receiver that listens on loopback, at its URL.
func Start(tb testing.TB, config receiver.Config) *Receiver {
	tb.Helper()
	return listen(tb, config, httptest.NewServer)
}

// StartTLS is Start with TLS. Whoever calls it has to trust [Receiver.Roots].
func StartTLS(tb testing.TB, config receiver.Config) *Receiver {
	tb.Helper()
	return listen(tb, config, httptest.NewTLSServer)
}

func listen(tb testing.TB, config receiver.Config, open func(http.Handler) *httptest.Server) *Receiver {
	tb.Helper()
	r := New(tb, config)
	server := open(r)
	tb.Cleanup(server.Close)
	r.URL = server.URL + "/webhook"
	if certificate := server.Certificate(); certificate != nil {
		r.roots = x509.NewCertPool()
		r.roots.AddCert(certificate)
	}
	return r
}

// Roots are what a service has to trust to deliver over TLS, such as emulator.Config.Roots; nil for a receiver without TLS.
func (r *Receiver) Roots() *x509.CertPool { return r.roots }

// Key makes a key that opens encrypted content, and its certificate, which subscriptions carry: give it to receiver.Config.Keys, and
// its EncryptionCertificate and ID to who subscribes.
func Key(tb testing.TB, id string) receiver.Key {
	tb.Helper()
	key, err := receiver.NewKey(id)
	if err != nil {
		tb.Fatalf("make a key for encrypted content: %v", err)
	}
	return key
}

// Await returns the first n items that match, as [receiver.Receiver.Wait] does; a nil match takes all. When too few have come after
// some seconds, the test ends there.
func (r *Receiver) Await(n int, match func(*receiver.Item) bool) []*receiver.Item {
	r.tb.Helper()
	ctx, cancel := context.WithTimeout(r.tb.Context(), patience)
	defer cancel()
	items, err := r.Wait(ctx, n, match)
	if err != nil {
		r.tb.Fatalf("await %d notifications: %v", n, err)
	}
	return items
}

// Received returns all items that have come, without waiting.
func (r *Receiver) Received() []*receiver.Item {
	var items []*receiver.Item
	entries, _ := r.Journal().Since(0, nil, 0)
	for i := range entries {
		if item, ok := entries[i].Data.(*receiver.Item); ok {
			items = append(items, item)
		}
	}
	return items
}

// Handshakes returns the validation requests that have come, with what was answered to them, without waiting.
func (r *Receiver) Handshakes() []journal.Entry {
	entries, _ := r.Journal().Since(0, func(e *journal.Entry) bool { return e.Kind == journal.Handshake }, 0)
	return entries
}

// tell logs what the receiver saw, without its secrets.
func (r *Receiver) tell() {
	all, dropped := r.Journal().Since(0, nil, 0)
	r.tb.Logf("receiver: what came")
	if dropped > 0 {
		r.tb.Logf("receiver: %d older entries were dropped", dropped)
	}
	for i := range all {
		r.tb.Logf("receiver: %s", all[i].Line())
		for _, d := range findings(&all[i]) {
			r.tb.Logf("receiver:     %s: %s", d.ID, d.Title)
		}
	}
}

// findings are what is wrong with what came.
func findings(e *journal.Entry) []diagnosis.Diagnosis {
	switch data := e.Data.(type) {
	case *receiver.Item:
		return data.Findings()
	case *receiver.Request:
		return data.Findings
	}
	return nil
}
