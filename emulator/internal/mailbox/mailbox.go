// Package mailbox holds mailboxes that are just real enough for notifications to be true: a change makes, changes or removes
// an item, and whoever is told of it can read the item back.
//
// Mailboxes come into being when somebody first names their address. Items have ids and etags of the service's own byte
// structure, and everything about them follows from the seed, the address and a counter. There are no lists, no search and
// no attachments, and nothing outlives the process.
package mailbox

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/outlocal/outlocal/notify"
)

// What keeps an item or a mailbox from being read.
var (
	ErrNoMailbox   = errors.New("no such mailbox")
	ErrMalformedID = errors.New("the id is malformed")               // rule W6.2-03
	ErrForeignID   = errors.New("the id belongs to another mailbox") // rule W6.2-04
	ErrNotFound    = errors.New("no such item")                      // rule W6.2-07: deleted, forgotten or never there
)

// Clock tells the (virtual) time that items are dated with.
type Clock interface{ Now() time.Time }

// Mailboxes are all mailboxes of one emulator. They are safe for concurrent use; each mailbox has a lock of its own.
type Mailboxes struct {
	clock Clock
	seed  uint64

	items     atomic.Int64
	forgotten atomic.Uint64

	mu        sync.RWMutex
	byAddress map[string]*box
	byUser    map[string]*box // by object id
}

// box is one mailbox. Its folders and items are made when they are first needed, so that a mailbox that is only watched
// costs a few hundred bytes.
type box struct {
	identity

	mu      sync.RWMutex
	custom  []folder // beyond the well-known ones
	items   map[uint64]*item
	order   map[uint64][]uint64 // the items of each folder, oldest first
	created uint64              // items so far
	changed uint64              // changes so far
}

// New has the default mailbox only. Equal seeds and equal operations make equal items.
func New(clock Clock, seed uint64) *Mailboxes {
	m := &Mailboxes{clock: clock, seed: seed, byAddress: make(map[string]*box), byUser: make(map[string]*box)}
	m.make(DefaultUser)
	return m
}

// Resolve finds the mailbox of a user given as address, as GUID, or as guid@tenant, in any case. One for an address is made on
// first use, with GUIDs that follow from the address, so that they are the same in every run. Everything else that is not
// known is [ErrNoMailbox]. "me" is the caller's to replace, by the token's user.
func (m *Mailboxes) Resolve(user string) (notify.Mailbox, error) {
	b, err := m.resolve(user)
	if err != nil {
		return notify.Mailbox{}, err
	}
	return b.name, nil
}

// Reset empties the mailboxes that match (nil: all) and tells how many items that were. An emptied mailbox goes on as in a
// fresh emulator, with the same ids.
func (m *Mailboxes) Reset(match func(notify.Mailbox) bool) int {
	m.mu.RLock()
	all := make([]*box, 0, len(m.byUser))
	for _, b := range m.byUser {
		all = append(all, b)
	}
	m.mu.RUnlock()
	removed := 0
	for _, b := range all {
		if match == nil || match(b.name) {
			removed += b.reset()
		}
	}
	m.items.Add(int64(-removed))
	return removed
}

// Counters tell what there is and what was given up for want of room.
type Counters struct {
	Mailboxes int
	Items     int
	Forgotten uint64 // items that made room for newer ones, since the start
}

// Counters counts everything now.
func (m *Mailboxes) Counters() Counters {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return Counters{Mailboxes: len(m.byUser), Items: int(m.items.Load()), Forgotten: m.forgotten.Load()}
}

func (m *Mailboxes) resolve(user string) (*box, error) {
	name := strings.ToLower(user)
	m.mu.RLock()
	b := m.known(name)
	m.mu.RUnlock()
	if b != nil {
		return b, nil
	}
	if !isAddress(name) || isPair(name) {
		return nil, fmt.Errorf("find mailbox of %q: %w", user, ErrNoMailbox)
	}
	return m.make(name), nil
}

// known finds a mailbox under any of its names.
func (m *Mailboxes) known(name string) *box {
	if b := m.byAddress[name]; b != nil {
		return b
	}
	id, tenant, pair := strings.Cut(name, "@")
	b := m.byUser[id]
	if b == nil || pair && b.name.Tenant != tenant {
		return nil
	}
	return b
}

func (m *Mailboxes) make(address string) *box {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.byAddress[address]
	if b == nil {
		b = &box{identity: identify(strings.Clone(address), m.seed)}
		m.byAddress[b.name.Address] = b
		m.byUser[b.name.ID] = b
	}
	return b
}

// of finds the mailbox that a name was given out for.
func (m *Mailboxes) of(name notify.Mailbox) (*box, error) {
	if name.ID != "" {
		return m.resolve(name.ID)
	}
	return m.resolve(name.Address)
}

func (b *box) reset() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	removed := len(b.items)
	b.custom, b.items, b.order, b.created, b.changed = nil, nil, nil, 0, 0
	return removed
}

// isAddress tells an address from other names of a user; it is no judge of what mail servers accept.
func isAddress(name string) bool {
	local, domain, one := strings.Cut(name, "@")
	if !one || local == "" || domain == "" || len(name) > maxAddress {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`"(),:;<>[\]/?`, r) }) &&
		!strings.Contains(domain, "@")
}

// maxAddress is the longest address of RFC 5321.
const maxAddress = 254

// isPair tells guid@tenant, which is never a new address.
func isPair(name string) bool {
	id, tenant, _ := strings.Cut(name, "@")
	return isGUID(id) && isGUID(tenant)
}

func isGUID(text string) bool {
	_, err := uuid.Parse(text)
	return err == nil && len(text) == guidLength
}

const guidLength = len("00000000-0000-0000-0000-000000000000")
