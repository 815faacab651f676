package mailbox

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/notify"
)

func encode(b []byte) string { return base64.URLEncoding.EncodeToString(b) }

func raise(t *testing.T, m *Mailboxes, op Op) Result {
	t.Helper()
	r, err := m.Apply(op)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// value finds a property by its path.
func value(properties []notify.Property, path string) any {
	var v any = notify.Object(properties)
	for step := range strings.SplitSeq(path, "/") {
		o, _ := v.(notify.Object)
		v = nil
		for _, p := range o {
			if p.Name == step {
				v = p.Value
			}
		}
	}
	return v
}

// rules: R27 W6.2-07
func TestAChangeCanBeReadBack(t *testing.T) {
	clock := newStill()
	m := New(clock, 1)
	for _, c := range []notify.Collection{notify.Messages, notify.Events, notify.Contacts, notify.Tasks} {
		t.Run(c.String(), func(t *testing.T) {
			made := raise(t, m, Op{Kind: notify.Created, Collection: c})
			box := made.Change.Mailbox
			if box.Address != DefaultUser || made.Change.Type != notify.Created || made.Change.Collection != c || made.Prepared {
				t.Errorf("created: %+v", made.Change)
			}
			arrival, _ := m.Folder(box, c, "", WellKnown)
			read := readBack(t, m, made)
			if read.Folder != arrival || !value(read.Properties, "createdDateTime").(time.Time).Equal(clock.now.Truncate(time.Second)) {
				t.Errorf("in folder %s, made at %v", read.Folder, value(read.Properties, "createdDateTime"))
			}
			full := made.Full()
			if full.Before != nil || len(full.After) == 0 {
				t.Errorf("a creation with %d properties before and %d after", len(full.Before), len(full.After))
			}

			clock.now = clock.now.Add(time.Hour)
			updated := raise(t, m, Op{Kind: notify.Updated, Collection: c, Item: made.Change.Item, Set: map[string]any{"categories": "Red"}})
			if updated.Change.Item != made.Change.Item || updated.Change.ETag == made.Change.ETag || updated.Prepared {
				t.Errorf("an update of %+v is %+v", made.Change, updated.Change)
			}
			readBack(t, m, updated)
			full = updated.Full()
			if diff := cmp.Diff([]any{notify.List{}, notify.List{"Red"}}, []any{value(full.Before, "categories"), value(full.After, "categories")}); diff != "" {
				t.Errorf("before and after (-want +got)\n%s", diff)
			}
			if !value(full.After, "lastModifiedDateTime").(time.Time).Equal(clock.now.Truncate(time.Second)) || !cmp.Equal(value(full.Before, "createdDateTime"), value(full.After, "createdDateTime")) {
				t.Error("an update moves lastModifiedDateTime, and that alone")
			}

			deleted := raise(t, m, Op{Kind: notify.Deleted, Collection: c})
			if deleted.Change.Item != made.Change.Item || deleted.Change.ETag != updated.Change.ETag {
				t.Errorf("the newest that was deleted is %+v", deleted.Change)
			}
			if _, err := m.Item(box, c, made.Change.Item); !errors.Is(err, ErrNotFound) {
				t.Errorf("a deleted item: %v", err)
			}
			full = deleted.Full()
			if full.After != nil || len(full.Before) == 0 || deleted.Item().ID != made.Change.Item {
				t.Errorf("a deletion with %d properties before and %d after", len(full.Before), len(full.After))
			}
		})
	}
}

// readBack reads a changed item and holds it against the change.
func readBack(t *testing.T, m *Mailboxes, r Result) notify.Item {
	t.Helper()
	read, err := m.Item(r.Change.Mailbox, r.Change.Collection, r.Change.Item)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r.Item(), read); diff != "" {
		t.Errorf("the change and what is read (-want +got)\n%s", diff)
	}
	// rules: W4.7-10
	if want := map[bool]int{true: 32, false: 40}[r.Change.Collection == notify.Events]; len(read.ETag) != want {
		t.Errorf("the etag of one of the %s is %s, want %d characters", r.Change.Collection, read.ETag, want)
	}
	// rules: W4.7-11
	if read.ID != r.Change.Item || read.ETag != r.Change.ETag || read.Folder != r.Change.Folder || value(read.Properties, "changeKey") != read.ETag {
		t.Errorf("read %s %s with changeKey %v, but the change says %+v", read.ID, read.ETag, value(read.Properties, "changeKey"), r.Change)
	}
	return read
}

func TestTheNewestIsTaken(t *testing.T) {
	m := New(newStill(), 1)
	inbox := raise(t, m, Op{Kind: notify.Created, Collection: notify.Messages})
	drafts := raise(t, m, Op{Kind: notify.Created, Collection: notify.Messages, Folder: "Drafts"})
	raise(t, m, Op{Kind: notify.Created, Collection: notify.Contacts})
	for _, tt := range []struct{ name, folder, want string }{
		{"of all folders", "", drafts.Change.Item},
		{"of one folder", "inbox", inbox.Change.Item},
		{"of one folder by its id", inbox.Change.Folder, inbox.Change.Item},
		{"by its display name", "Drafts", drafts.Change.Item},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := raise(t, m, Op{Kind: notify.Updated, Collection: notify.Messages, Folder: tt.folder})
			if r.Change.Item != tt.want || r.Prepared {
				t.Errorf("updated %s, prepared %v; want %s", r.Change.Item, r.Prepared, tt.want)
			}
		})
	}
	raise(t, m, Op{Kind: notify.Deleted, Collection: notify.Messages})
	if r := raise(t, m, Op{Kind: notify.Deleted, Collection: notify.Messages}); r.Change.Item != inbox.Change.Item || r.Prepared {
		t.Errorf("after the newest, %s was deleted; want %s", r.Change.Item, inbox.Change.Item)
	}
}

func TestWhereThereIsNoItemOneIsMadeFirst(t *testing.T) {
	for _, kind := range []notify.ChangeType{notify.Updated, notify.Deleted} {
		t.Run(kind.Name(), func(t *testing.T) {
			m := New(newStill(), 1)
			raise(t, m, Op{Kind: notify.Created, Collection: notify.Messages})
			r := raise(t, m, Op{Kind: kind, Collection: notify.Messages, Folder: "archive"})
			archive, _ := m.Folder(r.Change.Mailbox, notify.Messages, "archive", WellKnown)
			if !r.Prepared || r.Change.Type != kind || r.Change.Folder != archive || len(r.Full().Before) == 0 {
				t.Errorf("prepared %v: %+v", r.Prepared, r.Change)
			}
			_, err := m.Item(r.Change.Mailbox, notify.Messages, r.Change.Item)
			if items := m.Counters().Items; kind == notify.Updated && (err != nil || items != 2) || kind == notify.Deleted && (!errors.Is(err, ErrNotFound) || items != 1) {
				t.Errorf("then it is read: %v; there are %d items", err, items)
			}
			next := raise(t, m, Op{Kind: notify.Created, Collection: notify.Messages, Folder: "archive"})
			if next.Change.Item == r.Change.Item || next.Change.ETag == r.Change.ETag {
				t.Error("the next item has the same id or etag")
			}
		})
	}
}

func TestItemsThatCannotBeRead(t *testing.T) {
	m := New(newStill(), 1)
	own := raise(t, m, Op{Kind: notify.Created, Collection: notify.Messages})
	foreign := raise(t, m, Op{Kind: notify.Created, Mailbox: "ann@contoso.com", Collection: notify.Messages})
	box := own.Change.Mailbox
	moved, _ := parseID(own.Change.Item)
	moved.folder.counter++
	again, _ := parseID(own.Change.Item)
	for _, tt := range []struct {
		name, rules, id string
		collection      notify.Collection
		want            error
	}{
		{"its id", "", own.Change.Item, notify.Messages, nil},
		{"its id, compressed", "rules: W4.7-06 W4.7-02", encode(compress(again.bytes())), notify.Messages, nil},
		{"garbage", "rules: W6.2-03", "garbage", notify.Messages, ErrMalformedID},
		{"cut", "rules: W6.2-03", own.Change.Item[:100], notify.Messages, ErrMalformedID},
		{"other letters", "rules: W4.7-05", strings.ToLower(own.Change.Item), notify.Messages, ErrMalformedID},
		{"of another mailbox", "rules: W6.2-04", foreign.Change.Item, notify.Messages, ErrForeignID},
		{"in another folder, as after a move", "rules: W4.7-07 W6.2-07", moved.String(), notify.Messages, ErrNotFound},
		{"a folder", "rules: W6.2-07", own.Change.Folder, notify.Messages, ErrNotFound},
		{"of another collection", "rules: W6.2-07", own.Change.Item, notify.Events, ErrNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := m.Item(box, tt.collection, tt.id); !errors.Is(err, tt.want) {
				t.Errorf("Item: %v, want %v", err, tt.want)
			}
		})
	}
	if _, err := m.Item(notify.Mailbox{ID: "00000000-0000-4000-8000-000000000001"}, notify.Messages, own.Change.Item); !errors.Is(err, ErrNoMailbox) {
		t.Errorf("a mailbox that there is not: %v", err)
	}
}

func TestOpsThatAreRefused(t *testing.T) {
	m := New(newStill(), 1)
	foreign := raise(t, m, Op{Kind: notify.Created, Mailbox: "ann@contoso.com", Collection: notify.Messages}).Change.Item
	gone := raise(t, m, Op{Kind: notify.Deleted, Collection: notify.Messages}).Change.Item
	there := raise(t, m, Op{Kind: notify.Created, Collection: notify.Messages}).Change.Item
	before := m.Counters()
	set := func(name string, v any) Op {
		return Op{Kind: notify.Created, Collection: notify.Messages, Set: map[string]any{name: v}}
	}
	for _, tt := range []struct {
		name          string
		op            Op
		status        int
		message, hint string
	}{
		{"no kind", Op{Collection: notify.Messages}, 400, "is not one kind of change", "created, updated or deleted"},
		{"two kinds", Op{Kind: notify.Created | notify.Updated, Collection: notify.Messages}, 400, `"Created, Updated"`, "raise created"},
		{"a kind of the service's own", Op{Kind: notify.Gap, Collection: notify.Messages}, 400, `"Missed"`, "raise created"},
		{"no collection", Op{Kind: notify.Created}, 400, "no kind of item", "message, event, contact and task"},
		{"an id for a new item", Op{Kind: notify.Created, Collection: notify.Messages, Item: there}, 400, "can't be given an id", "leave the id out"},
		{"properties of what goes", Op{Kind: notify.Deleted, Collection: notify.Messages, Set: map[string]any{"subject": "x"}}, 400, "no properties", "leave them out"},
		{"no such mailbox", Op{Kind: notify.Created, Mailbox: "ann", Collection: notify.Messages}, 404, `"ann"`, "ann@contoso.com"},
		{"no such folder, but one alike", Op{Kind: notify.Created, Collection: notify.Messages, Folder: "inbx"}, 400, `"inbx"`, "did you mean inbox?"},
		{"no such folder", Op{Kind: notify.Created, Collection: notify.Events, Folder: "inbox"}, 400, `"inbox"`, "there are calendar"},
		{"no such item", Op{Kind: notify.Updated, Collection: notify.Messages, Item: gone}, 404, "no such item", "the newest message"},
		{"an item elsewhere", Op{Kind: notify.Updated, Collection: notify.Messages, Item: there, Folder: "drafts"}, 404, "no such item in that folder", "leave the id out"},
		{"a foreign item", Op{Kind: notify.Deleted, Collection: notify.Messages, Item: foreign}, 400, "another mailbox", "leave the id out"},
		{"a malformed id", Op{Kind: notify.Deleted, Collection: notify.Messages, Item: "x"}, 400, "malformed", "leave the id out"},
		{"an unknown property, alike to one", set("isReed", true), 400, "set isReed of message: there is no such property", "did you mean isRead?"},
		{"an unknown property, like none", set("foo", "bar"), 400, "set foo of message: there is no such property", "there are "},
		{"a property with a capital", set("Subject", "x"), 400, "no such property", "did you mean subject?"},
		{"an unknown property", set("colour", "red"), 400, "no such property", "there are createdDateTime, categories"},
		{"a property of another type of item", set("showAs", "free"), 400, "no such property", "there are"},
		{"what the mailbox keeps", set("changeKey", "x"), 400, "the mailbox keeps it", "leave it out"},
		{"a hidden one", set("uniqueBody", "x"), 400, "the mailbox keeps it", "leave it out"},
		{"a truth that is none", set("isRead", "yes"), 400, `set isRead of message: takes true or false, not "yes"`, "give it true or false"},
		{"a truth that is null", set("isRead", nil), 400, "not null", "true or false"},
		{"a text that is a number", set("subject", 5), 400, "takes a text, not 5", "give it a text"},
		{"a date without zone", set("receivedDateTime", "2026-01-02T03:04:05"), 400, "takes a date with its zone", "2026-01-02T03:04:05Z"},
		{"an unknown word", set("importance", "urgent"), 400, `takes one of normal, low, high, not "urgent"`, "normal, low, high"},
		{"a bad address", set("from", "nobody"), 400, "takes an address such as ann@contoso.com", "emailAddress"},
		{"one bad address of two", set("toRecipients", "a@b.c, nobody"), 400, `not "nobody"`, "ann@contoso.com"},
		{"an unknown member", set("body/contents", "x"), 400, "set body/contents of message: it has no member contents", "did you mean content?"},
		{"a member of the wrong type", set("from", map[string]any{"emailAddress": map[string]any{"name": 1.5}}), 400, "emailAddress name takes a text, not 1.5", "a text"},
		{"a number for an object", set("body", 5), 400, "takes a text, or an object with contentType, content, not 5", ""},
		{"a member of a text", set("subject/x", "y"), 400, "takes a text, not an object", ""},
		{"half a number", Op{Kind: notify.Created, Collection: notify.Events, Set: map[string]any{"reminderMinutesBeforeStart": 1.5}}, 400, "takes a whole number, not 1.5", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := m.Apply(tt.op)
			var refusal *notify.Error
			if !errors.As(err, &refusal) || refusal.Status != tt.status || !strings.Contains(refusal.Message, tt.message) || !strings.Contains(refusal.Hint, tt.hint) {
				t.Errorf("Apply: %#v; want %d, %q and %q", err, tt.status, tt.message, tt.hint)
			}
		})
	}
	if after := m.Counters(); after != before {
		t.Errorf("refused ops left %+v, want %+v", after, before)
	}
	want, _ := parseID(there)
	want.item.counter++
	if next := raise(t, m, Op{Kind: notify.Created, Collection: notify.Messages}); next.Change.Item != want.String() {
		t.Error("a refused op used up an id")
	}
}

func TestSet(t *testing.T) {
	address := func(name, address string) notify.Object { return person{name, address}.object() }
	at := time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		name       string
		collection notify.Collection
		set        map[string]any
		path       string
		want       any
	}{
		{"a text", notify.Messages, map[string]any{"subject": "Hi"}, "subject", "Hi"},
		{"an empty text", notify.Messages, map[string]any{"subject": ""}, "subject", ""},
		{"no text", notify.Messages, map[string]any{"subject": nil}, "subject", nil},
		{"a truth", notify.Messages, map[string]any{"isRead": true}, "isRead", true},
		{"a truth as text", notify.Messages, map[string]any{"isRead": "TRUE"}, "isRead", true},
		{"an untruth as text", notify.Events, map[string]any{"isReminderOn": "false"}, "isReminderOn", false},
		{"a number", notify.Events, map[string]any{"reminderMinutesBeforeStart": 30.0}, "reminderMinutesBeforeStart", 30},
		{"a number as text", notify.Events, map[string]any{"reminderMinutesBeforeStart": "-5"}, "reminderMinutesBeforeStart", -5},
		{"a word with capitals", notify.Messages, map[string]any{"importance": "High"}, "importance", notify.Enum("high")},
		{"a date in another zone", notify.Messages, map[string]any{"receivedDateTime": "2026-01-02T03:04:05+01:00"}, "receivedDateTime", at},
		{"a date of Go's", notify.Messages, map[string]any{"receivedDateTime": at}, "receivedDateTime", at},
		{"texts", notify.Messages, map[string]any{"categories": []any{"Red", "Blue, light"}}, "categories", notify.List{"Red", "Blue, light"}},
		{"texts as one", notify.Messages, map[string]any{"categories": "Red, Blue"}, "categories", notify.List{"Red", "Blue"}},
		{"no texts", notify.Messages, map[string]any{"categories": nil}, "categories", notify.List{}},
		{"a person", notify.Messages, map[string]any{"from": "Ann Berg <ann@contoso.com>"}, "from", address("Ann Berg", "ann@contoso.com")},
		{"a person without a name", notify.Messages, map[string]any{"from": "ann@contoso.com"}, "from", address("ann@contoso.com", "ann@contoso.com")},
		{"who wrote it also sent it", notify.Messages, map[string]any{"from": "ann@contoso.com"}, "sender", address("ann@contoso.com", "ann@contoso.com")},
		{"unless said otherwise", notify.Messages, map[string]any{"from": "ann@contoso.com", "sender": "bob@contoso.com"}, "sender", address("bob@contoso.com", "bob@contoso.com")},
		{"people", notify.Messages, map[string]any{"ccRecipients": "ann@contoso.com,Bob <bob@contoso.com>"}, "ccRecipients", notify.List{address("ann@contoso.com", "ann@contoso.com"), address("Bob", "bob@contoso.com")}},
		{"people as objects", notify.Messages, map[string]any{"ccRecipients": []any{map[string]any{"emailAddress": map[string]any{"address": "a@b.c"}}}}, "ccRecipients", notify.List{notify.Object{{Name: "emailAddress", Value: notify.Object{{Name: "name"}, {Name: "address", Value: "a@b.c"}}}}}},
		{"a path", notify.Messages, map[string]any{"from/emailAddress/address": "x@y.z"}, "from/emailAddress/address", "x@y.z"},
		{"a body", notify.Messages, map[string]any{"body": "Hello"}, "body", body("text", "Hello")},
		{"a body's content, its type as it was", notify.Messages, map[string]any{"body/content": "<b>Hello</b>"}, "body", body("html", "<b>Hello</b>")},
		{"a body, then its type", notify.Messages, map[string]any{"body/contentType": "HTML", "body": "<b>Hello</b>"}, "body", body("html", "<b>Hello</b>")},
		{"a preview of what is no tag", notify.Messages, map[string]any{"body": map[string]any{"contentType": "html", "content": "1 < 2"}}, "bodyPreview", "1 < 2"},
		{"the preview follows the body", notify.Messages, map[string]any{"body/content": "<p>Hello &amp; <i>bye</i></p>"}, "bodyPreview", "Hello & bye"},
		{"a flag", notify.Messages, map[string]any{"flag": "flagged"}, "flag/flagStatus", notify.Enum("flagged")},
		{"a start", notify.Events, map[string]any{"start": "2026-01-02T03:04:05+01:00"}, "start", zoned(at)},
		{"the end follows the start", notify.Events, map[string]any{"start": "2026-01-02T03:04:05+01:00"}, "end", zoned(at.Add(time.Hour))},
		{"a start with a zone of its own", notify.Events, map[string]any{"start/dateTime": "2026-05-01T10:00:00.0000000", "start/timeZone": "Pacific Standard Time"}, "start", notify.Object{{Name: "dateTime", Value: "2026-05-01T10:00:00.0000000"}, {Name: "timeZone", Value: "Pacific Standard Time"}}},
		{"a place", notify.Events, map[string]any{"location": "Roof"}, "locations", notify.List{notify.Object{{Name: "displayName", Value: "Roof"}, {Name: "locationType", Value: notify.Enum("default")}}}},
		{"guests", notify.Events, map[string]any{"attendees": "ann@contoso.com"}, "attendees", notify.List{append(notify.Object{{Name: "type", Value: notify.Enum("required")}, {Name: "status", Value: answered("none")}}, address("ann@contoso.com", "ann@contoso.com")...)}},
		{"an answer", notify.Events, map[string]any{"responseStatus": "accepted"}, "responseStatus/response", notify.Enum("accepted")},
		{"a name", notify.Contacts, map[string]any{"givenName": "Ann", "surname": "Berg"}, "displayName", "Ann Berg"},
		{"addresses", notify.Contacts, map[string]any{"emailAddresses": "Ann <ann@contoso.com>"}, "emailAddresses", notify.List{notify.Object{{Name: "name", Value: "Ann"}, {Name: "address", Value: "ann@contoso.com"}}}},
		{"part of an address", notify.Contacts, map[string]any{"homeAddress/city": "Oslo"}, "homeAddress", notify.Object{{Name: "street"}, {Name: "city", Value: "Oslo"}, {Name: "state"}, {Name: "countryOrRegion"}, {Name: "postalCode"}}},
		{"a due date", notify.Tasks, map[string]any{"dueDateTime": "2026-01-02T02:04:05Z", "status": "inProgress"}, "dueDateTime", zoned(at)},
		{"what was read may be set", notify.Messages, map[string]any{"from": address("Ann", "ann@contoso.com"), "toRecipients": notify.List{address("Bob", "b@c.d")}}, "toRecipients", notify.List{address("Bob", "b@c.d")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, kind := range []notify.ChangeType{notify.Created, notify.Updated} {
				r := raise(t, New(newStill(), 1), Op{Kind: kind, Collection: tt.collection, Set: tt.set})
				if diff := cmp.Diff(tt.want, value(r.Full().After, tt.path)); diff != "" {
					t.Errorf("%s: %s (-want +got)\n%s", kind, tt.path, diff)
				}
			}
		})
	}
}

func TestWhatWasSetStaysSet(t *testing.T) {
	m := New(newStill(), 1)
	raise(t, m, Op{Kind: notify.Created, Collection: notify.Messages, Set: map[string]any{"subject": "one", "isRead": true}})
	first := raise(t, m, Op{Kind: notify.Updated, Collection: notify.Messages, Set: map[string]any{"subject": "two"}})
	raise(t, m, Op{Kind: notify.Updated, Collection: notify.Messages, Set: map[string]any{"subject": "three"}})
	full := first.Full()
	got := []any{value(full.Before, "subject"), value(full.After, "subject"), value(full.After, "isRead")}
	if diff := cmp.Diff([]any{"one", "two", true}, got); diff != "" {
		t.Errorf("a change of the past (-want +got)\n%s", diff)
	}
}

func TestTheOldestMakeRoom(t *testing.T) {
	m := New(newStill(), 1)
	first := raise(t, m, Op{Kind: notify.Created, Collection: notify.Contacts})
	second := raise(t, m, Op{Kind: notify.Created, Collection: notify.Messages})
	for range MaxItems - 1 {
		raise(t, m, Op{Kind: notify.Created, Collection: notify.Messages})
	}
	box := first.Change.Mailbox
	if _, err := m.Item(box, notify.Contacts, first.Change.Item); !errors.Is(err, ErrNotFound) {
		t.Errorf("the oldest: %v, want ErrNotFound", err)
	}
	if _, err := m.Item(box, notify.Messages, second.Change.Item); err != nil {
		t.Errorf("the second: %v", err)
	}
	if got, want := m.Counters(), (Counters{Mailboxes: 1, Items: MaxItems, Forgotten: 1}); got != want {
		t.Errorf("Counters() = %+v, want %+v", got, want)
	}
	raise(t, m, Op{Kind: notify.Updated, Collection: notify.Messages})
	if got := m.Counters().Forgotten; got != 1 {
		t.Errorf("an update made room: %d are forgotten", got)
	}
}

func BenchmarkApply(b *testing.B) {
	m := New(newStill(), 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Apply(Op{Kind: notify.Created, Collection: notify.Messages}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFull(b *testing.B) {
	r, err := New(newStill(), 1).Apply(Op{Kind: notify.Created, Collection: notify.Messages})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		r.Full()
	}
}
