package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/internal/localca"
	"github.com/outlocal/outlocal/journal"
)

// roots writes certificates as a user may have them, and returns what one file holds.
func roots(t *testing.T, path string) string {
	t.Helper()
	authority, err := localca.Memory()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, authority.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return string(authority.PEM())
}

// TestTrust: a program trusts outlocal beside all that it trusted before, whatever its runtime makes of the variable.
func TestTrust(t *testing.T) {
	authority, _, err := localca.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ours := string(authority.PEM())
	dir := t.TempDir()
	company, other := filepath.Join(dir, "company.pem"), filepath.Join(dir, "folder", "one.pem")
	theirs, others := roots(t, company), roots(t, other)
	second := roots(t, filepath.Join(dir, "folder", "two.pem"))
	if err := os.WriteFile(filepath.Join(dir, "folder", "README"), []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, variable, before string
		want                   string // ends with, where system
		system                 bool   // the system's roots come first
		told                   string
	}{
		{"one that adds", "NODE_EXTRA_CA_CERTS", "", ours, false, ""},
		{"one that adds, with a company's", "NODE_EXTRA_CA_CERTS", company, theirs + ours, false, ""},
		{"one that adds, with one that is gone", "NODE_EXTRA_CA_CERTS", "gone.pem", ours, false, "NODE_EXTRA_CA_CERTS names what can't be read"},
		{"one that adds, and names ours", "NODE_EXTRA_CA_CERTS", authority.Path(), ours, false, ""},
		{"one that replaces", "SSL_CERT_FILE", "", ours, true, ""},
		{"one that replaces, with a company's", "SSL_CERT_FILE", company, theirs + ours, false, ""},
		{"one that replaces, with a folder", "REQUESTS_CA_BUNDLE", filepath.Dir(other), others + second + ours, false, ""},
		{"one that replaces, with what holds none", "CURL_CA_BUNDLE", filepath.Join(dir, "folder", "README"), ours, true, "CURL_CA_BUNDLE names what can't be read"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var out bytes.Buffer
			_, h := newTestHouse(t, &out)
			h.app.process.Env = func(name string) string { return map[string]string{row.variable: row.before}[name] }
			environment, err := h.app.trust(h, authority)
			if err != nil {
				t.Fatal(err)
			}
			file := valueOf(environment, row.variable)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := string(text)
			if row.system {
				roots, found := strings.CutSuffix(got, row.want)
				if !found || hasRoots() != strings.Contains(roots, "-----BEGIN CERTIFICATE-----") {
					t.Errorf("it holds %d bytes beside ours", len(roots))
				}
			} else if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("it holds (-want +got):\n%s", diff)
			}
			if !strings.Contains(out.String(), row.told) || row.told == "" && out.Len() > 0 {
				t.Errorf("told %q, want %q", out.String(), row.told)
			}
			if valueOf(environment, "OUTLOCAL_CA") != authority.Path() {
				t.Errorf("OUTLOCAL_CA is %s", valueOf(environment, "OUTLOCAL_CA"))
			}
			h.close()
			if _, err := os.Stat(file); file != authority.Path() && !os.IsNotExist(err) {
				t.Errorf("%s stays behind: %v", file, err)
			}
		})
	}
}

// hasRoots tells whether this system keeps its roots in a file.
func hasRoots() bool {
	for _, file := range rootsFiles() {
		if _, err := os.Stat(file); err == nil {
			return true
		}
	}
	return false
}

func valueOf(environment []string, name string) string {
	for _, v := range environment {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}

// TestTally: what is counted, and what is not.
func TestTally(t *testing.T) {
	var counted tally
	for _, e := range []journal.Entry{
		{Kind: journal.Attempt, Data: map[string]any{"class": diagnosis.ClassGood, "items": []map[string]string{{"change": "Created"}, {"change": "Updated"}}}},
		{Kind: journal.Attempt, Data: map[string]any{"class": diagnosis.ClassFailed, "items": []map[string]string{{"change": "Created"}}}},
		{Kind: journal.Refused, Data: map[string]string{"code": "notPassed"}, Exchange: &journal.Exchange{Method: "CONNECT", URL: "https://example.com:443"}},
		{Kind: journal.Refused, Data: map[string]string{"code": "notPassed"}, Exchange: &journal.Exchange{Method: "CONNECT", URL: "https://example.com:443"}},
		{Kind: journal.Refused, Data: map[string]string{"code": "InvalidAuthenticationToken"}, Exchange: &journal.Exchange{Method: "GET", URL: "https://localhost:3651/v1.0/me"}},
		{Kind: journal.Handshake},
	} {
		counted.count(&e)
	}
	want := execDocument{Notifications: 2, FailedAttempts: 1, Refused: map[string]int{"example.com:443": 2}}
	if diff := cmp.Diff(want, counted.document()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestMeans: which addresses are those of a port here, such as that of a proxy that must not go on through itself.
func TestMeans(t *testing.T) {
	listen := listenFlags{bind: "192.0.2.7", hosts: []string{"box.lan"}}
	means := listen.means(3655)
	for hostport, want := range map[string]bool{
		"localhost:3655": true, "127.0.0.1:3655": true, "[::1]:3655": true, "192.0.2.7:3655": true, "Box.LAN:3655": true,
		"localhost:3656": false, "localhost": false, "192.0.2.8:3655": false, "example.com:3655": false,
	} {
		if got := means(hostport); got != want {
			t.Errorf("%s: %v", hostport, got)
		}
	}
}

// TestExecSpeaksBeside: standard output is the command's, whatever outlocal has to say.
func TestExecSpeaksBeside(t *testing.T) {
	var out, beside bytes.Buffer
	process := quiet(&out)
	process.Err = &beside
	a := &app{process: process, out: newPrinter(&out, process), err: newPrinter(&beside, process)}
	cmd := newExecCommand(a)
	cmd.SetContext(t.Context())
	if err := cmd.RunE(cmd, []string{"./no-such-command"}); err == nil {
		t.Error("what is not there was run")
	}
	_, h := a.newHouse(t.Context(), "")
	h.waits([]string{"POST http://localhost:3000/hook, 2s"})
	if out.Len() > 0 || beside.Len() == 0 {
		t.Errorf("standard output gets %q, standard error %q", &out, &beside)
	}
}
