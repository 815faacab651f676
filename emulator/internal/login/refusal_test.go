package login

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestRefusals holds everything that can be wrong with a request for a token against the service's own error for it.
//
// rules: W8.1-07 R8
func TestRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.Apps = []App{{ID: otherApp, Secret: "s3cret"}} })
	key, cert := certificate(t)
	used := r.code()
	r.must(tokenPath, form("grant_type", "authorization_code", "client_id", testApp, "client_secret", "any", "code", used, "redirect_uri", redirect))
	byCode := form("grant_type", "authorization_code", "client_id", testApp, "client_secret", "any", "code", r.code(), "redirect_uri", redirect)
	byProof := form("grant_type", "authorization_code", "client_id", testApp, "redirect_uri", redirect,
		"code", r.code("code_challenge", challenge, "code_challenge_method", "S256"))
	fresh := r.must(tokenPath, form("grant_type", "authorization_code", "client_id", testApp, "client_secret", "any", "code", r.code(), "redirect_uri", redirect))
	byRefresh := form("grant_type", "refresh_token", "client_id", testApp, "refresh_token", fresh.text("refresh_token"))
	proven := func(change func(map[string]any), header ...string) url.Values {
		claims := assertionClaims(r, tokenPath)
		change(claims)
		return edited(clientForm(), "client_secret", "", "client_assertion_type", assertionType, "client_assertion", assertion(t, key, cert, claims, header...))
	}
	unchanged := func(map[string]any) {}
	set := func(name string, value any) func(map[string]any) { return func(c map[string]any) { c[name] = value } }
	issue := func(o Order) string {
		token, err := r.Issue(o)
		if err != nil {
			t.Fatal(err)
		}
		return token.Text
	}
	mine := issue(Order{Resource: testApp})
	behalf := form("grant_type", grantOnBehalfOf, "client_id", testApp, "client_secret", "any", "assertion", mine, "requested_token_use", "on_behalf_of", "scope", "Mail.Read")
	hs256 := "eyJhbGciOiJIUzI1NiIsIng1dCI6IkFBIn0.e30.AA"

	for _, tc := range []struct {
		about  string
		form   url.Values
		status int
		name   string
		code   int
	}{
		{"no grant type", edited(clientForm(), "grant_type", ""), 400, "invalid_request", 900144},
		{"a grant type that there is not", edited(clientForm(), "grant_type", "password"), 400, "unsupported_grant_type", 70003},
		{"no client id", edited(clientForm(), "client_id", ""), 400, "invalid_request", 900144},
		{"a client id that is no GUID", edited(clientForm(), "client_id", "my-app"), 400, "unauthorized_client", 700016},
		{"no secret", edited(clientForm(), "client_secret", ""), 401, "invalid_client", 7000216},
		{"no scope", edited(clientForm(), "scope", ""), 400, "invalid_request", 900144},
		{"a scope for an application's own token", edited(clientForm(), "scope", "https://graph.microsoft.com/Mail.Read"), 400, "invalid_scope", 1002012},
		{"only words of sign-in for an application's own token", edited(clientForm(), "scope", "openid"), 400, "invalid_scope", 1002012},
		{"a scope that can be none", edited(clientForm(), "scope", "ftp://x/y"), 400, "invalid_scope", 70011},
		{"a scope with a quote in it", edited(clientForm(), "scope", `Mail."Read"`), 400, "invalid_scope", 70011},
		{"two resources", edited(clientForm(), "scope", graphScope+" https://outlook.office.com/.default"), 400, "invalid_request", 28000},
		{".default with another", edited(clientForm(), "scope", graphScope+" https://graph.microsoft.com/Mail.Read"), 400, "invalid_scope", 70011},
		{"claims that are no JSON", edited(clientForm(), "claims", "eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="), 400, "invalid_request", 9002313},

		{"no assertion", edited(clientForm(), "client_secret", "", "client_assertion_type", assertionType), 400, "invalid_request", 900144},
		{"no type of assertion", edited(proven(unchanged, "x5t"), "client_assertion_type", ""), 400, "invalid_request", 900144},
		{"another type of assertion", edited(proven(unchanged, "x5t"), "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"), 400, "invalid_request", 9002313},
		{"an assertion that is no JWT", edited(proven(unchanged), "client_assertion", "one.two.three"), 401, "invalid_client", 50027},
		{"an assertion that is not signed", edited(proven(unchanged), "client_assertion", "eyJhbGciOiJub25lIn0.e30."), 401, "invalid_client", 5002738},
		{"an assertion signed with a secret", edited(proven(unchanged), "client_assertion", hs256), 401, "invalid_client", 5002738},
		{"an assertion that names no key", proven(unchanged), 401, "invalid_client", 50027},
		{"an assertion by another application", proven(set("iss", otherApp), "x5t"), 401, "invalid_client", 700021},
		{"an assertion about another application", proven(set("sub", otherApp), "x5t"), 401, "invalid_client", 700021},
		{"an assertion for another authority", proven(set("aud", "https://login.example.com/"+testTenant+"/v2.0"), "x5t"), 401, "invalid_client", 700023},
		{"an assertion for another tenant", proven(set("aud", r.server.URL+"/"+otherApp+"/oauth2/v2.0/token"), "x5t"), 401, "invalid_client", 700023},
		{"an assertion for another endpoint", proven(set("aud", r.server.URL+"/"+testTenant+"/oauth2/v2.0/devicecode"), "x5t"), 401, "invalid_client", 700023},
		{"an assertion for nobody", proven(func(c map[string]any) { delete(c, "aud") }, "x5t"), 401, "invalid_client", 700023},
		{"an assertion for two", proven(set("aud", []string{r.server.URL + tokenPath, r.server.URL}), "x5t"), 401, "invalid_client", 5002741},
		{"an assertion that has expired, by any clock", proven(set("exp", r.now.Add(-clockSkew).Unix()), "x5t"), 401, "invalid_client", 700024},
		{"an assertion of the future, by any clock", proven(set("nbf", r.now.Add(clockSkew).Unix()+1), "x5t"), 401, "invalid_client", 700024},
		{"an assertion without end", proven(func(c map[string]any) { delete(c, "exp") }, "x5t"), 401, "invalid_client", 50027},
		{"an assertion with times that are none", proven(set("exp", "tomorrow"), "x5t"), 401, "invalid_client", 50027},

		{"no code", edited(byCode, "code", ""), 400, "invalid_request", 900144},
		{"a code that is none", edited(byCode, "code", "0.AXoA"), 400, "invalid_grant", 9002313},
		{"a code that was changed", edited(byCode, "code", byCode.Get("code")+"A"), 400, "invalid_grant", 9002313},
		{"a refresh token for a code", edited(byCode, "code", fresh.text("refresh_token")), 400, "invalid_grant", 9002313},
		{"a code that was redeemed", edited(byCode, "code", used), 400, "invalid_grant", 54005},
		{"another application's code", edited(byCode, "client_id", otherApp, "client_secret", "s3cret"), 400, "invalid_grant", 70000},
		{"a code without the address", edited(byCode, "redirect_uri", ""), 400, "invalid_request", 900971},
		{"a code with another address", edited(byCode, "redirect_uri", redirect+"/"), 401, "invalid_client", 500112},
		{"a code with neither secret nor PKCE", edited(byCode, "client_secret", ""), 401, "invalid_client", 7000218},
		{"a verifier that was not promised", edited(byCode, "code_verifier", verifier), 400, "invalid_grant", 501481},
		{"no verifier", byProof, 400, "invalid_grant", 50148},
		{"another verifier", edited(byProof, "code_verifier", verifier+"x"), 400, "invalid_grant", 501481},
		{"the challenge for the verifier", edited(byProof, "code_verifier", challenge), 400, "invalid_grant", 501481},
		{"a code for two resources", edited(byCode, "scope", "Mail.Read https://outlook.office.com/Mail.Read"), 400, "invalid_request", 28000},

		{"no refresh token", edited(byRefresh, "refresh_token", ""), 400, "invalid_request", 900144},
		{"a refresh token that is none", edited(byRefresh, "refresh_token", "1.AAAA"), 400, "invalid_grant", 9002313},
		{"a code for a refresh token", edited(byRefresh, "refresh_token", byCode.Get("code")), 400, "invalid_grant", 9002313},
		{"another application's refresh token", edited(byRefresh, "client_id", otherApp, "client_secret", "s3cret"), 400, "invalid_grant", 70000},
		{"a refresh token without the secret that is known", edited(byRefresh, "client_id", otherApp), 401, "invalid_client", 7000218},

		{"no assertion on behalf of", edited(behalf, "assertion", ""), 400, "invalid_request", 900144},
		{"on behalf of, but not said so", edited(behalf, "requested_token_use", ""), 400, "invalid_request", 900144},
		{"on behalf of, said otherwise", edited(behalf, "requested_token_use", "impersonation"), 400, "invalid_request", 9002313},
		{"on behalf of, without a secret", edited(behalf, "client_secret", ""), 401, "invalid_client", 7000218},
		{"on behalf of a text", edited(behalf, "assertion", "one.two.three"), 400, "invalid_request", 50027},
		{"on behalf of a token that was changed", edited(behalf, "assertion", tamper(mine)), 400, "invalid_grant", 50013},
		{"on behalf of a token that has expired", edited(behalf, "assertion", issue(Order{Resource: testApp, Expired: true})), 400, "invalid_grant", 500133},
		{"on behalf of a token for Graph", edited(behalf, "assertion", issue(Order{})), 400, "invalid_grant", 500131},
		{"on behalf of an application", edited(behalf, "assertion", issue(Order{Resource: testApp, AppOnly: true})), 400, "invalid_request", 7000114},
		{"on behalf of, for a scope that can be none", edited(behalf, "scope", "a b\"c"), 400, "invalid_scope", 70011},

		{"no device code", form("grant_type", grantDevice, "client_id", testApp), 400, "invalid_request", 900144},
		{"a device code that is none", form("grant_type", grantDevice, "client_id", testApp, "device_code", "x"), 400, "bad_verification_code", 70018},
	} {
		t.Run(tc.about, func(t *testing.T) {
			got := r.post(tokenPath, tc.form)
			if got.status != tc.status || got.text("error") != tc.name || got.code() != tc.code {
				t.Fatalf("got %d %s, want %d %s %d", got.status, got.body, tc.status, tc.name, tc.code)
			}
			checkRefusal(t, got)
		})
	}
}

// checkRefusal holds the parts of a refusal against one another.
func checkRefusal(t *testing.T, got reply) {
	t.Helper()
	for _, name := range []string{"trace_id", "correlation_id"} {
		if _, err := uuid.Parse(got.text(name)); err != nil {
			t.Errorf("%s is %q", name, got.text(name))
		}
	}
	if _, err := time.Parse(stamp, got.text("timestamp")); err != nil {
		t.Errorf("the timestamp is %q", got.text("timestamp"))
	}
	number := strings.TrimSuffix(strings.TrimPrefix(strings.SplitN(got.text("error_description"), " ", 2)[0], "AADSTS"), ":")
	if want := "https://login.microsoftonline.com/error?code=" + number; got.text("error_uri") != want {
		t.Errorf("error_uri is %q, want %q", got.text("error_uri"), want)
	}
	for _, part := range []string{"\r\nTrace ID: " + got.text("trace_id"), "\r\nCorrelation ID: " + got.text("correlation_id"), "\r\nTimestamp: " + got.text("timestamp")} {
		if !strings.Contains(got.text("error_description"), part) {
			t.Errorf("%q is not in %q", part, got.text("error_description"))
		}
	}
}

func TestRefusalsBeforeTheForm(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const id = "6f6f4c0e-6a09-4a4b-9d5a-1d6f3f5b2c11"
	got := r.get(tokenPath, "client-request-id", id)
	if got.status != 400 || got.code() != 900561 || got.header.Get("Allow") != http.MethodPost || got.text("correlation_id") != id {
		t.Errorf("a GET: got %d %s", got.status, got.body)
	}
	got = r.post(tokenPath, clientForm(), "Content-Type", "application/json")
	if got.code() != 900144 || !strings.Contains(got.header.Get(HintHeader), "x-www-form-urlencoded") {
		t.Errorf("JSON: got %d %s, hint %q", got.status, got.body, got.header.Get(HintHeader))
	}
	got = r.post(tokenPath, form("x", strings.Repeat("x", largestForm)))
	if got.status != 400 || got.code() != 9002313 {
		t.Errorf("too much: got %d %s", got.status, got.body)
	}
	for path, name := range map[string]string{tokenPath: "scope", tokenPathV1: "resource", devicePath: "scope"} {
		got = r.post(path, edited(clientForm(), name, "https://graph.microsoft.com/"+strings.Repeat("x", longestWish)))
		if got.code() != 9002313 || !strings.Contains(got.header.Get(HintHeader), name) {
			t.Errorf("too long a %s at %s: got %d %s, hint %q", name, path, got.status, got.body, got.header.Get(HintHeader))
		}
	}
	got = r.post(tokenPathV1, edited(clientForm(), "resource", ""))
	if got.code() != 900144 {
		t.Errorf("the first version without a resource: got %d %s", got.status, got.body)
	}
	got = r.post(tokenPathV1, edited(clientForm(), "resource", "graph"))
	if got.code() != 500011 || got.text("error") != invalidResource {
		t.Errorf("the first version with a resource that is none: got %d %s", got.status, got.body)
	}
}

func TestCodesExpire(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	f := form("grant_type", "authorization_code", "client_id", testApp, "client_secret", "any", "code", r.code(), "redirect_uri", redirect)
	r.now = r.now.Add(codeLife)
	if got := r.post(tokenPath, f); got.code() != 70008 || got.text("error") != invalidGrant {
		t.Errorf("got %d %s", got.status, got.body)
	}
	r.now = r.now.Add(-time.Second)
	r.must(tokenPath, f)
}

// A refusal is told with its reason, and without what it was refused for: that may be a secret.
func TestRefusalsAreTold(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.post(tokenPath, edited(clientForm(), "client_secret", WrongSecret))
	if len(r.events) != 1 || !strings.Contains(r.events[0].Refusal, "AADSTS7000215") || r.events[0].App != testApp {
		t.Fatalf("got %+v", r.events)
	}
	r.post(tokenPath, form("grant_type", "authorization_code", "client_id", testApp, "client_secret", "any", "code", r.code("redirect_uri", redirect+"?key=hush"),
		"redirect_uri", redirect+"?key=hash"))
	r.get(authorizePath + "?" + asked("redirect_uri", redirect+"#access_token=hush").Encode())
	for _, e := range r.events {
		if strings.Contains(e.Refusal, "hush") || strings.Contains(e.Refusal, "hash") {
			t.Errorf("a query value is told: %s", e.Refusal)
		}
	}
}

// Whoever sends JSON, or a scope that is none, sees on the emulator's console why there is no token: libraries say little of it.
func TestRefusalsOfWhatCantBeReadAreTold(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, tc := range []struct {
		about   string
		ask     func() reply
		refusal string
	}{
		{"a token, in JSON", func() reply { return r.post(tokenPath, clientForm(), "Content-Type", "application/json") }, "AADSTS900144"},
		{"a device code, in JSON", func() reply { return r.post(devicePath, clientForm(), "Content-Type", "application/json") }, "AADSTS900144"},
		{"a device code, for what is no scope", func() reply { return r.post(devicePath, form("client_id", testApp, "scope", "<>")) }, "AADSTS70011"},
	} {
		r.events = nil
		tc.ask()
		if len(r.events) != 1 || !strings.Contains(r.events[0].Refusal, tc.refusal) {
			t.Errorf("%s: told %+v, want one with %s", tc.about, r.events, tc.refusal)
		}
	}
}
