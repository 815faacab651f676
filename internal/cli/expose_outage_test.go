package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/tunnel"
)

// An outage is told once, and again when its reason changes: the agent tries every half minute.
func TestOutageIsToldOnce(t *testing.T) {
	r, err := receiver.New(receiver.Config{})
	if err != nil {
		t.Fatal(err)
	}
	x := &exposure{receiver: r, plan: &exposurePlan{host: &host{dialect: dialect.GraphV1}}}
	lost := func(text, cure string) tunnel.Event {
		return tunnel.Event{State: tunnel.Reconnecting, URL: "https://a.ngrok.test", Err: &tunnel.Error{Doing: "keep the tunnel up", Text: text, Cure: cure}}
	}
	up := tunnel.Event{State: tunnel.Up, URL: "https://a.ngrok.test"}
	for _, e := range []tunnel.Event{up, lost("port 1 is refused", ""), lost("port 2 is refused", ""), lost("the token is refused", "get another"), lost("the token is refused", "get another"), up, lost("port 3 is refused", "")} {
		x.tunnelled(e)
	}
	entries, _ := r.Journal().Since(0, nil, 0)
	var got []string
	for _, e := range entries {
		event, _ := e.Data.(tunnelEvent)
		got = append(got, string(event.State)+" "+event.Error)
	}
	want := []string{
		"up ", "reconnecting keep the tunnel up: port 1 is refused", "reconnecting keep the tunnel up: the token is refused", "up ",
		"reconnecting keep the tunnel up: port 3 is refused",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}
