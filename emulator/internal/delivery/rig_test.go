package delivery

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/internal/clock"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

var ann = notify.Mailbox{
	ID: "6c4d1a6e-0000-4000-8000-000000000001", Tenant: "65a1b2c3-0000-4000-8000-000000000002",
	Address: "ann@contoso.com", Store: "451588be-73c4-40e9-a7a5-f297d6a33ca1",
}

// rig is an engine with all that it needs, and hooks for its webhooks.
type rig struct {
	*Engine
	t      testing.TB
	mounts struct {
		sync.Mutex
		speak map[string]*dialect.Dialect
	}
	made int
}

func newRig(t testing.TB, adjust ...func(*Config)) *rig {
	t.Helper()
	r := &rig{t: t}
	r.mounts.speak = make(map[string]*dialect.Dialect)
	idText := func(guid uuid.UUID, box notify.Mailbox, mount string) string {
		if d := r.speaking(mount); d != nil {
			return d.SubscriptionID(guid, box.Store)
		}
		return guid.String()
	}
	c := Config{
		Clock: clock.New(), Store: store.New(idText), Journal: journal.New(0),
		Dialect: r.speaking, Targets: &serve.Targets{}, Handlers: make(map[string]http.Handler),
	}
	for _, a := range adjust {
		a(&c)
	}
	r.Engine = New(c)
	t.Cleanup(func() { r.Close(); c.Clock.Close() })
	return r
}

func (r *rig) speaking(mount string) *dialect.Dialect {
	r.mounts.Lock()
	defer r.mounts.Unlock()
	return r.mounts.speak[mount]
}

// serve lets a path speak a dialect from now on.
func (r *rig) serve(mount string, d *dialect.Dialect) {
	r.mounts.Lock()
	defer r.mounts.Unlock()
	r.mounts.speak[mount] = d
}

// subscribe makes a subscription on ann's messages that lives for three days.
func (r *rig) subscribe(d *dialect.Dialect, url string, adjust ...func(*store.Record)) store.Record {
	r.t.Helper()
	mount := d.Base
	if r.speaking(mount) == nil {
		r.serve(mount, d)
	}
	r.made++
	rec := store.Record{
		Subscription: notify.Subscription{
			Resource: "me/messages", NotificationURL: url, Changes: notify.Created | notify.Updated | notify.Deleted,
			ClientState: "s3cret", Expires: r.Clock.Now().Add(72 * time.Hour), App: "app-1",
		},
		GUID: uuid.UUID{15: byte(r.made), 14: byte(r.made >> 8), 6: 0x40, 8: 0x80}, Mount: mount, Origin: "http://localhost:3650",
		Watch: notify.Resource{User: "me", Collection: notify.Messages}, Mailbox: ann, Created: r.Clock.Now(),
	}
	for _, a := range adjust {
		a(&rec)
	}
	kept, err := r.Store.Add(rec)
	if err != nil {
		r.t.Fatal(err)
	}
	r.Watch()
	return kept
}

// change is one that happened to a message of ann's.
func change(kind notify.ChangeType, item string) notify.Change {
	c := notify.Change{Type: kind, Mailbox: ann, Collection: notify.Messages, Folder: "inbox-id", Item: item, ETag: "CQAAABYAAA"}
	properties := []notify.Property{{Name: "subject", Value: "hello"}, {Name: "isRead", Value: false}}
	if kind != notify.Created {
		c.Before = properties
	}
	if kind != notify.Deleted {
		c.After = properties
	}
	return c
}

func (r *rig) create(item string) int { return r.Raise(change(notify.Created, item), 0) }

func (r *rig) advance(d time.Duration) {
	r.t.Helper()
	if _, err := r.Clock.Advance(r.t.Context(), d); err != nil {
		r.t.Fatal(err)
	}
}

// settle waits until nothing is in flight.
func (r *rig) settle() { r.t.Helper(); r.advance(0) }

// entries are those of some kinds so far.
func (r *rig) entries(kinds ...journal.Kind) []journal.Entry {
	found, _ := r.Journal.Since(0, func(e *journal.Entry) bool {
		for _, k := range kinds {
			if e.Kind == k {
				return true
			}
		}
		return false
	}, 0)
	return found
}

// hook is a webhook in this process.
type hook struct {
	answer func(call int) (status int, after time.Duration) // nil for 202 at once; calls are counted from 1
	each   func(ctx context.Context, call int)

	mu    sync.Mutex
	posts []post
}

// post is a request that a hook got.
type post struct {
	at     time.Time
	header http.Header
	query  string
	body   string
	items  []map[string]any
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p := post{at: time.Now(), header: r.Header.Clone(), query: r.URL.RawQuery, body: string(body)}
	var parsed struct{ Value []map[string]any }
	if err := json.Unmarshal(body, &parsed); err == nil {
		p.items = parsed.Value
	}
	h.mu.Lock()
	h.posts = append(h.posts, p)
	n := len(h.posts)
	h.mu.Unlock()
	if h.each != nil {
		h.each(r.Context(), n)
	}
	status := http.StatusAccepted
	if h.answer != nil {
		var after time.Duration
		status, after = h.answer(n)
		if after > 0 {
			pause(r, after)
		}
	}
	w.WriteHeader(status)
}

func (h *hook) got() []post {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]post(nil), h.posts...)
}

// items are all notifications in the order of their arrival.
func (h *hook) items() []map[string]any {
	var all []map[string]any
	for _, p := range h.got() {
		all = append(all, p.items...)
	}
	return all
}

// values are one member of all notifications.
func (h *hook) values(name string) []any {
	var all []any
	for _, it := range h.items() {
		all = append(all, it[name])
	}
	return all
}

// always answers all calls alike.
func always(status int) func(int) (int, time.Duration) {
	return func(int) (int, time.Duration) { return status, 0 }
}

// withHook lets an engine reach a hook.
func withHook(host string, h http.Handler) func(*Config) {
	return func(c *Config) { c.Handlers[host] = h }
}
