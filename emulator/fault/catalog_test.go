package fault

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// update writes the part of docs/faults.md that lists the faults.
var update = flag.Bool("update", false, "write docs/faults.md anew")

const (
	page = "../../docs/faults.md"
	mark = "<!-- What follows is written by: go test ./emulator/fault -run TestPage -update -->\n"
)

// rooms are the files of this package that are no fault.
func rooms() []string {
	return []string{"fault", "plan", "rule", "options", "parse", "catalog", "draw", "set"}
}

// One fault is one file, and every file is a fault or one of the few that are not.
func TestOneFaultOneFile(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var inFiles, inCatalog []string
	for _, file := range files {
		name := strings.TrimSuffix(file, ".go")
		if !strings.HasSuffix(name, "_test") && !slices.Contains(rooms(), name) {
			inFiles = append(inFiles, strings.ReplaceAll(name, "_", "-"))
		}
	}
	for _, k := range Kinds() {
		inCatalog = append(inCatalog, k.Name)
	}
	slices.Sort(inFiles)
	slices.Sort(inCatalog)
	if diff := cmp.Diff(inFiles, inCatalog); diff != "" {
		t.Errorf("files and catalog (-files +catalog):\n%s", diff)
	}
	if len(inCatalog) < 25 {
		t.Errorf("there are %d faults only", len(inCatalog))
	}
}

// Every fault says what it is, in the same manner.
func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range catalog() {
		name := f.Name()
		t.Run(name, func(t *testing.T) {
			if seen[name] || !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(name) {
				t.Errorf("its name is %q", name)
			}
			if _, ok := placeOf(f); !ok {
				t.Error("it does not strike in exactly one place")
			}
			if !regexp.MustCompile(`^[A-Z].*[.)]$`).MatchString(f.What()) {
				t.Errorf("it does %q", f.What())
			}
			if err := (Rule{Fault: f}).Check(); err != nil {
				t.Errorf("without options: %v", err)
			}
			for _, o := range optionsOf(f) {
				if slices.Contains(commonOptions(), o.name) || o.doc == "" || !o.field.CanSet() {
					t.Errorf("its option %q is one that all have, or can't be set, or is not explained: %q", o.name, o.doc)
				}
			}
		})
		seen[name] = true
	}
}

// TestPage holds docs/faults.md to what there is.
func TestPage(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, after, ok := strings.Cut(string(text), mark)
	if !ok {
		t.Fatalf("%s has no line %s", page, mark)
	}
	want := list()
	if *update {
		if err := os.WriteFile(page, []byte(before+mark+want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, after); diff != "" {
		t.Errorf("docs/faults.md is out of date; write it with -update (-want +got):\n%s", diff)
	}
}

// list is the part of the page that is made of the faults themselves.
func list() string {
	var b strings.Builder
	place := places
	for _, k := range Kinds() {
		if k.Place != place {
			place = k.Place
			fmt.Fprintf(&b, "\n## Faults of the %s\n\n`on` can be %s.\n", place, strings.Join(quoted(onWords(place, &Drop{})), ", "))
		}
		fmt.Fprintf(&b, "\n### %s\n\n%s\n", k.Name, k.What)
		if len(k.Options) == 0 {
			continue
		}
		b.WriteString("\n| option | value | |\n|---|---|---|\n")
		for _, o := range k.Options {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", o.Name, o.Form, o.Doc)
		}
	}
	return b.String()
}

func quoted(words []string) []string {
	for i, word := range words {
		words[i] = "`" + word + "`"
	}
	return words
}
