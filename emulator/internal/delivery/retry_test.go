package delivery

import (
	"net/http"
	"testing"
	"time"

	"github.com/outlocal/outlocal/dialect"
)

func TestSmoke(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := &hook{}
		r := newRig(t, withHook("hook.test", h))
		r.subscribe(dialect.OutlookFinal, "https://hook.test/cb?code=1")
		if n := r.create("AAMk1"); n != 1 {
			t.Fatal(n)
		}
		r.settle()
		for _, p := range h.got() {
			t.Logf("%+v", p)
		}
		t.Logf("%+v", r.Stats())
	})
}

func TestRetrySmoke(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := &hook{answer: always(http.StatusInternalServerError)}
		r := newRig(t, withHook("hook.test", h))
		r.subscribe(dialect.OutlookFinal, "https://hook.test/cb?code=1")
		r.create("AAMk1")
		r.advance(5 * time.Hour)
		for _, e := range r.entries("attempt", "retry", "dropped", "missed") {
			t.Logf("%s %s %s", e.At.Format(time.TimeOnly), e.Kind, e.Note)
		}
		t.Logf("%+v", r.Stats())
	})
}
