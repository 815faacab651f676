package store

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/outlocal/outlocal/notify"
)

// full has a value in every field.
func full() Record {
	return Record{
		Subscription: notify.Subscription{
			ID: "6F9619FF-8B86-4011-B42D-00C04FC964FF", Resource: "/me/mailFolders('inbox')/messages?$select=subject,from", ChangeType: "created,updated",
			Changes: notify.Created | notify.Updated, NotificationURL: "https://hook.example/cb?code=1",
			LifecycleURL: "https://hook.example/life", ClientState: "5f2b4c1e-0000-4000-8000-1234567890ab",
			Expires: time.Date(2026, 10, 20, 11, 0, 0, 123456700, time.UTC), App: "app", Creator: "creator",
			IncludeData: true, Certificate: "MII", CertificateID: "mine", ContentType: "application/json",
			QueryOptions: "options", TLSVersion: "v1_2", URLApp: "url app",
		},
		GUID:  uuid.MustParse("6f9619ff-8b86-4011-b42d-00c04fc964ff"),
		Mount: "/v1.0", Family: "graph", Origin: "https://localhost:3651", Spoken: "Me",
		Watch: notify.Resource{
			User: "me", Collection: notify.Messages, Folder: "AAMk", Item: "item", Filter: "isRead eq false",
			Select: []string{"subject", "from"}, Immutable: true,
		},
		Mailbox: notify.Mailbox{ID: "id", Tenant: "tenant", Address: "user@contoso.com", Store: "store"},
		Created: time.Date(2026, 10, 19, 11, 0, 0, 0, time.UTC), AppOnly: true, Sequence: 7,
	}
}

func upperID(guid uuid.UUID, _ notify.Mailbox, _ string) string {
	return strings.ToUpper(guid.String())
}

func TestEveryFieldIsKept(t *testing.T) {
	r := full()
	s := New(upperID)
	kept, err := s.Add(r)
	if err != nil {
		t.Fatal(err)
	}
	r.Watch.Select[0] = "changed by its owner"
	got, _ := s.Get(kept.Handle)
	want := full()
	want.Handle = kept.Handle
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}

	got.Watch.Select[0] = "changed by a reader"
	if again, _ := s.Get(kept.Handle); again.Watch.Select[0] != "subject" {
		t.Error("a copy aliases the store")
	}
}

func TestClientStatesOfAnyLengthAreKept(t *testing.T) {
	for _, length := range []int{0, 1, 36, inlineState, inlineState + 1, 128, 255, 100_000} {
		t.Run(fmt.Sprint(length), func(t *testing.T) {
			s := New(nil)
			r := full()
			r.ClientState = strings.Repeat("é", length)[:length]
			kept, err := s.Add(r)
			if err != nil || kept.ClientState != r.ClientState {
				t.Fatalf("Add kept %d bytes of %d, %v", len(kept.ClientState), length, err)
			}
			s.Remove(kept.Handle)
			if users := s.shared.states.users(); users != 0 {
				t.Errorf("%d uses of a client state are left", users)
			}
		})
	}
}

func TestTimesAreKeptAsTheServiceDoes(t *testing.T) {
	for _, tt := range []struct {
		name     string
		in, want time.Time
	}{
		{"100 ns is the grain", time.Date(2026, 1, 2, 3, 4, 5, 123456789, time.UTC), time.Date(2026, 1, 2, 3, 4, 5, 123456700, time.UTC)},
		{"in UTC", time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600)), time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC)},
		{"before 1970", time.Date(1600, 1, 2, 3, 4, 5, 100, time.UTC), time.Date(1600, 1, 2, 3, 4, 5, 100, time.UTC)},
		{"far ahead", time.Date(9999, 12, 31, 23, 59, 59, 999999900, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999999900, time.UTC)},
		{"none", time.Time{}, time.Time{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ticksOf(tt.in).time(); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// rules: W3.3-01
func TestFirstChangeIsOne(t *testing.T) {
	s := New(nil)
	r := full()
	r.Sequence = 0
	kept, _ := s.Add(r)
	if kept.Sequence != 0 {
		t.Errorf("the acknowledgement's number is %d, want 0", kept.Sequence)
	}
	for want := int32(1); want <= 3; want++ {
		if got, ok := s.NextSequence(kept.Handle); !ok || got != want {
			t.Errorf("NextSequence() = %d, %v; want %d", got, ok, want)
		}
	}
	s.Remove(kept.Handle)
	if got, ok := s.NextSequence(kept.Handle); ok {
		t.Errorf("a removed record got number %d", got)
	}
}

func TestCallbacksMayUseTheStore(t *testing.T) {
	s := New(nil)
	kept, _ := s.Add(full())
	s.Match("store", notify.Messages, "AAMk", notify.Created, func(h Handle) {
		s.Update(h, func(r *Record) {
			r.ClientState = "new"
			s.NextSequence(h)
			s.List(0, 0, func(o *Record) bool { _, ok := s.Get(o.Handle); return ok })
		})
		s.Reset(func(r *Record) bool { _, ok := s.Remove(r.Handle); return ok })
	})
	if _, ok := s.Get(kept.Handle); ok || s.Len() != 0 {
		t.Error("the record is still there")
	}
}

// TestUpdatesThatRaceAreNotLost has an update start over because another came between.
func TestUpdatesThatRaceAreNotLost(t *testing.T) {
	s := New(nil)
	kept, _ := s.Add(full())
	runs := 0
	got, ok := s.Update(kept.Handle, func(r *Record) {
		if runs++; runs == 1 {
			s.Update(kept.Handle, func(r *Record) { r.NotificationURL = "https://new.example" })
		}
		r.CertificateID = "new"
	})
	if !ok || runs != 2 || got.NotificationURL != "https://new.example" || got.CertificateID != "new" {
		t.Errorf("after %d runs: %s, %s, %v", runs, got.NotificationURL, got.CertificateID, ok)
	}
	if _, ok := s.Update(kept.Handle, func(*Record) { s.Remove(kept.Handle) }); ok {
		t.Error("an update outlived its record")
	}
}

// TestConcurrently is for the race detector; that nothing is lost or found twice holds without it, too.
func TestConcurrently(t *testing.T) {
	const workers, each = 8, 60
	s := New(nil)
	var removed, expired atomic.Int64
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := range each {
				r := full()
				r.GUID = uuid.New()
				r.Expires = start.Add(time.Duration(i%2) * time.Hour)
				kept, err := s.Add(r)
				if err != nil {
					t.Error(err)
				}
				s.Update(kept.Handle, func(r *Record) { r.NotificationURL = fmt.Sprint("https://", w) })
				s.Match("store", notify.Messages, "AAMk", notify.Created, func(h Handle) { s.NextSequence(h) })
				s.List(0, 3, nil)
				if i%3 == 0 {
					if _, mine := s.Remove(kept.Handle); mine {
						removed.Add(1)
					}
				}
				expired.Add(int64(len(s.Expired(start, 2))))
				s.NextExpiry()
			}
		})
	}
	group.Wait()
	if sum := int(removed.Load()+expired.Load()) + s.Len(); sum != workers*each {
		t.Errorf("%d added, but %d removed, expired or left", workers*each, sum)
	}
}

func TestOneOfTwoDuplicatesThatRaceWins(t *testing.T) {
	const racers = 16
	s := New(nil)
	var won atomic.Int64
	var group sync.WaitGroup
	for range racers {
		group.Go(func() {
			r := full()
			r.GUID = uuid.New()
			if _, err := s.AddUnique(r); err == nil {
				won.Add(1)
			}
		})
	}
	group.Wait()
	if won.Load() != 1 || s.Len() != 1 {
		t.Errorf("%d won, %d are kept", won.Load(), s.Len())
	}
}

// TestChurnLeavesNothingBehind makes and drops many records in each round, of which one stays.
func TestChurnLeavesNothingBehind(t *testing.T) {
	s := New(nil)
	const rounds = 50
	for round := range rounds {
		for i := range 2 * chunkSize {
			r := full()
			r.GUID = uuid.New()
			r.NotificationURL = fmt.Sprintf("https://%d.example/%d", round, i)
			r.Expires = start.Add(time.Hour)
			if _, err := s.Add(r); err != nil {
				t.Fatal(err)
			}
		}
		s.Reset(func(r *Record) bool { return !strings.HasSuffix(r.NotificationURL, "/7") })
	}
	left, room := s.Len(), 0
	for _, c := range s.ledger.chunks {
		room += cap(c.records)
	}
	if left != rounds {
		t.Fatalf("%d are left, want %d", left, rounds)
	}
	if limit := 2*left + 2*chunkSize; room > limit {
		t.Errorf("room for %d records, want at most %d", room, limit)
	}
	if chunks := len(s.ledger.chunks); chunks > left+1 {
		t.Errorf("%d chunks for %d records", chunks, left)
	}
	if users := s.shared.urls.users(); users != left {
		t.Errorf("%d uses of URLs by %d records", users, left)
	}
	if rows := len(s.shared.urls.rows); rows > 3*chunkSize {
		t.Errorf("%d rows for %d URLs", rows, left)
	}
	if limit := 2*left + staleDeadlines; len(s.due) > limit {
		t.Errorf("%d deadlines for %d records, want at most %d", len(s.due), left, limit)
	}
}
