package emulator_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator/fault"
)

// sketch is a fault as the simple model sees it: what becomes of what it strikes. It has one of the functions, by the place in which it
// strikes, or tells what lies ahead of a subscription.
type sketch struct {
	spec  string           // of a rule, without when and whom it strikes
	where control.Selector // whom, once a rule was made of it
	on    string           // what, once it struck

	debt func(*debt)         // a notification
	ask  func(times int) int // a handshake
	seal bool                // a notification with encrypted content, of which there are none here: it never strikes
	fate func(*fate)         // an API request
	turn *turn               // a subscription; nil with notified
	// notified says that a subscriber is notified before it knows that it is one.
	notified bool
}

// fate is what faults make of an API request.
type fate struct {
	wait       time.Duration
	status     int // it is refused with that; 0 for not at all
	retryAfter time.Duration
	reset      bool // nothing is done
	unheard    bool // all is done, but nobody hears the answer
}

// stopped says that nothing is done.
func (f *fate) stopped() bool { return f.reset || f.status != 0 }

// turn is something that befalls a subscription.
type turn struct {
	after time.Duration
	is    fault.TurnKind
}

// sketches are all faults there are, with options that a walk can bear: nobody waits long for an answer, and no journal is filled by one
// request.
func sketches() []sketch {
	wrong, none := "wrong-client-state", ""
	return []sketch{
		{spec: "never-sent", ask: func(int) int { return 0 }},
		{spec: "sent-twice", ask: func(n int) int { return 2 * n }},
		{spec: "sent-twice:times=3", ask: func(n int) int { return 3 * n }},
		{spec: "odd-token", ask: func(n int) int { return n }},

		{spec: "drop", debt: func(d *debt) { d.dropped = true }},
		{spec: "drop:told=true", debt: func(d *debt) { d.dropped, d.told = true, true }},
		{spec: "duplicate", debt: func(d *debt) { d.copies++ }},
		{spec: "duplicate:copies=3,delay=20m", debt: func(d *debt) { d.copies += 3 }},
		{spec: "delay", debt: func(*debt) {}},
		{spec: "delay:for=45m", debt: func(*debt) {}},
		{spec: "reorder", debt: func(*debt) {}},
		{spec: "reorder:within=2h", debt: func(*debt) {}},
		{spec: "wrong-client-state", debt: func(d *debt) { d.state = &wrong }},
		{spec: "missing-client-state", debt: func(d *debt) { d.state = &none }},
		{spec: "wrong-header", debt: func(d *debt) { d.unread = max(d.unread, 1) }},
		{spec: "wrong-header:attempts=3", debt: func(d *debt) { d.unread = max(d.unread, 3) }},
		{spec: "extra-properties", debt: func(d *debt) { d.strange = true }},
		{spec: "null-entry", debt: func(d *debt) { d.nulls++ }},
		{spec: "oversize:items=7", debt: func(d *debt) { d.more += 6 }},
		{spec: "oversize:bytes=5000", debt: func(d *debt) { d.strange = true }},
		{spec: "malformed", debt: func(d *debt) { d.unread = max(d.unread, 1) }},
		{spec: "malformed:attempts=2", debt: func(d *debt) { d.unread = max(d.unread, 2) }},
		{spec: "truncated", debt: func(d *debt) { d.unread = max(d.unread, 1) }},
		{spec: "truncated:after=9,attempts=2", debt: func(d *debt) { d.unread = max(d.unread, 2) }},
		{spec: "cut", debt: func(d *debt) { d.cut = max(d.cut, 1) }},
		{spec: "cut:after=30,attempts=2", debt: func(d *debt) { d.cut = max(d.cut, 2) }},
		{spec: "slow-body", debt: func(*debt) {}},
		{spec: "slow-body:for=30m,attempts=2", debt: func(*debt) {}},

		{spec: "wrong-signature", seal: true},
		{spec: "wrong-certificate-id", seal: true},
		{spec: "rotated-certificate", seal: true},
		{spec: "missing-validation-tokens", seal: true},
		{spec: "expired-validation-tokens", seal: true},
		{spec: "forged-validation-tokens", seal: true},
		{spec: "wrong-audience", seal: true},
		{spec: "wrong-issuer", seal: true},
		{spec: "wrong-publisher", seal: true},

		{spec: "throttle", fate: func(f *fate) { f.status, f.retryAfter = http.StatusTooManyRequests, 10*time.Second }},
		{spec: "throttle:status=503,retry-after=4", fate: func(f *fate) { f.status, f.retryAfter = http.StatusServiceUnavailable, 4*time.Second }},
		{spec: "outage", fate: func(f *fate) { f.status = http.StatusServiceUnavailable }},
		{spec: "outage:status=500", fate: func(f *fate) { f.status = http.StatusInternalServerError }},
		{spec: "latency:for=2ms", fate: func(f *fate) { f.wait += 2 * time.Millisecond }},
		{spec: "reset", fate: func(f *fate) { f.reset = true }},
		{spec: "claims-challenge", fate: func(f *fate) { f.status = http.StatusUnauthorized }},
		{spec: "reset:answer=true", fate: func(f *fate) { f.unheard = true }},

		{spec: "before-201", notified: true},
		{spec: "expire-early", turn: &turn{time.Minute, fault.Ends}},
		{spec: "expire-early:after=37m", turn: &turn{37 * time.Minute, fault.Ends}},
		{spec: "removed", turn: &turn{0, fault.IsRemoved}},
		{spec: "removed:after=3h", turn: &turn{3 * time.Hour, fault.IsRemoved}},
		{spec: "missed", turn: &turn{0, fault.IsMissed}},
		{spec: "missed:after=30m", turn: &turn{30 * time.Minute, fault.IsMissed}},
	}
}

func (k sketch) name() string {
	name, _, _ := strings.Cut(k.spec, ":")
	return name
}

// place is where it strikes, as the journal says it.
func (k sketch) place() string {
	switch {
	case k.debt != nil, k.seal:
		return fault.OnNotification.String()
	case k.ask != nil:
		return fault.OnHandshake.String()
	case k.fate != nil:
		return fault.OnRequest.String()
	}
	return fault.OnSubscription.String()
}

// with is the rule that it strikes then.
func (k sketch) with(when string) string {
	if strings.Contains(k.spec, ":") {
		return k.spec + "," + when
	}
	return k.spec + ":" + when
}

// No fault is left out of the walks.
func TestEveryFaultIsSketched(t *testing.T) {
	for _, kind := range fault.Kinds() {
		all := sketches()
		at := slices.IndexFunc(all, func(k sketch) bool { return k.name() == kind.Name })
		if at < 0 {
			t.Errorf("the model does not know %s: tell it in sketches what becomes of what that strikes", kind.Name)
			continue
		}
		if got := all[at].place(); got != kind.Place.String() {
			t.Errorf("the model takes %s for a fault of the %s, it is one of the %s", kind.Name, got, kind.Place)
		}
	}
}
