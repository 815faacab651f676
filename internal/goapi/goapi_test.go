package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestList(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module x\n", "main.go": "package main\nfunc Main() {}\n",
		"words/words.go": `package words

// Word is documented.
type Word struct {
	Text, Tone string ` + "`json:\"text\"`" + `
	hidden int
	*Other
}
type Other interface {
	Say(to string) (ok bool, err error)
}
type (
	Number int
	small  int
)
const First, second Number = 1, 2
var Spoken = "x"
func New(text string,
	tone ...string) *Word { return nil }
func (w *Word) Say() {}
func (w *Word) whisper() {}
func say() {}
func (s small) Say() {}
`,
		"words/words_test.go":     "package words\nfunc TestX() {}\n",
		"words/words_windows.go":  "package words\nfunc OnWindows() {}\n",
		"words/internal/in/in.go": "package in\nfunc In() {}\n",
		"words/testdata/x/x.go":   "package x\nfunc X() {}\n",
		"own/go.mod":              "module own\n",
		"own/own.go":              "package own\nfunc Own() {}\n",
	} {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := list(root)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"pkg words, const First Number",
		"pkg words, func New(text string, tone ...string) *Word",
		"pkg words, method (*Word) Say()",
		"pkg words, type Number int",
		"pkg words, type Other interface",
		"pkg words, type Other interface, Say func(to string) (ok bool, err error)",
		"pkg words, type Word struct",
		"pkg words, type Word struct, Text string",
		"pkg words, type Word struct, Tone string",
		"pkg words, type Word struct, embedded *Other",
		"pkg words, var Spoken",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The list of this repository has what people import, and nothing that they can't.
func TestListOfThisRepository(t *testing.T) {
	lines, err := list(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"pkg diagnosis, func Catalog() []Finding", "pkg emulator/emulatortest, type Config struct, embedded emulator.Config"} {
		if !slices.Contains(lines, want) {
			t.Errorf("it lacks %q", want)
		}
	}
	for _, line := range lines {
		name, _, _ := strings.Cut(strings.TrimPrefix(line, "pkg "), ",")
		if strings.Contains(name, "internal") || strings.HasPrefix(name, "interop") || name == "." {
			t.Errorf("it has %q", line)
		}
	}
}
