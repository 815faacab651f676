package login

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/url"
	"strings"
	"time"
)

const (
	// codeLife is how long a code can be redeemed, as at the service.
	codeLife = 10 * time.Minute

	// refreshLife is how long a refresh token can lie about unused, as at the service.
	refreshLife = 90 * 24 * time.Hour
)

// clientCredentials gives an application its own token (W8.1-02).
func (x *exchange) clientCredentials(form url.Values) (receipt, *Error) {
	c, refused := x.client(form, byCredential)
	if refused != nil {
		return receipt{}, refused
	}
	switch {
	case x.v1 && form.Get("resource") == "":
		return receipt{}, missing("resource")
	case !x.v1 && form.Get("scope") == "":
		return receipt{}, missing("scope")
	}
	w, refused := x.wish(form)
	if refused != nil {
		return receipt{}, refused
	}
	if !w.all {
		return receipt{}, refuse(invalidScope, 1002012, "The provided value for scope %s is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).", form.Get("scope")).
			hinted("ask for https://graph.microsoft.com/.default; for a token with few roles: outlocal token --app-only --scope Mail.Read")
	}
	t := x.tenant.id
	if t == "" {
		t = x.config.Tenant
	}
	return receipt{client: c, tenant: t, wish: w}, nil
}

// authorizationCode redeems a code (W8.1-03).
func (x *exchange) authorizationCode(form url.Values) (receipt, *Error) {
	text := form.Get("code")
	if text == "" {
		return receipt{}, missing("code")
	}
	g, err := x.seal.open(forCode, text)
	if err != nil {
		return receipt{}, malformed(invalidGrant).hinted("the code was not given by this emulator, not by this run of it, or was changed on its way")
	}
	need := confidential
	if g.Challenge != "" {
		need = mayBePublic // PKCE proves that the one who redeems is the one who asked
	}
	c, refused := x.client(form, need)
	if refused != nil {
		return receipt{}, refused
	}
	if refused := x.checkCode(g, c, form); refused != nil {
		return receipt{}, refused
	}
	got, refused := x.resume(g, c, form)
	if refused != nil {
		return receipt{}, refused
	}
	if !x.redeem(g) {
		return receipt{}, refuse(invalidGrant, 54005, "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.")
	}
	return got, nil
}

func (x *exchange) checkCode(g grant, c client, form url.Values) *Error {
	redirect := form.Get("redirect_uri")
	switch {
	case g.App != c.id:
		return refuse(invalidGrant, 70000, "Provided grant is invalid or malformed.").hinted("the code was given to another client_id")
	case !x.config.Now().Before(g.Issued.Add(codeLife)):
		return refuse(invalidGrant, 70008, "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.").
			hinted("a code can be redeemed for %v", codeLife)
	case redirect == "":
		return refuse(invalidRequest, 900971, "No reply address provided.").hinted("repeat the redirect_uri that the code was asked for with")
	case redirect != g.Redirect:
		return refuse(invalidClient, 500112, "The reply address '%s' does not match the reply address '%s' provided when requesting Authorization code.", bare(redirect), bare(g.Redirect))
	}
	return checkVerifier(g, form.Get("code_verifier"))
}

// bare is a URL without its query and its fragment, which may hold anything.
func bare(text string) string {
	if end := strings.IndexAny(text, "?#"); end >= 0 {
		return text[:end]
	}
	return text
}

func checkVerifier(g grant, verifier string) *Error {
	switch {
	case g.Challenge == "" && verifier == "":
		return nil
	case g.Challenge == "":
		return refuse(invalidGrant, 501481, "The Code_Verifier does not match the code_challenge supplied in the authorization request.").hinted("the code was asked for without a code_challenge")
	case verifier == "":
		return refuse(invalidGrant, 50148, "The code_verifier does not match the code_challenge supplied in the authorization request for PKCE.").hinted("code_verifier is missing")
	}
	derived := verifier
	if !g.Plain {
		sum := sha256.Sum256([]byte(verifier))
		derived = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	if subtle.ConstantTimeCompare([]byte(derived), []byte(g.Challenge)) != 1 {
		return refuse(invalidGrant, 501481, "The Code_Verifier does not match the code_challenge supplied in the authorization request.")
	}
	return nil
}

// redeem marks a code as used, and tells whether it was not before.
func (a *Authority) redeem(g grant) bool {
	now := a.config.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, used := a.redeemed[g.ID]; used {
		return false
	}
	for id, until := range a.redeemed {
		if !now.Before(until) {
			delete(a.redeemed, id)
		}
	}
	a.redeemed[g.ID] = g.Issued.Add(codeLife)
	return true
}

// refresh gives new tokens for a refresh token, and a new one of these: the old one stays good, as at the service.
func (x *exchange) refresh(form url.Values) (receipt, *Error) {
	text := form.Get("refresh_token")
	if text == "" {
		return receipt{}, missing("refresh_token")
	}
	c, refused := x.client(form, mayBePublic)
	if refused != nil {
		return receipt{}, refused
	}
	g, err := x.seal.open(forRefresh, text)
	switch {
	case err != nil:
		return receipt{}, malformed(invalidGrant).hinted("the refresh token was not given by this emulator, not by this run of it, or was changed on its way")
	case g.App != c.id:
		return receipt{}, refuse(invalidGrant, 70000, "Provided grant is invalid or malformed.").hinted("the refresh token was given to another client_id")
	case !x.config.Now().Before(g.Issued.Add(refreshLife)):
		return receipt{}, refuse(invalidGrant, 700082, "The refresh token has expired due to inactivity. The token was issued on %s and was inactive for %d.00:00:00.",
			g.Issued.UTC().Format("2006-01-02T15:04:05.0000000Z"), int(refreshLife.Hours()/24))
	}
	return x.resume(g, c, form)
}

// resume is who and what a grant was for. The request may ask for something else this time.
func (x *exchange) resume(g grant, c client, form url.Values) (receipt, *Error) {
	user, err := x.config.Users.Resolve(g.User)
	if err != nil {
		return receipt{}, refuse(invalidGrant, 50034, "The user account {EUII Hidden} does not exist in the %s directory. To sign into this application, the account must be added to the directory.", g.Tenant).
			hinted("%v", err)
	}
	got := receipt{
		client: c, user: &user, tenant: g.Tenant, nonce: g.Nonce, offer: true,
		wish: wish{audience: g.Audience, names: g.Scopes, asked: g.Asked, all: g.All, openID: g.OpenID, offline: g.Offline},
	}
	if form.Get("scope") == "" && form.Get("resource") == "" {
		return got, nil
	}
	again, refused := x.wish(form)
	if refused != nil {
		return receipt{}, refused
	}
	if x.v1 && form.Get("resource") == "" { // which knows no scopes
		return got, nil
	}
	again.openID, again.offline = again.openID || g.OpenID, again.offline || g.Offline
	if again.plain {
		again.audience, again.names, again.all = g.Audience, g.Scopes, g.All
	}
	got.wish = again
	return got, nil
}

// onBehalfOf changes a user's token for this application into one for what is behind it (W8.1-06).
func (x *exchange) onBehalfOf(form url.Values) (receipt, *Error) {
	for _, field := range []string{"assertion", "requested_token_use"} {
		if form.Get(field) == "" {
			return receipt{}, missing(field)
		}
	}
	if form.Get("requested_token_use") != "on_behalf_of" {
		return receipt{}, malformed(invalidRequest).hinted("requested_token_use is on_behalf_of")
	}
	c, refused := x.client(form, confidential)
	if refused != nil {
		return receipt{}, refused
	}
	said, rejected := x.Verify(form.Get("assertion"))
	if rejected != nil {
		return receipt{}, refuseAssertion(rejected, said)
	}
	if !strings.EqualFold(said.Audience, c.id) && !strings.HasPrefix(strings.ToLower(said.Audience), "api://") {
		return receipt{}, refuse(invalidGrant, 500131, "Assertion audience does not match the Client app presenting the assertion. The audience in the assertion was '%s' and the expected audience is '%s' or one of the Application Uris of this application with App ID '%s'. The downstream client must request a token for the expected audience (the application that made the OBO request) and this application should use that token as the assertion.", said.Audience, c.id, c.id)
	}
	if said.AppOnly() {
		return receipt{}, refuse(invalidRequest, 7000114, "Application '%s' is not allowed to make application on-behalf-of calls.", said.Application()).hinted("the assertion has to be a user's token, not an application's own")
	}
	user, err := x.config.Users.Resolve(said.User())
	if err != nil {
		return receipt{}, refuse(invalidGrant, 50013, "Assertion failed signature validation.").hinted("%v", err)
	}
	w, refused := x.wish(form)
	if refused != nil {
		return receipt{}, refused
	}
	w.openID = w.openID && !x.v1
	return receipt{client: c, user: &user, tenant: said.Tenant, wish: w, offer: true}, nil
}

// refuseAssertion words why a user's token does not do.
func refuseAssertion(r *Rejection, said Claims) *Error {
	const form = "2006-01-02T15:04:05.0000000Z"
	switch r.Doubt {
	case Malformed:
		return refuse(invalidRequest, 50027, "JWT token is invalid or malformed.").hinted("assertion is an access token that this emulator issued")
	case Over, NotYet:
		return refuse(invalidGrant, 500133, "Assertion is not within its valid time range. Ensure that the access token is not expired before using it for user assertion, or request a new token. Assertion valid from %s, expiry time of assertion %s.",
			time.Unix(said.NotBefore, 0).UTC().Format(form), time.Unix(said.Expires, 0).UTC().Format(form))
	}
	return refuse(invalidGrant, 50013, "Assertion failed signature validation. [Reason - The key was not found.]").hinted("assertion: %s", r.Hint)
}
