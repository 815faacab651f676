package mailbox

import (
	"fmt"
	"slices"
	"time"

	"github.com/outlocal/outlocal/notify"
)

const (
	// MaxItems in one mailbox; the oldest make room. What a webhook is told of it reads at once, and ten thousand items of
	// some hundred bytes are as many as a test looks back on.
	MaxItems = 10_000

	firstItem   = 0x1000 // counter of the first item, well above those of folders
	firstChange = 0x2000 // counter of the first etag
)

// item is one version of an item. It never changes: an update puts another in its place, so that a reader needs no lock.
type item struct {
	collection notify.Collection
	counter    uint64 // in its id
	folder     uint64 // counter of its folder
	change     uint64 // in its etag
	made       time.Time
	changed    time.Time
	set        []setting // what somebody gave; the rest is drawn
}

type setting struct {
	field int // index in the schema
	value any
}

func (it *item) id(id *identity) string {
	e := id.folderEntry(it.folder)
	e.item = entry{id.replica, it.counter}
	return e.String()
}

func (it *item) etag(id *identity) string {
	return etag(id.replica, it.change, it.collection)
}

// Item reads an item. Of the properties that only come when a client selects them (rule W7.1-08), it has those that selected
// names; all others are always there. Its error wraps [ErrMalformedID], [ErrForeignID] or [ErrNotFound].
func (m *Mailboxes) Item(mailbox notify.Mailbox, c notify.Collection, id string, selected ...string) (notify.Item, error) {
	b, err := m.of(mailbox)
	if err != nil {
		return notify.Item{}, err
	}
	b.mu.RLock()
	it, err := b.find(c, id)
	b.mu.RUnlock()
	if err != nil {
		return notify.Item{}, fmt.Errorf("read %s of %s: %w", c.Singular(), b.name.Address, err)
	}
	return itemOf(&b.identity, it, selected), nil
}

func itemOf(id *identity, it *item, selected []string) notify.Item {
	return notify.Item{
		ID: it.id(id), ETag: it.etag(id), Collection: it.collection, Mailbox: id.name, Folder: id.folderID(it.folder),
		Properties: properties(id, it, selected),
	}
}

// find, and all below, run under the lock.
func (b *box) find(c notify.Collection, text string) (*item, error) {
	id, err := parseID(text)
	switch {
	case err != nil:
		return nil, err
	case id.mailbox != b.name.Store:
		return nil, ErrForeignID
	}
	it := b.items[id.item.counter]
	if it == nil || it.collection != c || id != b.entryOf(it) {
		return nil, ErrNotFound
	}
	return it, nil
}

func (b *box) entryOf(it *item) entryID {
	id := b.folderEntry(it.folder)
	id.item = entry{b.replica, it.counter}
	return id
}

// newest is the latest living item of a collection; nil if there is none.
func (b *box) newest(c notify.Collection) *item {
	var latest *item
	for counter := range b.order {
		f, _ := b.folderOf(counter)
		if it := b.newestIn(counter); f.collection == c && (latest == nil || it.counter > latest.counter) {
			latest = it
		}
	}
	return latest
}

// newestIn is the latest living item of a folder; nil if there is none.
func (b *box) newestIn(folder uint64) *item {
	items := b.order[folder]
	if len(items) == 0 {
		return nil
	}
	return b.items[items[len(items)-1]]
}

// fresh is an item as it would be made next; commit makes it true.
func (b *box) fresh(f folder, now time.Time) *item {
	return &item{
		collection: f.collection, counter: firstItem + b.created, folder: f.counter, change: firstChange + b.changed,
		made: now, changed: now,
	}
}

// keep puts an item, or a newer version of one, where it can be read.
func (b *box) keep(it *item) {
	if b.items == nil {
		b.items, b.order = make(map[uint64]*item), make(map[uint64][]uint64)
	}
	if b.items[it.counter] == nil {
		b.order[it.folder] = append(b.order[it.folder], it.counter)
	}
	b.items[it.counter] = it
}

func (b *box) drop(it *item) {
	delete(b.items, it.counter)
	items := b.order[it.folder]
	i, _ := slices.BinarySearch(items, it.counter)
	switch {
	case len(items) == 1:
		delete(b.order, it.folder)
	case i == 0: // the usual one to go when there are many
		b.order[it.folder] = items[1:]
	default:
		b.order[it.folder] = slices.Delete(items, i, i+1)
	}
}

// forget drops the oldest items until there is room for one more, and tells how many.
func (b *box) forget() (dropped int) {
	for ; len(b.items) >= MaxItems; dropped++ {
		var oldest uint64
		for _, items := range b.order {
			if oldest == 0 || items[0] < oldest {
				oldest = items[0]
			}
		}
		b.drop(b.items[oldest])
	}
	return dropped
}
