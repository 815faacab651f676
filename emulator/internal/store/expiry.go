package store

import "time"

const (
	// expiryPortion is how many deadlines are looked at under one lock, so that a million that fall due together hold nobody
	// up for long: some 50 µs. Whoever raises a change waits for the lock more than once.
	expiryPortion = 16

	// staleDeadlines beyond the number of records are borne before the heap is made anew; fewer are not worth the work.
	staleDeadlines = 1024
)

// Expired takes out up to limit records whose time has come, earliest first; none means that nothing is due any more.
func (s *Store) Expired(now time.Time, limit int) []Record {
	var expired []Record
	for more := true; more && len(expired) < limit; {
		s.mu.Lock()
		expired, more = s.popExpired(expired, ticksOf(now), limit)
		s.mu.Unlock()
	}
	for i := range expired {
		s.name(&expired[i])
	}
	return expired
}

// NextExpiry is the moment when the next record expires; ok is false when there is none.
func (s *Store) NextExpiry() (next time.Time, ok bool) {
	for {
		s.mu.Lock()
		for range expiryPortion {
			if len(s.due) == 0 {
				s.mu.Unlock()
				return time.Time{}, false
			}
			if s.settle() != nil {
				next = s.due[0].at.time()
				s.mu.Unlock()
				return next, true
			}
		}
		s.mu.Unlock()
	}
}

// popExpired adds to expired what one portion of deadlines yields; more says that another may yield more.
func (s *Store) popExpired(expired []Record, now ticks, limit int) (_ []Record, more bool) {
	for range expiryPortion {
		if len(expired) >= limit || len(s.due) == 0 || s.due[0].at > now {
			return expired, false
		}
		r := s.settle()
		if r == nil {
			continue
		}
		s.due.pop()
		expired = append(expired, Record{})
		s.load(r, &expired[len(expired)-1])
		s.remove(r)
	}
	return expired, true
}

// settle looks at the earliest deadline: it returns the record that expires just then, or else drops or postpones the
// deadline and returns nil.
func (s *Store) settle() *record {
	top := s.due[0]
	r := s.ledger.find(top.handle)
	switch {
	case r == nil:
		s.due.pop()
	case r.expires > top.at: // renewed
		s.due.postpone(r.expires)
	default:
		return r
	}
	return nil
}

// tidy makes the deadlines anew, one for each record, once most belong to records that are gone.
func (s *Store) tidy() {
	if len(s.due) <= 2*s.ledger.live+staleDeadlines {
		return
	}
	s.due = make(deadlines, 0, s.ledger.live)
	for r := range s.ledger.after(0) {
		s.due = append(s.due, deadline{r.expires, r.handle})
	}
	s.due.order()
}
