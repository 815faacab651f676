package store

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"github.com/outlocal/outlocal/notify"
	"pgregory.net/rapid"
)

// start is any moment; the model's times are seconds from it.
var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// model is the store as one would write it without a thought of cost.
type model struct {
	t       *rapid.T
	store   *Store
	records []*Record // living, in the order of creation
	dead    []Handle
	now     time.Time
}

// TestAgainstModel plays random operations on the store and on a slice, and wants the same answers.
func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{t: t, store: New(textOfID), now: start}
		t.Repeat(map[string]func(*rapid.T){
			"add":       m.add,
			"addUnique": m.addUnique,
			"addMany":   m.addMany,
			"get":       m.get,
			"update":    m.update,
			"remove":    m.remove,
			"sequence":  m.sequence,
			"match":     m.match,
			"expire":    m.expire,
			"list":      m.list,
			"reset":     m.reset,
			"":          m.check,
		})
	})
}

func textOfID(guid uuid.UUID, mailbox notify.Mailbox, mount string) string {
	return mount + mailbox.Store + "_" + guid.String()
}

func (m *model) add(t *rapid.T) {
	r := m.draw(t)
	taken := slices.ContainsFunc(m.records, func(o *Record) bool { return o.GUID == r.GUID })
	kept, err := m.store.Add(r)
	if (err != nil) != taken {
		t.Fatalf("Add of %s: %v, taken: %v", r.GUID, err, taken)
	}
	if err == nil {
		m.keep(t, r, kept)
	}
}

func (m *model) addUnique(t *rapid.T) {
	r := m.draw(t)
	taken := slices.ContainsFunc(m.records, func(o *Record) bool { return o.GUID == r.GUID })
	want, found := m.duplicate(r)
	got, foundToo := m.store.Duplicate(r)
	if found != foundToo {
		t.Fatalf("Duplicate found: %v, want %v", foundToo, found)
	}
	same(t, want, got)

	kept, err := m.store.AddUnique(r)
	if err == nil {
		if found || taken {
			t.Fatalf("AddUnique took %s; a duplicate: %v, a taken id: %v", r.GUID, found, taken)
		}
		m.keep(t, r, kept)
		return
	}
	var duplicate *DuplicateError
	if found {
		if !errors.As(err, &duplicate) {
			t.Fatalf("AddUnique: %v, want a DuplicateError", err)
		}
		same(t, want, duplicate.Other)
	} else if !taken {
		t.Fatal(err)
	}
}

// addMany fills whole chunks, which single steps never would.
func (m *model) addMany(t *rapid.T) {
	if len(m.records) > 3*chunkSize { // enough to have chunks in all states
		return
	}
	first, many := rapid.IntRange(0, 1<<16-1).Draw(t, "first"), rapid.IntRange(1, 2*chunkSize).Draw(t, "many")
	for i := range many {
		r := m.record(first+17*i, i%100)
		r.GUID = uuid.NewSHA1(uuid.Nil, fmt.Append(nil, len(m.records), len(m.dead)))
		kept, err := m.store.Add(r)
		if err != nil {
			t.Fatal(err)
		}
		m.keep(t, r, kept)
	}
}

func (m *model) get(t *rapid.T) {
	for _, r := range m.records[:min(len(m.records), 8)] {
		got, ok := m.store.ByGUID(r.GUID)
		if !ok {
			t.Fatalf("ByGUID(%s) found nothing", r.GUID)
		}
		if !m.store.Alive(r.Handle) {
			t.Fatalf("Alive(%d) is false", r.Handle)
		}
		same(t, *r, got)
	}
	for _, h := range m.dead[max(0, len(m.dead)-8):] {
		if r, ok := m.store.Get(h); ok {
			t.Fatalf("Get(%d), which is gone, found %v", h, r)
		}
		if m.store.Alive(h) {
			t.Fatalf("Alive(%d) of a record that is gone", h)
		}
	}
	if _, ok := m.store.ByGUID(uuid.New()); ok {
		t.Fatal("ByGUID found what was never added")
	}
}

func (m *model) update(t *rapid.T) {
	r := m.pick(t)
	if r == nil {
		return
	}
	change := m.draw(t)
	got, ok := m.store.Update(r.Handle, func(edited *Record) {
		same(t, *r, *edited)
		*edited = change
	})
	if !ok {
		t.Fatalf("Update(%d) found nothing", r.Handle)
	}
	change.Handle, change.ID, change.GUID, change.Created, change.Sequence = r.Handle, r.ID, r.GUID, r.Created, r.Sequence
	change.Resource, change.Watch, change.Mailbox, change.Mount, change.Family = r.Resource, r.Watch, r.Mailbox, r.Mount, r.Family
	*r = change
	same(t, *r, got)
}

func (m *model) remove(t *rapid.T) {
	first, many := rapid.IntRange(0, 1<<16-1).Draw(t, "first"), rapid.IntRange(1, chunkSize).Draw(t, "many")
	for i := range min(many, len(m.records)) {
		want := *m.records[(first+17*i)%len(m.records)]
		got, ok := m.store.Remove(want.Handle)
		if !ok {
			t.Fatalf("Remove(%d) found nothing", want.Handle)
		}
		if i == 0 {
			same(t, want, got)
		}
		if _, ok := m.store.Remove(want.Handle); ok {
			t.Fatalf("Remove(%d) found it twice", want.Handle)
		}
		m.drop(want.Handle)
	}
}

func (m *model) sequence(t *rapid.T) {
	r := m.pick(t)
	if r == nil {
		return
	}
	r.Sequence++
	if got, ok := m.store.NextSequence(r.Handle); !ok || got != r.Sequence {
		t.Fatalf("NextSequence(%d) = %d, %v; want %d", r.Handle, got, ok, r.Sequence)
	}
}

func (m *model) match(t *rapid.T) {
	what := m.draw(t)
	change := rapid.SampledFrom([]notify.ChangeType{0, notify.Created, notify.Updated, notify.Deleted}).Draw(t, "change")
	var got, want []Handle
	m.store.Match(what.Mailbox.Store, what.Watch.Collection, what.Watch.Folder, change, func(h Handle) { got = append(got, h) })
	for _, r := range m.records {
		if r.Mailbox.Store == what.Mailbox.Store && r.Watch.Collection == what.Watch.Collection && r.Changes.Has(change) &&
			(r.Watch.Folder == "" || r.Watch.Folder == what.Watch.Folder) {
			want = append(want, r.Handle)
		}
	}
	same(t, want, got)
}

func (m *model) expire(t *rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.IntRange(0, 50).Draw(t, "seconds")) * time.Second)
	limit := rapid.IntRange(1, 2*expiryPortion).Draw(t, "limit")
	due := slices.DeleteFunc(slices.Clone(m.records), func(r *Record) bool { return r.Expires.After(m.now) })
	slices.SortStableFunc(due, func(a, b *Record) int { return a.Expires.Compare(b.Expires) })
	due = due[:min(limit, len(due))]
	got := m.store.Expired(m.now, limit)
	same(t, handles(due), handles(pointers(got)))
	for _, r := range due {
		m.drop(r.Handle)
	}
}

func (m *model) list(t *rapid.T) {
	after := Handle(rapid.Uint64Range(0, uint64(len(m.records)+len(m.dead)+1)).Draw(t, "after"))
	limit := rapid.IntRange(0, 2*chunkSize).Draw(t, "limit")
	match := func(r *Record) bool { return r.AppOnly }
	var want []*Record
	for _, r := range m.records {
		if r.Handle > after && match(r) && (limit == 0 || len(want) < limit) {
			want = append(want, r)
		}
	}
	same(t, handles(want), handles(pointers(m.store.List(after, limit, match))))
}

func (m *model) reset(t *rapid.T) {
	url := m.draw(t).NotificationURL
	match := func(r *Record) bool { return r.NotificationURL == url }
	if rapid.IntRange(0, 9).Draw(t, "all") == 0 {
		match = nil
	}
	want := 0
	for _, r := range slices.Clone(m.records) {
		if match == nil || match(r) {
			m.drop(r.Handle)
			want++
		}
	}
	if got := m.store.Reset(match); got != want {
		t.Fatalf("Reset removed %d, want %d", got, want)
	}
}

// check holds after every step.
func (m *model) check(t *rapid.T) {
	if got := m.store.Len(); got != len(m.records) {
		t.Fatalf("Len() = %d, want %d", got, len(m.records))
	}
	perMailbox := map[string]int{"one": 0, "two": 0}
	earliest, some := time.Time{}, false
	for _, r := range m.records {
		perMailbox[r.Mailbox.Store]++
		if !some || r.Expires.Before(earliest) {
			earliest, some = r.Expires, true
		}
	}
	for mailbox, want := range perMailbox {
		if got := m.store.CountMailbox(mailbox); got != want {
			t.Fatalf("CountMailbox(%s) = %d, want %d", mailbox, got, want)
		}
	}
	if got, ok := m.store.NextExpiry(); ok != some || !got.Equal(earliest) {
		t.Fatalf("NextExpiry() = %v, %v; want %v, %v", got, ok, earliest, some)
	}
	if users := m.store.shared.urls.users(); users != len(m.records) {
		t.Fatalf("%d references to URLs from %d records", users, len(m.records))
	}
}

// draw makes a record out of so few words that records share, collide and duplicate each other all the time.
func (m *model) draw(t *rapid.T) Record {
	return m.record(rapid.IntRange(0, 1<<16-1).Draw(t, "record"), rapid.IntRange(-5, 100).Draw(t, "lifetime"))
}

func (m *model) record(n, lifetime int) Record {
	choose := func(words ...string) string {
		word := words[n%len(words)]
		n /= len(words)
		return word
	}
	r := Record{GUID: uuid.UUID{15: byte(n % 64)}, Created: start, Mount: []string{"/v1.0", "/beta"}[n%2], Origin: "https://localhost:3651", Spoken: "Me"}
	r.Mailbox = notify.Mailbox{ID: "id", Tenant: "tenant", Address: "a@b", Store: choose("one", "two")}
	r.Watch = notify.Resource{
		User: choose("me", "users/a@b"), Collection: notify.Messages, Folder: choose("", "inbox"),
		Select: [][]string{nil, {"subject", "body"}}[n%2],
	}
	if choose("message", "event") == "event" {
		r.Watch.Collection = notify.Events
	}
	r.Resource = r.Watch.User + "/" + r.Watch.Collection.String()
	r.Family, r.App, r.Creator = choose("", "graph", "graph"), "app", choose("ann", "bob")
	r.Changes = notify.ChangeType(1 + n%3)
	r.ChangeType = r.Changes.String()
	r.ClientState = choose("", "5f2b4c1e-0000-4000-8000-1234567890ab", "a client state that is longer than a record has room for")
	r.NotificationURL = choose("https://a.example/x", "https://b.example/?code=1")
	r.LifecycleURL = choose("", "https://a.example/life")
	r.AppOnly, r.IncludeData = n%2 == 1, n%3 == 1
	r.Expires = m.now.Add(time.Duration(lifetime)*time.Second + 123456700)
	return r
}

func (m *model) keep(t *rapid.T, want, got Record) {
	if want.Handle, want.ID = got.Handle, textOfID(got.GUID, got.Mailbox, got.Mount); len(m.records) < chunkSize { // comparing is what takes the time
		same(t, want, got)
	}
	if last := len(m.records) - 1; last >= 0 && got.Handle <= m.records[last].Handle {
		t.Fatalf("handle %d after %d", got.Handle, m.records[last].Handle)
	}
	m.records = append(m.records, &got)
}

func (m *model) pick(t *rapid.T) *Record {
	if len(m.records) == 0 {
		return nil
	}
	return m.records[rapid.IntRange(0, len(m.records)-1).Draw(t, "pick")]
}

func (m *model) drop(h Handle) {
	i, found := slices.BinarySearchFunc(m.records, h, func(r *Record, h Handle) int { return cmp.Compare(r.Handle, h) })
	if !found {
		m.t.Fatalf("handle %d is not in the model", h)
	}
	m.records = slices.Delete(m.records, i, i+1)
	m.dead = append(m.dead, h)
}

func (m *model) duplicate(r Record) (Record, bool) {
	for _, o := range m.records {
		if r.Family != "" && o.Family == r.Family && o.App == r.App && o.Creator == r.Creator && o.Changes == r.Changes &&
			o.Mailbox.Store == r.Mailbox.Store && o.Watch.Collection == r.Watch.Collection && o.Watch.Folder == r.Watch.Folder &&
			slices.Equal(o.Watch.Select, r.Watch.Select) {
			return *o, true
		}
	}
	return Record{}, false
}

func pointers(records []Record) []*Record {
	var list []*Record
	for i := range records {
		list = append(list, &records[i])
	}
	return list
}

func handles(records []*Record) []Handle {
	var list []Handle
	for _, r := range records {
		list = append(list, r.Handle)
	}
	return list
}

// users counts what a table says is in use.
func (t *table[T]) users() int {
	sum := 0
	for _, r := range t.rows {
		sum += int(r.users)
	}
	return sum
}

func same[T any](t *rapid.T, want, got T) {
	t.Helper()
	if diff := gocmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("(-want +got)\n%s", diff)
	}
}
