package quota

import (
	"math"
	"time"
)

const (
	// slots are the parts of a limit's time that are counted apart. What was spent is remembered until all of its slot is so long ago: up
	// to a tenth longer than it has to be, never shorter.
	slots = 10

	// mostAccounts bounds the memory of a meter, at about half a kilobyte each. Beyond that, who was silent longest is forgotten early.
	mostAccounts = 1 << 14
)

// id names an account; equal keys with limits of different times are accounts apart.
type id struct {
	Key
	within time.Duration
}

// account is what was spent of one allowance: a ring of slots, each with a number for every purpose.
type account struct {
	name   id
	slot   int64 // number of the newest slot, from the beginning of time
	counts [(slots + 1) * maxPurposes]uint32

	newer, older *account
}

// Spend counts n against a limit. What is over it is counted all the same: who does not wait, waits the longer.
func (m *Meter) Spend(k Key, l Limit, purpose string, n int, now time.Time) *Excess {
	if l.Most == 0 || n == 0 {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forgetIdle(now)
	a := m.account(id{k, l.Within})
	a.turn(now)
	count := &a.counts[a.at(a.slot)+m.purpose(purpose)]
	*count = uint32(min(uint64(*count)+uint64(n), math.MaxUint32))
	spent := a.total()
	if spent <= uint64(l.Most) {
		return nil
	}
	return &Excess{Key: k, Limit: l, Spent: int(spent), Wait: a.wait(l, uint64(n), now), purposes: m.purposes, on: a.sums()}
}

// account finds an account, or opens it, as the one that was used last.
func (m *Meter) account(name id) *account {
	a := m.accounts[name]
	if a == nil {
		a = &account{name: name}
		m.accounts[name] = a
		if len(m.accounts) > mostAccounts {
			m.drop(m.oldest)
		}
	} else {
		m.unlink(a)
	}
	a.older = m.newest
	if m.newest != nil {
		m.newest.newer = a
	}
	m.newest = a
	if m.oldest == nil {
		m.oldest = a
	}
	return a
}

// forgetIdle drops the accounts that remember nothing. One with a long time may hide others behind it, for that long.
func (m *Meter) forgetIdle(now time.Time) {
	for m.oldest != nil && m.oldest.slotOf(now) > m.oldest.slot+slots {
		m.drop(m.oldest)
	}
}

func (m *Meter) drop(a *account) {
	delete(m.accounts, a.name)
	m.unlink(a)
}

func (m *Meter) unlink(a *account) {
	if a.newer != nil {
		a.newer.older = a.older
	} else {
		m.newest = a.older
	}
	if a.older != nil {
		a.older.newer = a.newer
	} else {
		m.oldest = a.newer
	}
	a.newer, a.older = nil, nil
}

// length is how long a slot lasts.
func (a *account) length() time.Duration { return max(a.name.within/slots, 1) }

func (a *account) slotOf(t time.Time) int64 { return t.UnixNano() / int64(a.length()) }

// at is where the counts of a slot begin.
func (a *account) at(slot int64) int { return int(slot%(slots+1)) * maxPurposes }

// turn makes the slot of now the newest, and forgets those that are too old for the ring.
func (a *account) turn(now time.Time) {
	current := a.slotOf(now)
	for s := max(a.slot+1, current-slots); s <= current; s++ {
		clear(a.counts[a.at(s) : a.at(s)+maxPurposes])
	}
	a.slot = max(a.slot, current)
}

func (a *account) total() (spent uint64) {
	for _, n := range a.counts {
		spent += uint64(n)
	}
	return spent
}

func (a *account) sums() (sums [maxPurposes]uint64) {
	for i, n := range a.counts {
		sums[i%maxPurposes] += uint64(n)
	}
	return sums
}

// wait is how long it takes until n may be spent, as slots are forgotten one after the other; until all are if n is too much anyway.
func (a *account) wait(l Limit, n uint64, now time.Time) time.Duration {
	left := a.total()
	forgotten := a.slot - slots
	for ; forgotten < a.slot; forgotten++ {
		for _, spent := range a.counts[a.at(forgotten) : a.at(forgotten)+maxPurposes] {
			left -= uint64(spent)
		}
		if left+n <= uint64(l.Most) {
			break
		}
	}
	// A slot is forgotten when the one that takes its place in the ring begins.
	begins := time.Unix(0, (forgotten+slots+1)*int64(a.length()))
	return begins.Sub(now)
}
