package api

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/mailbox"
	"github.com/outlocal/outlocal/notify"
)

// DefaultApp is the application that a token without claims speaks for.
const DefaultApp = "24d3b144-21ae-4080-943f-7067b395b913"

// identity is who a token speaks for.
type identity struct {
	app      string // application id
	user     string // address or object id; the default user unless the token names one
	named    bool   // the token itself names the user
	creator  string // object id: of the user, or of the application's service principal
	tenant   string
	appOnly  bool
	delegate bool // the token is a user's by its own words, so it opens that user's mailbox only
}

// claims are what is read of a token; nothing is verified (W10-40).
type claims struct {
	AppID    string `json:"appid"`
	Party    string `json:"azp"`
	Object   string `json:"oid"`
	Tenant   string `json:"tid"`
	UPN      string `json:"upn"`
	Name     string `json:"preferred_username"`
	Unique   string `json:"unique_name"`
	Kind     string `json:"idtyp"`
	Scope    string `json:"scp"`
	Roles    any    `json:"roles"`
	hasRoles bool
}

// identify reads the bearer token. Any will do; a request without one is refused as the service does (W6.3-11, W10-40, W8.3-04).
func (c *call) identify() *notify.Error {
	scheme, token, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		e := c.d.Refuse(dialect.Unauthorized)
		e.Hint = "send a header Authorization: Bearer TOKEN; any token will do here. SDKs send none to a host that they don't know: see their list of valid hosts"
		e.Header = challenge(c.d.Family)
		return e
	}
	c.who = identity{app: DefaultApp, user: c.User}
	if cl, ok := readClaims(token); ok {
		c.who.read(cl)
	}
	if c.who.creator == "" {
		c.who.creator = c.who.app
		if m, err := c.Mailboxes.Resolve(c.who.user); err == nil && !c.who.appOnly {
			c.who.creator = creatorOf(m)
		}
	}
	return nil
}

// creatorOf is the id of a user as a subscription's creator: a consumer account has 16 hex digits (W1.4-14), which are those that its
// mailbox begins with (W4.7-08).
func creatorOf(m notify.Mailbox) string {
	if m.Tenant != mailbox.ConsumerTenant {
		return m.ID
	}
	return strings.ToUpper(strings.ReplaceAll(m.Store, "-", "")[:16])
}

// challenge is what each service's 401 carries beside the body (W6.1-04, W6.1-05).
func challenge(f dialect.Family) map[string]string {
	if f == dialect.Graph {
		return map[string]string{
			"WWW-Authenticate": `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"`,
		}
	}
	return map[string]string{
		"WWW-Authenticate": `Bearer client_id="00000002-0000-0ff1-ce00-000000000000", trusted_issuers="00000001-0000-0000-c000-000000000000@*", error="invalid_token"`,
		"x-caserrorcode":   "MissingToken",
		"x-feserver":       "OUTLOCAL",
		"x-beserver":       "OUTLOCAL",
	}
}

func readClaims(token string) (claims, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return claims{}, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return claims{}, false
	}
	var cl claims
	if json.Unmarshal(payload, &cl) != nil {
		return claims{}, false
	}
	cl.hasRoles = cl.Roles != nil
	return cl, true
}

func (who *identity) read(cl claims) {
	who.app = firstOf(cl.AppID, cl.Party, who.app)
	who.tenant, who.creator = cl.Tenant, cl.Object
	user := firstOf(cl.UPN, cl.Name, cl.Unique)
	who.appOnly = cl.Kind == "app" || user == "" && cl.Scope == "" && cl.hasRoles
	if user != "" && !who.appOnly {
		who.user, who.named, who.delegate = user, true, true
	}
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
