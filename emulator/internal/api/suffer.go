package api

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/emulator/internal/delivery"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// Here faults get at API requests and subscriptions. What is planned is known here; why it is so is not.

// suffer lets faults answer a request in the place of its handler, or hold it up. When answered is false, the handler goes on, and
// finish is called after it.
func (c *call) suffer() (answered bool, finish func()) {
	finish = func() {}
	plan := fault.Request{Subject: c.subject(), What: c.asks}
	if !c.Faults.Request(&plan) {
		return false, finish
	}
	if plan.Wait > 0 && c.Wait(c.r.Context(), plan.Wait) != nil && c.r.Context().Err() != nil {
		return true, finish // the client has gone
	}
	switch {
	case plan.Reset:
		reset(c.w)
		return true, finish
	case plan.Refusal != nil:
		c.cause = plan.Entry
		c.refuse(c.refusalOf(plan.Refusal))
		return true, finish
	case plan.ResetAnswer:
		w := c.w
		c.w = unheard{make(http.Header)}
		finish = func() { reset(w) }
	}
	return false, finish
}

// subject is whom a request concerns: the subscription that its path names, else the mailbox of its path, else the caller's.
func (c *call) subject() fault.Subject {
	who := fault.Subject{Dialect: c.d.String()}
	who.App = c.who.app
	if box, refusal := c.resolve(c.vars("user")); refusal == nil {
		who.Mailbox = box.Address
	}
	if guid, ok := c.d.GUID(c.vars("id")); ok {
		if r, known := c.Store.ByGUID(guid); known {
			who.Mailbox, who.Subscription, who.URL, who.Ordinal = r.Mailbox.Address, r.ID, r.NotificationURL, uint64(r.Handle)
		}
	}
	return who
}

const faultWanted = "a fault wanted it: outlocal fault list shows the rules, outlocal fault clear takes them away"

// refusalOf words the service's own trouble (W6.1-08, W6.2-09, W6.3-18, W6.3-20).
func (c *call) refusalOf(r *fault.Refusal) *notify.Error {
	if r.Status == http.StatusUnauthorized {
		e := c.challengeClaims()
		e.Hint = faultWanted + "; a client that knows claims challenges signs in anew with these claims, and repeats the request once"
		return e
	}
	kind := dialect.Failed
	switch r.Status {
	case http.StatusTooManyRequests:
		kind = dialect.Throttled
	case http.StatusServiceUnavailable:
		kind = dialect.Unavailable
	case http.StatusInternalServerError:
		kind = dialect.Broken
	}
	e := c.throttled(kind, time.Duration(r.RetryAfter)*time.Second)
	e.Status, e.Hint = r.Status, faultWanted
	return e
}

// reset breaks the connection, as hard as it can be broken.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // which ends a stream of HTTP/2, and nothing else
	}
	plain := conn
	if secure, ok := conn.(interface{ NetConn() net.Conn }); ok {
		plain = secure.NetConn() // without the farewell of TLS
	}
	if tcp, ok := plain.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a reset rather than an end; where that can't be had, the end will do
	}
	_ = plain.Close()
}

// unheard is what an answer is written to that never arrives.
type unheard struct{ header http.Header }

func (u unheard) Header() http.Header         { return u.header }
func (u unheard) WriteHeader(int)             {}
func (u unheard) Write(b []byte) (int, error) { return len(b), nil }

// fate lets faults decide on what lies ahead of a subscription that was just made or renewed. It is nil if none does.
func (c *call) fate(r *store.Record, what string) *fault.Life {
	if !c.Faults.Any(fault.OnSubscription) {
		return nil
	}
	return c.decide(*r, what)
}

func (c *call) decide(r store.Record, what string) *fault.Life {
	life := &fault.Life{
		Subject: fault.Subject{
			Selector: journal.Selector{App: r.App, Mailbox: r.Mailbox.Address, Subscription: r.ID, URL: r.NotificationURL},
			Dialect:  c.d.String(), Ordinal: uint64(r.Handle),
		},
		What: what,
	}
	if !c.Faults.Life(life) {
		return nil
	}
	if life.NotifiedFirst {
		c.notifyFirst(&r)
	}
	return life
}

// longestFirst is how long (of the wall) a creation waits for a notification that is to come before its answer: as long as a webhook
// has for it, and a little.
const longestFirst = 12 * time.Second

// notifyFirst lets something happen that a subscription watches, and waits until its webhook has had the notification. A webhook that
// waits for the creation's answer meanwhile has its time limit for that.
func (c *call) notifyFirst(r *store.Record) {
	before := c.Journal.Last()
	c.Happen(r)
	if !c.Engine.Underway(r) {
		return
	}
	ctx, cancel := context.WithTimeoutCause(c.r.Context(), longestFirst, errors.New("no notification came about"))
	defer cancel()
	_, _ = c.Journal.Wait(ctx, before, 1, func(e *journal.Entry) bool { return delivery.Concerns(e, r.ID) }) // without one, the answer goes out all the same
}

// befall hands over what lies ahead, once the client has its answer.
func (c *call) befall(r store.Record, life *fault.Life) {
	if life != nil && len(life.Turns) > 0 {
		_ = http.NewResponseController(c.w).Flush() // else it could come first; where it can't be done, that may be so
		c.Befall(r, life.Turns, life.Entry)
	}
}
