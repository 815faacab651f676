package api

import (
	"net/http"
	"strings"
	"time"

	"github.com/outlocal/outlocal/emulator/internal/login"
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
	others   bool // the user may see what other applications made
	admin    bool // the user administers the tenant

	expires time.Time     // by the wall clock; zero if the token does not say
	claims  *login.Claims // of a token that was checked: what it does not permit is refused; nil where any token will do
}

// identify reads the bearer token (W10-40). Any will do unless only issued ones are taken; a request without one is refused as the
// service does (W6.3-11, W8.3-04).
func (c *call) identify() *notify.Error {
	token, ok := bearer(c.r)
	if !ok {
		return c.refuseToken(&login.Rejection{Doubt: login.NoToken, Hint: c.whyNoToken()})
	}
	c.who = identity{app: DefaultApp, user: c.User}
	claims, readable := login.Read(token)
	if c.Issued != nil {
		var rejected *login.Rejection
		if claims, rejected = c.Issued.Verify(token); rejected == nil {
			rejected = c.checkAudience(&claims)
		}
		if rejected != nil {
			return c.refuseToken(rejected)
		}
		checked := claims // apart, so that where nothing is checked nothing is allocated
		readable, c.who.claims = true, &checked
	}
	if readable {
		c.who.read(&claims)
	}
	if c.who.creator == "" {
		c.who.creator = c.who.app
		if m, err := c.Mailboxes.Resolve(c.who.user); err == nil && !c.who.appOnly {
			c.who.creator = creatorOf(m)
		}
	}
	return nil
}

// bearer is the token of a request.
func bearer(r *http.Request) (token string, ok bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	return token, strings.EqualFold(scheme, "Bearer") && token != ""
}

// creatorOf is the id of a user as a subscription's creator: a consumer account has 16 hex digits (W1.4-14), which are those that its
// mailbox begins with (W4.7-08).
func creatorOf(m notify.Mailbox) string {
	if m.Tenant != mailbox.ConsumerTenant {
		return m.ID
	}
	return strings.ToUpper(strings.ReplaceAll(m.Store, "-", "")[:16])
}

func (who *identity) read(cl *login.Claims) {
	who.app = firstOf(cl.Application(), who.app)
	who.tenant, who.creator = cl.Tenant, cl.Object
	who.appOnly = cl.AppOnly()
	if cl.Expires > 0 {
		who.expires = time.Unix(cl.Expires, 0)
	}
	if user := cl.User(); user != "" {
		who.user, who.named, who.delegate = user, true, true
		who.others, who.admin = cl.Has(readsOthers), cl.Administrator()
	}
}

// readsOthers is what a user's token needs to see other applications' subscriptions in the list. It permits nothing else.
const readsOthers = "Subscription.Read.All"

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
