package fault

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/journal"
)

// newTestSet has rules by their texts, and keeps what it told.
func newTestSet(t *testing.T, seed uint64, specs ...string) (*Set, *journal.Journal) {
	t.Helper()
	j := journal.New(0)
	s := NewSet(seed, j.Append)
	for _, spec := range specs {
		r, err := Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	return s, j
}

// struck plans a notification of a subscription and tells by which faults it was struck.
func struck(s *Set, ordinal uint64, what string) []string {
	p := &Plan{Subject: Subject{Ordinal: ordinal}, What: what}
	s.Plan(p)
	return p.Faults
}

func TestCounting(t *testing.T) {
	const x, o = true, false
	for _, row := range []struct {
		spec  string
		want  []bool
		spent bool
	}{
		{"delay", []bool{x, x, x, x, x}, false},
		{"delay:next=2", []bool{x, x, o, o, o}, true},
		{"delay:nth=3", []bool{o, o, x, o, o}, true},
		{"delay:every=2", []bool{o, x, o, x, o}, false},
		{"delay:every=1", []bool{x, x, x, x, x}, false},
		{"delay:p=1", []bool{x, x, x, x, x}, false},
		{"delay:next=9", []bool{x, x, x, x, x}, false},
	} {
		t.Run(row.spec, func(t *testing.T) {
			s, _ := newTestSet(t, 0, row.spec)
			var got []bool
			count := int64(0)
			for range row.want {
				hit := len(struck(s, 1, "created")) > 0
				got = append(got, hit)
				if hit {
					count++
				}
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("strikes (-want +got):\n%s", diff)
			}
			state := s.List(journal.Selector{})[0]
			if state.Struck != count || s.Strikes() != count || state.Spent != row.spent || s.Any(OnNotification) == row.spent {
				t.Errorf("its state is %+v; anything may strike: %v", state, s.Any(OnNotification))
			}
		})
	}
}

func TestOnWhatRulesStrike(t *testing.T) {
	all := []string{"created", "updated", "deleted", "acknowledgment", "missed", "reauthorizationrequired", "subscriptionremoved"}
	for _, row := range []struct {
		spec string
		want []string
	}{
		{"drop", []string{"created", "updated", "deleted"}},
		{"drop:on=updated", []string{"updated"}},
		{"drop:on=subscriptionRemoved", []string{"subscriptionremoved"}},
		{"drop:on=any", all},
	} {
		t.Run(row.spec, func(t *testing.T) {
			s, _ := newTestSet(t, 0, row.spec)
			var got []string
			for _, what := range all {
				if len(struck(s, 1, what)) > 0 {
					got = append(got, what)
				}
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("struck (-want +got):\n%s", diff)
			}
		})
	}
}

// Counted rules go first, whatever the order in which they were added; what one of them takes away, no other counts, but what is drawn
// is drawn all the same.
func TestCountedBeforeRandom(t *testing.T) {
	s, j := newTestSet(t, 0, "delay:p=1", "malformed:next=1", "drop:nth=1")
	for range 2 {
		struck(s, 1, "created")
	}
	var got []string
	entries, _ := j.Since(0, nil, 0)
	for _, e := range entries {
		got = append(got, e.Data.(*Strike).Fault)
	}
	if diff := cmp.Diff([]string{"malformed", "drop", "delay"}, got); diff != "" {
		t.Errorf("strikes (-want +got):\n%s", diff)
	}

	first, _ := newTestSet(t, 5, "malformed:p=0.5")
	other, _ := newTestSet(t, 5, "malformed:p=0.5", "drop:next=3")
	for i := range 50 {
		want, got := struck(first, 1, "created"), struck(other, 1, "created")
		if i < 3 {
			continue // lost, but drawn for
		}
		if !cmp.Equal(want, got) {
			t.Fatalf("the %dth notification is struck by %v, and without a loss before by %v", i+1, got, want)
		}
	}
}

// Each subscription has a stream of its own: what happens to one is the same whatever happens to others meanwhile.
func TestStreams(t *testing.T) {
	alone, _ := newTestSet(t, 7, "drop:p=0.5")
	busy, _ := newTestSet(t, 7, "drop:p=0.5")
	var want, got, others []bool
	for range 64 {
		want = append(want, len(struck(alone, 2, "created")) > 0)
	}
	for i := range 64 {
		for range i % 3 {
			struck(busy, 3, "created")
		}
		got = append(got, len(struck(busy, 2, "created")) > 0)
	}
	for range 64 {
		others = append(others, len(struck(alone, 3, "created")) > 0)
	}
	if !cmp.Equal(want, got) {
		t.Error("a subscription's strikes depend on what happens to others")
	}
	if cmp.Equal(want, others) {
		t.Error("two subscriptions have the same stream")
	}
	if !slices.Contains(want, true) || !slices.Contains(want, false) {
		t.Error("a stream gives the same number again and again")
	}
}

// Draws are spread evenly, in a stream and over streams, rules and seeds.
func TestDrawsAreSpread(t *testing.T) {
	for _, row := range []struct {
		name string
		at   func(i uint64) float64
	}{
		{"in a stream", func(i uint64) float64 { return draw(1, 1, 1, i) }},
		{"over streams", func(i uint64) float64 { return draw(1, 1, i, 0) }},
		{"over rules", func(i uint64) float64 { return draw(1, i, 1, 0) }},
		{"over seeds", func(i uint64) float64 { return draw(i, 1, 1, 0) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			const draws, tenths = 20_000, 10
			var count [tenths]int
			for i := range uint64(draws) {
				count[int(row.at(i)*tenths)]++
			}
			for tenth, n := range count {
				if want := draws / tenths; math.Abs(float64(n-want)) > 0.1*float64(want) {
					t.Errorf("tenth %d got %d of %d draws", tenth, n, draws)
				}
			}
		})
	}
}

// Requests that concern no subscription have a stream for each caller.
func TestStreamsWithoutSubscription(t *testing.T) {
	stream := func(app, mailbox string) uint64 {
		s := Subject{Selector: journal.Selector{App: app, Mailbox: mailbox}}
		return s.stream()
	}
	if stream("a", "ann@contoso.com") != stream("a", "Ann@Contoso.com") {
		t.Error("the case of an address makes a difference")
	}
	if stream("a", "ann@contoso.com") == stream("b", "ann@contoso.com") || stream("a", "ann@contoso.com") == stream("a", "bob@contoso.com") {
		t.Error("callers share a stream")
	}
}

// Sets change while they are used.
func TestRulesComeAndGo(t *testing.T) {
	s, _ := newTestSet(t, 0)
	if s.Any(OnNotification) || len(struck(s, 1, "created")) != 0 {
		t.Error("an empty set strikes")
	}
	states, err := s.Add(Rule{Fault: &Drop{}, Where: journal.Selector{Mailbox: "ann@contoso.com"}}, Rule{Fault: &Latency{}})
	if err != nil || len(states) != 2 || states[1].ID != 2 || states[1].Place != OnRequest {
		t.Fatalf("got %+v, %v", states, err)
	}
	if !s.Any(OnNotification) || !s.Any(OnRequest) || s.Any(OnHandshake) || s.Any(OnSubscription) {
		t.Error("it is wrong about where anything may strike")
	}
	if len(struck(s, 1, "created")) != 0 {
		t.Error("a rule of ann's strikes one who is nobody")
	}
	for _, row := range []struct {
		name  string
		where journal.Selector
		id    int
		want  int
	}{
		{"bob's", journal.Selector{Mailbox: "bob@contoso.com"}, 0, 0},
		{"ann's third", journal.Selector{Mailbox: "ann@contoso.com"}, 3, 0},
		{"ann's", journal.Selector{Mailbox: "ann@contoso.com"}, 0, 1},
		{"the first, which is gone", journal.Selector{}, 1, 0},
		{"the second", journal.Selector{}, 2, 1},
	} {
		if got := s.Clear(row.where, row.id); got != row.want {
			t.Errorf("cleared %s: %d, want %d", row.name, got, row.want)
		}
	}
	if s.Any(OnRequest) || len(s.List(journal.Selector{})) != 0 {
		t.Error("something is left")
	}
	if again, _ := s.Add(Rule{Fault: &Drop{}}); again[0].ID != 3 {
		t.Errorf("a number was given out twice: %d", again[0].ID)
	}
	s.Restart(Rule{Fault: &Drop{}})
	if again := s.List(journal.Selector{}); len(again) != 1 || again[0].ID != 1 {
		t.Errorf("after a restart there are %+v", again)
	}
	var none *Set
	if none.Any(OnRequest) || none.Plan(&Plan{}) || none.Request(&Request{}) || none.Handshake(&Handshake{}) || none.Life(&Life{}) {
		t.Error("a set that is not there strikes")
	}
}

// A strike tells whom it concerns and what it comes of.
func TestStrikesAreJournalled(t *testing.T) {
	s, j := newTestSet(t, 0, "outage:on=renew")
	r := &Request{Subject: Subject{Selector: journal.Selector{App: "a", Mailbox: "m", Subscription: "s", URL: "u"}, Dialect: "d", Cause: 4}, What: "renew"}
	if !s.Request(r) || r.Entry != 1 || !cmp.Equal(r.Faults, []string{"outage"}) {
		t.Fatalf("struck: %+v", r)
	}
	entries, _ := j.Since(0, nil, 0)
	want := journal.Entry{
		Seq: 1, Kind: journal.Fault, Cause: 4, Dialect: "d", Subscription: "s", Mailbox: "m", App: "a", URL: "u",
		Note: "outage: the request to renew is answered 503", Data: &Strike{Rule: 1, Fault: "outage", Place: "API request", On: "renew", Time: 1},
	}
	if diff := cmp.Diff(want, entries[0]); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
}

// Without rules, what is done for every notification is a look.
func BenchmarkNothingToStrike(b *testing.B) {
	s := NewSet(0, nil)
	for b.Loop() {
		if s.Any(OnNotification) {
			b.Fatal("something strikes")
		}
	}
}

func ExampleParse() {
	rule, err := Parse("duplicate:next=1,delay=5s")
	fmt.Println(rule, err)
	_, err = Parse("duplicate:nxt=1")
	fmt.Println(err)
	// Output:
	// duplicate:delay=5s,next=1 <nil>
	// read fault "duplicate:nxt=1": it has no option "nxt"
}
