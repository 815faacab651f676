// Package receivertest starts receivers for tests.
//
// [Start] gives one with a URL on loopback, for a service that delivers over HTTP; [New] one without a socket, for a service that
// takes an http.Handler, and for bubbles of testing/synctest. Either ends with its test, and tells what it saw only if that failed.
//
// For a receiver that outlives a test, use package receiver itself.
package receivertest

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/outlocal/outlocal/receiver"
)

// patience is how long Await waits for what should come at once: far longer than a busy machine takes, and short enough to look on.
const patience = 10 * time.Second

// Receiver is a receiver of a test.
type Receiver struct {
	*receiver.Receiver
	URL string // of its webhook; empty for one without a socket

	tb testing.TB
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
	r := New(tb, config)
	server := httptest.NewServer(r)
	tb.Cleanup(server.Close)
	r.URL = server.URL + "/webhook"
	return r
}

// Await returns the first n items that match, as [receiver.Receiver.Wait] does. When too few have come after some seconds, the test
// ends there.
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

// tell logs what the receiver saw, without its secrets.
func (r *Receiver) tell() {
	all, dropped := r.Journal().Since(0, nil, 0)
	r.tb.Logf("the receiver saw this (%d entries, %d older ones are forgotten):", len(all), dropped)
	for _, e := range all {
		line, err := json.Marshal(e.Masked())
		if err != nil {
			r.tb.Logf("entry %d can't be shown: %v", e.Seq, err)
			continue
		}
		r.tb.Logf("%s", line)
	}
}
