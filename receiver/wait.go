package receiver

import (
	"context"
	"fmt"

	"github.com/outlocal/outlocal/journal"
)

// Wait returns the first n items that match, of all that the journal holds, as soon as there are n; a nil match takes all. It counts
// items, not requests: how many travel together is the service's choice. When ctx ends before, it returns those that did match and an
// error that says how many.
func (r *Receiver) Wait(ctx context.Context, n int, match func(*Item) bool) ([]*Item, error) {
	entries, err := r.journal.Wait(ctx, 0, n, func(e *journal.Entry) bool {
		item, ok := e.Data.(*Item)
		return ok && (match == nil || match(item))
	})
	items := make([]*Item, len(entries))
	for i := range entries {
		items[i] = entries[i].Data.(*Item)
	}
	if err != nil {
		return items, fmt.Errorf("wait for notifications: %w", err)
	}
	return items, nil
}
