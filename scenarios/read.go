package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// largestFile is more than anybody writes by hand.
const largestFile = 1 << 20

// Parse reads one scenario. name is the file's, for messages. The error is a [*FileError] that tells all that is wrong, each with its
// place and, where it can be guessed, what was meant. Where it includes others, [Load] reads it.
func Parse(name string, text []byte) (*Scenario, error) {
	return parse(place{name: filepath.ToSlash(name), shown: name}, text)
}

// parse reads one scenario with each of the values that its variables can have: what is wrong with one of them is wrong.
func parse(at place, text []byte) (*Scenario, error) {
	root, err := parseYAML(at.shown, text)
	if err != nil {
		return nil, err
	}
	r := newReader(at.shown)
	src := &source{place: at, root: root, declared: r.declare(root)}
	wrong := r.problems
	var first *Scenario
	for number := range src.declared.combinations() {
		s, err := src.read(src.declared.choose(number))
		var told *FileError
		switch {
		case errors.As(err, &told):
			wrong = append(wrong, told.Problems...)
		case err != nil:
			return nil, err
		case first == nil:
			first = s
		}
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	return first, checkSchema(at.shown, root)
}

// Load reads the scenarios that the patterns name in a file system: files, folders with all that is in them, and patterns such as
// *.yaml. Without a pattern it reads all. One wrong file is an error; all that is wrong in all of them is told.
func Load(files fs.FS, patterns ...string) ([]*Scenario, error) {
	return LoadUnder("", files, patterns...)
}

// LoadUnder does so for a file system that is a folder, whose name stands before those of the files in all that is told.
func LoadUnder(folder string, files fs.FS, patterns ...string) ([]*Scenario, error) {
	names, err := find(folder, files, patterns)
	if err != nil {
		return nil, err
	}
	var all []*Scenario
	var wrong FileError
	for _, name := range names {
		text, err := readFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read scenario: %w", err)
		}
		if !slices.Contains(patterns, name) && isSteps(text) {
			continue // it is there to be included
		}
		s, err := parse(place{files, folder, name, filepath.Join(folder, name)}, text)
		var told *FileError
		switch {
		case errors.As(err, &told):
			wrong.Problems = append(wrong.Problems, told.Problems...)
		case err != nil:
			return nil, err
		default:
			all = append(all, s)
		}
	}
	if len(wrong.Problems) > 0 {
		return nil, &wrong
	}
	return all, nil
}

func readFile(files fs.FS, name string) ([]byte, error) {
	file, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, largestFile+1))
	if err == nil && len(text) > largestFile {
		err = fmt.Errorf("%s is larger than %d bytes", name, largestFile)
	}
	return text, err
}

// find lists the files that patterns name, sorted and once each. A pattern that names nothing is an error, in which folder stands before
// it.
func find(folder string, files fs.FS, patterns []string) ([]string, error) {
	if len(patterns) == 0 {
		patterns = []string{"."}
	}
	var names []string
	for _, pattern := range patterns {
		matches, err := fs.Glob(files, pattern)
		if err != nil {
			return nil, fmt.Errorf("find scenarios %q: %w", pattern, err)
		}
		before := len(names)
		for _, match := range matches {
			err := fs.WalkDir(files, match, func(name string, entry fs.DirEntry, err error) error {
				if err == nil && !entry.IsDir() && (name == match || isScenario(name)) {
					names = append(names, name)
				}
				return err
			})
			if err != nil {
				return nil, fmt.Errorf("find scenarios %q: %w", pattern, err)
			}
		}
		if len(names) == before {
			return nil, fmt.Errorf("find scenarios %q: there are none", filepath.ToSlash(filepath.Join(folder, pattern)))
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func isScenario(name string) bool {
	switch path.Ext(name) {
	case ".yaml", ".yml":
		return true
	}
	return false
}

// parseYAML returns the top of the one document in a file.
func parseYAML(name string, text []byte) (*yaml.Node, error) {
	var documents []*yaml.Node
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	for err == nil {
		var document yaml.Node
		if err = loader.Load(&document); err == nil {
			documents = append(documents, &document)
		}
	}
	switch {
	case !errors.Is(err, io.EOF):
		return nil, &FileError{[]Problem{syntaxProblem(name, err)}}
	case len(documents) == 0 || len(documents[0].Content) == 0:
		return nil, &FileError{[]Problem{{At: Position{File: name, Line: 1, Column: 1}, What: "the file is empty", Hint: "outlocal scenarios new NAME writes one to begin with"}}}
	case len(documents) > 1:
		second := documents[1]
		return nil, &FileError{[]Problem{{At: Position{File: name, Line: max(second.Line, 1), Column: max(second.Column, 1)}, What: "the file has a second document", Hint: "give each scenario a file of its own"}}}
	}
	return documents[0].Content[0], nil
}

// syntaxProblem says where a text is no YAML.
func syntaxProblem(name string, err error) Problem {
	at := Position{File: name, Line: 1, Column: 1}
	what := strings.TrimPrefix(err.Error(), "yaml: ")
	var broken *yaml.LoadError
	if errors.As(err, &broken) {
		at.Line, at.Column = max(broken.Mark.Line, 1), max(broken.Mark.Column, 1)
		what = broken.Message
	}
	p := Problem{At: at, What: "this is no YAML: " + what}
	if strings.Contains(what, "cannot start any token") {
		p.Hint = "indent by blanks, not by tabs, and quote texts that begin with a sign such as @ or `"
	}
	return p
}
