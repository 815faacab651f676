package store

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/outlocal/outlocal/notify"
)

// idle is subscription number i of a crowd of n as the goals for memory have it: a client state of 36 bytes each, and for a
// million, 1 000 notification URLs and 10 000 mailboxes.
func idle(i, n int) Record {
	owner := i % max(n/100, 1)
	mailbox := fmt.Sprintf("%08x-0000-4000-8000-000000000000", owner)
	return Record{
		Subscription: notify.Subscription{
			Resource: "users/" + mailbox + "/messages", ChangeType: "created", Changes: notify.Created,
			NotificationURL: fmt.Sprintf("https://localhost:3650/hooks/%d?code=secret", i%max(n/1_000, 1)),
			ClientState:     fmt.Sprintf("%08x-0000-4000-8000-00000000beef", i),
			Expires:         start.Add(time.Duration(i%4096) * time.Second), App: "an app", Creator: mailbox,
		},
		GUID:  uuid.UUID{0: byte(i), 1: byte(i >> 8), 2: byte(i >> 16), 3: byte(i >> 24), 6: 0x40},
		Mount: "/v1.0", Family: "graph", Origin: "https://localhost:3651",
		Watch:   notify.Resource{User: mailbox, Collection: notify.Messages},
		Mailbox: notify.Mailbox{ID: mailbox, Tenant: "tenant", Address: fmt.Sprintf("user%d@contoso.com", owner), Store: mailbox},
		Created: start,
	}
}

func crowd(tb testing.TB, n int) *Store {
	tb.Helper()
	s := New(nil)
	for i := range n {
		if _, err := s.Add(idle(i, n)); err != nil {
			tb.Fatal(err)
		}
	}
	return s
}

// bytesPerRecord leaves a third of the 300 B of resident memory that are allowed to what a process holds beyond its heap.
const bytesPerRecord = 215

func TestBytesPerSubscription(t *testing.T) {
	const n = 200_000
	before := heap()
	s := crowd(t, n)
	per := float64(heap()-before) / n
	t.Logf("%.0f B per subscription", per)
	if per > bytesPerRecord {
		t.Errorf("%.0f B per subscription, want at most %d", per, bytesPerRecord)
	}
	runtime.KeepAlive(s)
}

func heap() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// BenchmarkMatch finds one subscription in a mailbox of its own; the others are elsewhere, and must not matter.
func BenchmarkMatch(b *testing.B) {
	for _, others := range []int{1_000, 1_000_000} {
		b.Run(fmt.Sprintf("others=%d", others), func(b *testing.B) {
			s := crowd(b, others)
			r := full()
			kept, err := s.Add(r)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				var hit Handle
				s.Match("store", notify.Messages, "AAMk", notify.Created, func(h Handle) { hit = h })
				if hit != kept.Handle {
					b.Fatal("no match")
				}
			}
		})
	}
}

func BenchmarkGet(b *testing.B) {
	s := crowd(b, 1_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := s.Get(500); !ok {
			b.Fatal("not found")
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	s := New(nil)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Add(idle(i, 1_000_000)); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// BenchmarkExpired takes portions out of a million that are all due, and tells how long one keeps others waiting at worst.
func BenchmarkExpired(b *testing.B) {
	s := crowd(b, 1_000_000)
	var longest time.Duration
	total := 0
	for b.Loop() {
		begun := time.Now()
		expired := len(s.Expired(start.Add(2*time.Hour), expiryPortion))
		longest = max(longest, time.Since(begun))
		if total += expired; expired == 0 {
			b.StopTimer()
			s = crowd(b, 1_000_000)
			b.StartTimer()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(max(total, 1)), "ns/record")
	b.ReportMetric(float64(longest.Microseconds()), "µs-worst-portion")
}
