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
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/diagnosis"
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

// Config is what an emulator is made of. The zero value is a faithful, forgiving emulator of every schema of today.
type Config struct {
	Name    string // what it calls itself in its status
	Version string // of the program around it

	Serve []Mount // which dialect speaks under which base path; DefaultMounts if empty
	User  string  // whose mailbox "me" is unless a token says; DefaultUser if empty

	Auth   Auth   // which bearer tokens are taken; any if zero
	SignIn SignIn // who is signed in at a browser; User at once if zero
	Apps   []App  // applications that have to prove who they are; any other is taken at its word

	// Quota is what becomes of requests beyond what the service takes of an application; they are answered with a hint if zero.
	Quota Quota

	// Handlers are webhooks in this process, by the host (or host:port) of their notification URLs: they are called without a socket,
	// also inside testing/synctest.
	Handlers map[string]http.Handler
	// AllowTargets are hosts, or host:port, beside loopback that notifications may be sent to.
	AllowTargets []string
	// Routes deliver elsewhere than the subscription says: https://hooks.example.com=http://localhost:3000. A *. before the
	// first host stands for every name under it.
	Routes []string
	// Roots are trusted for webhooks' certificates beside the system's. On loopback any certificate is borne, save in strict mode.
	Roots *x509.CertPool

	// Mode [diagnosis.Strict] refuses what is merely borne: plain http, self-signed certificates, a handshake's answer that is not text/plain.
	Mode diagnosis.Mode
	// Lenient reads requests with unquoted names, as the service's own pages once printed them.
	Lenient bool
	// Patience, if positive, is how long a webhook's answer is waited for, so that it can stand at a breakpoint: nothing is retried or
	// counted for having taken long, and the verdict still says what the service would have done.
	Patience time.Duration
	// EndpointMinimum is the least number of attempts in a window that make an endpoint slow or dropped; 0 for the service's 100.
	EndpointMinimum int
	// TimeScale is how many virtual seconds pass in a real one while nothing is in flight; 0 for 1.
	TimeScale float64
	// ValidationTokens are those beside encrypted content; [TokensV1] if zero.
	ValidationTokens ValidationTokens
	// Authorization is how long an app is authorized by a token that does not say itself when it ends; 0 for as long as its subscription
	// lives. When it ends, the app is challenged by its lifecycle URL.
	Authorization time.Duration
	// Tune turns knobs of the dialects, such as [dialect.DocumentedLimit] or what [dialect.LifecycleForm] returns.
	Tune []func(*dialect.Dialect)

	// Wait is how an API request waits that a fault holds up; nil for [Server.Sleep]. Who steers the clock sees here that it should go on.
	Wait func(ctx context.Context, d time.Duration) error

	// Faults go wrong from the start; [control.Client.AddFaults] adds more while it runs. [fault.Parse] reads them from text.
	Faults []fault.Rule

	Seed           uint64 // of everything random: what is in mailboxes, and when a fault strikes by chance
	JournalEntries int    // how many are kept; 0 for the journal's default
	Environment    diagnosis.Environment
	Log            *slog.Logger // what goes wrong inside; nil discards it

	// Tests of this package say more, see export_test.go.
	dial    func(ctx context.Context, network, addr string) (net.Conn, error) // to webhooks, in place of the system's network
	journal journal.Limits
}

// Mount lets a base path speak a dialect.
type Mount struct {
	Path          string // such as /api/beta
	Dialect       string // such as outlook-interim, or with a profile: outlook-final@2015
	LifecycleForm string // of Graph's lifecycle notifications, see [dialect.LifecycleForms]; empty for the documented one, or that of Tune
}

// DefaultMounts are the base paths of the service with what they speak today, or last spoke.
func DefaultMounts() []Mount {
	return []Mount{
		{Path: "/api/v2.0", Dialect: dialect.OutlookFinal.String()},
		{Path: "/api/beta", Dialect: dialect.OutlookFinal2015.String()},
		{Path: "/v1.0", Dialect: dialect.GraphV1.String()},
		{Path: "/beta", Dialect: dialect.GraphBeta.String()},
	}
}

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

func limitsOf(c Config) journal.Limits {
	limits := c.journal
	if c.JournalEntries > 0 {
		limits.Entries = c.JournalEntries
	}
	return limits
}

func targetsOf(c Config) (*serve.Targets, error) {
	targets := &serve.Targets{Dial: c.dial}
	for _, target := range c.AllowTargets {
		if err := targets.Allow(target); err != nil {
			return nil, err
		}
	}
	for host := range c.Handlers { // a handler of this process needs no dialling
		if err := targets.Allow(host); err != nil {
			return nil, fmt.Errorf("take a handler: %w", err)
		}
	}
	for _, route := range c.Routes {
		if err := targets.RouteSpec(route); err != nil {
			return nil, err
		}
	}
	return targets, nil
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
