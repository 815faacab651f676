package receiver

import (
	"context"

	"github.com/outlocal/outlocal/control"
)

// What a control API needs of a receiver; a process that serves it adds its addresses to the status.
var _ control.ReceiverBackend = (*Receiver)(nil)

// Status implements [control.Backend].
func (r *Receiver) Status(context.Context) (control.Status, error) {
	s := control.Status{
		Kind: control.Receiver,
		Now:  r.config.Now(),
		Counters: map[string]int64{
			"requests":      r.counts.requests.Load(),
			"handshakes":    r.counts.handshakes.Load(),
			"notifications": r.counts.notifications.Load(),
			"refused":       r.counts.refused.Load(),
			"doubtful":      r.counts.doubtful.Load(),
		},
	}
	stats := r.journal.Stats()
	s.Journal = control.JournalState{Last: stats.Appended, Dropped: stats.Overwritten}
	if stats.Entries > 0 {
		s.Journal.First = stats.Appended - uint64(stats.Entries) + 1
	}
	return s, nil
}

// Reset implements [control.Resetter]: it forgets what was seen. A receiver has nothing that belongs to one app or mailbox only, so
// that any selection but the empty one selects nothing.
func (r *Receiver) Reset(_ context.Context, where control.Selector) (control.ResetReport, error) {
	if !where.IsZero() {
		return control.ResetReport{Note: "a receiver forgets all or nothing: nothing was forgotten"}, nil
	}
	report := control.ResetReport{Entries: r.journal.Stats().Entries}
	r.journal.Clear()
	r.memory.forget()
	return report, nil
}
