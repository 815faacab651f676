package login

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Seconds is a moment as JWTs write it.
func Seconds(t time.Time) int64 { return t.Unix() }

// Claims are what a token says. The names on the wire are the service's (R6).
type Claims struct {
	Audience         string   `json:"aud"`
	Issuer           string   `json:"iss"`
	Issued           int64    `json:"iat"`
	NotBefore        int64    `json:"nbf"`
	Expires          int64    `json:"exp"`
	AppName          string   `json:"app_displayname,omitempty"`
	App              string   `json:"appid,omitempty"`
	AppProof         string   `json:"appidacr,omitempty"`
	Party            string   `json:"azp,omitempty"`
	PartyProof       string   `json:"azpacr,omitempty"`
	Email            string   `json:"email,omitempty"`
	FamilyName       string   `json:"family_name,omitempty"`
	GivenName        string   `json:"given_name,omitempty"`
	IdentityProvider string   `json:"idp,omitempty"`
	Kind             string   `json:"idtyp,omitempty"`
	CodeHash         string   `json:"c_hash,omitempty"`
	Name             string   `json:"name,omitempty"`
	Nonce            string   `json:"nonce,omitempty"`
	Object           string   `json:"oid,omitempty"`
	Preferred        string   `json:"preferred_username,omitempty"`
	Roles            []string `json:"roles,omitempty"`
	Scope            string   `json:"scp,omitempty"`
	Subject          string   `json:"sub,omitempty"`
	Tenant           string   `json:"tid,omitempty"`
	UniqueName       string   `json:"unique_name,omitempty"`
	UPN              string   `json:"upn,omitempty"`
	Unique           string   `json:"uti,omitempty"`
	Version          string   `json:"ver,omitempty"`
	Directory        []string `json:"wids,omitempty"` // roles of the user in the tenant, by the ids of their templates
	Capabilities     []string `json:"xms_cc,omitempty"`
}

// How an application proved who it is, as appidacr and azpacr say it.
const (
	notProven           = "0" // a public client
	provenBySecret      = "1"
	provenByCertificate = "2"
)

// The values of idtyp.
const (
	kindUser = "user"
	kindApp  = "app"
)

// Read returns what a bearer token says without checking that it is true; ok is false for what is no JWT.
func Read(token string) (claims Claims, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return Claims{}, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return Claims{}, false
	}
	return decodeClaims(payload)
}

// decodeClaims bears claims of unexpected types: other issuers' tokens are read too, and what can't be read of them says nothing.
func decodeClaims(payload []byte) (Claims, bool) {
	var said map[string]any
	if json.Unmarshal(payload, &said) != nil || said == nil {
		return Claims{}, false
	}
	text := func(name string) string { s, _ := said[name].(string); return s }
	moment := func(name string) int64 { n, _ := said[name].(float64); return int64(n) }
	list := func(name string) []string {
		switch v := said[name].(type) {
		case string:
			return []string{v}
		case []any:
			words := make([]string, 0, len(v)) // not nil: that there was a list says something
			for _, w := range v {
				if s, ok := w.(string); ok {
					words = append(words, s)
				}
			}
			return words
		}
		return nil
	}
	c := Claims{
		Issuer: text("iss"), Issued: moment("iat"), NotBefore: moment("nbf"), Expires: moment("exp"),
		AppName: text("app_displayname"), App: text("appid"), AppProof: text("appidacr"), Party: text("azp"), PartyProof: text("azpacr"),
		Email: text("email"), FamilyName: text("family_name"), GivenName: text("given_name"), IdentityProvider: text("idp"), Kind: text("idtyp"),
		CodeHash: text("c_hash"), Name: text("name"), Nonce: text("nonce"), Object: text("oid"), Preferred: text("preferred_username"),
		Roles: list("roles"), Scope: text("scp"), Subject: text("sub"), Tenant: text("tid"), UniqueName: text("unique_name"),
		UPN: text("upn"), Unique: text("uti"), Version: text("ver"), Directory: list("wids"), Capabilities: list("xms_cc"),
	}
	if audiences := list("aud"); len(audiences) > 0 {
		c.Audience = audiences[0]
	}
	return c, true
}

// Application is the id of the application that the token was issued to.
func (c *Claims) Application() string {
	if c.App != "" {
		return c.App
	}
	return c.Party
}

// User is the address of the user that the token was issued to; empty for an application's own.
func (c *Claims) User() string {
	for _, name := range []string{c.UPN, c.Preferred, c.UniqueName} {
		if name != "" && c.Kind != kindApp {
			return name
		}
	}
	return ""
}

// AppOnly tells whether the token is an application's own.
func (c *Claims) AppOnly() bool {
	return c.Kind == kindApp || c.User() == "" && c.Scope == "" && c.Roles != nil
}

// ProvenBySecret tells whether the application had nothing better than a secret to prove itself with.
func (c *Claims) ProvenBySecret() bool { return c.AppProof == provenBySecret }

// Administrator tells whether the token is a user's who administers the tenant.
func (c *Claims) Administrator() bool { return slices.Contains(c.Directory, globalAdministrator) }

// globalAdministrator is the template of that role, the same in every tenant.
const globalAdministrator = "62e90394-69f5-4237-9190-012177145e10"

// Has tells whether the token carries one of the permissions, which is a scope of a user's token and a role of an application's own.
func (c *Claims) Has(permissions ...string) bool {
	held := c.Roles
	if !c.AppOnly() {
		held = strings.Fields(c.Scope)
	}
	return slices.ContainsFunc(held, func(h string) bool {
		return slices.ContainsFunc(permissions, func(p string) bool { return strings.EqualFold(h, p) })
	})
}

// uniqueID is an id of a token as uti has it.
func uniqueID() string {
	id := uuid.New()
	return base64.RawURLEncoding.EncodeToString(id[:])
}

// microsoft is the host by whose name the service's own second version of tokens is issued.
const microsoft = "https://login.microsoftonline.com"

// issuerV1 is who issues tokens of the first version, by whatever host they were asked for.
func issuerV1(tenant string) string { return "https://sts.windows.net/" + tenant + "/" }

func issuerV2(origin, tenant string) string { return origin + "/" + tenant + "/v2.0" }
