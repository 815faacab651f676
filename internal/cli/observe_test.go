package cli

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/emulator"
)

// TestObserve: metrics are beside the control API, profiles only if wanted, and both behind its guard.
func TestObserve(t *testing.T) {
	server, err := emulator.New(emulator.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for _, row := range []struct {
		name   string
		args   []string
		host   string
		path   string
		status int
		want   string
	}{
		{"metrics", nil, "localhost:3652", "/metrics", http.StatusOK, "\noutlocal_subscriptions 0\n"},
		{"metrics for a page of elsewhere", nil, "evil.example", "/metrics", http.StatusForbidden, "foreignHost"},
		{"alive", nil, "localhost:3652", "/livez", http.StatusOK, `{"ok":true}`},
		{"ready", nil, "localhost:3652", "/readyz", http.StatusOK, `{"ok":true}`},
		{"profiles that nobody asked for", nil, "localhost:3652", "/debug/pprof/", http.StatusNotFound, "there is no /debug/pprof/ here"},
		{"profiles", []string{"--pprof"}, "localhost:3652", "/debug/pprof/goroutine?debug=1", http.StatusOK, "goroutine profile: total"},
		{"profiles for a page of elsewhere", []string{"--pprof"}, "evil.example", "/debug/pprof/", http.StatusForbidden, "foreignHost"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var f listenFlags
			parsed(t, row.args, func(cmd *cobra.Command) { addListen(cmd, &f, defaultPortBase) })
			w := httptest.NewRecorder()
			f.guard(appWith(nil), steeredEmulator{server, func() {}}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://"+row.host+row.path, nil))
			if w.Code != row.status || !strings.Contains(w.Body.String(), row.want) {
				t.Errorf("%d %s, want %d with %s", w.Code, w.Body, row.status, row.want)
			}
		})
	}
}

// TestPagesOfElsewhere: no page that the browser shows can subscribe or sign in, unless it is on this machine, was named, or is our own
// under a name of the services.
func TestPagesOfElsewhere(t *testing.T) {
	for _, row := range []struct {
		name, origin string
		args         []string
		status       int
	}{
		{"no page", "", nil, http.StatusOK},
		{"on this machine", "http://localhost:5173", nil, http.StatusOK},
		{"our own, by the service's name", "https://login.microsoftonline.com", nil, http.StatusOK},
		{"named", "https://app.test", []string{"--host", "app.test"}, http.StatusOK},
		{"of elsewhere", "https://evil.example", nil, http.StatusForbidden},
	} {
		t.Run(row.name, func(t *testing.T) {
			var f listenFlags
			parsed(t, row.args, func(cmd *cobra.Command) { addListen(cmd, &f, defaultPortBase) })
			request := httptest.NewRequest(http.MethodPost, "http://localhost:3650/common/oauth2/v2.0/token", nil)
			if row.origin != "" {
				request.Header.Set("Origin", row.origin)
			}
			w := httptest.NewRecorder()
			f.guardPages(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, request)
			if w.Code != row.status {
				t.Errorf("%d %s, want %d", w.Code, w.Body, row.status)
			}
		})
	}
}
