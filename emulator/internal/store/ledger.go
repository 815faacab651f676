package store

import (
	"cmp"
	"slices"
	"sort"

	"github.com/google/uuid"
)

// chunkSize records of 128 B are 32 KB: a size that the allocator gives without waste, and few enough to look at all of them
// under one lock.
const chunkSize = 256

// record is a subscription as it is kept: no pointers, and for what it shares with others, the numbers of rows.
type record struct {
	guid       uuid.UUID
	handle     Handle
	prev, next Handle // in the list of its mailbox and collection
	expires    ticks
	created    ticks
	url        uint32
	watched    uint32
	mailbox    uint32
	maker      uint32
	extras     uint32
	version    uint32 // counts updates
	sequence   int32
	changes    uint8
	flags      uint8
	state      clientState
}

const (
	appOnly = 1 << iota
	includeData
	gone // removed; keeps its place until the chunk is packed
)

// ledger holds records in the order of their creation, by value in chunks. Pointers to records are good until the next add
// or remove.
type ledger struct {
	chunks []chunk // ascending; those without a living record are left out
	last   Handle
	live   int
}

type chunk struct {
	number  uint64 // of the handles number*chunkSize+1 and following
	records []record
	live    int
}

func place(h Handle) (number uint64, index int) {
	return uint64(h-1) / chunkSize, int(uint64(h-1) % chunkSize)
}

// add makes an empty record under the next handle.
func (l *ledger) add() *record {
	l.last++
	l.live++
	number, _ := place(l.last)
	if n := len(l.chunks); n == 0 || l.chunks[n-1].number != number {
		l.chunks = append(l.chunks, chunk{number: number, records: make([]record, 0, chunkSize)})
	}
	c := &l.chunks[len(l.chunks)-1]
	c.live++
	c.records = append(c.records, record{handle: l.last})
	return &c.records[len(c.records)-1]
}

// find returns nil when there is no living record of that handle.
func (l *ledger) find(h Handle) *record {
	if h == 0 || h > l.last {
		return nil
	}
	number, index := place(h)
	i, found := l.chunkOf(number)
	if !found {
		return nil
	}
	records := l.chunks[i].records
	if index >= len(records) || records[index].handle != h { // packed
		if index = from(records, h); index == len(records) || records[index].handle != h {
			return nil
		}
	}
	if r := &records[index]; r.flags&gone == 0 {
		return r
	}
	return nil
}

// remove takes out a living record. Chunks give back their room as they empty: half of it once they are half empty.
func (l *ledger) remove(r *record) {
	number, _ := place(r.handle)
	*r = record{handle: r.handle, flags: gone}
	l.live--
	i, _ := l.chunkOf(number)
	c := &l.chunks[i]
	c.live--
	if number == uint64(l.last)/chunkSize { // still being filled
		return
	}
	switch {
	case c.live == 0:
		l.chunks = slices.Delete(l.chunks, i, i+1)
	case c.live*2 <= len(c.records):
		packed := make([]record, 0, c.live)
		for _, r := range c.records {
			if r.flags&gone == 0 {
				packed = append(packed, r)
			}
		}
		c.records = packed
	}
}

// after walks the living records behind a handle. Nothing may be added or removed meanwhile.
func (l *ledger) after(h Handle) func(yield func(*record) bool) {
	return func(yield func(*record) bool) {
		number := uint64(h) / chunkSize // of the next handle, h+1
		first, _ := l.chunkOf(number)
		for i := first; i < len(l.chunks); i++ {
			records := l.chunks[i].records
			start := 0
			if i == first {
				start = from(records, h+1)
			}
			for j := start; j < len(records); j++ {
				if records[j].flags&gone == 0 && !yield(&records[j]) {
					return
				}
			}
		}
	}
}

// chunkOf finds the chunk of that number, or the first one behind.
func (l *ledger) chunkOf(number uint64) (int, bool) {
	if len(l.chunks) == 0 || number < l.chunks[0].number {
		return 0, false
	}
	// Without gaps, which are rare, the place is known.
	if i := number - l.chunks[0].number; i < uint64(len(l.chunks)) && l.chunks[i].number == number {
		return int(i), true
	}
	return slices.BinarySearchFunc(l.chunks, number, func(c chunk, n uint64) int { return cmp.Compare(c.number, n) })
}

// from is the index of the first record of that handle or a later one. It copies no record, as slices.BinarySearchFunc would:
// sequence numbers may be counting under the same read lock.
func from(records []record, h Handle) int {
	return sort.Search(len(records), func(i int) bool { return records[i].handle >= h })
}
