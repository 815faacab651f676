package cli

import (
	"context"
	"sync"

	"github.com/outlocal/outlocal/journal"
)

// narrator hands over a journal's entries as they come. [handOver] makes one.
type narrator struct {
	journal *journal.Journal
	each    func(journal.Entry) error
	missed  func(n uint64) error

	stop      context.CancelFunc
	following sync.WaitGroup
	once      sync.Once

	mu    sync.Mutex
	moved sync.Cond // last has changed, or it is over
	last  uint64    // that was handed over
	over  bool      // nobody listens any more
}

// handOver hands over what is in a journal and what comes, until somebody does not want it any more, or it is ended.
func handOver(j *journal.Journal, each func(journal.Entry) error, missed func(n uint64) error) *narrator {
	ctx, stop := context.WithCancel(context.Background())
	n := &narrator{journal: j, each: each, missed: missed, stop: stop}
	n.moved.L = &n.mu
	n.following.Go(func() {
		defer n.note(0, true)
		for e, lost := range j.Follow(ctx, 0, nil) {
			if lost > 0 && missed(lost) != nil || each(e) != nil {
				return // nobody listens any more, which is no reason to end
			}
			n.note(e.Seq, false)
		}
	})
	return n
}

func (n *narrator) note(seq uint64, over bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last, n.over = max(n.last, seq), n.over || over
	n.moved.Broadcast()
}

// upTo returns when all entries up to that one are handed over, or nobody listens any more.
func (n *narrator) upTo(seq uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for n.last < seq && !n.over {
		n.moved.Wait()
	}
}

// end hands over what is left, and ends it. It may be called more than once.
func (n *narrator) end() {
	n.once.Do(func() {
		n.stop()
		n.following.Wait()
		rest, _ := n.journal.Since(n.last, nil, 0)
		for _, e := range rest {
			if n.each(e) != nil {
				return // as above
			}
		}
	})
}
