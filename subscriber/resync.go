package subscriber

import (
	"context"
	"errors"
	"fmt"
)

// errUnmarked is why nothing can be told of a resource that was not followed from before.
var errUnmarked = errors.New("find out what was missed: nothing remembers where the resource stood before")

// fallBehind notes that something was missed, to be made up for (W5-04).
func (k *Keeper) fallBehind(ctx context.Context, w Watch) {
	k.mu.Lock()
	b, marked := k.desk.bookmarks[w.Resource]
	why := k.desk.unmarked[w.Resource]
	k.mu.Unlock()
	if !marked {
		if why == nil {
			why = errUnmarked
		}
		k.tell(Event{Kind: Unsynced, Watch: w, Err: why})
		return
	}
	b.Behind = true
	k.keep(ctx, b)
}

// keep keeps a bookmark. Where the store fails, a crash forgets a little of what was missed, and nothing else.
func (k *Keeper) keep(ctx context.Context, b Bookmark) {
	_ = k.config.Store.SaveBookmark(context.WithoutCancel(ctx), b)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.desk.bookmarks[b.Resource] = b
}

// mark remembers where a resource stands now, so that it can be told later what was missed.
func (k *Keeper) mark(ctx context.Context, w Watch) error {
	b := k.bookmark(w.Resource)
	err := k.ask(ctx, func(ctx context.Context, c *Client) (err error) {
		b.Link, b.Covers, err = c.Mark(ctx, w.Resource)
		return err
	})
	switch {
	case err == nil:
		k.keep(ctx, b)
	case lasting(err):
		k.mu.Lock()
		k.desk.unmarked[w.Resource] = fmt.Errorf("find out what was missed: %w", err)
		k.mu.Unlock()
		return nil // it is told when it matters
	}
	return err
}

// resync tells what was missed.
func (k *Keeper) resync(ctx context.Context, w Watch) error {
	k.mu.Lock()
	b := k.desk.bookmarks[w.Resource]
	k.mu.Unlock()
	var delta Delta
	err := k.ask(ctx, func(ctx context.Context, c *Client) (err error) {
		delta, err = c.Since(ctx, b.Link)
		return err
	})
	switch {
	case err == nil:
		b.Link, b.Behind = delta.Link, false
		k.keep(ctx, b)
		k.tell(Event{Kind: Resynced, Watch: w, Delta: &delta, Covers: b.Covers})
	case lasting(err): // with a link that is lost, too: from a new one on it can be told again
		k.tell(Event{Kind: Unsynced, Watch: w, Err: err})
		return k.unmark(ctx, w.Resource)
	}
	return err
}

// unmark stops following a resource.
func (k *Keeper) unmark(ctx context.Context, resource string) error {
	b := k.bookmark(resource)
	if err := k.config.Store.RemoveBookmark(ctx, b); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.desk.bookmarks, resource)
	return nil
}
