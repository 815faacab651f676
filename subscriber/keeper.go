package subscriber

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/notify"
)

// Watch is what is wanted: to be told of changes of a resource.
type Watch struct {
	Resource  string // as in [Request]
	Changes   notify.ChangeType
	Rich      bool // what the resource selects travels along, encrypted for Config.Certificate where the dialect encrypts
	Lifecycle bool // the service tells of the subscription's own life too, where the dialect does
}

// Endpoint is where notifications go. The zero value is nowhere, for now: nothing is created then, and what there is lives on.
type Endpoint struct {
	URL          string
	LifecycleURL string // of those about the subscription's life; URL if empty, as they can be told apart (W5-12)
}

func (e Endpoint) lifecycle(w Watch) string {
	switch {
	case !w.Lifecycle:
		return ""
	case e.LifecycleURL != "":
		return e.LifecycleURL
	}
	return e.URL
}

// Certificate is what content is encrypted for: its DER in base64, and what it is called by.
type Certificate struct{ DER, ID string }

// TokenSource signs in. claims is what a challenge of the service wants of the token, as JSON; empty otherwise.
type TokenSource interface {
	Token(ctx context.Context, claims string) (string, error)
}

// Clock is the time that a keeper lives by. An emulator is one, which lets both live by the same virtual time.
type Clock interface {
	Now() time.Time
	// After calls f once d has passed, unless stop is called before. f is quick.
	After(d time.Duration, f func()) (stop func() bool)
	// Hold tells a clock that can jump not to, until end is called.
	Hold(what string) (end func())
}

// Config says what a [Keeper] keeps alive and by what means. Client and Watches are needed.
type Config struct {
	Client  Client // the service; a keeper with Tokens fills in the token
	Watches []Watch
	At      Endpoint
	Tokens  TokenSource // Client's own token if nil
	Store   Store       // what the next start knows of this one; nil for memory, which a crash forgets
	Clock   Clock       // the machine's if nil
	Mailbox string      // tells apart in the Store whose subscriptions they are; Client.User, or me, if empty
	Life    time.Duration
	// Certificate is needed for a rich Watch where the dialect encrypts. Another one than the last time's takes its place at the service.
	Certificate Certificate
	// Owns tells whether a notification URL that the Store knows nothing of is one of ours all the same, such as by the host that it has:
	// what is subscribed there is deleted. Nil: none is.
	Owns func(notificationURL string) bool
	// Told is called with what happens, by the goroutine of Run or Leave, which waits for it. Nil: nobody is told.
	Told func(Event)
	Seed uint64 // of what is left to chance: when exactly it renews and tries again; 0 for one of its own
}

// usualLife is asked for unless told otherwise: a machine may sleep for a night, and what a crash leaves behind ends by itself soon.
const usualLife = 24 * time.Hour

// Keeper keeps subscriptions alive for as long as it runs: it creates what is wanted, renews, reauthorizes, creates anew what the service
// removed, moves all to another URL and deletes them in the end.
//
// [Keeper.Run] does the work, one request at a time, and [Keeper.Leave] ends what it began. What it sends it writes down before, so that
// whatever interrupts it, the next one with the same [Store] finds what was left at the service, and takes it over or deletes it. Where a
// dialect has no list of subscriptions, one whose creation got no answer is found by the first notification that it raises, see
// [Keeper.Notified]; where a dialect has no deletion, what is left ends by itself.
//
// A refusal (400, 403) is told once and not tried again before [Keeper.Retry] or another URL; anything else is tried again with growing
// pauses, no sooner than the service asks for.
type Keeper struct {
	config Config
	client Client // asks at the service's time
	clock  Clock
	random *rand.Rand
	skew   atomic.Int64 // how far the service's clock is ahead of ours
	wake   chan struct{}

	mu      sync.Mutex
	desk    desk // written by the goroutine that works, read by all
	loaded  bool
	working bool
	news    bool   // something happened since the worker last looked
	letGo   func() // lets the clock jump; nil while nothing is being done
	heard   []notify.Notification
	// creating is closed when the creation that is under way has come to its end; nil while there is none.
	creating chan struct{}
	moved    *Endpoint
	retry    bool
}

// New checks c and makes a keeper. It asks nobody yet.
func New(c Config) (*Keeper, error) {
	if c.Client.Dialect == nil {
		return nil, errors.New("make keeper: the client has no dialect")
	}
	if c.Store == nil {
		c.Store = NewMemory()
	}
	if c.Clock == nil {
		c.Clock = wall{}
	}
	if c.Mailbox == "" {
		c.Mailbox = c.Client.owner()
	}
	if c.Seed == 0 {
		c.Seed = rand.Uint64()
	}
	c.Watches = slices.Clone(c.Watches)
	for i := range c.Watches { // where it has no URL of its own, what there is to tell comes to the notification URL (W3.2-01)
		c.Watches[i].Lifecycle = c.Watches[i].Lifecycle && c.Client.has(dialect.PropLifecycleURL)
	}
	k := &Keeper{config: c, clock: c.Clock, random: rand.New(rand.NewPCG(c.Seed, 0)), wake: make(chan struct{}, 1)}
	k.client = c.Client
	k.client.Now = k.now
	k.client.HTTP = k.dated(c.Client.HTTP)
	k.desk = newDesk(c)
	for i, w := range c.Watches {
		if err := k.check(w, c.Watches[:i]); err != nil {
			return nil, fmt.Errorf("make keeper: %w", err)
		}
	}
	return k, nil
}

// check finds what could never be sent before anything is.
func (k *Keeper) check(w Watch, before []Watch) error {
	same := func(o Watch) bool { return strings.EqualFold(o.Resource, w.Resource) && o.Changes == w.Changes }
	if slices.ContainsFunc(before, same) {
		return fmt.Errorf("watch %s: it is watched for the same changes already", w.Resource)
	}
	if w.Rich && k.client.encrypts() && (k.config.Certificate.DER == "" || k.config.Certificate.ID == "") {
		return fmt.Errorf("watch %s: its content is encrypted, and there is no certificate for it", w.Resource)
	}
	if _, err := k.client.base(); err != nil {
		return err
	}
	if _, err := k.client.creation(k.request(w, k.config.At, "")); err != nil {
		return fmt.Errorf("watch %s: %w", w.Resource, err)
	}
	return nil
}

// encrypts tells whether content is encrypted on its way.
func (c *Client) encrypts() bool { return c.has(dialect.PropCertificate) }

// has tells whether the dialect's subscriptions have a property.
func (c *Client) has(p dialect.Prop) bool {
	return slices.ContainsFunc(c.Dialect.Subscription, func(f dialect.Field) bool { return f.Prop == p })
}

// Load reads what a start before left, so that it is known to [Keeper.Known] before Run comes to it, which does so by itself.
func (k *Keeper) Load(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.load(ctx)
}

// Run keeps until ctx ends. It returns an error only if what is in the Store can't be read.
func (k *Keeper) Run(ctx context.Context) error {
	if err := k.begin(ctx); err != nil {
		return fmt.Errorf("keep subscriptions: %w", err)
	}
	defer k.end()
	k.work(ctx, endless)
	return nil
}

// Left is what a keeper could not delete.
type Left struct {
	Watch   Watch
	ID      string // empty where its creation got no answer, so that it may not even exist
	Expires time.Time
	Err     error // why; nil where there was no time, or the dialect has no deletion
}

// Leave deletes what the keeper keeps, once Run has returned, and tells what is left when ctx ends.
func (k *Keeper) Leave(ctx context.Context) ([]Left, error) {
	if err := k.begin(ctx); err != nil {
		return nil, fmt.Errorf("delete subscriptions: %w", err)
	}
	defer k.end()
	k.mu.Lock()
	k.desk.wanted, k.desk.leaving = nil, true
	k.desk.held, k.desk.pausedUntil = map[slot]refusal{}, time.Time{}
	k.mu.Unlock()
	k.work(ctx, untilNothingIsLeft)
	return k.left(), nil
}

func (k *Keeper) left() []Left {
	k.mu.Lock()
	defer k.mu.Unlock()
	var left []Left
	for _, r := range k.desk.sorted() {
		why := k.desk.held[slot{verb: end, key: r.Key}].err
		if why == nil {
			why = k.desk.trouble
		}
		left = append(left, Left{r.Watch, r.ID, r.Expires, why})
	}
	return left
}

// Repoint lets notifications go elsewhere from now on.
func (k *Keeper) Repoint(at Endpoint) {
	k.mu.Lock()
	k.moved = &at
	k.mu.Unlock()
	k.poke()
}

// Retry tries again at once what was refused or waits for its turn, such as after a webhook was mended.
func (k *Keeper) Retry() {
	k.mu.Lock()
	k.retry = true
	k.mu.Unlock()
	k.poke()
}

// Notified takes a notification that came in. A keeper heeds those about the life of its subscriptions, and learns of a subscription whose
// creation got no answer; others cost it a look into a table. It returns at once.
func (k *Keeper) Notified(n notify.Notification) {
	k.mu.Lock()
	_, known := k.desk.byID(n.Subscription)
	matters := n.Lifecycle != "" || !known
	if matters {
		k.heard = append(k.heard, n)
	}
	k.mu.Unlock()
	if matters {
		k.poke()
	}
}

// Known tells the client state that a subscription's notifications must have, and whether there is such a subscription.
func (k *Keeper) Known(subscriptionID string) (clientState string, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	r, ok := k.desk.byID(subscriptionID)
	return r.ClientState, ok
}

// Learn is Known for a notification that may have overtaken the answer to the creation of its subscription: as long as one is being
// created, it waits for what that is called, unless ctx ends before.
func (k *Keeper) Learn(ctx context.Context, subscriptionID string) (clientState string, ok bool) {
	for {
		k.mu.Lock()
		r, known := k.desk.byID(subscriptionID)
		creating := k.creating
		k.mu.Unlock()
		if known || creating == nil {
			return r.ClientState, known
		}
		select {
		case <-creating:
		case <-ctx.Done():
			return "", false
		}
	}
}

// now is the service's time.
func (k *Keeper) now() time.Time { return k.clock.Now().Add(time.Duration(k.skew.Load())) }

// bearableSkew is how far clocks may differ unheeded: a Date has no fractions, and takes its time to come.
const bearableSkew = 30 * time.Second

// dated returns a client that looks at each answer's date: expiries are the service's, and this machine's clock may be off.
func (k *Keeper) dated(client *http.Client) *http.Client {
	dated := http.Client{}
	if client != nil {
		dated = *client
	}
	if dated.Transport == nil {
		dated.Transport = http.DefaultTransport
	}
	dated.Transport = dating{dated.Transport, k}
	return &dated
}

type dating struct {
	http.RoundTripper
	keeper *Keeper
}

func (d dating) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := d.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	date, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		return response, nil //nolint:nilerr // an answer need not be dated
	}
	ahead := date.Sub(d.keeper.clock.Now())
	if ahead.Abs() <= bearableSkew {
		ahead = 0
	}
	if (ahead - time.Duration(d.keeper.skew.Load())).Abs() > bearableSkew {
		d.keeper.skew.Store(int64(ahead))
	}
	return response, nil
}
