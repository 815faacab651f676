package login

import (
	"crypto/subtle"
	"net/url"
	"strings"
)

// Secrets that are refused, so that a program can be seen to cope. Every other one is good, save for applications that have one of their
// own.
const (
	WrongSecret   = "wrong-secret"   //nolint:gosec // a word that is never taken
	ExpiredSecret = "expired-secret" //nolint:gosec // a word that is never taken
)

// client is the application that asks.
type client struct {
	id    string
	proof string // how it proved that
}

// demand says whether an application has to prove who it is.
type demand uint8

const (
	mayBePublic  demand = iota // only if it has credentials
	confidential               // always
	byCredential               // always, as there is nobody else to answer for it
)

// client finds out who asks, and whether it is true.
func (x *exchange) client(form url.Values, d demand) (client, *Error) {
	c := client{id: strings.ToLower(form.Get("client_id")), proof: notProven}
	secret := form.Get("client_secret")
	if user, password, ok := x.r.BasicAuth(); ok { // both are form-encoded there, by RFC 6749
		if name, err := url.QueryUnescape(user); err == nil && c.id == "" {
			c.id = strings.ToLower(name)
		}
		if word, err := url.QueryUnescape(password); err == nil && secret == "" {
			secret = word
		}
	}
	if refused := x.checkApplication(c.id); refused != nil {
		return c, refused
	}
	app, registered := x.app(c.id)
	assertion := form.Get("client_assertion")
	switch {
	case assertion != "" || form.Get("client_assertion_type") != "":
		c.proof = provenByCertificate
		return c, x.checkAssertion(form, c.id, app)
	case secret != "":
		c.proof = provenBySecret
		return c, checkSecret(c.id, secret, app)
	case d == byCredential:
		return c, refuse(invalidClient, 7000216, "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.").
			hinted("send client_secret; any will do unless the emulator was given one for this application with --app")
	case d == confidential || registered:
		return c, refuse(invalidClient, 7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.").
			hinted("a public client needs PKCE: send code_challenge when you ask for the code; any client_secret will do unless the emulator was given one with --app")
	}
	return c, nil
}

// checkApplication refuses what can't be an application's id. Any GUID is known here.
func (x *exchange) checkApplication(id string) *Error {
	switch {
	case id == "":
		return missing("client_id")
	case !isGUID(id):
		return refuse(unauthorizedClient, 700016, "Application with identifier '%s' was not found in the directory '%s'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.", id, x.tenant.name).
			hinted("client_id is a GUID; any will do here")
	}
	return nil
}

// app is what the Config knows of an application.
func (a *Authority) app(id string) (App, bool) {
	for _, app := range a.config.Apps {
		if strings.EqualFold(app.ID, id) {
			return app, true
		}
	}
	return App{}, false
}

func checkSecret(id, secret string, app App) *Error {
	if secret == ExpiredSecret {
		return refuse(invalidClient, 7000222, "The provided client secret keys for app '%s' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.", id).
			hinted("that word is refused on purpose: any other secret will do")
	}
	known := app.Secret != "" || app.Certificate != nil
	right := subtle.ConstantTimeCompare([]byte(secret), []byte(app.Secret)) == 1
	if secret != WrongSecret && (!known || right && app.Secret != "") {
		return nil
	}
	e := refuse(invalidClient, 7000215, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '%s'.", id)
	switch {
	case secret == WrongSecret:
		return e.hinted("that word is refused on purpose: any other secret will do")
	case app.Secret == "":
		return e.hinted("the emulator was given a certificate for this application, and no secret (--app)")
	}
	return e.hinted("the emulator was given another secret for this application (--app)")
}
