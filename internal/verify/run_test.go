package verify

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
)

// goodHook is a webhook as it should be: it echoes tokens as text/plain, and takes what comes.
func goodHook(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	for _, name := range []string{"validationToken", "validationtoken"} {
		if query.Has(name) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, query.Get(name))
			return
		}
	}
	if r.Method != http.MethodPost {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	var body struct {
		Value []*struct{ ClientState string } `json:"value"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, "no JSON", http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// run puts all checks to a webhook.
func run(t *testing.T, hook http.HandlerFunc, change func(*Session)) Column {
	t.Helper()
	server := httptest.NewServer(hook)
	defer server.Close()
	address, err := url.Parse(server.URL + "/hook")
	if err != nil {
		t.Fatal(err)
	}
	s := &Session{Dialect: dialect.GraphV1, URL: address, Checks: Checks(), ClientState: "the client state"}
	if change != nil {
		change(s)
	}
	if s.Server, err = emulator.New(s.Prepare(emulator.Config{})); err != nil {
		t.Fatal(err)
	}
	defer s.Server.Close()
	c, err := s.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// came are the findings of a column, by id.
func ids(c Column) []string {
	var all []string
	for _, f := range Findings([]Column{c}) {
		all = append(all, f.ID)
	}
	return all
}

func TestGoodWebhook(t *testing.T) {
	for _, d := range []*dialect.Dialect{dialect.GraphV1, dialect.OutlookFinal, dialect.GraphPreview} {
		t.Run(d.String(), func(t *testing.T) {
			c := run(t, goodHook, func(s *Session) { s.Dialect = d })
			for _, r := range c.Results {
				t.Logf("%-32s %-9s %s %s %v", r.Check.ID, r.Outcome, r.Note, r.Because, r.Took)
			}
			if diff := cmp.Diff([]string{"handshake-http-url"}, ids(c)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// TestChecksHoldTogether: ids are unique, findings are known, and every finding about a handshake has a check.
func TestChecksHoldTogether(t *testing.T) {
	var seen []string
	for _, c := range Checks() {
		if slices.Contains(seen, c.ID) {
			t.Errorf("there are two checks %s", c.ID)
		}
		seen = append(seen, c.ID)
		if c.Title == "" || c.play == nil && !c.facet {
			t.Errorf("%s has no title or no player", c.ID)
		}
	}
}
