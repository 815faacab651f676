package emulator

import (
	"context"
	"errors"
	"fmt"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/emulator/internal/mailbox"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// Faults lists the rules by which things go wrong, as far as they are limited to what is selected.
func (s *Server) Faults(_ context.Context, where control.Selector) (control.FaultList, error) {
	return s.shownFaults(s.faults.List(where)), nil
}

// AddFaults puts rules in force, all or none.
func (s *Server) AddFaults(_ context.Context, f control.NewFaults) (control.FaultList, error) {
	rules := make([]fault.Rule, len(f.Faults))
	for i, text := range f.Faults {
		r, err := fault.Parse(text)
		if err != nil {
			return control.FaultList{}, refuseFault(err)
		}
		if err := limit(&r.Where, f.Where); err != nil {
			return control.FaultList{}, err
		}
		rules[i] = r
	}
	states, err := s.faults.Add(rules...)
	if err != nil {
		return control.FaultList{}, refuseFault(err)
	}
	return s.shownFaults(states), nil
}

// RemoveFaults takes rules away.
func (s *Server) RemoveFaults(_ context.Context, q control.FaultQuery) (control.Removed, error) {
	removed := s.faults.Clear(q.Where, q.ID)
	if removed == 0 && q.ID != 0 {
		return control.Removed{}, control.NotFound(fmt.Sprintf("remove fault %d: there is none of that number", q.ID), "GET /faults lists them with their numbers")
	}
	return control.Removed{Removed: removed}, nil
}

// limit narrows a rule to what a call selects. Where both say something of the same, they have to agree.
func limit(rule *control.Selector, by control.Selector) error {
	for _, field := range []struct {
		name string
		own  *string
		by   string
	}{{"app", &rule.App, by.App}, {"mailbox", &rule.Mailbox, by.Mailbox}, {"subscription", &rule.Subscription, by.Subscription}, {"url", &rule.URL, by.URL}} {
		switch {
		case field.by == "":
		case *field.own == "":
			*field.own = field.by
		case *field.own != field.by:
			return control.BadRequest("add fault: "+field.name+" is one thing in the fault and another beside it", "say it once")
		}
	}
	return nil
}

func refuseFault(err error) error {
	var wrong *fault.RuleError
	if errors.As(err, &wrong) {
		return control.BadRequest(wrong.Error(), wrong.Hint())
	}
	return err
}

func (s *Server) shownFaults(states []fault.State) control.FaultList {
	list := control.FaultList{Seed: s.faults.Seed(), Faults: make([]control.Fault, len(states))}
	for i, st := range states {
		list.Faults[i] = control.Fault{
			ID: st.ID, Fault: st.Rule.String(), Place: st.Place.String(), What: st.Rule.Fault.What(), Seen: st.Seen, Struck: st.Struck, Spent: st.Spent,
		}
	}
	return list
}

// happen makes a change that a subscription watches.
func (s *Server) happen(r *store.Record) {
	op := mailbox.Op{Kind: notify.Created, Mailbox: r.Mailbox.Address, Collection: r.Watch.Collection, Folder: r.Watch.Folder}
	for _, kind := range []notify.ChangeType{notify.Created, notify.Updated, notify.Deleted} {
		if r.Changes.Has(kind) {
			op.Kind = kind
			break
		}
	}
	result, err := s.boxes.Apply(op)
	if err != nil { // what was subscribed to is there
		s.config.Log.Error("make a change for a fault", "error", err)
		return
	}
	s.tell(&control.Raised{}, &result)
}

// befall lets turns come to a subscription when their time has come, on the emulator's clock.
func (s *Server) befall(r store.Record, turns []fault.Turn, cause uint64) {
	for _, turn := range turns {
		s.clock.AfterFunc(turn.After, func() { s.turn(&r, turn.Kind, cause) })
	}
}

// turn is quick, as the clock runs it.
func (s *Server) turn(then *store.Record, kind fault.TurnKind, cause uint64) {
	r, alive := s.store.Get(then.Handle)
	if !alive {
		return
	}
	entry := journal.Entry{Cause: cause, Subscription: r.ID, Mailbox: r.Mailbox.Address, App: r.App, URL: r.NotificationURL, Note: "as a fault wanted it"}
	switch kind {
	case fault.Ends:
		if _, mine := s.store.Remove(r.Handle); mine {
			s.engine.Ended(r.Handle)
			entry.Kind = journal.Expired
			s.record(entry)
		}
	case fault.IsRemoved:
		if _, mine := s.store.Remove(r.Handle); mine {
			s.engine.Ended(r.Handle)
			entry.Kind = journal.Removed
			s.engine.Lifecycle(r, notify.SubscriptionRemoved, removalReason(r, notify.SubscriptionRemoved), s.record(entry))
		}
	case fault.IsMissed:
		s.engine.Lifecycle(r, notify.Missed, nil, cause)
	}
}
