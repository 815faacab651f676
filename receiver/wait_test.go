package receiver_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/receiver"
)

// Items are counted, not requests, and those that came before the call count too.
func TestWaitCountsItems(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, receiver.Config{})
		post(t, r, nil, batch(graphItem("s", "created", "1", "e", ""), graphItem("s", "updated", "1", "f", "")))
		go func() {
			<-time.After(time.Second)
			post(t, r, nil, batch(graphItem("s", "created", "2", "e", ""), graphItem("s", "created", "3", "e", "")))
		}()
		began := time.Now()
		created := func(i *receiver.Item) bool { return i.Change == notify.Created }
		got, err := r.Wait(t.Context(), 2, created)
		if err != nil || len(got) != 2 || got[0].Notification().Data.ID != "1" || got[1].Notification().Data.ID != "2" {
			t.Errorf("Wait returns %d items and the error %v, want the items 1 and 2", len(got), err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("Wait took %s, want 1s", took)
		}
	})
}

func TestWaitThatEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, receiver.Config{})
		post(t, r, nil, batch(graphItem("s", "created", "1", "e", "")))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		got, err := r.Wait(ctx, 3, nil)
		if len(got) != 1 || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "1 matched") {
			t.Errorf("Wait returns %d items and the error %v, want 1 item and an error that says so", len(got), err)
		}
	})
}

// A delay is real where nobody gave a clock.
func TestDelayOnTheWall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, receiver.Config{Answers: receiver.Answers{Notification: receiver.Answer{Delay: 11 * time.Second}}})
		began := time.Now()
		post(t, r, nil, batch(graphItem("s", "created", "1", "e", "")))
		if took := time.Since(began); took != 11*time.Second || entries(r, journal.Received)[0].Exchange.Took != took {
			t.Errorf("the answer took %s, want 11s; the journal says %s", took, entries(r, journal.Received)[0].Exchange.Took)
		}
	})
}

func TestControl(t *testing.T) {
	r := newReceiver(t, receiver.Config{ClientState: secret})
	client := control.InProcess(control.NewHandler(r))
	send(t, r, "POST", "/?validationToken=a", nil, "")
	post(t, r, nil, batch(graphItem("s", "created", "1", "e", secret), graphItem("t", "created", "1", "e", "wrong")))
	post(t, r, nil, "{}")

	status, err := client.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int64{"requests": 3, "handshakes": 1, "notifications": 2, "refused": 1, "doubtful": 1} {
		if got := status.Counters[name]; got != want {
			t.Errorf("counter %s: %d, want %d", name, got, want)
		}
	}
	if status.Kind != control.Receiver || status.Journal != (control.JournalState{First: 1, Last: 5}) || !status.Now.Equal(arrival()) {
		t.Errorf("status: %+v", status)
	}
	got, err := client.Wait(t.Context(), control.WaitRequest{Count: 1, Kinds: []journal.Kind{journal.Notified}, Where: control.Selector{Subscription: "t"}})
	if err != nil || len(got) != 1 || got[0].Subscription != "t" {
		t.Errorf("wait for an item of subscription t: %v, %v", got, err)
	}
	if report, err := client.Reset(t.Context(), control.Selector{App: "a"}); err != nil || report.Entries != 0 || report.Note == "" {
		t.Errorf("reset of an app: %+v, %v, want a note that nothing was forgotten", report, err)
	}
	if report, err := client.Reset(t.Context(), control.Selector{}); err != nil || report.Entries != 5 {
		t.Errorf("reset: %+v, %v, want 5 entries", report, err)
	}
	// What was forgotten comes for the first time again.
	post(t, r, nil, batch(graphItem("s", "created", "1", "e", secret)))
	if all := items(r); len(all) != 1 || all[0].Repeated {
		t.Errorf("after a reset: %d items, repeated %v", len(all), all[0].Repeated)
	}
}
