package emulator_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/emulator/emulatortest"
	"github.com/outlocal/outlocal/journal"
)

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// rfc3339 with a zone and at most seven digits.
var rfc3339 = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z$`)

// A subscription's life in Graph, request by request.
//
// rules: W1.1-05 W1.1-06 W1.1-08 W1.1-09 W1.1-14 W1.1-16 W1.1-17 W1.4-13 W1.4-16 W1.4-17 W1.3-22 W1.3-23 W1.3-24 W6.1-07 W10-31 R13 R15 R24
func TestLifeOfASubscriptionInGraph(t *testing.T) {
	for _, base := range []string{"/v1.0", "/beta"} {
		t.Run(base, func(t *testing.T) {
			w := newWorld(t)
			made := w.must(201, "POST", base+"/subscriptions", w.graphBody("changeType", `"updated, created"`, "resource", `"/me/messages"`))
			id := made.text("id")
			if !guid.MatchString(id) || made.text("applicationId") != emulator.DefaultApp || made.text("creatorId") != emulator.DefaultUserID {
				t.Errorf("made %s", made.body)
			}
			if expires := made.text("expirationDateTime"); !rfc3339.MatchString(expires) {
				t.Errorf("expires %s", expires)
			}
			if made.text("changeType") != "updated, created" || made.text("resource") != "/me/messages" || made.text("clientState") != "s3cret" {
				t.Errorf("not echoed as sent: %s", made.body)
			}
			for name, want := range map[string]string{
				"Content-Type":  "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
				"OData-Version": "4.0", "Cache-Control": "no-store", "Strict-Transport-Security": "max-age=31536000", "Location": "",
			} {
				if got := strings.Join(made.header[name], "|"); got != want {
					t.Errorf("header %s is %q, want %q", name, got, want)
				}
			}
			request := made.header["request-id"][0]
			if !guid.MatchString(request) || made.header["client-request-id"][0] != request || !strings.Contains(made.header["x-ms-ags-diagnostic"][0], `{"ServerInfo":{`) {
				t.Errorf("headers %v", made.header)
			}
			read := w.must(200, "GET", base+"/subscriptions/"+id, "", "client-request-id", "mine")
			if read.body != made.body || read.header["client-request-id"][0] != "mine" {
				t.Errorf("read\n%s\nmade\n%s", read.body, made.body)
			}
			until := w.in(2 * time.Hour)
			renewed := w.must(200, "PATCH", base+"/subscriptions/"+id, `{"expirationDateTime":"`+until+`"}`)
			if _, hasContext := renewed.fields["@odata.context"]; hasContext || renewed.text("clientState") != "s3cret" || renewed.text("expirationDateTime") == made.text("expirationDateTime") {
				t.Errorf("renewed %s", renewed.body)
			}
			list := w.must(200, "GET", base+"/subscriptions", "")
			if !strings.Contains(list.body, id) || !strings.Contains(list.body, `"clientState":null`) || !strings.HasSuffix(list.text("@odata.context"), base+"/$metadata#subscriptions") {
				t.Errorf("list %s", list.body)
			}
			before := w.must(200, "GET", base+"/subscriptions/"+id, "").text("expirationDateTime")
			if again := w.must(204, "POST", base+"/subscriptions/"+id+"/reauthorize", ""); again.body != "" {
				t.Errorf("reauthorize answered %s", again.body)
			}
			if after := w.must(200, "GET", base+"/subscriptions/"+id, "").text("expirationDateTime"); after != before {
				t.Errorf("reauthorize moved the expiry from %s to %s", before, after)
			}
			if gone := w.must(204, "DELETE", base+"/subscriptions/"+id, ""); gone.body != "" {
				t.Errorf("delete answered %s", gone.body)
			}
			none := w.must(404, "GET", base+"/subscriptions/"+id, "")
			if none.code() != "ResourceNotFound" || none.message() != "The object was not found." {
				t.Errorf("gone: %s", none.body)
			}
		})
	}
}

// A subscription's life in each of Outlook's schemas.
//
// rules: W1.1-01 W1.1-02 W1.1-06 W1.1-07 W1.1-11 W1.1-12 W1.1-15 W1.1-22 W1.3-02 W1.3-03 W1.3-07 W1.3-09 W1.3-13 W3.1-05 W4.7-13 W10-16 R18
func TestLifeOfASubscriptionInOutlook(t *testing.T) {
	for _, tt := range []struct {
		dialect, base, create string
		renewBy               string
		state                 string // name of the client state
		stateRead             bool
		users                 string // form of the user in @odata.id
	}{
		{"outlook-legacy", "/api/beta", `{"@odata.type":"#Microsoft.OutlookServices.PushSubscription","ResourceURL":"https://outlook.office.com/api/beta/me/messages","CallbackURL":"HOOK","ChangeType":"Created","ClientState":"s3cret"}`, "POST", "ClientState", true, "Users('user@contoso.com')"},
		{"outlook-interim", "/api/beta", `{"@odata.type":"#Microsoft.OutlookServices.PushSubscription","resource":"https://outlook.office.com/api/beta/me/messages","notificationURL":"HOOK","changeType":"Created","context":"s3cret"}`, "PATCH", "context", false, "Users('user@contoso.com')"},
		{"outlook-final@2015", "/api/beta", `{"@odata.type":"#Microsoft.OutlookServices.PushSubscription","Resource":"https://outlook.office.com/api/beta/me/messages","NotificationURL":"HOOK","ChangeType":"Created","ClientState":"s3cret"}`, "PATCH", "ClientState", false, "Users('user@contoso.com')"},
		{"outlook-final", "/api/v2.0", `{"@odata.type":"#Microsoft.OutlookServices.PushSubscription","Resource":"https://outlook.office.com/api/v2.0/me/messages","NotificationURL":"HOOK","ChangeType":"Created","ClientState":"s3cret"}`, "PATCH", "ClientState", false, "Users('" + emulator.DefaultUserID + "@" + emulator.DefaultTenant + "')"},
	} {
		t.Run(tt.dialect, func(t *testing.T) {
			w := newWorld(t, func(c *emulatortest.Config) { c.Serve = []emulator.Mount{{Path: tt.base, Dialect: tt.dialect}} })
			body := strings.Replace(tt.create, "HOOK", emulatortest.WebhookURL, 1)
			made := w.must(201, "POST", tt.base+"/me/subscriptions", body)
			id := made.text("Id")
			if plain, err := base64.StdEncoding.DecodeString(id); err != nil || len(id) != 100 || strings.ToUpper(string(plain)) != string(plain) {
				t.Errorf("id %s decodes to %q, %v", id, plain, err)
			}
			if made.text(tt.state) != "s3cret" || !strings.Contains(made.text("@odata.id"), tt.users+"/Subscriptions('"+id+"')") {
				t.Errorf("made %s", made.body)
			}
			byUser := w.must(201, "POST", tt.base+"/users/user@contoso.com/subscriptions", body)
			if !strings.HasSuffix(byUser.text("@odata.context"), "#Users('user%40contoso.com')/Subscriptions/$entity") {
				t.Errorf("context %s", byUser.text("@odata.context"))
			}
			read := w.must(200, "GET", tt.base+"/Me/Subscriptions('"+id+"')", "")
			if (read.text(tt.state) != "") != tt.stateRead {
				t.Errorf("read %s", read.body)
			}
			if tt.renewBy == "POST" {
				renewed := w.must(200, "POST", tt.base+"/me/subscriptions/"+id+"/renew", "{}")
				if renewed.text("CallbackURL") != "" || renewed.text("ExpirationTime") != "" || renewed.text("Id") != id {
					t.Errorf("renewed %s", renewed.body)
				}
				patched := w.must(405, "PATCH", tt.base+"/me/subscriptions/"+id, "{}")
				if patched.header.Get("Allow") != "GET, DELETE" {
					t.Errorf("Allow: %s", patched.header.Get("Allow"))
				}
			} else {
				w.must(200, "PATCH", tt.base+"/me/subscriptions/"+id, "")
				old := w.must(400, "POST", tt.base+"/me/subscriptions/"+id+"/renew", "{}")
				if old.message() != "Resource not found for the segment 'renew'." || !strings.HasPrefix(old.code(), "RequestBroker") {
					t.Errorf("renew by POST: %s", old.body)
				}
				if is2015 := tt.base == "/api/beta"; is2015 != (old.code() == "RequestBrokerOld-ParseUri") { // rules: W6.2-02
					t.Errorf("code %s", old.code())
				}
			}
			if gone := w.must(204, "DELETE", tt.base+"/me/subscriptions('"+id+"')", ""); gone.body != "" {
				t.Errorf("delete answered %s", gone.body)
			}
			none := w.must(404, "GET", tt.base+"/me/subscriptions/"+id, "") // rules: W1.3-14
			if none.code() != "ErrorItemNotFound" || strings.Contains(none.body, "innerError") {
				t.Errorf("gone: %s", none.body)
			}
		})
	}
}

// The preview can create and read, nothing else.
//
// rules: W1.1-04 W1.1-10 W1.1-13 W1.3-18 W10-24
func TestLifeOfASubscriptionInThePreview(t *testing.T) {
	w := newWorld(t, func(c *emulatortest.Config) {
		c.Serve = []emulator.Mount{{Path: "/beta", Dialect: "graph-preview"}, {Path: "/api/v2.0", Dialect: "outlook-final"}}
	})
	body := `{"changeType":"Created","notificationUrl":"` + emulatortest.WebhookURL + `","resource":"me/messages"}`
	made := w.must(201, "POST", "/beta/subscriptions", body)
	w.must(201, "POST", "/beta/subscriptions", body) // duplicates are allowed
	id := made.text("subscriptionId")
	if !guid.MatchString(id) || strings.Contains(made.body, "clientState") {
		t.Errorf("made %s", made.body)
	}
	w.must(200, "GET", "/beta/subscriptions/"+id, "")
	for method, path := range map[string]string{"PATCH": "/beta/subscriptions/" + id, "DELETE": "/beta/subscriptions/" + id, "GET": "/beta/subscriptions"} {
		refused := w.must(405, method, path, "")
		if refused.code() != "Request_BadRequest" || refused.header.Get("Allow") == "" { // rules: W6.3-16
			t.Errorf("%s %s: %s, Allow %q", method, path, refused.body, refused.header.Get("Allow"))
		}
	}
	if listed := w.must(405, "GET", "/api/v2.0/me/subscriptions", ""); listed.header.Get("Allow") != "POST" {
		t.Errorf("Outlook's list: Allow %q", listed.header.Get("Allow"))
	}
	w.advance(73 * time.Hour)
	w.must(404, "GET", "/beta/subscriptions/"+id, "")
}

// Every spelling of a path that clients use finds the subscription.
//
// rules: W1.1-18 W1.1-19 W1.1-20 W1.1-21 W8.3-02 R10
func TestSpellingsOfPaths(t *testing.T) {
	w := newWorld(t)
	graph := w.must(201, "POST", "/v1.0/subscriptions", w.graphBody()).text("id")
	final := w.must(201, "POST", "/api/v2.0/ME/Subscriptions", w.finalBody()).text("Id")
	escaped := strings.ReplaceAll(final, "=", "%3D")
	for _, path := range []string{
		"/v1.0/subscriptions/" + graph, "/v1.0/Subscriptions('" + graph + "')", "/V1.0/SUBSCRIPTIONS/" + graph, "/v1.0/subscriptions%28%27" + graph + "%27%29",
		"/api/v2.0/me/subscriptions/" + final, "/api/v2.0/Me/Subscriptions('" + final + "')", "/api/v2.0/me/subscriptions/" + escaped, "/api/v2.0/me/subscriptions('" + escaped + "')",
		"/API/V2.0/users/user@contoso.com/subscriptions/" + final, "/api/v2.0/Users('user@contoso.com')/Subscriptions('" + final + "')", "/api/v2.0/users/user%40contoso.com/subscriptions/" + final,
		"/api/v2.0/Users('" + emulator.DefaultUserID + "@" + emulator.DefaultTenant + "')/Subscriptions('" + final + "')",
	} {
		w.must(200, "GET", path, "")
	}
	for _, path := range []string{"/v1.0/subscriptions/" + strings.ToUpper(graph), "/api/v2.0/me/subscriptions/" + strings.ToLower(final), "/api/v2.0/users/ann@contoso.com/subscriptions/" + final} {
		w.must(404, "GET", path, "") // ids count in exact case, and one user's is not another's
	}
}

// What a creation is refused for, in the service's order: nothing is asked of the webhook before the payload is good.
//
// rules: W2.4-09 R12
func TestCreateRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, rules string
		path        string // the base path and what is posted to
		body        func(*world) string
		status      int
		code        string
		message     string // a part
	}{
		{"no JSON", "rules: W6.3-01", "/v1.0/subscriptions", func(*world) string { return "{" }, 400, "InvalidRequest", "Could not process subscription creation payload. Are all property names spelled and camelCased properly?"},
		{"an http URL of elsewhere", "rules: W6.3-03 W10-39 W1.4-03", "/v1.0/subscriptions", func(w *world) string { return w.graphBody("notificationUrl", `"http://hooks.example.com/x"`) }, 400, "InvalidRequest", "NotificationUrl scheme='http' is not supported."},
		{"no URL at all", "rules: W6.3-04", "/v1.0/subscriptions", func(w *world) string { return w.graphBody("notificationUrl", `"https:////x"`) }, 400, "InvalidRequest", "Invalid notification url='https:////x'."},
		{"a URL of a host that nobody allowed", "", "/v1.0/subscriptions", func(w *world) string { return w.graphBody("notificationUrl", `"https://hooks.example.com/x"`) }, 400, "InvalidRequest", "Invalid notification url="},
		{"an http lifecycle URL of elsewhere", "rules: W1.4-05", "/v1.0/subscriptions", func(w *world) string {
			return w.graphBody("lifecycleNotificationUrl", `"http://hooks.example.com/x"`)
		}, 400, "InvalidRequest", "scheme='http'"},
		{"too long a life", "rules: W6.3-06 W1.6-07 R26", "/v1.0/subscriptions", func(w *world) string {
			return w.graphBody("expirationDateTime", `"`+w.in(30*24*time.Hour)+`"`)
		}, 400, "ExtensionError", "Subscription expiration can only be 10070 minutes in the future."},
		{"a folder by display name", "rules: W1.5-14 W6.3-08", "/v1.0/subscriptions", func(w *world) string {
			return w.graphBody("resource", `"me/mailFolders('Vacation')/messages"`)
		}, 400, "ExtensionError", "MailFolders('Vacation')/Messages' of parameter 'Resource' is invalid.]"},
		{"an event hub", "", "/v1.0/subscriptions", func(w *world) string { return w.graphBody("notificationUrl", `"EventHub:https://x.vault.azure.net/s"`) }, 501, "NotImplemented", "Event Hubs"},
		{"a user that is nobody", "rules: W6.3-14", "/v1.0/subscriptions", func(w *world) string {
			return w.graphBody("resource", `"users/00000000-0000-0000-0000-00000000dead/messages"`)
		}, 404, "ExtensionError", "Operation: Create; Exception: [Status Code: NotFound; Reason: Not Found]"},
		{"under a user, in Graph", "rules: W1.1-05", "/v1.0/me/subscriptions", func(w *world) string { return w.graphBody() }, 400, "BadRequest", "Resource not found for the segment 'subscriptions'."},
		{"at the root, in Outlook", "rules: W1.1-01", "/api/v2.0/subscriptions", func(w *world) string { return w.finalBody() }, 400, "RequestBroker-ParseUri", "Resource not found for the segment 'subscriptions'."},
		{"the first version of Outlook's API", "rules: W1.1-02", "/api/v1.0/me/subscriptions", func(w *world) string { return w.finalBody() }, 404, "BadRequest", "Resource not found for the segment 'api'."},
		{"a bad resource in Outlook", "rules: W6.2-01", "/api/v2.0/me/subscriptions", func(w *world) string {
			return w.finalBody("Resource", `"https://outlook.office.com/api/v2.0/me/mailfolders('Vacation')/messages"`)
		}, 400, "ErrorInvalidParameter", "The value 'https://outlook.office.com/api/v2.0/me/mailfolders('Vacation')/messages' of parameter 'Resource' is invalid."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			got := w.must(tt.status, "POST", tt.path, tt.body(w))
			if got.code() != tt.code || !strings.Contains(got.message(), tt.message) {
				t.Errorf("refused with %s %q\nwant %s %q", got.code(), got.message(), tt.code, tt.message)
			}
			if len(got.header["X-Outlocal-Hint"]) == 0 {
				t.Error("the refusal gives no hint")
			}
			if n := len(w.hook.handshakes()); n > 0 {
				t.Errorf("the webhook was asked %d times", n)
			}
			if s := w.must(200, "GET", "/v1.0/subscriptions", ""); strings.Contains(s.body, "notificationUrl") {
				t.Errorf("something is kept: %s", s.body)
			}
		})
	}
}

// rules: W2.4-08
func TestPreviewSaysNextToNothing(t *testing.T) {
	w := newWorld(t, func(c *emulatortest.Config) { c.Serve = []emulator.Mount{{Path: "/beta", Dialect: "graph-preview"}} })
	got := w.must(400, "POST", "/beta/subscriptions", `{"changeType":"Created","notificationUrl":"http://hooks.example.com/x","resource":"me/messages"}`)
	if !strings.HasPrefix(got.body, `{"error":{"code":"","message":"An error has occurred.","innerError":{`) {
		t.Errorf("refused with %s", got.body)
	}
}

// rules: W10-39 R20
func TestPlainURLs(t *testing.T) {
	borne := newWorld(t, func(c *emulatortest.Config) { c.AllowTargets = []string{"hooks.example.com:80"} })
	borne.hook.answers(nil)
	for _, tt := range []struct {
		w    *world
		url  string
		want int
	}{
		{borne, "http://webhook.test/x", 201},
		{newWorld(t, func(c *emulatortest.Config) { c.Mode = diagnosis.Strict }), "http://webhook.test/x", 400},
		{newWorld(t, func(c *emulatortest.Config) { c.Mode = diagnosis.Strict }), "https://webhook.test/x", 201},
	} {
		tt.w.must(tt.want, "POST", "/v1.0/subscriptions", tt.w.graphBody("notificationUrl", `"`+tt.url+`"`))
	}
	entry := borne.wait(journal.Subscribed, 1)[0]
	if !strings.Contains(entry.Note, "notificationUrl is http") {
		t.Errorf("no warning in the journal: %q", entry.Note)
	}
}

// rules: W10-24 W6.3-17
func TestDuplicates(t *testing.T) {
	w := newWorld(t)
	first := w.must(201, "POST", "/v1.0/subscriptions", w.graphBody()).text("id")
	again := w.must(409, "POST", "/v1.0/subscriptions", w.graphBody("resource", `"/Me/Messages"`))
	if again.code() != "ObjectIdentifierInUse" || again.message() != "Subscription Id "+first+" already exists for the requested combination" {
		t.Errorf("refused with %s", again.body)
	}
	if hint := again.header["X-Outlocal-Hint"][0]; !strings.Contains(hint, first) || !strings.Contains(hint, "PATCH") {
		t.Errorf("hint %q", hint)
	}
	w.must(409, "POST", "/beta/subscriptions", w.graphBody())
	w.must(201, "POST", "/v1.0/subscriptions", w.graphBody("changeType", `"created"`))
	w.must(201, "POST", "/v1.0/subscriptions", w.graphBody("resource", `"me/events"`))
	w.must(201, "POST", "/v1.0/subscriptions", w.graphBody(), "Authorization", "Bearer "+token(`{"appid":"another"}`))
	w.must(201, "POST", "/api/v2.0/me/subscriptions", w.finalBody())
	w.must(201, "POST", "/api/v2.0/me/subscriptions", w.finalBody())
	allowed := newWorld(t, func(c *emulatortest.Config) {
		c.Tune = append(c.Tune, func(d *dialect.Dialect) { d.RefuseDuplicates = false })
	})
	allowed.must(201, "POST", "/v1.0/subscriptions", allowed.graphBody())
	allowed.must(201, "POST", "/v1.0/subscriptions", allowed.graphBody())
}

// rules: W1.7-01 W1.7-02
func TestQuota(t *testing.T) {
	w := newWorld(t)
	rows := func(yield func(control.NewSubscription) bool) {
		for i := range 1000 {
			if !yield(control.NewSubscription{Mount: "/v1.0", Resource: "me/messages", ChangeType: "created", NotificationURL: emulatortest.WebhookURL, App: fmt.Sprint("app", i)}) {
				return
			}
		}
	}
	if done, err := w.Control.Import(t.Context(), rows); err != nil || done.Count != 1000 {
		t.Fatalf("import: %+v, %v", done, err)
	}
	got := w.must(403, "POST", "/v1.0/subscriptions", w.graphBody())
	if got.code() != "ExtensionError" || got.message() != "Operation: Create; Exception: [Status Code: Forbidden; Reason: Maximum number of subscriptions has been reached]" {
		t.Errorf("refused with %s", got.body)
	}
	w.must(201, "POST", "/v1.0/subscriptions", w.graphBody("resource", `"users/ann@contoso.com/messages"`))
}

// The list has pages, and shows a caller what is the caller's.
//
// rules: W1.1-09 W1.8-04 W6.3-15 R14
func TestListAndOwnership(t *testing.T) {
	w := newWorld(t)
	rows := func(yield func(control.NewSubscription) bool) {
		for i := range 150 {
			row := control.NewSubscription{Mount: "/v1.0", Resource: "me/messages", ChangeType: "created", NotificationURL: emulatortest.WebhookURL, Mailbox: fmt.Sprintf("u%d@contoso.com", i)}
			if !yield(row) {
				return
			}
		}
	}
	if _, err := w.Control.Import(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	first := w.must(200, "GET", "/v1.0/subscriptions", "")
	next := first.text("@odata.nextLink")
	if n := len(first.fields["value"].([]any)); n != 100 || !strings.HasPrefix(next, "http://localhost:3650/v1.0/subscriptions?") {
		t.Fatalf("%d on the first page, next %q", n, next)
	}
	second := w.must(200, "GET", strings.TrimPrefix(next, "http://localhost:3650"), "")
	if n := len(second.fields["value"].([]any)); n != 50 || second.text("@odata.nextLink") != "" {
		t.Errorf("%d on the second page, next %q", n, second.text("@odata.nextLink"))
	}
	w.must(400, "GET", "/v1.0/subscriptions?$top=5", "")

	mine := w.must(201, "POST", "/v1.0/subscriptions", w.graphBody(), "Authorization", "Bearer "+token(`{"appid":"app-1","upn":"user@contoso.com","scp":"Mail.Read"}`))
	for name, other := range map[string]string{
		"another app":             `{"appid":"app-2","upn":"user@contoso.com","scp":"Mail.Read"}`,
		"another user of the app": `{"appid":"app-1","upn":"ann@contoso.com","scp":"Mail.Read"}`,
	} {
		header := []string{"Authorization", "Bearer " + token(other)}
		if got := w.do("GET", "/v1.0/subscriptions/"+mine.text("id"), "", header...); got.status != 404 || got.code() != "ResourceNotFound" {
			t.Errorf("%s reads it: %d %s", name, got.status, got.body)
		}
		if got := w.must(200, "GET", "/v1.0/subscriptions", "", header...); strings.Contains(got.body, mine.text("id")) {
			t.Errorf("%s sees it in the list", name)
		}
	}
	own := w.must(200, "GET", "/v1.0/subscriptions", "", "Authorization", "Bearer "+token(`{"appid":"app-1","idtyp":"app","roles":["Mail.Read"]}`))
	if !strings.Contains(own.body, mine.text("id")) {
		t.Error("the app's own token does not see it")
	}
}

// Whose subscriptions the list shows is the token's to say, and what it shows of others can be seen there only.
//
// rules: W1.8-04 W1.8-05 W6.3-15
func TestWhatTheListShows(t *testing.T) {
	const admin = `"wids":["62e90394-69f5-4237-9190-012177145e10"]`
	users := func(app, user, more string) string {
		return fmt.Sprintf(`{"appid":%q,"upn":"%s@contoso.com","oid":%q,%s}`, app, user, user, more)
	}
	made := map[string]string{ // by whom and for whom
		"1 ann": users("1", "ann", `"scp":"Mail.Read"`), "2 ann": users("2", "ann", `"scp":"Mail.Read"`), "1 bob": users("1", "bob", `"scp":"Mail.Read"`),
		"2 bob": users("2", "bob", `"scp":"Mail.Read"`), "1 itself": `{"appid":"1","idtyp":"app","oid":"one","roles":["Mail.Read"]}`,
		"2 personal": `{"appid":"2","upn":"eve@outlook.com","oid":"eve","scp":"Mail.Read"}`,
	}
	for _, tt := range []struct {
		name, token string
		want        []string
	}{
		{"a user", users("1", "ann", `"scp":"Mail.Read"`), []string{"1 ann"}},
		{"an administrator", users("1", "ann", `"scp":"Mail.Read",`+admin), []string{"1 ann"}},
		{"an app itself", `{"appid":"1","idtyp":"app","oid":"one","roles":["Mail.Read"]}`, []string{"1 ann", "1 bob", "1 itself"}},
		{"an app itself, which can't have that permission", `{"appid":"1","idtyp":"app","oid":"one","roles":["Subscription.Read.All"],` + admin + `}`, []string{"1 ann", "1 bob", "1 itself"}},
		{"a user of all apps", users("3", "ann", `"scp":"Mail.Read Subscription.Read.All"`), []string{"1 ann", "2 ann"}},
		{"an administrator of all apps", users("3", "ann", `"scp":"Subscription.Read.All",`+admin), []string{"1 ann", "1 bob", "1 itself", "2 ann", "2 bob"}},
		{"another administrator of all apps, by one that made some", users("1", "dan", `"scp":"Subscription.Read.All",`+admin), []string{"1 ann", "1 bob", "1 itself", "2 ann", "2 bob"}},
		{"a personal account, of all apps", `{"appid":"3","upn":"eve@outlook.com","oid":"eve","scp":"Subscription.Read.All"}`, []string{"2 personal"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			name := map[string]string{}
			for who, claims := range made {
				resource := `"me/messages"`
				if who == "1 itself" {
					resource = `"users/cay@contoso.com/messages"`
				}
				name[w.must(201, "POST", "/v1.0/subscriptions", w.graphBody("resource", resource), "Authorization", "Bearer "+token(claims)).text("id")] = who
			}
			listed := w.must(200, "GET", "/v1.0/subscriptions", "", "Authorization", "Bearer "+token(tt.token))
			var got []string
			for _, one := range listed.fields["value"].([]any) {
				id, _ := one.(map[string]any)["id"].(string)
				got = append(got, name[id])
				if strings.Contains(tt.token, "Subscription.Read.All") && strings.Contains(tt.token, "upn") { // of these, none made any
					w.must(404, "GET", "/v1.0/subscriptions/"+id, "", "Authorization", "Bearer "+token(tt.token))
					w.must(404, "DELETE", "/v1.0/subscriptions/"+id, "", "Authorization", "Bearer "+token(tt.token))
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The same goes for tokens that the emulator issues.
//
// rules: W1.8-05
func TestWhatTheListShowsToAnAdministrator(t *testing.T) {
	w := newWorld(t, issued)
	made := w.must(201, "POST", "/v1.0/subscriptions", w.graphBody(), "Authorization", w.token(control.TokenOrder{})).text("id")
	const another = "7f105c7d-2dc5-4530-97cd-4e7ae6534c07"
	for _, tt := range []struct {
		name  string
		order control.TokenOrder
		sees  bool
	}{
		{"another user, an administrator", control.TokenOrder{User: "ann@contoso.com", Admin: true}, false},
		{"with the permission", control.TokenOrder{User: "ann@contoso.com", Admin: true, Scopes: []string{"Subscription.Read.All"}}, true},
		{"no administrator", control.TokenOrder{User: "ann@contoso.com", Scopes: []string{"Subscription.Read.All"}}, false},
		{"of another app", control.TokenOrder{App: another, Scopes: []string{"Subscription.Read.All"}}, true},
		{"of another app, without", control.TokenOrder{App: another}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Contains(w.must(200, "GET", "/v1.0/subscriptions", "", "Authorization", w.token(tt.order)).body, made); got != tt.sees {
				t.Errorf("sees it: %t", got)
			}
		})
	}
}

// token is a JWT that nobody signed.
func token(claims string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".x"
}

// rules: W10-40 W6.3-11 W6.1-05 W6.1-04 W8.3-04 W1.5-19 W1.5-20 W1.4-13 W6.3-13 W10-38
func TestTokens(t *testing.T) {
	w := newWorld(t)
	none := w.must(401, "GET", "/v1.0/subscriptions", "", "Authorization", "")
	if none.code() != "InvalidAuthenticationToken" || none.message() != "Access token is empty." || !strings.Contains(strings.Join(none.header["WWW-Authenticate"], ""), `client_id="00000003-0000-0000-c000-000000000000"`) {
		t.Errorf("without a token: %s, %v", none.body, none.header)
	}
	if hint := none.header["X-Outlocal-Hint"][0]; !strings.Contains(hint, "any token will do") {
		t.Errorf("hint %q", hint)
	}
	if none := w.must(401, "POST", "/api/v2.0/me/subscriptions", "{}", "Authorization", "Basic x"); !strings.Contains(strings.Join(none.header["WWW-Authenticate"], ""), `client_id="00000002-0000-0ff1-ce00-000000000000"`) || none.header["x-caserrorcode"] == nil {
		t.Errorf("Outlook without a token: %v", none.header)
	}
	user := []string{"Authorization", "Bearer " + token(`{"appid":"app-1","oid":"o-1","upn":"ann@contoso.com","scp":"Mail.Read"}`)}
	app := []string{"Authorization", "Bearer " + token(`{"azp":"app-2","oid":"sp-2","roles":["Mail.Read"]}`)}
	made := w.must(201, "POST", "/v1.0/subscriptions", w.graphBody(), user...)
	if made.text("applicationId") != "app-1" || made.text("creatorId") != "o-1" {
		t.Errorf("made %s", made.body)
	}
	others := w.graphBody("resource", `"users/bob@contoso.com/messages"`)
	if got := w.must(403, "POST", "/v1.0/subscriptions", others, user...); got.message() != "Operation: Create; Exception: [Status Code: Forbidden; Reason: Forbidden]" {
		t.Errorf("somebody else's mailbox: %s", got.body)
	}
	if got := w.must(201, "POST", "/v1.0/subscriptions", others, app...); got.text("creatorId") != "sp-2" {
		t.Errorf("an app's token: %s", got.body)
	}
	const noUser = "/me request is only valid with delegated authentication flow."
	for path, body := range map[string]string{"/v1.0/subscriptions": w.graphBody(), "/beta/me/messages/AAA=": ""} {
		method := "POST"
		if body == "" {
			method = "GET"
		}
		got := w.must(400, method, path, body, app...)
		if got.code() != "BadRequest" || got.message() != noUser || !strings.Contains(strings.Join(got.header["X-Outlocal-Hint"], ""), "users/ADDRESS") {
			t.Errorf("me of an app itself at %s: %s, %v", path, got.body, got.header)
		}
	}
	for _, who := range [][]string{user, app} {
		w.must(201, "POST", "/api/v2.0/me/subscriptions", w.finalBody(), who...)
	}
}

// What the envelope looks like, and what else may come.
//
// rules: W6.1-06 W6.2-02 W6.4-05 W6.3-16 R9 W8.3-03
func TestRequestsOfAllKinds(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		name, method, path, body string
		header                   []string
		status                   int
		code                     string
	}{
		{"an unknown segment in Graph", "GET", "/v1.0/me/mails", "", nil, 400, "BadRequest"},
		{"an unknown segment in Outlook", "GET", "/api/v2.0/me/mails", "", nil, 400, "RequestBroker-ParseUri"},
		{"a broken escape", "GET", "/v1.0/users('ann)/messages", "", nil, 400, "RequestBroker--ParseUri"},
		{"nothing served there", "GET", "/v2.0/me", "", nil, 404, "BadRequest"},
		{"a list of messages", "GET", "/v1.0/me/messages", "", nil, 501, "NotImplemented"},
		{"a batch", "POST", "/api/v2.0/$batch", "{}", nil, 501, "NotImplemented"},
		{"me", "GET", "/v1.0/me", "", nil, 501, "NotImplemented"},
		{"PUT", "PUT", "/v1.0/subscriptions", "{}", nil, 405, "Request_BadRequest"},
		{"XML", "POST", "/v1.0/subscriptions", "<x/>", []string{"Content-Type", "text/xml"}, 415, "InvalidRequest"},
		{"an unknown encoding", "POST", "/v1.0/subscriptions", "{}", []string{"Content-Encoding", "br"}, 415, "InvalidRequest"},
		{"broken gzip", "POST", "/v1.0/subscriptions", "{}", []string{"Content-Encoding", "gzip"}, 400, "InvalidRequest"},
		{"over the cap", "POST", "/v1.0/subscriptions", `{"x":"` + strings.Repeat("x", 4<<20) + `"}`, nil, 413, "InvalidRequest"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := w.must(tt.status, tt.method, tt.path, tt.body, tt.header...)
			if got.code() != tt.code || got.message() == "" || !strings.HasPrefix(got.header.Get("Content-Type"), "application/json") || len(got.header["request-id"]) != 1 {
				t.Errorf("answered %s, %v", got.body, got.header)
			}
		})
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write([]byte(w.graphBody()))
	z.Close()
	w.must(201, "POST", "/v1.0/subscriptions", zipped.String(), "Content-Encoding", "gzip")

	echoed := w.do("GET", "/api/v2.0/me/subscriptions/x", "", "client-request-id", "mine", "return-client-request-id", "true")
	silent := w.do("GET", "/api/v2.0/me/subscriptions/x", "", "client-request-id", "mine")
	if len(echoed.header["client-request-id"]) != 1 || len(silent.header["client-request-id"]) != 0 {
		t.Errorf("Outlook echoes %v when asked, %v when not", echoed.header, silent.header)
	}
}

// Lenient reading is for who copies from the service's old pages.
//
// rules: W1.2-09
func TestLenient(t *testing.T) {
	printed := `{ @odata.type:"#Microsoft.OutlookServices.PushSubscription", Resource: "https://outlook.office.com/api/v2.0/me/messages", NotificationURL: "` + emulatortest.WebhookURL + `", ChangeType: "Created" }`
	newWorld(t).must(400, "POST", "/api/v2.0/me/subscriptions", printed)
	lenient := newWorld(t, func(c *emulatortest.Config) { c.Lenient = true })
	lenient.must(201, "POST", "/api/v2.0/me/subscriptions", printed)
}

// Expirations: clamped in Outlook, raised in Graph, and ending deliveries.
//
// rules: W1.6-02 W1.6-03 W1.6-04 W1.6-09 W1.6-10 W6.3-15 W10-34
func TestExpirations(t *testing.T) {
	w := newWorld(t)
	long := w.must(201, "POST", "/api/v2.0/me/subscriptions", w.finalBody("SubscriptionExpirationDateTime", `"`+w.in(99*24*time.Hour)+`"`))
	if left := w.left(long.text("SubscriptionExpirationDateTime")); left < 6*24*time.Hour || left > 7*24*time.Hour {
		t.Errorf("lives for %v", left)
	}
	rich := w.must(201, "POST", "/api/v2.0/me/subscriptions", w.finalBody("Resource", `"https://outlook.office.com/api/v2.0/me/messages?$select=Subject"`))
	if left := w.left(rich.text("SubscriptionExpirationDateTime")); left > 24*time.Hour {
		t.Errorf("a rich one lives for %v", left)
	}
	short := w.must(201, "POST", "/v1.0/subscriptions", w.graphBody("expirationDateTime", `"`+w.in(-time.Hour)+`"`))
	if left := w.left(short.text("expirationDateTime")); left < 44*time.Minute || left > 45*time.Minute {
		t.Errorf("a past one lives for %v", left)
	}
	id := short.text("id")
	w.advance(30 * time.Minute)
	w.must(400, "PATCH", "/v1.0/subscriptions/"+id, `{"expirationDateTime":"`+w.in(10071*time.Minute)+`"}`)
	w.must(200, "PATCH", "/v1.0/subscriptions/"+id, `{"expirationDateTime":"`+w.in(10069*time.Minute)+`"}`)
	w.advance(10069 * time.Minute)
	w.wait(journal.Expired, 1)
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		w.must(404, method, "/v1.0/subscriptions/"+id, `{"expirationDateTime":"`+w.in(time.Hour)+`"}`)
	}
	if got := w.must(404, "POST", "/v1.0/subscriptions/"+id+"/reauthorize", ""); got.code() != "ResourceNotFound" {
		t.Errorf("reauthorize: %s", got.body)
	}
}

func (w *world) left(expires string) time.Duration {
	w.t.Helper()
	at, err := dialect.ParseDate(expires)
	if err != nil {
		w.t.Fatal(err)
	}
	return at.Sub(w.Now())
}

// A PATCH with another URL asks that one first.
//
// rules: W1.4-03 W10-04 W2.1-15
func TestRepoint(t *testing.T) {
	w := newWorld(t)
	id := w.must(201, "POST", "/v1.0/subscriptions", w.graphBody()).text("id")
	w.must(200, "PATCH", "/v1.0/subscriptions/"+id, `{"expirationDateTime":"`+w.in(time.Hour)+`"}`)
	if n := len(w.hook.handshakes()); n != 1 {
		t.Errorf("a renewal brought %d handshakes", n-1)
	}
	w.hook.answers(func(rw http.ResponseWriter, _ *http.Request) bool {
		rw.WriteHeader(http.StatusInternalServerError)
		return true
	})
	w.must(400, "PATCH", "/v1.0/subscriptions/"+id, `{"notificationUrl":"https://webhook.test/other"}`)
	if read := w.must(200, "GET", "/v1.0/subscriptions/"+id, ""); read.text("notificationUrl") != emulatortest.WebhookURL {
		t.Errorf("moved to a URL that failed: %s", read.body)
	}
	w.hook.answers(nil)
	moved := w.must(200, "PATCH", "/v1.0/subscriptions/"+id, `{"notificationUrl":"https://webhook.test/other"}`)
	if moved.text("notificationUrl") != "https://webhook.test/other" {
		t.Errorf("moved %s", moved.body)
	}
	w.wait(journal.Repointed, 1)
}

// What was accepted while a webhook was being asked is not undone by the answer to it.
func TestRenewalDuringRepointing(t *testing.T) {
	w := newWorld(t)
	id := w.must(201, "POST", "/v1.0/subscriptions", w.graphBody()).text("id")
	path := "/v1.0/subscriptions/" + id
	until := w.in(48 * time.Hour)
	w.hook.answers(func(http.ResponseWriter, *http.Request) bool {
		w.must(200, "PATCH", path, `{"expirationDateTime":"`+until+`"}`)
		return false
	})
	w.must(200, "PATCH", path, `{"notificationUrl":"https://webhook.test/other"}`)
	read := w.must(200, "GET", path, "")
	if left := w.left(read.text("expirationDateTime")); left < 47*time.Hour || read.text("notificationUrl") != "https://webhook.test/other" {
		t.Errorf("it lives for %v more: %s", left, read.body)
	}
}

// The quota holds for creations that wait for their webhooks at the same time.
//
// rules: W1.7-01
func TestQuotaOfConcurrentCreations(t *testing.T) {
	w := newWorld(t)
	rows := func(yield func(control.NewSubscription) bool) {
		for i := range 999 {
			if !yield(control.NewSubscription{Mount: "/v1.0", Resource: "me/messages", ChangeType: "created", NotificationURL: emulatortest.WebhookURL, App: fmt.Sprint("app", i)}) {
				return
			}
		}
	}
	if _, err := w.Control.Import(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	arrived, goOn := make(chan struct{}, 3), make(chan struct{})
	w.hook.answers(func(http.ResponseWriter, *http.Request) bool {
		arrived <- struct{}{}
		<-goOn
		return false
	})
	statuses := make(chan int, 3)
	for _, change := range []string{`"created"`, `"updated"`, `"deleted"`} {
		body := w.graphBody("changeType", change)
		go func() { statuses <- w.do("POST", "/v1.0/subscriptions", body).status }()
	}
	for range 3 {
		<-arrived
	}
	close(goOn)
	made := 0
	for range 3 {
		if <-statuses == http.StatusCreated {
			made++
		}
	}
	if made != 1 {
		t.Errorf("%d were made where one had room", made)
	}
}

// Who may only subscribe has no way to the emulator's own listeners.
func TestOwnListenersAreNobodysWebhook(t *testing.T) {
	w := newWorld(t)
	w.Announce(emulator.Addresses{HTTP: "http://127.0.0.1:3650", Control: "http://127.0.0.1:3652", Proxy: "http://127.0.0.1:3655"})
	for _, url := range []string{"http://localhost:3652/stop", "http://127.0.0.1:3650/v1.0/subscriptions", "http://[::1]:3652/reset", "http://localhost:3655/"} {
		got := w.must(400, "POST", "/v1.0/subscriptions", w.graphBody("notificationUrl", `"`+url+`"`))
		if hint := strings.Join(got.header["X-Outlocal-Hint"], ""); !strings.Contains(hint, "emulator itself") {
			t.Errorf("%s: %s, hint %q", url, got.body, hint)
		}
	}
}

// Links repeat the host that the client used, and nothing that is none.
//
// rules: R14
func TestHostsInLinks(t *testing.T) {
	w := newWorld(t)
	for forwarded, want := range map[string]string{"": "http://localhost:3650", "outer.example": "http://outer.example", "a.example, b.example": "http://a.example", `ev"il<b>`: "http://localhost:3650", "a/b": "http://localhost:3650"} {
		got := w.must(200, "GET", "/v1.0/subscriptions", "", "X-Forwarded-Host", forwarded).text("@odata.context")
		if got != want+"/v1.0/$metadata#subscriptions" {
			t.Errorf("forwarded for %q: %s", forwarded, got)
		}
	}
	for _, path := range []string{"/a//b", "/a b", "/\x1b[31m", "v1.0", "/v1.0/"} {
		if err := w.Control.Mount(t.Context(), control.Mount{Path: path, Dialect: "graph-v1.0"}); err == nil {
			t.Errorf("%q was taken as a base path", path)
		}
	}
}

// A browser heeds Strict-Transport-Security over https only, and for all ports of a host: of localhost it would open no http page for a year.
//
// rules: W1.3-24
func TestStrictTransportIsNotForLocalhost(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		host, scheme, want string
	}{
		{"localhost:3651", "https", ""},
		{"127.0.0.1:3651", "https", ""},
		{"localhost:3650", "http", "max-age=31536000"},
		{"graph.microsoft.com", "https", "max-age=31536000"},
	} {
		request := httptest.NewRequest(http.MethodGet, tt.scheme+"://"+tt.host+"/v1.0/subscriptions", nil) // with TLS, by the scheme
		request.Header.Set("Authorization", "Bearer any")
		got := httptest.NewRecorder()
		w.ServeHTTP(got, request)
		if sent := got.Header().Get("Strict-Transport-Security"); got.Code != http.StatusOK || sent != tt.want {
			t.Errorf("%s://%s: %d, %q, want %q", tt.scheme, tt.host, got.Code, sent, tt.want)
		}
	}
}
