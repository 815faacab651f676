package login

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"
)

const (
	tokenPath   = "/" + testTenant + "/oauth2/v2.0/token"
	tokenPathV1 = "/" + testTenant + "/oauth2/token"
	graphScope  = "https://graph.microsoft.com/.default"
	redirect    = "http://localhost:8080/callback"
	verifier    = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // of RFC 7636, appendix B
	challenge   = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

func clientForm() url.Values {
	return form("grant_type", "client_credentials", "client_id", testApp, "client_secret", "any", "scope", graphScope)
}

// must is a post that has to be answered 200.
func (r *rig) must(path string, f url.Values, header ...string) reply {
	r.t.Helper()
	got := r.post(path, f, header...)
	if got.status != 200 {
		r.t.Fatalf("POST %s answered %d, %v\n%s", path, got.status, got.header["X-Outlocal-Hint"], got.body)
	}
	return got
}

// code signs in at the browser's side and returns the code.
func (r *rig) code(pairs ...string) string {
	r.t.Helper()
	asked := edited(form("client_id", testApp, "response_type", "code", "redirect_uri", redirect,
		"scope", "openid offline_access Mail.Read", "state", "s 1"), pairs...)
	got := r.get("/common/oauth2/v2.0/authorize?" + asked.Encode())
	to, err := url.Parse(got.header.Get("Location"))
	if got.status != 302 || err != nil || to.Query().Get("code") == "" {
		r.t.Fatalf("authorize answered %d %s\n%s", got.status, to, got.body)
	}
	return to.Query().Get("code")
}

// rules: W8.1-01 W8.1-02 R4 R5 R6 W8.2-04
func TestClientCredentials(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	got := r.must(tokenPath+"?client-request-id=4f7a0b6c-6a09-4a4b-9d5a-1d6f3f5b2c11", edited(clientForm(),
		"client_info", "1", "x-client-SKU", "MSAL.Go", "x-ms-lib-capability", "retry-after, h429",
		"claims", `{"access_token":{"xms_cc":{"values":["CP1"]}}}`, "scope", graphScope+" openid offline_access profile"))
	if got.text("token_type") != "Bearer" || got.fields["expires_in"] != 3599.0 || got.fields["ext_expires_in"] != 3599.0 {
		t.Errorf("got %s", got.body)
	}
	for _, only := range []string{"refresh_token", "id_token", "scope", "client_info"} {
		if got.fields[only] != nil {
			t.Errorf("an application's own token came with %s", only)
		}
	}
	claims := r.claimsOf(got.text("access_token"), keysV2)
	principal := principalOf(testApp, testTenant)
	want := map[string]any{
		"aud": "https://graph.microsoft.com", "iss": "https://sts.windows.net/" + testTenant + "/", "appid": testApp, "appidacr": "1",
		"idtyp": "app", "tid": testTenant, "oid": principal, "sub": principal, "ver": "1.0",
		"exp": float64(r.now.Add(time.Hour).Unix()), "xms_cc": []any{"CP1"}, "upn": nil, "scp": nil,
	}
	for name, w := range want {
		if diff := cmp.Diff(w, claims[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if claims["app_displayname"] == nil || claims["roles"] == nil {
		t.Errorf("app_displayname or roles is missing: %v", claims)
	}
	if diff := cmp.Diff([]Event{{Grant: "client_credentials", App: testApp, Resource: graphName, Scopes: defaultRoles()}}, r.events); diff != "" {
		t.Errorf("the events (-want +got):\n%s", diff)
	}
}

// rules: R4
func TestAudiences(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, tc := range []struct{ scope, want string }{
		{"https://graph.microsoft.com/.default", "https://graph.microsoft.com"},
		{"00000003-0000-0000-c000-000000000000/.default", "00000003-0000-0000-c000-000000000000"},
		{"https://outlook.office.com/.default", "https://outlook.office.com"},
		{"https://outlook.office365.com/.default", "https://outlook.office365.com"},
		{"https://localhost:8443/.default", "https://graph.microsoft.com"}, // libraries make scopes of their base URL
		{"http://127.0.0.1:3650/v1.0/.default", "https://graph.microsoft.com"},
		{"https://localhost:3651/api/v2.0/.default", "https://outlook.office.com"},
		{"api://" + otherApp + "/.default", "api://" + otherApp},
		{"https://storage.azure.com/.default", "https://storage.azure.com"},
		{otherApp + "/.default", otherApp},
	} {
		got := r.must(tokenPath, edited(clientForm(), "scope", tc.scope))
		if claims := r.claimsOf(got.text("access_token"), keysV2); claims["aud"] != tc.want {
			t.Errorf("%s: the token is for %v, want %s", tc.scope, claims["aud"], tc.want)
		}
	}
}

// rules: W8.1-03 R5 R6 R7 W8.2-04
func TestAuthorizationCode(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		about          string
		asked, redeems []string
	}{
		{"a secret", nil, []string{"client_secret", "any"}},
		{"PKCE by a hash", []string{"code_challenge", challenge, "code_challenge_method", "S256"}, []string{"code_verifier", verifier}},
		{"PKCE in clear", []string{"code_challenge", verifier, "code_challenge_method", "plain"}, []string{"code_verifier", verifier}},
		{"PKCE without a method", []string{"code_challenge", verifier}, []string{"code_verifier", verifier}},
	} {
		t.Run(tc.about, func(t *testing.T) {
			r := newRig(t)
			code := r.code(append(tc.asked, "nonce", "n-0S6", "login_hint", "Ann@contoso.com")...)
			got := r.must(tokenPath, edited(form("grant_type", "authorization_code", "client_id", testApp, "code", code,
				"redirect_uri", redirect, "client_info", "1", "scope", "openid offline_access Mail.Read"), tc.redeems...))
			if got.text("scope") != "openid offline_access Mail.Read" || got.text("refresh_token") == "" {
				t.Errorf("got %s", got.body)
			}
			access := r.claimsOf(got.text("access_token"), keysV2)
			for name, want := range map[string]any{
				"aud": GraphID, "appid": testApp, "upn": "ann@contoso.com", "oid": idOf("ann@contoso.com"), "idtyp": "user", "scp": "Mail.Read", "tid": testTenant, "name": "Ann",
			} {
				if access[name] != want {
					t.Errorf("the access token's %s is %v, want %v", name, access[name], want)
				}
			}
			id := r.claimsOf(got.text("id_token"), keysV2)
			for name, want := range map[string]any{
				"aud": testApp, "iss": r.server.URL + "/" + testTenant + "/v2.0", "oid": idOf("ann@contoso.com"), "tid": testTenant,
				"preferred_username": "ann@contoso.com", "nonce": "n-0S6", "ver": "2.0", "sub": access["sub"],
			} {
				if id[name] != want {
					t.Errorf("the id token's %s is %v, want %v", name, id[name], want)
				}
			}
			info, err := base64.RawURLEncoding.DecodeString(got.text("client_info"))
			if want := `{"uid":"` + idOf("ann@contoso.com") + `","utid":"` + testTenant + `"}`; err != nil || string(info) != want {
				t.Errorf("client_info is %s, want %s", info, want)
			}
		})
	}
}

// rules: W8.1-03
func TestRefresh(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	first := r.must(tokenPath, form("grant_type", "authorization_code", "client_id", testApp, "client_secret", "any", "code", r.code(), "redirect_uri", redirect))
	again := form("grant_type", "refresh_token", "client_id", testApp, "refresh_token", first.text("refresh_token"))
	r.now = r.now.Add(refreshLife - time.Second)
	second := r.must(tokenPath, again)
	if second.text("refresh_token") == "" || second.text("refresh_token") == first.text("refresh_token") {
		t.Error("the refresh token was not changed for another")
	}
	if second.text("id_token") == "" || second.text("scope") != "openid offline_access Mail.Read" {
		t.Errorf("got %s", second.body)
	}
	if claims := r.claimsOf(second.text("access_token"), keysV2); claims["scp"] != "Mail.Read" || claims["exp"] != float64(r.now.Add(time.Hour).Unix()) {
		t.Errorf("the second token says %v", claims)
	}
	other := r.must(tokenPath, edited(again, "scope", "https://outlook.office.com/Mail.Read")) // one refresh token serves all resources
	if claims := r.claimsOf(other.text("access_token"), keysV2); claims["aud"] != "https://outlook.office.com" || claims["scp"] != "Mail.Read" {
		t.Errorf("for another resource: %v", claims)
	}
	r.now = r.now.Add(2 * time.Second)
	if late := r.post(tokenPath, again); late.code() != 700082 || late.text("error") != invalidGrant {
		t.Errorf("after 90 days the first one was answered %d %s", late.status, late.body)
	}
	r.must(tokenPath, edited(again, "refresh_token", second.text("refresh_token")))
}

// rules: W8.1-06
func TestOnBehalfOf(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, audience := range []string{otherApp, "api://" + otherApp} {
		user, err := r.Issue(Order{User: "ann@contoso.com", Resource: audience, Scopes: []string{"access_as_user"}})
		if err != nil {
			t.Fatal(err)
		}
		got := r.must(tokenPath, form("grant_type", grantOnBehalfOf, "client_id", otherApp, "client_secret", "any", "assertion", user.Text,
			"requested_token_use", "on_behalf_of", "scope", "https://graph.microsoft.com/Mail.Read offline_access"))
		claims := r.claimsOf(got.text("access_token"), keysV2)
		if claims["appid"] != otherApp || claims["upn"] != "ann@contoso.com" || claims["scp"] != "Mail.Read" || claims["aud"] != graphName {
			t.Errorf("got %v", claims)
		}
		if got.text("refresh_token") == "" {
			t.Error("it came without the refresh token that was asked for")
		}
	}
}

// rules: W8.1-08 R7
func TestFirstVersion(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	key, cert := certificate(t)
	got := r.must(tokenPathV1, form("grant_type", "client_credentials", "client_id", testApp, "resource", "https://outlook.office365.com",
		"client_assertion_type", assertionType, "client_assertion", assertion(t, key, cert, assertionClaims(r, tokenPathV1), "x5t")))
	if got.fields["expires_in"] != "3599" || got.fields["ext_expires_in"] != "3599" || got.fields["resource"] != "https://outlook.office365.com" {
		t.Errorf("got %s", got.body)
	}
	if got.text("expires_on") != got.numberText(r.now.Add(time.Hour)) || got.text("not_before") != got.numberText(r.now.Add(-setback)) {
		t.Errorf("its times are %s and %s", got.text("expires_on"), got.text("not_before"))
	}
	claims := r.claimsOf(got.text("access_token"), keysV1)
	if claims["aud"] != "https://outlook.office365.com" || claims["appidacr"] != "2" || claims["idtyp"] != "app" {
		t.Errorf("the token says %v", claims)
	}
	back := r.get("/common/oauth2/authorize?" + form("client_id", testApp, "response_type", "code", "redirect_uri", redirect, "resource", "https://outlook.office.com").Encode())
	to, _ := url.Parse(back.header.Get("Location"))
	user := r.must("/common/oauth2/token", form("grant_type", "authorization_code", "client_id", testApp, "client_secret", "any", "code", to.Query().Get("code"),
		"redirect_uri", redirect, "resource", "https://outlook.office.com"))
	id := r.claimsOf(user.text("id_token"), keysV1)
	if id["iss"] != "https://sts.windows.net/"+testTenant+"/" || id["ver"] != "1.0" || id["upn"] != testUser {
		t.Errorf("the id token says %v", id)
	}
	if user.text("refresh_token") == "" {
		t.Error("the first version always gives a refresh token")
	}
	again := r.must("/common/oauth2/token", form("grant_type", "refresh_token", "client_id", testApp, "refresh_token", user.text("refresh_token"), "resource", "https://graph.microsoft.com"))
	if claims := r.claimsOf(again.text("access_token"), keysV1); claims["aud"] != "https://graph.microsoft.com" {
		t.Errorf("for another resource: %v", claims)
	}
}

func (reply) numberText(t time.Time) string {
	b, _ := json.Marshal(t.Unix())
	return string(b)
}

func TestPersonalAccountsHaveTheirTenant(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	got := r.must("/common/oauth2/v2.0/token", form("grant_type", "authorization_code", "client_id", testApp, "client_secret", "any",
		"code", r.code("login_hint", "ann@outlook.com"), "redirect_uri", redirect))
	if claims := r.claimsOf(got.text("access_token"), keysV2); claims["tid"] != consumerTenant {
		t.Errorf("the tenant is %v", claims["tid"])
	}
}

// rules: W8.1-02
func TestSecretsOfApplications(t *testing.T) {
	t.Parallel()
	key, cert := certificate(t)
	strangerKey, strangerCert := certificate(t)
	r := newRig(t, func(c *Config) {
		c.Apps = []App{{ID: strings.ToUpper(testApp), Secret: "s3cret"}, {ID: otherApp, Certificate: cert}}
	})
	basic := func(id, secret string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
	}
	with := func(id string, k crypto.Signer, c *x509.Certificate, header ...string) url.Values {
		claims := assertionClaims(r, tokenPath)
		claims["iss"], claims["sub"] = id, id
		return form("grant_type", "client_credentials", "client_id", id, "scope", graphScope, "client_assertion_type", assertionType,
			"client_assertion", assertion(t, k, c, claims, header...))
	}
	const free = "33333333-2222-4333-8444-555555555555"
	for _, tc := range []struct {
		about  string
		form   url.Values
		header []string
		code   int // 0 for a token
	}{
		{"the right secret", edited(clientForm(), "client_secret", "s3cret"), nil, 0},
		{"the right secret in the header", edited(clientForm(), "client_secret", "", "client_id", ""), []string{"Authorization", basic(testApp, "s3cret")}, 0},
		{"another secret", edited(clientForm(), "client_secret", "S3cret"), nil, 7000215},
		{"another secret in the header", edited(clientForm(), "client_secret", "", "client_id", ""), []string{"Authorization", basic(testApp, "no")}, 7000215},
		{"any secret of an application that nobody knows", edited(clientForm(), "client_id", free), nil, 0},
		{"the word that is always wrong", edited(clientForm(), "client_id", free, "client_secret", WrongSecret), nil, 7000215},
		{"the word that has always expired", edited(clientForm(), "client_id", free, "client_secret", ExpiredSecret), nil, 7000222},
		{"a secret where a certificate is known", edited(clientForm(), "client_id", otherApp), nil, 7000215},
		{"a certificate where a secret is known", with(testApp, key, cert, "x5t"), nil, 700027},
		{"the right certificate by x5t", with(otherApp, key, cert, "x5t"), nil, 0},
		{"the right certificate by x5t#S256", with(otherApp, key, cert, "x5t#S256"), nil, 0},
		{"the right certificate in x5c", with(otherApp, key, cert, "x5c"), nil, 0},
		{"another certificate", with(otherApp, strangerKey, strangerCert, "x5t"), nil, 700027},
		{"another certificate in x5c", with(otherApp, strangerKey, strangerCert, "x5c"), nil, 700027},
		{"the right name, another key", with(otherApp, strangerKey, cert, "x5t"), nil, 700027},
		{"of an application that nobody knows, by x5t", with(free, strangerKey, strangerCert, "x5t"), nil, 0},
		{"of an application that nobody knows, by x5c, another key", with(free, strangerKey, cert, "x5c"), nil, 700027},
	} {
		t.Run(tc.about, func(t *testing.T) {
			got := r.post(tokenPath, tc.form, tc.header...)
			if tc.code == 0 && got.status == 200 {
				return
			}
			if got.status != 401 || got.text("error") != invalidClient || got.code() != tc.code {
				t.Errorf("got %d %s, want %d", got.status, got.body, tc.code)
			}
		})
	}
}

// TestKeysThatCostTooMuch: the time that a signature takes to check grows with the square of its key, so keys that callers bring along
// have to be of a usual size. Were it looked at, this one would be refused all the same, seconds later: it is known by its hint.
func TestKeysThatCostTooMuch(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	key, _ := certificate(t)
	huge := &rsa.PublicKey{N: new(big.Int).SetBit(new(big.Int).Lsh(big.NewInt(1), mostAssertionBits), 0, 1), E: 65537}
	curved, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for about, public := range map[string]crypto.PublicKey{"an RSA key of too many bits": huge, "an elliptic one": curved.Public()} {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		got := r.post(tokenPath, form("grant_type", "client_credentials", "client_id", testApp, "scope", graphScope, "client_assertion_type", assertionType,
			"client_assertion", assertion(t, key, cert, assertionClaims(r, tokenPath), "x5c")))
		if got.status != 401 || got.code() != 700027 || !strings.Contains(got.header.Get(HintHeader), "8192") {
			t.Errorf("%s: got %d %s, hint %q", about, got.status, got.body, got.header.Get(HintHeader))
		}
	}
}

// certificate makes a key with a certificate around it.
func certificate(t *testing.T) (*rsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "an application"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, cert
}

func assertionClaims(r *rig, path string) map[string]any {
	return map[string]any{
		"iss": testApp, "sub": testApp, "aud": r.server.URL + path, "jti": "1", "nbf": r.now.Unix(), "exp": r.now.Add(5 * time.Minute).Unix(),
	}
}

// assertion signs claims as an application does; header says how the certificate is named.
func assertion(t *testing.T, key crypto.Signer, cert *x509.Certificate, claims map[string]any, header ...string) string {
	t.Helper()
	options := (&jose.SignerOptions{}).WithType("JWT")
	for _, name := range header {
		old, now := sha1.Sum(cert.Raw), sha256.Sum256(cert.Raw)
		switch name {
		case "x5t":
			options.WithHeader("x5t", base64.RawURLEncoding.EncodeToString(old[:]))
		case "x5t#S256":
			options.WithHeader("x5t#S256", base64.RawURLEncoding.EncodeToString(now[:]))
		case "x5c":
			options.WithHeader("x5c", []string{base64.StdEncoding.EncodeToString(cert.Raw)})
		}
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.PS256, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}
