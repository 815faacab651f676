package report_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/internal/report"
)

// node is an element of a document.
type node struct {
	Name  string
	Attrs map[string]string
	Nodes []node
	Text  string
}

func (n node) all(name string) (found []node) {
	for _, child := range n.Nodes {
		if child.Name == name {
			found = append(found, child)
		}
		found = append(found, child.all(name)...)
	}
	return found
}

func parse(t *testing.T, document []byte) node {
	t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(document))
	root, stack := node{}, []*node{}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return root
		}
		if err != nil {
			t.Fatalf("the document is no XML: %v\n%s", err, document)
		}
		switch token := token.(type) {
		case xml.StartElement:
			n := node{Name: token.Name.Local, Attrs: map[string]string{}}
			for _, a := range token.Attr {
				n.Attrs[a.Name.Local] = a.Value
			}
			stack = append(stack, &n)
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].Text += string(token)
			}
		case xml.EndElement:
			done := *stack[len(stack)-1]
			if stack = stack[:len(stack)-1]; len(stack) == 0 {
				root = done
			} else {
				stack[len(stack)-1].Nodes = append(stack[len(stack)-1].Nodes, done)
			}
		}
	}
}

// element is what both schemas allow of an element: attributes, those that are needed with a !, and children in their order.
type element struct {
	attrs, children []string
	text            bool
}

// schema is what the schema of Jenkins, junit-10.xsd, and that of surefire, surefire-test-report-3.0.xsd, have in common. The latter
// begins at testsuite; its attributes time and type are needed, and of a test case's children the order matters.
func schema() map[string]element {
	return map[string]element{
		"testsuites": {attrs: []string{"name", "time", "tests", "failures", "errors"}, children: []string{"testsuite"}},
		"testsuite":  {attrs: []string{"name!", "tests!", "failures!", "errors!", "skipped!", "time"}, children: []string{"properties", "testcase"}},
		"properties": {children: []string{"property"}},
		"property":   {attrs: []string{"name!", "value!"}},
		"testcase":   {attrs: []string{"name!", "classname", "time!"}, children: []string{"failure", "skipped", "error", "system-out", "system-err"}},
		"failure":    {attrs: []string{"message", "type!"}, text: true},
		"error":      {attrs: []string{"message", "type!"}, text: true},
		"skipped":    {attrs: []string{"message"}, text: true},
		"system-out": {text: true},
		"system-err": {text: true},
	}
}

// surefireTime is the pattern that both have for a time.
var surefireTime = regexp.MustCompile(`^(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]{0,3})?$`)

// offences tells how an element is not as the schemas want it.
func offences(n node) (all []string) {
	rules, known := schema()[n.Name]
	if !known {
		return []string{"no element is called " + n.Name}
	}
	allowed := map[string]bool{}
	for _, a := range rules.attrs {
		name, needed := strings.CutSuffix(a, "!")
		allowed[name] = true
		if _, given := n.Attrs[name]; needed && !given {
			all = append(all, n.Name+" needs "+name)
		}
	}
	for name, value := range n.Attrs {
		if !allowed[name] {
			all = append(all, n.Name+" has no "+name)
		}
		if name == "time" && !surefireTime.MatchString(value) {
			all = append(all, fmt.Sprintf("%q is no time", value))
		}
	}
	if !rules.text && strings.TrimSpace(n.Text) != "" {
		all = append(all, n.Name+" holds no text")
	}
	last := 0
	for _, child := range n.Nodes {
		switch at := slices.Index(rules.children, child.Name); {
		case at < 0:
			all = append(all, n.Name+" holds no "+child.Name)
		case at < last:
			all = append(all, child.Name+" comes too late in "+n.Name)
		default:
			last = at
		}
		all = append(all, offences(child)...)
	}
	return all
}

func TestJUnitFitsTheSchemas(t *testing.T) {
	var out bytes.Buffer
	if err := sample().JUnit(&out); err != nil {
		t.Fatal(err)
	}
	root := parse(t, out.Bytes())
	if root.Name != "testsuites" {
		t.Errorf("the document is a %q", root.Name)
	}
	if wrong := offences(root); len(wrong) > 0 {
		t.Errorf("the document does not fit: %s\n%s", strings.Join(wrong, "; "), &out)
	}
	for _, suite := range root.all("testsuite") { // the numbers are those of what it holds
		for attr, n := range map[string]int{
			"tests": len(suite.all("testcase")), "failures": len(suite.all("failure")), "errors": len(suite.all("error")), "skipped": len(suite.all("skipped")),
		} {
			if got := suite.Attrs[attr]; got != fmt.Sprint(n) {
				t.Errorf("suite %s says %s=%s, and holds %d", suite.Attrs["name"], attr, got, n)
			}
		}
		var names []string
		for _, p := range suite.all("property")[:3] {
			names = append(names, p.Attrs["name"]+"="+p.Attrs["value"])
		}
		if diff := cmp.Diff([]string{"seed=7", "version=v1.2.3", "again=outlocal run stories --seed 7"}, names); diff != "" {
			t.Errorf("properties of %s (-want +got):\n%s", suite.Attrs["name"], diff)
		}
	}
	for attr, want := range map[string]string{"tests": "6", "failures": "1", "errors": "1", "time": "1.500"} {
		if got := root.Attrs[attr]; got != want {
			t.Errorf("all suites: %s=%s, want %s", attr, got, want)
		}
	}
}

func TestJUnitTellsOutcomes(t *testing.T) {
	var out bytes.Buffer
	if err := sample().JUnit(&out); err != nil {
		t.Fatal(err)
	}
	cases := map[string]node{}
	for _, c := range parse(t, out.Bytes()).all("testcase") {
		cases[c.Attrs["name"]] = c
	}
	for _, row := range []struct{ id, class, child, message, text string }{
		{"roll-out", "graph-v1.0", "system-out", "", "A roll-out\nat roll-out.yaml:1"},
		{"app-renews", "mine", "failure", "it was not renewed: 50% of 2; see [a]", "The app renews, in time\nat stories/a,b:c;d]/app-renews.yaml:12:5\n"},
		{"content-type", "verify", "system-out", "", "warning: ]]></failure>"},
		{"batch", "verify", "skipped", "not judged: the plain one fails", ""},
		{"lifecycle", "verify", "skipped", "the dialect has none, @octocat, says #12", ""},
		{"https", "verify", "error", "nothing answers", "TLS"},
	} {
		c := cases[row.id]
		if c.Attrs["classname"] != row.class {
			t.Errorf("%s: class %q, want %q", row.id, c.Attrs["classname"], row.class)
		}
		if len(c.Nodes) == 0 || c.Nodes[0].Name != row.child {
			t.Errorf("%s: it holds %v, want a %s first", row.id, c.Nodes, row.child)
			continue
		}
		if got := c.Nodes[0]; got.Attrs["message"] != row.message || !strings.HasPrefix(got.Text, row.text) {
			t.Errorf("%s: message %q, text %q, want %q and %q", row.id, got.Attrs["message"], got.Text, row.message, row.text)
		}
	}
}

// What XML can't hold can be read in its place.
func TestJUnitShowsControlCharacters(t *testing.T) {
	var out bytes.Buffer
	if err := sample().JUnit(&out); err != nil {
		t.Fatal(err)
	}
	text := parse(t, out.Bytes()).all("failure")[0].Text
	if want := "]]></failure> <script>␀␛[31m \\xff\\ufffe |`````| \n::error::mine\n"; !strings.Contains(text, want) {
		t.Errorf("text is %q, want %q in it", text, want)
	}
	if strings.ContainsRune(text, '\ufffd') {
		t.Errorf("something was lost: %q", text)
	}
}

func TestJUnitWithoutCases(t *testing.T) {
	var out bytes.Buffer
	if err := (&report.Report{Name: "nothing", Suites: []report.Suite{{Name: "empty"}}}).JUnit(&out); err != nil {
		t.Fatal(err)
	}
	if wrong := offences(parse(t, out.Bytes())); len(wrong) > 0 {
		t.Errorf("the document does not fit: %s\n%s", strings.Join(wrong, "; "), &out)
	}
}

func FuzzForms(f *testing.F) {
	f.Add(hostile, "a message", "file.yaml")
	f.Add("```\n</details>", "|", "a\nb")
	f.Add("\x80\xed\xa0\x80", "::error::", "%0A")
	f.Fuzz(func(t *testing.T, detail, message, file string) {
		r := report.Report{Name: message, Suites: []report.Suite{{Name: detail, Cases: []report.Case{{
			ID: file, Name: message, Outcome: report.Failed, Message: message, Detail: detail, File: file, Line: 1, Again: detail, Properties: []report.Property{{Name: "a", Value: "b"}},
		}}}}}
		var out bytes.Buffer
		if err := r.JUnit(&out); err != nil {
			t.Fatal(err)
		}
		if wrong := offences(parse(t, out.Bytes())); len(wrong) > 0 {
			t.Errorf("the document does not fit: %s", strings.Join(wrong, "; "))
		}
		for _, host := range report.Hosts() {
			out.Reset()
			if err := r.Annotate(&out, report.Host(host)); err != nil {
				t.Fatal(err)
			}
			if wrong := commands(out.String(), host); len(wrong) != 3 {
				t.Errorf("%s reads %d commands, want 3: %q\n%s", host, len(wrong), wrong, &out)
			}
		}
		out.Reset()
		if err := r.Markdown(&out); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(outsideFences(out.String()), "</details>"); n != 1 {
			t.Errorf("the summary folds %d times, want once:\n%s", n, &out)
		}
	})
}
