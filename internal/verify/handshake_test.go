package verify

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/dialect"
)

// TestAtOnceAtTwoURLs counts the handshakes by URL: where there are lifecycle URLs, half of those at once are at one. Who answers that
// one badly by itself makes no second mistake.
func TestAtOnceAtTwoURLs(t *testing.T) {
	const second = "outlocal=lifecycle"
	for _, row := range []struct {
		name    string
		dialect *dialect.Dialect
		query   string // of the webhook's own
		exact   bool   // it wants no other
		want    map[string]int
	}{
		{"Graph", dialect.GraphV1, "", false, map[string]int{"": 1 + 4, second: 1 + 4}},
		{"with a query", dialect.GraphV1, "code=1", false, map[string]int{"code=1": 1 + 4, "code=1&" + second: 1 + 4}},
		{"with no other query", dialect.GraphV1, "code=1", true, map[string]int{"code=1": 1 + 8, "code=1&" + second: 1}},
		{"Outlook has no lifecycle URL", dialect.OutlookFinal, "", false, map[string]int{"": 1 + 8}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var mu sync.Mutex
			got := map[string]int{}
			c := run(t, func(w http.ResponseWriter, r *http.Request) {
				own, _, _ := strings.Cut(strings.ToLower(r.URL.RawQuery), "validationtoken=")
				own = strings.TrimSuffix(own, "&")
				mu.Lock()
				got[own]++
				mu.Unlock()
				if row.exact && own != row.query {
					w.WriteHeader(http.StatusForbidden)
					return
				}
				goodHook(w, r)
			}, func(s *Session) {
				s.Dialect, s.URL.RawQuery = row.dialect, row.query
				s.Checks = Choose([]string{"handshake-at-once"}, nil)
			})
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("handshakes by query (-want +got):\n%s", diff)
			}
			if found := ids(c); len(found) > 0 {
				t.Errorf("it found %v", found)
			}
		})
	}
}

// TestNobodyElseIsAsked: wherever a webhook points to, and however, nothing is sent there.
func TestNobodyElseIsAsked(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusAccepted, http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect, http.StatusUnauthorized} {
		for _, at := range []string{"handshake", "notification"} {
			t.Run(at+" "+http.StatusText(status), func(t *testing.T) {
				elsewhere, asked := tattle(t)
				run(t, func(w http.ResponseWriter, r *http.Request) {
					if at == "notification" && strings.Contains(strings.ToLower(r.URL.RawQuery), "validationtoken=") {
						goodHook(w, r)
						return
					}
					w.Header().Set("Location", elsewhere+"/location")
					w.Header().Set("Content-Location", elsewhere+"/content-location")
					w.Header().Set("Link", "<"+elsewhere+"/link>; rel=preload")
					w.Header().Set("Refresh", "0; url="+elsewhere+"/refresh")
					w.Header().Set("Alt-Svc", `http/1.1="`+strings.TrimPrefix(elsewhere, "http://")+`"`)
					w.Header().Set("Www-Authenticate", `Bearer authorization_uri="`+elsewhere+`/sign-in"`)
					w.WriteHeader(status)
				}, nil)
				if asked() != 0 {
					t.Errorf("%d requests went elsewhere", asked())
				}
			})
		}
	}
}

// tattle is a server that tells how often it was asked.
func tattle(t *testing.T) (address string, asked func() int64) {
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { n.Add(1) }))
	t.Cleanup(server.Close)
	return server.URL, n.Load
}
