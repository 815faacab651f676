package subscriber

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/outlocal/outlocal/notify"
)

// aim is when a keeper's work is done.
type aim uint8

const (
	endless aim = iota
	untilNothingIsLeft
)

// begin makes the caller the one who works.
func (k *Keeper) begin(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.working {
		return errors.New("it is at work already")
	}
	if err := k.load(ctx); err != nil {
		return err
	}
	k.working, k.news = true, true
	k.hold()
	return nil
}

// end lets another work, or the clock go on.
func (k *Keeper) end() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.working = false
	k.release()
}

// load reads what a start before left, once; k.mu is held.
func (k *Keeper) load(ctx context.Context) error {
	if k.loaded {
		return nil
	}
	records, bookmarks, err := k.config.Store.Load(ctx)
	if err != nil {
		return fmt.Errorf("read what was kept: %w", err)
	}
	d := &k.desk
	for _, r := range records {
		if k.own(r.Service, r.Dialect, r.Mailbox) {
			d.records[r.Key] = r
			d.inherited[r.Key] = r.ID != ""
		}
	}
	for _, b := range bookmarks {
		if k.own(b.Service, b.Dialect, b.Mailbox) {
			d.bookmarks[b.Resource] = b
		}
	}
	d.unsure = len(d.records) > 0 || d.lists() && k.config.Owns != nil
	k.loaded = true
	return nil
}

// own tells whether what is in the store is this keeper's.
func (k *Keeper) own(service, dialect, mailbox string) bool {
	return service == k.service() && dialect == k.client.Dialect.String() && mailbox == k.config.Mailbox
}

// service names the service in the store.
func (k *Keeper) service() string {
	base, _ := k.client.base() // New has made sure of it
	return base
}

// stamped is a record that is this keeper's.
func (k *Keeper) stamped(r Record) Record {
	r.Key, r.Service, r.Dialect, r.Mailbox = uuid.NewString(), k.service(), k.client.Dialect.String(), k.config.Mailbox
	return r
}

// bookmark is a new one for a resource.
func (k *Keeper) bookmark(resource string) Bookmark {
	return Bookmark{Service: k.service(), Dialect: k.client.Dialect.String(), Mailbox: k.config.Mailbox, Resource: resource}
}

// poke makes the worker look again. The clock holds still from now on, not from when the worker gets to run.
func (k *Keeper) poke() {
	k.mu.Lock()
	if k.working {
		k.news = true
		k.hold()
	}
	k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default: // it has been told and has not looked yet
	}
}

// hold keeps the clock from jumping; k.mu is held.
func (k *Keeper) hold() {
	if k.letGo == nil {
		k.letGo = k.clock.Hold("subscriptions being kept at " + k.client.BaseURL)
	}
}

// release lets it; k.mu is held.
func (k *Keeper) release() {
	if k.letGo != nil {
		k.letGo()
		k.letGo = nil
	}
}

// work does what is to be done, one step after the other, until ctx ends or nothing is left.
func (k *Keeper) work(ctx context.Context, until aim) {
	for ctx.Err() == nil {
		k.hear(ctx)
		now := k.now()
		k.mu.Lock()
		steps := k.desk.steps(now)
		k.mu.Unlock()
		switch {
		case len(steps) == 0 && until == untilNothingIsLeft:
			return
		case len(steps) == 0:
			k.rest(ctx, nil)
		case steps[0].due.After(now):
			k.rest(ctx, &steps[0].due)
		default:
			k.take(ctx, steps[0])
		}
	}
}

// rest waits for a moment, or until something happens.
func (k *Keeper) rest(ctx context.Context, until *time.Time) {
	if until != nil {
		defer k.clock.After(until.Sub(k.now()), k.poke)()
	}
	k.mu.Lock()
	if k.news {
		k.news = false
		k.mu.Unlock()
		return
	}
	k.release()
	k.mu.Unlock()
	select {
	case <-k.wake:
	case <-ctx.Done():
	}
	k.mu.Lock()
	k.news = false
	k.hold()
	k.mu.Unlock()
}

// hear takes in what others said meanwhile.
func (k *Keeper) hear(ctx context.Context) {
	k.mu.Lock()
	heard, moved, retry := k.heard, k.moved, k.retry
	k.heard, k.moved, k.retry = nil, nil, false
	if moved != nil {
		k.desk.at = *moved
	}
	if moved != nil || retry { // what was refused for the sake of the URL may be welcome now
		k.desk.held, k.desk.pausedUntil, k.desk.failures = map[slot]refusal{}, time.Time{}, 0
		k.desk.conflicted, k.desk.unmarked = map[Watch]bool{}, map[string]error{}
	}
	k.mu.Unlock()
	for _, n := range heard {
		k.heed(ctx, n)
	}
}

// heed reacts to a notification about a subscription itself (W5-02, W5-03, W5-04).
func (k *Keeper) heed(ctx context.Context, n notify.Notification) {
	r, known := k.record(n.Subscription)
	if !known {
		k.claim(ctx, n)
		return
	}
	if n.ClientState != r.ClientState || r.ClientState == "" { // whoever sent it does not know the secret
		return
	}
	switch n.Lifecycle {
	case notify.ReauthorizationRequired:
		k.mu.Lock()
		k.desk.challenged[r.Key] = k.now()
		k.mu.Unlock()
		k.tell(Event{Kind: Challenged, Watch: r.Watch, ID: r.ID, Expires: r.Expires})
	case notify.SubscriptionRemoved:
		k.lose(ctx, r)
	case notify.Missed:
		k.tell(Event{Kind: Missed, Watch: r.Watch, ID: r.ID, Expires: r.Expires})
		k.fallBehind(ctx, r.Watch)
	}
}

// claim finds the creation that got no answer by the client state that only its subscription has.
func (k *Keeper) claim(ctx context.Context, n notify.Notification) {
	k.mu.Lock()
	records := k.desk.sorted()
	k.mu.Unlock()
	at := slices.IndexFunc(records, func(r Record) bool { return r.ID == "" && n.ClientState != "" && r.ClientState == n.ClientState })
	if at < 0 || n.Subscription == "" {
		return
	}
	r := records[at]
	r.ID, r.Expires, r.Due = n.Subscription, n.Expires, k.due(n.Expires)
	k.put(ctx, r)
	k.tell(Event{Kind: Adopted, Watch: r.Watch, ID: r.ID, Expires: r.Expires})
}

func (k *Keeper) record(id string) (Record, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.desk.byID(id)
}

// put keeps a record. What the store does not take now is written down later: what it says has happened already.
func (k *Keeper) put(ctx context.Context, r Record) {
	err := k.config.Store.SaveRecord(context.WithoutCancel(ctx), r)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.desk.records[r.Key] = r
	k.written(r.Key, err)
}

// drop forgets a record.
func (k *Keeper) drop(ctx context.Context, r Record) {
	err := k.config.Store.RemoveRecord(context.WithoutCancel(ctx), r.Key)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.desk.remove(r.Key)
	k.written(r.Key, err)
}

// written notes whether the store has a record as it is; k.mu is held.
func (k *Keeper) written(key string, err error) {
	if delete(k.desk.unsaved, key); err != nil {
		k.desk.unsaved[key] = true
	}
}

// lose drops the record of a subscription that is no more.
func (k *Keeper) lose(ctx context.Context, r Record) {
	k.drop(ctx, r)
	kind := Lost
	k.mu.Lock()
	if k.desk.serving(r.Watch, k.now()) != "" {
		kind = Ended
	} else {
		k.desk.lost[r.Watch] = true
	}
	k.mu.Unlock()
	k.tell(Event{Kind: kind, Watch: r.Watch, ID: r.ID, Expires: r.Expires})
}

// life is how long a subscription is asked for; 0 where the service decides.
func (k *Keeper) life(w Watch) time.Duration {
	l := k.client.Dialect.Lifetime
	if !l.Settable {
		return 0
	}
	longest := l.Max
	if w.Rich && l.MaxRich > 0 {
		longest = l.MaxRich
	}
	if l.Refuse {
		longest -= bearableSkew // one moment too many is refused
	}
	if k.config.Life > 0 {
		return min(k.config.Life, longest)
	}
	return min(usualLife, longest)
}

// due is when a subscription is renewed: when between a third and a quarter of its life is left, so that those that were made together
// are not renewed together, and a service that is down for a while does not end them.
func (k *Keeper) due(expires time.Time) time.Time {
	left := expires.Sub(k.now())
	return expires.Add(-left/4 - time.Duration(k.random.Int64N(max(int64(left/12), 1))))
}

// request is the creation of a watch.
func (k *Keeper) request(w Watch, at Endpoint, clientState string) Request {
	r := Request{
		Resource: w.Resource, Changes: w.Changes, NotificationURL: at.URL, LifecycleURL: at.lifecycle(w), ClientState: clientState, For: k.life(w),
	}
	if w.Rich && k.client.encrypts() {
		r.Certificate, r.CertificateID = k.config.Certificate.DER, k.config.Certificate.ID
	}
	return r
}

// newClientState is a secret that nobody guesses: 128 bits, in letters that every header and form keeps as they are.
func newClientState() string {
	var secret [16]byte
	_, _ = rand.Read(secret[:]) // it never fails
	return hex.EncodeToString(secret[:])
}

func (k *Keeper) tell(e Event) {
	if e.At = k.now(); k.config.Told != nil {
		k.config.Told(e)
	}
}
