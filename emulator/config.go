package emulator

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/journal"
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
	// SigningKey signs tokens, and is a [*rsa.PrivateKey]; nil for one of its own, made when it is first needed, which takes a tenth of a
	// second.
	SigningKey crypto.Signer

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
