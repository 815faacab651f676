package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const pages = "../docs/clients"

func read(t *testing.T, parts ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestPagesShowThePrograms: what a page shows is what is tried, to the letter.
func TestPagesShowThePrograms(t *testing.T) {
	for _, p := range programs() {
		page := read(t, pages, p.page)
		blocks := regexp.MustCompile("(?ms)^```(?:go|js)\n(.*?)^```$").FindAllStringSubmatch(page, -1)
		if len(blocks) != 1 {
			t.Errorf("%s shows %d programs, want one", p.page, len(blocks))
			continue
		}
		if diff := cmp.Diff(read(t, p.file), blocks[0][1]); diff != "" {
			t.Errorf("%s does not show interop/%s (-file +page):\n%s", p.page, p.file, diff)
		}
		if !strings.Contains(page, "](../../interop/"+p.file+")") {
			t.Errorf("%s does not link to interop/%s", p.page, p.file)
		}
	}
}

// TestNothingIsLeftOut: every program is tried, every page shows one, and the index names them all.
func TestNothingIsLeftOut(t *testing.T) {
	var files, shown []string
	index := read(t, pages, "README.md")
	for _, p := range programs() {
		files, shown = append(files, p.file), append(shown, p.page)
		if !strings.Contains(index, "]("+p.page+")") {
			t.Errorf("docs/clients/README.md does not link to %s", p.page)
		}
	}
	compare := func(what, pattern, base string, listed, others []string) {
		t.Helper()
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		want := append([]string{}, others...)
		for _, name := range listed {
			want = append(want, filepath.Join(base, filepath.FromSlash(name)))
		}
		slices.Sort(want)
		if diff := cmp.Diff(slices.Compact(want), found); diff != "" {
			t.Errorf("%s (-listed +there):\n%s", what, diff)
		}
	}
	compare("programs in node", filepath.Join("node", "*.mjs"), "", slices.DeleteFunc(files, func(f string) bool { return path.Ext(f) != ".mjs" }),
		[]string{filepath.Join("node", "story.mjs")})
	compare("pages", filepath.Join(filepath.FromSlash(pages), "*.md"), filepath.FromSlash(pages), shown,
		[]string{filepath.Join(pages, "README.md"), filepath.Join(pages, "proxy.md")})
}

// TestIndexTellsVersions: the index says with which versions each client was tried, and those are the ones that would be installed.
func TestIndexTellsVersions(t *testing.T) {
	wanted := manifest(t).Dependencies
	modules := read(t, "go", "go.mod")
	for _, p := range programs() {
		row := regexp.MustCompile(`(?m)^\| \[[^]]+\]\(` + regexp.QuoteMeta(p.page) + `\).*$`).FindString(read(t, pages, "README.md"))
		for _, name := range p.packages {
			version := name + " " + wanted[name]
			if p.inGo() {
				found := regexp.MustCompile(`(?m)^\t` + regexp.QuoteMeta(name) + ` v(\S+)$`).FindStringSubmatch(modules)
				if found == nil {
					t.Fatalf("go.mod does not require %s", name)
				}
				version = path.Base(name) + " " + found[1]
			}
			if !strings.Contains(row, version) {
				t.Errorf("the index's row of %s does not say %q:\n%s", p.page, version, row)
			}
		}
	}
}

type packages struct{ Dependencies, OptionalDependencies map[string]string }

func manifest(t *testing.T) packages {
	t.Helper()
	var m packages
	if err := json.Unmarshal([]byte(read(t, "node", "package.json")), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestPackagesArePinned: everybody tries the same, from the registry that everybody has.
func TestPackagesArePinned(t *testing.T) {
	var lock struct {
		Packages map[string]struct {
			packages
			Version, Resolved, Integrity string
		}
	}
	if err := json.Unmarshal([]byte(read(t, "node", "package-lock.json")), &lock); err != nil {
		t.Fatal(err)
	}
	wanted := manifest(t)
	if diff := cmp.Diff(wanted, lock.Packages[""].packages); diff != "" {
		t.Errorf("package-lock.json is of another package.json (-package +lock):\n%s", diff)
	}
	for _, some := range []map[string]string{wanted.Dependencies, wanted.OptionalDependencies} {
		if len(some) == 0 {
			t.Error("package.json names no packages")
		}
		for name, version := range some {
			if got := lock.Packages["node_modules/"+name].Version; got != version {
				t.Errorf("%s is %s in package.json, %s in package-lock.json: want one exact version", name, version, got)
			}
		}
	}
	for name, p := range lock.Packages {
		if p.Resolved != "" || name != "" && p.Integrity == "" {
			t.Errorf("package-lock.json: %s is from %q with integrity %q, want no address and some integrity", name, p.Resolved, p.Integrity)
		}
	}
}

func TestStepsIn(t *testing.T) {
	for _, row := range []struct {
		name, output string
		want         int
	}{
		{"nothing", "", 0},
		{"a story", "ok    subscribe  validated\nok    find       by its id\n", 2},
		{"a failure", "ok    subscribe  validated\nFAIL  find       Error: ok    not\n    at ok\noutlocal: 2 API calls\n", 1},
	} {
		if got := stepsIn([]byte(row.output)); got != row.want {
			t.Errorf("%s: %d steps, want %d", row.name, got, row.want)
		}
	}
}

func TestTable(t *testing.T) {
	good := result{steps: 9, took: 1234 * time.Millisecond}
	bad := result{steps: 3, took: time.Second, err: errors.New("exit status 1")}
	p := program{by: "secret"}
	rows := []row{
		{program: p, versions: []string{"a-client 1.2.3", "a-library 4.5"}, results: [2]result{good, good}},
		{program: p, versions: []string{"b 1"}, results: [2]result{good, bad}},
		{program: p, versions: []string{"c 1"}, results: [2]result{bad, good}},
	}
	want := strings.TrimPrefix(`
CLIENT                         SIGNS IN BY  BY ADDRESSES    BY PROXY        VERDICT
a-client 1.2.3, a-library 4.5  secret       9 steps, 1.2 s  9 steps, 1.2 s  good
b 1                            secret       9 steps, 1.2 s  3 steps, 1.0 s  FAILED
c 1                            secret       3 steps, 1.0 s  9 steps, 1.2 s  FAILED
`, "\n")
	if diff := cmp.Diff(want, table(rows)); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	if got := failed(rows); got != 2 {
		t.Errorf("%d failed, want 2", got)
	}
}

func TestChoose(t *testing.T) {
	for only, want := range map[string]int{"": len(programs()), "pnp": 1, "msgraph-sdk-go": 3, "no such": 0} {
		if got := len(choose(programs(), only)); got != want {
			t.Errorf("-only %q chooses %d, want %d", only, got, want)
		}
	}
}

// TestCommandOf: by the proxy a program gets none of the addresses, so that it does what it would do in production.
func TestCommandOf(t *testing.T) {
	w := workshop{root: "root", scratch: "scratch", node: "the-node"}
	p := program{file: "node/x.mjs", args: []string{"how"}}
	script := filepath.Join("root", "interop", "node", "x.mjs")
	demand := fmt.Sprintf("--app=%s:%s:%s", app, secret, filepath.Join("scratch", "keys", "encryption-certificate.pem"))
	want := [2][]string{
		{"exec", "--auth=issued", "--require-calls", demand, "--", "the-node", script, "how"},
		{"exec", "--auth=issued", "--require-calls", demand, "--intercept", "--",
			"env", "-u", "OUTLOCAL_GRAPH_URL", "-u", "OUTLOCAL_OUTLOOK_URL", "-u", "OUTLOCAL_AUTHORITY", "the-node", script, "how"},
	}
	for i, how := range ways() {
		if diff := cmp.Diff(want[i], w.arguments(p, how)); diff != "" {
			t.Errorf("by %s (-want +got):\n%s", how.name, diff)
		}
	}
}
