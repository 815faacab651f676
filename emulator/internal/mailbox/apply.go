package mailbox

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/outlocal/outlocal/notify"
)

// Op is a change that somebody wants to happen.
type Op struct {
	Kind       notify.ChangeType // exactly one of Created, Updated, Deleted
	Mailbox    string            // as Resolve takes it; empty: DefaultUser
	Collection notify.Collection
	Folder     string // id, well-known name or display name; empty: where new items arrive (Created), or any folder
	Item       string // id; empty: for Updated and Deleted, the newest item of the folder

	// Set gives values to properties, by name or by path: subject, isRead, body/content. A value may be of the property's
	// type (as encoding/json decodes it, or as package notify holds it) or a text that stands for one: "true", "3", a date, an
	// address, several with commas between. An object keeps the members that are not named; null empties a property.
	Set map[string]any
}

// Result is what an Op did.
type Result struct {
	Change notify.Change // without Before and After, which not every change needs: see Full

	// Prepared says that there was nothing to update or delete, so that an item was made first, of which nobody is told.
	Prepared bool

	identity      *identity
	before, after *item
}

// Full is Change with Before and After: with all properties, as nobody has selected any yet.
func (r Result) Full() notify.Change {
	c := r.Change
	hidden := schemas[c.Collection].hidden()
	if r.before != nil {
		c.Before = properties(r.identity, r.before, hidden)
	}
	if r.after != nil {
		c.After = properties(r.identity, r.after, hidden)
	}
	return c
}

// Item is the changed item as the change left it; after a deletion, as it was before.
func (r Result) Item() notify.Item {
	return itemOf(r.identity, r.last(), nil)
}

func (r Result) last() *item {
	if r.after == nil {
		return r.before
	}
	return r.after
}

// Apply makes a change happen. When it returns, Item reads its effect (rule R27). Its error is a [*notify.Error] whose Hint
// tells the cure: a property that there is not, a value of the wrong type, no such folder or item. Nothing has happened then.
func (m *Mailboxes) Apply(op Op) (Result, error) {
	if refusal := op.check(); refusal != nil {
		return Result{}, refusal
	}
	if op.Mailbox == "" {
		op.Mailbox = DefaultUser
	}
	b, err := m.resolve(op.Mailbox)
	if err != nil {
		return Result{}, &notify.Error{Status: http.StatusNotFound, Message: err.Error(), Hint: "an address such as ann@contoso.com makes a mailbox"}
	}
	now := m.clock.Now().UTC().Truncate(time.Second) // the service dates its items to the second

	b.mu.Lock()
	defer b.mu.Unlock()
	result, refusal := b.plan(op, now)
	if refusal != nil {
		return Result{}, refusal
	}
	gained, forgotten := b.commit(&result)
	m.items.Add(int64(gained - forgotten))
	m.forgotten.Add(uint64(forgotten))
	return result, nil
}

func (op *Op) check() *notify.Error {
	refuse := func(message, hint string) *notify.Error {
		return &notify.Error{Status: http.StatusBadRequest, Message: "raise change: " + message, Hint: hint}
	}
	switch {
	case op.Kind != notify.Created && op.Kind != notify.Updated && op.Kind != notify.Deleted:
		return refuse(fmt.Sprintf("%q is not one kind of change", op.Kind), "raise created, updated or deleted")
	case schemas[op.Collection] == nil:
		return refuse("it names no kind of item", "there are message, event, contact and task")
	case op.Kind == notify.Created && op.Item != "":
		return refuse("a new item can't be given an id", "leave the id out: the mailbox makes it")
	case op.Kind == notify.Deleted && len(op.Set) > 0:
		return refuse("what is deleted has no properties to set", "leave them out, or raise updated before")
	}
	return nil
}

// plan works out what an op does, and changes nothing yet.
func (b *box) plan(op Op, now time.Time) (Result, *notify.Error) {
	f, refusal := b.place(op)
	if refusal != nil {
		return Result{}, refusal
	}
	r := Result{identity: &b.identity}
	if op.Kind != notify.Created {
		if r.before, refusal = b.target(op, f); refusal != nil {
			return Result{}, refusal
		}
		if r.Prepared = r.before == nil; r.Prepared {
			r.before = b.fresh(f, now)
		}
	}
	if op.Kind != notify.Deleted {
		if r.after, refusal = b.next(r.before, f, op.Set, now); refusal != nil {
			return Result{}, refusal
		}
	}
	it := r.last()
	r.Change = notify.Change{
		Type: op.Kind, Mailbox: b.name, Collection: op.Collection, Folder: b.folderID(it.folder),
		Item: it.id(&b.identity), ETag: it.etag(&b.identity),
	}
	return r, nil
}

// place is the folder that an op names, or else the one where new items arrive.
func (b *box) place(op Op) (folder, *notify.Error) {
	f, ok := b.folder(op.Collection, op.Folder, DisplayNames)
	if !ok {
		return folder{}, b.refuseFolder(op.Collection, op.Folder)
	}
	return f, nil
}

// next is the version of an item after before; without one, its first.
func (b *box) next(before *item, f folder, set map[string]any, now time.Time) (*item, *notify.Error) {
	it := b.fresh(f, now)
	if before != nil {
		updated := *before
		updated.set, updated.changed = slices.Clone(before.set), now
		updated.change = max(it.change, before.change+1)
		it = &updated
	}
	return it, it.apply(&b.identity, set)
}

// commit makes a plan true; it tells how many items there are more, and how many were given up for them.
func (b *box) commit(r *Result) (gained, forgotten int) {
	if r.Prepared || r.before == nil {
		b.created++
	}
	b.changed = max(b.changed, r.last().change-firstChange+1)
	switch {
	case r.after == nil && r.Prepared: // made and gone at once
	case r.after == nil:
		b.drop(r.before)
		gained = -1
	case b.items[r.after.counter] == nil:
		forgotten = b.forget()
		gained = 1
		fallthrough
	default:
		b.keep(r.after)
	}
	return gained, forgotten
}

// target is the item to update or delete; nil when none is named and there is none.
func (b *box) target(op Op, f folder) (*item, *notify.Error) {
	if op.Item == "" && op.Folder == "" {
		return b.newest(op.Collection), nil
	}
	if op.Item == "" {
		return b.newestIn(f.counter), nil
	}
	it, err := b.find(op.Collection, op.Item)
	if err == nil && op.Folder != "" && it.folder != f.counter {
		err = fmt.Errorf("%w in that folder", ErrNotFound)
	}
	if err == nil {
		return it, nil
	}
	status := http.StatusNotFound
	if errors.Is(err, ErrMalformedID) || errors.Is(err, ErrForeignID) {
		status = http.StatusBadRequest
	}
	return nil, &notify.Error{
		Status:  status,
		Message: fmt.Sprintf("find %s in the mailbox of %s: %v", op.Collection.Singular(), b.name.Address, err),
		Hint:    "leave the id out to take the newest " + op.Collection.Singular() + ", or take one of a notification of this mailbox; what was " + strings.ToLower(notify.Deleted.Name()) + " is gone",
	}
}
