package scenarios

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the reference in the manual anew")

const (
	manual   = "../docs/scenario-format.md"
	refBegin = "<!-- reference: written by go test ./scenarios -run Manual -update -->\n"
	refEnd   = "<!-- end of reference -->"
)

// The manual's reference is made of the very types that files are read into.
func TestManual(t *testing.T) {
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), refBegin)
	old, after, ended := strings.Cut(rest, refEnd)
	if !ok || !ended {
		t.Fatal("the manual has no place for the reference")
	}
	reference := writeReference()
	if *update {
		if err := os.WriteFile(manual, []byte(before+refBegin+reference+refEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if old != reference {
		t.Error("the reference is out of date: run go test ./scenarios -run Manual -update")
	}
}

// Every scenario that the manual shows can be played, and every piece of one that it shows is right.
func TestManualsExamples(t *testing.T) {
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1)
	whole := 0
	for i, block := range blocks {
		example := block[1]
		if !bytes.Contains(example, []byte("title:")) { // a piece, of steps alone
			example = append([]byte("title: a piece\nsteps:\n- subscribe:\n"), example...)
			if _, err := Parse(fmt.Sprintf("example%d.yaml", i), example); err != nil {
				t.Errorf("%v\n%s", err, example)
			}
			continue
		}
		whole++
		s, err := Parse(fmt.Sprintf("example%d.yaml", i), example)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range s.Spoken() {
			if report, err := Play(t.Context(), s, Options{Dialect: d}); err != nil || report.Verdict != Good {
				t.Errorf("in %s it is %s (%v)\n%s", d, report.Verdict, err, report.Problems())
			}
		}
	}
	if whole == 0 {
		t.Error("the manual shows no scenario that can be played")
	}
}

// What somebody begins with is right.
func TestTemplate(t *testing.T) {
	s, err := Parse("mine.yaml", Template("mine"))
	if err != nil {
		t.Fatal(err)
	}
	if report, err := Play(t.Context(), s, Options{}); err != nil || report.Verdict != Good {
		t.Errorf("it is %s (%v)\n%s", report.Verdict, err, report.Problems())
	}
}

// writeReference lists every type that a file is made of, with its members.
func writeReference() string {
	var b strings.Builder
	var seen []reflect.Type
	var visit func(t reflect.Type)
	visit = func(t reflect.Type) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || len(membersOf(t)) == 0 || slices.Contains(seen, t) {
			return
		}
		seen = append(seen, t)
		for _, m := range membersOf(t) {
			visit(m.Type)
		}
	}
	visit(reflect.TypeFor[Scenario]())
	for _, t := range seen {
		fmt.Fprintf(&b, "\n### %s\n\n", t.Name())
		if short := shortForm(t); short != "" {
			fmt.Fprintf(&b, "A value alone stands for `%s`.\n\n", short)
		}
		b.WriteString("| member | is | what it says |\n|---|---|---|\n")
		for _, m := range membersOf(t) {
			doc := m.Tag.Get("doc")
			if m.Tag.Get("need") == "required" {
				doc += " (needed)"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", m.name(), typeName(m.Type), strings.TrimSpace(doc))
		}
	}
	b.WriteString("\n### Match\n\n| word | what it says |\n|---|---|\n")
	for _, w := range matchWords() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", w.name, w.doc)
	}
	b.WriteString("\n")
	return b.String()
}

// typeName is what stands for a member, in a word.
func typeName(t reflect.Type) string {
	const listed = 6 // words that fit into a cell
	if w, ok := reflect.Zero(t).Interface().(worded); ok && t.Kind() == reflect.String {
		what, known := w.words()
		if len(known) > listed {
			return what
		}
		return strings.Join(known, ", ")
	}
	switch t {
	case reflect.TypeFor[Faults]():
		return "a fault, or a list"
	case reflect.TypeFor[ByPath]():
		return "paths and [matches](#match)"
	case reflect.TypeFor[Duration]():
		return "duration"
	case reflect.TypeFor[Reactions]():
		return typeName(reflect.TypeFor[Reaction]()) + "; or a list"
	case reflect.TypeFor[Choices]():
		return "a list of values, or names and values"
	case reflect.TypeFor[Pause]():
		return "duration, or " + asTold
	case reflect.TypeFor[SubName]():
		return "name of a subscription"
	case reflect.TypeFor[Name]():
		return "name of a step"
	case reflect.TypeFor[ChangeWords]():
		return "list of change types"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.Slice:
		return "list of " + typeName(t.Elem())
	case reflect.Map:
		return "names, and for each " + typeName(t.Elem())
	case reflect.Struct:
		return "[" + t.Name() + "](#" + strings.ToLower(t.Name()) + ")"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "number"
	case reflect.Interface:
		return "anything"
	}
	return "text"
}
