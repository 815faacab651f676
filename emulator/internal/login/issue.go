package login

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/outlocal/outlocal/notify"
)

const (
	// Lifetime is how long an access token is good. The service draws 60 to 90 minutes; the shortest of these shows soonest what a
	// program does when it is over, and one number makes runs alike.
	Lifetime = time.Hour

	// sayLess is what expires_in falls short of that, as the service's does.
	sayLess = time.Second

	// setback dates a token a little before it is issued, as the service does, for programs whose clock is behind.
	setback = 5 * time.Minute
)

// Order is a token that is issued without a grant: for tests, and for whoever has no client library at hand.
type Order struct {
	App      string        // application id; the Config's if empty
	User     string        // address; the Config's user if empty
	AppOnly  bool          // the application's own token, of no user
	Tenant   string        // the user's if empty
	Resource string        // Graph, outlook, or an audience; Graph if empty
	Scopes   []string      // or roles; what .default stands for if empty
	Admin    bool          // the user administers the tenant
	Expired  bool          // it was good until an hour ago
	Lifetime time.Duration // 0 for the usual
}

// Token is an access token with what a person wants to know of it.
type Token struct {
	Text   string
	Claims Claims
}

// Issue makes an access token. The error names what can't be so.
func (a *Authority) Issue(o Order) (Token, error) {
	b := bearer{app: o.App, proof: provenByCertificate, audience: o.Resource, tenant: strings.ToLower(o.Tenant), scopes: o.Scopes, life: o.Lifetime}
	if b.app == "" {
		b.app = a.config.Application
	}
	switch strings.ToLower(o.Resource) {
	case "", "graph":
		b.audience = graphName
	case "outlook":
		b.audience = outlookName
	}
	if o.Admin {
		b.directory = []string{globalAdministrator}
	}
	if !o.AppOnly {
		user, err := a.user(o.User)
		if err != nil {
			return Token{}, fmt.Errorf("issue a token for %q: %w", o.User, err)
		}
		b.user = &user
	}
	if b.tenant != "" && !isGUID(b.tenant) {
		return Token{}, fmt.Errorf("issue a token for the tenant %q: it is no GUID", o.Tenant)
	}
	now := a.config.Now()
	if o.Expired {
		now = now.Add(-time.Hour - b.lifetime())
	}
	return a.issue(b, now)
}

// user finds who is meant, the Config's user where nobody is named.
func (a *Authority) user(named string) (notify.Mailbox, error) {
	if named == "" {
		named = a.config.User
	}
	return a.config.Users.Resolve(named)
}

// bearer is for whom and for what an access token is issued.
type bearer struct {
	app          string
	proof        string          // how the application proved who it is
	user         *notify.Mailbox // nil for the application's own token
	tenant       string          // empty for the user's
	audience     string
	scopes       []string // or roles
	directory    []string // roles of the user there
	capabilities []string
	life         time.Duration
}

func (b *bearer) lifetime() time.Duration {
	if b.life > 0 {
		return b.life
	}
	return Lifetime
}

// issue makes an access token. It is of the first version, which Graph and Outlook's API take whatever endpoint it was asked of (R6).
func (a *Authority) issue(b bearer, now time.Time) (Token, error) {
	c := Claims{
		Audience: b.audience, App: strings.ToLower(b.app), AppName: "Application " + b.app[:min(len(b.app), 8)], AppProof: b.proof,
		Issued: Seconds(now.Add(-setback)), NotBefore: Seconds(now.Add(-setback)), Expires: Seconds(now.Add(b.lifetime())),
		Tenant: b.tenant, Unique: uniqueID(), Version: "1.0", Capabilities: b.capabilities,
	}
	if b.user == nil {
		if c.Tenant == "" {
			c.Tenant = a.config.Tenant
		}
		c.Kind, c.Object = kindApp, principalOf(c.App, c.Tenant)
		c.Subject, c.Roles = c.Object, b.scopes
		if len(c.Roles) == 0 {
			c.Roles = defaultRoles()
		}
	} else {
		if c.Tenant == "" {
			c.Tenant = b.user.Tenant
		}
		c.Kind, c.Object, c.Subject = kindUser, b.user.ID, pairwise(b.user.ID, c.App)
		c.UPN, c.UniqueName = b.user.Address, b.user.Address
		c.GivenName, c.FamilyName, c.Name = nameOf(b.user.Address)
		if len(b.scopes) == 0 {
			b.scopes = defaultScopes()
		}
		c.Scope, c.Directory = strings.Join(b.scopes, " "), b.directory
	}
	c.Issuer = issuerV1(c.Tenant)
	c.IdentityProvider = c.Issuer
	text, err := a.keys().sign(&c)
	return Token{text, c}, err
}

// principalOf is the object of an application in a tenant: the same in every run.
func principalOf(app, tenant string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte("principal:"+app+"@"+tenant)).String()
}

// pairwise is what a user is called towards one application.
func pairwise(user, app string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte("subject:"+user+":"+app)).String()
}

// nameOf makes a person's name of an address: Ann Smith of ann.smith@contoso.com.
func nameOf(address string) (given, family, whole string) {
	local, _, _ := strings.Cut(address, "@")
	words := strings.FieldsFunc(local, func(r rune) bool { return r == '.' || r == '_' || r == '-' || r == '+' })
	for i, w := range words {
		first, size := utf8.DecodeRuneInString(w)
		words[i] = string(unicode.ToUpper(first)) + w[size:]
	}
	switch len(words) {
	case 0:
		return "", "", address
	case 1:
		return words[0], "", words[0]
	}
	return words[0], strings.Join(words[1:], " "), strings.Join(words, " ")
}
