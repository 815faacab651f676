package emulator_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator/emulatortest"
)

func refusing(status int) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(strings.ToLower(r.URL.RawQuery), "validationtoken") {
			return false
		}
		w.WriteHeader(status)
		return true
	}
}

// TestAdvanceReckons: whoever takes time ahead is told what it cost, in a row for each webhook and not one for each of its attempts.
func TestAdvanceReckons(t *testing.T) {
	w := newWorld(t)
	w.must(http.StatusCreated, http.MethodPost, "/v1.0/subscriptions", w.graphBody("expirationDateTime", `"`+w.in(48*time.Hour)+`"`))
	w.hook.answers(refusing(http.StatusInternalServerError))
	w.Control.RaiseChange(context.Background(), control.Change{Change: "created", Collection: "message", Count: 3, Together: true})
	w.Settle()
	got := w.advance(6 * time.Hour)
	want := []control.AdvancedWebhook{{
		URL: emulatortest.WebhookURL, Attempts: 28, Answers: map[string]int{"500": 28}, Lost: 3,
	}}
	if diff := cmp.Diff(want, got.Webhooks); diff != "" || got.Lost != 3 || got.Expired != 0 || len(got.Due) != 0 {
		t.Errorf("%+v, webhooks (-want +got):\n%s", got, diff)
	}

	w.hook.answers(nil)
	w.raise("message.created")
	got = w.advance(48 * time.Hour)
	if got.Expired != 1 || got.Lost != 0 || len(got.Due) != 1 || !strings.HasPrefix(got.Due[0], "expired ") || got.More != 0 {
		t.Errorf("%+v", got)
	}
	if note := w.raise("message.created").Note; !strings.Contains(note, "the last one, "+strings.Fields(got.Due[0])[1]+", ran out at ") {
		t.Errorf("whoever looks for a subscription that ran out is told: %s", note)
	}
	for range 25 {
		w.must(http.StatusCreated, http.MethodPost, "/api/v2.0/me/subscriptions", w.finalBody())
	}
	if got = w.advance(30 * 24 * time.Hour); got.Expired != 25 || len(got.Due) != 20 || got.More != 5 {
		t.Errorf("%d expired, %d lines and %d more", got.Expired, len(got.Due), got.More)
	}
}

// TestResetForgetsDeliveries: after a reset all is as after the start, and nothing comes of what was before.
func TestResetForgetsDeliveries(t *testing.T) {
	w := newWorld(t)
	w.must(http.StatusCreated, http.MethodPost, "/v1.0/subscriptions", w.graphBody())
	w.hook.answers(refusing(http.StatusInternalServerError))
	w.raise("message.created")
	w.Settle()
	if _, err := w.Control.Reset(context.Background(), control.Selector{}); err != nil {
		t.Fatal(err)
	}
	if got := w.advance(6 * time.Hour); len(got.Webhooks)+len(got.Due)+got.Lost > 0 {
		t.Errorf("this came of what was forgotten: %+v", got)
	}
	status, err := w.Control.Status(context.Background())
	if err != nil || len(status.Endpoints) > 0 {
		t.Errorf("endpoints are left: %+v, %v", status.Endpoints, err)
	}
	for _, name := range []string{"raised", "delivered", "retried", "lost", "dropped", "requests"} {
		if status.Counters[name] != 0 {
			t.Errorf("%s is %d", name, status.Counters[name])
		}
	}
}

// TestNotesCount: one is one.
func TestNotesCount(t *testing.T) {
	w := newWorld(t)
	w.must(http.StatusCreated, http.MethodPost, "/v1.0/subscriptions", w.graphBody())
	told, err := w.Control.RaiseLifecycle(context.Background(), control.LifecycleEvent{Event: "missed"})
	if err != nil || !strings.HasPrefix(told.Note, "one of them has no notification for it") {
		t.Errorf("%q, %v", told.Note, err)
	}
	if _, err := w.Control.Reset(context.Background(), control.Selector{}); err != nil {
		t.Fatal(err)
	}
	entries := w.wait("reset", 1)
	if want := "1 subscription and 0 items forgotten"; entries[0].Note != want {
		t.Errorf("the journal says %q, want %q", entries[0].Note, want)
	}
}
