package delivery

import (
	"reflect"
	"slices"

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
		f := e.filters.of(r.Watch.Filter, readFilter)
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

// cachedFilters is how many filters are kept read.
const cachedFilters = 1000

// readFilter returns nil for a text that is no filter: one that nobody can read matches nothing.
func readFilter(text string) *odata.Filter {
	filter, err := odata.ParseFilter(text)
	if err != nil {
		return nil
	}
	return filter
}
