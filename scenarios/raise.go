package scenarios

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/journal"
)

func (p *play) change(ctx context.Context, c *Change) error {
	collection, change, _ := strings.Cut(string(c.Raise), ".")
	wish := control.Change{Change: change, Collection: collection, Mailbox: p.mailbox, Folder: c.Folder, Together: c.Batch > 0}
	var err error
	if wish.Item, err = p.scope.text(c.Item); err != nil {
		return err
	}
	set, err := p.scope.any(c.Set)
	if err != nil {
		return err
	}
	if fields, ok := set.(map[string]any); ok && len(fields) > 0 {
		wish.Set = fields
	}
	var items []any
	for done := 0; done < max(c.Count, 1); done += max(wish.Count, 1) {
		if c.Mailbox != "" {
			if wish.Mailbox, err = p.scope.text(numbered(c.Mailbox, done+1)); err != nil {
				return err
			}
		}
		wish.Count = c.part(done)
		raised, err := p.steer.RaiseChange(ctx, wish)
		if err != nil {
			return err
		}
		for _, item := range raised.Items {
			items = append(items, map[string]any{"id": item.ID, "resource": item.Resource, "mailbox": item.Mailbox, "folder": item.Folder})
		}
		if raised.Note != "" {
			p.now.Note = raised.Note
		}
		if c.Batch > 0 {
			if err := p.delivered(ctx, &raised); err != nil {
				return err
			}
		}
	}
	p.named = items
	return nil
}

// part is how many changes are raised at once when so many are done.
func (c *Change) part(done int) int {
	left := max(c.Count, 1) - done
	switch {
	case strings.Contains(c.Mailbox, counter):
		return 1
	case c.Batch > 0:
		return min(c.Batch, left)
	}
	return left
}

// delivered waits until the notifications of a change have been sent once, so that those of the next share no request with them.
func (p *play) delivered(ctx context.Context, raised *control.Raised) error {
	if p.local() {
		return p.settle(ctx)
	}
	const patience = 15 * time.Second // a webhook that hangs costs 10
	due := raised.Matched
	_, err := p.collect(ctx, raised.Entry, patience, func(e *journal.Entry) bool {
		if e.Kind == journal.Attempt {
			due -= len(decode[attempt](e.Data).Items)
		}
		return due <= 0
	})
	return err
}

func (p *play) goOn(ctx context.Context, a *Advance) error {
	if err := p.advance(ctx, a.By.std()); err != nil {
		return err
	}
	if a.Tell == "" {
		return nil
	}
	return p.tell(ctx, a)
}

func (p *play) serve(ctx context.Context, mounts map[string]DialectName) error {
	for _, path := range slices.Sorted(maps.Keys(mounts)) {
		if err := p.steer.Mount(ctx, control.Mount{Path: path, Dialect: string(mounts[path])}); err != nil {
			return err
		}
	}
	return nil
}

func (p *play) lifecycle(ctx context.Context, l *Lifecycle) error {
	s := p.sub(l.Subscription)
	raised, err := p.steer.RaiseLifecycle(ctx, control.LifecycleEvent{Event: string(l.Event), Lapse: l.Lapse, Where: control.Selector{Subscription: s.id}})
	if err == nil && raised.Raised == 0 {
		p.now.Note = raised.Note
	}
	return err
}

// lifecycleURL is another address of the webhook's.
func lifecycleURL(hook string) string {
	u, err := url.Parse(hook)
	if err != nil {
		return hook
	}
	u.Path = strings.TrimSuffix(u.Path, "/") + "/lifecycle"
	return u.String()
}

// address is whose mailbox me is.
func (p *play) address() string {
	switch {
	case p.mailbox != "":
		return p.mailbox
	case p.scenario.Emulator.User != "":
		return p.scenario.Emulator.User
	}
	return emulator.DefaultUser
}
