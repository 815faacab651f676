package store

import (
	"strings"

	"github.com/outlocal/outlocal/notify"
)

// watched is a notify.Resource with the text it was read from, comparable.
type watched struct {
	text       string
	user       string
	collection notify.Collection
	folder     string
	item       string
	filter     string
	selected   string // names, joined by selectSeparator
	immutable  bool
}

// selectSeparator can't be part of a property's name.
const selectSeparator = "\x00"

func watchedOf(resource string, r notify.Resource) watched {
	return watched{
		text: resource, user: r.User, collection: r.Collection, folder: r.Folder, item: r.Item, filter: r.Filter,
		selected: strings.Join(r.Select, selectSeparator), immutable: r.Immutable,
	}
}

func (w *watched) resource() notify.Resource {
	r := notify.Resource{
		User: w.user, Collection: w.collection, Folder: w.folder, Item: w.item, Filter: w.filter, Immutable: w.immutable,
	}
	if w.selected != "" {
		r.Select = strings.Split(w.selected, selectSeparator)
	}
	return r
}

func (w watched) clone() watched {
	w.text, w.user, w.folder = strings.Clone(w.text), strings.Clone(w.user), strings.Clone(w.folder)
	w.item, w.filter, w.selected = strings.Clone(w.item), strings.Clone(w.filter), strings.Clone(w.selected)
	return w
}

// sameAs compares what is watched, however it is spelled.
func (w *watched) sameAs(o *watched) bool {
	return w.collection == o.collection && w.folder == o.folder && w.item == o.item &&
		w.filter == o.filter && w.selected == o.selected
}

type box notify.Mailbox

func (b box) clone() box {
	return box{
		ID: strings.Clone(b.ID), Tenant: strings.Clone(b.Tenant),
		Address: strings.Clone(b.Address), Store: strings.Clone(b.Store),
	}
}
