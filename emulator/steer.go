package emulator

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/mailbox"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// Status tells how the emulator is doing.
func (s *Server) Status(ctx context.Context) (control.Status, error) {
	s.mu.Lock()
	at := s.addresses
	s.mu.Unlock()
	mounts, err := s.Mounts(ctx)
	if err != nil {
		return control.Status{}, err
	}
	kept := s.journal.Stats()
	status := control.Status{
		Name: s.config.Name, Version: s.config.Version, Kind: control.Emulator,
		HTTP: at.HTTP, HTTPS: at.HTTPS, Authority: cmp.Or(at.HTTPS, at.HTTP), Auth: s.config.Auth.String(), Proxy: at.Proxy, Control: at.Control, CA: at.CA,
		PID: os.Getpid(), Started: s.started, Now: s.clock.Now(), Serve: mounts,
		Subscriptions: s.store.Len(), Counters: s.counters(), InFlight: s.clock.Busy(),
		Journal: journalState(kept, s.journal.Last()),
	}
	for _, e := range s.engine.Endpoints() {
		status.Endpoints = append(status.Endpoints, control.Endpoint{
			Endpoint: e.Endpoint, State: string(e.State), Since: e.Since, Queued: e.Queued, InFlight: e.InFlight,
			Attempts: e.Attempts, Late: e.Late, Failed: e.Failed,
		})
	}
	return status, nil
}

func journalState(kept journal.Stats, last uint64) control.JournalState {
	state := control.JournalState{Last: last, Dropped: kept.Overwritten}
	if kept.Entries > 0 {
		state.First = last - uint64(kept.Entries) + 1
	}
	return state
}

func (s *Server) counters() map[string]int64 {
	n, boxes, over := s.engine.Stats(), s.boxes.Counters(), s.api.Throttled()
	return map[string]int64{
		"raised": n.Raised, "delivered": n.Delivered, "late": n.Late, "retried": n.Retried, "lost": n.Lost, "dropped": n.Dropped,
		"pending": n.Pending, "others": n.Others, "overflowed": n.Overflowed, "requests": n.Requests, "faults": s.faults.Strikes(),
		"mailboxes": int64(boxes.Mailboxes), "items": int64(boxes.Items), "itemsForgotten": int64(boxes.Forgotten),
		"throttled": over.Refused, "overQuota": over.Told,
	}
}

// Mounts lists which dialect each base path speaks.
func (s *Server) Mounts(context.Context) ([]control.Mount, error) {
	var mounts []control.Mount
	for _, m := range s.mounts.All() {
		shown := control.Mount{Path: m.Path, Dialect: m.Dialect.String()}
		if form := m.Dialect.LifecycleForm(); form != dialect.LifecycleForms()[0] {
			shown.LifecycleForm = form
		}
		mounts = append(mounts, shown)
	}
	return mounts, nil
}

// Mount lets a path speak a dialect from now on, for the subscriptions that there are as well: that is how a schema is rolled out.
func (s *Server) Mount(_ context.Context, m control.Mount) error {
	if m.LifecycleForm != "" && !slices.Contains(dialect.LifecycleForms(), m.LifecycleForm) {
		return control.BadRequest(fmt.Sprintf("serve %s: there is no lifecycle form %q", m.Path, m.LifecycleForm), "the forms are "+strings.Join(dialect.LifecycleForms(), ", "))
	}
	if err := s.serve(Mount(m)); err != nil {
		return control.BadRequest(err.Error(), "the dialects are "+strings.Join(dialectNames(), ", "))
	}
	s.record(journal.Entry{Kind: journal.Serve, Dialect: m.Dialect, Note: m.Path + " speaks " + m.Dialect + " from now on"})
	return nil
}

func dialectNames() []string {
	var names []string
	for _, d := range dialect.All() {
		names = append(names, d.String())
	}
	return names
}

// RaiseChange makes something happen in a mailbox, as often as asked, and returns without waiting for any webhook (R27).
func (s *Server) RaiseChange(ctx context.Context, c control.Change) (control.Raised, error) {
	op := mailbox.Op{Mailbox: c.Mailbox, Collection: notify.ParseCollection(c.Collection), Folder: c.Folder, Item: c.Item, Set: c.Set}
	if op.Mailbox == "" {
		op.Mailbox = s.config.User
	}
	kind, err := notify.ParseChangeType(c.Change)
	if err != nil {
		return control.Raised{}, control.BadRequest(err.Error(), "raise created, updated or deleted")
	}
	op.Kind = kind
	if c.Together {
		defer s.engine.Hold()()
	}
	var raised control.Raised
	forgotten := s.boxes.Counters().Forgotten
	for range max(c.Count, 1) {
		if err := ctx.Err(); err != nil {
			return raised, err
		}
		result, err := s.boxes.Apply(op)
		if err != nil {
			return raised, err
		}
		s.tell(&raised, &result)
	}
	if raised.Matched == 0 {
		raised.Note = strings.TrimSpace(raised.Note + " " + s.whyNobody(op))
	}
	if n := s.boxes.Counters().Forgotten - forgotten; n > 0 {
		raised.Note = strings.TrimSpace(raised.Note + " " + outOfRoom(int(n)))
	}
	return raised, nil
}

// outOfRoom tells that items made room for newer ones, which a webhook that is told of them only now will not find.
func outOfRoom(items int) string {
	return fmt.Sprintf("a mailbox keeps %d items: %s forgotten for newer ones, and who is notified of them can't read them any more; raise fewer at once.",
		mailbox.MaxItems, oneOrMore(items, "the oldest was", "the %d oldest were"))
}

// tell journals a change, raises its notifications and reports it.
func (s *Server) tell(raised *control.Raised, result *mailbox.Result) {
	change := result.Change
	seq := s.record(journal.Entry{
		Kind: journal.Change, Mailbox: change.Mailbox.Address,
		Note: change.Collection.Singular() + " " + strings.ToLower(change.Type.Name()),
		Data: map[string]string{"item": change.Item, "folder": change.Folder, "etag": change.ETag},
	})
	s.api.Causes.Note(change.Item, seq)
	if raised.Entry == 0 {
		raised.Entry = seq
	}
	if result.Prepared {
		raised.Note = "there was nothing to be " + strings.ToLower(change.Type.Name()) + ", so an item was made first, untold."
	}
	raised.Matched += s.engine.RaiseInDetail(change, result.Full, seq)
	raised.Items = append(raised.Items, control.RaisedItem{
		ID: change.Item, Collection: change.Collection.Singular(), Mailbox: change.Mailbox.Address, Folder: change.Folder,
		Resource: "users/" + change.Mailbox.ID + "/" + change.Collection.String() + "/" + change.Item, Entry: seq,
	})
}

// whyNobody says why a change concerned no subscription.
func (s *Server) whyNobody(op mailbox.Op) string {
	box, err := s.boxes.Resolve(op.Mailbox)
	if err != nil || s.store.CountMailbox(box.Store) == 0 {
		text := "nobody was notified: there is no subscription on the mailbox of " + op.Mailbox
		if ran := s.lastExpired(op.Mailbox); ran != nil {
			return text + "; the last one, " + ran.Subscription + ", ran out at " + ran.At.UTC().Format("2006-01-02 15:04:05Z") + "."
		}
		return text + "."
	}
	return fmt.Sprintf("nobody was notified: no subscription on the mailbox of %s watches %s %s there.", op.Mailbox, op.Collection, strings.ToLower(op.Kind.Name()))
}

// lastExpired is the entry of the subscription on a mailbox that ran out last, nil if none did.
func (s *Server) lastExpired(mailbox string) *journal.Entry {
	expired, _ := s.journal.Since(0, func(e *journal.Entry) bool {
		return e.Kind == journal.Expired && strings.EqualFold(e.Mailbox, mailbox)
	}, 0)
	if len(expired) == 0 {
		return nil
	}
	return &expired[len(expired)-1]
}

// Clock tells what time it is.
func (s *Server) Clock(context.Context) (control.Clock, error) {
	return control.Clock{Now: s.clock.Now(), Wall: s.clock.Wall(), Scale: s.clock.Scale()}, nil
}

// SetScale changes how fast virtual time passes.
func (s *Server) SetScale(ctx context.Context, scale float64) (control.Clock, error) {
	if err := s.clock.SetScale(scale); err != nil {
		return control.Clock{}, control.BadRequest(err.Error(), "1 is real time, 60 makes a minute of a second")
	}
	s.record(journal.Entry{Kind: journal.Clock, Note: "time passes " + strconv.FormatFloat(scale, 'g', -1, 64) + " times as fast"})
	return s.Clock(ctx)
}

// RaiseLifecycle tells subscribers of an event in the life of their subscriptions. A removal ends them.
func (s *Server) RaiseLifecycle(_ context.Context, e control.LifecycleEvent) (control.LifecycleRaised, error) {
	event := notify.Lifecycle(e.Event)
	var told control.LifecycleRaised
	spared, before := 0, s.journal.Last()
	for _, r := range s.selected(e.Where) {
		told.Matched++
		if event == notify.SubscriptionRemoved && r.AppOnly && s.family(r.Mount) == dialect.Outlook { // W3.4-03
			spared++
			continue
		}
		var cause uint64
		if event == notify.SubscriptionRemoved {
			if _, mine := s.store.Remove(r.Handle); !mine {
				continue
			}
			s.engine.Ended(r.Handle)
			cause = s.record(journal.Entry{Kind: journal.Removed, Subscription: r.ID, Mailbox: r.Mailbox.Address, App: r.App, URL: r.NotificationURL, Note: "by the service"})
		}
		if s.engine.Lifecycle(r, event, removalReason(r, event), cause) {
			told.Raised++
		}
		if e.Lapse {
			s.engine.Lapse(r.Handle)
		}
	}
	if s.journal.Last() > before {
		told.Entry = before + 1
	}
	switch {
	case told.Matched == 0:
		told.Note = "no subscription is selected"
	case spared > 0:
		told.Note = oneOrMore(spared, "one of them was", "%d of them were") + " made with an app's own token: Outlook removes only those of users"
	case told.Raised < told.Matched:
		told.Note = oneOrMore(told.Matched-told.Raised, "one of them has", "%d of them have") +
			" no notification for it: the schema has none, or no lifecycle URL was given"
	}
	return told, nil
}

// family is that of whatever a path speaks.
func (s *Server) family(mount string) dialect.Family {
	if d := s.mounts.Dialect(mount); d != nil {
		return d.Family
	}
	return dialect.Graph
}

// removalReason is what the service gives for a removal (W3.4-02).
func removalReason(r store.Record, event notify.Lifecycle) *notify.Error {
	if event != notify.SubscriptionRemoved {
		return nil
	}
	return &notify.Error{
		Code: "AccountStateChanged",
		Message: fmt.Sprintf("Account state change 'AccountDisabled' has happened after last authorization time '%s', please recreate your subscription.",
			r.Created.UTC().Format("1/2/2006 3:04:05 PM")),
	}
}

// Reset forgets what is selected; with an empty selector everything, the clock's lead excepted: time never goes back. Then the faults
// of the start are in force again; with a selector, those that are limited to what it selects are not.
func (s *Server) Reset(_ context.Context, where control.Selector) (control.ResetReport, error) {
	match := func(r *store.Record) bool { return where.Selects(selectorOf(r)) }
	s.forgetRequests(where)
	report := control.ResetReport{Subscriptions: s.store.Reset(match)}
	switch {
	case where.IsZero():
		report.Items = s.boxes.Reset(nil)
		report.Entries = s.journal.Stats().Entries
		s.engine.Forget() // after the subscriptions are gone: a retry of theirs would else come to tell so
		s.journal.Clear()
		s.faults.Restart(s.config.Faults...)
	case where.Mailbox != "":
		report.Items = s.boxes.Reset(func(m notify.Mailbox) bool { return strings.EqualFold(m.Address, where.Mailbox) })
		fallthrough
	default:
		s.faults.Clear(where, 0)
		report.Note = "the journal is only cleared as a whole"
	}
	s.record(journal.Entry{Kind: journal.Reset, Mailbox: where.Mailbox, App: where.App, Subscription: where.Subscription, URL: where.URL,
		Note: counted(report.Subscriptions, "subscription") + " and " + counted(report.Items, "item") + " forgotten"})
	return report, nil
}

// counted is a number of things: 1 item, 2 items.
func counted(n int, thing string) string {
	return oneOrMore(n, "1 "+thing, "%d "+thing+"s")
}

// oneOrMore is one, or else more with the number in it.
func oneOrMore(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(more, n)
}
