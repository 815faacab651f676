package mailbox

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/notify"
)

// still is a clock that stands until it is moved.
type still struct{ now time.Time }

func (s *still) Now() time.Time { return s.now }

func newStill() *still { return &still{time.Date(2026, 3, 4, 15, 16, 17, 891e6, time.UTC)} }

func resolve(t *testing.T, m *Mailboxes, user string) notify.Mailbox {
	t.Helper()
	box, err := m.Resolve(user)
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func TestResolve(t *testing.T) {
	m := New(newStill(), 1)
	ann := resolve(t, m, "ann@contoso.com")
	standard := notify.Mailbox{ID: DefaultUserID, Tenant: DefaultTenant, Address: DefaultUser, Store: DefaultStore}
	for _, tt := range []struct {
		name, user string
		want       notify.Mailbox
	}{
		{"the default user", DefaultUser, standard},
		{"the default user by GUID, before anybody named the address", DefaultUserID, standard},
		{"an address, always with the same GUIDs", "ann@contoso.com", notify.Mailbox{
			ID: "8d470a1d-cb85-5d01-a27f-e075d86225dc", Tenant: DefaultTenant, Address: "ann@contoso.com", Store: "45ea285d-10f5-5f04-8937-7074114b1599",
		}},
		{"an address with capitals", "Ann@Contoso.COM", ann},
		{"a GUID", ann.ID, ann},
		{"a GUID with capitals", strings.ToUpper(ann.ID), ann},
		{"a GUID and its tenant", ann.ID + "@" + DefaultTenant, ann},
		{"an apostrophe", "o'neil@contoso.com", resolve(t, New(newStill(), 2), "o'neil@contoso.com")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, resolve(t, m, tt.user)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	for _, tt := range []struct{ name, user string }{
		{"empty", ""},
		{"a word", "ann"},
		{"me is the caller's to replace", "me"},
		{"an unknown GUID", "00000000-0000-4000-8000-000000000001"},
		{"an unknown GUID with the tenant", "00000000-0000-4000-8000-000000000001@" + DefaultTenant},
		{"a known GUID with another tenant", ann.ID + "@" + ConsumerTenant},
		{"a GUID's mailbox is no user", DefaultStore},
		{"two at signs", "ann@bob@contoso.com"},
		{"no domain", "ann@"},
		{"a blank", "ann berg@contoso.com"},
		{"a slash", "ann@contoso.com/messages"},
		{"too long", strings.Repeat("a", maxAddress) + "@contoso.com"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if box, err := m.Resolve(tt.user); !errors.Is(err, ErrNoMailbox) {
				t.Errorf("Resolve(%q) = %v, %v; want ErrNoMailbox", tt.user, box, err)
			}
		})
	}
}

// rules: W4.7-08
func TestConsumersHaveMailboxesOfTheirOwnShape(t *testing.T) {
	box := resolve(t, New(newStill(), 1), "ann@outlook.com")
	if box.Tenant != ConsumerTenant || !strings.HasPrefix(box.Store, "0003") || !strings.HasSuffix(box.Store, "-0000-000000000000") || !isGUID(box.Store) {
		t.Errorf("the mailbox of a personal account is %+v", box)
	}
}

func TestFolder(t *testing.T) {
	m := New(newStill(), 1)
	box := resolve(t, m, DefaultUser)
	vacation, err := m.AddFolder(box, notify.Messages, "Vacation")
	if err != nil {
		t.Fatal(err)
	}
	inbox, _ := m.Folder(box, notify.Messages, "inbox", WellKnown)
	calendar, _ := m.Folder(box, notify.Events, "calendar", WellKnown)
	other, _ := m.Folder(resolve(t, m, "ann@contoso.com"), notify.Messages, "inbox", WellKnown)
	coded, _ := parseID(inbox)
	for _, tt := range []struct {
		name, rules string
		collection  notify.Collection
		folder      string
		naming      Naming
		want        string // empty: there is none
	}{
		{"capitals", "rules: W7.5-01", notify.Messages, "InBox", WellKnown, inbox},
		{"an id", "", notify.Messages, inbox, WellKnown, inbox},
		{"an id, compressed", "rules: W4.7-06", notify.Messages, encode(compress(coded.bytes())), WellKnown, inbox},
		{"none for messages", "", notify.Messages, "", WellKnown, inbox},
		{"none for events", "rules: W1.5-06", notify.Events, "", WellKnown, calendar},
		{"a display name where they count", "rules: W1.5-04", notify.Messages, "vacation", DisplayNames, vacation},
		{"a display name of a well-known folder", "rules: W1.5-04", notify.Messages, "Inbox", DisplayNames, inbox},
		{"a display name where they do not count", "rules: W1.5-14", notify.Messages, "Vacation", WellKnown, ""},
		{"the id of a made folder", "", notify.Messages, vacation, WellKnown, vacation},
		{"a display name that there is not", "", notify.Messages, "Work", DisplayNames, ""},
		{"a folder of another collection", "", notify.Messages, "calendar", WellKnown, ""},
		{"an id of another collection", "", notify.Messages, calendar, WellKnown, ""},
		{"an id of another mailbox", "", notify.Messages, other, WellKnown, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := m.Folder(box, tt.collection, tt.folder, tt.naming)
			if got != tt.want || ok != (tt.want != "") {
				t.Errorf("Folder(%q) = %q, %v; want %q", tt.folder, got, ok, tt.want)
			}
		})
	}
	if again, err := m.AddFolder(box, notify.Messages, " VACATION "); err != nil || again != vacation {
		t.Errorf("added again: %s, %v; want the first", again, err)
	}
	for _, bad := range []struct {
		c    notify.Collection
		name string
	}{{notify.Messages, " "}, {notify.None, "x"}} {
		if id, err := m.AddFolder(box, bad.c, bad.name); err == nil {
			t.Errorf("AddFolder(%v, %q) = %s", bad.c, bad.name, id)
		}
	}
}

// rules: W7.5-01
func TestAllWellKnownNamesResolve(t *testing.T) {
	m := New(newStill(), 1)
	box := resolve(t, m, DefaultUser)
	seen := map[string]string{}
	for name := range strings.FieldsSeq(`archive clutter conflicts conversationhistory deleteditems drafts inbox junkemail localfailures
		msgfolderroot outbox recoverableitemsdeletions scheduled searchfolders sentitems serverfailures syncissues`) {
		id, ok := m.Folder(box, notify.Messages, name, WellKnown)
		if upper, _ := m.Folder(box, notify.Messages, strings.ToUpper(name), WellKnown); !ok || upper != id {
			t.Errorf("%s is %q, with capitals %q", name, id, upper)
		}
		if other, taken := seen[id]; taken {
			t.Errorf("%s and %s are one folder", name, other)
		}
		seen[id] = name
	}
	if len(seen) != 17 {
		t.Errorf("%d well-known folders, want 17", len(seen))
	}
}

func TestResetEmptiesWhatMatches(t *testing.T) {
	m := New(newStill(), 1)
	ann, bob := resolve(t, m, "ann@contoso.com"), resolve(t, m, "bob@contoso.com")
	first := raise(t, m, Op{Kind: notify.Created, Mailbox: ann.Address, Collection: notify.Messages})
	raise(t, m, Op{Kind: notify.Created, Mailbox: ann.Address, Collection: notify.Events})
	kept := raise(t, m, Op{Kind: notify.Created, Mailbox: bob.Address, Collection: notify.Messages})
	if _, err := m.AddFolder(ann, notify.Messages, "Vacation"); err != nil {
		t.Fatal(err)
	}

	if got := m.Reset(func(box notify.Mailbox) bool { return box == ann }); got != 2 {
		t.Errorf("Reset removed %d items, want 2", got)
	}
	if _, err := m.Item(ann, notify.Messages, first.Change.Item); !errors.Is(err, ErrNotFound) {
		t.Errorf("an item of a mailbox that was reset: %v", err)
	}
	if _, err := m.Item(bob, notify.Messages, kept.Change.Item); err != nil {
		t.Errorf("an item of another mailbox: %v", err)
	}
	if _, ok := m.Folder(ann, notify.Messages, "Vacation", DisplayNames); ok {
		t.Error("the folder that somebody made is still there")
	}
	if again := raise(t, m, Op{Kind: notify.Created, Mailbox: ann.Address, Collection: notify.Messages}); again.Change.Item != first.Change.Item {
		t.Error("ids did not begin anew")
	}
	if got, want := m.Counters(), (Counters{Mailboxes: 3, Items: 2}); got != want {
		t.Errorf("Counters() = %+v, want %+v", got, want)
	}
	if m.Reset(nil) != 2 || m.Counters().Items != 0 {
		t.Error("Reset(nil) left items")
	}
}

// TestConcurrently is for the race detector; that every change can be read back holds without it, too.
func TestConcurrently(t *testing.T) {
	m := New(newStill(), 1)
	var group sync.WaitGroup
	for w := range 8 {
		group.Go(func() {
			user := fmt.Sprintf("user%d@contoso.com", w%3)
			for i := range 100 {
				made, err := m.Apply(Op{Kind: notify.Created, Mailbox: user, Collection: notify.Messages})
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := m.Item(made.Change.Mailbox, notify.Messages, made.Change.Item); err != nil {
					t.Error(err)
				}
				change, err := m.Apply(Op{Kind: notify.Updated, Mailbox: user, Collection: notify.Messages, Set: map[string]any{"isRead": i%2 == 0}})
				if err != nil {
					t.Error(err)
				}
				change.Full()
				if i%2 == 0 {
					if _, err := m.Apply(Op{Kind: notify.Deleted, Mailbox: user, Collection: notify.Messages, Item: made.Change.Item}); err != nil {
						t.Error(err)
					}
				}
				m.Counters()
				m.Folder(made.Change.Mailbox, notify.Messages, "drafts", WellKnown)
			}
		})
	}
	group.Wait()
	if got := m.Counters().Items; got != 8*50 {
		t.Errorf("%d items are left, want %d", got, 8*50)
	}
}
