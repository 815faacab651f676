package journal_test

import (
	"net/http"
	"runtime"
	"testing"
	"weak"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/outlocal/outlocal/journal"
)

// sized is data that says how large it is.
type sized int64

func (s sized) Size() int64 { return int64(s) }

func TestSizeOfAnEntry(t *testing.T) {
	entry := journal.Entry{URL: "1", Note: "22", App: "333", Mailbox: "4444", Data: sized(100)}
	if got := entry.Size(); got != 110 {
		t.Errorf("the entry takes up %d bytes, want 110", got)
	}
}

func TestLimits(t *testing.T) {
	const kib = 1 << 10
	body := func(n int) *journal.Exchange { return &journal.Exchange{RequestBody: make([]byte, n)} }

	for _, row := range []struct {
		name    string
		limits  journal.Limits
		entries []*journal.Exchange
		kept    []uint64
		stats   journal.Stats
	}{
		{
			name:   "nothing appended",
			limits: journal.Limits{Entries: 2, BodyBytes: kib},
		},
		{
			name:    "the oldest entry makes room for the third",
			limits:  journal.Limits{Entries: 2, BodyBytes: kib},
			entries: []*journal.Exchange{body(10), nil, body(20)},
			kept:    []uint64{2, 3},
			stats:   journal.Stats{Appended: 3, Overwritten: 1, Entries: 2, BodyBytes: 20},
		},
		{
			name:    "a journal of one",
			limits:  journal.Limits{Entries: 1, BodyBytes: kib},
			entries: []*journal.Exchange{nil, nil},
			kept:    []uint64{2},
			stats:   journal.Stats{Appended: 2, Overwritten: 1, Entries: 1},
		},
		{
			name:    "bodies fill the limit to the byte",
			limits:  journal.Limits{Entries: 9, BodyBytes: kib},
			entries: []*journal.Exchange{body(kib / 2), body(kib / 2)},
			kept:    []uint64{1, 2},
			stats:   journal.Stats{Appended: 2, Entries: 2, BodyBytes: kib},
		},
		{
			name:    "a body too many drops as many entries as it takes",
			limits:  journal.Limits{Entries: 9, BodyBytes: kib},
			entries: []*journal.Exchange{body(100), body(100), body(900), nil},
			kept:    []uint64{2, 3, 4},
			stats:   journal.Stats{Appended: 4, Overwritten: 1, Entries: 3, BodyBytes: 1000},
		},
		{
			name:    "response bodies count",
			limits:  journal.Limits{Entries: 9, BodyBytes: kib},
			entries: []*journal.Exchange{{ResponseBody: make([]byte, kib)}, body(1)},
			kept:    []uint64{2},
			stats:   journal.Stats{Appended: 2, Overwritten: 1, Entries: 1, BodyBytes: 1},
		},
		{
			name:    "headers, URLs and errors count",
			limits:  journal.Limits{Entries: 9, BodyBytes: kib},
			entries: []*journal.Exchange{{RequestHeader: http.Header{"A": {"bc", "d"}}, ResponseHeader: http.Header{"X": {string(make([]byte, kib-9))}}, URL: "u", Error: "ef"}, body(1)},
			kept:    []uint64{1, 2},
			stats:   journal.Stats{Appended: 2, Entries: 2, BodyBytes: kib},
		},
		{
			name:    "the newest is kept whatever its size",
			limits:  journal.Limits{Entries: 9, BodyBytes: kib},
			entries: []*journal.Exchange{nil, body(2 * kib)},
			kept:    []uint64{2},
			stats:   journal.Stats{Appended: 2, Overwritten: 1, Entries: 1, BodyBytes: 2 * kib},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			j := journal.NewLimited(row.limits)
			for i, x := range row.entries {
				if got, want := j.Append(journal.Entry{Exchange: x}), uint64(i+1); got != want {
					t.Errorf("Append returned seq %d, want %d", got, want)
				}
			}
			entries, dropped := j.Since(0, nil, 0)
			if diff := cmp.Diff(row.kept, seqs(entries)); diff != "" {
				t.Errorf("kept entries (-want +got):\n%s", diff)
			}
			row.stats.Limits = row.limits
			if diff := cmp.Diff(row.stats, j.Stats()); diff != "" {
				t.Errorf("stats (-want +got):\n%s", diff)
			}
			if dropped != row.stats.Overwritten {
				t.Errorf("Since counted %d dropped, the journal %d", dropped, row.stats.Overwritten)
			}
		})
	}
}

func TestDefaultLimits(t *testing.T) {
	want := journal.Limits{Entries: journal.DefaultEntries, BodyBytes: journal.DefaultBodyBytes}
	for _, capacity := range []int{0, -1} {
		if diff := cmp.Diff(want, journal.New(capacity).Stats().Limits); diff != "" {
			t.Errorf("New(%d) (-want +got):\n%s", capacity, diff)
		}
	}
	if got := journal.New(7).Stats().Limits.Entries; got != 7 {
		t.Errorf("New(7) keeps %d entries", got)
	}
}

func TestClear(t *testing.T) {
	j := journal.New(2)
	for range 3 {
		j.Append(journal.Entry{Kind: journal.Change, Exchange: &journal.Exchange{ResponseBody: []byte("ok")}})
	}
	j.Clear()
	j.Clear() // of nothing
	if entries, dropped := j.Since(0, nil, 0); len(entries) != 0 || dropped != 0 {
		t.Errorf("after Clear: %d entries, %d dropped, want none of either", len(entries), dropped)
	}
	if seq := j.Append(journal.Entry{Kind: journal.Reset}); seq != 4 {
		t.Errorf("Seq after Clear = %d, want 4: it goes on", seq)
	}
	entries, dropped := j.Since(0, nil, 0)
	if diff := cmp.Diff([]uint64{4}, seqs(entries)); diff != "" || dropped != 0 {
		t.Errorf("after one more: %d dropped, entries (-want +got):\n%s", dropped, diff)
	}
	want := journal.Stats{Appended: 4, Overwritten: 1, Cleared: 2, Entries: 1, Limits: j.Stats().Limits}
	if diff := cmp.Diff(want, j.Stats()); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
	j.Append(journal.Entry{})
	j.Append(journal.Entry{})
	if _, dropped := j.Since(0, nil, 0); dropped != 1 {
		t.Errorf("%d dropped, want 1: entry 4 was overwritten, the others were cleared", dropped)
	}
}

// The ring against the plainest journal there is: all entries ever, in a slice.
func TestRingAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := journal.Limits{
			Entries:   rapid.IntRange(1, 200).Draw(t, "entries"), // spans several chunks
			BodyBytes: int64(rapid.IntRange(1, 500).Draw(t, "bytes")),
		}
		j := journal.NewLimited(limits)
		var all []int // body sizes; entry seq is at seq-1
		first, cleared := 0, 0
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				var entries []journal.Entry
				before := len(all)
				for range rapid.IntRange(1, 70).Draw(t, "count") {
					size := rapid.IntRange(0, 50).Draw(t, "size")
					all = append(all, size)
					entries = append(entries, journal.Entry{Exchange: &journal.Exchange{RequestBody: make([]byte, size)}})
				}
				if rapid.Bool().Draw(t, "all at once") {
					if seq := j.AppendAll(entries); seq != uint64(before+1) {
						t.Fatalf("the first of them got seq %d, want %d", seq, before+1)
					}
				} else {
					for i, e := range entries {
						if seq := j.Append(e); seq != uint64(before+1+i) {
							t.Fatalf("appended as seq %d, want %d", seq, before+1+i)
						}
					}
				}
				for first < len(all)-1 && (len(all)-first > limits.Entries || sum(all[first:]) > limits.BodyBytes) {
					first++
				}
			},
			"clear": func(*rapid.T) {
				j.Clear()
				first, cleared = len(all), len(all)
			},
			"read": func(t *rapid.T) {
				since := rapid.IntRange(0, len(all)+1).Draw(t, "since")
				limit := rapid.IntRange(0, 100).Draw(t, "limit")
				even := func(e *journal.Entry) bool { return e.Seq%2 == 0 }

				var want []uint64
				for i := max(first, since); i < len(all); i++ {
					if (i+1)%2 == 0 && (limit == 0 || len(want) < limit) {
						want = append(want, uint64(i+1))
					}
				}
				entries, dropped := j.Since(uint64(since), even, limit)
				if diff := cmp.Diff(want, seqs(entries)); diff != "" {
					t.Fatalf("Since(%d, even, %d) (-want +got):\n%s", since, limit, diff)
				}
				if want := max(0, first-max(since, cleared)); dropped != uint64(want) {
					t.Fatalf("Since(%d) counted %d dropped, want %d", since, dropped, want)
				}
			},
			"": func(t *rapid.T) {
				stats := j.Stats()
				if stats.BodyBytes != sum(all[first:]) || stats.Entries != len(all)-first {
					t.Fatalf("keeps %d entries and %d bytes, want %d and %d", stats.Entries, stats.BodyBytes, len(all)-first, sum(all[first:]))
				}
				if stats.Overwritten+stats.Cleared+uint64(stats.Entries) != stats.Appended {
					t.Fatalf("an entry is unaccounted for: %+v", stats)
				}
			},
		})
	})
}

func TestAppendAllocatesNothingOnceFull(t *testing.T) {
	j := journal.New(100)
	x := &journal.Exchange{RequestBody: []byte("{}")}
	for range 100 {
		j.Append(journal.Entry{Exchange: x})
	}
	if n := testing.AllocsPerRun(1000, func() { j.Append(journal.Entry{Kind: journal.Attempt, Exchange: x}) }); n != 0 {
		t.Errorf("Append allocates %v times", n)
	}
}

// An entry that made room is let go of at once, not when its place is written again.
func TestDroppedBodiesAreFreed(t *testing.T) {
	j := journal.NewLimited(journal.Limits{Entries: 100, BodyBytes: 1 << 20})
	big := func() weak.Pointer[journal.Exchange] {
		x := &journal.Exchange{RequestBody: make([]byte, 1<<20)}
		j.Append(journal.Entry{Exchange: x})
		return weak.Make(x)
	}
	first, second := big(), big()
	runtime.GC()
	if first.Value() != nil {
		t.Error("an overwritten entry's exchange is still held")
	}
	if second.Value() == nil {
		t.Error("a kept entry's exchange is gone")
	}
	runtime.KeepAlive(j)
}

func BenchmarkAppend(b *testing.B) {
	x := &journal.Exchange{RequestBody: make([]byte, 1<<10)}
	j := journal.New(0)
	b.ReportAllocs()
	for b.Loop() {
		j.Append(journal.Entry{Kind: journal.Attempt, Subscription: "s", Exchange: x})
	}
}

func seqs(entries []journal.Entry) []uint64 {
	var s []uint64
	for _, e := range entries {
		s = append(s, e.Seq)
	}
	return s
}

func sum(sizes []int) int64 {
	var n int64
	for _, s := range sizes {
		n += int64(s)
	}
	return n
}
