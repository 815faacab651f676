package emulatortest_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/emulator/emulatortest"
)

// failing is a test that has failed: it keeps what it is told, and what is to be done at its end.
type failing struct {
	testing.TB
	logged  []string
	cleanup []func()
}

func (f *failing) Failed() bool { return true }
func (f *failing) Logf(format string, args ...any) {
	f.logged = append(f.logged, fmt.Sprintf(format, args...))
}
func (f *failing) Cleanup(end func()) { f.cleanup = append(f.cleanup, end) }

// end does what the end of the test would.
func (f *failing) end() {
	for _, end := range f.cleanup {
		end()
	}
}

// TestFailureIsToldInLines: what happened is told a line for each thing, so short that one finds what one looks for, and without secrets.
func TestFailureIsToldInLines(t *testing.T) {
	hook := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token := r.URL.Query().Get("validationToken"); token != "" {
			w.Header().Set("Content-Type", "text/plain")
			io.WriteString(w, token)
			return
		}
		http.Error(w, "broken", http.StatusInternalServerError)
	})
	test := &failing{TB: t}
	outlook := emulatortest.Start(test, emulatortest.Config{Webhook: hook, Config: emulator.Config{Seed: 7}})
	outlook.Subscribe("me/messages", "created")
	outlook.Change(control.Change{Collection: "message", Change: "created"})
	outlook.Settle()
	test.end()

	var got []string
	for _, line := range test.logged {
		if len(line) > 200 || strings.Contains(line, "\n") || strings.Contains(line, emulatortest.ClientState) {
			t.Errorf("this is no short line without secrets: %s", line)
		}
		for _, part := range []struct{ pattern, by string }{
			{`\d\d:\d\d:\d\d\.\d{3}`, "TIME"}, {`127\.0\.0\.1:\d+`, "HOST"},
		} {
			line = regexp.MustCompile(part.pattern).ReplaceAllString(line, part.by)
		}
		got = append(got, line)
	}
	want := []string{
		"emulator: what happened, with seed 7",
		"emulator: TIME  handshake  good  POST https://webhook.test/notifications?…  200",
		"emulator: TIME  subscribed  POST http://HOST/v1.0/subscriptions  201",
		"emulator: TIME  change  message created",
		"emulator: TIME  attempt  retried in 10s  POST https://webhook.test/notifications  500  delivery-error",
		"emulator:     cause: The webhook answered 5xx. The same notification comes again for up to 4 hours, and fails again if it is the content that breaks the handler.",
		"emulator:     cure: Look into your log, catch errors per item, keep what cannot be processed, and answer 202.",
		"emulator: TIME  retry  retried in 10s",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("logged (-want +got):\n%s", diff)
	}
}
