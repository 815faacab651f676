package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/emulator/emulatortest"
	"github.com/outlocal/outlocal/journal"
)

// endingIn is a token that ends in so long, by the wall clock as tokens do.
func endingIn(d time.Duration) string {
	return "Bearer " + token(fmt.Sprintf(`{"exp":%d}`, time.Now().Add(d).Unix()))
}

// lifecycleOf is a creation with a lifecycle URL.
func (w *world) lifecycleOf(expires time.Duration) string {
	return w.graphBody("lifecycleNotificationUrl", `"`+emulatortest.WebhookURL+`/life"`, "expirationDateTime", `"`+w.in(expires)+`"`)
}

// challenges are how many were sent.
func (w *world) challenges() int {
	entries, _ := w.Journal().Since(0, func(e *journal.Entry) bool { return e.Kind == journal.Lifecycle && e.Note == "reauthorizationRequired" }, 0)
	return len(entries)
}

// A token's end is dated on the wall clock, and what is left until then passes on the emulator's: also after that was advanced.
//
// rules: W5-01 W5-06
func TestAuthorizationEndsWithItsToken(t *testing.T) {
	for _, tt := range []struct {
		name          string
		token         string
		ahead         time.Duration // of the emulator's clock
		authorization time.Duration
		wait          time.Duration
		want          int // challenges by then
	}{
		{"a day: none for 11 hours", endingIn(24 * time.Hour), 0, 0, 11 * time.Hour, 0},
		{"a day: one after 12", endingIn(24 * time.Hour), 0, 0, 13 * time.Hour, 1},
		{"a day, on a clock that is a month ahead", endingIn(24 * time.Hour), 720 * time.Hour, 0, 13 * time.Hour, 1},
		{"it says nothing: with the subscription", "Bearer opaque", 0, 0, 47 * time.Hour, 0},
		{"it says nothing: by the knob", "Bearer opaque", 0, 24 * time.Hour, 13 * time.Hour, 1},
		{"it says so itself, whatever the knob says", endingIn(24 * time.Hour), 0, time.Hour, 11 * time.Hour, 0},
		{"it is over, and taken all the same", endingIn(-time.Hour), 0, 0, 47 * time.Hour, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, func(c *emulatortest.Config) { c.Authorization = tt.authorization })
			w.advance(tt.ahead)
			w.must(201, "POST", "/v1.0/subscriptions", w.lifecycleOf(60*time.Hour), "Authorization", tt.token)
			w.advance(tt.wait)
			if got := w.challenges(); got != tt.want {
				t.Errorf("%d challenges, want %d", got, tt.want)
			}
		})
	}
}

// A challenge that is due at once does not come before the answer to the creation, and a deletion ends what waits.
//
// rules: W5-02 W5-06
func TestChallengeAtOnce(t *testing.T) {
	w := newWorld(t)
	made := w.must(201, "POST", "/v1.0/subscriptions", w.lifecycleOf(60*time.Hour), "Authorization", endingIn(time.Hour))
	w.wait(journal.Lifecycle, 1)
	w.advance(61 * time.Minute)
	w.wait(journal.Lapsed, 1)
	w.raise("message.created")
	path := "/v1.0/subscriptions/" + made.text("id")
	w.must(204, "DELETE", path, "")
	given := w.wait(journal.Dropped, 1)
	if given[0].Note != "given up: the subscription has ended" {
		t.Errorf("the change is %s", given[0].Note)
	}
}

// The form of lifecycle notifications is a knob of the start, and of each path while it runs.
//
// rules: W10-20
func TestLifecycleFormOfAPath(t *testing.T) {
	form, err := dialect.LifecycleForm("observed-2026")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(c *emulatortest.Config) { c.Tune = append(c.Tune, form) })
	w.must(201, "POST", "/v1.0/subscriptions", w.lifecycleOf(60*time.Hour))
	body := func() string {
		told, err := w.Control.RaiseLifecycle(t.Context(), control.LifecycleEvent{Event: "missed"})
		if err != nil || told.Raised != 1 {
			t.Fatalf("told %+v, %v", told, err)
		}
		w.advance(0)
		all := w.hook.deliveries()
		return all[len(all)-1].body
	}
	if got := body(); !strings.Contains(got, `"resourceChangeType":null`) {
		t.Errorf("as the emulator was started: %s", got)
	}
	if err := w.Control.Mount(t.Context(), control.Mount{Path: "/v1.0", Dialect: "graph-v1.0", LifecycleForm: "observed-2023"}); err != nil {
		t.Fatal(err)
	}
	if got := body(); !strings.Contains(got, `"sequence":null`) || !strings.Contains(got, `"validationTokens":["`) {
		t.Errorf("as the path was told: %s", got)
	}
	if err := w.Control.Mount(t.Context(), control.Mount{Path: "/v1.0", Dialect: "graph-v1.0", LifecycleForm: "documented"}); err != nil {
		t.Fatal(err)
	}
	if got := body(); !strings.Contains(got, `"tenantId":"`) {
		t.Errorf("as documented: %s", got)
	}
	if err := w.Control.Mount(t.Context(), control.Mount{Path: "/v1.0", Dialect: "graph-v1.0", LifecycleForm: "observed"}); err == nil || !strings.Contains(err.Error(), `no lifecycle form "observed"`) {
		t.Errorf("an unknown form: %v", err)
	}
	if _, err := emulator.New(emulator.Config{Serve: []emulator.Mount{{Path: "/v1.0", Dialect: "graph-v1.0", LifecycleForm: "x"}}}); err == nil {
		t.Error("an unknown form is taken at the start")
	}
}

// An event that ends no authorization can't be told to.
func TestLapseGoesWithReauthorizationOnly(t *testing.T) {
	w := newWorld(t)
	if _, err := w.Control.RaiseLifecycle(t.Context(), control.LifecycleEvent{Event: "missed", Lapse: true}); err == nil || !strings.Contains(err.Error(), "lapse does not go with missed") {
		t.Errorf("told: %v", err)
	}
}
