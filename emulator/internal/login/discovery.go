package login

import (
	"net/http"
	"net/url"
	"strings"
)

// configuration is the document that tells a client where everything is (W8.2-01, R2).
type configuration struct {
	TokenEndpoint         string   `json:"token_endpoint"`
	TokenAuthentication   []string `json:"token_endpoint_auth_methods_supported"`
	JWKS                  string   `json:"jwks_uri"`
	ResponseModes         []string `json:"response_modes_supported"`
	SubjectTypes          []string `json:"subject_types_supported"`
	IDTokenSigning        []string `json:"id_token_signing_alg_values_supported"`
	ResponseTypes         []string `json:"response_types_supported"`
	Scopes                []string `json:"scopes_supported,omitempty"`
	Issuer                string   `json:"issuer"`
	RequestURI            bool     `json:"request_uri_parameter_supported"`
	UserInfo              string   `json:"userinfo_endpoint"`
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	DeviceAuthorization   string   `json:"device_authorization_endpoint"`
	FrontchannelLogout    bool     `json:"http_logout_supported"`
	Logout                string   `json:"end_session_endpoint"`
	Challenges            []string `json:"code_challenge_methods_supported"`
	Claims                []string `json:"claims_supported"`
	Region                *string  `json:"tenant_region_scope"`
	CloudInstance         string   `json:"cloud_instance_name"`
	CloudGraph            string   `json:"cloud_graph_host_name"`
	GraphHost             string   `json:"msgraph_host"`
}

// cloud is the name of the world-wide service among its national kin.
const cloud = "microsoftonline.com"

func (x *exchange) configuration() {
	at, version := x.origin+"/"+x.tenant.name, "/v2.0"
	if x.v1 {
		version = ""
	}
	doc := configuration{
		AuthorizationEndpoint: at + "/oauth2" + version + "/authorize",
		TokenEndpoint:         at + "/oauth2" + version + "/token",
		DeviceAuthorization:   at + "/oauth2" + version + "/devicecode",
		Logout:                at + "/oauth2" + version + "/logout",
		JWKS:                  at + "/discovery" + version + "/keys",
		UserInfo:              x.origin + "/oidc/userinfo",
		Issuer:                issuerV2(x.origin, x.tenant.issuing()),
		TokenAuthentication:   []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		ResponseModes:         []string{"query", "fragment", "form_post"},
		ResponseTypes:         []string{"code", "id_token", "code id_token"},
		SubjectTypes:          []string{"pairwise"},
		IDTokenSigning:        []string{"RS256"},
		Challenges:            []string{"S256", "plain"},
		Claims:                []string{"sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver", "c_hash", "email"},
		CloudInstance:         cloud, CloudGraph: "graph.windows.net", GraphHost: "graph.microsoft.com",
		FrontchannelLogout: true,
	}
	if x.v1 {
		doc.Issuer = issuerV1(x.tenant.issuing())
		doc.UserInfo = at + "/openid/userinfo"
	} else {
		doc.Scopes = []string{"openid", "profile", "email", "offline_access"}
	}
	x.say(doc)
}

// publishKeys lets everybody check what was signed here (W4.10-16, R31).
func (x *exchange) publishKeys() {
	issuer := ""
	if !x.v1 {
		issuer = issuerV2(x.origin, x.tenant.issuing())
	}
	x.say(map[string][]jsonWebKey{"keys": {x.keys().published(issuer)}})
}

// instance tells a library that does not know the authority's host that it may trust it (W8.2-03, R3).
func (x *exchange) instance() {
	text := x.r.FormValue("authorization_endpoint")
	if text == "" {
		x.refuse(missing("authorization_endpoint"))
		return
	}
	endpoint, err := url.Parse(text)
	if err != nil || endpoint.Host == "" {
		x.refuse(refuse(invalidTarget, 50049, "Unknown or invalid instance.").hinted("authorization_endpoint is a URL such as %s/common/oauth2/v2.0/authorize", x.origin))
		return
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(endpoint.Path, "/"), "/")
	asked, refused := x.tenantOf(name)
	if refused != nil {
		x.refuse(refused)
		return
	}
	type host struct {
		Network string   `json:"preferred_network"`
		Cache   string   `json:"preferred_cache"`
		Aliases []string `json:"aliases"`
	}
	known := []host{{"login.microsoftonline.com", "login.windows.net", []string{"login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"}}}
	if here := strings.ToLower(endpoint.Host); here != known[0].Network {
		known = append(known, host{here, here, []string{here}})
	}
	x.say(map[string]any{
		"tenant_discovery_endpoint": endpoint.Scheme + "://" + endpoint.Host + "/" + asked.name + "/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata":                  known,
	})
}

// say answers a program.
func (x *exchange) say(body any) { writeJSON(x.w, http.StatusOK, x.traceOf(x.r), body) }

// refuse answers a program that can't have what it wants.
func (x *exchange) refuse(e *Error) { x.refuseJSON(x.w, x.r, e) }
