// Package quota counts what applications ask for, so that who asks too often can be told so, and when to come again.
//
// A [Meter] keeps accounts: Spend counts against what an account may spend within a time, Enter and Leave against how much of it may be
// under way at once. It tells of an excess, and what became of the allowance; to refuse is its caller's part. Time is its caller's too:
// there is no goroutine and no timer, and an account that is not used is forgotten by the way, so that neither many applications nor
// weeks make it grow. It knows no service's numbers and keeps nothing on disk.
package quota

import (
	"fmt"
	"slices"
	"strconv"
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
	Wait  time.Duration // until as much as has just been spent may be spent again, if nothing is meanwhile; 0 where nobody knows

	purposes []string
	on       [maxPurposes]uint64 // what was spent for each of them
}

// Shares are what was spent for which purpose, the most first: 9800 item, 200 list.
func (e *Excess) Shares() string {
	var text []byte
	for left := e.on; ; {
		most := 0
		for i, n := range left {
			if n > left[most] {
				most = i
			}
		}
		if left[most] == 0 {
			return string(text)
		}
		if len(text) > 0 {
			text = append(text, ", "...)
		}
		text = strconv.AppendUint(text, left[most], 10)
		text = append(append(text, ' '), e.purposes[most]...)
		left[most] = 0
	}
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
