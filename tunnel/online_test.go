//go:build !notunnel

package tunnel_test

import (
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/outlocal/outlocal/tunnel"
)

// TestOnline meets the real service, once, where somebody wants that.
func TestOnline(t *testing.T) {
	if os.Getenv("OUTLOCAL_ONLINE") != "1" {
		t.Skip("OUTLOCAL_ONLINE is not 1: the real service is left alone")
	}
	token, err := tunnel.FindToken(tunnel.Places{})
	if err != nil {
		t.Fatalf("the real service needs an authtoken: %v", err) // who asked for it wants to know
	}
	policy, err := tunnel.DefaultPolicy(1<<20, "/hook")
	if err != nil {
		t.Fatal(err)
	}
	e, told := open(t, tunnel.Config{Kind: tunnel.Ngrok, Agent: tunnel.Agent{Token: token, Policy: policy}})
	serve(t, e, echo)
	told.state(t, tunnel.Up)
	pace := time.NewTicker(time.Second) // a fresh name may take some seconds to be known everywhere
	defer pace.Stop()
	for attempt := range 30 {
		<-pace.C
		answer, err := http.Post(e.URL()+"/hook?validationToken=outlocal", "text/plain", nil)
		if err != nil {
			t.Logf("attempt %d: %v", attempt, err)
			continue
		}
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if string(text) == "outlocal" {
			elsewhere, err := http.Post(e.URL()+"/other", "text/plain", nil)
			if err != nil {
				t.Fatal(err)
			}
			elsewhere.Body.Close()
			if elsewhere.StatusCode != http.StatusNotFound {
				t.Errorf("the policy lets another path through: %s", elsewhere.Status)
			}
			http.DefaultClient.CloseIdleConnections()
			return
		}
		t.Logf("attempt %d: %s", attempt, answer.Status)
	}
	t.Error("the handshake never came through")
}
