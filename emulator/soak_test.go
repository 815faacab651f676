package emulator_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/subscriber"
	"pgregory.net/rapid"
)

// soakVariable lets the tests of a soak play whole: more subscriptions than a check has time for. How many walks there are, and how
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
// failing webhooks and every fault there is, and keeps a simple account beside it: each subscription is owed what happened while it
// lived, as the faults bend it. After each step the webhooks have got what the journal says, and the counters count it; in the end, what
// is missing is what the journal says was given up, and not one more, and its numbers are used up.
// rules: W3.3-01 W3.3-02
func TestNothingIsLost(t *testing.T) {
	struck := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		s := newSoak(t, rapid.Uint64Range(1, 1<<32).Draw(t, "seed"))
		defer s.close()
		s.hurried = rapid.Bool().Draw(t, "hurried")
		t.Repeat(map[string]func(*rapid.T){
			"subscribe": s.subscribe,
			"import":    s.importSome,
			"read":      s.look,
			"renew":     s.renew,
			"delete":    s.remove,
			"change":    s.change,
			"change on": s.change,
			"advance":   s.advance,
			"roll out":  s.rollOut,
			"fail":      func(*rapid.T) { s.toggle() },
			"fault":     s.breakSomething,
			"faults":    s.breakMore,
			"heal":      func(*rapid.T) { s.heal() },
			"":          func(*rapid.T) { s.check() },
		})
		s.finish()
		for id, n := range s.account.struck {
			struck[s.account.rules[id].name()] += n
		}
	})
	t.Logf("what struck: %v", struck)
}

// TestEachFaultIsAccountedFor plays the same with each fault alone, on good days and on bad ones: it strikes, and the account is right.
func TestEachFaultIsAccountedFor(t *testing.T) {
	for _, k := range sketches() {
		for _, day := range []string{"good", "bad"} {
			t.Run(k.spec+" on a "+day+" day", func(t *testing.T) {
				s := newSoak(t, 7)
				defer s.close()
				s.addFault(k, "every=2", control.Selector{})
				s.addFault(k, "next=1", control.Selector{})
				play := func() {
					s.create(dialect.OutlookFinal.Base, "user0@contoso.com", drawnURL(0), false, 30*time.Hour)
					s.create(rollingMount, "user0@contoso.com", drawnURL(soakSockets), false, 40*time.Hour)
					s.create(dialect.GraphV1.Base, "user1@contoso.com", drawnURL(1), true, 50*time.Hour)
					s.check()
				}
				play()
				play()
				for i := range 4 {
					if day == "bad" {
						s.toggle()
					}
					s.raise(control.Change{Change: "created", Collection: "message", Mailbox: "user0@contoso.com", Count: 3, Together: i%2 == 0})
					s.raise(control.Change{Change: "updated", Collection: "message", Mailbox: "user1@contoso.com", Count: 2})
					s.check()
					for _, h := range slices.Clone(s.living) {
						s.get(h)
						s.prolong(h)
						s.check()
					}
					s.pass(40 * time.Minute)
					s.check()
				}
				for len(s.living) > 3 {
					s.end(s.living[0])
					s.check()
				}
				s.finish()
				if (s.account.strikes > 0) == k.seal {
					t.Errorf("it struck %d times", s.account.strikes)
				}
			})
		}
	}
}

// tester is a test, random or not.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// soak is an emulator with the account of it.
type soak struct {
	t       tester
	server  *emulator.Server
	control *control.Client
	hook    *ledger
	account *account
	closers []func()

	living   []*holder
	turns    []*plannedTurn
	tellURLs map[string]bool // subscriptions that ever had a lifecycle URL
	expected map[turnKey]int // entries of the journal that turns leave
	imported bool
	hurried  bool // bodies are never slow: then who is notified first need not wait for them
}

// holder is a subscription as far as the account goes.
type holder struct {
	id      string
	mailbox string
	mount   string
	client  *subscriber.Client // nil if it was imported
	expires time.Time
	tellURL bool // it has a lifecycle URL
}

// plannedTurn is something that befalls a subscription when its time has come.
type plannedTurn struct {
	subscription string
	at           time.Time
	is           fault.TurnKind
	cause        uint64
}

// turnKey names what a turn leaves in the journal.
type turnKey struct {
	cause uint64
	kind  journal.Kind
}

const (
	soakHandlers  = 2 // webhooks of this process
	soakSockets   = 2 // the number of the one that is dialled
	soakWebhooks  = 3
	soakMailboxes = 4
	rollingMount  = "/api/beta"

	// soakEntries and soakBytes are how much of the journal is kept: what is overwritten is in no account.
	soakEntries = 4_000_000
	soakBytes   = 4 << 30
)

func newSoak(t tester, seed uint64) *soak {
	s := &soak{t: t, hook: newLedger(), account: newAccount(), expected: make(map[turnKey]int), tellURLs: make(map[string]bool)}
	config := emulator.Config{Handlers: make(map[string]http.Handler), Seed: seed}
	for i := range soakHandlers {
		config.Handlers[fmt.Sprintf("hook%d.test", i)] = s.hook
	}
	town := newCity(s)
	host := fmt.Sprintf("hook%d.test", soakSockets)
	town.open(host, s.hook.ServeHTTP)
	config.AllowTargets = append(config.AllowTargets, host)
	var err error
	s.server, err = emulator.New(config.WithDial(town.dial).WithJournal(journal.Limits{Entries: soakEntries, BodyBytes: soakBytes}))
	if err != nil {
		t.Fatal(err)
	}
	s.Cleanup(s.server.Close)
	s.control = s.server.ControlClient()
	return s
}

// Cleanup keeps what close does: a walk at random has no end of its own.
func (s *soak) Cleanup(f func()) { s.closers = append(s.closers, f) }

func (s *soak) close() {
	for _, f := range slices.Backward(s.closers) {
		f()
	}
}

// speaks is the dialect under a path now.
func (s *soak) speaks(path string) *dialect.Dialect {
	mounts, err := s.server.Mounts(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	at := slices.IndexFunc(mounts, func(m control.Mount) bool { return m.Path == path })
	d, err := dialect.Lookup(mounts[at].Dialect)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

func drawMailbox(t *rapid.T) string {
	return fmt.Sprintf("user%d@contoso.com", rapid.IntRange(0, soakMailboxes-1).Draw(t, "mailbox"))
}

func drawURL(t *rapid.T) string {
	return drawnURL(rapid.IntRange(0, soakWebhooks-1).Draw(t, "webhook"))
}

func drawnURL(webhook int) string {
	if webhook == soakSockets {
		return fmt.Sprintf("http://hook%d.test/cb", webhook)
	}
	return fmt.Sprintf("https://hook%d.test/cb", webhook)
}

func (s *soak) subscribe(t *rapid.T) {
	path := rapid.SampledFrom([]string{dialect.OutlookFinal.Base, rollingMount, dialect.GraphV1.Base}).Draw(t, "mount")
	life := time.Duration(rapid.IntRange(1, 70).Draw(t, "hours"))*time.Hour + 17*time.Minute
	s.create(path, drawMailbox(t), drawURL(t), rapid.Bool().Draw(t, "lifecycle URL"), life)
}

// create makes a subscription, if faults, quotas and its webhook let it.
func (s *soak) create(path, mailbox, url string, lifecycle bool, life time.Duration) {
	s.t.Helper()
	d := s.speaks(path)
	h := &holder{mailbox: mailbox, mount: path, tellURL: lifecycle && d.Family == dialect.Graph}
	h.client = &subscriber.Client{BaseURL: "http://emulator.test", Mount: path, Dialect: d, Token: "any", User: mailbox, Now: s.server.Now,
		HTTP: &http.Client{Transport: direct{s.server}}}
	request := subscriber.Request{
		Resource: "me/messages", Changes: notify.Created | notify.Updated, NotificationURL: url, ClientState: soakState, For: life,
	}
	if h.tellURL {
		request.LifecycleURL = url + "/lifecycle"
	}
	before, failing := s.hook.seen()
	f, err := s.call(func() error {
		_, err := h.client.Create(context.Background(), request)
		return err
	})
	refusal, asks := s.prospects(h, d, failing)
	if f.stopped() {
		refusal, asks = f.status, 0
	}
	if after, _ := s.hook.seen(); after.asked-before.asked != asks {
		s.t.Fatalf("create under %s: the webhook was asked %d times, want %d", path, after.asked-before.asked, asks)
	}
	var refused *subscriber.Error
	if got := errors.As(err, &refused); !f.unheard && !f.reset && (got != (refusal != 0) || got && refused.Status != refusal) {
		s.t.Fatalf("create under %s: %v, want status %d", path, err, refusal)
	}
	made := s.account.made
	s.account.made = nil
	if (refusal == 0 && !f.reset) != (len(made) == 1) {
		s.t.Fatalf("create under %s: %d were made; %v", path, len(made), err)
	}
	if len(made) == 1 {
		h.id, h.expires = made[0].Subscription, detail(&made[0]).Expires
		s.living = append(s.living, h)
		s.tellURLs[h.id] = h.tellURL
		s.befall(h)
		s.notifiedFirst(h, failing)
	}
}

// prospects say what a creation is refused with, 0 for not at all, and how often webhooks are asked to echo a token.
func (s *soak) prospects(h *holder, d *dialect.Dialect, failing bool) (refusal, asks int) {
	there, conflict := 0, false
	for _, other := range s.living {
		if other.mailbox == h.mailbox {
			there++
			conflict = conflict || other.mount == h.mount
		}
	}
	struck := s.account.handshakes
	s.account.handshakes = nil
	switch {
	case d.Quota > 0 && there >= d.Quota:
		return http.StatusForbidden, 0
	case d.RefuseDuplicates && conflict:
		return http.StatusConflict, 0
	case d.Handshake == nil:
		return 0, 0
	}
	for _, on := range []string{"notification", "lifecycle"} {
		if on == "lifecycle" && !h.tellURL {
			continue
		}
		times := 1
		for _, k := range struck {
			if k.on == on {
				times = k.ask(times)
			}
		}
		if times > 0 && failing {
			return http.StatusBadRequest, asks + 1
		}
		asks += times
	}
	return 0, asks
}

// notifiedFirst checks that what a fault let happen before the client knew of its subscription was told to its webhook by then.
func (s *soak) notifiedFirst(h *holder, failing bool) {
	for _, d := range s.account.early[h.id] {
		if !failing && len(d.strikes) == 0 && d.arrived == 0 && d.lost == 0 {
			s.t.Fatalf("%s was to be notified before it was known, and was not", h.id)
		}
	}
}

// importSome puts many in, once.
func (s *soak) importSome(t *rapid.T) {
	if s.imported {
		return
	}
	s.imported = true
	n := rapid.SampledFrom([]int{amount(1, 10_000), 50, 1}).Draw(t, "many")
	mailbox, url := drawMailbox(t), drawURL(t)
	expires := s.server.Now().Add(71 * time.Hour)
	got, err := s.control.Import(context.Background(), func(yield func(control.NewSubscription) bool) {
		for range n {
			if !yield(control.NewSubscription{
				Mount: dialect.OutlookFinal.Base, Resource: "me/messages", ChangeType: "Created,Updated", NotificationURL: url, Mailbox: mailbox,
				ClientState: soakState, Expires: expires,
			}) {
				return
			}
		}
	})
	if err != nil || len(got.IDs) != n {
		t.Fatalf("import: %d of %d, %v", len(got.IDs), n, err)
	}
	for _, id := range got.IDs {
		s.living = append(s.living, &holder{id: id, mailbox: mailbox, mount: dialect.OutlookFinal.Base, expires: expires})
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
	return rapid.SampledFrom(some).Draw(t, "which")
}

func (s *soak) look(t *rapid.T) {
	if h := s.pick(t); h != nil {
		s.get(h)
	}
}

func (s *soak) get(h *holder) {
	s.t.Helper()
	f, err := s.call(func() error {
		h.client.Dialect = s.speaks(h.mount)
		_, err := h.client.Get(context.Background(), h.id)
		return err
	})
	if (err == nil) != (!f.stopped() && !f.unheard) {
		s.t.Fatalf("read %s: %v", h.id, err)
	}
}

func (s *soak) renew(t *rapid.T) {
	if h := s.pick(t); h != nil {
		s.prolong(h)
	}
}

func (s *soak) prolong(h *holder) {
	s.t.Helper()
	f, err := s.call(func() error {
		h.client.Dialect = s.speaks(h.mount)
		_, err := h.client.Renew(context.Background(), h.id, subscriber.Renewal{For: 50 * time.Hour})
		return err
	})
	renewed := s.account.renewed
	s.account.renewed = nil
	if len(renewed) == 1 == f.stopped() || (err == nil) != (!f.stopped() && !f.unheard) {
		s.t.Fatalf("renew %s: %d are renewed; %v", h.id, len(renewed), err)
	}
	if len(renewed) == 1 {
		h.expires = detail(&renewed[0]).Expires
		s.befall(h)
	}
}

func (s *soak) remove(t *rapid.T) {
	if h := s.pick(t); h != nil {
		s.end(h)
	}
}

func (s *soak) end(h *holder) {
	s.t.Helper()
	f, err := s.call(func() error {
		h.client.Dialect = s.speaks(h.mount)
		return h.client.Delete(context.Background(), h.id)
	})
	if _, gone := s.account.gone[h.id]; gone == f.stopped() || (err == nil) != (!f.stopped() && !f.unheard) {
		s.t.Fatalf("delete %s: it is gone: %t; %v", h.id, gone, err)
	}
	if !f.stopped() {
		s.bury(h.id)
	}
}

func (s *soak) bury(id string) {
	s.living = slices.DeleteFunc(s.living, func(h *holder) bool { return h.id == id })
}

func (s *soak) change(t *rapid.T) {
	s.raise(control.Change{
		Change:     rapid.SampledFrom([]string{"created", "updated"}).Draw(t, "change"),
		Collection: "message", Mailbox: drawMailbox(t), Count: rapid.IntRange(1, 3).Draw(t, "count"), Together: rapid.Bool().Draw(t, "together"),
	})
}

func (s *soak) raise(c control.Change) {
	raised, err := s.control.RaiseChange(context.Background(), c)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, item := range raised.Items {
		s.account.oweChange(item.Entry, item.ID, s.residents(c.Mailbox))
	}
}

// residents are the subscriptions on a mailbox.
func (s *soak) residents(mailbox string) (ids []string) {
	for _, h := range s.living {
		if h.mailbox == mailbox {
			ids = append(ids, h.id)
		}
	}
	return ids
}

func (s *soak) advance(t *rapid.T) {
	s.pass(rapid.SampledFrom([]time.Duration{time.Minute, 10 * time.Minute, time.Hour, 5 * time.Hour, 30 * time.Hour}).Draw(t, "by"))
}

func (s *soak) rollOut(t *rapid.T) {
	d := rapid.SampledFrom([]string{"outlook-legacy", "outlook-interim", "outlook-final@2015"}).Draw(t, "dialect")
	if err := s.control.Mount(context.Background(), control.Mount{Path: rollingMount, Dialect: d}); err != nil {
		t.Fatal(err)
	}
}

// toggle makes the webhooks fail, or lets them get well.
func (s *soak) toggle() {
	_, failing := s.hook.seen()
	s.hook.fail(!failing)
}

// direct hands requests to a handler without a socket.
type direct struct{ handler http.Handler }

// errReset is what a client sees of a connection that is broken.
var errReset = errors.New("connection reset by peer")

func (d direct) RoundTrip(r *http.Request) (response *http.Response, err error) {
	w := httptest.NewRecorder()
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	in.Host = r.URL.Host
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer func() {
		if v := recover(); v == http.ErrAbortHandler { //nolint:errorlint // it is thrown as it is
			response, err = nil, errReset
		} else if v != nil {
			panic(v)
		}
	}()
	d.handler.ServeHTTP(w, in)
	return w.Result(), nil
}
