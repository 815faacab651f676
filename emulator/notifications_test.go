package emulator_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/emulator/emulatortest"
	"github.com/outlocal/outlocal/journal"
)

// every lists each dialect with its base path and a creation that watches a mailbox for everything.
var every = []struct{ dialect, base, path, body string }{
	{"outlook-legacy", "/api/beta", "/api/beta/me/subscriptions", `{"@odata.type":"#Microsoft.OutlookServices.PushSubscription","ResourceURL":"https://outlook.office.com/api/beta/me/COLLECTION","CallbackURL":"HOOK","ChangeType":"Created,Updated,Deleted","ClientState":"s3cret"}`},
	{"outlook-interim", "/api/beta", "/api/beta/me/subscriptions", `{"@odata.type":"#Microsoft.OutlookServices.PushSubscription","resource":"https://outlook.office.com/api/beta/me/COLLECTION","notificationURL":"HOOK","changeType":"Created,Updated,Deleted","context":"s3cret"}`},
	{"outlook-final@2015", "/api/beta", "/api/beta/me/subscriptions", `{"@odata.type":"#Microsoft.OutlookServices.PushSubscription","Resource":"https://outlook.office.com/api/beta/me/COLLECTION","NotificationURL":"HOOK","ChangeType":"Created,Updated,Deleted","ClientState":"s3cret"}`},
	{"outlook-final", "/api/v2.0", "/api/v2.0/me/subscriptions", `{"@odata.type":"#Microsoft.OutlookServices.PushSubscription","Resource":"https://outlook.office.com/api/v2.0/me/COLLECTION","NotificationURL":"HOOK","ChangeType":"Created,Updated,Deleted","ClientState":"s3cret"}`},
	{"graph-preview", "/beta", "/beta/subscriptions", `{"changeType":"Created,Updated,Deleted","notificationUrl":"HOOK","resource":"me/COLLECTION","clientState":"s3cret"}`},
	{"graph-v1.0", "/v1.0", "/v1.0/subscriptions", `{"changeType":"created,updated,deleted","notificationUrl":"HOOK","resource":"me/COLLECTION","clientState":"s3cret","expirationDateTime":"EXPIRES"}`},
	{"graph-beta", "/beta", "/beta/subscriptions", `{"changeType":"created,updated,deleted","notificationUrl":"HOOK","resource":"me/COLLECTION","clientState":"s3cret","expirationDateTime":"EXPIRES"}`},
}

func (w *world) creation(body, collection string) string {
	return strings.NewReplacer("HOOK", emulatortest.WebhookURL+"?code=k%2Be", "COLLECTION", collection, "EXPIRES", w.in(time.Hour)).Replace(body)
}

// A change is delivered in its dialect, and while it is being delivered the item can be read at the notification's resource, verbatim.
//
// rules: W4.1-01 W4.8-01 W4.6-03 W4.6-07 W4.7-11 W7.1-01 W7.1-02 W7.1-05 W7.1-06 W3.3-01 W3.3-03 W3.1-05 W1.4-04 W4.4-06 W6.2-07 W6.4-01 R27 R28 R29 W1.5-17
func TestChangesAreDeliveredAndReadBack(t *testing.T) {
	for _, tt := range every {
		for _, collection := range []string{"messages", "events", "contacts"} {
			t.Run(tt.dialect+"/"+collection, func(t *testing.T) {
				d, err := dialect.Lookup(tt.dialect)
				if err != nil {
					t.Fatal(err)
				}
				w := newWorld(t, func(c *emulatortest.Config) { c.Serve = []emulator.Mount{{Path: tt.base, Dialect: tt.dialect}} })
				reads := make(chan reply, 10)
				w.hook.answers(func(rw http.ResponseWriter, r *http.Request) bool {
					if r.URL.Query().Get("validationtoken")+r.URL.Query().Get("validationToken") == "" {
						got, _ := dialect.Read(r.Header, []byte(w.hook.last().body))
						if resource := resourceOf(got); resource != "" {
							reads <- w.do("GET", pathOf(tt.base, resource), "")
						}
					}
					return false
				})
				w.must(201, "POST", tt.path, w.creation(tt.body, collection))
				kind := strings.TrimSuffix(collection, "s")
				for _, change := range []string{"created", "updated", "deleted"} {
					raised := w.raise(kind + "." + change)
					if raised.Matched != 1 || len(raised.Items) != 1 {
						t.Fatalf("%s.%s raised %+v", kind, change, raised)
					}
					w.settle() // else the next may share its request
				}
				acknowledged := 0
				if d.Notification.Acknowledge {
					acknowledged = 1
				}
				w.wait(journal.Attempt, 3+acknowledged)
				deliveries := w.hook.deliveries()[acknowledged:]
				for i, change := range []string{"Created", "Updated", "Deleted"} {
					got, err := dialect.Read(deliveries[i].header, []byte(deliveries[i].body))
					if err != nil || len(got.Items) != 1 || len(got.Items[0].Problems) > 0 {
						t.Fatalf("delivery %d: %v\n%s", i, err, deliveries[i].body)
					}
					n := got.Items[0]
					if got.Dialect.Name != d.Name && d.Name != "graph-beta" {
						t.Errorf("%s reads as %s", d, got.Dialect)
					}
					if n.Change.Name() != change || n.ClientState != "s3cret" {
						t.Errorf("delivery %d is %s, client state %q", i, n.Change, n.ClientState)
					}
					if d.Notification.Sequence && n.Sequence != int32(i+1) || n.HasSequence != d.Notification.Sequence {
						t.Errorf("delivery %d has sequence %d", i, n.Sequence)
					}
					if deliveries[i].query != "code=k%2Be" || deliveries[i].header.Get("Authorization") != "" {
						t.Errorf("delivery %d went to ?%s with %v", i, deliveries[i].query, deliveries[i].header)
					}
					if text := deliveries[i].body; strings.Contains(text, "encryptedContent") || strings.Contains(text, "validationTokens") || strings.Contains(text, "lifecycleEvent") {
						t.Errorf("delivery %d holds what only rich and lifecycle notifications have: %s", i, text)
					}
					checkRead(t, d, change, <-reads)
				}
			})
		}
	}
}

func checkRead(t *testing.T, d *dialect.Dialect, change string, read reply) {
	t.Helper()
	if change == "Deleted" {
		if read.status != 404 || read.code() != "ErrorItemNotFound" || read.message() != "The specified object was not found in the store." {
			t.Errorf("a deleted item reads %d %s", read.status, read.body)
		}
		return
	}
	id := "id"
	if d.Family == dialect.Outlook {
		id = "Id"
	}
	if read.status != 200 || read.text(id) == "" || !strings.HasPrefix(read.text("@odata.etag"), `W/"`) {
		t.Errorf("the item reads %d %s", read.status, read.body)
	}
}

func (h *hook) last() received {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.got[len(h.got)-1]
}

// resourceOf is where a notification points: legacy has no resource but the item's own URL.
func resourceOf(b *dialect.Body) string {
	if b == nil || len(b.Items) == 0 || b.Items[0].Data == nil {
		return ""
	}
	return b.Items[0].Data.URL
}

func pathOf(base, resource string) string {
	if u, err := url.Parse(resource); err == nil && u.Host != "" {
		return u.EscapedPath()
	}
	return base + "/" + resource
}

// The roll-out of 2015: a subscription made under one schema is notified, renewed and ended under the next.
//
// rules: W3.1-01 W3.1-04 W4.1-02 W4.1-03 W4.1-04 W4.2-01 W4.3-01 W4.4-01 W1.1-11 W1.1-12
func TestRollOut(t *testing.T) {
	w := newWorld(t, func(c *emulatortest.Config) {
		c.Serve = []emulator.Mount{{Path: "/api/beta", Dialect: "outlook-legacy"}}
	})
	made := w.must(201, "POST", "/api/beta/me/subscriptions", w.creation(every[0].body, "messages"))
	path := "/api/beta/me/subscriptions/" + made.text("Id")
	attempts := 1
	for _, stage := range []struct{ dialect, header, sequence, renew string }{
		{"outlook-legacy", "x-ClientState", `"SequenceNumber":1,"ChangeType":"Created","Entity":{`, "POST"},
		{"outlook-interim", "x-context", `"sequenceNumber":2,"changeType":"Created","resource":"`, "PATCH"},
		{"outlook-final@2015", "ClientState", `"SequenceNumber":3,"ChangeType":"Created","Resource":"`, "PATCH"},
	} {
		if err := w.Control.Mount(t.Context(), control.Mount{Path: "/api/beta", Dialect: stage.dialect}); err != nil {
			t.Fatal(err)
		}
		w.raise("message.created")
		attempts++
		w.wait(journal.Attempt, attempts)
		got := w.hook.last()
		if got.header.Get(stage.header) != "s3cret" || got.header.Get("x-ClientState")+got.header.Get("x-context")+got.header.Get("ClientState") != "s3cret" {
			t.Errorf("%s: headers %v", stage.dialect, got.header)
		}
		if !strings.Contains(got.body, stage.sequence) {
			t.Errorf("%s: no %s in %s", stage.dialect, stage.sequence, got.body)
		}
		if stage.renew == "POST" {
			w.must(200, "POST", path+"/renew", "{}")
		} else {
			w.must(200, "PATCH", path, "")
		}
	}
	first := w.hook.deliveries()[0]
	if !strings.Contains(first.body, `"SequenceNumber":0,"ChangeType":"Acknowledgment"}`) || first.header.Get("x-ClientState") != "s3cret" {
		t.Errorf("acknowledged by %s, %v", first.body, first.header)
	}
	if err := w.Control.Mount(t.Context(), control.Mount{Path: "/api/beta", Dialect: "graph-v1.0"}); err == nil {
		t.Error("a path took a dialect of the other family")
	}
	w.must(204, "DELETE", path, "")
	w.raise("message.created")
	if n := len(w.hook.deliveries()); n != attempts {
		t.Errorf("%d deliveries, %d before the deletion", n, attempts)
	}
}

// Creation waits for the webhook, and a failure is told in the service's words.
//
// rules: W2.1-10 W2.1-14 W2.4-01 W2.4-02 W2.4-04 W2.4-06 W2.4-10 W10-05 R19 R22 R23 W2.2-02
func TestFailedHandshakesRefuseTheCreation(t *testing.T) {
	answer := func(status int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(status)
			io.WriteString(w, strings.ReplaceAll(strings.ReplaceAll(body, "TOKEN", r.URL.Query().Get("validationToken")+r.URL.Query().Get("validationtoken")), "RAW", r.URL.RawQuery[strings.LastIndex(r.URL.RawQuery, "=")+1:]))
			return true
		}
	}
	const graph, outlook = "/v1.0/subscriptions", "/api/v2.0/me/subscriptions"
	for _, tt := range []struct {
		name, path, code, message, finding string
		answer                             func(http.ResponseWriter, *http.Request) bool
	}{
		{"403 in Graph", graph, "ValidationError", "Subscription validation request failed. HTTP status code is 'Forbidden'. Notification endpoint must respond with 200 OK to validation request.", "handshake-status", answer(403, "")},
		{"202 with the token", graph, "ValidationError", "HTTP status code is 'Accepted'.", "handshake-status", answer(202, "TOKEN")},
		{"a redirect", graph, "ValidationError", "Notification endpoint must respond with 200 OK", "handshake-redirect", func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "/notifications/?"+r.URL.RawQuery, http.StatusMovedPermanently)
			return true
		}},
		{"JSON quotes", graph, "ValidationError", "Subscription validation request failed. Response must exactly match validationToken query parameter.", "handshake-json-quotes", answer(200, `"TOKEN"`)},
		{"the token undecoded", graph, "ValidationError", "Response must exactly match validationToken query parameter.", "handshake-undecoded", answer(200, "RAW")},
		{"nothing", graph, "ValidationError", "Response must exactly match", "handshake-empty", answer(200, "")},
		{"500 in Outlook", outlook, "ErrorInvalidParameter", "verification failed 'System.Net.WebException: The remote server returned an error: (500) Internal Server Error.'", "handshake-status", answer(500, "")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.hook.answers(tt.answer)
			body := w.graphBody()
			if tt.path == outlook {
				body = w.finalBody()
			}
			got := w.must(400, "POST", tt.path, body)
			if got.code() != tt.code || !strings.Contains(got.message(), tt.message) {
				t.Errorf("refused with %s %q", got.code(), got.message())
			}
			if hint := strings.Join(got.header["X-Outlocal-Hint"], ""); !strings.HasPrefix(hint, tt.finding+":") {
				t.Errorf("hint %q, want the finding %s", hint, tt.finding)
			}
			if page, err := w.Control.Subscriptions(t.Context(), control.SubscriptionQuery{}); err != nil || len(page.Subscriptions) != 0 {
				t.Errorf("something is kept: %+v, %v", page, err)
			}
			if entry := w.wait(journal.Handshake, 1)[0]; entry.Exchange == nil || entry.Exchange.Finding != tt.finding {
				t.Errorf("the journal has %+v", entry.Exchange)
			}
		})
	}
}

// Both URLs of a subscription are asked, equal ones twice, each with a token that names the request.
//
// rules: W2.1-03 W2.1-05 W2.1-13 W2.2-01 W10-32 R19
func TestBothURLsAreAsked(t *testing.T) {
	w := newWorld(t)
	same := w.must(201, "POST", "/v1.0/subscriptions", w.graphBody("lifecycleNotificationUrl", `"`+emulatortest.WebhookURL+`"`))
	w.must(201, "POST", "/v1.0/subscriptions", w.graphBody("lifecycleNotificationUrl", `"https://webhook.test/life?x=y"`, "resource", `"me/events"`))
	asked := w.hook.handshakes()
	if len(asked) != 4 {
		t.Fatalf("%d handshakes", len(asked))
	}
	want := "Validation: Testing client application reachability for subscription Request-Id: " + same.header["request-id"][0]
	for i, r := range asked[:2] {
		if got := r.URL.Query().Get("validationToken"); got != want {
			t.Errorf("handshake %d has the token %q, want %q", i, got, want)
		}
		if r.Header.Get("ClientState") != "" || r.Header.Get("Accept") != "text/plain" || r.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("handshake %d has headers %v", i, r.Header)
		}
	}
	if got := asked[3].URL; got.Path != "/life" || !strings.HasPrefix(got.RawQuery, "x=y&validationToken=Validation%3a+Testing+") {
		t.Errorf("the lifecycle URL was asked by %s", got)
	}
}

// rules: W10-25 R23 W2.1-16
func TestContentTypeOfTheAnswer(t *testing.T) {
	echo := func(contentType string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Type", contentType)
			io.WriteString(w, r.URL.Query().Get("validationToken"))
			return true
		}
	}
	for _, tt := range []struct {
		contentType string
		mode        diagnosis.Mode
		want        int
	}{
		{"text/plain; charset=utf-8", diagnosis.Strict, 201},
		{"text/html; charset=utf-8", diagnosis.Faithful, 201},
		{"text/html; charset=utf-8", diagnosis.Strict, 400},
	} {
		w := newWorld(t, func(c *emulatortest.Config) { c.Mode = tt.mode })
		w.hook.answers(echo(tt.contentType))
		w.must(tt.want, "POST", "/v1.0/subscriptions", w.graphBody())
	}
}

// Lifecycle events: Outlook tells them on the notification URL, Graph on the lifecycle URL or not at all.
//
// rules: W3.2-01 W3.2-02 W3.4-01 W3.4-02 W5-03 W5-04 W5-05 W5-07 W3.3-01
func TestLifecycle(t *testing.T) {
	w := newWorld(t)
	w.must(201, "POST", "/api/v2.0/me/subscriptions", w.finalBody())
	w.must(201, "POST", "/v1.0/subscriptions", w.graphBody("lifecycleNotificationUrl", `"https://webhook.test/life"`))
	w.must(201, "POST", "/v1.0/subscriptions", w.graphBody("resource", `"me/events"`))
	told, err := w.Control.RaiseLifecycle(t.Context(), control.LifecycleEvent{Event: "missed"})
	if err != nil || told.Matched != 3 || told.Raised != 2 {
		t.Fatalf("missed: %+v, %v", told, err)
	}
	w.wait(journal.Attempt, 2)
	told, err = w.Control.RaiseLifecycle(t.Context(), control.LifecycleEvent{Event: "subscriptionRemoved"})
	if err != nil || told.Matched != 3 || told.Raised != 2 {
		t.Fatalf("removed: %+v, %v", told, err)
	}
	w.wait(journal.Attempt, 4)
	var all []string
	for _, d := range w.hook.deliveries() {
		all = append(all, d.body)
	}
	text := strings.Join(all, "\n")
	for _, want := range []string{
		`"SequenceNumber":1,"ChangeType":"Missed"}`, `"lifecycleEvent":"missed"}`, `"lifecycleEvent":"subscriptionRemoved"}`,
		`"ChangeType":"SubscriptionRemoved","Error":{"Message":"Account state change 'AccountDisabled' has happened after last authorization time '`,
		`"Code":"AccountStateChanged"}}`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if page, _ := w.Control.Subscriptions(t.Context(), control.SubscriptionQuery{}); len(page.Subscriptions) != 0 {
		t.Errorf("%d subscriptions outlive their removal", len(page.Subscriptions))
	}
}

// Only subscriptions on that mailbox, collection, folder and kind of change are told.
//
// rules: W1.5-05 W1.5-06 W7.5-01 W7.4-01
func TestMatching(t *testing.T) {
	w := newWorld(t)
	for _, resource := range []string{"me/messages", "me/mailFolders('inbox')/messages", "me/mailFolders('Drafts')/messages", "me/events", "users/ann@contoso.com/messages"} {
		w.must(201, "POST", "/v1.0/subscriptions", w.graphBody("resource", `"`+resource+`"`, "changeType", `"created"`))
	}
	for _, tt := range []struct {
		change control.Change
		want   int
	}{
		{control.Change{Change: "created", Collection: "message"}, 2},
		{control.Change{Change: "created", Collection: "message", Folder: "drafts"}, 2},
		{control.Change{Change: "created", Collection: "message", Folder: "SentItems"}, 1},
		{control.Change{Change: "updated", Collection: "message"}, 0},
		{control.Change{Change: "created", Collection: "event"}, 1},
		{control.Change{Change: "created", Collection: "contact"}, 0},
		{control.Change{Change: "created", Collection: "message", Mailbox: "ann@contoso.com"}, 1},
		{control.Change{Change: "created", Collection: "message", Mailbox: "bob@contoso.com"}, 0},
	} {
		got := w.Change(tt.change)
		if got.Matched != tt.want || (tt.want == 0) != (got.Note != "") {
			t.Errorf("%+v matched %d, want %d; note %q", tt.change, got.Matched, tt.want, got.Note)
		}
	}
}

// rules: W1.5-10 W1.5-11 W1.5-12 W1.5-16 W1.5-18 W4.4-05
func TestFiltersAndSelections(t *testing.T) {
	w := newWorld(t)
	w.must(201, "POST", "/v1.0/subscriptions", w.graphBody("resource", `"me/messages?$filter=isRead eq false"`))
	w.must(201, "POST", "/v1.0/subscriptions", w.graphBody("resource", `"me/messages?$select=subject"`))
	w.must(201, "POST", "/api/v2.0/me/subscriptions", w.finalBody("Resource", `"https://outlook.office.com/api/v2.0/me/messages?$select=Subject,IsRead"`))
	set := func(name string, value any) control.Change {
		return control.Change{Change: "updated", Collection: "message", Set: map[string]any{name: value}}
	}
	for i, tt := range []struct {
		change control.Change
		want   string // kinds of change as the three subscriptions are told them
	}{
		{control.Change{Change: "created", Collection: "message", Set: map[string]any{"isRead": false, "subject": "Hi"}}, "created created Created"},
		{set("importance", "high"), "updated Updated"}, // inside the filtered set; not selected in Graph
		{set("isRead", true), "deleted Updated"},       // leaves the filtered set
		{set("subject", "Re: Hi"), "updated Updated"},  // outside of it, but selected
		{set("isRead", false), "created Updated"},      // enters it again
		{control.Change{Change: "deleted", Collection: "message"}, "deleted deleted Deleted"},
	} {
		since := w.Journal().Last()
		n := len(strings.Fields(tt.want))
		if got := w.Change(tt.change); got.Matched != n {
			t.Errorf("change %d matched %d, want %d", i, got.Matched, n)
			continue
		}
		w.Wait(journal.Attempt, 1, since)
		w.settle()
	}
	var kinds []string
	for _, d := range w.hook.deliveries() {
		b, err := dialect.Read(d.header, []byte(d.body))
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range b.Items {
			var raw map[string]any
			_ = json.Unmarshal(item.Raw, &raw)
			if c, ok := raw["changeType"].(string); ok {
				kinds = append(kinds, c)
				continue
			}
			kinds = append(kinds, raw["ChangeType"].(string))
			if rich, _ := raw["ResourceData"].(map[string]any); raw["ChangeType"] != "Deleted" && (rich["Subject"] == nil || rich["IsRead"] == nil || rich["Importance"] != nil) {
				t.Errorf("rich data %v", rich)
			}
		}
	}
	if len(kinds) != 14 {
		t.Errorf("told of %v", kinds)
	}
}

// settle returns when nothing is on its way any more.
func (w *world) settle() { w.advance(0) }

// A webhook that calls the API, or the control API, before it answers never hangs; to advance time from inside is refused.
//
// rules: R27
func TestCallingBack(t *testing.T) {
	w := newWorld(t)
	refused := make(chan error, 1)
	w.hook.answers(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.URL.RawQuery != "" {
			return false
		}
		w.do("PATCH", "/v1.0/subscriptions/x", "{}")
		if w.hook.count() == 1 {
			w.raise("message.created")
		}
		_, err := w.Server.Advance(r.Context(), time.Hour)
		refused <- err
		return false
	})
	w.must(201, "POST", "/v1.0/subscriptions", w.graphBody())
	w.raise("message.created")
	var blocked *control.Error
	if err := <-refused; !errors.As(err, &blocked) || blocked.Status != http.StatusConflict || blocked.Hint == "" {
		t.Errorf("advance from inside a handler: %v", err)
	}
	<-refused
	w.wait(journal.Attempt, 2)
}

func (h *hook) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.got)
}

// What the webhook reads is tied to the change that it was told of.
func TestReadsHaveACause(t *testing.T) {
	w := newWorld(t)
	w.must(201, "POST", "/v1.0/subscriptions", w.graphBody())
	raised := w.raise("message.created")
	w.must(200, "GET", "/v1.0/"+raised.Items[0].Resource+"?$select=subject", "")
	read := w.wait(journal.Read, 1)[0]
	change := w.wait(journal.Change, 1)[0]
	if read.Cause != change.Seq || change.Seq != raised.Entry {
		t.Errorf("the read has the cause %d, the change is %d", read.Cause, change.Seq)
	}
	if attempt := w.wait(journal.Attempt, 1)[0]; attempt.Cause == 0 {
		t.Errorf("the attempt has no cause: %+v", attempt)
	}
}

// A removal by the service befalls users' subscriptions, not those of an app's own token.
//
// rules: W3.4-03
func TestRemovalSparesAppsInOutlook(t *testing.T) {
	w := newWorld(t)
	w.must(201, "POST", "/api/v2.0/me/subscriptions", w.finalBody(), "Authorization", "Bearer "+token(`{"appid":"a","roles":["Mail.Read"]}`))
	w.must(201, "POST", "/api/v2.0/me/subscriptions", w.finalBody(), "Authorization", "Bearer "+token(`{"appid":"a","upn":"user@contoso.com","scp":"mail.read"}`))
	told, err := w.Control.RaiseLifecycle(t.Context(), control.LifecycleEvent{Event: "subscriptionRemoved"})
	if err != nil || told.Matched != 2 || told.Raised != 1 || !strings.Contains(told.Note, "app's own token") {
		t.Errorf("removed %+v, %v", told, err)
	}
}

// Lifecycle events that wait for the same webhook share a request, of whatever kind they are.
//
// rules: W5-11 W5-12
func TestLifecycleEventsShareARequest(t *testing.T) {
	w := newWorld(t)
	w.must(201, "POST", "/v1.0/subscriptions", w.graphBody("lifecycleNotificationUrl", `"https://webhook.test/life"`))
	arrived, goOn := make(chan struct{}, 2), make(chan struct{})
	w.hook.answers(func(http.ResponseWriter, *http.Request) bool {
		arrived <- struct{}{}
		<-goOn
		return false
	})
	for i, event := range []string{"missed", "reauthorizationRequired", "missed"} {
		if _, err := w.Control.RaiseLifecycle(t.Context(), control.LifecycleEvent{Event: event}); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			<-arrived
		}
	}
	close(goOn)
	w.wait(journal.Attempt, 2)
	second, err := dialect.Read(nil, []byte(w.hook.last().body))
	if err != nil || len(second.Items) != 2 || second.Items[0].Lifecycle != "reauthorizationRequired" || second.Items[1].Lifecycle != "missed" {
		t.Errorf("the second request holds %s, %v", w.hook.last().body, err)
	}
}

// Consumers' mailboxes have ids and a tenant of their own.
//
// rules: W1.4-14 W4.6-06 W4.7-08
func TestConsumers(t *testing.T) {
	w := newWorld(t)
	header := []string{"Authorization", "Bearer " + token(`{"appid":"a","preferred_username":"ann@outlook.com","scp":"Mail.Read"}`)}
	made := w.must(201, "POST", "/v1.0/subscriptions", w.graphBody(), header...)
	if creator := made.text("creatorId"); len(creator) != 16 || !strings.HasPrefix(creator, "0003") {
		t.Errorf("creatorId %s", creator)
	}
	w.Change(control.Change{Change: "created", Collection: "message", Mailbox: "ann@outlook.com"})
	w.wait(journal.Attempt, 1)
	if got := w.hook.last().body; !strings.Contains(got, `"tenantId":"9188040d-6c67-4c5b-b112-36a304b66dad"`) {
		t.Errorf("told %s", got)
	}
}

// Ids that are none, or another mailbox's.
//
// rules: W6.4-02 W6.2-03 W6.2-04
func TestWrongItemIDs(t *testing.T) {
	w := newWorld(t)
	others := w.Change(control.Change{Change: "created", Collection: "message", Mailbox: "ann@contoso.com"}).Items[0].ID
	for _, tt := range []struct {
		path   string
		status int
		code   string
	}{
		{"/v1.0/me/messages/garbage", 400, "ErrorInvalidIdMalformed"},
		{"/api/v2.0/me/messages('garbage')", 400, "ErrorInvalidIdMalformed"},
		{"/api/v2.0/me/messages('" + others + "')", 400, "ErrorInvalidMailboxItemId"},
		{"/v1.0/me/messages/" + others, 404, "ErrorItemNotFound"},
		{"/v1.0/users/ann@contoso.com/messages/" + others, 200, ""},
		{"/v1.0/users/ann@contoso.com/events/" + others, 404, "ErrorItemNotFound"},
	} {
		if got := w.must(tt.status, "GET", tt.path, ""); got.code() != tt.code {
			t.Errorf("%s: %s", tt.path, got.body)
		}
	}
}

// Two URLs of one scheme, host and port are one endpoint.
//
// rules: W10-44
func TestEndpoints(t *testing.T) {
	w := newWorld(t)
	for i, url := range []string{"https://webhook.test/a", "https://webhook.test/b?c=d", "https://webhook.test:8443/a", "http://webhook.test/a"} {
		w.must(201, "POST", "/v1.0/subscriptions", w.graphBody("notificationUrl", `"`+url+`"`, "changeType", []string{`"created"`, `"created,updated"`, `"created,deleted"`, `"created,updated,deleted"`}[i]))
	}
	w.raise("message.created")
	w.settle()
	status, err := w.Control.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range status.Endpoints {
		names = append(names, e.Endpoint)
	}
	if got := strings.Join(names, " "); got != "http://webhook.test:80 https://webhook.test:443 https://webhook.test:8443" && got != "http://webhook.test https://webhook.test https://webhook.test:8443" {
		t.Errorf("endpoints %s", got)
	}
}

// rules: W1.5-04
func TestPreviewWatchesFoldersByDisplayName(t *testing.T) {
	w := newWorld(t, func(c *emulatortest.Config) { c.Serve = []emulator.Mount{{Path: "/beta", Dialect: "graph-preview"}} })
	w.must(201, "POST", "/beta/subscriptions", `{"changeType":"Created","notificationUrl":"`+emulatortest.WebhookURL+`","resource":"me/folders('vacation')/messages"}`)
	for folder, want := range map[string]int{"vacation": 1, "inbox": 0} {
		if got := w.Change(control.Change{Change: "created", Collection: "message", Folder: folder}); got.Matched != want {
			t.Errorf("a message in %s matched %d", folder, got.Matched)
		}
	}
}
