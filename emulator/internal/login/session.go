package login

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// logout has nobody to forget: it sends the browser on, or says goodbye.
func (x *exchange) logout() {
	x.r.Body = http.MaxBytesReader(x.w, x.r.Body, largestForm)
	back := x.r.FormValue("post_logout_redirect_uri")
	if u, err := url.Parse(back); err == nil && u.Host != "" && slices.Contains([]string{"http", "https"}, u.Scheme) {
		if state := x.r.FormValue("state"); state != "" {
			query := u.Query()
			query.Set("state", state)
			u.RawQuery = query.Encode()
		}
		x.w.Header().Set("Location", u.String())
		x.w.WriteHeader(http.StatusFound)
		return
	}
	x.showPage(http.StatusOK, "message", messagePage{Title: "You signed out of your account", Text: "It's a good idea to close all browser windows."})
}

// userInfo tells whose token one has. It takes tokens for Graph only, as the service's does.
func (x *exchange) userInfo() {
	scheme, token, _ := strings.Cut(x.r.Header.Get("Authorization"), " ")
	said, rejected := Claims{}, &Rejection{NoToken, "send a header Authorization: Bearer TOKEN"}
	if token = strings.TrimSpace(token); strings.EqualFold(scheme, "Bearer") && token != "" {
		said, rejected = x.Verify(token)
	}
	if rejected == nil && (!IsGraph(said.Audience) || said.AppOnly()) {
		rejected = &Rejection{Misdirect, "it is no user's token for Microsoft Graph"}
	}
	if rejected != nil {
		x.w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		setHint(x.w, rejected.Hint)
		writeJSON(x.w, http.StatusUnauthorized, x.traceOf(x.r), map[string]any{
			"error": map[string]string{"code": "InvalidAuthenticationToken", "message": "Access token validation failure."},
		})
		return
	}
	x.say(map[string]string{
		"sub": said.Subject, "name": said.Name, "given_name": said.GivenName, "family_name": said.FamilyName, "email": said.UPN,
		"picture": "https://graph.microsoft.com/v1.0/me/photo/$value",
	})
}
