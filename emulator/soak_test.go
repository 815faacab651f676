package emulator_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/emulator/internal/delivery"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/subscriber"
	"pgregory.net/rapid"
)

// soakVariable lets the tests of this file play whole: more subscriptions than a check has time for. How many walks there are, and how
// long, is for rapid's own flags to say.
const soakVariable = "OUTLOCAL_SOAK"

// amount is small in a check, and large in a soak.
func amount(small, large int) int {
	if os.Getenv(soakVariable) != "" {
		return large
	}
	return small
}

// TestNothingIsLost walks at random through creations, imports, renewals, deletions, changes, jumps of the clock, changes of schema,
// duplicates and failing webhooks, and keeps a simple account beside it: each subscription is owed what happened while it lived. After
// each step nobody has got more than owed; in the end, what is missing is what the journal says was given up, and not one more.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSoak(t)
		defer s.server.Close()
		t.Repeat(map[string]func(*rapid.T){
			"subscribe": s.subscribe,
			"import":    s.importSome,
			"renew":     s.renew,
			"delete":    s.remove,
			"change":    s.change,
			"advance":   s.advance,
			"roll out":  s.rollOut,
			"fail":      s.fail,
			"duplicate": s.duplicate,
			"":          s.check,
		})
		s.finish()
	})
}

// soak is an emulator with the account of it.
type soak struct {
	t       *rapid.T
	server  *emulator.Server
	control *control.Client
	hook    *ledger

	living     []*holder
	owed       map[claim]int
	raised     int64
	duplicates bool // somebody may get more than owed, and a duplicate be given up
	imported   int
}

// holder is a subscription as far as the account goes.
type holder struct {
	id      string
	mailbox string
	client  *subscriber.Client
	expires time.Time
}

// claim is what one is told of one item.
type claim struct{ subscription, item string }

// ledger is a webhook that writes down what it got, and can be made to fail.
type ledger struct {
	mu      sync.Mutex
	got     map[claim]int
	failing bool
	wrong   []string
}

func (l *ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failing {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	for name, values := range r.URL.Query() {
		if strings.EqualFold(name, "validationtoken") {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, values[0])
			return
		}
	}
	body, _ := io.ReadAll(r.Body)
	read, err := dialect.Read(r.Header, body)
	if err != nil {
		l.wrong = append(l.wrong, err.Error())
		return
	}
	for _, item := range read.Items {
		if len(item.Problems) > 0 {
			l.wrong = append(l.wrong, fmt.Sprint(item.Problems))
		}
		if counted(item.Change.Name()) {
			l.got[claim{item.Subscription, item.Data.ID}]++
		}
	}
	w.WriteHeader(http.StatusAccepted)
}

// counted tells changes from what the service says itself.
func counted(change string) bool {
	return change == notify.Created.Name() || change == notify.Updated.Name() || change == notify.Deleted.Name()
}

const (
	soakWebhooks  = 3
	soakMailboxes = 4
	rollingMount  = "/api/beta"
)

func newSoak(t *rapid.T) *soak {
	s := &soak{t: t, hook: &ledger{got: make(map[claim]int)}, owed: make(map[claim]int)}
	handlers := make(map[string]http.Handler)
	for i := range soakWebhooks {
		handlers[fmt.Sprintf("hook%d.test", i)] = s.hook
	}
	var err error
	s.server, err = emulator.New(emulator.Config{Handlers: handlers, JournalEntries: 1_000_000, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	s.control = s.server.ControlClient()
	return s
}

// mounts are the paths that are walked on, with a dialect that a client can speak there.
func (s *soak) mount(t *rapid.T) (string, *dialect.Dialect) {
	path := rapid.SampledFrom([]string{"/api/v2.0", rollingMount, "/v1.0"}).Draw(t, "mount")
	mounts, err := s.server.Mounts(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(mounts, func(m control.Mount) bool { return m.Path == path })
	d, err := dialect.Lookup(mounts[at].Dialect)
	if err != nil {
		t.Fatal(err)
	}
	return path, d
}

func drawMailbox(t *rapid.T) string {
	return fmt.Sprintf("user%d@contoso.com", rapid.IntRange(0, soakMailboxes-1).Draw(t, "mailbox"))
}

func drawURL(t *rapid.T) string {
	return fmt.Sprintf("https://hook%d.test/cb", rapid.IntRange(0, soakWebhooks-1).Draw(t, "webhook"))
}

func (s *soak) subscribe(t *rapid.T) {
	path, d := s.mount(t)
	mailbox := drawMailbox(t)
	c := &subscriber.Client{BaseURL: "http://emulator.test", Mount: path, Dialect: d, Token: "any", User: mailbox, Now: s.server.Now,
		HTTP: &http.Client{Transport: direct{s.server}}}
	life := time.Duration(rapid.IntRange(1, 70).Draw(t, "hours"))*time.Hour + 17*time.Minute
	made, err := c.Create(context.Background(), subscriber.Request{
		Resource: "me/messages", Changes: notify.Created | notify.Updated, NotificationURL: drawURL(t), ClientState: "s", For: life,
	})
	var refused *subscriber.Error
	switch {
	case err == nil && s.hook.failing && d.Handshake != nil: // the legacy schema asks nobody
		t.Fatal("a webhook that fails passed its handshake")
	case err == nil:
		s.living = append(s.living, &holder{made.ID, mailbox, c, made.Expires})
	case errors.As(err, &refused) && (s.hook.failing || refused.Status == http.StatusConflict):
	default:
		t.Fatalf("subscribe under %s: %v", path, err)
	}
}

// importSome puts many in, once.
func (s *soak) importSome(t *rapid.T) {
	if s.imported > 0 {
		return
	}
	s.imported = rapid.SampledFrom([]int{1, 50, amount(50, 10_000)}).Draw(t, "many")
	mailbox, url := drawMailbox(t), drawURL(t)
	expires := s.server.Now().Add(71 * time.Hour)
	rows := func(yield func(control.NewSubscription) bool) {
		for range s.imported {
			if !yield(control.NewSubscription{
				Mount: "/api/v2.0", Resource: "me/messages", ChangeType: "Created,Updated", NotificationURL: url, Mailbox: mailbox, Expires: expires,
			}) {
				return
			}
		}
	}
	got, err := s.control.Import(context.Background(), rows)
	if err != nil || len(got.IDs) != s.imported {
		t.Fatalf("import: %d of %d, %v", len(got.IDs), s.imported, err)
	}
	for _, id := range got.IDs {
		s.living = append(s.living, &holder{id: id, mailbox: mailbox, expires: expires})
	}
}

// pick draws one that lives and has a client; nil if there is none.
func (s *soak) pick(t *rapid.T) *holder {
	var some []*holder
	for _, h := range s.living {
		if h.client != nil {
			some = append(some, h)
		}
	}
	if len(some) == 0 {
		return nil
	}
	return some[rapid.IntRange(0, len(some)-1).Draw(t, "which")]
}

// speaking is the holder's client in what its path speaks by now.
func (s *soak) speaking(h *holder) *subscriber.Client {
	mounts, _ := s.server.Mounts(context.Background()) // it never fails
	for _, m := range mounts {
		if m.Path == h.client.Mount {
			h.client.Dialect, _ = dialect.Lookup(m.Dialect) // it came from there
		}
	}
	return h.client
}

func (s *soak) renew(t *rapid.T) {
	h := s.pick(t)
	if h == nil {
		return
	}
	if _, err := s.speaking(h).Renew(context.Background(), h.id, subscriber.Renewal{For: 50 * time.Hour}); err != nil {
		t.Fatalf("renew %s: %v", h.id, err)
	}
	page, err := s.control.Subscriptions(context.Background(), control.SubscriptionQuery{Where: control.Selector{Subscription: h.id}})
	if err != nil || len(page.Subscriptions) != 1 {
		t.Fatalf("find %s: %v, %v", h.id, page, err)
	}
	h.expires = page.Subscriptions[0].Expires // not all schemas answer with it
}

func (s *soak) remove(t *rapid.T) {
	h := s.pick(t)
	if h == nil {
		return
	}
	if err := s.speaking(h).Delete(context.Background(), h.id); err != nil {
		t.Fatalf("delete %s: %v", h.id, err)
	}
	s.living = slices.DeleteFunc(s.living, func(other *holder) bool { return other == h })
}

func (s *soak) change(t *rapid.T) {
	c := control.Change{
		Change:     rapid.SampledFrom([]string{"created", "updated"}).Draw(t, "change"),
		Collection: "message", Mailbox: drawMailbox(t), Count: rapid.IntRange(1, 3).Draw(t, "count"), Together: rapid.Bool().Draw(t, "together"),
	}
	raised, err := s.control.RaiseChange(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range s.living {
		if h.mailbox != c.Mailbox {
			continue
		}
		for _, item := range raised.Items {
			s.owed[claim{h.id, item.ID}]++
			s.raised++
		}
	}
}

func (s *soak) advance(t *rapid.T) {
	s.pass(rapid.SampledFrom([]time.Duration{time.Minute, 10 * time.Minute, time.Hour, 5 * time.Hour, 30 * time.Hour}).Draw(t, "by"))
}

func (s *soak) pass(by time.Duration) {
	if _, err := s.control.Advance(context.Background(), by); err != nil {
		s.t.Fatal(err)
	}
	now := s.server.Now()
	s.living = slices.DeleteFunc(s.living, func(h *holder) bool { return !h.expires.After(now) })
}

func (s *soak) rollOut(t *rapid.T) {
	d := rapid.SampledFrom([]string{"outlook-legacy", "outlook-interim", "outlook-final@2015"}).Draw(t, "dialect")
	if err := s.control.Mount(context.Background(), control.Mount{Path: rollingMount, Dialect: d}); err != nil {
		t.Fatal(err)
	}
}

func (s *soak) fail(*rapid.T) {
	s.hook.mu.Lock()
	defer s.hook.mu.Unlock()
	s.hook.failing = !s.hook.failing
}

func (s *soak) duplicate(t *rapid.T) {
	s.duplicates = true
	if _, err := s.control.AddFaults(context.Background(), control.Selector{}, "duplicate:next=1"); err != nil {
		t.Fatal(err)
	}
}

// check holds the emulator to the account, when everything that is due now is done.
func (s *soak) check(t *rapid.T) {
	s.pass(0)
	status, err := s.control.Status(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if status.Subscriptions != len(s.living) {
		t.Fatalf("%d subscriptions live, want %d", status.Subscriptions, len(s.living))
	}
	if got := status.Counters["raised"]; got != s.raised {
		t.Fatalf("%d notifications were raised, want %d", got, s.raised)
	}
	missing := s.missing(t)
	waiting := 0
	for _, e := range status.Endpoints {
		waiting += e.Queued
	}
	if given := s.givenUp(); missing > waiting+given || missing < given && !s.duplicates {
		t.Fatalf("%d notifications are missing; %d wait and %d were given up", missing, waiting, given)
	}
}

// missing counts what is owed and did not come.
func (s *soak) missing(t *rapid.T) int {
	s.hook.mu.Lock()
	defer s.hook.mu.Unlock()
	if len(s.hook.wrong) > 0 {
		t.Fatalf("a webhook could not read: %v", s.hook.wrong)
	}
	missing := 0
	for c, owed := range s.owed {
		got := s.hook.got[c]
		if got > owed && !s.duplicates {
			t.Fatalf("%v came %d times, want %d", c, got, owed)
		}
		missing += max(owed-got, 0)
	}
	for c := range s.hook.got {
		if s.owed[c] == 0 {
			t.Fatalf("%v came, which nobody is owed", c)
		}
	}
	return missing
}

// givenUp counts the changes that the journal says were given up.
func (s *soak) givenUp() int {
	entries, _ := s.server.Journal().Since(0, func(e *journal.Entry) bool { return e.Kind == journal.Dropped }, 0)
	n := 0
	for _, e := range entries {
		for _, item := range e.Data.(*delivery.Given).Items {
			if counted(item.Change) {
				n++
			}
		}
	}
	return n
}

// finish lets the webhooks get well and all retries end: then nothing waits, and what is missing was given up.
func (s *soak) finish() {
	s.hook.mu.Lock()
	s.hook.failing = false
	s.hook.mu.Unlock()
	s.pass(5 * time.Hour)
	s.check(s.t)
	status, err := s.control.Status(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range status.Endpoints {
		if e.Queued > 0 {
			s.t.Fatalf("%d notifications still wait for %s", e.Queued, e.Endpoint)
		}
	}
	if missing, given := s.missing(s.t), s.givenUp(); missing > given || missing < given && !s.duplicates {
		s.t.Fatalf("%d notifications are missing, but %d were given up", missing, given)
	}
}

// direct hands requests to a handler without a socket.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	in.Host = r.URL.Host
	if in.Body == nil {
		in.Body = http.NoBody
	}
	d.handler.ServeHTTP(w, in)
	return w.Result(), nil
}
