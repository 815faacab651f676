package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/outlocal/outlocal/diagnosis"
)

// root is a repository with nothing in it but the rules.
func root(t *testing.T) string {
	t.Helper()
	protocol, err := os.ReadFile("../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "docs", "findings"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "docs", "protocol.md"), protocol, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What was just written is fresh, and what somebody changed afterwards is not.
func TestCheck(t *testing.T) {
	dir := root(t)
	pages := filepath.Join(dir, "docs", "findings")
	change := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(pages, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check := func() error { return run([]string{"-check", "-root", dir}, new(bytes.Buffer)) }
	if err := check(); err == nil {
		t.Error("pages that were never written pass the check")
	}
	if err := run([]string{"-root", dir}, new(bytes.Buffer)); err != nil {
		t.Fatal(err)
	}
	if err := check(); err != nil {
		t.Errorf("pages just written fail the check: %v", err)
	}
	for _, row := range []struct{ name, text, want string }{
		{"handshake-plus.md", "changed", "handshake-plus.md is out of date"},
		{"handshake-gone.md", "left over", "handshake-gone.md is no page of a finding"},
		{idsFile, "handshake-plus\nhandshake-renamed\n", "handshake-renamed was published and is no finding any more"},
	} {
		before, _ := os.ReadFile(filepath.Join(pages, row.name))
		change(row.name, row.text)
		if err := check(); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("with %s changed the check says %v, want %q", row.name, err, row.want)
		}
		if before == nil {
			if err := os.Remove(filepath.Join(pages, row.name)); err != nil {
				t.Fatal(err)
			}
			continue
		}
		change(row.name, string(before))
	}
	change(idsFile, "handshake-renamed\n")
	if err := run([]string{"-root", dir}, new(bytes.Buffer)); err == nil {
		t.Error("an id that is gone was written over")
	}
}

// Every link of every page leads somewhere.
func TestLinksLeadSomewhere(t *testing.T) {
	protocol, err := os.ReadFile("../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	rules := readRules(string(protocol))
	anchors := make(map[string]bool)
	for _, r := range rules {
		anchors[r.Anchor] = true
	}
	for _, known := range []string{"w21-handshake-matrix", "r1r31-what-real-clients-require", "w63-graph-codes-on-subscriptions"} { // as GitHub has them
		if !anchors[known] {
			t.Errorf("no rule is in the section %s", known)
		}
	}
	files, err := write(diagnosis.Catalog(), rules, nil)
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^)]+)\)`)
	for name, text := range files {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			target, fragment, _ := strings.Cut(m[1], "#")
			switch {
			case target == "../protocol.md":
				if !anchors[fragment] {
					t.Errorf("%s: there is no section %q", name, fragment)
				}
			case target == "" && strings.Contains(text, "\n## By what the service answers\n"):
			case strings.HasPrefix(target, "../"):
				if _, err := os.Stat(filepath.Join("../../docs", strings.TrimPrefix(target, "../"))); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			case files[target] == "":
				t.Errorf("%s: there is no page %q", name, m[1])
			}
		}
	}
}

// A page has all that the catalogue knows.
func TestPageHasAll(t *testing.T) {
	protocol, err := os.ReadFile("../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	catalog := diagnosis.Catalog()
	files, err := write(catalog, readRules(string(protocol)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(catalog)+2 {
		t.Errorf("there are %d files for %d findings", len(files), len(catalog))
	}
	for _, f := range catalog {
		text, guide := files[f.ID+".md"], f.Guide()
		wanted := []string{f.ID, prose(f.Cause), prose(f.Cure), guide.Command}
		for _, c := range f.Cases {
			wanted = append(wanted, f.ID+"/"+c.Name, prose(c.Cause), prose(c.Cure))
		}
		for _, s := range guide.Sentences {
			wanted = append(wanted, "`"+s.Text+"`")
		}
		for _, c := range guide.Confused {
			wanted = append(wanted, prose(c.Tells))
		}
		if e := guide.Example; e != nil {
			wanted = append(wanted, e.Wrong, e.Right)
		}
		for _, want := range wanted {
			if !strings.Contains(text, want) {
				t.Errorf("the page of %s lacks %q", f.ID, want)
			}
		}
		if !strings.Contains(files["README.md"], "| ["+f.ID+"]("+f.ID+".md) |") {
			t.Errorf("the index lacks %s", f.ID)
		}
	}
}

func TestProse(t *testing.T) {
	for text, want := range map[string]string{
		"a < b & `c < d` * e":        "a &lt; b &amp; `c < d` \\* e",
		"[AllowAnonymous] and `[x]`": `\[AllowAnonymous\] and ` + "`[x]`",
		"is_it":                      `is\_it`,
	} {
		if got := prose(text); got != want {
			t.Errorf("prose of %q is %q, want %q", text, got, want)
		}
	}
}
