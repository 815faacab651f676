package subscriber_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/emulatortest"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
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

// late is a creation that the service takes its time for: the client has given up by then.
type late struct {
	*script
	held *http.Request
	body []byte
}

// hold cuts the first creation off, and keeps it.
func (l *late) hold() {
	l.answers(func(r *http.Request) *http.Response {
		if r.Method != http.MethodPost || l.held != nil {
			return nil
		}
		l.body, _ = io.ReadAll(r.Body)
		l.held = r.Clone(context.Background())
		return answered(504, "")
	})
}

// comes lets the service have it.
func (l *late) comes(t *testing.T) {
	t.Helper()
	l.held.Body = io.NopCloser(bytes.NewReader(l.body))
	response, err := http.DefaultTransport.RoundTrip(l.held)
	if err != nil || response.StatusCode != http.StatusCreated {
		t.Fatalf("got %+v, %v", response, err)
	}
	response.Body.Close()
}

// A creation that got no answer may be in the way of the next one: it is found and taken over.
//
// rules: W6.3-17 W1.4-16
func TestCreationThatComesLate(t *testing.T) {
	w := newWorld(t, dialect.GraphV1)
	l := late{script: &script{}}
	l.hold()
	k := w.start(w.scripted(l.script))
	if l.held == nil || len(w.there()) != 0 {
		t.Fatal("nothing was held")
	}
	looked := false
	l.answers(func(r *http.Request) *http.Response {
		switch {
		case strings.HasPrefix(r.Method+r.URL.Path, "GET/v1.0/subscriptions"):
			looked = true
		case r.Method == http.MethodPost && looked && len(w.there()) == 0:
			l.comes(t)
		}
		return nil
	})
	w.advance(10 * time.Second)
	if len(w.there()) != 1 || k.events.kinds() != "waiting adopted" {
		t.Errorf("there is %v after %s", w.there(), k.events.kinds())
	}
	if state, ok := k.Known(k.Status()[0].ID); !ok || state == "" {
		t.Error("nobody knows its client state")
	}
	if left := k.leave(); len(left) > 0 || len(w.there()) > 0 {
		t.Errorf("left are %+v, %v", left, w.there())
	}
}

// One that nobody wants any more, and that comes after the next start has looked, is found when it must have come.
func TestCreationThatComesTooLate(t *testing.T) {
	w := newWorld(t, dialect.GraphV1)
	l := late{script: &script{}}
	l.hold()
	w.start(w.scripted(l.script)).stop()
	w.start(func(c *subscriber.Config) { c.Watches = []subscriber.Watch{contacts()} })
	l.comes(t)
	w.advance(2 * time.Minute)
	if diff := cmp.Diff([]string{"me/contacts created,updated /notifications"}, w.there()); diff != "" {
		t.Errorf("there is (-want +got):\n%s", diff)
	}
}

// A renewal whose answer was lost keeps reauthorizations away all the same, also after a start anew.
//
// rules: W5-02
func TestDistanceOutlivesTheProcess(t *testing.T) {
	w := newWorld(t, dialect.GraphV1)
	var s script
	k := w.start(w.scripted(&s))
	s.answers(func(r *http.Request) *http.Response {
		if r.Method != http.MethodPatch {
			return nil
		}
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Error(err)
		}
		response.Body.Close()
		k.cancel() // at the moment when the service has done it
		return answered(504, "")
	})
	w.advance(k.Status()[0].Next.Sub(w.Now()))
	k.stop()
	s.answers(nil)
	k = w.start(w.scripted(&s))
	w.lifecycle(notify.ReauthorizationRequired)
	w.advance(20 * time.Minute)
	if len(s.of("PATCH")) != 1 || len(k.events.of(subscriber.Reauthorized)) != 1 {
		t.Errorf("%d renewals were sent, then it did %s", len(s.of("PATCH")), k.events.kinds())
	}
	apart(t, &s)
}

// strict is a store that does nothing for who has been told to stop.
type strict struct{ subscriber.Store }

func (s strict) SaveRecord(ctx context.Context, r subscriber.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.Store.SaveRecord(ctx, r)
}

// Who interrupts a creation still learns what came of it: there is nothing to be found out, and one more to delete.
func TestInterruptedCreation(t *testing.T) {
	w := newWorld(t, dialect.OutlookFinal)
	var s script
	k := w.keeper(w.scripted(&s), func(c *subscriber.Config) { c.Store = strict{c.Store} })
	s.answers(on("POST", func() *http.Response { k.cancel(); return nil }))
	k.begin()
	<-k.done
	records, _, _ := w.store.Load(t.Context())
	if len(records) != 1 || records[0].ID == "" || len(w.there()) != 1 {
		t.Errorf("the store has %+v, the service %v", records, w.there())
	}
	if left := k.leave(); len(left) > 0 || len(w.there()) > 0 {
		t.Errorf("left are %+v", left)
	}
}

// A service that lets nobody look has its subscriptions run out all the same.
func TestRunsOutUnseen(t *testing.T) {
	w := newWorld(t, dialect.GraphV1)
	var s script
	k := w.start(w.scripted(&s))
	s.answers(func(r *http.Request) *http.Response {
		if r.Method == http.MethodPost {
			return nil
		}
		return refusal(403, "ErrorAccessDenied", "Access is denied.")
	})
	w.advance(30 * time.Hour)
	if len(w.there()) != 1 || len(k.events.of(subscriber.Lost)) != 1 || len(k.events.of(subscriber.Recreated)) != 1 {
		t.Errorf("there is %v after %s", w.there(), k.events.kinds())
	}
	if n := len(s.of("PATCH")); n > 24 {
		t.Errorf("%d renewals were sent in vain", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	k.stop()
	left, err := k.Leave(ctx) // which does not wait for what is refused
	if err != nil || len(left) != 1 || left[0].ID == "" || left[0].Err == nil {
		t.Errorf("left are %+v, %v", left, err)
	}
}
