package serve_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/internal/serve"
)

func TestGuard(t *testing.T) {
	const method = "method" // not a header, but what the request is made with
	type header = map[string]string
	open := serve.Access{}
	named := serve.Access{Hosts: []string{"Dev.Box", "vm:9999"}}
	locked := serve.Access{Token: "t0ken"}

	for _, row := range []struct {
		name   string
		access serve.Access
		host   string
		header header
		status int
		code   string
	}{
		{"a client on this machine", open, "127.0.0.1:3652", nil, 200, ""},
		{"by IPv6", open, "[::1]:3652", nil, 200, ""},
		{"by a name under localhost", open, "control.localhost", nil, 200, ""},
		{"a name that was made to resolve to loopback", open, "evil.example:3652", nil, 403, "foreignHost"},
		{"no host at all", open, "", nil, 403, "foreignHost"},
		{"no host, and an empty name configured", serve.Access{Hosts: []string{""}}, ":80", nil, 403, "foreignHost"},
		{"a configured name, whatever its case and port", named, "dev.box:3652", nil, 200, ""},
		{"a name configured with a port", named, "vm", nil, 200, ""},
		{"a name that was not configured", named, "sub.dev.box", nil, 403, "foreignHost"},
		{"our own page", open, "localhost", header{"Origin": "http://localhost:3653", method: "POST"}, 200, ""},
		{"a configured page", named, "localhost", header{"Origin": "https://dev.box"}, 200, ""},
		{"a foreign page", open, "localhost", header{"Origin": "https://evil.example"}, 403, "foreignOrigin"},
		{"a foreign page named like ours", open, "localhost", header{"Origin": "https://localhost.evil.example"}, 403, "foreignOrigin"},
		{"a page without an origin", open, "localhost", header{"Origin": "null"}, 403, "foreignOrigin"},
		{"an origin that is none", open, "localhost", header{"Origin": "http://%zz"}, 403, "foreignOrigin"},
		{"an image in a foreign page", open, "localhost", header{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403, "foreignOrigin"},
		{"a form in a foreign page that hides its origin", open, "localhost", header{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", method: "POST"}, 403, "foreignOrigin"},
		{"a link in a foreign page", open, "localhost", header{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200, ""},
		{"the token", locked, "localhost", header{"Authorization": "Bearer t0ken"}, 200, ""},
		{"the token, scheme in lower case", locked, "localhost", header{"Authorization": "bearer t0ken"}, 200, ""},
		{"no token", locked, "localhost", nil, 401, "unauthorized"},
		{"another token", locked, "localhost", header{"Authorization": "Bearer t0ken2"}, 401, "unauthorized"},
		{"the beginning of the token", locked, "localhost", header{"Authorization": "Bearer t0"}, 401, "unauthorized"},
		{"an empty token", locked, "localhost", header{"Authorization": "Bearer "}, 401, "unauthorized"},
		{"the token under another scheme", locked, "localhost", header{"Authorization": "Basic t0ken"}, 401, "unauthorized"},
		{"the token and a foreign page", locked, "localhost", header{"Authorization": "Bearer t0ken", "Origin": "https://evil.example"}, 403, "foreignOrigin"},
	} {
		t.Run(row.name, func(t *testing.T) {
			next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "admitted") })
			request := httptest.NewRequest(http.MethodGet, "/status", nil)
			request.Host = row.host
			for name, value := range row.header {
				if name == method {
					request.Method = value
				} else {
					request.Header.Set(name, value)
				}
			}
			recorder := httptest.NewRecorder()
			serve.Guard(next, row.access).ServeHTTP(recorder, request)

			if recorder.Code != row.status {
				t.Errorf("status %d, want %d", recorder.Code, row.status)
			}
			body := recorder.Body.String()
			if row.code == "" {
				if body != "admitted" {
					t.Errorf("body %q, want next's", body)
				}
				return
			}
			if !strings.Contains(body, `"code":"`+row.code+`"`) {
				t.Errorf("body %s, want code %s", body, row.code)
			}
			if strings.Contains(body, "t0ken") {
				t.Errorf("body %s shows the token", body)
			}
			if got, want := recorder.Header().Get("WWW-Authenticate") != "", row.status == 401; got != want {
				t.Errorf("WWW-Authenticate sent: %t, want %t", got, want)
			}
		})
	}
}

func TestGuardPages(t *testing.T) {
	type header = map[string]string
	for _, row := range []struct {
		name, method, host string
		header             header
		status             int
	}{
		{"a program", http.MethodPost, "localhost:3650", nil, 200},
		{"a program, by a name that nobody told", http.MethodPost, "emulator.test", nil, 200},
		{"a page of this machine", http.MethodPost, "localhost:3650", header{"Origin": "http://localhost:5173"}, 200},
		{"a page that was named", http.MethodPost, "localhost:3650", header{"Origin": "https://app.test:8443"}, 200},
		{"our own page by the service's name", http.MethodPost, "login.example", header{"Origin": "https://login.example", "Sec-Fetch-Site": "same-origin"}, 200},
		{"a link in a foreign page, to sign in", http.MethodGet, "localhost:3650", header{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200},
		{"a foreign page", http.MethodPost, "localhost:3650", header{"Origin": "https://evil.example"}, 403},
		{"a foreign page whose name was made to resolve to loopback", http.MethodPost, "evil.example:3650", header{"Origin": "http://evil.example:3650"}, 403},
		{"the same, hiding its origin", http.MethodPost, "evil.example:3650", header{"Origin": "null"}, 403},
		{"a form in a foreign page that hides its origin", http.MethodPost, "localhost:3650", header{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 403},
	} {
		t.Run(row.name, func(t *testing.T) {
			next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "admitted") })
			request := httptest.NewRequest(row.method, "/v1.0/subscriptions", nil)
			request.Host = row.host
			for name, value := range row.header {
				request.Header.Set(name, value)
			}
			got := httptest.NewRecorder()
			serve.GuardPages(next, "app.test", "login.example").ServeHTTP(got, request)
			if got.Code != row.status || (got.Body.String() == "admitted") != (row.status == 200) {
				t.Errorf("%d %s, want %d", got.Code, got.Body, row.status)
			}
			if row.status == 403 && !strings.Contains(got.Body.String(), `"code":"foreignOrigin"`) {
				t.Errorf("body %s", got.Body)
			}
		})
	}
}

func TestGuardSaysWhatToDo(t *testing.T) {
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	request.Host = "evil.example"
	recorder := httptest.NewRecorder()
	serve.Guard(http.NotFoundHandler(), serve.Access{}).ServeHTTP(recorder, request)
	const want = `{"error":{"code":"foreignHost","message":"this listener is not to be addressed as \"evil.example\"",` +
		`"hint":"use localhost, or start outlocal with --host NAME for each further name it has"}}` + "\n"
	if diff := cmp.Diff(want, recorder.Body.String()); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	if got := recorder.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %q", got)
	}
}
