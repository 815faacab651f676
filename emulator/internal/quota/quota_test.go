package quota_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/outlocal/outlocal/emulator/internal/quota"
	"pgregory.net/rapid"
)

// begin is no multiple of any limit's tenth, as times seldom are.
var begin = time.Date(2026, 11, 22, 10, 0, 0, 123_456_789, time.UTC)

const (
	reading = "read"
	writing = "write"
	other   = "other"
)

func newMeter() *quota.Meter { return quota.New(reading, writing, other) }

// What is over a limit is told, with what it was spent on and how long to wait; and waiting so long is enough, a moment less is not.
func TestSpend(t *testing.T) {
	type spending struct {
		after   time.Duration
		purpose string
		n       int
		over    bool
	}
	minute := quota.Limit{Most: 10, Within: time.Minute}
	for _, tt := range []struct {
		name  string
		limit quota.Limit
		spend []spending
		spent int
		on    string
	}{
		{"as much as may be", minute, []spending{{0, reading, 10, false}}, 0, ""},
		{"one more", minute, []spending{{0, reading, 10, false}, {0, reading, 1, true}}, 11, "11 read"},
		{"the most first", minute, []spending{{0, reading, 4, false}, {0, writing, 6, false}, {0, reading, 1, true}}, 11, "6 write, 5 read"},
		{"what nobody has a word for", minute, []spending{{0, "sing", 10, false}, {0, reading, 1, true}}, 11, "10 other, 1 read"},
		{"a little later", minute, []spending{{0, reading, 10, false}, {59 * time.Second, reading, 1, true}}, 11, "11 read"},
		{"later still", minute, []spending{{0, reading, 10, false}, {66 * time.Second, reading, 1, false}}, 0, ""},
		{"bit by bit", minute, []spending{{0, reading, 5, false}, {30 * time.Second, reading, 5, false}, {37 * time.Second, reading, 5, false}, {0, reading, 1, true}}, 11, "11 read"},
		{"who goes on all the same", minute, []spending{{0, reading, 10, false}, {30 * time.Second, reading, 10, true}, {36 * time.Second, reading, 1, true}}, 11, "11 read"},
		{"more at once than ever may be", minute, []spending{{0, reading, 11, true}}, 11, "11 read"},
		{"no limit", quota.Limit{}, []spending{{0, reading, 1000, false}}, 0, ""},
		{"nothing", minute, []spending{{0, reading, 10, false}, {0, reading, 0, false}}, 0, ""},
		{"a long silence", minute, []spending{{0, reading, 10, false}, {1000 * time.Hour, reading, 10, false}, {0, reading, 1, true}}, 11, "11 read"},
		{"more than can be counted", minute, []spending{{0, reading, 1 << 32, true}, {0, reading, 1 << 32, true}}, 1<<32 - 1, "4294967295 read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, now := newMeter(), begin
			var last *quota.Excess
			for i, s := range tt.spend {
				now = now.Add(s.after)
				last = m.Spend(quota.Key{App: "app"}, tt.limit, s.purpose, s.n, now)
				if (last != nil) != s.over {
					t.Fatalf("spending %d: %+v", i, last)
				}
			}
			if last == nil {
				return
			}
			if last.Spent != tt.spent || last.Shares() != tt.on || last.Limit != tt.limit || last.App != "app" {
				t.Errorf("told of %+v, %s", last, last.Shares())
			}
		})
	}
}

// Whatever is spent, no more is let through within a limit's time than may be, and what was spent is held against nobody for longer than
// a tenth more; and who waits as told is let through, but not a moment before.
func TestSpendByModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := quota.Limit{Most: rapid.IntRange(1, 20).Draw(t, "most"), Within: rapid.SampledFrom([]time.Duration{20 * time.Second, 10 * time.Minute}).Draw(t, "within")}
		m, now := newMeter(), begin
		var past []spent
		for range rapid.IntRange(1, 60).Draw(t, "times") {
			now = now.Add(time.Duration(rapid.Int64Range(0, 2*int64(limit.Within)).Draw(t, "pause")))
			n := rapid.IntRange(1, min(3, limit.Most)).Draw(t, "n")
			excess := m.Spend(quota.Key{}, limit, reading, n, now)
			past = append(past, spent{now, n, excess == nil})
			if let := sum(past, now.Add(-limit.Within), func(s spent) bool { return s.let }); let > limit.Most {
				t.Fatalf("%d let through within %s, where %d may be", let, limit.Within, limit.Most)
			}
			if excess == nil {
				continue
			}
			if all := sum(past, now.Add(-limit.Within-limit.Within/10), func(spent) bool { return true }); all <= limit.Most {
				t.Fatalf("%d are told to be too many, where %d may be spent", all, limit.Most)
			}
			for _, row := range []struct {
				wait time.Duration
				over bool
			}{{excess.Wait, false}, {excess.Wait - time.Nanosecond, true}} {
				if e := again(past, limit, n, now.Add(row.wait)); (e != nil) != row.over {
					t.Fatalf("%v after it was told to wait %v (limit %+v): %+v", row.wait, excess.Wait, limit, e)
				}
			}
		}
	})
}

// spent is one spending of the past.
type spent struct {
	at  time.Time
	n   int
	let bool
}

func sum(past []spent, since time.Time, counts func(spent) bool) (n int) {
	for _, s := range past {
		if s.at.After(since) && counts(s) {
			n += s.n
		}
	}
	return n
}

// again spends all of the past on a fresh meter, and then n more.
func again(past []spent, limit quota.Limit, n int, at time.Time) *quota.Excess {
	m := newMeter()
	for _, s := range past {
		m.Spend(quota.Key{}, limit, reading, s.n, s.at)
	}
	return m.Spend(quota.Key{}, limit, reading, n, at)
}

// Accounts are apart by all of their names and by their limits' times, and are forgotten when idle, or when there are too many.
func TestAccounts(t *testing.T) {
	m := newMeter()
	one := quota.Limit{Most: 1, Within: time.Minute}
	keys := []quota.Key{{Allowance: "a"}, {Allowance: "b"}, {Allowance: "a", App: "x"}, {Allowance: "a", Of: "x"}}
	for _, k := range keys {
		if e := m.Spend(k, one, reading, 1, begin); e != nil {
			t.Errorf("account %+v is not its own: %+v", k, e)
		}
	}
	if got := m.Accounts(); got != len(keys) {
		t.Fatalf("%d accounts, want %d", got, len(keys))
	}
	if e := m.Spend(keys[0], quota.Limit{Most: 1, Within: time.Hour}, reading, 1, begin); e != nil {
		t.Errorf("what was spent within a minute counts within an hour: %+v", e)
	}
	m.Forget(func(k quota.Key) bool { return k.App == "x" })
	if e := m.Spend(keys[2], one, reading, 1, begin); e != nil {
		t.Errorf("it was not forgotten: %+v", e)
	}
	if e := m.Spend(keys[3], one, reading, 1, begin); e == nil {
		t.Errorf("it was forgotten too")
	}
	m.Spend(keys[1], one, reading, 1, begin.Add(2*time.Hour))
	if got := m.Accounts(); got != 1 {
		t.Errorf("%d accounts after two hours, want the one that is used", got)
	}
}

// An account that is remembered only because one with a longer time is, remembers nothing too long itself.
func TestHiddenAccount(t *testing.T) {
	for gap := range 40 { // tenths of a minute
		m := newMeter()
		m.Spend(quota.Key{App: "long"}, quota.Limit{Most: 1, Within: time.Hour}, reading, 1, begin)
		minute := quota.Limit{Most: 1, Within: time.Minute}
		m.Spend(quota.Key{App: "short"}, minute, reading, 1, begin)
		if e := m.Spend(quota.Key{App: "short"}, minute, reading, 1, begin.Add(time.Duration(6*gap)*time.Second)); (e != nil) != (gap <= 10) {
			t.Errorf("after %d s: %+v", 6*gap, e)
		}
	}
}

func TestAccountsAreBounded(t *testing.T) {
	m := newMeter()
	const many = 1<<14 + 1000
	one := quota.Limit{Most: 1, Within: time.Minute}
	for i := range many {
		m.Spend(quota.Key{App: fmt.Sprint(i)}, one, reading, 1, begin)
		m.Spend(quota.Key{App: "busy"}, one, reading, 1, begin)
	}
	if got := m.Accounts(); got != 1<<14 {
		t.Errorf("%d accounts are remembered", got)
	}
	if m.Spend(quota.Key{App: "busy"}, one, reading, 1, begin) == nil {
		t.Error("the busiest was forgotten, and not who was silent longest")
	}
	if m.Spend(quota.Key{App: "0"}, one, reading, 1, begin) != nil {
		t.Error("who was silent longest was not forgotten")
	}
}

// So many may be inside, whoever they are; who leaves makes room.
func TestEnter(t *testing.T) {
	m := newMeter()
	k := quota.Key{App: "app", Of: "box"}
	var inside []quota.Visit
	for i := range 4 {
		v, e := m.Enter(k, 4, []string{reading, writing}[i%2])
		if e != nil {
			t.Fatalf("visit %d: %+v", i, e)
		}
		inside = append(inside, v)
	}
	fifth, e := m.Enter(k, 4, reading)
	if e == nil || e.Key != k || e.Limit != (quota.Limit{Most: 4}) || e.Spent != 5 || e.Wait != 0 || e.Shares() != "2 read, 2 write" {
		t.Errorf("the fifth is told %+v", e)
	}
	m.Leave(fifth) // who did not enter makes no room
	if _, e := m.Enter(k, 4, reading); e == nil {
		t.Error("a fifth is inside")
	}
	if _, e := m.Enter(quota.Key{}, 1, reading); e != nil {
		t.Errorf("one who never entered has left: %+v", e)
	}
	if _, e := m.Enter(quota.Key{App: "app", Of: "another"}, 4, reading); e != nil {
		t.Errorf("another's visitors count: %+v", e)
	}
	if _, e := m.Enter(k, 0, reading); e != nil {
		t.Errorf("without a limit: %+v", e)
	}
	for _, v := range slices.Backward(inside) {
		m.Leave(v)
		again, e := m.Enter(k, 4, reading)
		if e != nil {
			t.Errorf("there is no room: %+v", e)
		}
		m.Leave(again)
	}
}

// A request costs two spendings and a visit at most: nothing beside a handshake. Nothing is allocated for a known account.
func BenchmarkRequest(b *testing.B) {
	m := newMeter()
	k := quota.Key{Allowance: "mailbox", App: "24d3b144-21ae-4080-943f-7067b395b913", Of: "user@contoso.com"}
	b.ReportAllocs()
	for i := range b.N {
		now := begin.Add(time.Duration(i) * time.Millisecond)
		m.Spend(k, quota.Limit{Most: 1 << 30, Within: 10 * time.Minute}, reading, 1, now)
		v, _ := m.Enter(k, 4, reading)
		m.Leave(v)
	}
}
