package emulator_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/subscriber"
	"pgregory.net/rapid"
)

// breakSomething puts a fault in force, as often as not for a part of what there is.
func (s *soak) breakSomething(t *rapid.T) {
	k := rapid.SampledFrom(sketches()).Draw(t, "fault")
	if slow := k.name() == "slow-body"; slow && s.hurried || k.notified && !s.hurried {
		return
	}
	when := rapid.SampledFrom([]string{"next=1", "next=2", "nth=2", "every=3", "p=0.25"}).Draw(t, "when")
	if rapid.Bool().Draw(t, "on anything") {
		when += ",on=any"
	}
	var where control.Selector
	switch rapid.IntRange(0, 3).Draw(t, "where") {
	case 0:
		where.Mailbox = drawMailbox(t)
	case 1:
		if h := s.pick(t); h != nil {
			where.Subscription = h.id
		}
	}
	s.addFault(k, when, where)
}

// breakMore puts several faults in force: what strikes together has to be borne together.
func (s *soak) breakMore(t *rapid.T) {
	for range rapid.IntRange(2, 5).Draw(t, "faults") {
		s.breakSomething(t)
	}
}

func (s *soak) addFault(k sketch, when string, where control.Selector) {
	list, err := s.control.AddFaults(context.Background(), where, k.with(when))
	if err != nil {
		s.t.Fatal(err)
	}
	k.where = where
	s.account.rules[list.Faults[0].ID] = k
}

// heal takes all faults away, and asks before whether they struck as often as they say.
func (s *soak) heal() {
	list, err := s.control.Faults(context.Background(), control.Selector{})
	if err != nil {
		s.t.Fatal(err)
	}
	s.enter()
	for _, f := range list.Faults {
		if int64(s.account.struck[f.ID]) != f.Struck || f.Struck > f.Seen {
			s.t.Fatalf("%s struck %d of %d times, by the journal %d", f.Fault, f.Struck, f.Seen, s.account.struck[f.ID])
		}
	}
	if _, err := s.control.RemoveFaults(context.Background(), control.FaultQuery{}); err != nil {
		s.t.Fatal(err)
	}
}

// call makes an API request, and asks whether faults made of it what they should.
func (s *soak) call(request func() error) (fate, error) {
	s.t.Helper()
	s.enter()
	s.account.calls = nil
	began := s.server.Now()
	err := request()
	took := s.server.Now().Sub(began)
	s.enter()
	var f fate
	for _, k := range s.account.calls {
		k.fate(&f)
	}
	var refused *subscriber.Error
	heard := err == nil || errors.As(err, &refused)
	switch {
	case took < f.wait:
		s.t.Fatalf("an answer came after %s, want %s at least", took, f.wait)
	case heard == (f.reset || f.unheard && f.status == 0):
		s.t.Fatalf("an answer was heard: %t; %v", heard, err)
	case f.status != 0 && (refused == nil || refused.Status != f.status || refused.RetryAfter != f.retryAfter):
		s.t.Fatalf("the request ends with %v, want %d and to wait for %s", err, f.status, f.retryAfter)
	}
	if f.stopped() {
		f.unheard = false
	}
	return f, err
}

// befall plans what faults hold ready for a subscription that was just made or renewed.
func (s *soak) befall(h *holder) {
	fates := s.account.fates
	s.account.fates = nil
	if len(fates) == 0 {
		return
	}
	now, cause := s.server.Now(), fates[len(fates)-1].seq
	for _, f := range fates {
		if f.subscription != h.id {
			s.t.Fatalf("%s struck %s, when %s was made or renewed", f.name(), f.subscription, h.id)
		}
		if f.turn != nil {
			s.turns = append(s.turns, &plannedTurn{h.id, now.Add(f.turn.after), f.turn.is, cause})
		}
	}
	slices.SortStableFunc(s.turns, func(a, b *plannedTurn) int { return a.at.Compare(b.at) })
}

// pass lets time pass, and in the account what fell due meanwhile.
func (s *soak) pass(by time.Duration) {
	if _, err := s.control.Advance(context.Background(), by); err != nil {
		s.t.Fatal(err)
	}
	now := s.server.Now()
	for len(s.turns) > 0 && !s.turns[0].at.After(now) {
		s.turn(s.turns[0])
		s.turns = s.turns[1:]
	}
	s.living = slices.DeleteFunc(s.living, func(h *holder) bool { return !h.expires.After(now) })
}

// turn lets something befall a subscription in the account, if it lives still.
func (s *soak) turn(turn *plannedTurn) {
	at := slices.IndexFunc(s.living, func(h *holder) bool { return h.id == turn.subscription })
	if at < 0 || !s.living[at].expires.After(turn.at) {
		return
	}
	h := s.living[at]
	switch turn.is {
	case fault.Ends:
		s.expected[turnKey{turn.cause, journal.Expired}]++
		s.bury(h.id)
	case fault.IsRemoved:
		s.expected[turnKey{turn.cause, journal.Removed}]++
		s.bury(h.id)
	case fault.IsMissed:
		if s.tells(h, notify.Missed) {
			s.expected[turnKey{turn.cause, journal.Missed}]++
		}
	}
}

// tells says whether a subscriber is told of an event.
func (s *soak) tells(h *holder, event notify.Lifecycle) bool {
	d := s.speaks(h.mount)
	return d.Tells(event) && (d.Family == dialect.Outlook || h.tellURL)
}

// enter reads the journal into the account.
func (s *soak) enter() { s.account.enter(s.server.Journal(), s.residents) }

// check holds the emulator to the account, when everything that is due now is done. As time goes on meanwhile, something may come just
// between one look and the next.
func (s *soak) check() {
	s.t.Helper()
	const looks = 3
	var problem string
	for range looks {
		s.pass(0)
		if problem = s.balance(); problem == "" {
			return
		}
	}
	s.t.Fatal(problem)
}

func (s *soak) balance() string {
	status, err := s.control.Status(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	s.enter()
	if wrong := s.hook.misread(); wrong != "" {
		return wrong
	}
	if status.Subscriptions != len(s.living) {
		return fmt.Sprintf("%d subscriptions live, want %d", status.Subscriptions, len(s.living))
	}
	for key, want := range s.expected {
		if got := s.account.ended[key.kind][key.cause]; got != want {
			return fmt.Sprintf("entry %d led to %d entries of the kind %s, want %d", key.cause, got, key.kind, want)
		}
	}
	return s.account.balance(s.hook, &status)
}

// finish takes all faults away, lets the webhooks get well and everything that is under way end: then what is missing was given up.
func (s *soak) finish() {
	s.t.Helper()
	s.heal()
	s.hook.fail(false)
	const rounds = 100
	for range rounds {
		s.pass(5 * time.Hour)
		status, err := s.control.Status(context.Background())
		if err != nil {
			s.t.Fatal(err)
		}
		if status.Counters["pending"] == 0 {
			break
		}
	}
	s.check()
	if problem := s.account.close(s.hook); problem != "" {
		s.t.Fatal(problem)
	}
	s.closeTurns()
	for _, d := range s.account.bent {
		spoken, err := dialect.Lookup(d.dialect)
		if err != nil {
			s.t.Fatal(err)
		}
		hears := spoken.Tells(notify.Missed) && (spoken.Family == dialect.Outlook || s.tellURLs[d.subscription])
		if d.told && d.change && hears && !s.account.missed[d.subscription] {
			s.t.Fatalf("%v was lost, and %s was to be told and was not", d.claim, d.subscription)
		}
	}
}

// closeTurns says whether all that came of faults of subscriptions was planned.
func (s *soak) closeTurns() {
	for _, kind := range []journal.Kind{journal.Expired, journal.Removed, journal.Missed} {
		for cause, got := range s.account.ended[kind] {
			if want := s.expected[turnKey{cause, kind}]; s.account.lives[cause] && got != want {
				s.t.Fatalf("entry %d led to %d entries of the kind %s, want %d", cause, got, kind, want)
			}
		}
	}
}
