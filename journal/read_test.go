package journal_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/journal"
)

func kind(k journal.Kind) func(*journal.Entry) bool {
	return func(e *journal.Entry) bool { return e.Kind == k }
}

func TestWait(t *testing.T) {
	for _, row := range []struct {
		name   string
		before []journal.Kind // appended before Wait is called
		after  []journal.Kind // appended once it waits
		since  uint64
		n      int
		match  func(*journal.Entry) bool
		want   []uint64
		err    string // of a wait that its context ended
	}{
		{name: "for nothing", n: 0},
		{name: "for fewer than nothing", n: -1},
		{name: "all there already", before: []journal.Kind{"a", "b", "a"}, n: 2, match: kind("a"), want: []uint64{1, 3}},
		{name: "not more than asked for", before: []journal.Kind{"a", "a", "a"}, n: 2, want: []uint64{1, 2}},
		{name: "only those after since", before: []journal.Kind{"a", "a"}, after: []journal.Kind{"a"}, since: 2, n: 1, want: []uint64{3}},
		{name: "some there, one to come", before: []journal.Kind{"a"}, after: []journal.Kind{"b", "a"}, n: 2, match: kind("a"), want: []uint64{1, 3}},
		{name: "a since that is still to come", after: []journal.Kind{"a", "a", "a"}, since: 2, n: 1, want: []uint64{3}},
		{
			name: "one too few", before: []journal.Kind{"a"}, after: []journal.Kind{"b"}, n: 2, match: kind("a"),
			want: []uint64{1}, err: "wait for 2 journal entries: 1 matched: context deadline exceeded",
		},
		{
			name: "one overwritten before it was seen", before: []journal.Kind{"a", "a", "a", "a", "a"}, n: 5,
			want: []uint64{2, 3, 4, 5}, err: "wait for 5 journal entries: 4 matched, 1 were overwritten unread: context deadline exceeded",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := journal.New(4)
				for _, k := range row.before {
					j.Append(journal.Entry{Kind: k})
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				go func() {
					for _, k := range row.after {
						synctest.Wait() // until Wait waits again
						j.Append(journal.Entry{Kind: k})
					}
				}()
				entries, err := j.Wait(ctx, row.since, row.n, row.match)
				if diff := cmp.Diff(row.want, seqs(entries)); diff != "" {
					t.Errorf("entries (-want +got):\n%s", diff)
				}
				switch {
				case row.err == "" && err != nil:
					t.Errorf("error = %v, want none", err)
				case row.err != "" && (err == nil || err.Error() != row.err || !errors.Is(err, context.DeadlineExceeded)):
					t.Errorf("error = %v\nwant    %s", err, row.err)
				}
			})
		})
	}
}

func TestEntriesThatComeTogetherAreWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := journal.New(9)
		time.AfterFunc(time.Second, func() { j.AppendAll([]journal.Entry{{Kind: journal.Change}, {Kind: journal.Delivery}}) })
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		entries, err := j.Wait(ctx, 0, 2, nil)
		if diff := cmp.Diff([]uint64{1, 2}, seqs(entries)); diff != "" || err != nil {
			t.Errorf("%v; entries (-want +got):\n%s", err, diff)
		}
	})
}

// More entries may be waited for than the journal keeps: a waiter takes them as
// they come.
func TestWaitOutlivesTheRing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := journal.New(2)
		go func() {
			for range 10 {
				synctest.Wait()
				j.Append(journal.Entry{})
			}
		}()
		entries, err := j.Wait(t.Context(), 0, 10, nil)
		if err != nil || len(entries) != 10 {
			t.Errorf("got %d entries and error %v, want 10 and none", len(entries), err)
		}
	})
}

func TestFollowReportsWhatItMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := journal.New(3)
		j.Append(journal.Entry{})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		type seen struct{ Seq, Missed uint64 }
		var got []seen
		for e, missed := range j.Follow(ctx, 0, nil) {
			got = append(got, seen{e.Seq, missed})
			switch e.Seq {
			case 1: // a slow reader: five come while it is busy with the first
				for range 5 {
					j.Append(journal.Entry{})
				}
			case 6:
				cancel()
			}
		}
		want := []seen{{1, 0}, {4, 2}, {5, 0}, {6, 0}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("followed (-want +got):\n%s", diff)
		}
	})
}

// A waiter that is woken looks at what is new, not at all there is.
func TestEntriesAreLookedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const entries = 500
		j := journal.New(0)
		go func() {
			for range entries {
				synctest.Wait()
				j.Append(journal.Entry{})
			}
		}()
		looked := 0
		_, err := j.Wait(t.Context(), 0, 1, func(e *journal.Entry) bool {
			looked++
			return e.Seq == entries
		})
		if err != nil || looked != entries {
			t.Errorf("looked at %d entries with error %v, want %d and none", looked, err, entries)
		}
	})
}

// A match may use the journal: it runs without its lock.
func TestMatchMayAppend(t *testing.T) {
	j := journal.New(10)
	j.Append(journal.Entry{Kind: journal.Change})
	entries, _ := j.Since(0, func(e *journal.Entry) bool {
		if e.Kind == journal.Change {
			j.Append(journal.Entry{Kind: journal.Delivery, Cause: e.Seq})
		}
		return e.Kind == journal.Delivery
	}, 0)
	if diff := cmp.Diff([]uint64{2}, seqs(entries)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

func TestManyWritersManyWaiters(t *testing.T) {
	const writers, waiters, each = 4, 8, 200
	j := journal.New(writers * each)
	var group sync.WaitGroup
	for range waiters {
		group.Go(func() {
			entries, err := j.Wait(t.Context(), 0, writers*each, nil)
			if err != nil {
				t.Error(err)
				return
			}
			for i, e := range entries {
				if e.Seq != uint64(i+1) {
					t.Errorf("entry %d has seq %d", i, e.Seq)
					return
				}
			}
		})
	}
	for range writers {
		group.Go(func() {
			for range each {
				j.Append(journal.Entry{Note: strings.Repeat("x", 8)})
			}
		})
	}
	group.Wait()
}
