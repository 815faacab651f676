package api

import (
	"encoding/base64"
	"fmt"
	"maps"
	"strings"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/login"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/notify"
)

// Here tokens are refused, in each service's own way. Which are checked at all is identify's matter.

// checkAudience keeps a token to the service that it is for (W8.1-09), and an application's own away from Outlook unless it proved
// itself with a certificate, as that service demands.
func (c *call) checkAudience(claims *login.Claims) *login.Rejection {
	right, wanted := login.IsGraph(claims.Audience), "https://graph.microsoft.com/.default"
	if c.d.Family == dialect.Outlook {
		right, wanted = login.IsOutlook(claims.Audience), "https://outlook.office.com/.default"
	}
	switch {
	case !right:
		return &login.Rejection{Doubt: login.Misdirect, Hint: fmt.Sprintf("the token is for %s; under %s ask for one with the scope %s", claims.Audience, c.mount, wanted)}
	case c.d.Family == dialect.Outlook && claims.AppOnly() && claims.ProvenBySecret():
		return &login.Rejection{Doubt: login.TooWeak, Hint: "for Outlook's API an application has to sign in with a certificate (client_assertion), not with a secret"}
	}
	return nil
}

// refuseToken words why a token is not taken (W6.3-11, W6.3-12).
func (c *call) refuseToken(why *login.Rejection) *notify.Error {
	e := c.d.Refuse(dialect.Unauthorized)
	e.Hint = why.Hint
	e.Header = challenge(c.d.Family)
	if text := c.doubtText(why.Doubt); text != "" {
		e.Message = text
	}
	if c.d.Family != dialect.Outlook || why.Doubt == login.NoToken {
		return e
	}
	e.Header["x-caserrorcode"] = "InvalidToken"
	if why.Doubt == login.TooWeak {
		e.Header["x-ms-diagnostics"] = `2000010;reason="` + tooWeak + `";error_category="insufficient_auth_strength"`
	}
	return e
}

const tooWeak = "The access token is acquired using an authentication method that is too weak to allow access for this application. Presented auth strength was 1, required is 2."

// doubtText is what the message of a refusal says beyond that there is no token; empty where that is it.
func (c *call) doubtText(d login.Doubt) string {
	switch d {
	case login.Malformed:
		return "CompactToken parsing failed with error code: 80049217"
	case login.Unsigned:
		return "Access token validation failure."
	case login.NotYet:
		return "Lifetime validation failed, the token is not yet valid."
	case login.Over:
		return "Lifetime validation failed, the token is expired."
	case login.Misdirect:
		return "Access token validation failure. Invalid audience."
	case login.TooWeak:
		return tooWeak
	case login.Insufficient:
		return insufficient
	}
	return ""
}

// challenge is what each service's 401 carries beside the body (W6.1-04, W6.1-05).
func challenge(f dialect.Family) map[string]string {
	if f == dialect.Graph {
		return map[string]string{
			"WWW-Authenticate": `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="` + login.GraphID + `"`,
		}
	}
	return map[string]string{
		"WWW-Authenticate": `Bearer client_id="` + login.OutlookID + `", trusted_issuers="00000001-0000-0000-c000-000000000000@*", error="invalid_token"`,
		"x-caserrorcode":   "MissingToken",
		"x-feserver":       "OUTLOCAL",
		"x-beserver":       "OUTLOCAL",
	}
}

const insufficient = "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp"

// challengeClaims asks for a newer token, as the service does after a password was changed or an account was blocked (R16). What is
// wanted of the token stands in the header, for the client to hand on when it signs in anew.
func (c *call) challengeClaims() *notify.Error {
	e := c.refuseToken(&login.Rejection{Doubt: login.Insufficient})
	wanted := fmt.Sprintf(`{"access_token":{"nbf":{"essential":true, "value":"%d"}}}`, login.Seconds(c.Clock.Wall()))
	e.Header = maps.Clone(e.Header)
	e.Header["WWW-Authenticate"] = strings.TrimSuffix(e.Header["WWW-Authenticate"], `, error="invalid_token"`) +
		`, error="insufficient_claims", claims="` + base64.StdEncoding.EncodeToString([]byte(wanted)) + `"`
	return e
}

// clients are libraries that send no token where one might think that they do, by what their requests say of them (W8.3-04).
func clients() []struct{ header, begins, plain, secure string } {
	return []struct{ header, begins, plain, secure string }{
		{"SdkVersion", "graph-js",
			"the JavaScript SDK attaches no token over http: use the https address, and name its host, without the port, in customHosts",
			"the JavaScript SDK attaches a token only for hosts that it knows: name this one, without the port, in customHosts"},
		{"User-Agent", "kiota",
			"kiota sends a token over http to localhost, 127.0.0.1 and [::1] only, and to hosts among its valid hosts only: use the https address, and name its host without the port",
			"kiota sends no token to hosts that are not among its valid hosts: name this one, without the port, where the authentication provider is made"},
		{"SdkVersion", "graph-",
			"this SDK sends a token over http to localhost, 127.0.0.1 and [::1] only, and to hosts among its valid hosts only: use the https address, and name its host without the port",
			"this SDK sends no token to hosts that are not among its valid hosts: name this one, without the port, where the authentication provider is made"},
	}
}

// whyNoToken guesses from a request why it came without a token.
func (c *call) whyNoToken() string {
	sent := "send a header Authorization: Bearer TOKEN; any token will do here"
	if c.Issued != nil {
		sent = "send a header Authorization: Bearer TOKEN, with a token that this emulator issued (--auth issued): sign in at " + c.origin + "/common, or run outlocal token"
	}
	if c.r.Header.Get("Authorization") != "" {
		return sent + "; what came in Authorization is not of that form"
	}
	for _, known := range clients() {
		if !mentions(c.r.Header.Get(known.header), known.begins) {
			continue
		}
		if serve.Origin(c.r)[:len("https")] != "https" {
			return sent + ". " + known.plain
		}
		return sent + ". " + known.secure
	}
	return sent + ". SDKs send none to a host that they don't know: see their list of valid hosts"
}

// mentions tells whether one of the products that a header lists begins so.
func mentions(header, begins string) bool {
	for product := range strings.FieldsFuncSeq(strings.ToLower(header), func(r rune) bool { return r == ' ' || r == ',' || r == '(' }) {
		if strings.HasPrefix(product, begins) {
			return true
		}
	}
	return false
}
