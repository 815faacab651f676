package cli

import (
	"testing"

	"github.com/outlocal/outlocal/receiver"
)

// TestOurPaths: a path that outlocal made is told from what somebody else would subscribe, wherever a tunnel puts it.
func TestOurPaths(t *testing.T) {
	made := receiver.NewPaths().Notification
	for address, want := range map[string]bool{
		"https://name.ngrok.app" + made:            true,
		"https://hooks.example.com/mine" + made:    true,
		"https://name.ngrok.app" + made + "?x=1":   true,
		"https://name.ngrok.app" + made + "/":      false,
		"https://name.ngrok.app" + made + "0":      false,
		"https://name.ngrok.app" + made[:31]:       false,
		"https://name.ngrok.app" + made[:32] + "g": false,
		"https://name.ngrok.app/hook":              false,
		"https://name.ngrok.app":                   false,
		"":                                         false,
		"https://%":                                false,
	} {
		if got := ours(pathOf(address)); got != want {
			t.Errorf("%q is ours: %v", address, got)
		}
	}
}
