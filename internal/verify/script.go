package verify

import (
	"sync"

	"github.com/outlocal/outlocal/emulator/fault"
)

// script is the fault by which checks bend what is sent to their subscriptions. The faults of the catalogue and edits of a check's own go
// through it alike.
type script struct {
	mu    sync.Mutex
	bends map[string]bend // by subscription
}

// bend edits one notification.
type bend func(*fault.Plan)

// Name implements [fault.Fault].
func (*script) Name() string { return "verify" }

// What implements [fault.Fault].
func (*script) What() string { return "What is sent varies as a check wants it." }

// Fits implements [fault.Picky].
func (s *script) Fits(p *fault.Plan) bool { return s.of(p.Subscription) != nil }

// EditPlan implements [fault.PlanFault].
func (s *script) EditPlan(p *fault.Plan) string {
	if edit := s.of(p.Subscription); edit != nil {
		edit(p)
	}
	return "a check wants it so"
}

func (s *script) of(subscription string) bend {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bends[subscription]
}

// play bends what is sent to these until end is called. It is decided when a change is raised, not when it is sent.
func (s *script) play(subscriptions []string, b bend) (end func()) {
	if b == nil {
		return func() {}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bends = make(map[string]bend, len(subscriptions))
	for _, id := range subscriptions {
		s.bends[id] = b
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.bends = nil
	}
}
