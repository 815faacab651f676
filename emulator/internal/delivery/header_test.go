package delivery

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/journal"
)

// TestLongHeaderIsAFailure: a webhook's header can't fill the journal, over a connection or without one.
func TestLongHeaderIsAFailure(t *testing.T) {
	for _, row := range []struct {
		name   string
		length int
		fails  bool
	}{
		{"long", longestHeader / 2, false},
		{"too long", longestHeader + 1, true},
	} {
		long := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", row.length))
		})
		s := httptest.NewServer(long)
		defer s.Close()
		for _, url := range []string{s.URL + "/cb", "https://hook.test/cb"} {
			t.Run(row.name+" "+url[:5], func(t *testing.T) {
				r := newRig(t, withHook("hook.test", long))
				r.subscribe(dialect.GraphV1, url)
				r.create("AAMk1")
				attempts, err := r.Journal.Wait(t.Context(), 0, 1, func(e *journal.Entry) bool { return e.Kind == journal.Attempt })
				if err != nil {
					t.Fatal(err)
				}
				x := attempts[0].Exchange
				if d := attempts[0].Data.(*Attempt).Diagnoses; row.fails && (len(d) == 0 || d[0].Detail != errLongHeader.Error()) {
					t.Errorf("the finding does not say why: %+v", d)
				}
				if failed := x.Error != ""; failed != row.fails || failed && (x.Error != errLongHeader.Error() || len(x.ResponseHeader) > 0) {
					t.Errorf("%d of a header: error %q, %d headers kept", row.length, x.Error, len(x.ResponseHeader))
				}
			})
		}
	}
}
