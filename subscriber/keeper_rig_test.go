package subscriber_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/emulator/emulatortest"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/subscriber"
)

// world is an emulator, a webhook without a socket, and a store that outlives keepers.
type world struct {
	*emulatortest.Emulator
	t     judge
	d     *dialect.Dialect
	store subscriber.Store
	hook  *hook
}

// judge is what a test and a random walk have in common.
type judge interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(f func())
}

func newWorld(t *testing.T, d *dialect.Dialect, configure ...func(*emulatortest.Config)) *world {
	t.Helper()
	h := &hook{}
	c := emulatortest.Config{Webhook: h}
	c.Serve = []emulator.Mount{{Path: d.Base, Dialect: d.String()}}
	for _, f := range configure {
		f(&c)
	}
	return &world{Emulator: emulatortest.Start(t, c), t: t, d: d, store: subscriber.NewMemory(), hook: h}
}

// hook is a webhook that tells a keeper what comes in.
type hook struct {
	mu     sync.Mutex
	keeper *subscriber.Keeper
	broken bool // fails handshakes
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	keeper, broken := h.keeper, h.broken
	h.mu.Unlock()
	for name, values := range r.URL.Query() {
		if strings.EqualFold(name, "validationtoken") {
			if broken {
				http.Error(w, "no", http.StatusForbidden)
				return
			}
			w.Header().Set("Content-Type", "text/plain")
			io.WriteString(w, values[0])
			return
		}
	}
	body, _ := io.ReadAll(r.Body)
	if read, err := dialect.Read(r.Header, body); err == nil && keeper != nil {
		for _, item := range read.Items {
			keeper.Notified(item.Notification)
		}
	}
	w.WriteHeader(http.StatusAccepted)
}

func (h *hook) set(f func(*hook)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f(h)
}

// run is a keeper at work.
type run struct {
	*subscriber.Keeper
	w      *world
	cancel context.CancelFunc
	done   chan struct{}
	events *events
	clock  *holding
}

// events are what a keeper told.
type events struct {
	mu  sync.Mutex
	all []subscriber.Event
}

func (e *events) add(event subscriber.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, event)
}

// of are those of a kind.
func (e *events) of(kind subscriber.EventKind) []subscriber.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(e.all), func(event subscriber.Event) bool { return event.Kind != kind })
}

// kinds are the kinds in order.
func (e *events) kinds() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var kinds []string
	for _, event := range e.all {
		kinds = append(kinds, string(event.Kind))
	}
	return strings.Join(kinds, " ")
}

func at(path string) subscriber.Endpoint {
	return subscriber.Endpoint{URL: strings.Replace(emulatortest.WebhookURL, "/notifications", path, 1)}
}

func messages() subscriber.Watch {
	return subscriber.Watch{Resource: "me/messages", Changes: notify.Created, Lifecycle: true}
}

func contacts() subscriber.Watch {
	return subscriber.Watch{Resource: "me/contacts", Changes: notify.Created | notify.Updated}
}

// config is a keeper's that watches messages.
func (w *world) config() subscriber.Config {
	return subscriber.Config{
		Client: *w.Subscriber(w.d), Watches: []subscriber.Watch{messages()}, At: at("/notifications"), Store: w.store, Clock: w.Server, Seed: 1,
	}
}

// keeper makes one, with the webhook telling it what comes.
func (w *world) keeper(configure ...func(*subscriber.Config)) *run {
	w.t.Helper()
	c := w.config()
	for _, f := range configure {
		f(&c)
	}
	r := &run{w: w, events: &events{}, done: make(chan struct{})}
	r.clock = &holding{Clock: c.Clock, held: make(chan struct{})}
	c.Told, c.Clock = r.events.add, r.clock
	k, err := subscriber.New(c)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	r.Keeper = k
	w.hook.set(func(h *hook) { h.keeper = k })
	return r
}

// start lets a keeper run until the test ends.
func (w *world) start(configure ...func(*subscriber.Config)) *run {
	w.t.Helper()
	r := w.keeper(configure...)
	r.begin()
	w.t.Cleanup(r.stop)
	w.Settle()
	return r
}

// begin lets it run, and returns when the clock knows.
func (r *run) begin() {
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go func() {
		defer close(r.done)
		if err := r.Run(ctx); err != nil {
			r.w.t.Errorf("run: %v", err)
		}
	}()
	<-r.clock.held
}

// holding is an emulator's clock that tells when it was first held.
type holding struct {
	subscriber.Clock
	once sync.Once
	held chan struct{}
}

func (h *holding) Hold(what string) (end func()) {
	end = h.Clock.Hold(what)
	h.once.Do(func() { close(h.held) })
	return end
}

// stop ends it as an orderly interruption does: nothing is deleted.
func (r *run) stop() {
	r.cancel()
	<-r.done
}

// leave stops it and lets it delete what there is.
func (r *run) leave() []subscriber.Left {
	r.w.t.Helper()
	r.stop()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	left, err := r.Leave(ctx)
	if err != nil {
		r.w.t.Errorf("leave: %v", err)
	}
	return left
}

// there are the subscriptions that the service has, as "resource change url", sorted.
func (w *world) there() []string {
	w.t.Helper()
	page, err := w.Control.Subscriptions(context.Background(), control.SubscriptionQuery{})
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	found := []string{}
	for _, s := range page.Subscriptions {
		resource := s.Resource[strings.LastIndex(s.Resource, "me/"):]
		found = append(found, strings.ToLower(resource+" "+strings.ReplaceAll(s.ChangeType, " ", ""))+" "+s.NotificationURL[strings.LastIndexByte(s.NotificationURL, '/'):])
	}
	slices.Sort(found)
	return found
}

// blockedTries is how often an advance is tried that a keeper is in the way of, for a second each: on a loaded machine its requests take
// their time.
const blockedTries = 30

func (w *world) advance(d time.Duration) {
	w.t.Helper()
	for range blockedTries {
		_, err := w.Control.Advance(context.Background(), d)
		var refused *control.Error
		switch {
		case err == nil:
			return
		case !errors.As(err, &refused) || refused.Status != http.StatusConflict:
			w.t.Fatalf("advance by %v: %v", d, err)
		}
	}
	w.t.Fatalf("advance by %v: a keeper is at work all the time", d)
}

// Settle returns when all that is due is done.
func (w *world) Settle() {
	w.t.Helper()
	w.advance(0)
}

// change raises one.
func (w *world) change(collection string) {
	w.t.Helper()
	if _, err := w.Control.RaiseChange(context.Background(), control.Change{Change: "created", Collection: collection}); err != nil {
		w.t.Fatalf("raise a change: %v", err)
	}
	w.Settle()
}

// entries are the journal's of a kind.
func (w *world) entries(kind journal.Kind) []journal.Entry {
	entries, _ := w.Journal().Since(0, func(e *journal.Entry) bool { return e.Kind == kind }, 0)
	return entries
}

// lifecycle raises an event for all subscriptions and waits until all is done.
func (w *world) lifecycle(event notify.Lifecycle) {
	w.t.Helper()
	told, err := w.Control.RaiseLifecycle(context.Background(), control.LifecycleEvent{Event: string(event)})
	if err != nil || told.Raised == 0 {
		w.t.Fatalf("raise %s: %+v, %v", event, told, err)
	}
	w.Settle()
}
