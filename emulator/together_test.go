package emulator_test

import (
	"encoding/json"
	"testing"

	"github.com/outlocal/outlocal/control"
)

// Changes that are made together travel together, two subscriptions' in one request, and nothing before the last is made.
// rules: W4.8-02
func TestChangesTogetherShareARequest(t *testing.T) {
	w := newWorld(t)
	for _, resource := range []string{"me/messages", "me/mailFolders('inbox')/messages"} {
		w.must(201, "POST", "/v1.0/subscriptions", w.graphBody("resource", `"`+resource+`"`))
	}
	const changes = 50
	w.Change(control.Change{Change: "created", Collection: "message", Count: changes, Together: true})
	w.Settle()
	got := w.hook.deliveries()
	if len(got) != 1 {
		t.Fatalf("%d requests for %d changes made together, want 1", len(got), changes)
	}
	var body struct{ Value []json.RawMessage }
	if err := json.Unmarshal([]byte(got[0].body), &body); err != nil || len(body.Value) != 2*changes {
		t.Errorf("the request has %d notifications (%v), want %d", len(body.Value), err, 2*changes)
	}
}
