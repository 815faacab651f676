package emulator_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/outlocal/outlocal/control"
)

// TestRaisedBeyondRoomIsTold: whoever raises more than a mailbox keeps is told that the oldest can't be read any more.
func TestRaisedBeyondRoomIsTold(t *testing.T) {
	w := newWorld(t)
	for _, row := range []struct {
		count int
		note  string
	}{
		{10_000, ""},
		{1, "a mailbox keeps 10000 items: the oldest was forgotten"},
		{3, "a mailbox keeps 10000 items: the 3 oldest were forgotten"},
	} {
		raised, err := w.Control.RaiseChange(context.Background(), control.Change{Change: "created", Collection: "message", Count: row.count})
		if err != nil || strings.Contains(raised.Note, "forgotten") != (row.note != "") || !strings.Contains(raised.Note, row.note) {
			t.Errorf("%d more: note %q, error %v, want %q", row.count, raised.Note, err, row.note)
		}
	}
}

// TestStatusAddsUp: the counters of the status account for every notification.
func TestStatusAddsUp(t *testing.T) {
	w := newWorld(t)
	w.must(http.StatusCreated, http.MethodPost, "/v1.0/subscriptions", w.graphBody("expirationDateTime", `"`+w.in(48*time.Hour)+`"`))
	w.hook.answers(refusing(http.StatusInternalServerError))
	if _, err := w.Control.RaiseChange(context.Background(), control.Change{Change: "created", Collection: "message", Count: 3}); err != nil {
		t.Fatal(err)
	}
	w.Settle()
	for _, want := range []map[string]int64{
		{"raised": 3, "pending": 3, "lost": 0, "delivered": 0, "dropped": 0},
		{"raised": 3, "pending": 0, "lost": 3, "delivered": 0, "dropped": 0},
	} {
		status, err := w.Control.Status(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for name, n := range want {
			if got, there := status.Counters[name]; got != n || !there {
				t.Errorf("%s is %d, want %d", name, got, n)
			}
		}
		w.advance(9 * time.Hour)
	}
}
