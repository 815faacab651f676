package webhook

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator/emulatortest"
)

// A full inbox makes the service come again, and nothing is lost: within a bubble of testing/synctest, as timers of the webhook's own
// would need it. Without one, Start in place of New does the same.
func TestFullInbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hook := &Webhook{ClientState: emulatortest.ClientState, Inbox: make(chan Notification, 1)}
		outlook := emulatortest.New(t, emulatortest.Config{Webhook: hook})
		outlook.Subscribe("me/messages", "created")
		outlook.Change(control.Change{Collection: "message", Change: "created"})
		outlook.WaitHandled(1)

		outlook.Change(control.Change{Collection: "message", Change: "created"})
		outlook.Settle() // the webhook has no room, and says so
		<-hook.Inbox
		outlook.Advance(time.Minute)
		if last := outlook.WaitHandled(2)[1]; last.Try != 2 || len(hook.Inbox) != 1 {
			t.Errorf("the second came at attempt %d, and the inbox holds %d", last.Try, len(hook.Inbox))
		}
	})
}
