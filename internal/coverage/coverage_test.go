package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const protocolFixture = `# The protocol

| not | a rule |

## W1 Words

| id | dialects | rule | mark |
|---|---|---|---|
| W1-01 | all | First, unlike W9-09. | D |
| W1-02 | L T | Second. | D |

## R Clients

| id | dialects | rule | mark |
|---|---|---|---|
| R1 | all | Third. | W |
`

const testFixture = `package words

import "testing"

// TestFirst reads a word.
// rules: W1-01
func TestFirst(t *testing.T) {}

func rows() []row {
	return []row{
		{name: "one", rules: "W1-01 R1"},
		{name: "two", rules: "W1-01, R1"},
	}
}
`

// tree is a repository in which nothing is wrong: two rules tested, one excused.
func tree() fstest.MapFS {
	return fstest.MapFS{
		"docs/protocol.md":            {Data: []byte(protocolFixture)},
		"docs/not-emulated.txt":       {Data: []byte("# later\n\nW1-02\tnobody needs it\n")},
		"words/words_test.go":         {Data: []byte(testFixture)},
		"words/words.go":              {Data: []byte("package words // rules: W1-02\n")},
		"cli/testdata/first.txtar":    {Data: []byte("# rules: R1\n")},
		"cli/testdata/notes.txt":      {Data: []byte("rules: W1-02\n")},
		"scenarios/deep/first.yaml":   {Data: []byte("rules: [W1-01]\n")},
		"elsewhere/first.yaml":        {Data: []byte("rules: [W1-02]\n")},
		"internal/coverage/a_test.go": {Data: []byte("not even Go; rules: W1-02\n")},
	}
}

// with is the tree with some files replaced.
func with(files map[string]string) fstest.MapFS {
	changed := tree()
	for name, text := range files {
		changed[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return changed
}

func TestCollect(t *testing.T) {
	got, err := collect(tree())
	if err != nil {
		t.Fatal(err)
	}
	want := evidence{
		protocol: protocol{
			Sections: []string{"W1 Words", "R Clients"},
			Rules:    []rule{{ID: "W1-01"}, {ID: "W1-02"}, {ID: "R1", Section: 1}},
		},
		cited: map[string][]citation{
			"W1-01": {{"scenarios/deep/first.yaml", ""}, {"words/words_test.go", "TestFirst"}, {"words/words_test.go", "rows"}},
			"R1":    {{"cli/testdata/first.txtar", ""}, {"words/words_test.go", "rows"}},
		},
		notEmulated: map[string]string{"W1-02": "nobody needs it"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(evidence{}, protocol{}, rule{}, citation{})); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}
}

func TestCollectRefuses(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"a rule twice", map[string]string{"docs/protocol.md": "## A\n| R1 | x |\n| R1 | y |\n"}, "docs/protocol.md:3: rule R1 stands there twice"},
		{"a rule above all sections", map[string]string{"docs/protocol.md": "| R1 | x |\n"}, "rule R1 stands above the first section"},
		{"a document without rules", map[string]string{"docs/protocol.md": "## A\n"}, "no rules found"},
		{"a reason forgotten", map[string]string{"docs/not-emulated.txt": "R1\t \n"}, "docs/not-emulated.txt:1: want an id, a tab and a reason"},
		{"blanks for the tab", map[string]string{"docs/not-emulated.txt": "R1 later\n"}, "want an id, a tab and a reason"},
		{"an excuse twice", map[string]string{"docs/not-emulated.txt": "R1\tlater\nR1\tnever\n"}, "docs/not-emulated.txt:2: rule R1 stands there twice"},
		{"a test file that does not parse", map[string]string{"words/words_test.go": "package"}, "words/words_test.go"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := collect(with(test.files))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		stale string // text that the written report has too much
		want  []string
	}{
		{name: "nothing wrong"},
		{
			name:  "rules in neither list",
			files: map[string]string{"docs/not-emulated.txt": "", "scenarios/deep/first.yaml": "", "words/words_test.go": "package words\n"},
			want: []string{
				"W1-01 is neither cited by a test nor listed in docs/not-emulated.txt",
				"W1-02 is neither cited by a test nor listed in docs/not-emulated.txt",
			},
		},
		{
			name:  "a rule in both lists",
			files: map[string]string{"docs/not-emulated.txt": "W1-02\tlater\nR1\tlater\n"},
			want:  []string{"R1 is cited by `cli/testdata/first.txtar`, and yet listed in docs/not-emulated.txt"},
		},
		{
			name:  "ids that no rule has",
			files: map[string]string{"scenarios/deep/first.yaml": "# rules: W1-01 W7.7-07\n", "docs/not-emulated.txt": "W1-02\tlater\nR99\tlater\n"},
			want: []string{
				"W7.7-07 is cited by `scenarios/deep/first.yaml`, but is no rule of docs/protocol.md",
				"R99 is listed in docs/not-emulated.txt, but is no rule of docs/protocol.md",
			},
		},
		{name: "drift", stale: "x", want: []string{"docs/coverage.md is out of date: run make generate"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e, err := collect(with(test.files))
			if err != nil {
				t.Fatal(err)
			}
			root := t.TempDir()
			if err := os.CopyFS(root, with(test.files)); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(root, reportFile), []byte(e.report()+test.stale), 0o600); err != nil {
				t.Fatal(err)
			}
			var got []string
			if err := run([]string{"-check", "-root", root}, new(bytes.Buffer)); err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRunWrites writes a report and finds it fresh afterwards.
func TestRunWrites(t *testing.T) {
	root := t.TempDir()
	if err := os.CopyFS(root, tree()); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"-check", "-root", root}, new(bytes.Buffer)); err == nil {
		t.Error("a report that was never written passes the check")
	}
	var out bytes.Buffer
	if err := run([]string{"-root", root}, &out); err != nil {
		t.Fatal(err)
	}
	if want := "docs/coverage.md: 3 rules, 2 tested, 1 not emulated, 0 open\n"; out.String() != want {
		t.Errorf("said %q, want %q", out.String(), want)
	}
	if err := run([]string{"-check", "-root", root}, new(bytes.Buffer)); err != nil {
		t.Errorf("a report just written fails the check: %v", err)
	}
}

func TestReport(t *testing.T) {
	e, err := collect(tree())
	if err != nil {
		t.Fatal(err)
	}
	e.cited["W1-01"] = append(e.cited["W1-01"], citation{File: "a_test.go", Test: "TestA"})
	maps.DeleteFunc(e.cited, func(id string, _ []citation) bool { return id == "R1" })
	_, got, _ := strings.Cut(e.report(), "Do not edit.\n\n")
	want := `3 rules, 1 tested, 1 not emulated, 1 open.

## W1 Words

| id | proven by |
|---|---|
` + "| W1-01 | `a_test.go` TestA<br>`scenarios/deep/first.yaml`<br>`words/words_test.go` TestFirst<br>and 1 more |" + `
| W1-02 | not emulated: nobody needs it |

## R Clients

| id | proven by |
|---|---|
| R1 | **open** |
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}
