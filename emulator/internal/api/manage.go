package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/delivery"
	"github.com/outlocal/outlocal/emulator/internal/mailbox"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/internal/odata"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// find is the subscription that the path names, if the caller may see it. Somebody else's is as good as none (W6.3-15).
func (c *call) find() (store.Record, *notify.Error) {
	id := c.vars("id")
	none := c.d.Refuse(dialect.NoSubscription)
	none.Hint = fmt.Sprintf("no living subscription has the id %q; it may have expired, or been made by another app or for another mailbox", id)
	guid, ok := c.d.GUID(id)
	if !ok {
		return store.Record{}, none
	}
	r, ok := c.Store.ByGUID(guid)
	if !ok || r.App != c.who.app || !c.Clock.Now().Before(r.Expires) {
		return store.Record{}, none
	}
	here := c.Mounts.Dialect(r.Mount)
	if here == nil || here.Family != c.d.Family || r.ID != id {
		return store.Record{}, none
	}
	if c.d.Family == dialect.Graph {
		if !c.owns(&r) {
			return store.Record{}, none
		}
		return r, c.permitRecord(&r)
	}
	if box, refusal := c.resolve(c.vars("user")); refusal != nil || box.ID != r.Mailbox.ID {
		return store.Record{}, none
	}
	return r, c.permitRecord(&r)
}

// owns: an app's own token owns all that the app made, a user's token only that user's (W1.8-04).
func (c *call) owns(r *store.Record) bool {
	return r.App == c.who.app && (!c.who.delegate || r.Creator == c.who.creator)
}

// sees: a user may see what other apps made as well, for this user, or if that is an administrator for everybody in the tenant, which
// personal accounts are not in (W1.8-05).
func (c *call) sees(r *store.Record) bool {
	switch {
	case c.owns(r):
		return true
	case c.who.others && c.who.admin:
		return r.Mailbox.Tenant != mailbox.ConsumerTenant
	}
	return c.who.others && r.Creator == c.who.creator
}

func (c *call) read() (*answer, *notify.Error) {
	r, refusal := c.find()
	if refusal != nil {
		return nil, refusal
	}
	return &answer{status: http.StatusOK, body: c.d.AppendSubscription(nil, &r.Subscription, dialect.OnRead, c.links(r.Mailbox))}, nil
}

// listPage is how many subscriptions a page of the list holds; the service names no number.
const listPage = 100

// skipToken is the query option that a next link carries.
const skipToken = "$skiptoken"

// list shows what the caller may see, a page at a time (W1.1-09).
func (c *call) list() (*answer, *notify.Error) {
	options, err := odata.Options(c.r.URL.RawQuery)
	after, errToken := strconv.ParseUint(firstOf(options[skipToken], "0"), 10, 64)
	if err != nil || errToken != nil {
		return nil, c.d.Refuse(dialect.BadQuery)
	}
	for name := range options {
		if name != skipToken {
			e := c.d.Refuse(dialect.BadQuery)
			e.Hint = "the list of subscriptions takes no query options, but " + name + " was sent"
			return nil, e
		}
	}
	now := c.Clock.Now()
	records := c.Store.List(store.Handle(after), listPage+1, func(r *store.Record) bool {
		here := c.Mounts.Dialect(r.Mount)
		return c.sees(r) && now.Before(r.Expires) && here != nil && here.Family == dialect.Graph
	})
	next := ""
	if len(records) > listPage {
		records = records[:listPage]
		next = c.base() + "/subscriptions?" + url.QueryEscape(skipToken) + "=" + strconv.FormatUint(uint64(records[listPage-1].Handle), 10)
	}
	page := make([]notify.Subscription, len(records))
	for i, r := range records {
		page[i] = r.Subscription
	}
	return &answer{status: http.StatusOK, body: c.d.AppendList(nil, page, next, c.links(notify.Mailbox{}))}, nil
}

// renew moves the expiry, and in Graph the notification URL too, and what content is encrypted for.
func (c *call) renew() (*answer, *notify.Error) {
	r, refusal := c.find()
	if refusal != nil {
		return nil, refusal
	}
	req, refusal := c.d.ReadRenewal(c.body, &r.Subscription)
	if refusal != nil {
		return nil, refusal
	}
	changes, refusal := c.settleRenewal(req, &r)
	if refusal != nil {
		return nil, refusal
	}
	entry := c.entryOf(journal.Renewed, &r, changes.notes...)
	if changes.moved {
		entry.Kind, entry.URL = journal.Repointed, req.NotificationURL
	}
	if changes.moved || c.d.Handshake != nil && c.d.Handshake.Revalidate { // W1.4-03, W10-04
		if entry.Cause, refusal = c.validate(firstOf(req.NotificationURL, r.NotificationURL), "", r.ClientState, r.Mailbox); refusal != nil {
			return nil, refusal
		}
	}
	kept, ok := c.Store.Update(r.Handle, changes.apply)
	if !ok { // deleted or expired while the webhook was asked
		return nil, c.d.Refuse(dialect.NoSubscription)
	}
	c.Engine.Watch()
	entry.Data = map[string]any{"resource": kept.Resource, "expires": kept.Expires}
	life := c.fate(&kept, "renewed")
	return &answer{
		status: http.StatusOK, body: c.d.AppendSubscription(nil, &kept.Subscription, dialect.OnRenew, c.links(kept.Mailbox)),
		entry: entry, after: func(uint64) {
			if changes.extended {
				c.authorize(kept, delivery.AtRenewal)
			}
			c.befall(kept, life)
		},
	}, nil
}

// renewal is what a renewal changes. What it leaves alone may have been changed by another that came while the webhook was asked.
type renewal struct {
	*dialect.Request
	extended, moved, rotated bool
	expires                  time.Time
	notes                    []string // what is borne, or done otherwise than asked
}

// settleRenewal settles all that can be settled without asking anybody.
func (c *call) settleRenewal(req *dialect.Request, r *store.Record) (changes renewal, refusal *notify.Error) {
	var note string
	changes = renewal{
		Request: req, extended: req.Given[dialect.PropExpires] || c.d.Operations.RenewBodyOptional,
		moved: req.Given[dialect.PropURL] && req.NotificationURL != r.NotificationURL,
	}
	if changes.extended {
		if changes.expires, note, refusal = c.expiry(req.Expires, c.wealth(r)); refusal != nil {
			return changes, refusal
		}
		changes.note(note)
	}
	if changes.moved {
		if _, refusal = c.checkURL(dialect.PropURL, req.NotificationURL); refusal != nil {
			return changes, refusal
		}
	}
	changes.rotated, note, refusal = c.rotation(req, r)
	changes.note(note)
	return changes, refusal
}

func (n *renewal) note(text string) {
	if text != "" {
		n.notes = append(n.notes, text)
	}
}

func (n *renewal) apply(r *store.Record) {
	if n.extended {
		r.Expires = n.expires
	}
	if n.moved {
		r.NotificationURL = n.NotificationURL
	}
	if n.rotated {
		r.Certificate, r.CertificateID = firstOf(n.Certificate, r.Certificate), firstOf(n.CertificateID, r.CertificateID)
	}
}

// remove ends a subscription; what was on its way to it is dropped.
func (c *call) remove() (*answer, *notify.Error) {
	r, refusal := c.find()
	if refusal != nil {
		return nil, refusal
	}
	if _, mine := c.Store.Remove(r.Handle); !mine {
		return nil, c.d.Refuse(dialect.NoSubscription)
	}
	c.Engine.Ended(r.Handle)
	return &answer{status: http.StatusNoContent, entry: c.entryOf(journal.Deleted, &r)}, nil
}

// reauthorize takes no body and does not move the expiry (W1.1-17).
func (c *call) reauthorize() (*answer, *notify.Error) {
	r, refusal := c.find()
	if refusal != nil {
		return nil, refusal
	}
	return &answer{
		status: http.StatusNoContent, entry: c.entryOf(journal.Reauthorized, &r),
		after: func(uint64) { c.authorize(r, delivery.AtRenewal) },
	}, nil
}
