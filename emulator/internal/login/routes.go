package login

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/mux"
	"github.com/outlocal/outlocal/internal/serve"
)

// exchange is one request to the authority.
type exchange struct {
	*Authority
	w      http.ResponseWriter
	r      *http.Request
	origin string // scheme://host that the client used, which all links begin with (R2)
	tenant tenant
	v1     bool // one of the endpoints of 2013, that know resources and no scopes
}

// routes lists what can be asked, with the tenant first. Every other path belongs to somebody else.
func (a *Authority) routes() *mux.Router {
	r := mux.NewRouter().SkipClean(true)
	for _, endpoint := range []struct {
		path, pathV1 string
		handle       func(*exchange)
	}{
		{"/v2.0/.well-known/openid-configuration", "/.well-known/openid-configuration", (*exchange).configuration},
		{"/discovery/v2.0/keys", "/discovery/keys", (*exchange).publishKeys},
		{"/oauth2/v2.0/authorize", "/oauth2/authorize", (*exchange).authorize},
		{"/oauth2/v2.0/token", "/oauth2/token", (*exchange).token},
		{"/oauth2/v2.0/devicecode", "/oauth2/devicecode", (*exchange).deviceCode},
		{"/oauth2/v2.0/logout", "/oauth2/logout", (*exchange).logout},
	} {
		r.HandleFunc("/{tenant}"+endpoint.path, a.handle(secondVersion, endpoint.handle)).Name(endpoint.path)
		r.HandleFunc("/{tenant}"+endpoint.pathV1, a.handle(firstVersion, endpoint.handle)).Name(endpoint.pathV1)
	}
	r.HandleFunc("/{tenant}/oauth2/deviceauth", a.handle(secondVersion, (*exchange).deviceAuth)).Name("device page")
	r.HandleFunc("/{tenant}/openid/userinfo", a.handle(firstVersion, (*exchange).userInfo)).Name("user info of the first version")
	r.HandleFunc("/oidc/userinfo", a.handle(secondVersion, (*exchange).userInfo)).Name("user info")
	r.HandleFunc("/common/discovery/instance", a.handle(secondVersion, (*exchange).instance)).Name("instance discovery")
	return r
}

// endpointVersion tells endpoints of the same name apart.
type endpointVersion bool

const (
	firstVersion  endpointVersion = true
	secondVersion endpointVersion = false
)

func (a *Authority) handle(v endpointVersion, h func(*exchange)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{Authority: a, w: w, r: r, origin: serve.Origin(r), v1: bool(v)}
		if step, ok := mux.Vars(r)["tenant"]; ok {
			var refused *Error
			if x.tenant, refused = a.tenantOf(step); refused != nil {
				a.refuseJSON(w, r, refused)
				return
			}
		}
		h(x)
	}
}

// Serves tells whether a request is one for the authority; all others are somebody else's.
func (a *Authority) Serves(r *http.Request) bool {
	var match mux.RouteMatch
	return a.router().Match(inLowerCase(r), &match)
}

// ServeHTTP answers a request to the authority.
func (a *Authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.router().ServeHTTP(w, inLowerCase(r))
}

// inLowerCase lets the letters' case not matter: libraries write the whole authority in lower case, documents don't (R1).
func inLowerCase(r *http.Request) *http.Request {
	lower := new(http.Request)
	*lower = *r
	lower.URL = new(url.URL)
	*lower.URL = *r.URL
	lower.URL.Path, lower.URL.RawPath = strings.ToLower(r.URL.Path), ""
	return lower
}
