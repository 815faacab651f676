package emulator

import (
	"context"
	"strconv"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator/internal/api"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/journal"
)

// Subscriptions lists what is selected, of all dialects, a page at a time.
func (s *Server) Subscriptions(_ context.Context, q control.SubscriptionQuery) (control.SubscriptionPage, error) {
	after := uint64(0)
	if q.After != "" {
		var err error
		if after, err = strconv.ParseUint(q.After, 10, 64); err != nil {
			return control.SubscriptionPage{}, control.BadRequest("read the page after "+strconv.Quote(q.After), "after is the next of the page before, as it was")
		}
	}
	records := s.store.List(store.Handle(after), q.Limit+1, func(r *store.Record) bool { return q.Where.Selects(selectorOf(r)) })
	page := control.SubscriptionPage{Subscriptions: []control.Subscription{}}
	if len(records) > q.Limit {
		records = records[:q.Limit]
		page.Next = strconv.FormatUint(uint64(records[q.Limit-1].Handle), 10)
	}
	for i := range records {
		page.Subscriptions = append(page.Subscriptions, s.shown(&records[i]))
	}
	return page, nil
}

func (s *Server) shown(r *store.Record) control.Subscription {
	shown := control.Subscription{
		ID: r.ID, Mount: r.Mount, App: r.App, Mailbox: r.Mailbox.Address, Resource: r.Resource, ChangeType: r.ChangeType,
		NotificationURL: r.NotificationURL, LifecycleURL: r.LifecycleURL, Expires: r.Expires, HasClientState: r.ClientState != "",
	}
	if d := s.mounts.Dialect(r.Mount); d != nil {
		shown.Dialect = d.String()
	}
	return shown
}

// Import puts subscriptions in without a handshake and beyond any quota, until one is refused.
func (s *Server) Import(ctx context.Context, rows []control.NewSubscription) (ids []string, err error) {
	for _, row := range rows {
		if err = ctx.Err(); err != nil {
			break
		}
		kept, refusal := s.api.Import(api.Import{
			Mount: row.Mount, Resource: row.Resource, ChangeType: row.ChangeType, NotificationURL: row.NotificationURL,
			LifecycleURL: row.LifecycleURL, ClientState: row.ClientState, User: row.Mailbox, App: row.App, Expires: row.Expires,
			Origin: s.origin(),
		})
		if refusal != nil {
			err = control.BadRequest(refusal.Message, refusal.Hint)
			break
		}
		ids = append(ids, kept.ID)
	}
	s.engine.Watch()
	s.tidy.imported(len(ids))
	if len(ids) > 0 {
		s.record(journal.Entry{Kind: journal.Import, Note: strconv.Itoa(len(ids)) + " subscriptions imported"})
	}
	return ids, err
}

// origin is what links in notifications begin with for subscriptions that no request made.
func (s *Server) origin() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.addresses.HTTP != "":
		return s.addresses.HTTP
	case s.addresses.HTTPS != "":
		return s.addresses.HTTPS
	}
	return "http://localhost"
}

// RemoveSubscriptions removes what is selected, as if their apps had deleted them.
func (s *Server) RemoveSubscriptions(_ context.Context, where control.Selector) (control.Removed, error) {
	removed := 0
	for _, r := range s.selected(where) {
		if _, mine := s.store.Remove(r.Handle); mine {
			removed++
			s.engine.Ended(r.Handle)
			s.record(journal.Entry{Kind: journal.Deleted, Subscription: r.ID, Mailbox: r.Mailbox.Address, App: r.App, URL: r.NotificationURL, Note: "by the control API"})
		}
	}
	return control.Removed{Removed: removed}, nil
}

func (s *Server) selected(where control.Selector) []store.Record {
	return s.store.List(0, 0, func(r *store.Record) bool { return where.Selects(selectorOf(r)) })
}

func selectorOf(r *store.Record) control.Selector {
	return control.Selector{App: r.App, Mailbox: r.Mailbox.Address, Subscription: r.ID, URL: r.NotificationURL}
}
