package api

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/mailbox"
	"github.com/outlocal/outlocal/emulator/internal/quota"
	"github.com/outlocal/outlocal/internal/span"
	"github.com/outlocal/outlocal/notify"
)

// Quota is what becomes of requests beyond those that the service takes of an application.
type Quota uint8

// What becomes of them.
const (
	Uncounted Quota = iota // nothing is counted
	Told                   // they are answered, with a hint that the service would not have
	Kept                   // they are refused, as by the service
)

// Purposes are what requests are counted as: the names of their routes, and a word for what is not emulated.
func Purposes() []string {
	return []string{"create", "read", "list", "renew", "delete", "reauthorize", "item", "other"}
}

// The allowances that an application has, as people are told of them: for each mailbox, and for subscriptions at the root, all in all and
// in each tenant.
const (
	ofMailbox      = "requests to the mailbox of %s"
	ofUpload       = "bytes to the mailbox of %s"
	ofWrites       = "writes of subscriptions"
	ofReads        = "reads of subscriptions"
	ofTenantWrites = "writes of subscriptions in tenant %s"
	ofTenantReads  = "reads of subscriptions in tenant %s"
)

// busyWait is what Retry-After says where nobody knows how long it will be: requests that are under way seldom take longer.
const busyWait = time.Second

// Throttled is how many requests were beyond what the service takes.
type Throttled struct{ Refused, Told int64 }

// Throttled counts since the start, or since all was forgotten.
func (s *Service) Throttled() Throttled { return Throttled{s.refused.Load(), s.told.Load()} }

// ForgetThrottled forgets what applications have sent, and all counts.
func (s *Service) ForgetThrottled() {
	s.ForgetSent(func(string, string) bool { return true })
	s.refused.Store(0)
	s.told.Store(0)
}

// ForgetSent forgets what applications have sent, as far as they and the mailboxes match. What was sent to no mailbox has no address.
func (s *Service) ForgetSent(match func(app, mailbox string) bool) {
	if s.Quota != Uncounted {
		s.Meter.Forget(func(k quota.Key) bool { return match(k.App, k.Of) })
	}
}

// admit counts a request, and refuses it if that is one too many. Who is admitted leaves in the end. A batch is not counted, but what is in
// it.
func (c *call) admit() (quota.Visit, *notify.Error) {
	if c.Quota == Uncounted {
		return quota.Visit{}, nil
	}
	if c.atTheRoot() {
		return quota.Visit{}, c.over(c.spendOnSubscriptions())
	}
	box, ok := c.called()
	if !ok {
		return quota.Visit{}, nil
	}
	k := quota.Key{Allowance: ofMailbox, App: c.who.app, Of: box.Address}
	if refusal := c.over(c.Meter.Spend(k, quota.Limit(c.d.Throttling.Mailbox), c.asks, 1, c.Clock.Now())); refusal != nil {
		return quota.Visit{}, refusal
	}
	visit, excess := c.Meter.Enter(k, c.d.Throttling.AtOnce, c.asks)
	return visit, c.over(excess)
}

// admitBody does the same with what a request to a mailbox brings.
func (c *call) admitBody() *notify.Error {
	if c.Quota == Uncounted || len(c.body) == 0 {
		return nil
	}
	box, ok := c.called()
	if !ok {
		return nil
	}
	k := quota.Key{Allowance: ofUpload, App: c.who.app, Of: box.Address}
	return c.over(c.Meter.Spend(k, quota.Limit(c.d.Throttling.Upload), c.asks, len(c.body), c.Clock.Now()))
}

// atTheRoot tells whether a request is for the service that keeps Graph's subscriptions, and none of a mailbox's.
func (c *call) atTheRoot() bool {
	return c.d.Family == dialect.Graph && len(c.steps) > 0 && c.steps[0] == "subscriptions"
}

// called is the mailbox that a path leads to; ok is false for other paths.
func (c *call) called() (box notify.Mailbox, ok bool) {
	switch {
	case len(c.steps) > 0 && c.steps[0] == "me":
		box, refusal := c.resolve(c.who.user)
		return box, refusal == nil
	case len(c.steps) > 1 && c.steps[0] == "users":
		box, refusal := c.resolve(c.steps[1])
		return box, refusal == nil
	}
	return notify.Mailbox{}, false
}

// spendOnSubscriptions tells of the excess that lasts longer, if there are two.
func (c *call) spendOnSubscriptions() *quota.Excess {
	t, now := &c.d.Throttling, c.Clock.Now()
	all, inTenant := quota.Key{Allowance: ofWrites}, quota.Key{Allowance: ofTenantWrites}
	allMost, inTenantMost := t.Writes, t.TenantWrites
	if c.r.Method == http.MethodGet {
		all.Allowance, inTenant.Allowance, allMost, inTenantMost = ofReads, ofTenantReads, t.Reads, t.TenantReads
	}
	all.App, inTenant.App, inTenant.Of = c.who.app, c.who.app, firstOf(c.who.tenant, mailbox.DefaultTenant)
	app := c.Meter.Spend(all, quota.Limit(allMost), c.asks, 1, now)
	tenant := c.Meter.Spend(inTenant, quota.Limit(inTenantMost), c.asks, 1, now)
	if app == nil || tenant != nil && tenant.Wait > app.Wait {
		return tenant
	}
	return app
}

// over says what an excess leads to: a refusal, or a hint beside the answer.
func (c *call) over(e *quota.Excess) *notify.Error {
	if e == nil {
		return nil
	}
	hint := overHint(e)
	if c.Quota == Told {
		c.told.Add(1)
		c.w.Header()[HintHeader] = []string{headerText("the service would have answered 429: " + hint)}
		return nil
	}
	c.refused.Add(1)
	refusal := c.throttled(dialect.Throttled, e.Wait)
	if e.Within == 0 {
		refusal = c.throttled(dialect.MailboxBusy, busyWait)
	}
	refusal.Hint = hint
	return refusal
}

// throttled asks a client to come again later, in whole seconds as the header counts (W6.1-08, W6.2-09, W6.3-18, W6.3-19).
func (c *call) throttled(kind dialect.Kind, wait time.Duration) *notify.Error {
	e := c.d.Refuse(kind)
	if kind == dialect.Throttled {
		e.Inner = map[string]string{"code": "429", "message": "Please retry after", "status": "429"}
	}
	if wait > 0 {
		e.Header = map[string]string{"Retry-After": strconv.Itoa(int((wait + time.Second - 1) / time.Second))}
	}
	return e
}

// overHint tells which limit was met, and what used it up.
func overHint(e *quota.Excess) string {
	const lift = "; emulate --quota off lifts all limits"
	if e.Within == 0 {
		return fmt.Sprintf("app %s has as many requests to the mailbox of %s under way as it may at once, %d: %s%s", e.App, e.Of, e.Most, e.Shares(), lift)
	}
	what := e.Allowance
	if strings.Contains(what, "%s") {
		what = fmt.Sprintf(what, e.Of)
	}
	return fmt.Sprintf("app %s may send %d %s within %s, and has sent %d: %s; in %s there is room for the next, if none is sent meanwhile%s",
		e.App, e.Most, what, span.Text(e.Within), e.Spent, e.Shares(), span.Text(e.Wait.Round(time.Second)), lift)
}
