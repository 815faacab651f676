package examples_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestVerifyFindsNothing judges the webhooks by all that outlocal verify asks, as a stranger and with the client state that they expect: they
// are what a reader begins with.
func TestVerifyFindsNothing(t *testing.T) {
	verifier := build(t)
	for name, command := range examples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, command(t))
			go func() {
				for p.lines.Scan() { // or the webhook would wait for someone to read what it prints
				}
			}()
			for _, deeper := range [][]string{nil, {"--client-state-env", "VERIFY_STATE"}} {
				verify := exec.CommandContext(bounded(t), verifier, append([]string{"verify", p.url, "-d", "graph-v1.0,outlook-final", "--json"}, deeper...)...)
				verify.Env = append(os.Environ(), "VERIFY_STATE="+clientState)
				out, err := verify.Output()
				if err != nil {
					t.Fatalf("verify ended with %v\n%s", err, out)
				}
				documents := 0
				for line := range bytes.Lines(out) {
					documents++
					judgedClean(t, line, deeper != nil)
				}
				if documents != 2 {
					t.Errorf("verify printed %d documents, want one for each schema", documents)
				}
			}
		})
	}
}

// judgedClean wants no finding but that a webhook on this machine has no https. What it believes, nothing of it is left open.
func judgedClean(t *testing.T, document []byte, believed bool) {
	t.Helper()
	var d struct {
		Dialect, Verdict string
		Findings         []struct{ ID, Detail string }
		Checks           []struct{ ID, Group, Outcome, Because string }
	}
	if err := json.Unmarshal(document, &d); err != nil {
		t.Fatal(err)
	}
	var findings []string
	for _, f := range d.Findings {
		findings = append(findings, f.ID)
	}
	if diff := cmp.Diff([]string{"handshake-http-url"}, findings); diff != "" || d.Verdict != "good" {
		t.Errorf("%s: the verdict is %s, findings (-want +got):\n%s%+v", d.Dialect, d.Verdict, diff, d.Findings)
	}
	for _, c := range d.Checks {
		if believed && c.Outcome == "notJudged" && c.Group != "calls" {
			t.Errorf("%s: %s was not judged: %s", d.Dialect, c.ID, c.Because)
		}
	}
}
