package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/emulator/internal/delivery"
	"github.com/outlocal/outlocal/emulator/internal/mailbox"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// create makes a subscription, in the service's order: the payload is judged before anybody is called, then the quota, then
// duplicates, then the webhook is validated, and only then something is kept (W2.4-09, W2.4-10).
func (c *call) create() (*answer, *notify.Error) {
	req, refusal := c.d.ReadCreate(c.body)
	if refusal != nil {
		return nil, refusal
	}
	draft, notes, refusal := c.draft(req)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := c.checkRoom(&draft); refusal != nil {
		return nil, refusal
	}
	cause, refusal := c.validate(draft.NotificationURL, draft.LifecycleURL, draft.ClientState, draft.Mailbox)
	if refusal != nil {
		return nil, refusal
	}
	kept, err := c.add(draft)
	var duplicate *store.DuplicateError
	if errors.As(err, &duplicate) { // somebody was faster while the webhook was asked
		return nil, c.refuseDuplicate(duplicate.Other)
	}
	if errors.As(err, &refusal) {
		return nil, refusal
	}
	if err != nil {
		e := c.d.Refuse(dialect.Failed)
		e.Hint = err.Error()
		return nil, e
	}
	return c.created(kept, notes, cause), nil
}

// add keeps a subscription if there is room still: others may have been made while the webhook was asked (W1.7-01).
func (c *call) add(draft store.Record) (store.Record, error) {
	c.adding.Lock()
	defer c.adding.Unlock()
	if refusal := c.checkQuota(&draft); refusal != nil {
		return store.Record{}, refusal
	}
	if c.d.RefuseDuplicates {
		return c.Store.AddUnique(draft)
	}
	return c.Store.Add(draft)
}

func (c *call) created(kept store.Record, notes []string, cause uint64) *answer {
	c.Engine.Watch()
	a := &answer{
		status: http.StatusCreated, // W1.1-06; without Location (W10-31)
		body:   c.d.AppendSubscription(nil, &kept.Subscription, dialect.OnCreate, c.links(kept.Mailbox)),
		entry:  c.entryOf(journal.Subscribed, &kept, notes...),
	}
	a.entry.Cause = cause
	life := c.fate(&kept, "created")
	if c.d.Notification.Acknowledge || life != nil || kept.LifecycleURL != "" { // most have nothing to follow
		a.after = c.afterCreation(kept, life)
	}
	return a
}

func (c *call) afterCreation(kept store.Record, life *fault.Life) func(seq uint64) {
	return func(seq uint64) {
		if c.d.Notification.Acknowledge { // W3.1-01
			c.Engine.Acknowledge(kept, seq)
		}
		c.authorize(kept, delivery.AtCreation)
		c.befall(kept, life)
	}
}

// draft settles all that can be settled without asking anybody.
func (c *call) draft(req *dialect.Request) (draft store.Record, notes []string, refusal *notify.Error) {
	draft = store.Record{
		Subscription: req.Subscription, GUID: uuid.New(), Mount: c.mount, Origin: c.origin, Spoken: c.vars("user"),
		Created: c.Clock.Now(), AppOnly: c.who.appOnly,
	}
	if c.d.RefuseDuplicates {
		draft.Family = c.d.Family.String() // /v1.0 and /beta lead to one store
	}
	draft.App, draft.Creator = c.who.app, c.who.creator
	for _, u := range []struct {
		prop dialect.Prop
		text string
	}{{dialect.PropURL, req.NotificationURL}, {dialect.PropLifecycleURL, req.LifecycleURL}} {
		note, refusal := c.checkURL(u.prop, u.text)
		if refusal != nil {
			return draft, nil, refusal
		}
		if note != "" {
			notes = append(notes, note)
		}
	}
	if refusal := c.watch(&draft); refusal != nil {
		return draft, nil, refusal
	}
	if note, refusal := c.settleContent(&draft); refusal != nil {
		return draft, nil, refusal
	} else if note != "" {
		notes = append(notes, note)
	}
	expires, note, refusal := c.expiry(req.Expires, c.wealth(&draft))
	if note != "" {
		notes = append(notes, note)
	}
	draft.Expires = expires
	return draft, notes, refusal
}

func (c *call) wealth(r *store.Record) dialect.Wealth {
	if r.IncludeData || c.d.Watch.Select == dialect.SelectClear && len(r.Watch.Select) > 0 {
		return dialect.Rich
	}
	return dialect.Basic
}

// checkURL judges a URL that the service is to call. The note tells what is borne here and refused there (W10-39, R20).
func (c *call) checkURL(p dialect.Prop, text string) (note string, refusal *notify.Error) {
	if text == "" {
		return "", nil
	}
	name := c.d.NameOf(p)
	if lower := strings.ToLower(text); strings.HasPrefix(lower, "eventhub:") || strings.HasPrefix(lower, "eventgrid:") {
		e := c.d.Refuse(dialect.NotEmulated, "delivery to Event Hubs or Event Grid")
		e.Property, e.Hint = name, "give the URL of a webhook"
		return "", e
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		e := c.d.Refuse(dialect.BadURL, journal.MaskURL(text))
		e.Property, e.Hint = name, name+" must be a URL such as https://hooks.example.com/notify"
		return "", e
	}
	if c.Own != nil && c.Own(u) {
		e := c.d.Refuse(dialect.BadURL, journal.MaskURL(text))
		e.Property, e.Hint = name, "that is the emulator itself: give the URL of your webhook"
		return "", e
	}
	target := c.Targets.Check(u)
	plain := u.Scheme == "http"
	if plain && (c.Mode == diagnosis.Strict || target != nil) {
		e := c.d.Refuse(dialect.PlainURL, journal.MaskURL(text))
		e.Property, e.Hint = name, "the service calls https only; here http is borne for this machine and for hosts that --allow-target names, and never with --strict"
		return "", e
	}
	if target != nil {
		e := c.d.Refuse(dialect.BadURL, journal.MaskURL(text))
		e.Property, e.Hint = name, target.Error()
		var refused *serve.TargetError
		if errors.As(target, &refused) {
			e.Hint += "; " + refused.Hint()
		}
		return "", e
	}
	if plain {
		note = name + " is http: borne here, refused by the service"
	}
	return note, nil
}

// watch settles what is watched: the resource, whose mailbox, which folder.
func (c *call) watch(draft *store.Record) *notify.Error {
	watch, refusal := c.d.ReadResource(draft.Resource, dialect.Place{Mount: c.mount, Origin: c.origin, OwnHost: c.ownHost})
	if refusal != nil {
		return refusal
	}
	if refusal := c.permit(watch.Collection, toWatch, dialect.NoAccess); refusal != nil {
		return refusal
	}
	box, refusal := c.resolve(watch.User)
	if refusal != nil {
		return refusal
	}
	if refusal := c.checkAccess(box); refusal != nil {
		return refusal
	}
	if watch.Folder != "" || watch.Collection == notify.Events && c.d.Family == dialect.Graph { // without a calendar, the default one (W1.5-06)
		id, ok := c.folder(box, watch)
		if !ok {
			return c.d.RefuseFolder(draft.Resource, watch, box)
		}
		watch.Folder = id
	}
	draft.Watch, draft.Mailbox = watch, box
	return nil
}

// folder finds the id of a watched folder. Where display names count, a folder comes into being with the first use of its name, as
// mailboxes do (W1.5-04): nobody can make one otherwise yet.
func (c *call) folder(box notify.Mailbox, watch notify.Resource) (id string, ok bool) {
	if !c.d.Watch.DisplayNames {
		return c.Mailboxes.Folder(box, watch.Collection, watch.Folder, mailbox.WellKnown)
	}
	if id, ok = c.Mailboxes.Folder(box, watch.Collection, watch.Folder, mailbox.DisplayNames); ok {
		return id, true
	}
	id, err := c.Mailboxes.AddFolder(box, watch.Collection, watch.Folder)
	return id, err == nil
}

// resolve finds a mailbox by the name that a path or resource has for its user.
func (c *call) resolve(user string) (notify.Mailbox, *notify.Error) {
	if user == "" || strings.EqualFold(user, "me") {
		if c.d.Family == dialect.Graph && c.who.appOnly { // W1.5-20
			e := c.d.Refuse(dialect.NoUser)
			e.Hint = "the token is an app's own, of no user: write users/ADDRESS in place of me, or sign a user in"
			return notify.Mailbox{}, e
		}
		user = c.who.user
	}
	box, err := c.Mailboxes.Resolve(user)
	if err != nil {
		e := c.d.Refuse(dialect.NoMailbox)
		e.Hint = fmt.Sprintf("there is no mailbox %q; an address such as ann@contoso.com makes one", user)
		return box, e
	}
	return box, nil
}

// checkAccess keeps a user's token to that user's mailbox (W1.5-19).
func (c *call) checkAccess(box notify.Mailbox) *notify.Error {
	if !c.who.delegate {
		return nil
	}
	if own, err := c.Mailboxes.Resolve(c.who.user); err == nil && own.ID == box.ID {
		return nil
	}
	e := c.d.Refuse(dialect.NoAccess)
	e.Hint = fmt.Sprintf("the token is %s's, and a user's token opens that user's mailbox only; watching others takes an app's own token", c.who.user)
	return e
}

// expiry settles how long the subscription lives; the note tells what became of the wish.
func (c *call) expiry(asked time.Time, wealth dialect.Wealth) (time.Time, string, *notify.Error) {
	settled := c.d.Lifetime.Resolve(c.Clock.Now(), asked, wealth)
	if settled.TooFar {
		minutes := int(settled.Limit / time.Minute)
		e := c.d.Refuse(dialect.TooFar, minutes)
		e.Property = c.d.NameOf(dialect.PropExpires)
		e.Hint = fmt.Sprintf("%s is %s; it is %s now, so at most %s", e.Property, asked.Format(time.RFC3339), c.Clock.Now().UTC().Format(time.RFC3339), c.Clock.Now().UTC().Add(settled.Limit).Format(time.RFC3339))
		return time.Time{}, "", e
	}
	if settled.Note != "" {
		return settled.At, c.d.NameOf(dialect.PropExpires) + " was " + settled.Note, nil
	}
	return settled.At, "", nil
}

// checkRoom looks at the quota, then for duplicates.
func (c *call) checkRoom(draft *store.Record) *notify.Error {
	if refusal := c.checkQuota(draft); refusal != nil || !c.d.RefuseDuplicates {
		return refusal
	}
	if other, ok := c.Store.Duplicate(*draft); ok { // W10-24
		return c.refuseDuplicate(other)
	}
	return nil
}

func (c *call) checkQuota(draft *store.Record) *notify.Error {
	if c.d.Quota == 0 || c.Store.CountMailbox(draft.Mailbox.Store) < c.d.Quota {
		return nil
	}
	e := c.d.Refuse(dialect.QuotaReached)
	e.Hint = fmt.Sprintf("the mailbox of %s has %d subscriptions, all apps together; delete some", draft.Mailbox.Address, c.d.Quota)
	return e
}

func (c *call) refuseDuplicate(other store.Record) *notify.Error {
	e := c.d.Refuse(dialect.Duplicate, other.ID)
	e.Hint = fmt.Sprintf("subscription %s watches %s for %q already and lives until %s: renew it by PATCH, or delete it first",
		other.ID, other.Resource, other.ChangeType, other.Expires.Format(time.RFC3339))
	return e
}

// validate asks every URL to echo a token, one after the other, equal ones twice (W2.1-13). Cause is the last handshake's entry.
func (c *call) validate(notificationURL, lifecycleURL, state string, box notify.Mailbox) (cause uint64, refusal *notify.Error) {
	if c.d.Handshake == nil {
		return 0, nil
	}
	what := [...]string{"notification", "lifecycle"}
	for i, u := range [...]string{notificationURL, lifecycleURL} {
		if u == "" {
			continue
		}
		plan := fault.Handshake{
			Times: 1, Token: c.d.Handshake.Token(c.trace.Request), What: what[i], Subject: fault.Subject{Dialect: c.d.String()},
		}
		plan.App, plan.Mailbox, plan.URL = c.who.app, box.Address, u
		c.Faults.Handshake(&plan)
		for range plan.Times {
			result := c.Engine.Handshake(c.r.Context(), delivery.HandshakeRequest{
				Dialect: c.d, URL: u, ClientState: state, Token: plan.Token, RequestID: c.trace.Request,
				Mailbox: box.Address, App: c.who.app, Cause: c.causeOf(plan.Entry),
			})
			if result.Failure != nil {
				return result.Entry, c.refuseHandshake(result)
			}
			cause = result.Entry
		}
	}
	return cause, nil
}

func (c *call) refuseHandshake(result delivery.HandshakeResult) *notify.Error {
	e := c.d.Refuse(dialect.HandshakeFailed, diagnosis.Refusal(delivery.StyleOf(c.d), *result.Failure))
	e.Property = c.d.NameOf(dialect.PropURL)
	if len(result.Diagnoses) > 0 {
		first := result.Diagnoses[0]
		e.Hint = first.ID + ": " + first.Cause + " " + first.Cure
	}
	return e
}

func (c *call) entryOf(kind journal.Kind, r *store.Record, notes ...string) journal.Entry {
	return journal.Entry{
		Kind: kind, Subscription: r.ID, Mailbox: r.Mailbox.Address, URL: r.NotificationURL, Note: strings.Join(notes, "; "),
		Data: settled{Resource: r.Resource, ChangeType: r.Changes.String(), Expires: r.Expires},
	}
}

// settled is what an entry tells of a subscription that was made or changed.
type settled struct {
	Resource   string    `json:"resource"`
	ChangeType string    `json:"changeType,omitempty"`
	Expires    time.Time `json:"expires"`
}
