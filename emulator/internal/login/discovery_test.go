package login

import (
	"strings"
	"testing"
)

func TestConfiguration(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const unknown = "0f0e0d0c-0b0a-4908-8706-050403020100"
	for _, tc := range []struct {
		about  string
		rules  string
		path   string
		name   string // of the tenant in the endpoints
		issuer string // after the origin
	}{
		{"a GUID", "rules: W8.2-01 W8.2-02 R1 R2", "/" + testTenant + "/v2.0/.well-known/openid-configuration", testTenant, "/" + testTenant + "/v2.0"},
		{"a GUID in capitals", "rules: R1", "/" + strings.ToUpper(testTenant) + "/v2.0/.well-known/openid-configuration", testTenant, "/" + testTenant + "/v2.0"},
		{"a GUID that nobody knows", "rules: R1", "/" + unknown + "/v2.0/.well-known/openid-configuration", unknown, "/" + unknown + "/v2.0"},
		{"a domain", "rules: R1", "/contoso.onmicrosoft.com/v2.0/.well-known/openid-configuration", testTenant, "/" + testTenant + "/v2.0"},
		{"common", "rules: R1", "/common/v2.0/.well-known/openid-configuration", "common", "/{tenantid}/v2.0"},
		{"organizations", "rules: R1", "/organizations/v2.0/.well-known/openid-configuration", "organizations", "/{tenantid}/v2.0"},
		{"consumers", "", "/consumers/v2.0/.well-known/openid-configuration", "consumers", "/" + consumerTenant + "/v2.0"},
		{"with an empty query", "rules: R1", "/common/v2.0/.well-known/openid-configuration?", "common", "/{tenantid}/v2.0"},
		{"every letter in lower case or not", "rules: R1", "/Common/V2.0/.well-known/OpenID-Configuration", "common", "/{tenantid}/v2.0"},
	} {
		t.Run(tc.about, func(t *testing.T) {
			got := r.get(tc.path)
			at := r.server.URL + "/" + tc.name
			for name, want := range map[string]string{
				"issuer":                        r.server.URL + tc.issuer,
				"authorization_endpoint":        at + "/oauth2/v2.0/authorize",
				"token_endpoint":                at + "/oauth2/v2.0/token",
				"device_authorization_endpoint": at + "/oauth2/v2.0/devicecode",
				"end_session_endpoint":          at + "/oauth2/v2.0/logout",
				"jwks_uri":                      at + "/discovery/v2.0/keys",
				"userinfo_endpoint":             r.server.URL + "/oidc/userinfo",
			} {
				if got.text(name) != want {
					t.Errorf("%s is %q, want %q", name, got.text(name), want)
				}
			}
			if got.header.Get("Access-Control-Allow-Origin") != "*" {
				t.Error("a page in a browser can't read it")
			}
		})
	}
	first := r.get("/common/.well-known/openid-configuration") // the endpoints of the first version stay among themselves
	if first.text("issuer") != "https://sts.windows.net/{tenantid}/" || first.text("token_endpoint") != r.server.URL+"/common/oauth2/token" ||
		first.text("jwks_uri") != r.server.URL+"/common/discovery/keys" {
		t.Errorf("the first version's document is %s", first.body)
	}
	behind := r.get("/common/v2.0/.well-known/openid-configuration", "X-Forwarded-Host", "login.example.com") // rules: R2
	if behind.text("token_endpoint") != "https://login.example.com/common/oauth2/v2.0/token" &&
		behind.text("token_endpoint") != "http://login.example.com/common/oauth2/v2.0/token" {
		t.Errorf("behind a proxy the token endpoint is %q", behind.text("token_endpoint"))
	}
}

func TestEveryLinkOfTheConfigurationIsServed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, path := range []string{"/common/v2.0/.well-known/openid-configuration", "/common/.well-known/openid-configuration"} {
		for name, value := range r.get(path).fields {
			link, _ := value.(string)
			if !strings.HasPrefix(link, r.server.URL) || name == "issuer" {
				continue
			}
			if got := r.get(strings.TrimPrefix(link, r.server.URL)); got.status == 404 {
				t.Errorf("%s: %s (%s) is not served", path, name, link)
			}
		}
	}
}

// rules: W8.2-03 R3
func TestInstanceDiscovery(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	got := r.get("/common/discovery/instance?api-version=1.1&authorization_endpoint=https%3A%2F%2Flocalhost%3A3651%2FContoso.com%2Foauth2%2Fv2.0%2Fauthorize")
	if want := "https://localhost:3651/" + testTenant + "/v2.0/.well-known/openid-configuration"; got.text("tenant_discovery_endpoint") != want {
		t.Errorf("tenant_discovery_endpoint is %q, want %q", got.text("tenant_discovery_endpoint"), want)
	}
	found := false
	known, _ := got.fields["metadata"].([]any)
	for _, m := range known {
		host, _ := m.(map[string]any)
		aliases, _ := host["aliases"].([]any)
		found = found || host["preferred_network"] == "localhost:3651" && host["preferred_cache"] == "localhost:3651" && len(aliases) == 1 && aliases[0] == "localhost:3651"
	}
	if !found {
		t.Errorf("metadata does not know the host that was asked for: %s", got.body)
	}
	for _, tc := range []struct {
		about, query, name string
		code               int
	}{
		{"no endpoint", "", invalidRequest, 900144},
		{"no URL", "?authorization_endpoint=localhost", invalidTarget, 50049},
		{"no tenant", "?authorization_endpoint=https%3A%2F%2Flocalhost%2F", invalidRequest, 900023},
	} {
		if got := r.get("/common/discovery/instance" + tc.query); got.status != 400 || got.text("error") != tc.name || got.code() != tc.code {
			t.Errorf("%s: got %d %s", tc.about, got.status, got.body)
		}
	}
}

func TestServes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for path, want := range map[string]bool{
		"/common/oauth2/v2.0/token": true, "/CONTOSO.com/oauth2/token": true, "/oidc/userinfo": true, "/common/discovery/instance": true,
		"/v1.0/me/messages": false, "/": false, "/common": false, "/common/oauth2/v2.0/tokens": false, "/a/b/oauth2/v2.0/token": false,
	} {
		req := mustRequest(t, path)
		if got := r.Serves(req); got != want {
			t.Errorf("%s: %v", path, got)
		}
		if req.URL.Path != path {
			t.Errorf("the path of the request became %s", req.URL.Path)
		}
	}
	if got := r.get("/nowhere/oauth2/v2.0/token"); got.status != 400 || got.code() != 900023 {
		t.Errorf("a tenant that can be none: got %d %s", got.status, got.body)
	}
}
