package emulator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/emulatortest"
)

// Whatever is answered, it says which request it answers and when, in the emulator's own time; an error says so in its body too, in Graph.
//
// rules: W1.3-23 W6.1-01 W6.1-02 W6.1-03 W6.1-06 W6.1-07 R12
func TestHeadersOfEveryAnswer(t *testing.T) {
	w := newWorld(t, throttling(dialect.Throttling{Mailbox: dialect.Limit{Most: 100, Within: time.Hour}}), func(c *emulatortest.Config) {
		c.Faults = parsed(t, "outage:mailbox=out@contoso.com", "throttle:mailbox=busy@contoso.com")
	})
	w.advance(90 * 24 * time.Hour) // so that no other clock is taken for the emulator's
	graph := w.must(http.StatusCreated, "POST", "/v1.0/subscriptions", w.graphBody()).text("id")
	outlook := w.must(http.StatusCreated, "POST", "/api/v2.0/me/subscriptions", w.finalBody()).text("Id")
	for _, tt := range []struct {
		name, method, path, body string
		status                   int
		header                   []string
	}{
		{"created", "POST", "/v1.0/subscriptions", w.graphBody("resource", `"me/events"`), 201, nil},
		{"read", "GET", "/v1.0/subscriptions/" + graph, "", 200, nil},
		{"listed", "GET", "/beta/subscriptions", "", 200, nil},
		{"reauthorized", "POST", "/v1.0/subscriptions/" + graph + "/reauthorize", "", 204, nil},
		{"a batch", "POST", "/v1.0/$batch", batchOf(get("1", "/me")), 200, nil},
		{"a wrong body", "POST", "/v1.0/subscriptions", "{", 400, nil},
		{"no token", "GET", "/v1.0/subscriptions", "", 401, []string{"Authorization", ""}},
		{"none there", "GET", "/v1.0/subscriptions/x", "", 404, nil},
		{"nowhere", "GET", "/v9/me", "", 404, nil},
		{"another method", "PUT", "/v1.0/subscriptions", "{}", 405, nil},
		{"a duplicate", "POST", "/v1.0/subscriptions", w.graphBody(), 409, nil},
		{"another type", "POST", "/v1.0/subscriptions", "x", 415, []string{"Content-Type", "text/plain"}},
		{"throttled", "GET", "/v1.0/users/busy@contoso.com/messages/x", "", 429, nil},
		{"not emulated", "GET", "/v1.0/me/messages", "", 501, nil},
		{"a delta query, which is no item", "GET", "/v1.0/me/mailFolders/inbox/messages/delta", "", 501, nil},
		{"out of order", "GET", "/v1.0/users/out@contoso.com/messages/x", "", 503, nil},
		{"Outlook: created", "POST", "/api/v2.0/me/subscriptions", w.finalBody(), 201, nil},
		{"Outlook: read", "GET", "/api/v2.0/me/subscriptions/" + outlook, "", 200, nil},
		{"Outlook: a wrong body", "POST", "/api/v2.0/me/subscriptions", "{", 400, nil},
		{"Outlook: no token", "GET", "/api/v2.0/me/subscriptions/x", "", 401, []string{"Authorization", ""}},
		{"Outlook: none there", "GET", "/api/v2.0/me/subscriptions/x", "", 404, nil},
		{"Outlook: throttled", "GET", "/api/v2.0/users/busy@contoso.com/messages/x", "", 429, nil},
		{"Outlook: not emulated", "GET", "/api/v2.0/me/messages", "", 501, nil},
		{"Outlook: deleted", "DELETE", "/api/v2.0/me/subscriptions/" + outlook, "", 204, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := *w
			w.t = t
			for _, mine := range []string{"", "mine"} {
				if mine != "" && (tt.status == 201 && tt.path == "/v1.0/subscriptions" || tt.method == "DELETE") {
					continue // what was made or deleted can't be again
				}
				header := tt.header
				if mine != "" {
					header = append(header[:len(header):len(header)], "client-request-id", mine, "return-client-request-id", "true")
				}
				got := w.must(tt.status, tt.method, tt.path, tt.body, header...)
				checkIDs(t, got, strings.HasPrefix(tt.path, "/api/"), mine)
				date, err := http.ParseTime(strings.Join(got.header["Date"], ""))
				if ahead := w.Now().Sub(date); err != nil || ahead < 0 || ahead > time.Minute {
					t.Errorf("dated %s, and it is %s", got.header["Date"], w.Now())
				}
				if _, odata := got.header["OData-Version"]; odata != (tt.status != http.StatusNoContent) || odata && !strings.HasPrefix(got.header.Get("Content-Type"), "application/json") {
					t.Errorf("OData-Version %s, Content-Type %s", got.header["OData-Version"], got.header["Content-Type"])
				}
			}
		})
	}
	if silent := w.must(http.StatusNotFound, "GET", "/api/v2.0/me/subscriptions/x", "", "client-request-id", "mine"); silent.header["client-request-id"] != nil {
		t.Errorf("Outlook repeats %s to who did not ask for it", silent.header["client-request-id"])
	}
}

// checkIDs looks at the ids of an answer, in its header and in its body.
func checkIDs(t *testing.T, got reply, outlook bool, mine string) {
	t.Helper()
	request, client := strings.Join(got.header["request-id"], "|"), strings.Join(got.header["client-request-id"], "|")
	want := mine
	if mine == "" && !outlook {
		want = request
	}
	if !guid.MatchString(request) || client != want {
		t.Errorf("request-id %q, client-request-id %q, want %q", request, client, want)
	}
	var diagnostic struct {
		ServerInfo struct{ DataCenter, Slice, Ring, ScaleUnit, RoleInstance string }
	}
	machine := strings.Join(got.header["x-ms-ags-diagnostic"], "|")
	if err := json.Unmarshal([]byte(machine), &diagnostic); (err != nil || diagnostic.ServerInfo.RoleInstance == "") != outlook {
		t.Errorf("x-ms-ags-diagnostic %q", machine)
	}
	refusal, refused := got.fields["error"].(map[string]any)
	inner, told := refusal["innerError"].(map[string]any)
	if told != (refused && !outlook) {
		t.Errorf("the error is %s", got.body)
	}
	if !told {
		return
	}
	date, _ := inner["date"].(string)
	at, err := time.Parse("2006-01-02T15:04:05", date)
	sent, _ := http.ParseTime(strings.Join(got.header["Date"], ""))
	if inner["request-id"] != request || inner["client-request-id"] != client || err != nil || sent.Sub(at).Abs() > time.Second {
		t.Errorf("the error is %s, its header %v", got.body, got.header)
	}
}
