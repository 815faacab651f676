package login

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

const authorizePath = "/common/oauth2/v2.0/authorize"

func asked(pairs ...string) url.Values {
	return edited(form("client_id", testApp, "response_type", "code", "redirect_uri", redirect, "scope", "openid Mail.Read", "state", "a b&c"), pairs...)
}

// rules: R7
func TestAuthorize(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, tc := range []struct {
		about string
		form  url.Values
		mode  string
		has   []string // beside state
	}{
		{"a code", asked(), modeQuery, []string{"code"}},
		{"a code in the fragment", asked("response_mode", "fragment"), modeFragment, []string{"code"}},
		{"a code by a form", asked("response_mode", "form_post"), modeForm, []string{"code"}},
		{"an id token", asked("response_type", "id_token", "nonce", "n"), modeFragment, []string{"id_token"}},
		{"an id token by a form", asked("response_type", "id_token", "nonce", "n", "response_mode", "form_post"), modeForm, []string{"id_token"}},
		{"both", asked("response_type", "code id_token", "nonce", "n"), modeFragment, []string{"code", "id_token"}},
		{"the account too", asked("client_info", "1"), modeQuery, []string{"code", "client_info"}},
		{"an address with a query", asked("redirect_uri", redirect+"?keep=1"), modeQuery, []string{"code", "keep"}},
		{"an application of the desktop", asked("redirect_uri", "msal"+testApp+"://auth"), modeQuery, []string{"code"}},
	} {
		t.Run(tc.about, func(t *testing.T) {
			got, mode := carried(t, r.get(authorizePath+"?"+tc.form.Encode()))
			if mode != tc.mode || got.Get("state") != "a b&c" {
				t.Fatalf("it came by %s with %v", mode, got)
			}
			for _, name := range []string{"code", "id_token", "client_info", "keep"} {
				if want := strings.Contains(" "+strings.Join(tc.has, " ")+" ", " "+name+" "); got.Has(name) != want {
					t.Errorf("%s: %v, want %v", name, got.Has(name), want)
				}
			}
			if id := got.Get("id_token"); id != "" {
				claims := r.claimsOf(id, keysV2)
				if claims["nonce"] != "n" || claims["preferred_username"] != testUser || (claims["c_hash"] != nil) != got.Has("code") {
					t.Errorf("the id token says %v", claims)
				}
			}
		})
	}
}

// carried is what an answer brings back to the program, and how.
func carried(t *testing.T, got reply) (url.Values, string) {
	t.Helper()
	if got.status == 302 {
		to, err := url.Parse(got.header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		if to.Fragment != "" {
			values, err := url.ParseQuery(to.EscapedFragment())
			if err != nil {
				t.Fatal(err)
			}
			return values, modeFragment
		}
		return to.Query(), modeQuery
	}
	if got.status != 200 || !strings.Contains(got.body, `action="`+redirect+`"`) {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	return fieldsOf(got.body), modeForm
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

func fieldsOf(page string) url.Values {
	values := make(url.Values)
	for _, m := range hidden.FindAllStringSubmatch(page, -1) {
		values.Add(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	return values
}

func TestRefusalsOfAuthorize(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, tc := range []struct {
		about string
		form  url.Values
		name  string // empty where it can only be shown
		code  string
	}{
		{"no client", asked("client_id", ""), "", "AADSTS900144"},
		{"a client that is no GUID", asked("client_id", "my-app"), "", "AADSTS700016"},
		{"no address", asked("redirect_uri", ""), "", "AADSTS900971"},
		{"an address that is relative", asked("redirect_uri", "/callback"), "", "AADSTS50011"},
		{"an address with a fragment", asked("redirect_uri", redirect+"#x"), "", "AADSTS50011"},
		{"an address without a host", asked("redirect_uri", "https:callback.example"), "", "AADSTS50011"},
		{"a script for an address", asked("redirect_uri", "javascript:alert(1)"), "", "AADSTS50011"},
		{"a page for an address", asked("redirect_uri", "data:text/html,x"), "", "AADSTS50011"},
		{"nobody's user", asked("login_hint", "nobody"), "", "AADSTS50034"},
		{"no type", asked("response_type", ""), "invalid_request", "AADSTS900144"},
		{"a type of old", asked("response_type", "token"), "unsupported_response_type", "AADSTS700051"},
		{"a type that there is not", asked("response_type", "cookie"), "unsupported_response_type", "AADSTS70005"},
		{"a mode that there is not", asked("response_mode", "pigeon"), "invalid_request", "AADSTS70007"},
		{"an id token in the query", asked("response_type", "id_token", "nonce", "n", "response_mode", "query"), "invalid_request", "AADSTS70007"},
		{"a form for what takes none", asked("redirect_uri", "msal"+testApp+"://auth", "response_mode", "form_post"), "invalid_request", "AADSTS70007"},
		{"an id token without a nonce", asked("response_type", "id_token"), "invalid_request", "AADSTS900144"},
		{"no scope", asked("scope", ""), "invalid_request", "AADSTS900144"},
		{"two resources", asked("scope", "Mail.Read https://outlook.office.com/Mail.Read"), "invalid_request", "AADSTS28000"},
		{"a way of PKCE that there is not", asked("code_challenge", challenge, "code_challenge_method", "s256"), "invalid_request", "AADSTS50149"},
		{"a way of PKCE alone", asked("code_challenge_method", "S256"), "invalid_request", "AADSTS900144"},
		{"a challenge that is too short", asked("code_challenge", "short"), "invalid_request", "AADSTS501491"},
		{"a challenge that is too long", asked("code_challenge", strings.Repeat("x", longestChallenge+1)), "invalid_request", "AADSTS501491"},
		{"claims that are no JSON", asked("claims", "x"), "invalid_request", "AADSTS9002313"},
	} {
		t.Run(tc.about, func(t *testing.T) {
			got := r.get(authorizePath + "?" + tc.form.Encode())
			if tc.name == "" {
				if got.status != 400 || got.header.Get("Location") != "" || !strings.Contains(got.body, tc.code+":") {
					t.Fatalf("got %d %s\n%s", got.status, got.header.Get("Location"), got.body)
				}
				return
			}
			back, _ := carried(t, got)
			if back.Get("error") != tc.name || !strings.HasPrefix(back.Get("error_description"), tc.code+":") || back.Get("state") != "a b&c" || back.Has("code") {
				t.Errorf("got %v", back)
			}
		})
	}
}

func TestPageAsksWhoSignsIn(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.Choice = Page })
	page := r.get(authorizePath + "?" + asked("login_hint", `"><script>ann@contoso.com`).Encode())
	if page.status != 200 || page.header.Get("Location") != "" || strings.Contains(page.body, "<script>") {
		t.Fatalf("got %d\n%s", page.status, page.body)
	}
	if csp := page.header.Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") {
		t.Errorf("the page's policy is %q", csp)
	}
	fields := fieldsOf(page.body)
	fields.Set(chosenUser, "ann@contoso.com")
	back, _ := carried(t, r.post(authorizePath, fields))
	if back.Get("code") == "" || back.Get("state") != "a b&c" {
		t.Fatalf("got %v", back)
	}
	got := r.must(tokenPath, form("grant_type", "authorization_code", "client_id", testApp, "client_secret", "any", "code", back.Get("code"), "redirect_uri", redirect))
	if claims := r.claimsOf(got.text("access_token"), keysV2); claims["upn"] != "ann@contoso.com" {
		t.Errorf("%v signed in", claims["upn"])
	}
	silent, _ := carried(t, r.get(authorizePath+"?"+asked("prompt", "none").Encode()))
	if silent.Get("error") != "login_required" || !strings.HasPrefix(silent.Get("error_description"), "AADSTS50058:") {
		t.Errorf("without asking: got %v", silent)
	}
}

func TestLogout(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if got := r.get("/common/oauth2/v2.0/logout?post_logout_redirect_uri=" + url.QueryEscape(redirect+"?a=1") + "&state=s"); got.header.Get("Location") != redirect+"?a=1&state=s" {
		t.Errorf("got %d %s", got.status, got.header.Get("Location"))
	}
	for _, back := range []string{"", "javascript:alert(1)", "/x"} {
		if got := r.get("/common/oauth2/logout?post_logout_redirect_uri=" + url.QueryEscape(back)); got.status != 200 || got.header.Get("Location") != "" {
			t.Errorf("%q: got %d %s", back, got.status, got.header.Get("Location"))
		}
	}
}

func TestUserInfo(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token := func(o Order) string {
		got, err := r.Issue(o)
		if err != nil {
			t.Fatal(err)
		}
		return "Bearer " + got.Text
	}
	got := r.get("/oidc/userinfo", "Authorization", token(Order{User: "ann.smith@contoso.com"}))
	if got.status != 200 || got.text("name") != "Ann Smith" || got.text("given_name") != "Ann" || got.text("email") != "ann.smith@contoso.com" || got.text("sub") == "" {
		t.Errorf("got %d %s", got.status, got.body)
	}
	for about, header := range map[string]string{
		"none": "", "no bearer": "Basic eDp5", "any": "Bearer any", "for Outlook": token(Order{Resource: "outlook"}), "an application's": token(Order{AppOnly: true}), "expired": token(Order{Expired: true}),
	} {
		if got := r.get("/oidc/userinfo", "Authorization", header); got.status != 401 || !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Bearer ") {
			t.Errorf("%s: got %d %s", about, got.status, got.body)
		}
	}
}
