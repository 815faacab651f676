package subscriber_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/emulatortest"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/subscriber"
)

// What the service understood and refused is told once, in its words, and not sent again until somebody has mended it.
func TestRefusedOnce(t *testing.T) {
	w := newWorld(t, dialect.GraphV1)
	w.hook.set(func(h *hook) { h.broken = true })
	k := w.start()
	w.advance(48 * time.Hour)
	refused := k.events.of(subscriber.Refused)
	if len(refused) != 1 || len(w.entries(journal.Refused)) != 1 {
		t.Fatalf("told %d times, sent %d times", len(refused), len(w.entries(journal.Refused)))
	}
	var words *subscriber.Error
	if !errors.As(refused[0].Err, &words) || words.Code != "ValidationError" || words.Hint == "" || refused[0].Watch != messages() {
		t.Errorf("told %+v", refused[0])
	}
	if s := k.Status()[0]; s.State != subscriber.Halted || s.Err == nil || !s.Next.IsZero() {
		t.Errorf("it stands so: %+v", s)
	}

	w.hook.set(func(h *hook) { h.broken = false })
	k.Retry()
	w.Settle()
	if s := k.Status()[0]; s.State != subscriber.Alive || s.Err != nil || len(w.there()) != 1 {
		t.Errorf("once mended it stands so: %+v", s)
	}
}

// rules: W6.1-08
func TestWaitsAsTheServiceAsks(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		after  func(now time.Time) []string // headers
		least  time.Duration
		most   time.Duration
	}{
		{"seconds", 429, func(time.Time) []string { return []string{"Retry-After", "700"} }, 700 * time.Second, 800 * time.Second},
		{"a date", 503, func(now time.Time) []string {
			return []string{"Retry-After", now.Add(20 * time.Minute).UTC().Format(http.TimeFormat), "Date", now.UTC().Format(http.TimeFormat)}
		}, 20 * time.Minute, 23 * time.Minute},
		{"nothing said", 503, func(time.Time) []string { return nil }, 500 * time.Millisecond, time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, dialect.GraphV1)
			var s script
			once := sync.Once{}
			s.answers(on("POST /v1.0/subscriptions", func() (r *http.Response) {
				once.Do(func() { r = refusal(test.status, "TooManyRequests", "later", test.after(w.Now())...) })
				return r
			}))
			k := w.start(w.scripted(&s), func(c *subscriber.Config) { c.Watches = append(c.Watches, contacts()) })
			w.advance(time.Hour)
			if len(w.there()) != 2 || len(k.events.of(subscriber.Waiting)) != 1 {
				t.Fatalf("there are %v after %s", w.there(), k.events.kinds())
			}
			all := s.of("") // the second is of any kind: the service wants to be left alone
			if waited := all[1].At.Sub(all[0].At); waited < test.least || waited > test.most {
				t.Errorf("it waited %v for %s, want %v to %v", waited, all[1].What, test.least, test.most)
			}
		})
	}
}

// An outage of the service is borne with growing pauses, and what ran out meanwhile is there again after it.
func TestOutage(t *testing.T) {
	w := newWorld(t, dialect.GraphV1)
	var s script
	k := w.start(w.scripted(&s))
	s.answers(func(*http.Request) *http.Response { return answered(503, "") })
	w.advance(40 * time.Hour)
	if len(w.there()) != 0 {
		t.Fatal("it has not run out")
	}
	requests := s.of("PATCH")
	for i := 1; i < len(requests); i++ {
		if pause := requests[i].At.Sub(requests[i-1].At); pause < 500*time.Millisecond || pause > 5*time.Minute {
			t.Errorf("pause %d is %v", i, pause)
		}
	}
	if n := len(s.of("")); n > 40*60/2 {
		t.Errorf("%d requests in vain", n)
	}
	s.answers(nil)
	w.advance(10 * time.Minute)
	if len(w.there()) != 1 || len(k.events.of(subscriber.Recreated)) != 1 {
		t.Errorf("there are %v", w.there())
	}
}

// tokens signs in, and notes for what.
type tokens struct {
	mu     sync.Mutex
	claims []string
	err    error
}

func (s *tokens) Token(_ context.Context, claims string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.claims = append(s.claims, claims)
	return "token", s.err
}

// A challenge is answered with a new token, once.
func TestChallengedForClaims(t *testing.T) {
	rule, err := fault.Parse("claims-challenge:nth=1")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, dialect.GraphV1, func(c *emulatortest.Config) { c.Faults = []fault.Rule{rule} })
	var source tokens
	k := w.start(func(c *subscriber.Config) { c.Tokens = &source })
	if len(w.there()) != 1 || len(k.events.of(subscriber.Waiting)) != 0 {
		t.Fatalf("there are %v after %s", w.there(), k.events.kinds())
	}
	wanted := slices.DeleteFunc(slices.Clone(source.claims), func(c string) bool { return c == "" })
	if len(wanted) != 1 || !strings.Contains(wanted[0], `"nbf":{"essential":true`) {
		t.Errorf("tokens were asked for with the claims %q", source.claims)
	}
}

func TestChallengedAgainAndAgain(t *testing.T) {
	w := newWorld(t, dialect.GraphV1)
	var source tokens
	var s script
	s.answers(func(*http.Request) *http.Response {
		return refusal(401, "InvalidAuthenticationToken", "no", "WWW-Authenticate", `Bearer error="insufficient_claims", claims="eyJhIjoxfQ"`)
	})
	k := w.start(w.scripted(&s), func(c *subscriber.Config) { c.Tokens = &source })
	if waiting := k.events.of(subscriber.Waiting); len(s.of("POST")) != 2 || len(waiting) != 1 || source.claims[1] != `{"a":1}` {
		t.Errorf("sent %d times, tokens asked for with %q", len(s.of("POST")), source.claims)
	}
}

// Without a token nothing is sent, and nothing is left to be looked for.
func TestNoToken(t *testing.T) {
	w := newWorld(t, dialect.GraphV1)
	source := tokens{err: errors.New("sign in: nobody is at home")}
	var s script
	k := w.start(w.scripted(&s), func(c *subscriber.Config) { c.Tokens = &source })
	var none *subscriber.TokenError
	if waiting := k.events.of(subscriber.Waiting); len(s.of("")) != 0 || len(waiting) == 0 || !errors.As(waiting[0].Err, &none) {
		t.Fatalf("sent %v, told %s", s.of(""), k.events.kinds())
	}
	if records, _, _ := w.store.Load(context.Background()); len(records) > 0 {
		t.Errorf("the store keeps %+v", records)
	}
}

// slow is a clock that is off.
type slow struct {
	subscriber.Clock
	by time.Duration
}

func (s slow) Now() time.Time { return s.Clock.Now().Add(-s.by) }

// A machine's clock may be off by hours: the service's counts.
func TestClockThatIsOff(t *testing.T) {
	for _, by := range []time.Duration{-9 * 24 * time.Hour, -time.Hour, time.Hour, 30 * 24 * time.Hour} {
		t.Run(by.String(), func(t *testing.T) {
			w := newWorld(t, dialect.GraphV1)
			k := w.start(func(c *subscriber.Config) { c.Clock = slow{c.Clock, by} })
			w.advance(72 * time.Hour)
			if len(k.events.of(subscriber.Renewed)) < 3 || len(w.there()) != 1 || len(k.events.of(subscriber.Lost)) > 0 {
				t.Errorf("there are %v after %s", w.there(), k.events.kinds())
			}
			off := k.events.of(subscriber.ClockOff)
			if len(off) != 1 || (off[0].Wait-by).Abs() > 2*time.Second {
				t.Errorf("told of the clock: %+v", off)
			}
		})
	}
}

// sick is a store that fails for a while.
type sick struct {
	subscriber.Store
	mu   sync.Mutex
	fail int // writes that succeed before the next one fails, once
}

func (s *sick) SaveRecord(ctx context.Context, r subscriber.Record) error {
	s.mu.Lock()
	s.fail--
	failed := s.fail == -1
	s.mu.Unlock()
	if failed {
		return errors.New("the disk is full")
	}
	return s.Store.SaveRecord(ctx, r)
}

// Nothing is asked for that could not be written down, and what is there is written down as soon as it can be.
func TestStoreThatFails(t *testing.T) {
	for succeed, requests := range []int{0, 1} {
		w := newWorld(t, dialect.GraphV1)
		var s script
		store := &sick{Store: w.store, fail: succeed}
		w.start(w.scripted(&s), func(c *subscriber.Config) { c.Store = store })
		if n := len(s.of("POST")); n != requests && n != 1 { // the pause may be over already
			t.Errorf("%d creations", n)
		}
		w.advance(time.Minute)
		records, _, err := w.store.Load(context.Background())
		if err != nil || len(records) != 1 || records[0].ID == "" || len(w.there()) != 1 || len(s.of("POST")) != 1 {
			t.Errorf("after %d writes: the store has %+v, the service %v", succeed, records, w.there())
		}
	}
}

// Another subscription of the app is in the way, which is not ours to delete.
//
// rules: W6.3-17
func TestInTheWay(t *testing.T) {
	w := newWorld(t, dialect.GraphV1)
	foreign := w.Subscribe("me/messages", "created")
	k := w.start(func(c *subscriber.Config) { c.At = at("/mine") })
	w.advance(10 * time.Minute)
	refused := k.events.of(subscriber.Refused)
	if len(refused) != 1 || !strings.Contains(refused[0].Err.Error(), foreign.ID) {
		t.Errorf("told %s: %+v", k.events.kinds(), refused)
	}
	if n := len(w.entries(journal.Refused)); n > 3 {
		t.Errorf("%d requests were refused", n)
	}
}
