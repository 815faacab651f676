package scenarios

import (
	"context"
	"iter"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/journal"
)

// record is the service's journal: of an emulator of one's own as it is, of another's masked.
type record interface {
	last(ctx context.Context) (uint64, error)
	// since returns what is there above seq.
	since(ctx context.Context, seq uint64) ([]journal.Entry, error)
	// follow yields it, and then what comes until ctx ends.
	follow(ctx context.Context, seq uint64) iter.Seq2[journal.Entry, error]
}

// ownRecord is the journal of an emulator in this process.
type ownRecord struct{ journal *journal.Journal }

func (r ownRecord) last(context.Context) (uint64, error) { return r.journal.Last(), nil }

func (r ownRecord) since(_ context.Context, seq uint64) ([]journal.Entry, error) {
	entries, _ := r.journal.Since(seq, nil, 0)
	return entries, nil
}

func (r ownRecord) follow(ctx context.Context, seq uint64) iter.Seq2[journal.Entry, error] {
	return func(yield func(journal.Entry, error) bool) {
		for e := range r.journal.Follow(ctx, seq, nil) {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// steeredRecord is the journal of a running emulator.
type steeredRecord struct{ client *control.Client }

func (r steeredRecord) last(ctx context.Context) (uint64, error) {
	status, err := r.client.Status(ctx)
	return status.Journal.Last, err
}

func (r steeredRecord) since(ctx context.Context, seq uint64) ([]journal.Entry, error) {
	var all []journal.Entry
	for {
		page, err := r.client.Journal(ctx, control.JournalQuery{Since: seq})
		if err != nil {
			return nil, err
		}
		all = append(all, page.Entries...)
		if page.Next == seq || len(page.Entries) == 0 {
			return all, nil
		}
		seq = page.Next
	}
}

func (r steeredRecord) follow(ctx context.Context, seq uint64) iter.Seq2[journal.Entry, error] {
	return r.client.Follow(ctx, control.JournalQuery{Since: seq})
}
