// Package store keeps all subscriptions, compact enough for a million idle ones, and finds those that a change concerns
// without looking at any other.
//
// A record lies by value in a chunk that the garbage collector has nothing to follow in; the strings that many share (URLs,
// resources, mailboxes, applications) lie beside them once each, counted. There is no goroutine and no timer: whoever owns
// the store asks NextExpiry and calls Expired. It knows no dialect, judges nothing (quotas, duplicates and filters are its
// callers' to enforce) and keeps nothing on disk.
package store

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
	"github.com/outlocal/outlocal/notify"
)

// Store is safe for concurrent use. No method holds a lock while it calls a function it was given, so that such a function
// may use the store.
type Store struct {
	idText IDText

	mu     sync.RWMutex
	ledger ledger
	byGUID map[uuid.UUID]Handle
	lists  map[listKey]list
	due    deadlines
	shared shared
}

// IDText gives an ID in the form of its dialect. It is told what never changes in a record, and is called without a lock.
type IDText func(guid uuid.UUID, mailbox notify.Mailbox, mount string) string

// New makes an empty store; a nil idText stands for the GUID in lower case.
func New(idText IDText) *Store {
	if idText == nil {
		idText = func(guid uuid.UUID, _ notify.Mailbox, _ string) string { return guid.String() }
	}
	return &Store{idText: idText, byGUID: make(map[uuid.UUID]Handle), lists: make(map[listKey]list)}
}

// Add keeps r, whose Handle and ID are ignored, and returns it as it is kept. It fails when the GUID is taken.
func (s *Store) Add(r Record) (kept Record, err error) {
	s.mu.Lock()
	err = s.add(&r, &kept)
	s.mu.Unlock()
	s.name(&kept)
	return kept, err
}

// AddUnique is Add, but fails with a [*DuplicateError] when Duplicate finds another: of two creations that race, one wins.
func (s *Store) AddUnique(r Record) (kept Record, err error) {
	s.mu.Lock()
	other := s.duplicate(&r)
	if other != nil {
		s.load(other, &kept)
	} else {
		err = s.add(&r, &kept)
	}
	s.mu.Unlock()
	s.name(&kept)
	if other != nil {
		return Record{}, &DuplicateError{Other: kept}
	}
	return kept, err
}

// DuplicateError tells of a subscription that asks for the same as a new one.
type DuplicateError struct{ Other Record }

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("add subscription: %s already asks for the same", e.Other.ID)
}

// Duplicate finds a living record of r's Family with the same App, Creator and Changes that watches the same of the same
// mailbox, however it spells it; none if r has no Family. It looks at the mailbox's own records only.
func (s *Store) Duplicate(r Record) (Record, bool) {
	return s.read(func() *record { return s.duplicate(&r) })
}

// Get finds a record by its handle.
func (s *Store) Get(h Handle) (found Record, ok bool) {
	ok = s.Read(h, &found)
	return found, ok
}

// Read is Get into memory of the caller's, for who asks often: a record is some 600 bytes.
func (s *Store) Read(h Handle, into *Record) bool {
	found := s.ReadUnnamed(h, into)
	if found {
		s.name(into)
	}
	return found
}

// ReadUnnamed is Read without the ID, for who knows that already: to write it costs more than all else.
func (s *Store) ReadUnnamed(h Handle, into *Record) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r := s.ledger.find(h)
	if r != nil {
		s.load(r, into)
	}
	return r != nil
}

// Alive tells whether Get would find a record, at a tenth of the cost.
func (s *Store) Alive(h Handle) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.ledger.find(h) != nil
}

// ByGUID finds a record by its GUID.
func (s *Store) ByGUID(id uuid.UUID) (Record, bool) {
	return s.read(func() *record { return s.ledger.find(s.byGUID[id]) })
}

// Update lets change edit a copy and keeps the result. change may run more than once, when somebody else updates the same
// record meanwhile. What a subscription watches never changes: what is done to Resource, Watch and Mailbox is ignored, as it
// is for Handle, ID, GUID, Mount, Family, Created and Sequence.
func (s *Store) Update(h Handle, change func(*Record)) (Record, bool) {
	for {
		var version uint32
		edited, found := s.read(func() *record {
			r := s.ledger.find(h)
			if r != nil {
				version = r.version
			}
			return r
		})
		if !found {
			return Record{}, false
		}
		change(&edited)
		if s.replace(h, version, &edited) {
			s.name(&edited)
			return edited, true
		}
	}
}

// Remove takes a record out. Of several callers exactly one gets true.
func (s *Store) Remove(h Handle) (removed Record, ok bool) {
	s.mu.Lock()
	r := s.ledger.find(h)
	if r != nil {
		s.load(r, &removed)
		s.remove(r)
	}
	s.mu.Unlock()
	s.name(&removed)
	return removed, r != nil
}

// NextSequence gives out the next number of a record: 1 for the first change. The acknowledgement, in the dialects that have
// one, takes 0 without asking, so that the first change is 1 in all of them (rule W3.3-01).
func (s *Store) NextSequence(h Handle) (int32, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r := s.ledger.find(h)
	if r == nil {
		return 0, false
	}
	return atomic.AddInt32(&r.sequence, 1), true
}

// Match visits, in the order of their creation, the records that watch a collection of the mailbox with that Store GUID, in
// that folder (its id) or in all, and ask for change (0: for any). It reads an index, whose cost is that of the mailbox's own
// subscriptions. Filters and expiry are the visitor's business, and a record may be gone by the time of its visit.
func (s *Store) Match(mailbox string, c notify.Collection, folder string, change notify.ChangeType, visit func(Handle)) {
	var few [32]Handle // keeps the usual case off the heap
	for _, h := range s.matching(few[:0], listKey{mailbox, c}, folder, change) {
		visit(h)
	}
}

// CountMailbox counts the records on the mailbox with that Store GUID, of all apps (rule W1.7-01).
func (s *Store) CountMailbox(mailbox string) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	count := 0
	for c := notify.None; c <= notify.Tasks; c++ {
		count += s.lists[listKey{mailbox, c}].count
	}
	return count
}

// Len counts all records.
func (s *Store) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.ledger.live
}

// List returns up to limit (0: all) records that match (nil: any) in the order of their creation, from the one after a
// handle on; 0 begins at the start, and the handle of a record that is gone serves as well as any.
func (s *Store) List(after Handle, limit int, match func(*Record) bool) []Record {
	if limit <= 0 {
		limit = math.MaxInt
	}
	var found []Record
	for portion := s.portion(after); len(portion) > 0; portion = s.portion(after) {
		after = portion[len(portion)-1].Handle
		for i := range portion {
			if match != nil && !match(&portion[i]) {
				continue
			}
			if found = append(found, portion[i]); len(found) == limit {
				return found
			}
		}
	}
	return found
}

// Reset removes what matches (nil: everything) and tells how many that were.
func (s *Store) Reset(match func(*Record) bool) int {
	removed := 0
	var after Handle
	for portion := s.portion(after); len(portion) > 0; portion = s.portion(after) {
		after = portion[len(portion)-1].Handle
		if match != nil {
			portion = slices.DeleteFunc(portion, func(r Record) bool { return !match(&r) })
		}
		for i := range portion {
			if _, mine := s.Remove(portion[i].Handle); mine {
				removed++
			}
		}
	}
	return removed
}

// portion copies the next records, as many as can be copied while others wait for the lock.
func (s *Store) portion(after Handle) []Record {
	var portion []Record
	s.mu.RLock()
	for r := range s.ledger.after(after) {
		portion = append(portion, Record{})
		if s.load(r, &portion[len(portion)-1]); len(portion) == chunkSize {
			break
		}
	}
	s.mu.RUnlock()
	for i := range portion {
		s.name(&portion[i])
	}
	return portion
}

// read copies what find, which runs under the lock, finds.
func (s *Store) read(find func() *record) (found Record, ok bool) {
	s.mu.RLock()
	r := find()
	if r != nil {
		s.load(r, &found)
	}
	s.mu.RUnlock()
	s.name(&found)
	return found, r != nil
}

// name adds the ID, without the lock: idText is not ours.
func (s *Store) name(r *Record) {
	if r.Handle != 0 {
		r.ID = s.idText(r.GUID, r.Mailbox, r.Mount)
	}
}
