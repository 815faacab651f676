package verify

import (
	"context"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/internal/serve"
)

// Session is one webhook, in one dialect, and what is asked of it.
type Session struct {
	Server  *emulator.Server // made of what [Session.Prepare] returned
	Dialect *dialect.Dialect
	URL     *url.URL
	Mode    diagnosis.Mode
	Checks  []Check

	// ClientState is one that the webhook believes; empty if it is told none.
	ClientState string
	// Adopted is the subscription that the app under test has made itself; it has one of its own if this is nil.
	Adopted *control.Subscription
	// Calls says that the app runs, so that what it calls can be waited for.
	Calls bool
	// Visiting keeps to what is polite beyond one's own machine: a handshake, TLS and one small batch.
	Visiting bool

	// Those below are called if they are set: before and after the requests of the plain handshake, and before and after each check.
	Sending  func(emulator.Request)
	Answered func(emulator.Request, diagnosis.HandshakeAnswer)
	Asking   func(*Check)
	Told     func(*Result)

	script *script
}

// Prepare lets an emulator be one that a session can use: it speaks the dialect, sends to the webhook, and lets the session bend what
// is sent.
func (s *Session) Prepare(c emulator.Config) emulator.Config {
	s.script = &script{}
	mounted := false
	if len(c.Serve) == 0 {
		c.Serve = emulator.DefaultMounts()
	}
	for i := range c.Serve {
		if c.Serve[i].Path == s.Dialect.Base {
			c.Serve[i].Dialect, mounted = s.Dialect.String(), true
		}
	}
	if !mounted {
		c.Serve = append(c.Serve, emulator.Mount{Path: s.Dialect.Base, Dialect: s.Dialect.String()})
	}
	c.AllowTargets = append(c.AllowTargets, s.URL.Scheme+"://"+s.URL.Host) // to name it is to allow it, and nothing else
	c.Faults = append(c.Faults, fault.Rule{Fault: s.script, On: fault.Any})
	c.Tune = append(slices.Clone(c.Tune), s.hasten)
	c.Mode = diagnosis.Faithful // strict is who judges: a strict emulator would not send to most webhooks at all
	return c
}

// hasten gives a dialect the session's own time for answers, if that is not the schema's: the app under test may subscribe in another one.
func (s *Session) hasten(d *dialect.Dialect) {
	usual, err := dialect.Lookup(s.Dialect.String())
	if err != nil || usual.Delivery.Limit == s.Dialect.Delivery.Limit {
		return
	}
	d.Delivery.Limit, d.Delivery.Good = s.Dialect.Delivery.Limit, s.Dialect.Delivery.Good
	if d.Handshake != nil {
		d.Handshake.Limit = s.Dialect.Delivery.Limit
	}
}

// Depth is how deep the session can look.
func (s *Session) Depth() Depth {
	switch {
	case s.Calls && s.Adopted != nil:
		return CallsBack
	case s.ClientState != "" || s.Adopted != nil:
		return Believed
	}
	return Wire
}

// Run puts the checks to the webhook, one after the other. The error says why it could not go on; a webhook that can't be reached is a
// finding.
func (s *Session) Run(ctx context.Context) (Column, error) {
	p, err := s.newPlay()
	if err != nil {
		return Column{}, err
	}
	defer p.transport.CloseIdleConnections()
	if err := p.greet(ctx); err != nil {
		return Column{}, err
	}
	results := make([]Result, 0, len(s.Checks))
	for i := range s.Checks {
		r, err := p.check(ctx, &s.Checks[i])
		if err != nil {
			return Column{}, err
		}
		results = append(results, r)
	}
	c := Column{Dialect: s.Dialect, Depth: s.Depth(), Results: results, Handshake: p.handshake, Plain: p.plain.taken, Unmet: p.unmet}
	c.Next = p.next(&c)
	return c, nil
}

// play is a session under way.
type play struct {
	*Session
	adopted   *control.Subscription // as of now: an app may make another
	transport *transport
	audiences int // so far

	handshake emulator.Verified // the plain one
	unmet     bool              // nothing answers at all
	reached   bool              // what handles notifications is likely to be what answered the handshake
	plain     struct {
		done  bool
		taken diagnosis.Taken
		fails string // why nothing can be measured by it; empty if it can
	}
	stumbled map[string]stumble // checks that failed, by id
	named    map[string]bool    // items that notifications named
	single   bool               // only the first handshake was answered well

	removed uint64      // journal entry before the adopted subscription was removed; 0 if it was not
	untold  bool        // the app's subscription has no lifecycle URL
	lost    atomic.Bool // something that the check has sent got no answer at all
	died    string      // what the webhook was asked when it died
	hung    int         // checks that ran into the limit
}

func (s *Session) newPlay() (*play, error) {
	targets := &serve.Targets{}
	if err := targets.Allow(s.URL.Scheme + "://" + s.URL.Host); err != nil {
		return nil, err
	}
	return &play{Session: s, adopted: s.Adopted, transport: newTransport(targets), stumbled: map[string]stumble{}, named: map[string]bool{}}, nil
}

// The bounds of what a webhook that is in a bad way can cost.
const (
	// patient is how long the plain answers may take for variations of them to be asked at all: some dozen times that is a minute.
	patient = 1500 * time.Millisecond
	// hangs is how many checks may run into the service's limit before it is known well enough that the webhook hangs.
	hangs = 2
)

// check plays one check, unless there is a reason not to.
func (p *play) check(ctx context.Context, c *Check) (Result, error) {
	r := Result{Check: c}
	started := time.Now()
	a, err := p.ask(ctx, c)
	if err != nil {
		return r, err
	}
	if ctx.Err() != nil {
		return r, ctx.Err()
	}
	r.Took = time.Since(started)
	r.Outcome, r.Note, r.Because, r.Found = a.outcome(), a.note, a.because, a.found
	if p.Told != nil {
		p.Told(&r)
	}
	return r, nil
}

func (p *play) ask(ctx context.Context, c *Check) (answer, error) {
	switch because := p.prevents(c); {
	case !c.In(p.Dialect):
		return answer{absent: true}, nil
	case c.facet:
		return p.facet(c)
	case because != "":
		return notJudged(because)
	}
	if p.Asking != nil {
		p.Asking(c)
	}
	started := time.Now()
	p.lost.Store(false)
	a, err := c.play(ctx, p, c)
	if err != nil {
		return a, err
	}
	if time.Since(started) > p.limit() {
		p.hung++
	}
	if (c.hostile || p.lost.Load()) && !a.absent {
		return p.revive(ctx, c, a)
	}
	return a, nil
}

// limit is the least of the service's own.
func (p *play) limit() time.Duration {
	limit := p.Dialect.Delivery.Limit
	if h := p.Dialect.Handshake; h != nil {
		limit = min(limit, h.Limit)
	}
	return limit
}

// prevents says why a check can't be judged, empty if it can.
func (p *play) prevents(c *Check) string {
	switch {
	case c.facet, c.Group == HTTPS:
		return ""
	case p.unmet:
		return "nothing answers"
	case p.died != "":
		return "the webhook answers nothing any more, since it was asked whether it " + p.died
	case p.Visiting && !c.gentle:
		return "it is asked of webhooks beyond this machine with --full only"
	case p.hung >= hangs && c.ID != plainID: // that one tells whether it hangs on what matters
		return "the webhook hangs"
	case c.Group == Handshakes:
		return p.preventsHandshake()
	}
	return p.preventsNotification(c)
}

func (p *play) preventsHandshake() string {
	switch {
	case diagnosis.Failed(p.answers()):
		return p.handshakeFails()
	case p.handshake.Answer.Took > patient:
		return "the plain handshake takes so long"
	case p.single:
		return "only the first handshake is answered well"
	}
	return ""
}

func (p *play) preventsNotification(c *Check) string {
	switch {
	case hasHandshake(p.Dialect) && !p.reached:
		return "the handshake fails, so that nothing would ever be sent"
	case c.Depth == CallsBack && p.Depth() < CallsBack:
		return "it takes an app that runs: -- COMMAND"
	case c.ID == plainID:
		return ""
	case p.plain.fails != "":
		return p.plain.fails
	case p.adopted == nil && p.Adopted != nil && !c.foreign && c.Group != Calls: // those after a removal look for another
		return "the app has no subscription any more"
	}
	return ""
}
