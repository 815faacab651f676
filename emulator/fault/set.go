package fault

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/outlocal/outlocal/journal"
)

// Set is the rules of one emulator. All its methods can be called by any goroutine; on nil, nothing ever strikes. [NewSet] makes one.
type Set struct {
	seed   uint64
	record func(journal.Entry) uint64

	live atomic.Pointer[[places][]*active] // those that may still strike; nil for none: looked at for every notification

	mu      sync.Mutex
	made    int // rules, ever
	rules   []*active
	strikes int64
}

// active is a rule of a set.
type active struct {
	Rule
	id    int // from 1, in the order of their making
	place Place

	// The set's lock guards these.
	seen, struck int64
	spent        bool
	drawn        map[uint64]uint64 // how many random numbers of each stream
}

// NewSet makes an empty set. Random rules draw from seed; record puts an entry into the journal, with the times of its own.
func NewSet(seed uint64, record func(journal.Entry) uint64) *Set {
	return &Set{seed: seed, record: record}
}

// State is how a rule of a set is doing.
type State struct {
	ID     int
	Rule   Rule
	Place  Place
	Seen   int64 // times that it could have struck
	Struck int64
	Spent  bool // it never will again
}

// Strike is the Data of a journal entry of the kind Fault.
type Strike struct {
	Rule  int    `json:"rule"` // its number
	Fault string `json:"fault"`
	Place string `json:"place"`
	On    string `json:"on,omitempty"` // what it struck: created, renew, lifecycle …
	Time  int64  `json:"time"`         // which of the rule's strikes it was, from 1
}

// Add puts rules in force, all or none; the error is a [*RuleError].
func (s *Set) Add(rules ...Rule) ([]State, error) {
	for _, r := range rules {
		if err := r.Check(); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	states := make([]State, len(rules))
	for i, r := range rules {
		s.made++
		a := &active{Rule: r, id: s.made}
		a.place, _ = placeOf(r.Fault)
		s.rules = append(s.rules, a)
		states[i] = a.state()
	}
	s.publish()
	return states, nil
}

// List tells of the rules that are in force or spent, and that are limited to what where selects.
func (s *Set) List(where journal.Selector) []State {
	s.mu.Lock()
	defer s.mu.Unlock()
	var states []State
	for _, a := range s.rules {
		if where.Selects(a.Where) {
			states = append(states, a.state())
		}
	}
	return states
}

// Clear takes away the rules that are limited to what where selects, and of these only the one of that id, if it is not 0. It returns
// how many there were.
func (s *Set) Clear(where journal.Selector, id int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.rules)
	s.rules = slices.DeleteFunc(s.rules, func(a *active) bool { return where.Selects(a.Where) && (id == 0 || id == a.id) })
	s.publish()
	return before - len(s.rules)
}

// Restart takes all rules away and puts these, which are known to be good, in force, as if nothing had been before.
func (s *Set) Restart(rules ...Rule) {
	s.mu.Lock()
	s.rules, s.made = nil, 0
	s.mu.Unlock()
	_, _ = s.Add(rules...)
}

// Seed is what random rules draw from.
func (s *Set) Seed() uint64 { return s.seed }

// Strikes counts the strikes of all rules, those taken away included.
func (s *Set) Strikes() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.strikes
}

// Any tells whether anything may strike in a place at all.
func (s *Set) Any(p Place) bool {
	if s == nil {
		return false
	}
	live := s.live.Load()
	return live != nil && len(live[p]) > 0
}

// Plan lets faults edit a notification that is about to be sent. It reports whether any did.
func (s *Set) Plan(p *Plan) bool {
	return s.strike(OnNotification, p.What, &p.Subject, &p.Struck, p.over, func(f Fault) bool {
		picky, is := f.(Picky)
		return !is || picky.Fits(p)
	}, func(f Fault) string { return f.(PlanFault).EditPlan(p) })
}

// Handshake lets faults edit the validation of a URL. It reports whether any did.
func (s *Set) Handshake(h *Handshake) bool {
	return s.strike(OnHandshake, h.What, &h.Subject, &h.Struck, h.over, anyFault, func(f Fault) string { return f.(HandshakeFault).EditHandshake(h) })
}

// Request lets faults answer an API request, or hold it up. It reports whether any did.
func (s *Set) Request(r *Request) bool {
	return s.strike(OnRequest, r.What, &r.Subject, &r.Struck, r.over, anyFault, func(f Fault) string { return f.(RequestFault).EditRequest(r) })
}

// Life lets faults decide on what lies ahead of a subscription. It reports whether any did.
func (s *Set) Life(l *Life) bool {
	return s.strike(OnSubscription, l.What, &l.Subject, &l.Struck, l.over, anyFault, func(f Fault) string { return f.(LifeFault).EditLife(l) })
}

func anyFault(Fault) bool { return true }

// strike applies the rules of a place whose faults fit, one after the other, until nothing is left to be edited.
func (s *Set) strike(place Place, what string, who *Subject, struck *Struck, over func() bool, fits func(Fault) bool, edit func(Fault) string) bool {
	if s == nil {
		return false
	}
	live := s.live.Load()
	if live == nil {
		return false
	}
	for _, a := range live[place] {
		if !a.Where.Selects(who.Selector) || !a.covers(place, what) || !fits(a.Fault) {
			continue
		}
		time, due := s.due(a, who, over())
		if !due {
			continue
		}
		note := a.Fault.Name() + ": " + edit(a.Fault)
		struck.Faults = append(struck.Faults, a.Fault.Name())
		struck.Entry = s.record(journal.Entry{
			Kind: journal.Fault, Cause: who.Cause, Dialect: who.Dialect, Subscription: who.Subscription, Mailbox: who.Mailbox, App: who.App,
			URL: who.URL, Note: note, Data: &Strike{Rule: a.id, Fault: a.Fault.Name(), Place: place.String(), On: what, Time: time},
		})
	}
	return len(struck.Faults) > 0
}

// due decides whether a rule strikes now, and counts it. What is left to chance is drawn even where nothing is left to be struck: a
// counted rule must not change what is drawn next.
func (s *Set) due(a *active, who *Subject, over bool) (time int64, due bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case a.spent || over && !a.When.random():
		return 0, false
	case a.When.random():
		stream := who.stream()
		if a.drawn == nil {
			a.drawn = make(map[uint64]uint64)
		}
		n := a.drawn[stream]
		a.drawn[stream]++
		a.seen++
		due = draw(s.seed, uint64(a.id), stream, n) < a.When.Probability && !over
	default:
		a.seen++
		due, a.spent = a.When.due(a.seen)
		if a.spent {
			s.publish()
		}
	}
	if due {
		a.struck++
		s.strikes++
	}
	return a.struck, due
}

// publish renews the list of the rules that may still strike, counted ones first; s.mu is held.
func (s *Set) publish() {
	var live [places][]*active
	some := false
	for _, chance := range []bool{false, true} {
		for _, a := range s.rules {
			if !a.spent && a.When.random() == chance {
				live[a.place] = append(live[a.place], a)
				some = true
			}
		}
	}
	if !some {
		s.live.Store(nil)
		return
	}
	s.live.Store(&live)
}

func (a *active) state() State {
	return State{ID: a.id, Rule: a.Rule, Place: a.place, Seen: a.seen, Struck: a.struck, Spent: a.spent}
}
