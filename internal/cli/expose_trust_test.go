//go:build !notunnel

package cli

import (
	"strings"
	"testing"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/tunnel/tunneltest"
)

// TestExposeTrust: where a service is spoken to by https, its certificate is trusted by --ca, and not without.
func TestExposeTrust(t *testing.T) {
	w := newExposeWorld(t, emulator.Config{}, tunneltest.Config{})
	w.env[accessVariable] = "any"
	for _, row := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"subscriptions, trusted", []string{"subscriptions", "--service", w.https + "/v1.0", "--ca", w.ca}, ExitGood, "there is none that the token may see"},
		{"subscriptions, not trusted", []string{"subscriptions", "--service", w.https + "/v1.0"}, ExitUnjudged, "certificate"},
		{"subscriptions, a file that is none", []string{"subscriptions", "--service", w.https + "/v1.0", "--ca", "nowhere.pem"}, ExitUsage, "there is no file nowhere.pem"},
		{"subscriptions, of an emulator", []string{"subscriptions", "--emulator", w.control, "--ca", w.ca}, ExitUsage, "--ca says nothing without --service"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if code, out := w.run(t, row.args...); code != row.code || !strings.Contains(out, row.want) {
				t.Errorf("it ends with %d and says:\n%s", code, out)
			}
		})
	}
	x := w.start(t, w.hookURL, "--service", w.https+"/v1.0", "--sign-in", "token", "--no-tunnel", "--port", "0")
	x.out.await(t, "failed; tried again in ")
	x.out.await(t, "certificate")
	if code := x.end(t); code != ExitGood || !strings.Contains(x.out.String(), "tunnel   none: a free port is called on this machine") {
		t.Errorf("expose ends with %d:\n%s", code, x.out)
	}
	raised, err := w.steer.RaiseChange(t.Context(), control.Change{Change: "created", Collection: "message"})
	if err != nil {
		t.Fatal(err)
	}
	for file, trusted := range map[string]bool{w.ca: true, "": false} {
		client, err := trusting(file)
		if err != nil {
			t.Fatal(err)
		}
		i, err := newItems(w.https+"/v1.0", "", client)
		if err != nil {
			t.Fatal(err)
		}
		if item, err := i.Fetch(t.Context(), raised.Items[0].Resource); (err == nil) != trusted {
			t.Errorf("with %q the item is %s, %v", file, item, err)
		}
	}
}

// TestExposeSignsIn: the sign-in of the real service is tried at the emulator's, with tokens that it issues and no others.
func TestExposeSignsIn(t *testing.T) {
	w := newExposeWorld(t, emulator.Config{Auth: emulator.IssuedTokens}, tunneltest.Config{})
	w.env["APP_SECRET"] = "any"
	for _, row := range []struct {
		name string
		args []string
		want []string
	}{
		{"a user, by a code", []string{"--sign-in", "device-code"}, []string{"sign in: ", "as whoever signs in to app " + emulator.DefaultApp, "as user@contoso.com of tenant"}},
		{"an application, by its secret", []string{"--sign-in", "secret", "--client-secret-env", "APP_SECRET", "--tenant", emulator.DefaultTenant, "--watch", "users/user@contoso.com/messages"}, []string{"as application " + emulator.DefaultApp + " of tenant " + emulator.DefaultTenant}},
	} {
		t.Run(row.name, func(t *testing.T) {
			x := w.start(t, w.through(append(row.args, w.hookURL)...)...)
			x.out.await(t, "subscribed")
			if code := x.end(t); code != ExitGood {
				t.Errorf("it ends with %d", code)
			}
			for _, want := range row.want {
				if !strings.Contains(x.out.String(), want) {
					t.Errorf("it does not say %q, but:\n%s", want, x.out)
				}
			}
			nothingLeft(t, w)
		})
	}
}

// TestExposeRich: content is encrypted for a key that is made for the run, and opened with it.
func TestExposeRich(t *testing.T) {
	w := newExposeWorld(t, emulator.Config{}, tunneltest.Config{})
	x := w.start(t, w.through(w.hookURL, "--rich", "subject,importance")...)
	x.out.await(t, "me/messages?$select=subject,importance (created)  subscribed")
	if _, err := w.steer.RaiseChange(t.Context(), control.Change{Change: "created", Collection: "message", Set: map[string]any{"subject": "Secret lunch"}}); err != nil {
		t.Fatal(err)
	}
	x.out.await(t, `content: {`)
	x.out.await(t, "item: “Secret lunch”")
	if code := x.end(t); code != ExitGood || !strings.Contains(x.out.String(), `"subject":"Secret lunch"`) || strings.Contains(x.out.String(), "✗") {
		t.Errorf("it ends with %d:\n%s", code, x.out)
	}
}

// TestExposeDryRun: the plan is told, and nobody is asked.
func TestExposeDryRun(t *testing.T) {
	w := newExposeWorld(t, emulator.Config{}, tunneltest.Config{})
	before := w.emulator.Journal().Last()
	code, out := w.run(t, append([]string{"expose", "--dry-run", "--watch", "me/events:created,deleted"}, w.through(w.hookURL)...)...)
	if code != ExitGood {
		t.Errorf("it ends with %d", code)
	}
	for _, want := range []string{"service  the emulator, " + w.https + "/v1.0 in graph-v1.0", "POST " + w.https + "/v1.0/subscriptions  me/events is to be watched"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q, but:\n%s", want, out)
		}
	}
	if w.edge.Seen().Dials > 0 || w.emulator.Journal().Last() > before || len(w.received(t)) > 0 {
		t.Error("somebody was asked")
	}
	w.env["OUTLOCAL_ACCESS_TOKEN"] = "any"
	code, out = w.run(t, "expose", "--dry-run", "--sign-in", "token", "--rich", "subject")
	if code != ExitGood || !strings.Contains(out, "service  Microsoft Graph, https://graph.microsoft.com/v1.0, as whoever the token in OUTLOCAL_ACCESS_TOKEN is for") {
		t.Errorf("at the real service it ends with %d:\n%s", code, out)
	}
}
