package cli

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/subscriber"
	"github.com/outlocal/outlocal/tunnel"
)

// An outage is told once, and again when its reason changes: the agent tries every half minute.
func TestOutageIsToldOnce(t *testing.T) {
	r, err := receiver.New(receiver.Config{})
	if err != nil {
		t.Fatal(err)
	}
	x := &exposure{receiver: r, plan: &exposurePlan{host: &host{dialect: dialect.GraphV1}}}
	lost := func(text, cure string) tunnel.Event {
		return tunnel.Event{State: tunnel.Reconnecting, URL: "https://a.ngrok.test", Err: &tunnel.Error{Doing: "keep the tunnel up", Text: text, Cure: cure}}
	}
	up := tunnel.Event{State: tunnel.Up, URL: "https://a.ngrok.test"}
	for _, e := range []tunnel.Event{up, lost("port 1 is refused", ""), lost("port 2 is refused", ""), lost("the token is refused", "get another"), lost("the token is refused", "get another"), up, lost("port 3 is refused", "")} {
		x.tunnelled(e)
	}
	entries, _ := r.Journal().Since(0, nil, 0)
	var got []string
	for _, e := range entries {
		event, _ := e.Data.(tunnelEvent)
		got = append(got, string(event.State)+" "+event.Error)
	}
	want := []string{
		"up ", "reconnecting keep the tunnel up: port 1 is refused", "reconnecting keep the tunnel up: the token is refused", "up ",
		"reconnecting keep the tunnel up: port 3 is refused",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// A service that is away is told of once, and again when its reason changes, when the pause is much longer, and after something else.
func TestTroubleIsToldOnce(t *testing.T) {
	r, err := receiver.New(receiver.Config{})
	if err != nil {
		t.Fatal(err)
	}
	x := &exposure{receiver: r, plan: &exposurePlan{host: &host{dialect: dialect.GraphV1}}}
	messages, events := subscriber.Watch{Resource: "me/messages"}, subscriber.Watch{Resource: "me/events"}
	waits := func(w subscriber.Watch, text string, wait time.Duration) subscriber.Event {
		return subscriber.Event{Kind: subscriber.Waiting, Watch: w, Wait: wait, Err: errors.New(text)}
	}
	for _, e := range []subscriber.Event{
		waits(messages, "read from port 4711: reset", time.Second),
		waits(messages, "read from port 4712: reset", 2*time.Second),
		waits(messages, "read from port 4713: reset", 9*time.Second),
		waits(messages, "read from port 4714: reset", 12*time.Second),
		waits(messages, "read from port 4715: reset", time.Minute),
		waits(messages, "no such host", time.Minute),
		waits(events, "no such host", time.Minute),
		waits(events, "no such host", 2*time.Minute),
		{Kind: subscriber.Renewed, Watch: events},
		waits(events, "no such host", time.Second),
	} {
		x.told(e)
	}
	entries, _ := r.Journal().Since(0, nil, 0)
	var got []string
	for _, e := range entries {
		event, _ := e.Data.(keptEvent)
		got = append(got, strings.TrimSpace(event.Resource+" "+event.Error+" "+event.Wait))
	}
	want := []string{
		"me/messages read from port 4711: reset 1 s", "me/messages read from port 4714: reset 12 s", "me/messages no such host 1 min",
		"me/events no such host 1 min", "me/events", "me/events no such host 1 s",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// An emulator that was started anew takes no token of the one before: another is asked for, so that all goes on and can be deleted.
func TestRefusedTokenIsForgotten(t *testing.T) {
	var now atomic.Pointer[emulator.Server]
	begin := func() {
		server, err := emulator.New(emulator.Config{Auth: emulator.IssuedTokens})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(server.Close)
		now.Store(server)
	}
	begin()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { now.Load().ServeHTTP(w, r) }))
	defer service.Close()
	base, err := url.Parse(service.URL + dialect.GraphV1.Base)
	if err != nil {
		t.Fatal(err)
	}
	h := &host{base: base, dialect: dialect.GraphV1, emulator: now.Load().ControlClient(), status: control.Status{Auth: authIssued}, http: &http.Client{}}
	who, err := new(exposeSignIn).identity(nil, h, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer h.http.CloseIdleConnections()
	list := func() error {
		c := h.client()
		if c.Token, err = who.tokens.Token(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		_, err := c.List(t.Context())
		return err
	}
	if err := list(); err != nil {
		t.Fatal(err)
	}
	first, _ := who.tokens.Token(t.Context(), "")
	if again, _ := who.tokens.Token(t.Context(), ""); again != first {
		t.Error("a token that is good is not kept")
	}
	begin()
	h.emulator = now.Load().ControlClient()
	if err := list(); err == nil {
		t.Fatal("the emulator that was started anew takes the token of the one before, so that nothing is proven")
	}
	if err := list(); err != nil {
		t.Errorf("after a refusal: %v", err)
	}
}
