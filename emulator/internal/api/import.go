package api

import (
	"strings"
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/delivery"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/notify"
)

// Import is a subscription that is put in without its webhook being asked.
type Import struct {
	Mount, Origin   string
	Resource        string // as its dialect writes it, or short, such as me/messages
	ChangeType      string
	NotificationURL string
	LifecycleURL    string
	ClientState     string
	User            string // whom me means; the default user if empty
	App             string // the default app if empty
	Expires         time.Time
}

// Import keeps a subscription. Everything but the handshake, the quota and the duplicate rule holds as for a creation.
func (s *Service) Import(in Import) (store.Record, *notify.Error) {
	d := s.Mounts.Dialect(in.Mount)
	if d == nil {
		return store.Record{}, &notify.Error{Message: "nothing is served under " + in.Mount, Hint: "mount is a base path such as /v1.0"}
	}
	c := &call{Service: s, d: d, mount: in.Mount, origin: in.Origin, steps: []string{}}
	c.who = identity{app: firstOf(in.App, DefaultApp), user: firstOf(in.User, s.User)}
	req := &dialect.Request{Subscription: notify.Subscription{
		Resource: in.Resource, ChangeType: in.ChangeType, NotificationURL: in.NotificationURL, LifecycleURL: in.LifecycleURL, ClientState: in.ClientState,
	}, Expires: in.Expires}
	var refusal *notify.Error
	if req.Changes, refusal = d.ReadChanges(in.ChangeType); refusal != nil {
		return store.Record{}, refusal
	}
	if d.Watch.Absolute && !strings.Contains(in.Resource, "://") {
		req.Resource = c.base() + "/" + strings.TrimPrefix(in.Resource, "/")
	}
	if req.Expires.IsZero() {
		req.Expires = s.Clock.Now().Add(d.Lifetime.Max)
	}
	draft, _, refusal := c.draft(req)
	if refusal != nil {
		return store.Record{}, refusal
	}
	draft.Creator = creatorOf(draft.Mailbox)
	kept, err := s.Store.Add(draft)
	if err != nil {
		return store.Record{}, &notify.Error{Message: err.Error()}
	}
	c.Engine.Authorize(kept, c.authorizedUntil(), delivery.AtRenewal) // as if it had lived for a while
	return kept, nil
}
