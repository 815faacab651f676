// Package emulator is a mock of the part of Outlook and Microsoft Graph that webhooks live on: subscriptions, the validation
// handshake, and change notifications, in every schema that there has been.
//
// A [Server] is an [http.Handler] with all base paths at once. In a Go test, use emulatortest.Start; in a program that serves it on
// listeners of its own, use [New]; to steer it, use [Server.ControlClient] or serve [Server.Control] on a listener apart.
//
// It keeps everything in memory and forgets it with Close. It checks tokens only if told to, sends to no host that was not allowed, and
// answers 501 for what it does not emulate. It is a tool for development and tests, not a mail server.
package emulator

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/emulator/internal/api"
	"github.com/outlocal/outlocal/emulator/internal/delivery"
	"github.com/outlocal/outlocal/emulator/internal/login"
	"github.com/outlocal/outlocal/emulator/internal/mailbox"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/internal/clock"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// The constants of every emulator: what a token without claims speaks for.
const (
	DefaultUser   = mailbox.DefaultUser   // whose mailbox "me" is
	DefaultUserID = mailbox.DefaultUserID // that user's object id
	DefaultTenant = mailbox.DefaultTenant // the tenant of every mailbox
	DefaultApp    = api.DefaultApp        // the calling application's id
)

// Server is an emulator. All its methods can be called by any goroutine.
type Server struct {
	config  Config
	clock   *clock.Clock
	store   *store.Store
	boxes   *mailbox.Mailboxes
	journal *journal.Journal
	engine  *delivery.Engine
	faults  *fault.Set
	mounts  *api.Mounts
	api     *api.Service
	login   *login.Authority
	targets *serve.Targets
	control http.Handler
	started time.Time
	tidy    tidy

	mu        sync.Mutex
	addresses Addresses
	closed    bool
}

// Addresses are where a program serves an emulator; its status tells them.
type Addresses struct {
	HTTP, HTTPS, Control string
	Proxy                string // a forward proxy in front of it, if there is one
	CA                   string // path of the certificate that clients have to trust
}

// New makes an emulator. Close ends it. The error names what is wrong in the Config.
func New(c Config) (*Server, error) {
	if c.User == "" {
		c.User = DefaultUser
	}
	if len(c.Serve) == 0 {
		c.Serve = DefaultMounts()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	for _, r := range c.Faults {
		if err := r.Check(); err != nil {
			return nil, err
		}
	}
	if err := checkApps(c.Apps); err != nil {
		return nil, err
	}
	if _, ok := c.SigningKey.(*rsa.PrivateKey); !ok && c.SigningKey != nil {
		return nil, fmt.Errorf("use signing key: it is a %T, want *rsa.PrivateKey", c.SigningKey)
	}
	targets, err := targetsOf(c)
	if err != nil {
		return nil, err
	}
	s := &Server{config: c, targets: targets, mounts: &api.Mounts{}, started: time.Now(), journal: journal.NewLimited(limitsOf(c))}
	for _, m := range c.Serve {
		if err := s.serve(m); err != nil {
			return nil, err
		}
	}
	s.clock = clock.New()
	if c.TimeScale != 0 {
		if err := s.clock.SetScale(c.TimeScale); err != nil {
			s.clock.Close()
			return nil, fmt.Errorf("set the time scale: %w", err)
		}
	}
	s.assemble()
	if _, err := s.boxes.Resolve(c.User); err != nil {
		s.Close()
		return nil, fmt.Errorf("make the mailbox of %q: %w", c.User, err)
	}
	return s, nil
}

// assemble puts the rooms together; nothing in it can fail.
func (s *Server) assemble() {
	c := s.config
	if c.Wait == nil {
		c.Wait = s.clock.Sleep
	}
	s.store = store.New(s.idText)
	s.boxes = mailbox.New(s.clock, c.Seed)
	s.login = s.newAuthority()
	s.faults = fault.NewSet(c.Seed, s.record)
	s.faults.Restart(c.Faults...)
	s.engine = delivery.New(delivery.Config{
		Clock: s.clock, Store: s.store, Journal: s.journal, Dialect: s.mounts.Dialect, Targets: s.targets,
		Handlers: c.Handlers, TLS: &tls.Config{RootCAs: c.Roots}, Mode: c.Mode, Patience: c.Patience,
		EndpointMinimum: c.EndpointMinimum, Environment: c.Environment, Faults: s.faults, Tokens: s.signer(),
	})
	s.api = &api.Service{
		Clock: s.clock, Store: s.store, Mailboxes: s.boxes, Engine: s.engine, Journal: s.journal, Targets: s.targets,
		Mounts: s.mounts, Causes: &api.Causes{}, User: c.User, Mode: c.Mode, Lenient: c.Lenient, Own: s.own,
		Faults: s.faults, Happen: s.happen, Befall: s.befall, Wait: c.Wait, Authorization: c.Authorization,
	}
	if c.Auth == IssuedTokens {
		s.api.Issued = s.login
	}
	s.countRequests()
	s.control = control.NewHandler(s)
}

// idText writes a record's id in the form of the schema that it was made under, whichever is spoken there now: both Outlook's and
// Graph's families keep to one form each, and a path never changes its family.
func (s *Server) idText(guid uuid.UUID, box notify.Mailbox, mount string) string {
	if d := s.mounts.Dialect(mount); d != nil {
		return d.SubscriptionID(guid, box.Store)
	}
	return guid.String()
}

// serve mounts a dialect with the knobs turned, those of the mount last.
func (s *Server) serve(m Mount) error {
	d, err := dialect.Lookup(m.Dialect)
	if err != nil {
		return err
	}
	knobs := s.config.Tune
	if m.LifecycleForm != "" {
		form, err := dialect.LifecycleForm(m.LifecycleForm)
		if err != nil {
			return err
		}
		knobs = append(slices.Clip(knobs), form)
	}
	if here := s.mounts.Dialect(m.Path); here != nil && here.Family != d.Family {
		return fmt.Errorf("serve %s under %s: %s speaks there, and ids of Outlook and of Graph differ in form; choose another path", d, m.Path, here)
	}
	return s.mounts.Serve(m.Path, d.With(knobs...))
}

// ServeHTTP answers the API, under every base path, and beside them the authority that programs sign in with.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.mounts.Has(r.URL.Path) && s.login.Serves(r) {
		s.login.ServeHTTP(w, r)
		return
	}
	s.api.ServeHTTP(w, r)
}

// Control is the control API, to be served on a listener of its own behind a guard against foreign hosts.
func (s *Server) Control() http.Handler { return s.control }

// ControlClient steers the emulator in process, by the same path that another process would take.
func (s *Server) ControlClient() *control.Client { return control.InProcess(s.control) }

// Journal is what happened. It holds secrets: show only what Entry.Masked returns.
func (s *Server) Journal() *journal.Journal { return s.journal }

// Now is the emulator's own time.
func (s *Server) Now() time.Time { return s.clock.Now() }

// Sleep waits until d has passed in the emulator's own time. A webhook of this process that is called meanwhile, with the context of its
// request, waits without holding the clock up: that is how one plays slow without taking long.
func (s *Server) Sleep(ctx context.Context, d time.Duration) error { return s.clock.Sleep(ctx, d) }

// After calls f once d has passed in the emulator's own time, unless stop is called before. f is quick, and begins a Hold for what it
// leaves to others.
func (s *Server) After(d time.Duration, f func()) (stop func() bool) { return s.clock.After(d, f) }

// Hold keeps an advance from jumping until end is called: what names the work that is being done, to whoever waits. With After and Now it
// lets a client under test, such as a subscriber's keeper, live by the emulator's time.
func (s *Server) Hold(what string) (end func()) { return s.clock.Hold(what) }

// own tells whether a URL leads to a listener of this emulator. To notify oneself is a mistake at best; at worst it is a way to the
// control API for who may only subscribe.
func (s *Server) own(u *url.URL) bool {
	s.mu.Lock()
	at := s.addresses
	s.mu.Unlock()
	for _, address := range []string{at.HTTP, at.HTTPS, at.Control, at.Proxy} {
		if address == "" {
			continue
		}
		if mine, err := url.Parse(address); err == nil && mine.Port() == u.Port() && serve.IsLoopback(u.Hostname()) {
			return true
		}
	}
	return false
}

// Announce tells the addresses that the status shows.
func (s *Server) Announce(a Addresses) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addresses = a
}

// OnWait calls f when an advance of the clock waits for webhooks, with a line for each: a webhook that hangs costs its time limit for
// every attempt, and whoever waits should know.
func (s *Server) OnWait(f func(inFlight []string)) { s.clock.OnWait(f) }

// Close ends every goroutine that New began. What was on its way is given up.
func (s *Server) Close() {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	if closed {
		return
	}
	s.tidy.close()
	s.engine.Close()
	s.clock.Close()
}

// Compile-time proof that all of the control API is there.
var _ control.EmulatorBackend = (*Server)(nil)

// record journals something that is no request.
func (s *Server) record(e journal.Entry) uint64 {
	e.At, e.Wall = s.clock.Now(), s.clock.Wall()
	return s.journal.Append(e)
}
