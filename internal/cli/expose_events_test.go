//go:build !notunnel

package cli

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/subscriber"
	"github.com/outlocal/outlocal/tunnel/tunneltest"
)

// TestAsleep: a machine that sleeps stops the clock that measures, not the one that tells the time.
func TestAsleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := time.Now()
		time.Sleep(sleepLook) // in a bubble
		now := time.Now()
		if d := asleep(before, now); d != 0 {
			t.Errorf("awake, it slept %s", d)
		}
		for lead, want := range map[time.Duration]time.Duration{time.Hour: time.Hour, sleepLeast - time.Second: 0, -time.Hour: 0} {
			// A reading with the wall's clock moved and the measuring one as it is can't be made; moving what came before is the same.
			moved := before.Add(-lead)
			measured := now.Sub(before)
			if d := asleepFor(now.Round(0).Sub(moved.Round(0)), measured); d != want {
				t.Errorf("when the wall's clock is ahead by %s it slept %s, want %s", lead, d, want)
			}
		}
	})
}

// TestExposeTellsOfTheTunnel: a connection that is lost, comes back under its name, and is ended from afar, by which all ends.
func TestExposeTellsOfTheTunnel(t *testing.T) {
	w := newExposeWorld(t, emulator.Config{}, tunneltest.Config{})
	x := w.start(t, w.through(w.hookURL, "--url", "mine."+tunneltest.DefaultDomain)...)
	x.out.await(t, "subscribed")
	w.edge.DropSessions()
	x.out.await(t, "tunnel https://mine.ngrok.test  lost; it is being opened anew")
	ups := "tunnel https://mine.ngrok.test  up"
	x.out.awaitTimes(t, ups, 2)
	if _, err := w.steer.RaiseChange(t.Context(), control.Change{Change: "created", Collection: "message", Set: map[string]any{"subject": "Still there?"}}); err != nil {
		t.Fatal(err)
	}
	x.out.await(t, "item: “Still there?”")
	const account = 3200
	if err := w.edge.StopTunnel("https://mine."+tunneltest.DefaultDomain, account); err != nil {
		t.Fatal(err)
	}
	if code := x.wait(t); code != ExitUnjudged || !strings.Contains(x.out.String(), "outlocal: expose: ") || !strings.Contains(x.out.String(), "ERR_NGROK_3200") {
		t.Errorf("it ends with %d:\n%s", code, x.out)
	}
	nothingLeft(t, w)
}

// TestExposeSaysWhatCantBeTold: what was missed is asked for by a delta query, which an emulator refuses.
func TestExposeSaysWhatCantBeTold(t *testing.T) {
	w := newExposeWorld(t, emulator.Config{}, tunneltest.Config{})
	x := w.start(t, w.through(w.hookURL)...)
	x.out.await(t, "subscribed")
	if _, err := w.steer.RaiseLifecycle(t.Context(), control.LifecycleEvent{Event: "missed"}); err != nil {
		t.Fatal(err)
	}
	x.out.await(t, "the service could not deliver all")
	x.out.await(t, "what was missed can't be told")
	x.end(t)
	if !strings.Contains(x.out.String(), "find out what was missed: ") || !strings.Contains(x.out.String(), ": 501 NotImplemented") {
		t.Errorf("it does not say why:\n%s", x.out)
	}
}

// TestConsent: the real service says no more than no.
func TestConsent(t *testing.T) {
	x := &exposure{}
	refused := func(status int) subscriber.Event {
		return subscriber.Event{Watch: subscriber.Watch{Resource: "me/events"}, Err: &subscriber.Error{Operation: "create subscription", Status: status}}
	}
	if got := x.consent(refused(http.StatusForbidden)); !strings.Contains(got, "Calendars.Read") || !strings.Contains(got, "docs/app-registration.md") {
		t.Errorf("it says %q", got)
	}
	for _, e := range []subscriber.Event{refused(http.StatusBadRequest), {Err: errors.New("no network")}, {}} {
		if got := x.consent(e); got != "" {
			t.Errorf("of %v it says %q", e.Err, got)
		}
	}
}

// TestReadWatches: a path with colons of its own, and what stands behind the last.
func TestReadWatches(t *testing.T) {
	for _, row := range []struct {
		text, properties string
		resource, change string
	}{
		{"me/messages", "", "me/messages", "Created"},
		{"me/messages:updated", "", "me/messages", "Updated"},
		{"me/events:created,deleted", "", "me/events", "Created,Deleted"},
		{"me/messages?$filter=receivedDateTime ge 2026-01-01T00:00:00Z", "", "me/messages?$filter=receivedDateTime ge 2026-01-01T00:00:00Z", "Created"},
		{"https://graph.microsoft.com/v1.0/me/events:deleted", "", "https://graph.microsoft.com/v1.0/me/events", "Deleted"},
		{"me/messages", "subject,from", "me/messages?$select=subject,from", "Created"},
		{"me/messages?$filter=isRead eq true:updated", "$select=subject", "me/messages?$filter=isRead eq true&$select=subject", "Updated"},
		{"me/messages?$select=id", "subject", "me/messages?$select=id", "Created"},
	} {
		got, err := readWatches([]string{row.text}, row.properties)
		if err != nil {
			t.Errorf("%s: %v", row.text, err)
			continue
		}
		if w := got[0]; w.Resource != row.resource || strings.ReplaceAll(w.Changes.String(), " ", "") != row.change || w.Rich != (row.properties != "") {
			t.Errorf("%s is %+v (%s)", row.text, w, w.Changes)
		}
	}
}
