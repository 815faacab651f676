package cli

import (
	"bytes"
	"context"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/emulatortest"
	"github.com/outlocal/outlocal/internal/state"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/subscriber"
)

// leftovers is a service with the subscription of a run that was killed, and the state folder of that run.
type leftovers struct {
	*emulatortest.Emulator
	folder string
	id     string
}

func leaveBehind(t *testing.T) leftovers {
	t.Helper()
	hook, err := receiver.New(receiver.Config{})
	if err != nil {
		t.Fatal(err)
	}
	l := leftovers{emulatortest.Start(t, emulatortest.Config{Webhook: hook}), t.TempDir(), ""}
	folder, err := state.Locate(runtime.GOOS, l.env)
	if err != nil {
		t.Fatal(err)
	}
	store, err := folder.Subscriptions(t.Context(), state.DefaultProfile)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	ctx, kill := context.WithCancel(t.Context())
	k, err := subscriber.New(subscriber.Config{
		Client: *l.Subscriber(dialect.GraphV1), Store: store, At: subscriber.Endpoint{URL: emulatortest.WebhookURL},
		Watches: []subscriber.Watch{{Resource: "me/messages", Changes: notify.Created}},
		Told:    func(e subscriber.Event) { l.id = e.ID; kill() },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Run(ctx); err != nil || l.id == "" {
		t.Fatalf("made %q, %v", l.id, err)
	}
	elsewhere := subscriber.Record{Key: "1", Service: "https://graph.microsoft.com/v1.0", Dialect: "graph-v1.0", Mailbox: "me", ID: "x"}
	if err := store.SaveRecord(t.Context(), elsewhere); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l leftovers) env(name string) string {
	return map[string]string{state.Variable: l.folder, accessVariable: "any"}[name]
}

// keyboard is a terminal to read from.
type keyboard struct {
	io.Reader
	io.Writer
}

// run runs the program for somebody who types that; nothing is no terminal.
func (l leftovers) run(t *testing.T, typed string, args ...string) (code int, out, complaint string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	p := Process{In: strings.NewReader(""), Out: &stdout, Err: &stderr, Env: l.env}
	if typed != "" {
		p.In = keyboard{strings.NewReader(typed), io.Discard}
		p.Terminal = func(w io.Writer) bool { _, ok := w.(keyboard); return ok }
	}
	code = Run(t.Context(), args, p)
	return code, stdout.String(), stderr.String()
}

// there tells whether the subscription is.
func (l leftovers) there(t *testing.T) bool {
	t.Helper()
	all, err := l.Subscriber(dialect.GraphV1).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return len(all) > 0
}

func TestPruneDeletesWhatWasLeftBehind(t *testing.T) {
	l := leaveBehind(t)
	verb := []string{"subscriptions", "prune", "--service", l.URL + "/v1.0"}

	if code, out, _ := l.run(t, "", append(verb, "--dry-run")...); code != ExitGood || !strings.Contains(out, "DELETE "+l.URL+"/v1.0/subscriptions/"+l.id) || !l.there(t) {
		t.Errorf("a dry run: exit %d\n%s", code, out)
	}
	if code, _, complaint := l.run(t, "", verb...); code != ExitUsage || !strings.Contains(complaint, "--yes") || !l.there(t) {
		t.Errorf("without a terminal: exit %d\n%s", code, complaint)
	}
	for _, no := range []string{"n\n", "\n", "yesterday\n", "y"} { // the last is a terminal that was closed
		if code, _, complaint := l.run(t, no, verb...); code != ExitFailed || !strings.Contains(complaint, "delete 1 subscription at "+l.URL+"/v1.0? [y/N]") || !l.there(t) {
			t.Errorf("who answers %q: exit %d\n%s", no, code, complaint)
		}
	}
	code, out, complaint := l.run(t, "y\n", verb...)
	if code != ExitGood || !strings.Contains(out, "deleted "+l.id) || l.there(t) {
		t.Errorf("who answers yes: exit %d\n%s%s", code, out, complaint)
	}
	if !strings.Contains(complaint, "1 subscription at https://graph.microsoft.com/v1.0: outlocal subscriptions prune --service https://graph.microsoft.com/v1.0") {
		t.Errorf("of what is elsewhere it says\n%s", complaint)
	}
	if code, out, _ := l.run(t, "", append(verb, "--yes")...); code != ExitGood || !strings.Contains(out, "nothing was left behind there") {
		t.Errorf("again: exit %d\n%s", code, out)
	}
}

// A run that goes on keeps its profile.
func TestPruneLeavesARunAlone(t *testing.T) {
	l := leaveBehind(t)
	folder, err := state.Locate(runtime.GOOS, l.env)
	if err != nil {
		t.Fatal(err)
	}
	store, err := folder.Subscriptions(t.Context(), state.DefaultProfile)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	code, _, complaint := l.run(t, "", "subscriptions", "prune", "--service", l.URL+"/v1.0", "--yes")
	if code != ExitUnjudged || !strings.Contains(complaint, "another outlocal keeps them") || !l.there(t) {
		t.Errorf("exit %d\n%s", code, complaint)
	}
}
