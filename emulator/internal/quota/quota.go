// Package quota counts what applications ask for, so that who asks too often can be told so, and when to come again.
//
// A [Meter] keeps accounts: Spend counts against what an account may spend within a time, Enter and Leave against how much of it may be
// under way at once. It tells of an excess, and what became of the allowance; to refuse is its caller's part. Time is its caller's too:
// there is no goroutine and no timer, and an account that is not used is forgotten by the way, so that neither many applications nor
// weeks make it grow. It knows no service's numbers and keeps nothing on disk.
package quota

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxPurposes is how many words a Meter can tell what was spent for: an account has a number for each in every slot.
const maxPurposes = 12

// Meter is safe for concurrent use.
type Meter struct {
	purposes []string

	mu       sync.Mutex
	accounts map[id]*account
	newest   *account // used last
	oldest   *account
	inside   map[Key]crowd
}

// New makes a meter that knows what may be spent for, by words that people are told. What none of them stands for counts under the last.
func New(purposes ...string) *Meter {
	if len(purposes) == 0 || len(purposes) > maxPurposes {
		panic(fmt.Sprintf("make a meter: %d purposes are not between 1 and %d", len(purposes), maxPurposes))
	}
	return &Meter{purposes: purposes, accounts: make(map[id]*account), inside: make(map[Key]crowd)}
}

// Key names an account: of which allowance, and whose. Fields that don't matter stay empty.
type Key struct{ Allowance, App, Of string }

// Limit is how much may be spent within a time. The zero Limit is none.
type Limit struct {
	Most   int
	Within time.Duration
}

// Excess tells that more was spent than may be, or came than there is room for.
type Excess struct {
	Key
	Limit               // without a time for what is under way at once
	Spent int           // or under way, with what has just come
	On    []Share       // the most first
	Wait  time.Duration // until as much as has just been spent may be spent again, if nothing is meanwhile; 0 where nobody knows
}

// Share is what was spent for one purpose.
type Share struct {
	Purpose string
	Spent   int
}

// Shares are On in words, such as 9800 item, 200 list.
func (e *Excess) Shares() string {
	words := make([]string, len(e.On))
	for i, s := range e.On {
		words[i] = fmt.Sprintf("%d %s", s.Spent, s.Purpose)
	}
	return strings.Join(words, ", ")
}

// Forget forgets what the accounts have spent that match.
func (m *Meter) Forget(match func(Key) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, a := range m.accounts {
		if match(name.Key) {
			m.drop(a)
		}
	}
}

// Accounts is how many are remembered.
func (m *Meter) Accounts() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.accounts)
}

func (m *Meter) purpose(word string) int {
	if i := slices.Index(m.purposes, word); i >= 0 {
		return i
	}
	return len(m.purposes) - 1
}

// shares are sums by purpose in words, without those that are nothing.
func (m *Meter) shares(sums []uint64) []Share {
	var all []Share
	for i, n := range sums {
		if n > 0 {
			all = append(all, Share{m.purposes[i], int(n)})
		}
	}
	slices.SortStableFunc(all, func(a, b Share) int { return cmp.Compare(b.Spent, a.Spent) })
	return all
}
