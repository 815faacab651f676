package login

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestVerify(t *testing.T) {
	t.Parallel()
	r, stranger := newRig(t), newRig(t, func(c *Config) { c.Key = nil })
	good, err := r.Issue(Order{User: "ann@contoso.com", Scopes: []string{"Mail.Read", "Calendars.Read"}})
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := stranger.Issue(Order{})
	if err != nil {
		t.Fatal(err)
	}
	claims, rejected := r.Verify(good.Text)
	if rejected != nil {
		t.Fatal(rejected)
	}
	if diff := cmp.Diff(good.Claims, claims); diff != "" {
		t.Errorf("what was issued and what was read (-issued +read):\n%s", diff)
	}
	if !claims.Has("mail.read") || claims.Has("Mail.Read.All", "Mail") || claims.AppOnly() || claims.User() != "ann@contoso.com" || !IsGraph(claims.Audience) {
		t.Errorf("the claims are read as %+v", claims)
	}
	parts := strings.Split(good.Text, ".")
	for _, tc := range []struct {
		about, token string
		after        time.Duration
		want         Doubt
	}{
		{"a word", "any", 0, Malformed},
		{"nothing", "", 0, Malformed},
		{"three words", "a.b.c", 0, Malformed},
		{"one that nobody signed", "eyJhbGciOiJub25lIn0." + parts[1] + ".", 0, Malformed},
		{"one signed with a secret", "eyJhbGciOiJIUzI1NiJ9." + parts[1] + "." + parts[2], 0, Malformed},
		{"one whose signature was changed", tamper(good.Text), 0, Unsigned},
		{"one whose claims were changed", parts[0] + "." + parts[1][:20] + "A" + parts[1][21:] + "." + parts[2], 0, Unsigned},
		{"another authority's", foreign.Text, 0, Unsigned},
		{"in its last second", good.Text, Lifetime - time.Second, 0},
		{"after its last second", good.Text, Lifetime, Over},
		{"before its first second", good.Text, -setback - time.Second, NotYet},
	} {
		r.now = r.now.Add(tc.after)
		_, rejected := r.Verify(tc.token)
		if (rejected != nil) != (tc.want != 0) || rejected != nil && rejected.Doubt != tc.want {
			t.Errorf("%s: got %v, want doubt %d", tc.about, rejected, tc.want)
		}
		r.now = r.now.Add(-tc.after)
	}
}

func TestIssue(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	app, err := r.Issue(Order{AppOnly: true, App: otherApp, Resource: "outlook", Scopes: []string{"Mail.Read"}, Tenant: strings.ToUpper(consumerTenant)})
	if err != nil {
		t.Fatal(err)
	}
	if c := app.Claims; !c.AppOnly() || c.User() != "" || !c.Has("Mail.Read") || !IsOutlook(c.Audience) || c.Application() != otherApp || c.Tenant != consumerTenant {
		t.Errorf("an application's own token says %+v", c)
	}
	short, err := r.Issue(Order{Lifetime: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if short.Claims.Expires != r.now.Add(time.Minute).Unix() || short.Claims.Application() != testApp || short.Claims.User() != testUser {
		t.Errorf("a token of a minute says %+v", short.Claims)
	}
	admin, err := r.Issue(Order{Admin: true})
	if err != nil {
		t.Fatal(err)
	}
	if read, ok := Read(admin.Text); !ok || !read.Administrator() || short.Claims.Administrator() {
		t.Errorf("an administrator's token says %+v", read)
	}
	over, err := r.Issue(Order{Expired: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, rejected := r.Verify(over.Text); rejected == nil || rejected.Doubt != Over {
		t.Errorf("an expired token: %v", rejected)
	}
	for about, o := range map[string]Order{"nobody": {User: "nobody"}, "no tenant": {Tenant: "contoso"}} {
		if _, err := r.Issue(o); err == nil {
			t.Errorf("%s: a token was issued", about)
		}
	}
}

// Whose a token is, is told by idtyp; where that is missing, by what else there is.
func TestWhoseTokenItIs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		about, payload string
		app            bool
		user           string
	}{
		{"an application's, by its own word", `{"idtyp":"app","scp":"Mail.Read"}`, true, ""},
		{"an application's, though it names somebody", `{"idtyp":"app","upn":"ann@contoso.com"}`, true, ""},
		{"an application's, as it has roles and nobody's name", `{"roles":["Mail.Read"]}`, true, ""},
		{"a user's", `{"upn":"ann@contoso.com","roles":[]}`, false, "ann@contoso.com"},
		{"a user's of the second version", `{"preferred_username":"ann@contoso.com"}`, false, "ann@contoso.com"},
		{"nobody's", `{}`, false, ""},
	} {
		claims, ok := decodeClaims([]byte(tc.payload))
		if !ok || claims.AppOnly() != tc.app || claims.User() != tc.user {
			t.Errorf("%s: got %v, application's %v, user %q", tc.about, ok, claims.AppOnly(), claims.User())
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"ann@x.org": "Ann", "ann.smith@x.org": "Ann Smith", "élodie_du-pont@x.org": "Élodie Du Pont", "@x.org": "@x.org", "...@x.org": "...@x.org",
	} {
		if _, _, got := nameOf(address); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

// FuzzToken reads texts as tokens: nothing may panic, and nothing but what was issued may be taken.
func FuzzToken(f *testing.F) {
	now := time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
	a := New(Config{Users: people{}, User: testUser, Tenant: testTenant, Application: testApp, Key: testKey(), Now: func() time.Time { return now }})
	good, err := a.Issue(Order{})
	if err != nil {
		f.Fatal(err)
	}
	validation, err := a.ValidationToken(testTenant, testApp, Form{})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{good.Text, validation, tamper(good.Text), "", "any", "a.b.c", "..", "eyJhbGciOiJub25lIn0.e30.", "e30.W10.e30", "e30.eyJhdWQiOlsxXSwicm9sZXMiOjEsImV4cCI6IngifQ.e30"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		claims, ok := Read(token)
		if ok && claims.AppOnly() && claims.User() != "" && claims.Kind != kindApp {
			t.Errorf("%q is an application's and a user's", token)
		}
		if _, rejected := a.Verify(token); rejected == nil && !sameToken(token, good.Text) && !sameToken(token, validation) {
			t.Errorf("%q was taken", token)
		}
	})
}

// sameToken compares what is signed: of the last character of base64, some bits mean nothing.
func sameToken(a, b string) bool {
	at := strings.LastIndexByte(b, '.')
	return len(a) >= at && a[:at] == b[:at]
}
