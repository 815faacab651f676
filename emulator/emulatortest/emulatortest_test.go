package emulatortest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/emulator/emulatortest"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/receiver/receivertest"
	"github.com/outlocal/outlocal/subscriber"
)

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

// TestEachWay: with a socket, with TLS, and without a socket, the same is there, for the test and for the code under test.
func TestEachWay(t *testing.T) {
	for name, start := range map[string]func(testing.TB, emulatortest.Config) *emulatortest.Emulator{
		"Start": emulatortest.Start, "StartTLS": emulatortest.StartTLS, "New": emulatortest.New,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hook := receivertest.StartTLS(t, receiver.Config{ClientState: emulatortest.ClientState})
			outlook := start(t, emulatortest.Config{Config: emulator.Config{Roots: hook.Roots(), Mode: diagnosis.Strict}})
			if secure := strings.HasPrefix(outlook.URL, "https://"); secure != (name == "StartTLS") {
				t.Errorf("the URL is %s", outlook.URL)
			}
			made := outlook.SubscribeIn(dialect.GraphV1, subscriber.Request{Resource: "me/messages", Changes: notify.Created, NotificationURL: hook.URL})
			raised := outlook.Change(control.Change{Collection: "message", Change: "created"})
			if handled := outlook.WaitHandled(1); handled[0].Subscription != made.ID || handled[0].Item != raised.Items[0].ID {
				t.Errorf("handled was %+v, raised %+v", handled, raised)
			}
			if item := hook.Await(1, nil)[0]; !item.Good() || item.Subscription != made.ID {
				t.Errorf("the webhook got %s", item.Raw())
			}
			if items, handshakes := hook.Received(), hook.Handshakes(); len(items) != 1 || len(handshakes) != 1 || !strings.HasPrefix(handshakes[0].URL, "https://") {
				t.Errorf("the webhook got %d items and %d handshakes", len(items), len(handshakes))
			}
			status, err := outlook.Control.Status(t.Context())
			if err != nil || status.HTTP+status.HTTPS != outlook.URL {
				t.Errorf("it says that it is at %q and %q, %v", status.HTTP, status.HTTPS, err)
			}
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, outlook.URL+"/v1.0/"+raised.Items[0].Resource, nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer any")
			response, err := outlook.Client().Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if body, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(body), raised.Items[0].ID) {
				t.Errorf("reading the item answered %d, %v\n%s", response.StatusCode, err, body)
			}
		})
	}
}

// TestFailuresEndTheTest: what can't be done, or does not come, ends the test, with its cause and with what to do.
func TestFailuresEndTheTest(t *testing.T) {
	broken := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for _, test := range []struct {
		name string
		do   func(*emulatortest.Emulator)
		want []string
	}{
		{"a webhook that fails its handshake", func(e *emulatortest.Emulator) { e.Subscribe("me/messages", "created") },
			[]string{"subscribe to me/messages: ", "ValidationError", "empty"}},
		{"an unknown kind of change", func(e *emulatortest.Emulator) { e.Subscribe("me/messages", "create") }, []string{`"create"`}},
		{"an unknown change", func(e *emulatortest.Emulator) { e.Change(control.Change{Collection: "mail", Change: "created"}) },
			[]string{`raise mail.created: raise change: collection can't be "mail"`, "it is one of message"}},
		{"an unknown event", func(e *emulatortest.Emulator) { e.Lifecycle("removed") }, []string{"raise removed: ", "subscriptionRemoved"}},
		{"an unknown fault", func(e *emulatortest.Emulator) { e.Fault("duplicat") }, []string{"add faults duplicat: ", "duplicate"}},
		{"time going back", func(e *emulatortest.Emulator) { e.Advance(-time.Second) }, []string{"advance by -1s: "}},
		{"nothing handled", func(e *emulatortest.Emulator) { e.WaitHandled(2) }, []string{"wait for 2 notifications to be handled: 0 were within 10s; instead, there is no subscription"}},
		{"nothing read", func(e *emulatortest.Emulator) { e.WaitRead(1) }, []string{"wait for 1 notification to be handled and read: 0 were"}},
		{"no such entry", func(e *emulatortest.Emulator) { e.Wait(journal.Renewed, 1, 0) }, []string{"wait for 1 × renewed: "}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				over := &ending{TB: t}
				over.run(func() { test.do(emulatortest.New(over, emulatortest.Config{Webhook: broken})) })
				for _, want := range test.want {
					if !strings.Contains(over.fatal, want) {
						t.Errorf("the test ended with %q, want %q in it", over.fatal, want)
					}
				}
			})
		})
	}
	over := &ending{TB: t}
	over.run(func() { emulatortest.Start(over, emulatortest.Config{Config: emulator.Config{User: "nobody"}}) })
	if !strings.Contains(over.fatal, "nobody") {
		t.Errorf("a Config that makes no sense ended the test with %q", over.fatal)
	}
}

// TestGivenUpWithinTheProcess: who gives up a request to an emulator without a socket gets an error, as over a network.
func TestGivenUpWithinTheProcess(t *testing.T) {
	outlook := emulatortest.New(t, emulatortest.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, outlook.URL+"/v1.0/subscriptions", nil)
	if err != nil {
		t.Fatal(err)
	}
	if response, err := outlook.Client().Do(request); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", response, err)
	}
}

// TestInBubble is the test of an example.
func TestInBubble(t *testing.T) { testInBubble(t) }

// TestSlowWebhook: whoever waits for what is due waits for as long as a webhook may take.
func TestSlowWebhook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const slow = 9 * time.Second
		done := 0
		hook := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if token := r.URL.Query().Get("validationToken"); token != "" {
				w.Header().Set("Content-Type", "text/plain")
				io.WriteString(w, token)
				return
			}
			time.Sleep(slow)
			done++
			w.WriteHeader(http.StatusAccepted)
		})
		outlook := emulatortest.New(t, emulatortest.Config{Webhook: hook})
		outlook.Subscribe("me/messages", "created")
		for i, wait := range []func(){outlook.Settle, func() { outlook.Advance(time.Hour) }} {
			outlook.Change(control.Change{Collection: "message", Change: "created"})
			synctest.Wait() // until the webhook is at it
			began := time.Now()
			wait()
			if took := time.Since(began); done != i+1 || took < slow {
				t.Errorf("after %v the webhook has answered %d notifications, want %d", took, done, i+1)
			}
		}
	})
}

// TestWebhookThatNeverAnswers: there is an end to that.
func TestWebhookThatNeverAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := &ending{TB: t}
		over.run(func() {
			outlook := emulatortest.New(over, emulatortest.Config{})
			defer outlook.Hold("what the test holds")()
			outlook.Settle()
		})
		if !strings.HasPrefix(over.fatal, "settle: advance the clock: still in flight: what the test holds for 3") {
			t.Errorf("the test ended with %q", over.fatal)
		}
	})
}

// TestNothingIsLeft: with the test, all that it started ends.
func TestNothingIsLeft(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for _, start := range []func(testing.TB, emulatortest.Config) *emulatortest.Emulator{emulatortest.Start, emulatortest.StartTLS, emulatortest.New} {
		test, end := begin()
		hook := receivertest.Start(test, receiver.Config{})
		outlook := start(test, emulatortest.Config{})
		outlook.SubscribeIn(dialect.GraphV1, subscriber.Request{Resource: "me/messages", Changes: notify.Created, NotificationURL: hook.URL})
		outlook.Change(control.Change{Collection: "message", Change: "created"})
		outlook.WaitHandled(1)
		outlook.Client().CloseIdleConnections()
		end()
	}
}
