package emulator_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/emulator/emulatortest"
	"github.com/outlocal/outlocal/journal"
)

func issued(c *emulatortest.Config) { c.Auth = emulator.IssuedTokens }

// token is what a client puts into Authorization.
func (w *world) token(o control.TokenOrder) string {
	w.t.Helper()
	t, err := w.Control.IssueToken(context.Background(), o)
	if err != nil {
		w.t.Fatalf("issue a token: %v", err)
	}
	return "Bearer " + t.Token
}

// signIn gets a token by a grant, as a program does.
func (w *world) signIn(path string, pairs ...string) string {
	w.t.Helper()
	form := make(url.Values)
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	got := w.do(http.MethodPost, path, form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Authorization", "")
	if got.status != http.StatusOK {
		w.t.Fatalf("POST %s answered %d\n%s", path, got.status, got.body)
	}
	return "Bearer " + got.text("access_token")
}

const clientSecret = "any"

// A program signs in, subscribes with the token, is notified, and reads the item.
func TestSignInAndSubscribe(t *testing.T) {
	t.Parallel()
	w := newWorld(t, issued)
	app := w.signIn("/contoso.com/oauth2/v2.0/token", "grant_type", "client_credentials", "client_id", emulator.DefaultApp,
		"client_secret", clientSecret, "scope", "https://graph.microsoft.com/.default")
	made := w.must(http.StatusCreated, http.MethodPost, "/v1.0/subscriptions", w.graphBody("resource", `"users/user@contoso.com/messages"`), "Authorization", app)
	if made.text("applicationId") != emulator.DefaultApp {
		t.Errorf("the application is %q", made.text("applicationId"))
	}
	raised := w.raise("message.created")
	w.wait(journal.Attempt, 1)
	w.must(http.StatusOK, http.MethodGet, "/v1.0/"+raised.Items[0].Resource, "", "Authorization", app)
	w.must(http.StatusNoContent, http.MethodDelete, "/v1.0/subscriptions/"+made.text("id"), "", "Authorization", app)

	entries := w.wait(journal.SignIn, 1)
	if e := entries[0]; e.App != emulator.DefaultApp || !strings.Contains(e.Note, "client_credentials") {
		t.Errorf("the sign-in is told as %+v", e)
	}
	for _, e := range entries {
		told, err := json.Marshal(e.Masked())
		if err != nil || strings.Contains(string(told), strings.TrimPrefix(app, "Bearer ")) {
			t.Errorf("the journal tells the token: %s", told)
		}
	}
}

// What is told of who signs in counts against the journal's limits: else requests could fill the machine's memory with it.
func TestSignInsCountInTheJournal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const length = 50_000
	before := w.Journal().Stats().BodyBytes
	form := url.Values{"grant_type": {strings.Repeat("g", length)}, "client_id": {strings.Repeat("c", length)}}.Encode()
	w.do(http.MethodPost, "/common/oauth2/v2.0/token", form, "Content-Type", "application/x-www-form-urlencoded")
	w.wait(journal.SignIn, 1)
	// The grant stands in the note, twice, as in the data: by itself, and in the refusal.
	if grown := w.Journal().Stats().BodyBytes - before; grown < 5*length {
		t.Errorf("the journal reckons with %d bytes, want at least %d", grown, 5*length)
	}
}

func TestIssuedTokensOnly(t *testing.T) {
	t.Parallel()
	w, other := newWorld(t, issued), newWorld(t)
	graph, outlook := w.token(control.TokenOrder{}), w.token(control.TokenOrder{Resource: "outlook"})
	parts := strings.Split(graph, ".")
	const (
		onGraph   = "/v1.0/subscriptions"
		onOutlook = "/api/v2.0/me/subscriptions"
	)
	for _, tc := range []struct {
		about, rules, path, token string
		message, hint             string // empty for one that is taken
	}{
		{"a good one", "", onGraph, graph, "", ""},
		{"a good one for Outlook", "", onOutlook, outlook, "", ""},
		{"none", "rules: W6.3-11", onGraph, "", "Access token is empty.", "outlocal token"},
		{"any", "rules: W6.3-12 W10-40", onGraph, "Bearer any", "CompactToken parsing failed with error code: 80049217", "--auth issued"},
		{"one of another emulator", "rules: W10-40", onGraph, other.token(control.TokenOrder{}), "Access token validation failure.", "another emulator"},
		{"one whose signature is cut off", "", onGraph, parts[0] + "." + parts[1] + ".", "Access token validation failure.", "not signed by this emulator"},
		{"one that has expired", "rules: W6.3-12 W10-40", onGraph, w.token(control.TokenOrder{Expired: true}), "Lifetime validation failed, the token is expired.", "wall clock"},
		{"Outlook's on Graph", "rules: W8.1-09 W6.3-12 W10-40", onGraph, outlook, "Access token validation failure. Invalid audience.", "https://graph.microsoft.com/.default"},
		{"Graph's on Outlook", "rules: W8.1-09 W10-40", onOutlook, graph, "Access token validation failure. Invalid audience.", "https://outlook.office.com/.default"},
		{"for something else", "", onGraph, w.token(control.TokenOrder{Resource: "api://" + emulator.DefaultApp}), "Access token validation failure. Invalid audience.", "api://"},
	} {
		t.Run(tc.about, func(t *testing.T) {
			w := *w
			w.t = t
			body := w.graphBody("resource", `"me/contacts"`)
			if tc.path == onOutlook {
				body = w.finalBody()
			}
			got := w.do(http.MethodPost, tc.path, body, "Authorization", tc.token)
			if tc.message == "" {
				if got.status != http.StatusCreated {
					t.Errorf("got %d %s", got.status, got.body)
				}
				return
			}
			if got.status != http.StatusUnauthorized || got.code() != "InvalidAuthenticationToken" || got.message() != tc.message {
				t.Errorf("got %d %s, want %q", got.status, got.body, tc.message)
			}
			if hint := got.header["X-Outlocal-Hint"]; len(hint) != 1 || !strings.Contains(hint[0], tc.hint) {
				t.Errorf("the hint is %q, want %q in it", hint, tc.hint)
			}
			if !strings.HasPrefix(got.header["WWW-Authenticate"][0], "Bearer ") {
				t.Errorf("WWW-Authenticate is %q", got.header["WWW-Authenticate"])
			}
		})
	}
}

// An application's own token is good for Outlook's API only if a certificate proved who it is.
func TestOutlookWantsCertificates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, issued)
	weak := w.signIn("/common/oauth2/token", "grant_type", "client_credentials", "client_id", emulator.DefaultApp, "client_secret", clientSecret, "resource", "https://outlook.office365.com")
	body := w.finalBody("Resource", `"https://outlook.office.com/api/v2.0/users/user@contoso.com/messages"`)
	got := w.do(http.MethodPost, "/api/v2.0/users/user@contoso.com/subscriptions", body, "Authorization", weak)
	if got.status != http.StatusUnauthorized || !strings.HasPrefix(got.header["x-ms-diagnostics"][0], "2000010;") {
		t.Errorf("got %d %s %v", got.status, got.body, got.header)
	}
	strong := w.token(control.TokenOrder{AppOnly: true, Resource: "outlook"})
	w.must(http.StatusCreated, http.MethodPost, "/api/v2.0/users/user@contoso.com/subscriptions", body, "Authorization", strong)
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, issued)
	item := map[string]string{}
	for _, collection := range []string{"message", "event", "contact", "task"} {
		raised := w.Change(control.Change{Change: "created", Collection: collection})
		item[collection] = strings.SplitN(raised.Items[0].Resource, "/", 3)[2] // below the user
	}
	for _, tc := range []struct {
		rules      string
		collection string
		app        bool
		scope      string
		watch      bool
		read       bool
	}{
		{"rules: W1.8-02", "message", false, "Mail.Read", true, true},
		{"rules: W1.8-02", "message", false, "Mail.ReadBasic", true, true},
		{"rules: W1.8-02", "message", false, "mail.readwrite", true, true},
		{"rules: W1.8-02", "message", false, "Mail.ReadBasic.All", false, false},
		{"rules: W1.8-02", "message", false, "Calendars.Read", false, false},
		{"rules: W1.8-02", "message", false, "Mail.Read.Shared", false, false},
		{"rules: W1.8-02", "message", true, "Mail.Read", true, true},
		{"rules: W1.8-02", "message", true, "Mail.ReadBasic.All", true, true},
		{"rules: W1.8-02", "message", true, "Calendars.Read", false, false},
		{"rules: W1.8-02", "event", false, "Calendars.Read", true, true},
		{"rules: W1.8-02", "event", false, "Calendars.ReadBasic", false, true},
		{"rules: W1.8-02", "event", true, "Calendars.ReadWrite", true, true},
		{"rules: W1.8-02", "event", false, "Mail.Read", false, false},
		{"rules: W1.8-02", "contact", false, "Contacts.Read", true, true},
		{"rules: W1.8-02", "contact", true, "Mail.Read", false, false},
	} {
		checkPermission(t, w, "/v1.0", tc.collection, control.TokenOrder{AppOnly: tc.app, Scopes: []string{tc.scope}}, tc.watch, tc.read, item[tc.collection])
	}
	outlook := map[string]string{"message": "mail.read", "event": "calendars.read", "contact": "contacts.read", "task": "tasks.read"} // rules: W1.8-01
	for collection, scope := range outlook {
		for _, s := range outlook {
			checkPermission(t, w, "/api/v2.0", collection, control.TokenOrder{Resource: "outlook", Scopes: []string{s}}, s == scope, s == scope, item[collection])
		}
	}
}

func checkPermission(t *testing.T, w *world, mount, collection string, o control.TokenOrder, watch, read bool, item string) {
	t.Helper()
	token := w.token(o)
	owner, path := "me", mount+"/subscriptions"
	if o.AppOnly {
		owner = "users/" + emulator.DefaultUser
	}
	body := w.graphBody("resource", `"`+owner+"/"+collection+`s"`)
	if mount != "/v1.0" {
		path = mount + "/me/subscriptions"
		body = w.finalBody("Resource", `"https://outlook.office.com/api/v2.0/me/`+collection+`s"`)
	}
	about := mount + " " + collection + " with " + strings.Join(o.Scopes, " ")
	got := w.do(http.MethodPost, path, body, "Authorization", token)
	switch {
	case watch != (got.status == http.StatusCreated):
		t.Errorf("%s: to watch was answered %d %s", about, got.status, got.body)
	case !watch && mount == "/v1.0" && (got.status != http.StatusForbidden || got.code() != "ExtensionError" || // rules: W6.3-13
		got.message() != "Operation: Create; Exception: [Status Code: Forbidden; Reason: Forbidden]"):
		t.Errorf("%s: to watch was refused with %d %s", about, got.status, got.body)
	case !watch && mount != "/v1.0" && (got.status != http.StatusForbidden || got.code() != "ErrorAccessDenied" || // rules: W6.2-06
		got.message() != "Access is denied. Check credentials and try again."):
		t.Errorf("%s: to watch was refused with %d %s", about, got.status, got.body)
	case !watch && !strings.Contains(got.header["X-Outlocal-Hint"][0], o.Scopes[0]):
		t.Errorf("%s: the hint is %q", about, got.header["X-Outlocal-Hint"])
	}
	if got.status == http.StatusCreated { // the next row watches the same
		if _, err := w.Control.RemoveSubscriptions(context.Background(), control.Selector{}); err != nil {
			t.Fatal(err)
		}
	}
	got = w.do(http.MethodGet, mount+"/"+owner+"/"+item, "", "Authorization", token)
	if read != (got.status == http.StatusOK) || !read && (got.status != http.StatusForbidden || got.code() != "ErrorAccessDenied") {
		t.Errorf("%s: to read was answered %d %s", about, got.status, got.body)
	}
}

// What a token does not permit to watch, it does not permit to renew either.
func TestRenewalAsksForThePermissionAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, issued)
	made := w.must(http.StatusCreated, http.MethodPost, "/v1.0/subscriptions", w.graphBody(), "Authorization", w.token(control.TokenOrder{}))
	renewal := `{"expirationDateTime":"` + w.in(2*time.Hour) + `"}`
	less := w.token(control.TokenOrder{Scopes: []string{"Contacts.Read"}})
	path := "/v1.0/subscriptions/" + made.text("id")
	got := w.do(http.MethodPatch, path, renewal, "Authorization", less)
	if got.status != http.StatusForbidden || got.code() != "ErrorAccessDenied" { // rules: W6.3-13
		t.Errorf("renewal: got %d %s", got.status, got.body)
	}
	if got := w.do(http.MethodPost, path+"/reauthorize", "", "Authorization", less); got.status != http.StatusForbidden {
		t.Errorf("reauthorization: got %d %s", got.status, got.body)
	}
	w.must(http.StatusOK, http.MethodPatch, path, renewal, "Authorization", w.token(control.TokenOrder{Scopes: []string{"Mail.Read"}}))
}

// Tokens are dated on the wall clock: who reads them has no other.
func TestAdvancingTimeAgesNoToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, issued)
	before := w.token(control.TokenOrder{})
	w.advance(48 * time.Hour)
	w.must(http.StatusOK, http.MethodGet, "/v1.0/subscriptions", "", "Authorization", before)
	w.must(http.StatusOK, http.MethodGet, "/v1.0/subscriptions", "", "Authorization", w.token(control.TokenOrder{}))
}

// Who sends no token hears why that may be.
//
// rules: W8.3-04
func TestHintsOnMissingTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tc := range []struct {
		about  string
		header []string
		want   string
	}{
		{"the JavaScript SDK over http", []string{"SdkVersion", "graph-js/3.0.7 (featureUsage=6)"}, "attaches no token over http"},
		{"the JavaScript SDK over https", []string{"SdkVersion", "graph-js/3.0.7", "X-Forwarded-Proto", "https"}, "without the port, in customHosts"},
		{"kiota over http", []string{"User-Agent", "Go-http-client/1.1 kiota-go/1.5.4"}, "to localhost, 127.0.0.1 and [::1] only"},
		{"kiota over https", []string{"User-Agent", "kiota-typescript/1.0.0", "X-Forwarded-Proto", "https"}, "not among its valid hosts"},
		{"the SDK for Go", []string{"SdkVersion", "graph-go/1.89.0, graph-go-core/1.3.2", "X-Forwarded-Proto", "https"}, "not among its valid hosts"},
		{"a browser", []string{"User-Agent", "Mozilla/5.0"}, "any token will do"},
		{"another scheme", []string{"Authorization", "Basic eDp5"}, "is not of that form"},
	} {
		got := w.do(http.MethodGet, "/v1.0/subscriptions", "", append([]string{"Authorization", ""}, tc.header...)...)
		if hint := got.header["X-Outlocal-Hint"]; got.status != http.StatusUnauthorized || len(hint) != 1 || !strings.Contains(hint[0], tc.want) {
			t.Errorf("%s: got %d, hint %q", tc.about, got.status, hint)
		}
	}
}

// rules: R16
func TestClaimsChallenge(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ path, client string }{
		{"/v1.0/subscriptions", "00000003-0000-0000-c000-000000000000"},
		{"/api/v2.0/me/messages/x", "00000002-0000-0ff1-ce00-000000000000"},
	} {
		w := newWorld(t)
		if _, err := w.Control.AddFaults(context.Background(), control.Selector{}, "claims-challenge:next=1"); err != nil {
			t.Fatal(err)
		}
		got := w.do(http.MethodGet, tc.path, "")
		said := got.header["WWW-Authenticate"]
		if got.status != http.StatusUnauthorized || len(said) != 1 || !strings.Contains(said[0], `client_id="`+tc.client+`"`) ||
			strings.Count(said[0], "error=") != 1 || !strings.Contains(said[0], `error="insufficient_claims", claims="`) {
			t.Fatalf("got %d %s %q", got.status, got.body, said)
		}
		_, claims, _ := strings.Cut(said[0], `claims="`)
		decoded, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(claims, `"`))
		var asked struct {
			Access struct {
				NotBefore struct {
					Essential bool   `json:"essential"`
					Value     string `json:"value"`
				} `json:"nbf"`
			} `json:"access_token"`
		}
		if err != nil || json.Unmarshal(decoded, &asked) != nil || !asked.Access.NotBefore.Essential || asked.Access.NotBefore.Value == "" {
			t.Fatalf("the claims are %s", decoded)
		}
		// What is asked for can be handed on to the authority.
		w.signIn("/common/oauth2/v2.0/token", "grant_type", "client_credentials", "client_id", emulator.DefaultApp, "client_secret", clientSecret,
			"scope", "https://graph.microsoft.com/.default", "claims", string(decoded))
		if again := w.do(http.MethodGet, tc.path, ""); again.status == http.StatusUnauthorized {
			t.Errorf("the second time: %d %s", again.status, again.body)
		}
	}
}

func TestIssueToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	got, err := w.Control.IssueToken(ctx, control.TokenOrder{User: "ann@contoso.com", Scopes: []string{"Mail.Read"}, Lifetime: control.Duration(5 * time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	if got.Token == "" || time.Until(got.Expires) > 5*time.Minute || time.Until(got.Expires) < 4*time.Minute {
		t.Errorf("it expires at %v", got.Expires)
	}
	got.Token, got.Expires = "", time.Time{}
	want := control.IssuedToken{App: emulator.DefaultApp, User: "ann@contoso.com", Tenant: emulator.DefaultTenant, Audience: "https://graph.microsoft.com", Scopes: []string{"Mail.Read"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for about, o := range map[string]control.TokenOrder{
		"an application's own for a user": {AppOnly: true, User: "ann@contoso.com"}, "an application's own for an administrator": {AppOnly: true, Admin: true},
		"a negative lifetime": {Lifetime: -1}, "an application that is no GUID": {App: "my-app"}, "a tenant that is no GUID": {Tenant: "contoso.com"}, "nobody": {User: "nobody"},
	} {
		if _, err := w.Control.IssueToken(ctx, o); err == nil {
			t.Errorf("%s: a token was issued", about)
		}
	}
}

func TestAppsOfConfig(t *testing.T) {
	t.Parallel()
	const id = emulator.DefaultApp
	for about, apps := range map[string][]emulator.App{
		"no GUID": {{ID: "my-app", Secret: "s"}}, "no credential": {{ID: id}}, "a secret that is never taken": {{ID: id, Secret: emulator.WrongSecret}},
		"twice": {{ID: id, Secret: "s"}, {ID: strings.ToUpper(id), Secret: "t"}},
	} {
		if server, err := emulator.New(emulator.Config{Apps: apps}); err == nil {
			server.Close()
			t.Errorf("%s: it was taken", about)
		}
	}
	w := newWorld(t, func(c *emulatortest.Config) { c.Apps = []emulator.App{{ID: id, Secret: "s3cret"}} })
	got := w.do(http.MethodPost, "/common/oauth2/v2.0/token", "grant_type=client_credentials&scope=https://graph.microsoft.com/.default&client_secret=any&client_id="+id,
		"Content-Type", "application/x-www-form-urlencoded")
	if got.status != http.StatusUnauthorized || got.text("error") != "invalid_client" {
		t.Errorf("another secret: got %d %s", got.status, got.body)
	}
}

// The authority stands beside the base paths and takes nothing away from them.
func TestPathsOfTheAuthority(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *emulatortest.Config) {
		c.SignIn = emulator.SignInByPage
		c.Serve = append(emulator.DefaultMounts(), emulator.Mount{Path: "/taken", Dialect: "graph-v1.0"})
	})
	get := func(path string) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "https://localhost:3651"+path, nil))
		return rec
	}
	if got := get("/common/v2.0/.well-known/openid-configuration"); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), `"issuer":"https://localhost:3651/{tenantid}/v2.0"`) {
		t.Errorf("got %d %s", got.Code, got.Body)
	}
	if got := get("/taken/discovery/keys"); got.Code != http.StatusUnauthorized {
		t.Errorf("under a base path: got %d %s", got.Code, got.Body)
	}
	if got := get("/common/oauth2/v2.0/tokens"); got.Code != http.StatusNotFound || !strings.Contains(got.Header()["X-Outlocal-Hint"][0], "/common/oauth2/v2.0/token") {
		t.Errorf("where nothing is: got %d %v", got.Code, got.Header())
	}
	page := get("/common/oauth2/v2.0/authorize?client_id=" + emulator.DefaultApp + "&response_type=code&scope=openid&redirect_uri=http://localhost/cb")
	if page.Code != http.StatusOK || !strings.Contains(page.Body.String(), emulator.DefaultUser) {
		t.Errorf("the page: got %d %s", page.Code, page.Body)
	}
}
