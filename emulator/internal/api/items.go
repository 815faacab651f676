package api

import (
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/mailbox"
	"github.com/outlocal/outlocal/internal/odata"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// item reads one item back: the request that a webhook makes of a notification's resource (W7.1-01, W7.1-02).
func (c *call) item() (*answer, *notify.Error) {
	if c.vars("item") == "delta" { // a query on the collection (W7.3-01), and no id that any item has
		return nil, c.notEmulated()
	}
	if refusal := c.permit(notify.ParseCollection(c.vars("collection")), toRead, dialect.AccessDenied); refusal != nil {
		return nil, refusal
	}
	box, refusal := c.resolve(c.vars("user"))
	if refusal != nil {
		return nil, refusal
	}
	if refusal := c.checkAccess(box); refusal != nil {
		return nil, refusal
	}
	selected, refusal := c.selection()
	if refusal != nil {
		return nil, refusal
	}
	id := c.vars("item")
	item, err := c.Mailboxes.Item(box, notify.ParseCollection(c.vars("collection")), id, selected...)
	if err != nil {
		return nil, c.refuseItem(err)
	}
	entry := journal.Entry{Kind: journal.Read, Mailbox: box.Address, Cause: c.Causes.Of(id), Data: map[string]any{"item": id, "etag": item.ETag}}
	return &answer{status: http.StatusOK, body: c.d.AppendEntity(nil, &item, c.links(box), selected), entry: entry}, nil
}

// selection reads $select, the one option that reading an item takes here.
func (c *call) selection() ([]string, *notify.Error) {
	options, err := odata.Options(c.r.URL.RawQuery)
	if err != nil {
		return nil, c.d.Refuse(dialect.BadQuery)
	}
	var selected []string
	for name, value := range options {
		switch {
		case name == "$select":
			for word := range strings.SplitSeq(value, ",") {
				if word = strings.TrimSpace(word); word != "" {
					selected = append(selected, word)
				}
			}
		case strings.HasPrefix(name, "$"):
			return nil, c.d.Refuse(dialect.NotEmulated, "the query option "+name+" on an item")
		}
	}
	return selected, nil
}

func (c *call) refuseItem(err error) *notify.Error {
	kind := dialect.NoItem
	switch {
	case errors.Is(err, mailbox.ErrMalformedID):
		kind = dialect.MalformedID
	case errors.Is(err, mailbox.ErrForeignID):
		kind = dialect.ForeignID
	}
	e := c.d.Refuse(kind)
	e.Hint = err.Error()
	return e
}

// Causes remembers which change an item was last notified of, so that the journal can tie a read to it.
type Causes struct {
	mu    sync.Mutex
	seqs  map[string]uint64
	order []string // oldest first, a ring once it is full
	next  int
}

// remembered items; a webhook reads what it is told of soon after.
const remembered = 4096

// Note remembers the entry of a change.
func (c *Causes) Note(item string, seq uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seqs == nil {
		c.seqs = make(map[string]uint64, remembered)
	}
	if _, known := c.seqs[item]; !known {
		if len(c.order) < remembered {
			c.order = append(c.order, item)
		} else {
			delete(c.seqs, c.order[c.next])
			c.order[c.next] = item
			c.next = (c.next + 1) % remembered
		}
	}
	c.seqs[item] = seq
}

// Of is the entry of an item's last change; 0 when that is long ago.
func (c *Causes) Of(item string) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seqs[item]
}
