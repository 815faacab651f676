package subscriber_test

import (
	"context"
	"errors"
	"fmt"
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

func TestAnswers(t *testing.T) {
	expires := time.Date(2015, 10, 25, 9, 23, 9, 14147400, time.UTC)
	for _, test := range []struct {
		name    string
		dialect *dialect.Dialect
		answer  string
		want    notify.Subscription
		rules   string
	}{
		{"legacy", dialect.OutlookLegacy, `{"@odata.context":"https://outlook.office.com/api/beta/$metadata#Me/Subscriptions/$entity",
			"@odata.type":"#Microsoft.OutlookServices.PushSubscription","Id":"QUI=","ResourceURL":"https://outlook.office.com/api/beta/me/messages",
			"ChangeType":"Created, Acknowledgment, Missed","ClientState":"s3cret","CallbackURL":"https://hook.example/cb","ExpirationTime":"2015-10-25T09:23:09.0141474Z"}`,
			notify.Subscription{ID: "QUI=", Resource: "https://outlook.office.com/api/beta/me/messages", ChangeType: "Created, Acknowledgment, Missed",
				Changes: notify.Created | notify.Acknowledgment | notify.Gap, ClientState: "s3cret", NotificationURL: "https://hook.example/cb", Expires: expires},
			"rules: W1.2-03 W1.3-16"},
		{"legacy renewal shows neither URL nor expiry", dialect.OutlookLegacy, `{"Id":"QUI=","ResourceURL":"r","ChangeType":"Created","ClientState":"s3cret"}`,
			notify.Subscription{ID: "QUI=", Resource: "r", ChangeType: "Created", Changes: notify.Created, ClientState: "s3cret"}, ""},
		{"interim", dialect.OutlookInterim, `{"Id":"QUI=","resource":"r","changeType":"Created, Missed","context":"s3cret","notificationURL":"https://hook.example/cb",
			"subscriptionExpirationDateTime":"2015-10-25T09:23:09.0141474Z"}`,
			notify.Subscription{ID: "QUI=", Resource: "r", ChangeType: "Created, Missed", Changes: notify.Created | notify.Gap, ClientState: "s3cret",
				NotificationURL: "https://hook.example/cb", Expires: expires}, "rules: W1.2-04"},
		{"preview", dialect.GraphPreview, `{"subscriptionId":"7f10","resource":"me/messages","changeType":"Created","clientState":"s3cret",
			"notificationUrl":"https://hook.example/cb","subscriptionExpirationDateTime":"2015-10-25T09:23:09.0141474Z"}`,
			notify.Subscription{ID: "7f10", Resource: "me/messages", ChangeType: "Created", Changes: notify.Created, ClientState: "s3cret",
				NotificationURL: "https://hook.example/cb", Expires: expires}, "rules: W1.2-07"},
		{"graph", dialect.GraphV1, `{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#subscriptions/$entity","id":"7f10","resource":"me/messages",
			"applicationId":"app","changeType":"created,updated","clientState":null,"notificationUrl":"https://hook.example/cb","notificationQueryOptions":"q",
			"notificationContentType":"application/json","lifecycleNotificationUrl":"https://hook.example/life","expirationDateTime":"2015-10-25T09:23:09.0141474Z",
			"creatorId":"ann","includeResourceData":true,"latestSupportedTlsVersion":"v1_2","encryptionCertificate":"MII","encryptionCertificateId":"c1","notificationUrlAppId":"a2"}`,
			notify.Subscription{ID: "7f10", Resource: "me/messages", App: "app", ChangeType: "created,updated", Changes: notify.Created | notify.Updated,
				NotificationURL: "https://hook.example/cb", QueryOptions: "q", ContentType: "application/json", LifecycleURL: "https://hook.example/life",
				Expires: expires, Creator: "ann", IncludeData: true, TLSVersion: "v1_2", Certificate: "MII", CertificateID: "c1", URLApp: "a2"},
			"rules: W1.2-08"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, answering(http.StatusCreated, test.answer))
			got, err := s.client(test.dialect).Get(context.Background(), "QUI=")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.Subscription); diff != "" {
				t.Errorf("subscription (-want +got):\n%s", diff)
			}
			if string(got.Raw) != test.answer {
				t.Errorf("Raw is %s", got.Raw)
			}
		})
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	for _, test := range []struct{ name, answer, says string }{
		{"another dialect's", `{"id":"7f10"}`, "read subscription: read the answer: it has no Id, so it is no subscription of outlook-final"},
		{"the name in another case", `{"ID":"QUI="}`, "it has no Id"},
		{"no JSON", `<html>`, "read the answer: line 1, column 1"},
		{"a list", `[]`, "it has no Id"},
		{"a number for an id", `{"Id":1}`, "Id is a number"},
		{"a bad date", `{"Id":"QUI=","SubscriptionExpirationDateTime":"tomorrow"}`, "SubscriptionExpirationDateTime: "},
		{"an unknown change", `{"Id":"QUI=","ChangeType":"Exploded"}`, "Exploded"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, answering(http.StatusOK, test.answer))
			_, err := s.client(dialect.OutlookFinal).Get(context.Background(), "QUI=")
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got the error %v, want one that says %q", err, test.says)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	const url = "https://hook.example/cb?code=hunter2"
	for _, test := range []struct {
		name   string
		header http.Header
		status int
		body   string
		want   subscriber.Error
		says   string
		rules  string
	}{
		{"outlook's", http.Header{"Request-Id": {"r1"}, "X-Outlocal-Hint": {"the webhook answered in JSON quotes"}}, 400,
			`{"error":{"code":"ErrorInvalidParameter","message":"Notification URL 'https://hook.example/cb?code=hunter2' verification failed."}}`,
			subscriber.Error{Status: 400, Code: "ErrorInvalidParameter", Message: "Notification URL 'https://hook.example/cb?code=…' verification failed.",
				RequestID: "r1", Hint: "the webhook answered in JSON quotes"},
			"create subscription: 400 ErrorInvalidParameter: Notification URL 'https://hook.example/cb?code=…' verification failed.", "rules: W6.1-01 W6.1-06"},
		{"graph's", http.Header{"Request-Id": {"other"}}, 403,
			`{"error":{"code":"ExtensionError","message":"Maximum number","innerError":{"date":"2026-01-15T17:19:59","request-id":"r2","client-request-id":"c2"}}}`,
			subscriber.Error{Status: 403, Code: "ExtensionError", Message: "Maximum number", RequestID: "r2"}, "create subscription: 403 ExtensionError: Maximum number", "rules: W6.1-02"},
		{"the preview's, without a code", nil, 400, `{"error":{"code":"","message":"An error has occurred."}}`,
			subscriber.Error{Status: 400, Message: "An error has occurred."}, "create subscription: 400 An error has occurred.", ""},
		{"an empty one", nil, 401, ``, subscriber.Error{Status: 401, Message: "Unauthorized"}, "create subscription: 401 Unauthorized", "rules: W6.1-04"},
		{"seconds to wait", http.Header{"Retry-After": {"7"}}, 429, `{"error":{"code":"TooManyRequests","message":"slow down"}}`,
			subscriber.Error{Status: 429, Code: "TooManyRequests", Message: "slow down", RetryAfter: 7 * time.Second}, "slow down", "rules: W6.1-08"},
		{"a date to wait for", http.Header{"Retry-After": {"Sat, 24 Oct 2015 18:42:00 GMT"}, "Date": {"Sat, 24 Oct 2015 18:40:30 GMT"}}, 503, `<html>`,
			subscriber.Error{Status: 503, Message: "Service Unavailable", RetryAfter: 90 * time.Second}, "create subscription: 503 Service Unavailable", ""},
		{"a challenge", http.Header{"Www-Authenticate": {`Bearer realm="", error="insufficient_claims", claims="eyJhIjoiPz8_In0="`}}, 401, ``,
			subscriber.Error{Status: 401, Message: "Unauthorized", Claims: `{"a":"???"}`}, "create subscription: 401 Unauthorized", ""},
		{"a challenge that is none", http.Header{"Www-Authenticate": {`Bearer claims="%%%"`, `Bearer claims="e30"`}}, 401, ``,
			subscriber.Error{Status: 401, Message: "Unauthorized", Claims: `{}`}, "create subscription: 401 Unauthorized", ""},
		{"a redirect", http.Header{"Location": {"https://login.example/"}}, 302, ``, subscriber.Error{Status: 302, Message: "Found"}, "create subscription: 302 Found", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, func(w http.ResponseWriter, _ *http.Request) {
				for name, values := range test.header {
					w.Header()[name] = values
				}
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			})
			request := inbox()
			request.NotificationURL = url
			_, err := s.client(dialect.OutlookFinal).Create(context.Background(), request)
			var got *subscriber.Error
			if !errors.As(err, &got) {
				t.Fatalf("got the error %v, want an *Error", err)
			}
			test.want.Operation = "create subscription"
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("it says %q, want %q", err, test.says)
			}
			if len(s.requests) != 1 {
				t.Errorf("%d requests, want 1: nothing is retried or redirected", len(s.requests))
			}
		})
	}
}

func TestFetch(t *testing.T) {
	const item = `{"Id":"AAMk=","Subject":"hello"}`
	for _, test := range []struct {
		name     string
		resource string // BASE stands for the service's origin, HOST for its host and port
		uri      string // empty: not sent
		rules    string
	}{
		{"graph's resource", "Users/8f3c@c7d1/Messages/AAMk=", "/v1.0/Users/8f3c@c7d1/Messages/AAMk=", "rules: W7.1-02"},
		{"outlook's resource", "BASE/api/v2.0/Users('8f3c@c7d1')/Messages('AAMk=')", "/api/v2.0/Users('8f3c@c7d1')/Messages('AAMk=')", "rules: W7.1-01"},
		{"another host", "https://evil.example/v1.0/me/messages/1", "", ""},
		{"another port", "http://127.0.0.1:1/v1.0/me/messages/1", "", ""},
		{"another scheme", "https://HOST/v1.0/me/messages/1", "", ""},
		{"a password for the service", "http://ann:hunter2@HOST/v1.0/me/messages/1", "", ""},
		{"a user in front of another host", "BASE@evil.example/v1.0", "", ""},
		{"a host in front of a path", "//evil.example/me", "/v1.0//evil.example/me", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, answering(http.StatusOK, item))
			got, err := s.client(dialect.GraphV1).Fetch(context.Background(), strings.NewReplacer("BASE", s.URL, "HOST", s.Listener.Addr().String()).Replace(test.resource))
			if test.uri == "" {
				if err == nil || !strings.Contains(err.Error(), "which alone gets the token") || len(s.requests) > 0 {
					t.Errorf("got %s, %v after %+v; want a refusal and no request", got, err, s.requests)
				}
				return
			}
			if err != nil || string(got) != item {
				t.Fatalf("got %s, %v", got, err)
			}
			if s.requests[0].URI != test.uri {
				t.Errorf("asked for %s, want %s", s.requests[0].URI, test.uri)
			}
		})
	}
}

func TestFetchRefusesWhatIsNoJSON(t *testing.T) {
	s := start(t, answering(http.StatusOK, "<html>"))
	if got, err := s.client(dialect.GraphV1).Fetch(context.Background(), "me/messages/1"); err == nil {
		t.Errorf("got %s", got)
	}
}

func TestTheTokenDoesNotFollowARedirect(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("another port of the host got %s %s with %q", r.Method, r.URL, r.Header.Get("Authorization"))
	}))
	defer other.Close()
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	if _, err := s.client(dialect.GraphV1).Fetch(context.Background(), "me/messages/1"); err == nil {
		t.Error("a redirect is no item")
	}
}

func TestListReadsAllPages(t *testing.T) {
	var s *service
	s = start(t, func(w http.ResponseWriter, r *http.Request) {
		page := map[string]string{
			"":  `{"value":[{"id":"1"},{"id":"2"}],"@odata.nextLink":"BASE/v1.0/subscriptions?$skiptoken=a"}`,
			"a": `{"value":[],"@odata.nextLink":"BASE/v1.0/subscriptions?$skiptoken=b"}`,
			"b": `{"value":[{"id":"3"}]}`,
		}[r.URL.Query().Get("$skiptoken")]
		_, _ = io.WriteString(w, strings.ReplaceAll(page, "BASE", s.URL))
	})
	all, err := s.client(dialect.GraphV1).List(context.Background())
	var ids []string
	for _, one := range all {
		ids = append(ids, one.ID+string(one.Raw))
	}
	if diff := cmp.Diff([]string{`1{"id":"1"}`, `2{"id":"2"}`, `3{"id":"3"}`}, ids); diff != "" || err != nil {
		t.Errorf("error %v; subscriptions (-want +got):\n%s", err, diff)
	}
}

func TestListGoesNowhereElse(t *testing.T) {
	s := start(t, answering(http.StatusOK, `{"value":[{"id":"1"}],"@odata.nextLink":"https://evil.example/v1.0/subscriptions?a=hunter2"}`))
	all, err := s.client(dialect.GraphV1).List(context.Background())
	if err == nil || !strings.Contains(err.Error(), "which alone gets the token") || len(all) != 1 || len(s.requests) != 1 || strings.Contains(fmt.Sprint(err), "hunter2") {
		t.Errorf("got %d subscriptions, %v after %d requests", len(all), err, len(s.requests))
	}
}

func TestDoTakesAnyStatusForAnAnswer(t *testing.T) {
	s := start(t, answering(http.StatusTeapot, `short and stout`))
	answer, err := s.client(dialect.OutlookFinal).Do(context.Background(), http.MethodPut, "/me/subscriptions", []byte(`{}`))
	if err != nil || answer.Status != http.StatusTeapot || string(answer.Body) != "short and stout" {
		t.Errorf("got %+v, %v", answer, err)
	}
	if diff := cmp.Diff([]seen{{"PUT", "/api/v2.0/me/subscriptions", "application/json", "{}"}}, s.requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestAnswersThatNeverEnd(t *testing.T) {
	s := start(t, func(w http.ResponseWriter, _ *http.Request) {
		chunk := strings.Repeat("x", 1<<20)
		for {
			if _, err := io.WriteString(w, chunk); err != nil {
				return
			}
		}
	})
	if _, err := s.client(dialect.GraphV1).Get(context.Background(), "1"); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("got the error %v", err)
	}
}

func TestErrorsHideTheQuery(t *testing.T) {
	c := subscriber.Client{BaseURL: "http://127.0.0.1:1", Dialect: dialect.GraphV1, HTTP: &http.Client{Transport: brokenTransport{}}}
	_, err := c.Do(context.Background(), http.MethodGet, "me/messages?code=hunter2", nil)
	if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "GET http://127.0.0.1:1/v1.0/me/messages?code=…: line cut") {
		t.Errorf("got the error %v", err)
	}
}

type brokenTransport struct{}

func (brokenTransport) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("line cut")
}
