//go:build notunnel

package tunnel_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/outlocal/outlocal/tunnel"
)

// TestWithoutAgent says how to get one, and leaves what needs none.
func TestWithoutAgent(t *testing.T) {
	_, err := tunnel.Open(t.Context(), tunnel.Config{Kind: tunnel.Ngrok, Agent: tunnel.Agent{Token: tunnel.NewToken("2x_x", "the test")}})
	var refused *tunnel.Error
	if !errors.As(err, &refused) || !refused.WrongUse() || !strings.Contains(refused.Text, "without ngrok") || !strings.Contains(refused.Hint(), "--public-url") {
		t.Errorf("the error is %v", err)
	}
	if err := (tunnel.Config{Kind: tunnel.Ngrok}).Check(); !errors.As(err, &refused) || !refused.WrongUse() {
		t.Errorf("the check says %v", err)
	}
	if e, _ := open(t, tunnel.Config{}); e.State() != tunnel.Up {
		t.Errorf("the state is %s", e.State())
	}
}
