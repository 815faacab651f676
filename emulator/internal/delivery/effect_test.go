package delivery

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/notify"
)

func message(read bool, subject string) []notify.Property {
	return []notify.Property{
		{Name: "subject", Value: subject}, {Name: "isRead", Value: read},
		{Name: "from", Value: notify.Object{{Name: "emailAddress", Value: notify.Object{{Name: "address", Value: "bob@contoso.com"}}}}},
	}
}

func TestEffect(t *testing.T) {
	unread, read, renamed := message(false, "a"), message(true, "a"), message(false, "b")
	const filter = "IsRead eq false"
	for _, tt := range []struct {
		name          string
		dialect       *dialect.Dialect
		filter        string
		selected      []string
		rich          bool
		before, after []notify.Property
		want          notify.ChangeType
		rules         string
	}{
		{"arrival", dialect.GraphV1, "", nil, false, nil, unread, notify.Created, "rules: W1.5-17"},
		{"any update", dialect.OutlookFinal, "", nil, false, unread, read, notify.Updated, "rules: W1.5-17"},
		{"removal", dialect.GraphV1, "", nil, false, read, nil, notify.Deleted, "rules: W1.5-17"},

		{"arrival inside", dialect.OutlookFinal, filter, nil, false, nil, unread, notify.Created, "rules: W1.5-16 W1.5-18"},
		{"arrival outside", dialect.OutlookFinal, filter, nil, false, nil, read, 0, "rules: W1.5-16"},
		{"entering", dialect.GraphV1, filter, nil, false, read, unread, notify.Created, "rules: W1.5-16"},
		{"leaving", dialect.GraphV1, filter, nil, false, unread, read, notify.Deleted, "rules: W1.5-16"},
		{"a change inside", dialect.OutlookFinal, filter, nil, false, unread, renamed, notify.Updated, "rules: W1.5-16"},
		{"a change outside", dialect.OutlookFinal, filter, nil, false, read, message(true, "b"), 0, "rules: W1.5-16"},
		{"removal inside", dialect.OutlookFinal, filter, nil, false, unread, nil, notify.Deleted, "rules: W1.5-16"},
		{"removal outside", dialect.OutlookFinal, filter, nil, false, read, nil, 0, "rules: W1.5-16"},
		{"what is no filter matches nothing", dialect.GraphV1, "isRead is false", nil, false, nil, unread, 0, ""},

		{"a selected property changed", dialect.GraphV1, "", []string{"subject", "isRead"}, false, unread, read, notify.Updated, "rules: W1.5-12"},
		{"another one did", dialect.GraphV1, "", []string{"subject"}, false, unread, read, 0, "rules: W1.5-12"},
		{"a selection narrows no arrival", dialect.GraphV1, "", []string{"subject"}, false, nil, read, notify.Created, "rules: W1.5-12"},
		{"nor what entered a filter", dialect.GraphV1, filter, []string{"subject"}, false, read, unread, notify.Created, "rules: W1.5-12 W1.5-16"},
		{"nor with resource data", dialect.GraphV1, "", []string{"subject"}, true, unread, read, notify.Updated, "rules: W1.5-12"},
		{"nor where it asks for properties in clear", dialect.OutlookFinal, "", []string{"subject"}, false, unread, read, notify.Updated, "rules: W1.5-11"},
		{"an equal object is no change", dialect.GraphV1, "", []string{"from"}, false, unread, renamed, 0, "rules: W1.5-12"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			c := change(notify.Updated, "AAMk1")
			c.Before, c.After = tt.before, tt.after
			switch {
			case tt.before == nil:
				c.Type = notify.Created
			case tt.after == nil:
				c.Type = notify.Deleted
			}
			rec := store.Record{Watch: notify.Resource{Filter: tt.filter, Select: tt.selected}}
			rec.IncludeData = tt.rich
			if got := r.effect(&c, &rec, tt.dialect); got != tt.want {
				t.Errorf("effect is %v, want %v", got, tt.want)
			}
		})
	}
}

// What a subscription asked for is compared with what the change is to it, not with what it was in the mailbox.
//
// rules: W1.5-16
func TestRaiseThroughFilters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{}
		r := newRig(t, withHook("hook.test", h))
		for _, kind := range []notify.ChangeType{notify.Created, notify.Updated, notify.Deleted} {
			r.subscribe(dialect.GraphV1, "https://hook.test/"+kind.Name(), func(rec *store.Record) {
				rec.Changes, rec.Watch.Filter = kind, "isRead eq false"
			})
		}
		c := change(notify.Updated, "AAMk1")
		c.Before, c.After = message(true, "a"), message(false, "a")
		if n := r.Raise(c, 0); n != 1 {
			t.Fatalf("%d match, want the one that asks for created", n)
		}
		r.settle()
		if diff := cmp.Diff([]any{"created"}, h.values("changeType")); diff != "" {
			t.Errorf("change types (-want +got)\n%s", diff)
		}
	})
}

// One change may be different things to two subscriptions, in one request.
//
// rules: W1.5-16 W1.5-17
func TestOneChangeInTwoKinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{}
		r := newRig(t, withHook("hook.test", h))
		r.subscribe(dialect.GraphV1, "https://hook.test/cb", func(rec *store.Record) { rec.Watch.Filter = "isRead eq false" })
		r.subscribe(dialect.GraphV1, "https://hook.test/cb")
		c := change(notify.Updated, "AAMk1")
		c.Before, c.After = message(true, "a"), message(false, "a")
		r.Raise(c, 0)
		r.settle()
		if diff := cmp.Diff([]any{"created", "updated"}, h.values("changeType")); diff != "" {
			t.Errorf("change types (-want +got)\n%s", diff)
		}
	})
}

// rules: W1.5-11
func TestSelectedPropertiesTravelAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{}
		r := newRig(t, withHook("hook.test", h))
		r.subscribe(dialect.OutlookFinal, "https://hook.test/cb")
		for range 2 { // equal selections are encoded once, and are no other's
			r.subscribe(dialect.OutlookFinal, "https://hook.test/cb", func(rec *store.Record) { rec.Watch.Select = []string{"Subject", "IsRead"} })
		}
		r.create("AAMk1")
		r.settle()
		var subjects []string
		for _, it := range h.items() {
			data := it["ResourceData"].(map[string]any)
			subjects = append(subjects, fmt.Sprintf("%v %v %v", data["Subject"], data["IsRead"], data["Id"]))
		}
		slices.Sort(subjects)
		if diff := cmp.Diff([]string{"<nil> <nil> AAMk1", "hello false AAMk1", "hello false AAMk1"}, subjects); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestRaiseMatches(t *testing.T) {
	for _, tt := range []struct {
		name   string
		adjust func(*store.Record)
		change func(*notify.Change)
		want   int
	}{
		{"all of the mailbox", nil, nil, 1},
		{"the folder", func(r *store.Record) { r.Watch.Folder = "inbox-id" }, nil, 1},
		{"another folder", func(r *store.Record) { r.Watch.Folder = "sent-id" }, nil, 0},
		{"another collection", func(r *store.Record) { r.Watch.Collection = notify.Events }, nil, 0},
		{"another mailbox", func(r *store.Record) { r.Mailbox.Store = "another" }, nil, 0},
		{"another kind", func(r *store.Record) { r.Changes = notify.Deleted }, nil, 0},
		{"an update is no creation", func(r *store.Record) { r.Changes = notify.Created }, func(c *notify.Change) { c.Type, c.Before = notify.Updated, c.After }, 0},
		{"expired, and not yet taken out", func(r *store.Record) { r.Expires = r.Created.Add(-1) }, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hook{}
				r := newRig(t, withHook("hook.test", h))
				r.Engine.expiry.close() // so that what has expired stays
				r.subscribe(dialect.GraphV1, "https://hook.test/cb", func(rec *store.Record) {
					if tt.adjust != nil {
						tt.adjust(rec)
					}
				})
				c := change(notify.Created, "AAMk1")
				if tt.change != nil {
					tt.change(&c)
				}
				if got := r.Raise(c, 0); got != tt.want {
					t.Errorf("Raise = %d, want %d", got, tt.want)
				}
				r.settle()
				if n := len(h.items()); n != tt.want {
					t.Errorf("%d notifications, want %d", n, tt.want)
				}
			})
		})
	}
}
