//go:build !notunnel

package cli

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/tunnel/tunneltest"
)

// TestExposeWithoutATarget: without a webhook the built-in receiver answers, and there is nothing to replay to.
func TestExposeWithoutATarget(t *testing.T) {
	w := newExposeWorld(t, emulator.Config{}, tunneltest.Config{})
	x := w.start(t, w.through()...)
	x.out.await(t, "subscribed")
	if _, err := w.steer.RaiseChange(t.Context(), control.Change{Change: "created", Collection: "message", Set: map[string]any{"subject": "Anybody?"}}); err != nil {
		t.Fatal(err)
	}
	x.out.await(t, "item: “Anybody?”")
	if code, out := w.run(t, "replay"); code != ExitUsage || !strings.Contains(out, "replay: nothing was passed on") {
		t.Errorf("replay ends with %d: %s", code, out)
	}
	if code, out := w.run(t, "replay", "3"); code != ExitUnjudged || !strings.Contains(out, "there is no local webhook that it could go to") {
		t.Errorf("replay ends with %d: %s", code, out)
	}
	if code := x.end(t); code != ExitGood || !strings.Contains(x.out.String(), "webhook  a receiver that is built in") {
		t.Errorf("it ends with %d:\n%s", code, x.out)
	}
	nothingLeft(t, w)
}

// unassigned is an address on loopback on which nobody listens, below those that systems give to connections: so it stays free.
func unassigned(t *testing.T) string {
	t.Helper()
	const lowest, tries = 20_000, 20
	for range tries {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", lowest+rand.IntN(10_000)))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

// TestExposeByATunnelOfOnesOwn: what the user brings is tried from outside first, and then used.
func TestExposeByATunnelOfOnesOwn(t *testing.T) {
	w := newExposeWorld(t, emulator.Config{}, tunneltest.Config{})
	target := &url.URL{Scheme: "http", Host: unassigned(t)}
	own := httptest.NewTLSServer(httputil.NewSingleHostReverseProxy(target))
	defer own.Close()
	x := w.start(t, w.hookURL, "--emulator", w.control, "--public-url", own.URL, "--port", target.Port(), "--ca", bundle(t, w.ca, certificateOf(t, own)))
	x.out.await(t, "subscribed")
	if _, err := w.steer.RaiseChange(t.Context(), control.Change{Change: "created", Collection: "message"}); err != nil {
		t.Fatal(err)
	}
	x.out.await(t, "item: “")
	if code := x.end(t); code != ExitGood || !strings.Contains(x.out.String(), "tunnel   your own, "+own.URL+", which leads to 127.0.0.1:"+target.Port()) {
		t.Errorf("it ends with %d:\n%s", code, x.out)
	}
	nothingLeft(t, w)
}

// TestExposeForPrograms: with --json every line is a document, from the ready line to the last entry, and no secret is in them.
func TestExposeForPrograms(t *testing.T) {
	w := newExposeWorld(t, emulator.Config{Auth: emulator.IssuedTokens}, tunneltest.Config{})
	x := w.start(t, w.through(w.hookURL+"?code=hidden", "--json", "--name", "orders")...)
	x.out.await(t, `"kind":"subscribed"`)
	if _, err := w.steer.RaiseChange(t.Context(), control.Change{Change: "created", Collection: "message"}); err != nil {
		t.Fatal(err)
	}
	x.out.await(t, `"kind":"read"`)
	status := jsonStatus(t, w, "orders")
	if status.Kind != control.Exposure || status.Subscriptions != 1 || status.Tunnel != "up" || !strings.HasSuffix(status.Target, "/hook?code=…") {
		t.Errorf("its status is %+v", status)
	}
	if code := x.end(t); code != ExitGood {
		t.Errorf("it ends with %d", code)
	}
	schemas := map[string]int{}
	for line := range strings.Lines(x.out.String()) {
		var document struct {
			Schema string `json:"schema"`
		}
		if err := json.Unmarshal([]byte(line), &document); err != nil || document.Schema == "" {
			t.Errorf("this line is no document: %s", line)
		}
		schemas[document.Schema]++
	}
	if schemas["outlocal/ready/1"] != 1 || schemas[entrySchema] < 5 {
		t.Errorf("there are %v", schemas)
	}
	for _, secret := range []string{"hidden", tunneltest.Token, "Bearer ey"} {
		if strings.Contains(x.out.String(), secret) {
			t.Errorf("it shows %s", secret)
		}
	}
}

func jsonStatus(t *testing.T, w *exposeWorld, name string) control.Status {
	t.Helper()
	code, out := w.run(t, "status", "--expose", name, "--json")
	if code != ExitGood {
		t.Fatal(out)
	}
	return decode[control.Status](jsonOf(t, out))
}

// TestExposeLeavesNothingRunning: what was begun has ended when the command returns. The agent's own heartbeat ends a moment later.
func TestExposeLeavesNothingRunning(t *testing.T) {
	w := newExposeWorld(t, emulator.Config{}, tunneltest.Config{})
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent(),
		goleak.IgnoreAnyFunction("golang.ngrok.com/ngrok/v2/internal/tunnel/client.(*reconnectingSession).connect"),
		goleak.IgnoreAnyFunction("golang.ngrok.com/muxado/v2.(*Heartbeat).check"),
		goleak.IgnoreAnyFunction("golang.ngrok.com/muxado/v2.(*Heartbeat).requester"),
		// Connections that the world keeps for what comes next.
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"),
		goleak.IgnoreAnyFunction("net/http.(*conn).serve"),
	)
	x := w.start(t, w.through(w.hookURL)...)
	x.out.await(t, "subscribed")
	if code := x.end(t); code != ExitGood {
		t.Errorf("it ends with %d", code)
	}
}

// TestExposeAdvances: at an emulator it has a clock of its own, by which it renews.
func TestExposeAdvances(t *testing.T) {
	w := newExposeWorld(t, emulator.Config{}, tunneltest.Config{})
	x := w.start(t, w.through(w.hookURL, "--for", "1h")...)
	x.out.await(t, "subscribed")
	if code, out := w.run(t, "advance", "45m", "--expose", "expose"); code != ExitGood || !strings.Contains(out, "the exposure's time went on by 45 min") {
		t.Errorf("advance ends with %d: %s", code, out)
	}
	x.out.await(t, "me/messages (created)  renewed  until ")
	if code := x.end(t); code != ExitGood {
		t.Errorf("it ends with %d:\n%s", code, x.out)
	}
}
