package scenarios

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/subscriber"
)

// The addresses inside a process; .test is reserved for this.
const (
	serviceURL  = "http://emulator.test"
	webhookHost = "webhook.test"
	defaultPath = "/notifications"

	// defaultState is the client state that subscriptions carry where nobody says otherwise.
	defaultState = "the client state of a scenario"
	anyToken     = "scenario"
)

// stage is what a scenario is played on: a service, a webhook, and an app between them.
type stage struct {
	options  Options
	scenario *Scenario
	dialect  *dialect.Dialect
	mount    string

	server  *emulator.Server // nil for one that runs
	steer   *control.Client
	record  record
	service string // base URL
	mailbox string // of its own; empty for the default user's
	token   string

	app     recorder // the app's way to the service
	targets *serve.Targets
	outside *http.Transport // to webhooks and apps

	keys    *builtInKeys
	handler http.Handler // the webhook, if it is one of this process
	hook    *webhook     // nil for any but the built-in
	hookURL string
	state   string // client state

	wishes  wishes // of the app
	time    timekeeper
	closers []func()
}

func newStage(ctx context.Context, s *Scenario, d *dialect.Dialect, o Options) (*stage, error) {
	st := &stage{options: o, scenario: s, dialect: d, targets: &serve.Targets{}, token: anyToken}
	st.keys = &builtInKeys{}
	st.state = cmp.Or(o.ClientState, s.Webhook.ClientState, defaultState)
	if err := st.build(ctx); err != nil {
		st.close()
		return nil, err
	}
	return st, nil
}

func (st *stage) build(ctx context.Context) error {
	for _, target := range st.options.AllowTargets {
		if err := st.targets.Allow(target); err != nil {
			return err
		}
	}
	st.outside = st.targets.Transport()
	st.closers = append(st.closers, st.outside.CloseIdleConnections)
	st.hookURL = "https://" + webhookHost + defaultPath
	if st.scenario.Webhook.Path != "" {
		st.hookURL = "https://" + webhookHost + st.scenario.Webhook.Path
	}
	if st.options.Webhook != "" {
		st.hookURL = st.options.Webhook
		u, err := url.Parse(st.hookURL)
		if err != nil || u.Host == "" {
			return errors.New("use webhook: the URL is malformed")
		}
		if err := st.targets.Allow(u.Scheme + "://" + u.Host); err != nil {
			return err
		}
	}
	handler, err := st.webhookHandler()
	if err != nil {
		return err
	}
	st.handler = handler
	if st.options.Emulator != nil {
		return st.joinEmulator(ctx)
	}
	return st.ownEmulator()
}

// webhookHandler is the webhook of this process; nil for one elsewhere.
func (st *stage) webhookHandler() (http.Handler, error) {
	switch {
	case st.options.Webhook != "":
		return nil, nil
	case st.options.Handler != nil:
		return st.options.Handler, nil
	}
	made, err := receiver.New(receiver.Config{ClientState: st.state, Now: st.now, Sleep: st.sleep, Tokens: st.tokens()})
	if err != nil {
		return nil, err
	}
	st.keys.receiver = made
	st.hook = newWebhook(made, st.scenario.Webhook.Conduct)
	st.hook.read, st.hook.react = st.readItem, st.react
	st.hook.rest = func(ctx context.Context) {
		if st.server == nil {
			<-ctx.Done()
			return
		}
		_ = st.server.Sleep(ctx, forever) // its end is what is waited for
	}
	st.closers = append(st.closers, made.Close, func() { st.hook.behave(Conduct{}) })
	return st.hook, nil
}

// ownEmulator starts one in this process.
func (st *stage) ownEmulator() error {
	c := emulator.Config{
		Name: st.scenario.Name(), Serve: []emulator.Mount{{Path: st.dialect.Base, Dialect: st.dialect.String()}}, Seed: st.options.Seed,
		Roots: st.options.Roots, AllowTargets: st.options.AllowTargets, Wait: st.sleep,
	}
	if st.scenario.encrypts {
		key, err := serviceKey()
		if err != nil {
			return err
		}
		c.SigningKey = key
	}
	c.Serve = withMounts(emulator.DefaultMounts(), c.Serve...)
	st.scenario.Configure(&c)
	if st.handler != nil {
		c.Handlers = map[string]http.Handler{webhookHost: st.handler}
	} else {
		u, err := url.Parse(st.hookURL)
		if err != nil {
			return errors.New("use webhook: the URL is malformed")
		}
		c.AllowTargets = append(c.AllowTargets, u.Scheme+"://"+u.Host)
	}
	server, err := emulator.New(c)
	if err != nil {
		return err
	}
	st.closers = append(st.closers, server.Close)
	server.Announce(emulator.Addresses{HTTP: serviceURL})
	st.server, st.steer, st.record, st.service = server, server.ControlClient(), ownRecord{server.Journal()}, serviceURL
	st.app = recorder{next: inProcess{server}, agent: runnerAgent}
	st.time.open(st)
	st.closers = append(st.closers, st.time.close)
	return st.findMount(context.Background())
}

// joinEmulator uses one that runs: with a mailbox of its own, so that nobody is disturbed.
func (st *stage) joinEmulator(ctx context.Context) error {
	st.steer = st.options.Emulator.Control
	st.record = steeredRecord{st.steer}
	status, err := st.steer.Status(ctx)
	if err != nil {
		return err
	}
	if status.Kind != control.Emulator || status.HTTP == "" {
		return fmt.Errorf("use %s: it is no emulator that listens", status.Name)
	}
	st.service = status.HTTP
	if err := st.targets.Allow(st.service); err != nil {
		return err
	}
	st.app = recorder{next: st.outside, agent: runnerAgent}
	if st.mailbox = st.options.Emulator.User; st.mailbox == "" {
		st.mailbox = "scenario-" + uuid.NewString()[:8] + "@contoso.com"
		st.closers = append(st.closers, st.forget)
	}
	st.token = tokenOf(st.mailbox)
	if st.handler != nil {
		if err := st.listen(ctx, st.handler); err != nil {
			return err
		}
	}
	if st.options.Emulator.Exclusive && !st.options.Emulator.Configured {
		if err := st.borrowMounts(ctx); err != nil {
			return err
		}
	}
	return st.findMount(ctx)
}

// borrowMounts lets an emulator that nobody else uses speak the dialect under its own path, and sees to it that all paths speak again
// at the end what they spoke before.
func (st *stage) borrowMounts(ctx context.Context) error {
	before, err := st.steer.Mounts(ctx)
	if err != nil {
		return err
	}
	st.closers = append(st.closers, func() {
		ctx, cancel := context.WithTimeout(context.Background(), defaultWithin)
		defer cancel()
		for _, m := range before {
			_ = st.steer.Mount(ctx, m) // it spoke that, so that it can
		}
	})
	return st.steer.Mount(ctx, control.Mount{Path: st.dialect.Base, Dialect: st.dialect.String()})
}

// tokenOf is a token that names a user: an emulator verifies none.
func tokenOf(user string) string {
	claims, err := json.Marshal(map[string]string{"upn": user})
	if err != nil { // texts always encode
		return anyToken
	}
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"none"}`)) + "." + part(claims) + "." + part([]byte("none"))
}

// listen opens a port for a webhook of this process that another is to call.
func (st *stage) listen(ctx context.Context, handler http.Handler) error {
	listeners, err := serve.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("open a port for the webhook: %w", err)
	}
	server := serve.Start(listeners, serve.Config{Name: "webhook", Handler: handler})
	st.closers = append(st.closers, func() {
		ended, cancel := context.WithCancel(context.Background())
		cancel() // who is still being answered belongs to this scenario, which is over
		_ = server.Shutdown(ended)
	})
	path := strings.TrimPrefix(st.hookURL, "https://"+webhookHost)
	st.hookURL = listeners.URL("http") + path
	return nil
}

// forget takes away what the scenario left at an emulator that goes on without it.
func (st *stage) forget() {
	ctx, cancel := context.WithTimeout(context.Background(), defaultWithin)
	defer cancel()
	mine := control.Selector{Mailbox: st.mailbox}
	_, _ = st.steer.Reset(ctx, mine) // else it runs out
	_, _ = st.steer.RemoveFaults(ctx, control.FaultQuery{Where: mine})
}

func (st *stage) close() {
	for i := len(st.closers) - 1; i >= 0; i-- {
		st.closers[i]()
	}
}

// findMount finds the base path of the dialect that is played.
func (st *stage) findMount(ctx context.Context) error {
	path, err := st.mountOf(ctx, st.dialect)
	if running := st.options.Emulator; err != nil && running != nil && running.Configured {
		path = st.dialect.Base
		err = st.steer.Mount(ctx, control.Mount{Path: path, Dialect: st.dialect.String()})
	}
	st.mount = path
	return err
}

// mountOf is a base path under which a dialect is spoken now: its own if it can be chosen.
func (st *stage) mountOf(ctx context.Context, d *dialect.Dialect) (string, error) {
	mounts, err := st.steer.Mounts(ctx)
	if err != nil {
		return "", err
	}
	var paths []string
	for _, m := range mounts {
		if m.Dialect == d.String() {
			if m.Path == d.Base {
				return m.Path, nil
			}
			paths = append(paths, m.Path)
		}
	}
	if len(paths) == 0 {
		return "", fmt.Errorf("the emulator speaks %s under no path", d)
	}
	return paths[0], nil
}

// spokenAt is the dialect that is spoken under a base path now.
func (st *stage) spokenAt(ctx context.Context, mount string) (*dialect.Dialect, error) {
	mounts, err := st.steer.Mounts(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range mounts {
		if m.Path == mount {
			return dialect.Lookup(m.Dialect)
		}
	}
	return nil, fmt.Errorf("nothing is spoken under %s", mount)
}

// client speaks to the service under a base path, as the app.
func (st *stage) client(d *dialect.Dialect, mount, user string) *subscriber.Client {
	token := st.token
	if user != "" {
		token = anyToken
	}
	return &subscriber.Client{
		BaseURL: st.service, Mount: mount, Dialect: d, Token: token, User: user, Now: st.now,
		HTTP: &http.Client{Transport: &st.app},
	}
}

// readItem reads what a notification points at, as the built-in webhook's app.
func (st *stage) readItem(ctx context.Context, resource string) {
	if client, err := st.ownClient(ctx); err == nil {
		_, _ = client.Fetch(ctx, resource) // how it went stands in the journal
	}
}

// ownClient is that of the built-in webhook's app.
func (st *stage) ownClient(ctx context.Context) (*subscriber.Client, error) {
	d, err := st.spokenAt(ctx, st.mount)
	if err != nil {
		return nil, err
	}
	client := st.client(d, st.mount, "")
	client.HTTP = &http.Client{Transport: &recorder{next: st.app.next, agent: webhookAgent}}
	return client, nil
}

// settles tells whether it can be known when all that was set off is done: a webhook elsewhere may call back later.
func (st *stage) settles() bool {
	return st.options.Webhook == "" && (st.server != nil || st.options.Emulator.Exclusive)
}

// local tells whether the webhook is one of this process that the emulator calls without a socket.
func (st *stage) local() bool { return st.server != nil && st.options.Webhook == "" }
