// Package emulatortest gives a Go test an emulator in one line.
//
// [Start] is hermetic: addresses of its own on loopback, a certificate authority in memory, nothing written to disk, everything ended
// with the test. A webhook that is an [http.Handler] is called without a socket; one that listens somewhere on this machine is called
// over HTTP like any other. What happened is logged only when the test fails.
package emulatortest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/subscriber"
)

// WebhookURL is the notification URL of the handler that [Config] names: nothing listens there, and nothing has to.
const WebhookURL = "https://webhook.test/notifications"

// ClientState is what subscriptions made by [Emulator.Subscribe] carry.
const ClientState = "emulatortest client state"

// webhookHost is the host of WebhookURL; .test is reserved for this.
const webhookHost = "webhook.test"

// Config is an emulator's, and the webhook under test beside it.
type Config struct {
	emulator.Config

	// Webhook, if set, gets what is sent to WebhookURL, and to any other path on that host.
	Webhook http.Handler
}

// Emulator is a running one.
type Emulator struct {
	*emulator.Server
	// URL is where its API listens, such as http://127.0.0.1:41234; base paths follow it.
	URL string
	// Control steers it.
	Control *control.Client

	tb testing.TB
}

// Start runs an emulator until the test ends. A Config that makes no sense fails the test.
func Start(tb testing.TB, c Config) *Emulator {
	tb.Helper()
	if c.Webhook != nil {
		handlers := map[string]http.Handler{webhookHost: c.Webhook}
		for host, h := range c.Handlers {
			handlers[host] = h
		}
		c.Handlers = handlers
	}
	server, err := emulator.New(c.Config)
	if err != nil {
		tb.Fatalf("start the emulator: %v", err)
	}
	listener := httptest.NewServer(server)
	server.Announce(emulator.Addresses{HTTP: listener.URL})
	e := &Emulator{Server: server, URL: listener.URL, Control: server.ControlClient(), tb: tb}
	tb.Cleanup(func() {
		if tb.Failed() {
			e.logJournal()
		}
		server.Close()
		listener.Close()
	})
	return e
}

// Change raises one change in the default user's mailbox, such as message.created, and returns it. It fails the test when it can't.
func (e *Emulator) Change(what control.Change) control.Raised {
	e.tb.Helper()
	raised, err := e.Control.RaiseChange(context.Background(), what)
	if err != nil {
		e.tb.Fatalf("raise %s.%s: %v", what.Collection, what.Change, err)
	}
	return raised
}

// Subscribe watches a resource of the default user in Graph v1.0, such as me/messages, for changes such as "created,updated", with the
// webhook under test as its notification URL. The webhook has to pass its handshake, or the test fails with the diagnosis.
func (e *Emulator) Subscribe(resource, changes string) subscriber.Subscription {
	e.tb.Helper()
	kinds, err := notify.ParseChangeType(changes)
	if err != nil {
		e.tb.Fatalf("subscribe to %s: %v", resource, err)
	}
	client := e.Subscriber(dialect.GraphV1)
	made, err := client.Create(context.Background(), subscriber.Request{Resource: resource, Changes: kinds, NotificationURL: WebhookURL, ClientState: ClientState})
	var refused *subscriber.Error
	if errors.As(err, &refused) && refused.Hint != "" {
		e.tb.Fatalf("subscribe to %s: %v\n%s", resource, err, refused.Hint)
	}
	if err != nil {
		e.tb.Fatalf("subscribe to %s: %v", resource, err)
	}
	return made
}

// Subscriber speaks to the emulator in a dialect that it serves, as the default user.
func (e *Emulator) Subscriber(d *dialect.Dialect) *subscriber.Client {
	return &subscriber.Client{BaseURL: e.URL, Dialect: d, Token: "any", Now: e.Now}
}

// Settle returns when the webhook has answered everything that is due now. It fails the test when that never ends.
func (e *Emulator) Settle() {
	e.tb.Helper()
	if _, err := e.Control.Advance(context.Background(), 0); err != nil {
		e.tb.Fatalf("settle: %v", err)
	}
}

// patience of the real clock for webhooks in Wait; a test that hits it has failed anyway.
const patience = 10 * time.Second

// Wait returns the first n journal entries of a kind after since, such as the attempts that a change caused. It fails the test when
// they don't come.
func (e *Emulator) Wait(kind journal.Kind, n int, since uint64) []journal.Entry {
	e.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	entries, err := e.Journal().Wait(ctx, since, n, func(entry *journal.Entry) bool { return entry.Kind == kind })
	if err != nil {
		e.tb.Fatalf("wait for %d × %s: %v", n, kind, err)
	}
	return entries
}

// logJournal shows a failed test what happened, without secrets.
func (e *Emulator) logJournal() {
	entries, dropped := e.Journal().Since(0, nil, 0)
	if dropped > 0 {
		e.tb.Logf("emulator: %d older entries were dropped", dropped)
	}
	for i := range entries {
		e.tb.Logf("emulator: %s", line(entries[i].Masked()))
	}
}

// line is an entry on a line: when by the emulator's time, what, the request and its answer, and what is wrong with it. Bodies and
// headers stay in the journal, or they would bury what one looks for.
func line(e journal.Entry) string {
	words := []string{e.At.UTC().Format("15:04:05.000"), string(e.Kind)}
	if e.Note != "" {
		words = append(words, e.Note)
	}
	if x := e.Exchange; x != nil {
		address, query, _ := strings.Cut(x.URL, "?")
		if query != "" {
			address += "?…" // the validation token is long, and the rest masked
		}
		answer := "no answer"
		if x.Status != 0 {
			answer = strconv.Itoa(x.Status)
		}
		words = append(words, x.Method+" "+address, answer)
		if x.Finding != "" {
			words = append(words, x.Finding)
		}
	}
	return strings.Join(words, "  ")
}
