package emulator_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/emulator/emulatortest"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/subscriber"
)

// withoutSocket plays with an emulator without a socket, so that waiting in vain takes no time.
func withoutSocket(t *testing.T, play func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &hook{}
		play(t, &world{Emulator: emulatortest.New(t, emulatortest.Config{Webhook: h}), t: t, hook: h})
	})
}

// notified are notifications in short: the change, the attempt and the status, and whether the item was read.
func notified(all []control.HandledNotification) string {
	var told []string
	for _, n := range all {
		text := n.Change + " " + http.StatusText(n.Status)
		if n.Try > 1 {
			text += " again"
		}
		if n.Read > 0 {
			text += " read"
		}
		told = append(told, text)
	}
	return strings.Join(told, ", ")
}

// What is handled is counted by notifications, whatever requests they came in and however often they were tried.
func TestHandled(t *testing.T) {
	withoutSocket(t, func(t *testing.T, w *world) {
		first := w.Subscribe("me/messages", "created,updated,deleted")
		second := w.SubscribeIn(dialect.GraphV1, subscriber.Request{Resource: "me/messages", Changes: notify.Created, LifecycleURL: emulatortest.WebhookURL})
		fails := 1
		w.hook.answers(func(rw http.ResponseWriter, _ *http.Request) bool {
			if fails--; fails >= 0 {
				rw.WriteHeader(http.StatusInternalServerError)
			}
			return fails >= 0
		})
		raised := w.Change(control.Change{Collection: "message", Change: "created", Count: 3, Together: true})
		w.Settle()
		w.raise("message.updated")
		w.Settle()
		w.Advance(time.Minute) // the retry
		w.Lifecycle(notify.ReauthorizationRequired)
		w.Settle()

		for _, test := range []struct {
			name  string
			query control.HandledQuery
			want  string
		}{
			{"of one subscription", control.HandledQuery{Count: 4, Where: control.Selector{Subscription: first.ID}},
				"updated Accepted, created Accepted again, created Accepted again, created Accepted again"},
			{"of the other", control.HandledQuery{Count: 4, Where: control.Selector{Subscription: second.ID}},
				"created Accepted again, created Accepted again, created Accepted again, reauthorizationRequired Accepted"},
			{"of a change", control.HandledQuery{Change: []string{"updated"}}, "updated Accepted"},
			{"of several", control.HandledQuery{Count: 2, Change: []string{"updated", "reauthorizationRequired"}}, "updated Accepted, reauthorizationRequired Accepted"},
			{"of a mailbox", control.HandledQuery{Count: 8, Change: []string{"updated", "reauthorizationRequired", "created"}, Where: control.Selector{Mailbox: raised.Items[0].Mailbox}},
				"updated Accepted, created Accepted again, created Accepted again, created Accepted again, " +
					"created Accepted again, created Accepted again, created Accepted again, reauthorizationRequired Accepted"},
		} {
			handled, err := w.Control.Handled(t.Context(), test.query)
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
			if diff := cmp.Diff(test.want, notified(handled.Notifications)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.name, diff)
			}
		}
		once, err := w.Control.Handled(t.Context(), control.HandledQuery{Change: []string{"updated"}})
		if err != nil || once.Notifications[0].Item == "" || once.Notifications[0].Attempt != once.Next {
			t.Errorf("got %+v, %v", once, err)
		}
		rest, err := w.Control.Handled(t.Context(), control.HandledQuery{Count: 7, Since: once.Next})
		if err != nil || strings.Contains(notified(rest.Notifications), "updated") {
			t.Errorf("after that came %s, %v", notified(rest.Notifications), err)
		}
	})
}

// TestHandledOfOneApp: of a request with notifications of two apps, each has its own.
func TestHandledOfOneApp(t *testing.T) {
	withoutSocket(t, func(t *testing.T, w *world) {
		app := "7f10a0c4-52a1-4f0e-9d37-0c8a1f6f2b11"
		issued, err := w.Control.IssueToken(t.Context(), control.TokenOrder{App: app, User: emulator.DefaultUser})
		if err != nil {
			t.Fatal(err)
		}
		w.Subscribe("me/messages", "created")
		another := w.Subscriber(dialect.GraphV1)
		another.Token = issued.Token
		made, err := another.Create(t.Context(), subscriber.Request{
			Resource: "me/messages", Changes: notify.Created, NotificationURL: emulatortest.WebhookURL, ClientState: emulatortest.ClientState,
		})
		if err != nil {
			t.Fatal(err)
		}
		w.Change(control.Change{Collection: "message", Change: "created", Together: true})
		both, err := w.Control.Handled(t.Context(), control.HandledQuery{Count: 2})
		if err != nil || both.Notifications[0].Attempt != both.Notifications[1].Attempt {
			t.Fatalf("this is no request for both: %+v, %v", both, err)
		}
		its, err := w.Control.Handled(t.Context(), control.HandledQuery{Where: control.Selector{App: app}})
		if err != nil || len(its.Notifications) != 1 || its.Notifications[0].Subscription != made.ID {
			t.Errorf("of the app was handled %+v, %v", its, err)
		}
	})
}

// TestHandledOnceItIsRead: a webhook that answers first is done when it has read what it was told of.
func TestHandledOnceItIsRead(t *testing.T) {
	withoutSocket(t, func(t *testing.T, w *world) {
		w.Subscribe("me/messages", "created,updated,deleted")
		created := w.raise("message.created")
		other := w.raise("contact.created") // of which nobody is told
		w.Settle()
		w.must(200, "GET", "/v1.0/"+other.Items[0].Resource, "")
		began := time.Now()
		go func() {
			time.Sleep(3 * time.Second)
			w.must(200, "GET", "/v1.0/"+created.Items[0].Resource, "")
		}()
		if got := notified(w.WaitRead(1)); got != "created Accepted read" || time.Since(began) != 3*time.Second {
			t.Errorf("handled %s after %v", got, time.Since(began))
		}
		next, err := w.Control.Handled(t.Context(), control.HandledQuery{Read: true})
		if err != nil || next.Next != next.Notifications[0].Read {
			t.Errorf("got %+v, %v", next, err)
		}

		// What was read before it changed again was not read since. What is gone can't be read.
		w.raise("message.updated")
		w.Settle()
		w.raise("message.deleted")
		w.Settle()
		handled, err := w.Control.Handled(t.Context(), control.HandledQuery{Read: true, Since: next.Next, Count: 2})
		if err == nil || notified(handled.Notifications) != "deleted Accepted" || !strings.HasSuffix(err.Error(), "instead, 1 answered well, but its item not read") {
			t.Errorf("handled %s, %v", notified(handled.Notifications), err)
		}
	})
}

// TestReadWhileBeingNotified: a webhook may read before it answers.
func TestReadWhileBeingNotified(t *testing.T) {
	withoutSocket(t, func(t *testing.T, w *world) {
		w.Subscribe("me/messages", "created")
		w.hook.answers(func(http.ResponseWriter, *http.Request) bool {
			got, err := dialect.Read(w.hook.deliveries()[0].header, []byte(w.hook.deliveries()[0].body))
			if err != nil {
				t.Error(err)
			}
			w.must(200, "GET", pathOf("/v1.0", resourceOf(got)), "")
			return false
		})
		w.raise("message.created")
		if got := notified(w.WaitRead(1)); got != "created Accepted read" {
			t.Errorf("handled %s", got)
		}
	})
}

// TestNotHandled: who waits in vain is told what was there instead.
func TestNotHandled(t *testing.T) {
	answer := func(status int) func(http.ResponseWriter, *http.Request) bool {
		return func(rw http.ResponseWriter, r *http.Request) bool {
			rw.WriteHeader(status)
			return true
		}
	}
	for _, test := range []struct {
		name string
		play func(w *world, q *control.HandledQuery)
		want string
	}{
		{"nobody subscribed", func(*world, *control.HandledQuery) {},
			"wait for 1 notification to be handled: 0 were within 5s; instead, there is no subscription"},
		{"nothing happened", func(w *world, q *control.HandledQuery) {
			w.Subscribe("me/messages", "created")
			q.Count, q.Within = 3, control.Duration(time.Minute)
		}, "wait for 3 notifications to be handled: 0 were within 1m; instead, nothing has changed in any mailbox"},
		{"what happened concerns nobody", func(w *world, q *control.HandledQuery) {
			q.Where.Subscription = w.Subscribe("me/messages", "created").ID
			w.raise("contact.created")
		}, "wait for 1 notification to be handled: 0 were within 5s; instead, 1 change concerned no subscription that is waited for"},
		{"it was before", func(w *world, q *control.HandledQuery) {
			w.Subscribe("me/messages", "created")
			w.raise("message.created")
			q.Since = w.WaitHandled(1)[0].Attempt
			q.Change = []string{"created"}
		}, "wait for 1 notification of created to be handled: 0 were within 5s; instead, nothing has changed in any mailbox"},
		{"the webhook fails", func(w *world, q *control.HandledQuery) {
			w.Subscribe("me/messages", "created")
			w.raise("message.created")
			w.WaitHandled(1)
			w.hook.answers(answer(500))
			w.Change(control.Change{Collection: "message", Change: "created", Count: 2, Together: true})
			w.Settle()
			q.Count = 3
		}, "wait for 3 notifications to be handled: 1 was within 5s; instead, 2 answered 500 (delivery-error), retried in 10s"},
		{"it came in the end, but no more did", func(w *world, q *control.HandledQuery) {
			w.Subscribe("me/messages", "created")
			w.hook.answers(answer(500))
			w.raise("message.created")
			w.Settle()
			w.hook.answers(nil)
			w.Advance(time.Minute)
			q.Count = 2
		}, "wait for 2 notifications to be handled: 1 was within 5s; instead, no other is due now"},
		{"it is at work", func(w *world, _ *control.HandledQuery) {
			w.Subscribe("me/messages", "created")
			w.hook.answers(func(_ http.ResponseWriter, r *http.Request) bool {
				<-r.Context().Done()
				return true
			})
			w.raise("message.created")
		}, "wait for 1 notification to be handled: 0 were within 5s; instead, still on its way: delivery to https://webhook.test for 5s"},
		{"the subscription ended", func(w *world, q *control.HandledQuery) {
			made := w.Subscribe("me/messages", "created")
			w.hook.answers(answer(500))
			w.raise("message.created")
			w.Settle()
			w.must(204, "DELETE", "/v1.0/subscriptions/"+made.ID, "")
			q.Where.Subscription = made.ID
			w.Advance(time.Minute)
		}, "wait for 1 notification to be handled: 0 were within 5s; instead, given up: the subscription has ended"},
		{"it is not read", func(w *world, q *control.HandledQuery) {
			w.Subscribe("me/messages", "created")
			w.raise("message.created")
			w.Settle()
			q.Read = true
		}, "wait for 1 notification to be handled and read: 0 were within 5s; instead, 1 answered well, but its item not read"},
	} {
		t.Run(test.name, func(t *testing.T) {
			withoutSocket(t, func(t *testing.T, w *world) {

				var q control.HandledQuery
				test.play(w, &q)
				_, err := w.Control.Handled(w.t.Context(), q)
				var refusal *control.Error
				if !errors.As(err, &refusal) || refusal.Status != http.StatusConflict || refusal.Code != control.CodeTooFew || refusal.Hint == "" {
					t.Fatalf("got the error %#v", err)
				}
				if diff := cmp.Diff(test.want, refusal.Message); diff != "" {
					t.Errorf("the error (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestHandledOfNoSubscription is refused at once: waiting won't help.
func TestHandledOfNoSubscription(t *testing.T) {
	withoutSocket(t, func(t *testing.T, w *world) {
		began := time.Now()
		_, err := w.Control.Handled(t.Context(), control.HandledQuery{Where: control.Selector{Subscription: "no such"}})
		var refusal *control.Error
		if !errors.As(err, &refusal) || refusal.Status != http.StatusNotFound || time.Since(began) != 0 {
			t.Errorf("got the error %#v after %v", err, time.Since(began))
		}
		made := w.Subscribe("me/messages", "created") // and is known when it is no more
		w.must(204, "DELETE", "/v1.0/subscriptions/"+made.ID, "")
		_, err = w.Control.Handled(t.Context(), control.HandledQuery{Where: control.Selector{Subscription: made.ID}})
		if !errors.As(err, &refusal) || refusal.Code != control.CodeTooFew {
			t.Errorf("got the error %#v", err)
		}
	})
}

// TestAcknowledgementsAreNotCounted: they tell of nothing, and come when nobody waits for them.
func TestAcknowledgementsAreNotCounted(t *testing.T) {
	withoutSocket(t, func(t *testing.T, w *world) {
		w.Server.Close()
		c := emulatortest.Config{Webhook: w.hook}
		c.Serve = append(c.Serve, emulator.Mount{Path: "/api/beta", Dialect: "outlook-legacy"})
		w.Emulator = emulatortest.New(t, c)
		w.SubscribeIn(dialect.OutlookLegacy, subscriber.Request{Resource: "me/messages", Changes: notify.Created})
		w.raise("message.created")
		if got := notified(w.WaitHandled(1)); got != "created OK" && got != "created Accepted" {
			t.Errorf("handled %s", got)
		}
		acknowledged, err := w.Control.Handled(t.Context(), control.HandledQuery{Change: []string{"acknowledgment"}})
		if err != nil || notified(acknowledged.Notifications) != "acknowledgment Accepted" {
			t.Errorf("acknowledged %s, %v", notified(acknowledged.Notifications), err)
		}
	})
}
