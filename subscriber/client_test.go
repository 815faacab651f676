package subscriber_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/subscriber"
)

// now is what time it is at the service.
func now() time.Time { return time.Date(2015, 10, 24, 18, 40, 0, 500_000_000, time.UTC) }

const token = "secret-token"

// seen is one request as the service got it, its own origin written as BASE.
type seen struct {
	Method, URI, ContentType, Body string
}

// service answers each request with what it is told to, and notes it.
type service struct {
	*httptest.Server
	requests []seen
	answer   func(w http.ResponseWriter, r *http.Request)
}

func start(t *testing.T, answer func(w http.ResponseWriter, r *http.Request)) *service {
	t.Helper()
	s := &service{answer: answer}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if got := r.Header.Get("Authorization"); got != "Bearer "+token {
			t.Errorf("Authorization is %q", got)
		}
		s.requests = append(s.requests, seen{r.Method, r.RequestURI, r.Header.Get("Content-Type"), strings.ReplaceAll(string(body), s.URL, "BASE")})
		s.answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *service) client(d *dialect.Dialect) *subscriber.Client {
	return &subscriber.Client{BaseURL: s.URL, Dialect: d, Token: token, HTTP: s.Client(), Now: now}
}

func answering(status int, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// create, renew and so on call one method and forget what it returns.
func create(r subscriber.Request) func(*subscriber.Client) error {
	return func(c *subscriber.Client) error { _, err := c.Create(context.Background(), r); return err }
}

func renew(id string, r subscriber.Renewal) func(*subscriber.Client) error {
	return func(c *subscriber.Client) error { _, err := c.Renew(context.Background(), id, r); return err }
}

func get(id string) func(*subscriber.Client) error {
	return func(c *subscriber.Client) error { _, err := c.Get(context.Background(), id); return err }
}

func repoint(id, url string) func(*subscriber.Client) error {
	return func(c *subscriber.Client) error { _, err := c.Repoint(context.Background(), id, url); return err }
}

func remove(id string) func(*subscriber.Client) error {
	return func(c *subscriber.Client) error { return c.Delete(context.Background(), id) }
}

func reauthorize(id string) func(*subscriber.Client) error {
	return func(c *subscriber.Client) error { return c.Reauthorize(context.Background(), id) }
}

func list(c *subscriber.Client) error { _, err := c.List(context.Background()); return err }

func inbox() subscriber.Request {
	return subscriber.Request{
		Resource: "me/mailFolders('inbox')/messages", Changes: notify.Created | notify.Updated,
		NotificationURL: "https://hook.example/cb?code=a&b=1", ClientState: "s3cret", For: time.Hour,
	}
}

func TestRequests(t *testing.T) {
	const json = "application/json"
	preview := inbox()
	preview.For = 0
	rich := inbox()
	rich.LifecycleURL, rich.For, rich.Expires = "https://hook.example/life", 0, time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	plain := subscriber.Request{Resource: "/me/events", Changes: notify.Deleted, NotificationURL: "https://hook.example/cb"}
	encrypted := subscriber.Request{
		Resource: "me/messages?$select=subject", Changes: notify.Created, NotificationURL: "https://hook.example/cb",
		Certificate: "MIIB", CertificateID: "true", // which is a text all the same
	}

	for _, test := range []struct {
		name    string
		dialect *dialect.Dialect
		user    string
		do      func(*subscriber.Client) error
		want    seen
		rules   string
	}{
		{"legacy create", dialect.OutlookLegacy, "", create(inbox()), seen{"POST", "/api/beta/me/subscriptions", json,
			`{"@odata.type":"#Microsoft.OutlookServices.PushSubscription","ResourceURL":"BASE/api/beta/me/folders('inbox')/messages","ChangeType":"Created,Updated",` +
				`"ClientState":"s3cret","CallbackURL":"https://hook.example/cb?code=a&b=1","ExpirationTime":"2015-10-24T19:40:00.5Z"}`},
			"rules: W1.1-01 W1.2-01 W1.2-03"},
		{"interim create", dialect.OutlookInterim, "", create(inbox()), seen{"POST", "/api/beta/me/subscriptions", json,
			`{"@odata.type":"#Microsoft.OutlookServices.PushSubscription","resource":"BASE/api/beta/me/folders('inbox')/messages","changeType":"Created,Updated",` +
				`"context":"s3cret","notificationURL":"https://hook.example/cb?code=a&b=1","subscriptionExpirationDateTime":"2015-10-24T19:40:00.5Z"}`},
			"rules: W1.2-01 W1.2-04"},
		{"final create for another user", dialect.OutlookFinal, "ann@contoso.com", create(inbox()), seen{"POST", "/api/v2.0/users/ann@contoso.com/subscriptions", json,
			`{"@odata.type":"#Microsoft.OutlookServices.PushSubscription","Resource":"BASE/api/v2.0/users/ann@contoso.com/mailFolders('inbox')/messages","ChangeType":"Created,Updated",` +
				`"ClientState":"s3cret","NotificationURL":"https://hook.example/cb?code=a&b=1","SubscriptionExpirationDateTime":"2015-10-24T19:40:00.5Z"}`},
			"rules: W1.1-01 W1.1-02 W1.2-01 W1.2-05 W1.3-11"},
		{"final create leaves the expiry to the service", dialect.OutlookFinal, "", create(plain), seen{"POST", "/api/v2.0/me/subscriptions", json,
			`{"@odata.type":"#Microsoft.OutlookServices.PushSubscription","Resource":"BASE/api/v2.0/me/events","ChangeType":"Deleted","NotificationURL":"https://hook.example/cb"}`},
			"rules: W1.3-10"},
		{"preview create", dialect.GraphPreview, "", create(preview), seen{"POST", "/beta/subscriptions", json,
			`{"resource":"me/mailFolders('inbox')/messages","changeType":"Created,Updated","clientState":"s3cret","notificationUrl":"https://hook.example/cb?code=a&b=1"}`},
			"rules: W1.1-04 W1.2-02 W1.2-06"},
		{"graph create", dialect.GraphV1, "", create(rich), seen{"POST", "/v1.0/subscriptions", json,
			`{"resource":"me/mailFolders('inbox')/messages","changeType":"created,updated","clientState":"s3cret","notificationUrl":"https://hook.example/cb?code=a&b=1",` +
				`"lifecycleNotificationUrl":"https://hook.example/life","expirationDateTime":"2026-01-02T02:04:05Z"}`},
			"rules: W1.1-05 W1.2-02 W1.2-08 W1.4-02 W1.4-06"},
		{"graph create asks for an hour when nothing is said", dialect.GraphV1, "", create(plain), seen{"POST", "/v1.0/subscriptions", json,
			`{"resource":"me/events","changeType":"deleted","notificationUrl":"https://hook.example/cb","expirationDateTime":"2015-10-24T19:40:00.5Z"}`},
			"rules: W1.4-07"},
		{"graph create with encrypted data", dialect.GraphV1, "", create(encrypted), seen{"POST", "/v1.0/subscriptions", json,
			`{"resource":"me/messages?$select=subject","changeType":"created","notificationUrl":"https://hook.example/cb",` +
				`"expirationDateTime":"2015-10-24T19:40:00.5Z","includeResourceData":true,"encryptionCertificate":"MIIB","encryptionCertificateId":"true"}`},
			"rules: W1.4-09"},

		{"outlook get", dialect.OutlookFinal, "", get("QUI="), seen{"GET", "/api/v2.0/me/subscriptions('QUI=')", "", ""}, "rules: W1.1-07 W1.1-20"},
		{"graph get", dialect.GraphBeta, "", get("7f10"), seen{"GET", "/beta/subscriptions/7f10", "", ""}, "rules: W1.1-08"},

		{"legacy renew", dialect.OutlookLegacy, "", renew("QUI=", subscriber.Renewal{}), seen{"POST", "/api/beta/me/subscriptions/QUI=/renew", json, `{}`}, "rules: W1.1-11"},
		{"legacy renew until", dialect.OutlookLegacy, "", renew("QUI=", subscriber.Renewal{For: time.Hour}), seen{"POST", "/api/beta/me/subscriptions/QUI=/renew", json,
			`{"@odata.type":"#Microsoft.OutlookServices.PushSubscription","ExpirationTime":"2015-10-24T19:40:00.5Z"}`}, ""},
		{"interim renew", dialect.OutlookInterim, "", renew("QUI=", subscriber.Renewal{For: time.Hour}), seen{"PATCH", "/api/beta/me/subscriptions('QUI=')", json,
			`{"@odata.type":"#Microsoft.OutlookServices.PushSubscription","subscriptionExpirationDateTime":"2015-10-24T19:40:00.5Z"}`}, "rules: W1.1-12 W1.3-08"},
		{"final renew by the default", dialect.OutlookFinal, "", renew("QUI=", subscriber.Renewal{}), seen{"PATCH", "/api/v2.0/me/subscriptions('QUI=')", json,
			`{"@odata.type":"#Microsoft.OutlookServices.PushSubscription"}`}, "rules: W1.1-12"},
		{"graph renew", dialect.GraphV1, "", renew("7f10", subscriber.Renewal{For: 30 * time.Minute}), seen{"PATCH", "/v1.0/subscriptions/7f10", json,
			`{"expirationDateTime":"2015-10-24T19:10:00.5Z"}`}, "rules: W1.1-14"},

		{"graph repoint", dialect.GraphV1, "", repoint("7f10", "https://new.example/cb"), seen{"PATCH", "/v1.0/subscriptions/7f10", json,
			`{"notificationUrl":"https://new.example/cb"}`}, "rules: W1.4-03"},
		{"graph reauthorize", dialect.GraphV1, "", reauthorize("7f10"), seen{"POST", "/v1.0/subscriptions/7f10/reauthorize", "", ""}, "rules: W1.1-17"},
		{"outlook delete", dialect.OutlookLegacy, "", remove("QUI="), seen{"DELETE", "/api/beta/me/subscriptions('QUI=')", "", ""}, "rules: W1.1-15"},
		{"graph delete", dialect.GraphV1, "", remove("7f10"), seen{"DELETE", "/v1.0/subscriptions/7f10", "", ""}, "rules: W1.1-16"},
		{"graph list", dialect.GraphV1, "", list, seen{"GET", "/v1.0/subscriptions", "", ""}, "rules: W1.1-09"},
		{"an id that is nothing of a path's", dialect.GraphV1, "", remove("../a b?c"), seen{"DELETE", "/v1.0/subscriptions/..%2Fa%20b%3Fc", "", ""}, ""},
		{"an id with a quote", dialect.OutlookFinal, "", remove("a'b"), seen{"DELETE", "/api/v2.0/me/subscriptions('a%27%27b')", "", ""}, "rules: W7.2-09"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, answering(http.StatusNoContent, ""))
			c := s.client(test.dialect)
			c.User = test.user
			_ = test.do(c) // an empty answer is not what most of them need; what was sent is the point
			if diff := cmp.Diff([]seen{test.want}, s.requests); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMountTakesThePlaceOfTheDialectsOwn(t *testing.T) {
	s := start(t, answering(http.StatusNoContent, ""))
	c := s.client(dialect.OutlookInterim)
	c.Mount = "/elsewhere/"
	_ = create(inbox())(c)
	if got := s.requests[0]; got.URI != "/elsewhere/me/subscriptions" || !strings.Contains(got.Body, `"BASE/elsewhere/me/folders('inbox')/messages"`) {
		t.Errorf("sent %+v", got)
	}
}

func TestWhatADialectNeverHadIsNotSent(t *testing.T) {
	lifecycle := inbox()
	lifecycle.LifecycleURL = "https://hook.example/life"
	encrypted := inbox()
	encrypted.For, encrypted.Certificate, encrypted.CertificateID = 0, "MIIB", "mine"
	missed := inbox()
	missed.Changes = notify.Created | notify.Gap
	for _, test := range []struct {
		name    string
		dialect *dialect.Dialect
		do      func(*subscriber.Client) error
		says    string
		tried   seen // what is sent when it is to be tried all the same
	}{
		{"renewal in the preview", dialect.GraphPreview, renew("7f10", subscriber.Renewal{For: time.Hour}), "graph-preview has no renewal",
			seen{"PATCH", "/beta/subscriptions/7f10", "application/json", `{"expirationDateTime":"2015-10-24T19:40:00.5Z"}`}},
		{"deletion in the preview", dialect.GraphPreview, remove("7f10"), "graph-preview has no deletion", seen{"DELETE", "/beta/subscriptions/7f10", "", ""}},
		{"list in the preview", dialect.GraphPreview, list, "graph-preview has no list", seen{"GET", "/beta/subscriptions", "", ""}},
		{"expiry in the preview", dialect.GraphPreview, create(inbox()), "graph-preview has no expiry",
			seen{"POST", "/beta/subscriptions", "application/json", `{"resource":"me/mailFolders('inbox')/messages","changeType":"Created,Updated","clientState":"s3cret",` +
				`"notificationUrl":"https://hook.example/cb?code=a&b=1","expirationDateTime":"2015-10-24T19:40:00.5Z"}`}},
		{"list in Outlook", dialect.OutlookFinal, list, "outlook-final has no list", seen{"GET", "/api/v2.0/me/subscriptions", "", ""}},
		{"reauthorization in Outlook", dialect.OutlookFinal2015, reauthorize("QUI="), "outlook-final@2015 has no reauthorization",
			seen{"POST", "/api/beta/me/subscriptions('QUI=')/reauthorize", "", ""}},
		{"another URL in Outlook", dialect.OutlookFinal, repoint("QUI=", "https://new.example"), "outlook-final has no way to change a notification URL",
			seen{"PATCH", "/api/v2.0/me/subscriptions('QUI=')", "application/json",
				`{"@odata.type":"#Microsoft.OutlookServices.PushSubscription","NotificationURL":"https://new.example"}`}},
		{"a lifecycle URL in Outlook", dialect.OutlookLegacy, create(lifecycle), "outlook-legacy has no lifecycle URL",
			seen{"POST", "/api/beta/me/subscriptions", "application/json", `{"@odata.type":"#Microsoft.OutlookServices.PushSubscription",` +
				`"ResourceURL":"BASE/api/beta/me/folders('inbox')/messages","ChangeType":"Created,Updated","ClientState":"s3cret",` +
				`"CallbackURL":"https://hook.example/cb?code=a&b=1","ExpirationTime":"2015-10-24T19:40:00.5Z","lifecycleNotificationUrl":"https://hook.example/life"}`}},
		{"encrypted data in the preview", dialect.GraphPreview, create(encrypted), "graph-preview has no encrypted notifications",
			seen{"POST", "/beta/subscriptions", "application/json", `{"resource":"me/mailFolders('inbox')/messages","changeType":"Created,Updated","clientState":"s3cret",` +
				`"notificationUrl":"https://hook.example/cb?code=a&b=1","includeResourceData":true,"encryptionCertificate":"MIIB","encryptionCertificateId":"mine"}`}},
		{"Missed in Graph", dialect.GraphV1, create(missed), "graph-v1.0 has no change types Created,Missed",
			seen{"POST", "/v1.0/subscriptions", "application/json", `{"resource":"me/mailFolders('inbox')/messages","changeType":"created,missed",` +
				`"clientState":"s3cret","notificationUrl":"https://hook.example/cb?code=a&b=1","expirationDateTime":"2015-10-24T19:40:00.5Z"}`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, answering(http.StatusBadRequest, `{"error":{"code":"BadRequest","message":"no"}}`))
			c := s.client(test.dialect)

			err := test.do(c)
			var unsupported *subscriber.UnsupportedError
			if !errors.As(err, &unsupported) || !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got the error %v, want an UnsupportedError that says %q", err, test.says)
			}
			if len(s.requests) > 0 {
				t.Errorf("sent %+v", s.requests)
			}

			c.Try = true
			var refusal *subscriber.Error
			if err := test.do(c); !errors.As(err, &refusal) || refusal.Message != "no" {
				t.Errorf("trying it got %v, want the service's refusal", err)
			}
			if diff := cmp.Diff([]seen{test.tried}, s.requests); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUseWithoutSense(t *testing.T) {
	for _, test := range []struct {
		name   string
		client subscriber.Client
		do     func(*subscriber.Client) error
		says   string
	}{
		{"no dialect", subscriber.Client{BaseURL: "http://127.0.0.1"}, create(inbox()), "create subscription: the client has no dialect"},
		{"no base URL", subscriber.Client{Dialect: dialect.GraphV1}, get("7f10"), `read subscription: use subscriber client: base URL "" is not of the form http://HOST:PORT`},
		{"a path in the base URL", subscriber.Client{Dialect: dialect.GraphV1, BaseURL: "http://127.0.0.1/v1.0"}, list, "not of the form"},
		{"a password in the base URL", subscriber.Client{Dialect: dialect.GraphV1, BaseURL: "http://ann:hunter2@127.0.0.1"}, list, "not of the form"},
		{"no resource", subscriber.Client{Dialect: dialect.GraphV1, BaseURL: "http://127.0.0.1"}, create(subscriber.Request{Changes: notify.Created}), "write resource: there is none"},
		{"no change types", subscriber.Client{Dialect: dialect.GraphV1, BaseURL: "http://127.0.0.1"}, create(subscriber.Request{Resource: "me/messages"}), "write change types: there are none"},
		{"no change types, tried", subscriber.Client{Dialect: dialect.GraphV1, BaseURL: "http://127.0.0.1", Try: true}, create(subscriber.Request{Resource: "me/messages"}), "write change types: there are none"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.client.HTTP = &http.Client{Transport: noTransport{t}}
			err := test.do(&test.client)
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got the error %v, want one that says %q", err, test.says)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows a password: %v", err)
			}
		})
	}
}

// noTransport fails the test that sends.
type noTransport struct{ t *testing.T }

func (n noTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	n.t.Errorf("sent %s %s", r.Method, r.URL)
	return nil, errors.New("not sent")
}
