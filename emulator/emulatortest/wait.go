package emulatortest

import (
	"context"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/journal"
)

// patience of the real clock for webhooks in what waits; a test that hits it has failed anyway.
const patience = 10 * time.Second

// WaitHandled returns when the webhook has answered n notifications well, since the emulator was started, with these and whatever came
// in the same request as the last of them. When they don't come, the test fails and says what was there instead. For those of one
// subscription, or since a moment, use Control.Handled.
func (e *Emulator) WaitHandled(n int) []control.HandledNotification {
	e.tb.Helper()
	return e.handled(control.HandledQuery{Count: n})
}

// WaitRead is WaitHandled for a webhook that answers first and reads the items of new and updated ones afterwards: it returns when n of
// them were read, too. What was deleted can't be read, and counts once it was answered.
func (e *Emulator) WaitRead(n int) []control.HandledNotification {
	e.tb.Helper()
	return e.handled(control.HandledQuery{Count: n, Read: true})
}

func (e *Emulator) handled(q control.HandledQuery) []control.HandledNotification {
	e.tb.Helper()
	q.Within = control.Duration(patience)
	handled, err := e.Control.Handled(e.tb.Context(), q)
	if err != nil {
		e.fatal("emulator", err)
	}
	return handled.Notifications
}

// Wait returns the first n journal entries of a kind after since, such as the attempts that a change caused. It fails the test when
// they don't come.
func (e *Emulator) Wait(kind journal.Kind, n int, since uint64) []journal.Entry {
	e.tb.Helper()
	ctx, cancel := context.WithTimeout(e.tb.Context(), patience)
	defer cancel()
	entries, err := e.Journal().Wait(ctx, since, n, func(entry *journal.Entry) bool { return entry.Kind == kind })
	if err != nil {
		e.tb.Fatalf("wait for %d × %s: %v", n, kind, err)
	}
	return entries
}
