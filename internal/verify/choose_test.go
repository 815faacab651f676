package verify

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
)

func idsOf(checks []Check) []string {
	var all []string
	for _, c := range checks {
		all = append(all, c.ID)
	}
	return all
}

func TestChoose(t *testing.T) {
	for _, row := range []struct {
		name       string
		only, skip []string
		want       []string
	}{
		{"by the id of a check", []string{"token-plus"}, nil, []string{"token-plus"}},
		{"by a finding", []string{"notification-batch"}, nil, []string{"notification-small-batch", "notification-batch"}},
		{"by a group", []string{"https"}, nil, []string{"https-url", "https-certificate", "https-expiry", "https-tls12", "https-old-tls"}},
		{"a group but for a finding of it", []string{"https"}, []string{"handshake-tls", "https-url"}, []string{"https-expiry", "https-tls12", "https-old-tls"}},
		{"what is left out wins", []string{"token-plus"}, []string{"handshake"}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, idsOf(Choose(row.only, row.skip))); diff != "" {
				t.Errorf("checks (-want +got):\n%s", diff)
			}
		})
	}
	if got := len(Choose(nil, nil)); got != len(Checks()) {
		t.Errorf("without a word %d checks are chosen of %d", got, len(Checks()))
	}
}

// TestEveryFindingHasACheck: whatever a judge can find in an answer to verify is in the list of a check, or it would be lost; and what checks
// name is there to be found.
func TestEveryFindingHasACheck(t *testing.T) {
	var named []string
	for _, c := range Checks() {
		for _, id := range c.Findings {
			if _, ok := diagnosis.Lookup(id); !ok {
				t.Errorf("%s names %s, which is no finding", c.ID, id)
			}
			named = append(named, id)
		}
		if c.Rules() == "" && len(c.Findings) > 0 {
			t.Errorf("%s rests on no rule", c.ID)
		}
	}
	for _, f := range diagnosis.Catalog() {
		switch f.Group() {
		case "handshake", "delivery", "https", "notification", "lifecycle", "client", "webhook":
			if !slices.Contains(named, f.ID) {
				t.Errorf("no check comes to %s", f.ID)
			}
		}
	}
	for _, g := range Groups() {
		if !slices.ContainsFunc(Checks(), func(c Check) bool { return c.Group == g }) {
			t.Errorf("the group %s is empty", g)
		}
	}
}

// TestFindingsAreToldOnce: one mistake that several checks come to, in several dialects, is one finding; failures come first.
func TestFindingsAreToldOnce(t *testing.T) {
	warned := diagnosis.Established("handshake-query", diagnosis.Faithful, diagnosis.Evidence{})
	failed := diagnosis.Established("notification-batch", diagnosis.Faithful, diagnosis.Evidence{Sent: "five"})
	again := diagnosis.Established("notification-batch", diagnosis.Faithful, diagnosis.Evidence{Sent: "a hundred"})
	column := func(d *dialect.Dialect, found ...[]diagnosis.Diagnosis) Column {
		c := Column{Dialect: d}
		for i, f := range found {
			c.Results = append(c.Results, Result{Check: &Checks()[i], Outcome: Fails, Found: f})
		}
		return c
	}
	got := Findings([]Column{column(dialect.GraphV1, warned, failed, again), column(dialect.OutlookFinal, nil, failed, again)})
	type told struct {
		ID               string
		Dialects, Checks []string
		Sent             string
	}
	var all []told
	for _, f := range got {
		all = append(all, told{f.ID, f.Dialects, f.Checks, f.Sent})
	}
	want := []told{
		{"notification-batch", []string{"graph-v1.0", "outlook-final"}, []string{"handshake-redirect", "handshake-login"}, "five; a hundred"},
		{"handshake-query", []string{"graph-v1.0"}, []string{"handshake-reached"}, ""},
	}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestColumnOutcome(t *testing.T) {
	for _, row := range []struct {
		name     string
		outcomes []Outcome
		unmet    bool
		want     Outcome
	}{
		{"all good", []Outcome{Good, Absent, Good}, false, Good},
		{"one hurts", []Outcome{Good, Hurts, NotJudged}, false, Hurts},
		{"one fails", []Outcome{Fails, Hurts, Good}, false, Fails},
		{"nothing judged", []Outcome{NotJudged, Absent}, false, NotJudged},
		{"nobody there, whatever else", []Outcome{Fails, NotJudged}, true, NotJudged},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := Column{Unmet: row.unmet}
			for _, o := range row.outcomes {
				c.Results = append(c.Results, Result{Outcome: o})
			}
			if got := c.Outcome(); got != row.want {
				t.Errorf("the outcome is %s, want %s", got, row.want)
			}
		})
	}
}
