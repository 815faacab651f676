//go:build !notunnel

package tunnel_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/outlocal/outlocal/tunnel"
	"github.com/outlocal/outlocal/tunnel/tunneltest"
)

// TestReconnect loses the connection in every way, and has the same URL afterwards.
func TestReconnect(t *testing.T) {
	for _, row := range []struct {
		name   string
		lose   func(*testing.T, *tunneltest.Edge, *events)
		change func(*tunnel.Config)
	}{
		{name: "a cut", lose: func(_ *testing.T, e *tunneltest.Edge, _ *events) { e.DropSessions() }},
		{name: "going away", lose: func(_ *testing.T, e *tunneltest.Edge, _ *events) { e.GoAway() }},
		{name: "an outage", lose: func(t *testing.T, e *tunneltest.Edge, told *events) {
			e.Refuse()
			e.DropSessions()
			told.state(t, tunnel.Reconnecting)
			told.state(t, tunnel.Reconnecting) // and refused once
			e.Admit()
		}},
		{
			name: "half open", lose: func(t *testing.T, e *tunneltest.Edge, _ *events) {
				// Until its second heartbeat the library reads its logger without having synchronised with who wrote it.
				awaitEdge(t, e, func(s tunneltest.Seen) bool { return s.Beats >= 2 })
				e.Freeze()
			},
			change: func(c *tunnel.Config) {
				c.Agent.Heartbeat, c.Agent.Tolerance = 400*time.Millisecond, tolerance()
			},
		},
		{name: "its own old connection is not missed yet", lose: func(t *testing.T, e *tunneltest.Edge, told *events) {
			e.FailBind(334)
			e.DropSessions()
			if why := told.await(t, "with 334", coded("ERR_NGROK_334")); why.State != tunnel.Reconnecting || why.URL == "" {
				t.Errorf("told %+v", why)
			}
		}},
		{name: "a token that is taken back, and given again", lose: func(t *testing.T, e *tunneltest.Edge, told *events) {
			e.FailAuth(107)
			e.DropSessions()
			why := told.await(t, "with 107", coded("ERR_NGROK_107"))
			if strings.Contains(why.Err.Error(), tunneltest.Token) {
				t.Errorf("told %v", why.Err)
			}
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			edge := tunneltest.Start(t, tunneltest.Config{Sessions: 1})
			c := toEdge(edge)
			c.Agent.Policy, _ = tunnel.DefaultPolicy(1000, "/hook")
			if row.change != nil {
				row.change(&c)
			}
			e, told := open(t, c)
			serve(t, e, echo)
			url := e.URL()
			post(t, edge, url+"/hook", "before")
			told.state(t, tunnel.Up)
			row.lose(t, edge, told)
			up := told.state(t, tunnel.Up)
			if up.URL != url || up.Was != "" || e.URL() != url {
				t.Errorf("up with %+v", up)
			}
			if answer, text := post(t, edge, url+"/hook", "after"); text != "after" {
				t.Errorf("the answer is %s %q", answer.Status, text)
			}
			if answer, _ := post(t, edge, url+"/other", "after"); answer.StatusCode != http.StatusNotFound {
				t.Errorf("the policy is lost: %s", answer.Status)
			}
			seen := edge.Seen()
			last := seen.Binds[len(seen.Binds)-1]
			if !last.Again || last.Asked != url || last.Given != url || len(seen.Auths) < 2 || seen.Auths[1].ClientID == "" {
				t.Errorf("the edge saw %+v", seen)
			}
		})
	}
}

// tolerance is longer than a loaded machine keeps anybody from answering, as a session that was not frozen is not to end; and no longer, as
// it is waited for. What soaks has time, and little else of the machine.
func tolerance() time.Duration {
	if os.Getenv("OUTLOCAL_SOAK") != "" {
		return 10 * time.Second
	}
	return 3 * time.Second
}

// TestReasons tells that a connection is lost before it is back, with a reason.
func TestReasons(t *testing.T) {
	t.Parallel()
	edge := tunneltest.Start(t, tunneltest.Config{})
	e, told := open(t, toEdge(edge))
	told.state(t, tunnel.Up)
	edge.Refuse()
	edge.DropSessions()
	lost := told.await(t, "after the start", func(tunnel.Event) bool { return true })
	if lost.State != tunnel.Reconnecting || lost.Err == nil || lost.URL != e.URL() || e.State() != tunnel.Reconnecting {
		t.Errorf("told %+v", lost)
	}
	var why *tunnel.Error
	if errors.As(lost.Err, &why) && why.Cure != "" { // it comes back by itself
		t.Errorf("what helps against %v: %s", why, why.Cure)
	}
	answer, _ := post(t, edge, e.URL(), "")
	if answer.StatusCode != http.StatusNotFound || answer.Header.Get("Ngrok-Error-Code") != "ERR_NGROK_3200" {
		t.Errorf("visitors get %s %v", answer.Status, answer.Header)
	}
	edge.Admit()
	told.state(t, tunnel.Up)
}

// TestMove takes another name when the one before can't be had back, and tells both.
func TestMove(t *testing.T) {
	t.Parallel()
	edge := tunneltest.Start(t, tunneltest.Config{})
	c := toEdge(edge)
	c.Agent.MoveAfter = time.Nanosecond
	e, told := open(t, c)
	serve(t, e, echo)
	before := e.URL()
	told.state(t, tunnel.Up)
	edge.TakeNames()
	edge.DropSessions()
	up := told.state(t, tunnel.Up)
	if up.Was != before || up.URL == before || e.URL() != up.URL || !strings.HasPrefix(e.Addr().String(), strings.TrimPrefix(up.URL, "https://")) {
		t.Errorf("up with %+v, was at %s", up, before)
	}
	if _, text := post(t, edge, up.URL, "here"); text != "here" {
		t.Errorf("the answer is %q", text)
	}
	edge.DropSessions() // and the new name is kept as the old one was
	if again := told.state(t, tunnel.Up); again.URL != up.URL || again.Was != "" {
		t.Errorf("up with %+v", again)
	}
}

// TestMoveTriesAgain keeps trying while no other name can be had, and can be closed meanwhile.
func TestMoveTriesAgain(t *testing.T) {
	for _, end := range []string{"up", "closed"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			edge := tunneltest.Start(t, tunneltest.Config{})
			c := toEdge(edge)
			c.Agent.MoveAfter = time.Nanosecond
			e, told := open(t, c)
			told.state(t, tunnel.Up)
			edge.TakeNames()
			edge.FailBind(334, 324) // the old name, the first new one
			edge.DropSessions()
			told.await(t, "with 334", coded("ERR_NGROK_334"))
			if why := told.await(t, "with 324", coded("ERR_NGROK_324")); why.State != tunnel.Reconnecting {
				t.Errorf("told %+v", why)
			}
			if end == "up" {
				if up := told.state(t, tunnel.Up); up.Was == "" {
					t.Errorf("up with %+v", up)
				}
				return
			}
			e.Close()
			if closed := told.state(t, tunnel.Closed); closed.Err != nil {
				t.Errorf("closed for %v", closed.Err)
			}
		})
	}
}

// TestStay keeps asking for a name that its user chose, however long that takes.
func TestStay(t *testing.T) {
	t.Parallel()
	edge := tunneltest.Start(t, tunneltest.Config{})
	c := toEdge(edge)
	c.URL, c.Agent.MoveAfter = "mine.ngrok.test", time.Nanosecond
	e, told := open(t, c)
	told.state(t, tunnel.Up)
	edge.FailBind(334, 320)
	edge.DropSessions()
	told.await(t, "with 320", coded("ERR_NGROK_320"))
	if up := told.state(t, tunnel.Up); up.URL != "https://mine.ngrok.test" || up.Was != "" || e.URL() != up.URL {
		t.Errorf("up with %+v", up)
	}
	for _, b := range edge.Seen().Binds[1:] {
		if !b.Again {
			t.Errorf("another agent asked for %+v", b)
		}
	}
}

// TestEndedThere ends an endpoint from afar: Accept says why, and so does the last event.
func TestEndedThere(t *testing.T) {
	for _, row := range []struct {
		name string
		end  func(context.Context, *tunneltest.Edge, string) error
		code string
		want string
	}{
		{"the endpoint is stopped", func(_ context.Context, e *tunneltest.Edge, url string) error { return e.StopTunnel(url, 725) }, "ERR_NGROK_725", "stopped from afar"},
		{"the agent is stopped", func(ctx context.Context, e *tunneltest.Edge, _ string) error { return e.Stop(ctx) }, "", "stopped from afar"},
	} {
		t.Run(row.name, func(t *testing.T) {
			edge := tunneltest.Start(t, tunneltest.Config{})
			e, told := open(t, toEdge(edge))
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := row.end(ctx, edge, e.URL()); err != nil {
				t.Fatal(err)
			}
			conn, err := e.Accept()
			var why *tunnel.Error
			if conn != nil || !errors.As(err, &why) || why.Code != row.code || !strings.Contains(why.Text, row.want) || why.Hint() == "" {
				t.Errorf("Accept returned %v, %v", conn, err)
			}
			if closed := told.state(t, tunnel.Closed); !errors.Is(closed.Err, err) {
				t.Errorf("closed for %v", closed.Err)
			}
			within(t, "the end", e.Done())
			if e.State() != tunnel.Closed {
				t.Errorf("the state is %s", e.State())
			}
			awaitEdge(t, edge, func(s tunneltest.Seen) bool { return s.Sessions == 0 })
		})
	}
}

// TestRestart is declined: the program is more than its tunnel.
func TestRestart(t *testing.T) {
	edge := tunneltest.Start(t, tunneltest.Config{})
	e, _ := open(t, toEdge(edge))
	serve(t, e, echo)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := edge.Restart(ctx); err == nil || !strings.Contains(err.Error(), "cannot be restarted") {
		t.Errorf("the answer is %v", err)
	}
	if _, text := post(t, edge, e.URL(), "x"); text != "x" || e.State() != tunnel.Up {
		t.Errorf("%s, and the answer is %q", e.State(), text)
	}
}
