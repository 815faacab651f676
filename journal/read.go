package journal

import (
	"context"
	"fmt"
	"iter"
)

// Since returns the entries with a Seq above seq that match, oldest first, at
// most limit of them (all if limit is zero or less); a nil match takes all.
// dropped counts the entries above seq that were overwritten before they could
// be looked at, whether they would have matched or not. To read on, call it
// again with the Seq of the last entry returned.
func (j *Journal) Since(seq uint64, match func(*Entry) bool, limit int) (entries []Entry, dropped uint64) {
	r := reader{journal: j, seq: seq, match: match}
	for {
		e, more := r.next()
		if !more {
			return entries, r.dropped
		}
		entries = append(entries, *e)
		if len(entries) == limit {
			return entries, r.dropped
		}
	}
}

// Wait returns the first n entries with a Seq above since that match, as soon
// as there are n; a nil match takes all. When ctx ends before, it returns the
// entries that did match and an error that wraps ctx's and says how many.
func (j *Journal) Wait(ctx context.Context, since uint64, n int, match func(*Entry) bool) ([]Entry, error) {
	var entries []Entry
	if n <= 0 {
		return entries, nil
	}
	var dropped uint64
	for e, missed := range j.Follow(ctx, since, match) {
		dropped += missed
		if entries = append(entries, e); len(entries) == n {
			return entries, nil
		}
	}
	if dropped > 0 {
		return entries, fmt.Errorf("wait for %d journal entries: %d matched, %d were overwritten unread: %w", n, len(entries), dropped, ctx.Err())
	}
	return entries, fmt.Errorf("wait for %d journal entries: %d matched: %w", n, len(entries), ctx.Err())
}

// Follow yields the entries with a Seq above since that match, oldest first,
// then those that come, until ctx ends; a nil match takes all. Each comes with
// the number of entries that were overwritten since the one before and could
// not be looked at: a reader slower than the writers misses entries, it never
// holds a writer up.
func (j *Journal) Follow(ctx context.Context, since uint64, match func(*Entry) bool) iter.Seq2[Entry, uint64] {
	return func(yield func(Entry, uint64) bool) {
		r := reader{journal: j, seq: since, match: match}
		for {
			for e, more := r.next(); more; e, more = r.next() {
				missed := r.dropped
				r.dropped = 0
				if ctx.Err() != nil || !yield(*e, missed) {
					return
				}
			}
			select {
			case <-ctx.Done():
				return
			case <-j.after(r.seq):
			}
		}
	}
}

// after returns a channel that is closed once there is an entry above seq.
func (j *Journal) after(seq uint64) <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.last > seq {
		now := make(chan struct{})
		close(now)
		return now
	}
	if j.grown == nil {
		j.grown = make(chan struct{})
	}
	return j.grown
}

// A reader goes through a journal once: no entry is looked at twice, however
// often it is woken. It copies entries out in batches, so that match runs
// without the journal's lock.
type reader struct {
	journal *Journal
	seq     uint64 // the last entry looked at or skipped
	match   func(*Entry) bool
	dropped uint64 // entries skipped because they were overwritten

	batch []Entry // copied out and not yet looked at
	buf   []Entry // the batch's memory
}

// next returns the next matching entry, or false when there is none for now.
// The entry is valid until the next call.
func (r *reader) next() (*Entry, bool) {
	for {
		for len(r.batch) > 0 {
			e := &r.batch[0]
			r.batch = r.batch[1:]
			r.seq = e.Seq
			if r.match == nil || r.match(e) {
				return e, true
			}
		}
		if !r.fill() {
			return nil, false
		}
	}
}

// fill copies the next batch out of the ring, counting what is no longer there.
func (r *reader) fill() bool {
	j := r.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	if skipTo := j.first - 1; r.seq < skipTo {
		if seen := max(r.seq, j.cleared); seen < skipTo {
			r.dropped += skipTo - seen
		}
		r.seq = skipTo
	}
	if r.seq >= j.last {
		return false
	}
	n := min(j.last-r.seq, chunkEntries)
	if r.buf == nil {
		r.buf = make([]Entry, n, chunkEntries)
	}
	r.batch = r.buf[:n]
	for i := range r.batch {
		r.batch[i] = j.slot(r.seq + 1 + uint64(i)).Entry
	}
	return true
}
