// Package api answers the requests that clients of Outlook and Microsoft Graph make: subscriptions, and the items that notifications
// point at.
//
// One Service serves every base path at once, each under the rules of the dialect that is mounted there at that moment. A path is
// brought into one form first, whatever its spelling; then a router for the dialect finds the handler; handlers return an answer or
// an error, and one function renders it in the dialect's envelope. What is not emulated is answered 501, never guessed.
package api

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/mux"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/emulator/internal/delivery"
	"github.com/outlocal/outlocal/emulator/internal/login"
	"github.com/outlocal/outlocal/emulator/internal/mailbox"
	"github.com/outlocal/outlocal/emulator/internal/quota"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/internal/clock"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// Service is the rooms that handlers work in. All fields but those of faults, Mode, User and Lenient are needed.
type Service struct {
	Clock     *clock.Clock
	Store     *store.Store
	Mailboxes *mailbox.Mailboxes
	Engine    *delivery.Engine
	Journal   *journal.Journal
	Targets   *serve.Targets
	Mounts    *Mounts
	Causes    *Causes

	Faults *fault.Set // what goes wrong on request; nil for nothing
	// Wait is how a request waits that is held up. Happen makes a change that a subscription watches. Befall lets turns come to it, which
	// an entry of the journal is the cause of. All are needed with Faults.
	Wait   func(ctx context.Context, d time.Duration) error
	Happen func(r *store.Record)
	Befall func(r store.Record, turns []fault.Turn, cause uint64)

	Issued *login.Authority // whose tokens alone are taken; nil to take any

	Quota Quota        // what becomes of requests beyond what the service takes
	Meter *quota.Meter // counts them, by Purposes; needed unless they are Uncounted

	User string              // whose mailbox "me" is unless the token says
	Mode diagnosis.Mode      // strict refuses what is merely borne
	Own  func(*url.URL) bool // tells the emulator's own listeners, which are nobody's webhook; may be nil
	// Authorization is how long a token authorizes that does not say itself when it ends; 0 for as long as the subscription lives.
	Authorization time.Duration

	Lenient bool // request bodies with unquoted names are read (W1.2-09)

	refused, told atomic.Int64 // requests beyond the quota

	adding sync.Mutex // from the last look at the quota until the subscription is kept; nothing is sent meanwhile
}

// ServeHTTP answers one API request.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{Service: s, w: w, r: r, uri: r.URL.RequestURI(), started: s.Clock.Wall()}
	c.identifyRequest()
	mount, rest, ok := s.Mounts.find(r.URL.EscapedPath())
	if !ok {
		c.d, c.mount = dialect.GraphV1, ""
		c.refuse(c.nowhere())
		return
	}
	c.mount, c.d, c.router = mount.Path, mount.Dialect, mount.router()
	c.router.ServeHTTP(w, c.onCanonicalPath(rest))
}

// call is one API request on its way.
type call struct {
	*Service
	w       http.ResponseWriter
	r       *http.Request
	d       *dialect.Dialect
	mount   string
	router  http.Handler
	origin  string // scheme://host that the client used
	uri     string // path and query as the client wrote them
	trace   dialect.Trace
	who     identity
	steps   []string // the canonical path below the mount
	asks    string   // what for, by the name of its route; empty for what is not emulated
	started time.Time
	body    []byte
	cause   uint64 // entry of what a refusal comes of, where it is not the request itself
	within  *batch // that it came in; nil for one that came alone
	name    string // its id there
}

// answer is what a handler has to say.
type answer struct {
	status int
	body   []byte
	entry  journal.Entry // what happened; its Kind is empty when nothing worth telling did
	after  func(seq uint64)
}

type handler func(*call) (*answer, *notify.Error)

type callKey struct{}

// do runs the handler of what is asked: who is calling, and how often, what the body says, then the handler itself.
func do(what string, h handler) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		c := r.Context().Value(callKey{}).(*call)
		c.r, c.asks = r, what
		if refusal := c.identify(); refusal != nil {
			c.refuse(refusal)
			return
		}
		visit, refusal := c.admit()
		if refusal != nil {
			c.refuse(refusal)
			return
		}
		defer c.Meter.Leave(visit)
		if c.Faults.Any(fault.OnRequest) {
			answered, finish := c.suffer()
			if answered {
				return
			}
			defer finish()
		}
		a, refusal := c.answer(h)
		if refusal != nil {
			c.refuse(refusal)
			return
		}
		c.say(a)
	}
}

// answer is what a handler makes of what the request brings.
func (c *call) answer(h handler) (*answer, *notify.Error) {
	if refusal := c.readBody(); refusal != nil {
		return nil, refusal
	}
	if refusal := c.admitBody(); refusal != nil {
		return nil, refusal
	}
	return h(c)
}

// identifyRequest settles the ids and the address that every answer repeats (W6.1-06, W6.1-07, R14).
func (c *call) identifyRequest() {
	id := uuid.NewString()
	c.trace = dialect.Trace{Request: id, Client: id}
	if sent := c.r.Header.Get("client-request-id"); sent != "" {
		c.trace.Client = sent
	}
	c.origin = serve.Origin(c.r)
}

// onCanonicalPath gives the router one spelling of the path; the call keeps the client's own.
func (c *call) onCanonicalPath(rest string) *http.Request {
	path, steps, err := canonical(rest)
	if err != nil {
		path, steps = "/"+unreadable, nil
	}
	c.steps = steps
	r := c.r.WithContext(context.WithValue(c.r.Context(), callKey{}, c))
	u := *c.r.URL
	u.Path, u.RawPath = unescape(path), path
	r.URL = &u
	return r
}

// vars are the path's variables, decoded.
func (c *call) vars(name string) string {
	if c.r == nil { // an import has no path
		return ""
	}
	return unescape(mux.Vars(c.r)[name])
}

// base is what links in answers begin with.
func (c *call) base() string { return c.origin + c.mount }

func (c *call) links(m notify.Mailbox) dialect.Links {
	return dialect.Links{Base: c.base(), Spoken: dialect.SpokenUser(c.vars("user")), Mailbox: m}
}

// ownHost tells whether a host and port is one that this service is reached at.
func (c *call) ownHost(hostport string) bool {
	_, host, _ := strings.Cut(c.origin, "://")
	return strings.EqualFold(hostport, host) || c.r != nil && strings.EqualFold(hostport, c.r.Host)
}
