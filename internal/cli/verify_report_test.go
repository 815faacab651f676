package cli

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/internal/report"
	"github.com/outlocal/outlocal/internal/verify"
)

// TestVerifyReport: a finding is one case, whichever checks look for it, and what one of them found outweighs that another did not. Where a
// check came to something else, nothing is known of what it looks for besides.
func TestVerifyReport(t *testing.T) {
	found := func(id string) []diagnosis.Diagnosis {
		return diagnosis.Established(id, diagnosis.Faithful, diagnosis.Evidence{Sent: "a batch", Detail: "it was refused"})
	}
	check := func(group verify.Group, findings ...string) *verify.Check {
		return &verify.Check{ID: "check-of-" + findings[0], Group: group, Title: "is fine", Findings: findings}
	}
	column := verify.Column{Dialect: dialect.GraphV1, Results: []verify.Result{
		{Check: check(verify.Notifications, "notification-batch", "webhook-died"), Outcome: verify.Fails, Found: found("notification-batch")},
		{Check: check(verify.Notifications, "notification-batch"), Outcome: verify.Good},
		{Check: check(verify.Notifications, "notification-mixed", "webhook-died"), Outcome: verify.Good},
		{Check: check(verify.Notifications, "notification-early"), Outcome: verify.NotJudged, Because: "of this"},
		{Check: check(verify.Lifecycle, "lifecycle-missed"), Outcome: verify.Absent},
		{Check: check(verify.HTTPS, "handshake-http-url", "handshake-credentials"), Outcome: verify.Hurts, Found: found("handshake-http-url")},
		{Check: &verify.Check{ID: "handshake-spelling", Group: verify.Handshakes}, Outcome: verify.Good},
	}}
	v := &verification{target: webhookURL{URL: &url.URL{Scheme: "http", Host: "localhost:3000", RawQuery: "code=hunter2"}}, spoken: []*dialect.Dialect{dialect.GraphV1}}
	v.strict, v.command, v.only = true, []string{"npm", "--token", "hunter2"}, []string{"a,b"}
	r := verifyReport(v, []verify.Column{column})
	if len(r.Suites) != 1 || r.Suites[0].Name != "graph-v1.0" {
		t.Fatalf("the suites are %+v, want one for the schema", r.Suites)
	}
	got := map[string]report.Outcome{}
	for _, c := range r.Suites[0].Cases {
		if _, twice := got[c.ID]; twice {
			t.Errorf("%s is two cases", c.ID)
		}
		got[c.ID] = c.Outcome
	}
	want := map[string]report.Outcome{
		"notification-batch": report.Failed, "webhook-died": report.Good, "notification-mixed": report.Good, "notification-early": report.NotJudged,
		"handshake-http-url": report.Failed, "handshake-credentials": report.Good, "handshake-spelling": report.Good,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if again := "outlocal verify http://localhost:3000?code=… --dialect graph-v1.0 --only a --only b --strict -- npm"; r.Again != again {
		t.Errorf("it is asked again by %q, want %q", r.Again, again)
	}
}
