package webhook

import (
	"strings"
	"testing"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator/emulatortest"
)

func TestWebhookIsToldOfNewMail(t *testing.T) {
	hook := &Webhook{ClientState: emulatortest.ClientState, Inbox: make(chan Notification, 100)}
	outlook := emulatortest.Start(t, emulatortest.Config{Webhook: hook})

	outlook.Subscribe("me/messages", "created") // fails, with cause and cure, unless the handshake is right
	outlook.Change(control.Change{Collection: "message", Change: "created", Count: 2})
	outlook.Settle()

	if len(hook.Inbox) != 2 {
		t.Fatalf("the webhook has %d notifications, want 2", len(hook.Inbox))
	}
	if n := <-hook.Inbox; n.ChangeType != "created" || !strings.Contains(n.Resource, "/Messages/") {
		t.Errorf("the webhook was told %+v", n)
	}
}
