package emulatortest

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/subscriber"
)

// Change raises one change in the default user's mailbox, such as message.created, and returns it. It fails the test when it can't.
func (e *Emulator) Change(what control.Change) control.Raised {
	e.tb.Helper()
	raised, err := e.Control.RaiseChange(e.tb.Context(), what)
	if err != nil {
		e.fatal("raise "+what.Collection+"."+what.Change, err)
	}
	return raised
}

// Subscribe watches a resource of the default user in Graph v1.0, such as me/messages, for changes such as "created,updated", with the
// webhook under test as its notification URL. The webhook has to pass its handshake, or the test fails with the diagnosis.
func (e *Emulator) Subscribe(resource, changes string) subscriber.Subscription {
	e.tb.Helper()
	kinds, err := notify.ParseChangeType(changes)
	if err != nil {
		e.tb.Fatalf("subscribe to %s: %v", resource, err)
	}
	return e.SubscribeIn(dialect.GraphV1, subscriber.Request{Resource: resource, Changes: kinds})
}

// SubscribeIn subscribes in a dialect that the emulator serves, which by default are the [dialect.OutlookFinal], [dialect.GraphV1] and
// [dialect.GraphBeta] of today. What the request leaves out is as with Subscribe: WebhookURL, and ClientState.
func (e *Emulator) SubscribeIn(d *dialect.Dialect, r subscriber.Request) subscriber.Subscription {
	e.tb.Helper()
	r.NotificationURL = cmp.Or(r.NotificationURL, WebhookURL)
	r.ClientState = cmp.Or(r.ClientState, ClientState)
	made, err := e.Subscriber(d).Create(e.tb.Context(), r)
	if err != nil {
		e.fatal("subscribe to "+r.Resource, err)
	}
	return made
}

// Subscriber speaks to the emulator in a dialect that it serves, as the default user.
func (e *Emulator) Subscriber(d *dialect.Dialect) *subscriber.Client {
	return &subscriber.Client{BaseURL: e.URL, Dialect: d, Token: "any", HTTP: e.client, Now: e.Now}
}

// Lifecycle raises an event in the lives of all subscriptions, such as [notify.ReauthorizationRequired]: those with a lifecycle URL, and
// in Outlook all that were notified, are told. It returns how many were.
func (e *Emulator) Lifecycle(event notify.Lifecycle) control.LifecycleRaised {
	e.tb.Helper()
	raised, err := e.Control.RaiseLifecycle(e.tb.Context(), control.LifecycleEvent{Event: string(event)})
	if err != nil {
		e.fatal("raise "+string(event), err)
	}
	return raised
}

// Fault lets things go wrong from now on, in the words of package fault, such as "duplicate:next=1" or "throttle:next=2".
func (e *Emulator) Fault(rules ...string) {
	e.tb.Helper()
	if _, err := e.Control.AddFaults(e.tb.Context(), control.Selector{}, rules...); err != nil {
		e.fatal("add faults "+strings.Join(rules, " "), err)
	}
}

// Advance lets the emulator's time go on by d, and returns when the webhook has answered all that fell due on the way: retries,
// expiries, and what the service says of them. No real time passes but what the webhook takes.
func (e *Emulator) Advance(d time.Duration) control.Advanced {
	e.tb.Helper()
	advanced, err := e.advance(d)
	if err != nil {
		e.fatal("advance by "+d.String(), err)
	}
	return advanced
}

// Settle returns when the webhook has answered everything that is due now. It fails the test when that never ends.
func (e *Emulator) Settle() {
	e.tb.Helper()
	if _, err := e.advance(0); err != nil {
		e.fatal("settle", err)
	}
}

// blockedPatience is how long webhooks are waited for that are answering already: three times what Graph gives them, as there may be a
// queue.
const blockedPatience = 30 * time.Second

// advance takes time ahead once webhooks are done that are answering. The clock itself gives them a second, as they may be waiting for
// it: a webhook of a test may just be slow, or the machine.
func (e *Emulator) advance(d time.Duration) (control.Advanced, error) {
	for started := time.Now(); ; {
		advanced, err := e.Control.Advance(e.tb.Context(), d)
		var refused *control.Error
		if !errors.As(err, &refused) || refused.Code != control.CodeBlocked || time.Since(started) > blockedPatience {
			return advanced, err
		}
	}
}

// fatal ends the test with an error, and its hint where it has one.
func (e *Emulator) fatal(what string, err error) {
	e.tb.Helper()
	hint := ""
	var refused *subscriber.Error
	var wrong *control.Error
	switch {
	case errors.As(err, &refused):
		hint = refused.Hint
	case errors.As(err, &wrong):
		hint = wrong.Hint
	}
	if hint != "" {
		hint = "\n" + hint
	}
	e.tb.Fatalf("%s: %v%s", what, err, hint)
}
