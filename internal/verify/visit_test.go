package verify

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/outlocal/outlocal/dialect"
)

// TestVisiting asks a webhook that is not ours for no more than is polite: nothing hostile, and no crowd.
func TestVisiting(t *testing.T) {
	var requests atomic.Int64
	c := run(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		goodHook(w, r)
	}, func(s *Session) { s.Visiting = true })
	for _, r := range c.Results {
		switch {
		case r.Check.hostile && r.Check.Group == Notifications && r.Outcome != NotJudged:
			t.Errorf("%s was asked", r.Check.ID)
		case r.Check.gentle && r.Outcome == NotJudged:
			t.Errorf("%s was not judged: %s", r.Check.ID, r.Because)
		case !r.Check.gentle && r.Outcome == NotJudged && !strings.Contains(r.Because, "--full") && r.Check.Group != Calls:
			t.Errorf("%s was not judged, but not as it is beyond this machine: %s", r.Check.ID, r.Because)
		}
	}
	const polite = 10
	if n := requests.Load(); n > polite {
		t.Errorf("%d requests were sent, want %d at most", n, polite)
	}
}

// TestNothingAnswers: where nobody is met, nothing is judged, in schemas with a handshake and without.
func TestNothingAnswers(t *testing.T) {
	for _, d := range []*dialect.Dialect{dialect.GraphV1, dialect.OutlookLegacy} {
		t.Run(d.String(), func(t *testing.T) {
			c := run(t, goodHook, func(s *Session) {
				s.Dialect = d
				s.URL.Host = "127.0.0.1:1" // nothing listens there
			})
			if !c.Unmet || c.Outcome() != NotJudged {
				t.Errorf("the outcome is %s, want not judged", c.Outcome())
			}
			for _, r := range c.Results {
				if r.Outcome == Good && r.Check.Group != HTTPS {
					t.Errorf("%s is %s", r.Check.ID, r.Outcome)
				}
			}
		})
	}
}
