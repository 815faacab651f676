// Package delivery is what calls webhooks: it validates their URLs, and tells subscriptions of changes.
//
// An [Engine] plans, sends and judges. Planning finds the subscriptions that a change concerns, encodes what they share once, and puts
// a notification for each into the queue of its endpoint (scheme, host and port); Raise, Acknowledge and Lifecycle do that and return
// without waiting for any webhook. Lanes, a bounded number for each endpoint, take what is due, as many notifications at once as may
// share a request, and send it. Judging says what became of it: delivered, late, to be tried again, lost. Handshake alone is done while
// the caller waits.
//
// What the service waits for (retries, windows, delays, expiry) passes on the virtual clock; what a webhook takes is measured in real
// time. A subscription's first attempts go out in order, one request at a time; a retry has lanes of its own and holds nothing back.
//
// The engine keeps no subscription, decides no quota and answers no client. It does not survive the process.
package delivery

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/emulator/internal/rich"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/internal/clock"
	"github.com/outlocal/outlocal/internal/odata"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/journal"
)

// The defaults of a Config.
const (
	// DefaultLanes is how many first attempts an endpoint gets at once: enough to keep two cores busy with requests of one
	// notification each, and few enough that a webhook on a laptop is not flooded with connections.
	DefaultLanes = 64

	// DefaultQueue is how many notifications wait for one endpoint, retries included. At some 300 bytes each that is 30 MB; a
	// webhook that is so far behind has lost.
	DefaultQueue = 100_000

	// DefaultBatch is how many notifications the service puts into one request (the workloads' own limit is 100).
	DefaultBatch = 100
)

// Config is what an engine works with. Clock, Store, Journal, Dialect and Targets are needed.
type Config struct {
	Clock   *clock.Clock
	Store   *store.Store
	Journal *journal.Journal

	// Dialect tells which rules hold under a base path now: a subscription that was made under one schema is notified in the next
	// once the path serves that, as it was when the service rolled a schema out. nil says that the path serves nothing any more.
	Dialect func(mount string) *dialect.Dialect

	Targets  *serve.Targets          // what may be dialled, and routes; those are set before anything is sent
	Handlers map[string]http.Handler // host or host:port to a handler of this process, which is called without a socket

	Faults *fault.Set // what goes wrong on request; nil for nothing

	// Tokens signs the validation token of notifications with encrypted content, for an application in a tenant; empty for none. nil
	// signs none.
	Tokens func(tenant, app string, flaw fault.Flaw) string

	TLS  *tls.Config    // roots for webhooks, and the like; nil for the system's
	Mode diagnosis.Mode // strict refuses a self-signed certificate on loopback too, which else is borne and noted

	// Patience, if positive, is how long an answer is waited for, for breakpoints: nothing is retried or counted for having taken
	// long, and the verdict still says what the service would have done.
	Patience time.Duration

	EndpointMinimum int // fewer attempts in a window are no evidence for a state; 0 for the dialect's
	Lanes           int // first attempts to one endpoint at once; 0 for DefaultLanes
	QueueLimit      int // notifications that wait for one endpoint; 0 for DefaultQueue
	MaxBatch        int // notifications in one request; 0 for DefaultBatch

	Environment diagnosis.Environment
}

// Engine delivers. All its methods can be called by any goroutine. New makes one.
type Engine struct {
	Config
	reach        func(ctx context.Context, network, addr string) (net.Conn, error) // as Targets allow
	transport    *http.Transport
	filters      cache[string, *odata.Filter]
	headers      cache[headerKey, *header]
	targets      cache[string, *target]
	certificates cache[string, *rich.Certificate]
	ids          cache[idKey, string]
	lines        lines
	endpoints    endpoints
	counts       counters
	timings      *timings
	losses       losses
	strays       strays
	plans        sync.Pool // of *plan
	expiry       alarm     // for the end of all subscriptions
	grants       grants
	held         atomic.Int32 // see Hold
	era          atomic.Int64 // see Forget

	life context.Context //nolint:containedctx // the engine's own, no caller's: Close ends it, and nothing is sent after
	stop context.CancelFunc

	mu     sync.Mutex
	closed bool
	work   sync.WaitGroup // goroutines of the engine; joined under mu only
}

// New makes an engine. Close ends it.
func New(c Config) *Engine {
	if c.Lanes <= 0 {
		c.Lanes = DefaultLanes
	}
	if c.QueueLimit <= 0 {
		c.QueueLimit = DefaultQueue
	}
	if c.MaxBatch <= 0 {
		c.MaxBatch = DefaultBatch
	}
	e := &Engine{Config: c, timings: newTimings()}
	e.filters.limit, e.headers.limit, e.targets.limit = cachedFilters, cachedHeaders, cachedURLs
	e.certificates.limit, e.ids.limit = cachedCertificates, cachedIDs
	e.life, e.stop = context.WithCancel(context.Background())
	e.reach = e.Targets.DialContext
	e.transport = e.newTransport()
	e.Watch()
	return e
}

// Close ends every goroutine of the engine, requests in flight included, and forgets what is queued.
func (e *Engine) Close() {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.stop()
	e.expiry.close()
	e.grants.close()
	for _, p := range e.endpoints.all() {
		p.close()
	}
	e.work.Wait()
	e.strays.wait(strayGrace)
	e.transport.CloseIdleConnections()
}

// start runs f in a goroutine that Close waits for; after Close it does nothing and returns false.
func (e *Engine) start(f func()) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return false
	}
	e.work.Go(f)
	return true
}
