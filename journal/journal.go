// Package journal keeps what happened: one bounded list of entries, in order,
// that the console, the inspector, expectations and tests all read.
//
// Writers call [Journal.Append] and go on: it never waits for a reader. Readers
// choose by what they need:
//
//   - [Journal.Since] reads what is there and returns at once;
//   - [Journal.Wait] returns when n entries match, or says how many did;
//   - [Journal.Follow] hands over entries as they come, for a live view.
//
// Everything printed, sent or stored outside the process goes through
// [Entry.Masked] first: an entry holds requests as they were, secrets included.
//
// A journal is memory, not a record: when it is full the oldest entry makes
// room, and every reader is told how many it missed. It writes no file, and it
// does not copy what an entry points to: a body handed over is not to be
// changed afterwards, by the writer or by a reader.
package journal

import "sync"

const (
	// DefaultEntries is what a journal keeps when no other limit is given:
	// more than a person reads back in an afternoon of trying out a webhook,
	// and a few megabytes.
	DefaultEntries = 10_000

	// DefaultBodyBytes bounds the bodies, headers and texts kept: a ring full
	// of 6 KB notifications fits, and a webhook that answers with pages of
	// HTML, or with long headers, cannot fill a developer's machine.
	DefaultBodyBytes = 64 << 20
)

// Limits bound a journal. A limit that is zero or less means its default.
type Limits struct {
	Entries   int   `json:"entries"`   // entries kept
	BodyBytes int64 `json:"bodyBytes"` // bytes of bodies, headers, URLs and texts kept; the newest entry is kept whatever its size
}

// Stats counts what went through a journal.
type Stats struct {
	Appended    uint64 `json:"appended"`    // entries ever appended
	Overwritten uint64 `json:"overwritten"` // of these, dropped to make room for newer ones
	Cleared     uint64 `json:"cleared"`     // of these, dropped by Clear
	Entries     int    `json:"entries"`     // entries kept now
	BodyBytes   int64  `json:"bodyBytes"`   // bytes of bodies, headers, URLs and texts kept now
	Limits      Limits `json:"limits"`
}

// kept is an entry with its size, which is reckoned once.
type kept struct {
	Entry
	size int64
}

// Journal is a bounded list of entries. It is safe for concurrent use, starts
// no goroutine and needs no closing. The zero value is not usable: see [New].
type Journal struct {
	limits Limits

	mu          sync.Mutex
	chunks      [][]kept      // the ring, allocated as it fills, addressed by Seq
	first, last uint64        // the entries kept are first..last; none when first > last
	cleared     uint64        // the last entry that Clear dropped
	bodyBytes   int64         // of the entries kept
	overwritten uint64        // entries dropped to make room
	clearedSum  uint64        // entries dropped by Clear
	grown       chan struct{} // closed by the next Append; nil while nobody waits
}

// New returns an empty journal that keeps capacity entries ([DefaultEntries]
// if capacity is zero or less) and [DefaultBodyBytes] of what is in them.
func New(capacity int) *Journal {
	return NewLimited(Limits{Entries: capacity})
}

// NewLimited returns an empty journal that keeps within limits.
func NewLimited(limits Limits) *Journal {
	if limits.Entries <= 0 {
		limits.Entries = DefaultEntries
	}
	if limits.BodyBytes <= 0 {
		limits.BodyBytes = DefaultBodyBytes
	}
	return &Journal{
		limits: limits,
		chunks: make([][]kept, (limits.Entries+chunkEntries-1)/chunkEntries),
		first:  1,
	}
}

// Append adds e as the newest entry and returns the Seq it was given, which is
// one more than that of the entry before. It never waits for a reader. What e
// points to belongs to the journal from here on.
func (j *Journal) Append(e Entry) uint64 {
	size := e.Size()

	j.mu.Lock()
	defer j.mu.Unlock()
	j.add(&e, size)
	j.wake()
	return j.last
}

// AppendAll is [Journal.Append] for entries that come together: readers are
// woken once. It returns the Seq of the first; the others follow it.
func (j *Journal) AppendAll(entries []Entry) (first uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	first = j.last + 1
	for i := range entries {
		j.add(&entries[i], entries[i].Size())
	}
	j.wake()
	return first
}

// Last returns the Seq of the newest entry ever appended, 0 if there was none.
// To wait for what happens from now on, take it before starting and give it to
// [Journal.Wait].
func (j *Journal) Last() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last
}

// Clear forgets all entries. Seq goes on counting, and readers do not count
// what was cleared as dropped.
func (j *Journal) Clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for j.first <= j.last {
		j.dropFirst()
		j.clearedSum++
	}
	j.cleared = j.last
}

// Stats returns the counts of this moment.
func (j *Journal) Stats() Stats {
	j.mu.Lock()
	defer j.mu.Unlock()
	return Stats{
		Appended:    j.last,
		Overwritten: j.overwritten,
		Cleared:     j.clearedSum,
		Entries:     int(j.last + 1 - j.first),
		BodyBytes:   j.bodyBytes,
		Limits:      j.limits,
	}
}

// chunkEntries is how many entries the ring grows by: an idle journal costs
// nothing and a full one never moved an entry.
const chunkEntries = 64

// slot returns the place of entry seq in the ring. The caller holds mu.
func (j *Journal) slot(seq uint64) *kept {
	at := int((seq - 1) % uint64(j.limits.Entries))
	chunk := &j.chunks[at/chunkEntries]
	if *chunk == nil {
		*chunk = make([]kept, chunkEntries)
	}
	return &(*chunk)[at%chunkEntries]
}

// add makes room for an entry and keeps it. The caller holds mu.
func (j *Journal) add(e *Entry, size int64) {
	j.last++
	for j.first < j.last && (j.last-j.first >= uint64(j.limits.Entries) || j.bodyBytes+size > j.limits.BodyBytes) {
		j.dropFirst()
		j.overwritten++
	}
	j.bodyBytes += size
	slot := j.slot(j.last)
	*slot = kept{*e, size}
	slot.Seq = j.last
}

// wake lets go on who waits for entries. The caller holds mu.
func (j *Journal) wake() {
	if j.grown != nil {
		close(j.grown)
		j.grown = nil
	}
}

// dropFirst forgets the oldest entry and lets go of its bodies, as the slot may
// not be written again soon. The caller holds mu and counts it.
func (j *Journal) dropFirst() {
	slot := j.slot(j.first)
	j.bodyBytes -= slot.size
	*slot = kept{}
	j.first++
}
