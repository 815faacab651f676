//go:build !notunnel

package cli

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/tunnel/tunneltest"
)

// TestExposeRefuses: what can't work is refused in words that help, and what could be known beforehand before anybody is asked.
func TestExposeRefuses(t *testing.T) {
	w := newExposeWorld(t, emulator.Config{}, tunneltest.Config{})
	wrong := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }))
	defer wrong.Close()
	elsewhere := httptest.NewTLSServer(http.NotFoundHandler())
	defer elsewhere.Close()
	elsewhereCA := certificateOf(t, elsewhere)
	nobody := httptest.NewServer(http.NotFoundHandler())
	nobody.Close()
	policy := filepath.Join(t.TempDir(), "policy.yml")
	if err := os.WriteFile(policy, []byte("on_http_request: [not JSON]"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name  string
		args  []string
		token string // ngrok's; the right one if empty
		code  int
		words []string
		asked bool // the service or the edge was asked before
	}{
		{"no authtoken", w.through(w.hookURL), "-", ExitUsage,
			[]string{"find ngrok's authtoken: neither NGROK_AUTHTOKEN nor a configuration file of ngrok's has one", "hint: copy it from https://dashboard.ngrok.com/get-started/your-authtoken"}, false},
		{"an authtoken that the edge refuses", w.through(w.hookURL), "2wrong_4ZqF8nYwVt1bC7dKx9Lmqqqqqq", ExitUnjudged,
			[]string{"connect to ngrok: ERR_NGROK_107: ", "hint: it was reset or revoked, or belongs to a closed account: copy the authtoken anew"}, true},
		{"a port with nothing behind it", w.through(nobody.URL), "", ExitUnjudged, []string{"handshake-refused", "your webhook could not be judged, as nothing answers"}, false},
		{"a webhook that fails the handshake", w.through(wrong.URL), "", ExitFailed, []string{"<-- 404 Not Found", "handshake-status", "your webhook fails the handshake, so no subscription would be made"}, false},
		{"a public URL that ends elsewhere", []string{w.hookURL, "--emulator", w.control, "--public-url", elsewhere.URL, "--port", "0", "--ca", elsewhereCA}, "", ExitUnjudged,
			[]string{"check that the public URL ends here: ", "answered 404 Not Found, and nothing arrived at 127.0.0.1:", "hint: start your tunnel to 127.0.0.1:"}, false},
		{"a public URL that is none", []string{w.hookURL, "--emulator", w.control, "--public-url", "http://x.example"}, "", ExitUsage, []string{"the public URL is not of the form https://HOST[/PATH]"}, false},
		{"a traffic policy that is not there", w.through(w.hookURL, "--traffic-policy", "nowhere.yml"), "", ExitUsage, []string{"read --traffic-policy: open nowhere.yml: ", "hint: name a file with a traffic policy"}, false},
		{"a traffic policy that the edge refuses", w.through(w.hookURL, "--traffic-policy", policy), "", ExitUnjudged, []string{"ERR_NGROK_2201", "hint: mend the file of --traffic-policy"}, true},
		{"changes that there are not", w.through("--watch", "me/messages:changed"), "", ExitUsage, []string{`read --watch me/messages:changed: parse change type: "changed" is none of created, updated, deleted`}, false},
		{"the same twice", w.through("--watch", "me/messages", "--watch", "me/messages"), "", ExitUsage, []string{"watch me/messages: it is watched for the same changes already"}, false},
		{"nothing to watch", w.through("--watch", ":created"), "", ExitUsage, []string{"it names nothing to watch"}, false},
		{"the real service without a tunnel", []string{"--no-tunnel", "--client-id", "x"}, "", ExitUsage, []string{"Microsoft Graph, https://graph.microsoft.com/v1.0 can't call this machine without a tunnel", "hint: leave --no-tunnel out"}, false},
		{"the real service without an app", []string{w.hookURL}, "", ExitUsage, []string{"signing in needs the id of your app registration", "docs/app-registration.md"}, false},
		{"a service that is none", []string{"--service", "graph"}, "", ExitUsage, []string{"read --service graph: it is no service"}, false},
		{"a token in the clear", []string{"--service", "http://graph.example/v1.0"}, "", ExitUsage, []string{"a token would go to graph.example in the clear"}, false},
		{"a token that is not there", []string{"--sign-in", "token"}, "", ExitUsage, []string{"the variable OUTLOCAL_ACCESS_TOKEN holds no access token"}, false},
		{"a port that nobody listens at", w.through("--port", "3654"), "", ExitUsage, []string{"--port says nothing with ngrok's tunnel"}, false},
		{"a port that is taken", []string{w.hookURL, "--emulator", w.control, "--no-tunnel", "--port", portOf(t, w.hookURL)}, "", ExitUnjudged,
			[]string{"open the tunnel: ", "hint: choose another port with --port N, or any free one with --port 0"}, false},
		{"two tunnels", []string{"--no-tunnel", "--url", "x"}, "", ExitUsage, []string{"expose takes either --"}, false},
		{"a profile that is no name", w.through("--profile", "a b"), "", ExitUsage, []string{`take the name "a b"`}, false},
		{"no patience", w.through("--patience", "0s"), "", ExitUsage, []string{"read --patience: want more than 0"}, false},
		{"a webhook that is none", w.through("ftp://x"), "", ExitUsage, []string{`its scheme is "ftp"`}, false},
		{"a schema without encryption's properties, watched by none", w.through("--dialect", "nonesuch"), "", ExitUsage, []string{"nonesuch"}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			switch row.token {
			case "":
				w.env["NGROK_AUTHTOKEN"] = tunneltest.Token
			case "-":
				w.env["NGROK_AUTHTOKEN"] = ""
			default:
				w.env["NGROK_AUTHTOKEN"] = row.token
			}
			before, journalled := w.edge.Seen().Dials, w.emulator.Journal().Last()
			code, out := w.run(t, append([]string{"expose"}, row.args...)...)
			if code != row.code {
				t.Errorf("it ends with %d, want %d", code, row.code)
			}
			for _, words := range row.words {
				if !strings.Contains(out, words) {
					t.Errorf("it does not say %q", words)
				}
			}
			if strings.Contains(out, row.token) && len(row.token) > 1 {
				t.Error("it says the token")
			}
			asked := w.edge.Seen().Dials > before || w.emulator.Journal().Last() > journalled
			if asked != row.asked {
				t.Errorf("somebody was asked: %v", asked)
			}
			if t.Failed() {
				t.Log(out)
			}
		})
	}
}

// certificateOf writes a test server's certificate to a file.
func certificateOf(t *testing.T, s *httptest.Server) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pemOf(s.Certificate().Raw), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestExposeTwice: one state folder has one who keeps its subscriptions, and another profile is another.
func TestExposeTwice(t *testing.T) {
	w := newExposeWorld(t, emulator.Config{}, tunneltest.Config{})
	first := w.start(t, w.through(w.hookURL)...)
	first.out.await(t, "subscribed")
	code, out := w.run(t, append([]string{"expose"}, w.through(w.hookURL)...)...)
	if code != ExitUnjudged || !strings.Contains(out, "open the subscriptions of profile default: another outlocal keeps them") || !strings.Contains(out, "--profile NAME") {
		t.Errorf("the second ends with %d and says:\n%s", code, out)
	}
	other := w.start(t, w.through(w.hookURL, "--profile", "other", "--watch", "me/events")...)
	other.out.await(t, "subscribed")
	if got := other.end(t) + first.end(t); got != 0 {
		t.Errorf("they end with %d", got)
	}
	nothingLeft(t, w)
}

// nothingLeft makes sure that the service has no subscriptions.
func nothingLeft(t *testing.T, w *exposeWorld) {
	t.Helper()
	left, err := w.steer.Subscriptions(t.Context(), control.SubscriptionQuery{})
	if err != nil || len(left.Subscriptions) > 0 {
		t.Errorf("left at the service are %v, %v", left.Subscriptions, err)
	}
}

// TestExposeWithoutConsent: the service refuses a resource that the token may not read. It is told, with what helps, and nothing else ends.
func TestExposeWithoutConsent(t *testing.T) {
	w := newExposeWorld(t, emulator.Config{Auth: emulator.IssuedTokens}, tunneltest.Config{})
	issued, err := w.steer.IssueToken(t.Context(), control.TokenOrder{Scopes: []string{"Calendars.Read"}})
	if err != nil {
		t.Fatal(err)
	}
	w.env["MY_TOKEN"] = issued.Token
	x := w.start(t, w.through(w.hookURL, "--sign-in", "token", "--token-env", "MY_TOKEN", "--watch", "me/messages", "--watch", "me/events")...)
	x.out.await(t, "me/messages (created)  refused; it is not tried again before the next start")
	x.out.await(t, "me/events (created)  subscribed")
	x.end(t)
	if out := x.out.String(); !strings.Contains(out, "create subscription: 403 ") || !strings.Contains(out, "Mail.Read") || strings.Contains(out, issued.Token) {
		t.Errorf("it says:\n%s", out)
	}
	nothingLeft(t, w)
}

// TestExposeWithAClockThatIsOff: it is told before it spoils tokens.
func TestExposeWithAClockThatIsOff(t *testing.T) {
	w := newExposeWorld(t, emulator.Config{}, tunneltest.Config{})
	authority := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Date", "Thu, 01 Jan 2026 00:00:00 GMT")
		w.emulator.ServeHTTP(rw, r)
	}))
	defer authority.Close()
	w.env["APP_SECRET"] = "any"
	x := w.start(t, w.through(w.hookURL, "--ca", bundle(t, w.ca, certificateOf(t, authority)), "--authority", authority.URL, "--sign-in", "secret",
		"--client-secret-env", "APP_SECRET", "--client-id", emulator.DefaultApp, "--tenant", emulator.DefaultTenant, "--watch", "users/user@contoso.com/messages")...)
	x.out.await(t, "ahead of the authority's: set it, or tokens are refused")
	x.out.await(t, "subscribed")
	if code := x.end(t); code != ExitGood {
		t.Errorf("it ends with %d:\n%s", code, x.out)
	}
}

// bundle writes several files of certificates to one.
func bundle(t *testing.T, files ...string) string {
	t.Helper()
	var all []byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	file := filepath.Join(t.TempDir(), "bundle.pem")
	if err := os.WriteFile(file, all, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func pemOf(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// portOf is that of a URL.
func portOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}
