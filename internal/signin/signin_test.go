package signin_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/signin"
)

const (
	service = "https://graph.microsoft.com"
	app     = emulator.DefaultApp
	tenant  = emulator.DefaultTenant
)

// authority serves an emulator's sign-in over https, and gives a client that trusts it.
func authority(t *testing.T, c emulator.Config) (string, *http.Client) {
	t.Helper()
	s, err := emulator.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	server := httptest.NewTLSServer(s)
	t.Cleanup(server.Close)
	return server.URL, server.Client()
}

// environment holds what a test's variables hold.
func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// claims are those of a token, unverified.
func claims(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("the token has %d parts, want 3", len(parts))
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var c map[string]any
	if err := json.Unmarshal(payload, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// certificate writes a certificate with its key, and returns the file.
func certificate(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "app.pem")
	if err := os.WriteFile(file, newPair(t), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestToken(t *testing.T) {
	origin, client := authority(t, emulator.Config{})
	tests := map[string]struct {
		config signin.Config
		want   map[string]any
	}{
		"a user by a code that is typed into a page": {
			signin.Config{Method: signin.DeviceCode, Tenant: "organizations", ClientID: app, Scopes: signin.Scopes(service, signin.DeviceCode, "messages")},
			map[string]any{"scp": "Mail.Read", "upn": emulator.DefaultUser, "aud": service},
		},
		"an application by its secret": {
			signin.Config{Method: signin.Secret, Tenant: tenant, ClientID: app, SecretEnv: "S", Getenv: environment("S", "some secret"), Scopes: signin.Scopes(service, signin.Secret)},
			map[string]any{"idtyp": "app", "appid": app, "aud": service},
		},
		"an application by its certificate": {
			signin.Config{Method: signin.Certificate, Tenant: tenant, ClientID: app, CertificateFile: certificate(t), Scopes: signin.Scopes(service, signin.Certificate)},
			map[string]any{"idtyp": "app", "appid": app, "appidacr": "2"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.config.Authority, test.config.HTTP = origin, client
			prompted := ""
			test.config.Prompt = func(message string) { prompted = message }
			if test.config.Getenv == nil {
				test.config.Getenv = environment()
			}
			s, err := signin.Open(test.config)
			if err != nil {
				t.Fatal(err)
			}
			token, err := s.Token(context.Background(), "")
			if err != nil {
				t.Fatal(err)
			}
			got := claims(t, token)
			for name, want := range test.want {
				if got[name] != want {
					t.Errorf("claim %s is %v, want %v", name, got[name], want)
				}
			}
			if asked := prompted != ""; asked != (test.config.Method == signin.DeviceCode) {
				t.Errorf("the user was told %q", prompted)
			}
			again, err := s.Token(context.Background(), "")
			if err != nil || again != token {
				t.Errorf("a second call made another token: %v", err)
			}
			challenged, err := s.Token(context.Background(), `{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}`)
			if err != nil || challenged == token {
				t.Errorf("claims of a challenge got the token that was refused, or %v", err)
			}
		})
	}
}

func TestTokenOfTheUsersOwn(t *testing.T) {
	s, err := signin.Open(signin.Config{Method: signin.Token, TokenEnv: "T", Getenv: environment("T", " abc\n")})
	if err != nil {
		t.Fatal(err)
	}
	if token, err := s.Token(context.Background(), ""); token != "abc" || err != nil {
		t.Errorf("token %q, %v", token, err)
	}
	var refused *signin.Error
	if _, err := s.Token(context.Background(), `{"access_token":{}}`); !errors.As(err, &refused) || refused.Cure == "" {
		t.Errorf("a challenge to a fixed token: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	known := emulator.App{ID: "7f1e2a8c-0b53-4c2f-9f0e-6f2f3c1d5e90", Secret: "the right one"}
	origin, client := authority(t, emulator.Config{Apps: []emulator.App{known}})
	secret := func(id, secret string) signin.Config {
		return signin.Config{Method: signin.Secret, Tenant: tenant, ClientID: id, SecretEnv: "S", Getenv: environment("S", secret), Scopes: signin.Scopes(service, signin.Secret)}
	}
	tests := map[string]struct {
		config     signin.Config
		code, cure string
	}{
		"a wrong secret":         {secret(known.ID, "a wrong one"), "AADSTS7000215", "Value"},
		"a secret that is over":  {secret(app, emulator.ExpiredSecret), "AADSTS7000222", "expired"},
		"no client but a public": {signin.Config{Method: signin.DeviceCode, Tenant: "common", ClientID: known.ID, Scopes: signin.Scopes(service, signin.DeviceCode, "messages")}, "AADSTS7000218", "Allow public client flows"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.config.Authority, test.config.HTTP, test.config.Prompt = origin, client, func(string) {}
			s, err := signin.Open(test.config)
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Token(context.Background(), "")
			var refused *signin.Error
			if !errors.As(err, &refused) {
				t.Fatalf("error %v, want a refusal", err)
			}
			if refused.Code != test.code || !strings.Contains(refused.Hint(), test.cure) {
				t.Errorf("%s (%s), want %s (…%s…)", refused.Code, refused.Hint(), test.code, test.cure)
			}
			for _, secret := range []string{"a wrong one", "expired-secret", "\n", "Trace ID"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error %q tells %q", err, secret)
				}
			}
		})
	}
}

// TestClock: a machine whose clock is off is told so beside the refusal, which words it otherwise.
func TestClock(t *testing.T) {
	origin, client := authority(t, emulator.Config{})
	for _, off := range []time.Duration{-time.Hour, time.Hour} {
		s, err := signin.Open(signin.Config{
			Method: signin.Secret, Authority: origin, HTTP: client, Tenant: tenant, ClientID: app, SecretEnv: "S",
			Getenv: environment("S", emulator.WrongSecret), Scopes: signin.Scopes(service, signin.Secret),
			Now: func() time.Time { return time.Now().Add(off) },
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Token(context.Background(), "")
		var refused *signin.Error
		if !errors.As(err, &refused) || !strings.Contains(refused.Hint(), "60 minutes") {
			t.Errorf("clock off by %s: %v", off, err)
		}
		if apart := (s.Skew() - off).Abs(); apart > time.Minute {
			t.Errorf("skew %s, want %s", s.Skew(), off)
		}
	}
}

func TestUnreachable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // azidentity repeats what failed, and waits meanwhile
		s, err := signin.Open(signin.Config{
			Method: signin.DeviceCode, Tenant: "common", ClientID: app, Scopes: signin.Scopes(service, signin.DeviceCode, "events"), Prompt: func(string) {},
			HTTP: &http.Client{Transport: failing{errors.New("no route to host")}}, Authority: "https://authority.test",
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Token(t.Context(), "")
		var refused *signin.Error
		if !errors.As(err, &refused) || refused.Code != "unreachable" || !strings.Contains(err.Error(), "no route to host") {
			t.Errorf("error %v, want that there is no route", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Token(ctx, ""); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want that it was cancelled", err)
		}
	})
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func TestWrongUse(t *testing.T) {
	tests := map[string]struct {
		config signin.Config
		want   string
	}{
		"a way that there is not":             {signin.Config{Method: "password"}, "device-code, browser"},
		"no registration":                     {signin.Config{Method: signin.DeviceCode}, "--client-id"},
		"an application without its tenant":   {signin.Config{Method: signin.Secret, ClientID: app}, "--tenant"},
		"an application in any tenant":        {signin.Config{Method: signin.Certificate, ClientID: app, Tenant: "Common"}, "--tenant"},
		"no secret":                           {signin.Config{Method: signin.Secret, ClientID: app, Tenant: tenant, SecretEnv: "S"}, "secret's value"},
		"no token":                            {signin.Config{Method: signin.Token, TokenEnv: "T"}, "without the word Bearer"},
		"an authority without https":          {signin.Config{Method: signin.DeviceCode, ClientID: app, Authority: "http://localhost"}, "tenant is named apart"},
		"an authority with its tenant":        {signin.Config{Method: signin.DeviceCode, ClientID: app, Authority: "https://localhost/common"}, "tenant is named apart"},
		"a certificate's file that holds one": {signin.Config{Method: signin.Certificate, ClientID: app, Tenant: tenant, CertificateFile: "signin_test.go"}, "PRIVATE KEY"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.config.Getenv = environment()
			_, err := signin.Open(test.config)
			var refused *signin.Error
			if !errors.As(err, &refused) || !refused.WrongUse() || !strings.Contains(refused.Hint(), test.want) {
				t.Errorf("error %v, want a hint with %q", err, test.want)
			}
		})
	}
	if _, err := signin.Open(signin.Config{Method: signin.Certificate, ClientID: app, Tenant: tenant, CertificateFile: "no-such.pem", Getenv: environment()}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// TestScopes asks for no more than what is watched.
//
// rules: W1.8-01
func TestScopes(t *testing.T) {
	tests := map[string]struct {
		method      signin.Method
		collections []string
		want        string
	}{
		"a user's mail and calendar": {signin.DeviceCode, []string{"messages", "events", "messages"}, service + "/Calendars.Read " + service + "/Mail.Read"},
		"a user's contacts":          {signin.Browser, []string{"contacts"}, service + "/Contacts.Read"},
		"a user's tasks":             {signin.Browser, []string{"tasks"}, service + "/Tasks.ReadWrite"},
		"an application's":           {signin.Secret, []string{"messages"}, service + "/.default"},
		"what nobody can watch":      {signin.Browser, []string{"drives"}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(signin.Scopes(service, test.method, test.collections...), " "); got != test.want {
				t.Errorf("scopes %q, want %q", got, test.want)
			}
		})
	}
}

// TestPageListsTheCures holds the page to the table.
func TestPageListsTheCures(t *testing.T) {
	page, err := os.ReadFile("../../docs/app-registration.md")
	if err != nil {
		t.Fatal(err)
	}
	cures := signin.Cures()
	if len(cures) == 0 {
		t.Fatal("there are no cures")
	}
	for code, cure := range cures {
		if !strings.Contains(string(page), "| `"+code+"` | "+cure+" |") {
			t.Errorf("docs/app-registration.md lacks the row of %s: %s", code, cure)
		}
	}
}
