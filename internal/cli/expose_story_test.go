//go:build !notunnel

package cli_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/cli"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/tunnel/tunneltest"
)

const (
	storyResource = "users/" + emulator.DefaultUser + "/messages"
	storyTenant   = emulator.DefaultTenant

	// storyDays are what the story lasts. A step of them is so short that the clocks of two processes never differ by more than a keeper
	// bears.
	storyDays = 3 * 24 * time.Hour
	storyStep = 30 * time.Second

	// apart is what lies between a renewal and a reauthorization of a subscription at least (W5-02).
	apart = 10 * time.Minute
)

// TestExposeStory is the life of a webhook behind a tunnel: all that can happen to it, one after the other, with the real agent and the real
// sign-in library, offline.
//
// rules: W5-02 W5-03 W5-04
func TestExposeStory(t *testing.T) {
	w := newOffline(t)
	x := w.expose()
	first := w.subscribes(0)
	w.arrives(first)

	t.Log("the tunnel is cut, and its name is gone")
	since := w.outlook.Journal().Last()
	before := w.edge.Seen()
	w.edge.TakeNames()
	w.edge.DropSessions()
	w.awaitEdge("another name", func(s tunneltest.Seen) bool {
		return len(s.Binds) > len(before.Binds) && s.Binds[len(s.Binds)-1].Given != ""
	})
	moved := w.subscribes(since)
	if host(t, moved.URL) == host(t, first.URL) {
		t.Errorf("after the tunnel moved it is %s that is notified", host(t, moved.URL))
	}
	w.only(moved)
	w.arrives(moved)

	t.Log("the service loses a notification, and says so")
	x.settle() // it has to know where the mailbox stood
	w.fault("drop:next=1")
	lost := w.change().Items[0].ID
	w.lifecycle(notify.Missed)
	x.awaitLine("the message that was missed", func(line string) bool { return strings.Contains(line, lost) })

	t.Log("the service removes the subscription")
	since = w.outlook.Journal().Last()
	w.lifecycle(notify.SubscriptionRemoved)
	anew := w.subscribes(since)
	if anew.Subscription == moved.Subscription {
		t.Errorf("after its removal it is %s that is subscribed", anew.Subscription)
	}
	w.arrives(anew)

	t.Log("the service wants another token")
	since = w.outlook.Journal().Last()
	w.fault("claims-challenge:on=reauthorize,next=1")
	w.pass(x, time.Hour) // in which it wants to know whether the app may still watch
	w.await(since, journal.SignIn, "")
	again := w.await(since, journal.Reauthorized, anew.Subscription)
	w.fault("claims-challenge:on=item,next=1") // of who reads a message, too
	w.arrives(anew)
	w.await(again.Seq, journal.SignIn, "")

	t.Log("three days go by")
	w.days(x, anew.Subscription)
	w.arrives(anew)

	t.Log("the process is killed, and started again")
	x.kill()
	w.nobodyConnected()
	since = w.outlook.Journal().Last()
	w.only(anew)
	x = w.expose("--url", "story."+tunneltest.DefaultDomain)
	replaced := w.subscribes(since) // a URL for lifecycle notifications can't be changed (W1.4-05)
	w.only(replaced)
	w.arrives(replaced)

	t.Log("killed once more, it comes back under the same name")
	x.kill()
	w.nobodyConnected()
	since = w.outlook.Journal().Last()
	x = w.expose("--url", "story."+tunneltest.DefaultDomain)
	w.only(replaced)
	w.arrives(replaced)
	if anew, _ := w.outlook.Journal().Since(since, func(e *journal.Entry) bool { return e.Kind == journal.Subscribed || e.Kind == journal.Handshake }, 0); len(anew) > 0 {
		t.Errorf("what was there was not taken over: %s", anew[0].Kind)
	}

	t.Log("it is interrupted")
	if code := x.interrupt(); code != cli.ExitGood {
		t.Errorf("exit code %d", code)
	}
	w.only()
	w.nobodyConnected()
}

// subscribes waits for the subscription that is made after an entry, and the handshakes through the tunnel that come before.
func (w *offline) subscribes(since uint64) journal.Entry {
	w.t.Helper()
	made := w.await(since, journal.Subscribed, "")
	shakes, _ := w.outlook.Journal().Since(since, func(e *journal.Entry) bool {
		return e.Kind == journal.Handshake && e.Seq < made.Seq && e.Exchange.Status == 200 && strings.HasSuffix(host(w.t, e.URL), "."+tunneltest.DefaultDomain)
	}, 0)
	if len(shakes) != 2 { // the second is for lifecycle notifications
		w.t.Errorf("before a subscription was made there were %d handshakes that went well", len(shakes))
	}
	return made
}

// arrives lets a message arrive, and waits until the webhook has been told of it and it has been read back with the user's token.
func (w *offline) arrives(s journal.Entry) {
	w.t.Helper()
	at := w.hook.Journal().Last()
	raised := w.change()
	item := raised.Items[0].ID
	ctx, cancel := w.patient()
	defer cancel()
	told, err := w.hook.Journal().Wait(ctx, at, 1, func(e *journal.Entry) bool { return e.Kind == journal.Notified && e.Subscription == s.Subscription })
	if err != nil {
		w.t.Fatalf("the webhook was not told of the message: %v", err)
	}
	if !strings.Contains(told[0].URL, "/hook") {
		w.t.Errorf("the webhook was told at %s", told[0].URL)
	}
	_, err = w.outlook.Journal().Wait(ctx, raised.Entry, 1, func(e *journal.Entry) bool {
		return e.Kind == journal.Read && e.Cause == raised.Items[0].Entry
	})
	if err != nil {
		w.t.Fatalf("nobody read the message %s: %v", item, err)
	}
}

// pass lets both clocks go on together.
func (w *offline) pass(x *exposed, d time.Duration) {
	w.t.Helper()
	for passed := time.Duration(0); passed < d; passed += storyStep {
		ctx, cancel := w.patient()
		theirs := make(chan error, 1)
		go func() { theirs <- advance(ctx, x.steer, storyStep) }()
		if err := errors.Join(advance(ctx, w.steer, storyStep), <-theirs); err != nil {
			w.t.Fatalf("after %s: %v", passed, err)
		}
		cancel()
	}
}

// days lets three days go by. Meanwhile the subscription is renewed and reauthorized, and never both within minutes.
func (w *offline) days(x *exposed, id string) {
	w.t.Helper()
	since := w.outlook.Journal().Last()
	w.pass(x, storyDays)
	tended, _ := w.outlook.Journal().Since(since, func(e *journal.Entry) bool {
		return e.Subscription == id && (e.Kind == journal.Renewed || e.Kind == journal.Reauthorized)
	}, 0)
	count := map[journal.Kind]int{}
	for i, e := range tended {
		if count[e.Kind]++; i == 0 {
			continue
		}
		if before := tended[i-1]; before.Kind != e.Kind && e.At.Sub(before.At) < apart {
			w.t.Errorf("%s at %s, %s at %s", before.Kind, before.At, e.Kind, e.At)
		}
	}
	if count[journal.Renewed] < 3 || count[journal.Reauthorized] == 0 {
		w.t.Errorf("in three days it was renewed and reauthorized so often: %v", count)
	}
	ended, _ := w.outlook.Journal().Since(since, func(e *journal.Entry) bool { return e.Kind == journal.Expired || e.Kind == journal.Subscribed }, 0)
	if len(ended) > 0 {
		w.t.Errorf("it did not live on: %s", ended[0].Kind)
	}
}

// only wants these subscriptions, and no others, to be there.
func (w *offline) only(want ...journal.Entry) {
	w.t.Helper()
	page, err := w.steer.Subscriptions(w.t.Context(), control.SubscriptionQuery{})
	if err != nil {
		w.t.Fatal(err)
	}
	var there, wanted []string
	for _, s := range page.Subscriptions {
		there = append(there, s.ID)
	}
	for _, e := range want {
		wanted = append(wanted, e.Subscription)
	}
	if strings.Join(there, " ") != strings.Join(wanted, " ") {
		w.t.Errorf("there are the subscriptions %v, want %v", there, wanted)
	}
}

// await waits for an entry of the service about a subscription, or any, after another.
func (w *offline) await(since uint64, kind journal.Kind, subscription string) journal.Entry {
	w.t.Helper()
	ctx, cancel := w.patient()
	defer cancel()
	found, err := w.outlook.Journal().Wait(ctx, since, 1, func(e *journal.Entry) bool {
		return e.Kind == kind && (subscription == "" || e.Subscription == subscription)
	})
	if err != nil {
		w.t.Fatalf("wait for %s: %v", kind, err)
	}
	return found[0]
}

func (w *offline) awaitEdge(what string, wanted func(tunneltest.Seen) bool) {
	w.t.Helper()
	ctx, cancel := w.patient()
	defer cancel()
	if err := w.edge.Wait(ctx, wanted); err != nil {
		w.t.Fatalf("wait for %s: %v", what, err)
	}
}

// nobodyConnected waits until the edge has missed the agent of a process that is gone.
func (w *offline) nobodyConnected() {
	w.t.Helper()
	w.awaitEdge("the agent to be missed", func(s tunneltest.Seen) bool { return s.Sessions == 0 })
}

func (w *offline) patient() (context.Context, context.CancelFunc) {
	return context.WithTimeout(w.t.Context(), storyPatience)
}

// change lets a message arrive.
func (w *offline) change() control.Raised {
	w.t.Helper()
	raised, err := w.steer.RaiseChange(w.t.Context(), control.Change{Collection: "message", Change: "created"})
	if err != nil {
		w.t.Fatal(err)
	}
	return raised
}

// lifecycle tells the subscriber of its subscription's life.
func (w *offline) lifecycle(event notify.Lifecycle) {
	w.t.Helper()
	told, err := w.steer.RaiseLifecycle(w.t.Context(), control.LifecycleEvent{Event: string(event)})
	if err != nil || told.Raised != 1 {
		w.t.Fatalf("raise %s: %+v, %v", event, told, err)
	}
}

// fault lets something go wrong.
func (w *offline) fault(spec string) {
	w.t.Helper()
	if _, err := w.steer.AddFaults(w.t.Context(), control.Selector{}, spec); err != nil {
		w.t.Fatal(err)
	}
}

func host(t *testing.T, text string) string {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}
