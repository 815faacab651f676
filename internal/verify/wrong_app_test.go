package verify

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/subscriber"
)

// app is a webhook with the program behind it: it subscribes, answers at once, and works off what comes, one after the other.
type app struct {
	*webhook
	client *subscriber.Client
	url    string

	untold bool // it has no lifecycle URL

	late  sync.WaitGroup                      // what it does beside that
	later func(after time.Duration, it *item) // reads it then
	queue chan *item
	ended chan struct{}
	stop  context.CancelFunc

	mu           sync.Mutex
	subscription string
	seen         map[string]bool

	// What it does about each. A flaw puts something else in their place.
	onChange, onMissed, onReauthorize, onRemoved func(context.Context, *item)
}

// newApp is a right one, but for what change does to it.
func newApp(d *dialect.Dialect, change func(*app)) *app {
	ctx, stop := context.WithCancel(context.Background())
	a := &app{
		webhook: newWebhook(), queue: make(chan *item, 1000), ended: make(chan struct{}), stop: stop, seen: map[string]bool{},
		client: &subscriber.Client{BaseURL: "http://emulator.test", Mount: d.Base, Dialect: d, Token: "an app"},
	}
	a.take = func(r *http.Request, items []*item) int {
		for _, it := range items {
			if believes(r, it) {
				a.queue <- it
			}
		}
		return http.StatusAccepted
	}
	a.onChange = func(ctx context.Context, it *item) {
		if a.first(it) {
			a.readItem(ctx, it)
		}
	}
	a.onMissed = func(ctx context.Context, _ *item) { a.catchUp(ctx) }
	a.onReauthorize = func(ctx context.Context, _ *item) { _ = a.client.Reauthorize(ctx, a.id()) }
	a.onRemoved = func(ctx context.Context, _ *item) { _ = a.subscribe(ctx) }
	a.later = func(d time.Duration, it *item) {
		a.late.Go(func() { delayed(ctx, d); a.readItem(ctx, it) })
	}
	change(a)
	go a.work(ctx)
	return a
}

// join lets the app subscribe at the session's emulator, and the session adopt what came of it.
func (a *app) join(s *Session) error {
	a.url = s.URL.String()
	a.client.HTTP = &http.Client{Transport: inProcess{s.Server}}
	if err := a.subscribe(context.Background()); err != nil {
		return err
	}
	var err error
	s.Adopted, _, err = Adopt(context.Background(), s.Server, s.URL)
	s.Calls = true
	return err
}

func (a *app) close() {
	a.stop()
	<-a.ended
	a.late.Wait()
}

func (a *app) work(ctx context.Context) {
	defer close(a.ended)
	for {
		select {
		case it := <-a.queue:
			a.handle(ctx, it)
		case <-ctx.Done():
			return
		}
	}
}

func (a *app) handle(ctx context.Context, it *item) {
	switch event(it) {
	case "":
		a.onChange(ctx, it)
	case "missed":
		a.onMissed(ctx, it)
	case "reauthorizationRequired":
		a.onReauthorize(ctx, it)
	case "subscriptionRemoved":
		a.onRemoved(ctx, it)
	}
}

func (a *app) subscribe(ctx context.Context) error {
	request := subscriber.Request{Resource: "me/messages", Changes: notify.Created | notify.Updated, NotificationURL: a.url, ClientState: believed}
	if a.client.Dialect.Family == dialect.Graph && !a.untold {
		request.LifecycleURL = a.url
	}
	made, err := a.client.Create(ctx, request)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.subscription = made.ID
	return nil
}

func (a *app) id() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.subscription
}

// first tells whether an item is new to the app.
func (a *app) first(it *item) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.seen[it.ResourceData.ID] {
		return false
	}
	a.seen[it.ResourceData.ID] = true
	return true
}

func (a *app) readItem(ctx context.Context, it *item) {
	resource := it.Resource
	if u, err := url.Parse(resource); err == nil && u.Host != "" {
		resource = a.client.BaseURL + u.EscapedPath() // it names the real service, and the app was told to go elsewhere
	}
	_, _ = a.client.Fetch(ctx, resource)
}

func (a *app) catchUp(ctx context.Context) {
	_, _ = a.client.Do(ctx, http.MethodGet, "me/messages", nil)
}

// renew is what some apps take each event for.
func (a *app) renew(ctx context.Context, _ *item) {
	_, _ = a.client.Renew(ctx, a.id(), subscriber.Renewal{})
}

var errUnknown = errors.New("the subscription is not in the database")

// wrongApps are wrong about what they do once they have answered, or about what they know when they do.
func wrongApps() []flaw {
	nothing := func(context.Context, *item) {}
	return []flaw{
		{
			name: "reads what a stranger names", thread: "mayurrawte/teamsly#86", want: "client-state-unchecked", depth: CallsBack,
			app: func(a *app) {
				a.take = func(_ *http.Request, items []*item) int {
					for _, it := range items {
						if it != nil {
							a.queue <- it
						}
					}
					return http.StatusAccepted
				}
			},
		},
		{
			name: "checks the first item's client state only", thread: "corsairdev/corsair#575", want: "client-state-unchecked", depth: CallsBack, in: graphOnly(),
			app: func(a *app) {
				a.take = func(r *http.Request, items []*item) int {
					for _, it := range items {
						if it != nil && believes(r, items[0]) {
							a.queue <- it
						}
					}
					return http.StatusAccepted
				}
			},
		},
		{
			name: "looks at the first item of a request only", want: "notification-first-only", depth: CallsBack,
			app: func(a *app) {
				take := a.take
				a.take = func(r *http.Request, items []*item) int { return take(r, items[:1]) }
			},
		},
		{
			name: "works on a duplicate twice", thread: "microsoftgraph/microsoft-graph-docs#3381", want: "notification-twice", depth: CallsBack,
			app: func(a *app) { a.onChange = a.readItem },
		},
		{
			name: "takes each event for a renewal", thread: "twentyhq/twenty#21970", want: "lifecycle-renewed-only", depth: CallsBack, in: graphOnly(),
			app: func(a *app) { a.onMissed, a.onReauthorize, a.onRemoved = a.renew, a.renew, a.renew },
		},
		{
			name: "never reauthorizes", thread: "closeio/sync-engine#435", want: "lifecycle-not-reauthorized", depth: CallsBack, in: graphOnly(),
			app: func(a *app) { a.onReauthorize = nothing },
		},
		{
			name: "does not subscribe anew", thread: "PipedreamHQ/pipedream#21434", want: "lifecycle-not-recreated", depth: CallsBack,
			app: func(a *app) { a.onRemoved = nothing },
		},
		{
			name: "fetches nothing after missed", thread: "microsoftgraph/microsoft-graph-docs-contrib#2760", want: "lifecycle-not-resynced", depth: CallsBack,
			app: func(a *app) { a.onMissed = nothing },
		},
		{
			name: "fetches nothing after missed, and is behind", want: "lifecycle-not-resynced", depth: CallsBack, in: graphOnly(),
			app: func(a *app) {
				a.onMissed = nothing
				take := a.take
				a.take = func(r *http.Request, items []*item) int {
					if len(items) < largestBatch {
						return take(r, items)
					}
					a.later(4*time.Second, items[0]) // so many take their time
					return http.StatusAccepted
				}
			},
		},
		{
			name: "fails on a subscription that it doesn't know yet", thread: "microsoftgraph/aspnetcore-webhooks-sample#1", want: "notification-early", depth: CallsBack,
			app: func(a *app) {
				take := a.take
				a.take = func(r *http.Request, items []*item) int {
					for _, it := range items {
						if it != nil && it.SubscriptionID != a.id() {
							panic(errUnknown)
						}
					}
					return take(r, items)
				}
			},
		},
	}
}
