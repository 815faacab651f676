package delivery

import (
	"reflect"
	"slices"
	"sync"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/internal/odata"
	"github.com/outlocal/outlocal/notify"
)

// effect is what a change means to a subscription; 0 if nothing. Without a filter it is the change itself (W1.5-17). With one, an item
// that begins to match is created, one that no longer does is deleted (W1.5-16). Where a selection narrows, an update that leaves alone
// all that is selected is none (W1.5-12).
func (e *Engine) effect(c *notify.Change, r *store.Record, d *dialect.Dialect) notify.ChangeType {
	kind := c.Type
	if r.Watch.Filter != "" {
		f := e.filters.of(r.Watch.Filter)
		if f == nil {
			return 0
		}
		was, is := matches(f, c.Before), matches(f, c.After)
		switch {
		case was && is:
			kind = notify.Updated
		case is:
			kind = notify.Created
		case was:
			kind = notify.Deleted
		default:
			return 0
		}
	}
	narrows := d.Watch.Select == dialect.SelectNarrows && !r.IncludeData && len(r.Watch.Select) > 0
	if narrows && kind == notify.Updated && !touches(c, r.Watch.Select) {
		return 0
	}
	return kind
}

// matches judges an item; one that is not there matches nothing.
func matches(f *odata.Filter, item []notify.Property) bool {
	return item != nil && f.Match(func(path []string) any { return odata.Lookup(item, path) })
}

// touches tells whether one of the properties has another value than before.
func touches(c *notify.Change, properties []string) bool {
	return slices.ContainsFunc(properties, func(name string) bool {
		path := []string{name}
		return !reflect.DeepEqual(odata.Lookup(c.Before, path), odata.Lookup(c.After, path))
	})
}

// cachedFilters is how many filters are kept read; beyond it they are read anew.
const cachedFilters = 1000

// filters remembers filters that were read.
type filters struct {
	mu   sync.RWMutex
	read map[string]*odata.Filter
}

// of returns nil for a text that is no filter: one that nobody can read matches nothing.
func (f *filters) of(text string) *odata.Filter {
	f.mu.RLock()
	filter, known := f.read[text]
	f.mu.RUnlock()
	if known {
		return filter
	}
	filter, err := odata.ParseFilter(text)
	if err != nil {
		filter = nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.read == nil || len(f.read) >= cachedFilters {
		f.read = make(map[string]*odata.Filter)
	}
	f.read[text] = filter
	return filter
}
