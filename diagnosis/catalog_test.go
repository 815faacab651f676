package diagnosis

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// textLimit keeps a cause or a cure to what is read at a glance.
const textLimit = 240

func TestCatalogIsComplete(t *testing.T) {
	id := regexp.MustCompile(`^(handshake|https|delivery|notification|lifecycle|client-state|webhook|receiver|subscribe)(-[a-z0-9]+)+$`)
	rule := regexp.MustCompile(`^(W\d+(\.\d+)?-\d{2}|R\d+)( (W\d+(\.\d+)?-\d{2}|R\d+))*$`)
	severities := []Severity{SeverityWarning, SeverityFailure}
	for _, f := range Catalog() {
		t.Run(f.ID, func(t *testing.T) {
			if !id.MatchString(f.ID) {
				t.Error("the id is not of the usual form")
			}
			if f.Title == "" || strings.HasSuffix(f.Title, ".") {
				t.Errorf("title %q", f.Title)
			}
			if !slices.Contains(severities, f.Severity) || !slices.Contains(severities, f.Strict) {
				t.Errorf("severities %q and %q", f.Severity, f.Strict)
			}
			if f.Severity == SeverityFailure && f.Strict != SeverityFailure {
				t.Error("strict is milder than faithful")
			}
			if !rule.MatchString(f.Rule) {
				t.Errorf("rule %q", f.Rule)
			}
			if refused := strings.HasPrefix(f.ID, "handshake-") && f.Severity == SeverityFailure; refused && f.Says == "" {
				t.Error("the service's sentence is missing")
			}
			checkTexts(t, "finding", f.Cause, f.Cure)
			for _, c := range f.Cases {
				checkTexts(t, "case "+c.Name, c.Cause, c.Cure)
			}
		})
	}
}

// A finding rests on rules that are written down.
func TestCatalogCitesRulesThatExist(t *testing.T) {
	protocol, err := os.ReadFile("../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Catalog() {
		for rule := range strings.FieldsSeq(f.Rule) {
			if !strings.Contains(string(protocol), "\n| "+rule+" |") {
				t.Errorf("%s cites %s, which docs/protocol.md lacks", f.ID, rule)
			}
		}
	}
}

func checkTexts(t *testing.T, whose, cause, cure string) {
	t.Helper()
	for kind, text := range map[string]string{"cause": cause, "cure": cure} {
		switch {
		case text == "":
			t.Errorf("%s of the %s is missing", kind, whose)
		case utf8.RuneCountInString(text) > textLimit:
			t.Errorf("%s of the %s has %d characters, more than %d", kind, whose, utf8.RuneCountInString(text), textLimit)
		case !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "?"):
			t.Errorf("%s of the %s is no whole sentence: %q", kind, whose, text)
		}
	}
}

func TestCatalogIsSortedAndUnique(t *testing.T) {
	all := ids(Catalog())
	if !slices.IsSorted(all) {
		t.Errorf("not sorted: %q", all)
	}
	if unique := slices.Compact(slices.Clone(all)); len(unique) != len(all) {
		t.Errorf("%d ids, %d of them different", len(all), len(unique))
	}
	for _, f := range Catalog() {
		cases := map[string]bool{}
		for _, c := range f.Cases {
			if c.Name == "" || cases[c.Name] {
				t.Errorf("%s has the case %q twice, or one without a name", f.ID, c.Name)
			}
			cases[c.Name] = true
		}
	}
}

// citedOnly are the findings that no judge here can come to: whoever refuses
// the request establishes them, and no sentence of the service tells them.
func citedOnly() []string {
	return []string{"subscribe-client-state-too-long", "subscribe-unknown-property"}
}

// Every finding and every case has a row in a table, and every row's finding
// and case is in the catalogue.
func TestCatalogAndTablesAgree(t *testing.T) {
	reached := map[string]bool{}
	for _, row := range handshakeRows() {
		for _, name := range row.want {
			reached[strings.TrimPrefix(name, "warning ")] = true
		}
	}
	for _, row := range deliveryRows() {
		for _, name := range row.want {
			reached[strings.TrimPrefix(name, "warning ")] = true
		}
	}
	for _, row := range slices.Concat(receivedRows(), itemRows(), richRows()) {
		for _, name := range row.want {
			reached[strings.TrimPrefix(name, "warning ")] = true
		}
	}
	for _, row := range conformanceRows() {
		for _, name := range row.want {
			reached[strings.TrimPrefix(name, "warning ")] = true
		}
	}
	for _, row := range explained() {
		reached[row.want] = true
	}
	for _, id := range citedOnly() {
		reached[id] = true
	}
	known := map[string]bool{}
	for _, f := range Catalog() {
		known[f.ID] = true
		if !reached[f.ID] && len(f.Cases) == 0 {
			t.Errorf("no row comes to %s", f.ID)
		}
		if !reached[f.ID] && len(f.Cases) > 0 {
			t.Errorf("no row comes to %s without a case", f.ID)
		}
		for _, c := range f.Cases {
			known[f.ID+"/"+c.Name] = true
			if !reached[f.ID+"/"+c.Name] {
				t.Errorf("no row comes to %s/%s", f.ID, c.Name)
			}
		}
	}
	for name := range reached {
		if !known[name] {
			t.Errorf("a row names %s, which is not in the catalogue", name)
		}
	}
}

func TestLookupAndNew(t *testing.T) {
	if _, ok := Lookup("handshake-nonsense"); ok {
		t.Error("Lookup found an id that is not there")
	}
	if _, ok := New("handshake-nonsense", Faithful, ""); ok {
		t.Error("New made a diagnosis of an id that is not there")
	}
	for _, id := range citedOnly() {
		d, ok := New(id, Strict, "the detail")
		if !ok || d.ID != id || d.Detail != "the detail" || d.Severity != SeverityFailure {
			t.Errorf("New(%q) = %+v, %t", id, d, ok)
		}
	}
}

// The catalogue is the caller's own: what he writes into it is lost.
func TestCatalogIsACopy(t *testing.T) {
	for i, f := range Catalog() {
		Catalog()[i].Cause = "changed"
		looked, _ := Lookup(f.ID)
		for _, cases := range [][]Case{f.Cases, looked.Cases} {
			for k := range cases {
				cases[k].Cause = "changed"
			}
		}
	}
	for _, f := range Catalog() {
		looked, _ := Lookup(f.ID)
		for _, c := range slices.Concat(f.Cases, looked.Cases, []Case{{Cause: f.Cause}}) {
			if c.Cause == "changed" {
				t.Errorf("a caller could change %s", f.ID)
			}
		}
	}
}

func TestDiagnosisAsJSON(t *testing.T) {
	d, _ := New("handshake-slow", Faithful, "the detail")
	d.Cause, d.Cure, d.Title = "cause", "cure", "title"
	got, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"handshake-slow","title":"title","severity":"warning","strict":"warning","cause":"cause","cure":"cure",` +
		`"rule":"W2.1-08 W2.1-09 W10-06","detail":"the detail"}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
}
