//go:build !notunnel

package cli

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/tunnel/tunneltest"
)

// jsonOf reads a document that was printed.
func jsonOf(t *testing.T, text string) any {
	t.Helper()
	var document any
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return document
}

// TestReplay: what came in goes to the webhook again, the service sees nothing of it, and the exit code tells what the webhook made of it.
func TestReplay(t *testing.T) {
	w := newExposeWorld(t, emulator.Config{}, tunneltest.Config{})
	if code, out := w.run(t, "replay"); code != ExitUnjudged || !strings.Contains(out, "find what is exposed: nothing is") {
		t.Errorf("without an exposure it ends with %d: %s", code, out)
	}
	x := w.start(t, w.through(w.hookURL)...)
	x.out.await(t, "subscribed")
	if code, out := w.run(t, "replay"); code != ExitUsage || !strings.Contains(out, "nothing was passed on to your webhook yet") {
		t.Errorf("before anything came it ends with %d: %s", code, out)
	}
	for _, subject := range []string{"one", "two"} {
		if _, err := w.steer.RaiseChange(t.Context(), control.Change{Change: "created", Collection: "message", Set: map[string]any{"subject": subject}}); err != nil {
			t.Fatal(err)
		}
		x.out.await(t, "item: “"+subject+"”")
	}
	if _, err := w.emulator.Journal().Wait(t.Context(), 0, 2, func(e *journal.Entry) bool { return e.Kind == journal.Attempt }); err != nil {
		t.Fatal(err) // the service notes an answer after it came
	}
	sent, seen := w.emulator.Journal().Last(), w.received(t)
	for _, row := range []struct {
		name  string
		args  []string
		code  int
		times int
		words string
	}{
		{"the last one", nil, ExitGood, 1, "--> replayed  " + w.hookURL},
		{"the last two, in their order", []string{"--last", "2"}, ExitGood, 2, "--> replayed"},
		{"more than there are", []string{"--last", "9"}, ExitGood, 2, "--> replayed"},
		{"one that is not there", []string{"4711"}, ExitUsage, 0, "replay request 4711: the journal holds no request of that number that was passed on"},
		{"no number", []string{"last"}, ExitUsage, 0, "replay last: it is no number of an entry"},
		{"two ways to say which", []string{"3", "--last", "2"}, ExitUsage, 0, "read --last"},
		{"none", []string{"--last", "0"}, ExitUsage, 0, "read --last"},
		{"the first entry, which is about the tunnel", []string{"1"}, ExitUsage, 0, "the journal holds no request of that number"},
	} {
		t.Run(row.name, func(t *testing.T) {
			code, out := w.run(t, append([]string{"replay"}, row.args...)...)
			if code != row.code || !strings.Contains(out, row.words) {
				t.Errorf("it ends with %d and says:\n%s", code, out)
			}
			if got := len(w.received(t)) - len(seen); got != row.times {
				t.Errorf("the webhook got %d requests, want %d", got, row.times)
			}
			seen = w.received(t)
		})
	}
	if len(seen) < 2 || string(seen[len(seen)-2].Exchange.RequestBody) == string(seen[len(seen)-1].Exchange.RequestBody) {
		t.Error("the two did not go in their order")
	}
	// But for the delta query, which the keeper asks once and an emulator refuses.
	if asked, _ := w.emulator.Journal().Since(sent, func(e *journal.Entry) bool { return e.Kind != journal.Refused }, 0); len(asked) > 0 {
		t.Errorf("the service was asked %d times, such as %s", len(asked), asked[0].Kind)
	}
	if err := w.hook.SetAnswers(receiver.Answers{Notification: receiver.Answer{Status: http.StatusInternalServerError}}); err != nil {
		t.Fatal(err)
	}
	code, out := w.run(t, "replay")
	if code != ExitFailed || !strings.Contains(out, "the service takes it for failed") || !strings.Contains(out, "delivery-") {
		t.Errorf("with a webhook that fails it ends with %d: %s", code, out)
	}
	x.end(t)
}

// received are the notifications that the webhook got.
func (w *exposeWorld) received(t *testing.T) []journal.Entry {
	t.Helper()
	all, _ := w.hook.Journal().Since(0, func(e *journal.Entry) bool { return e.Kind == journal.Received }, 0)
	return all
}
