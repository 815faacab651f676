package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// A citation is one place that claims to prove a rule.
type citation struct {
	File string
	Test string // the test function, where the file is Go and the line stands in one
}

func (c citation) String() string {
	if c.Test == "" {
		return "`" + c.File + "`"
	}
	return "`" + c.File + "` " + c.Test
}

// A reader finds citations: on each line, the ids after the word "rules:".
type reader struct {
	mark *regexp.Regexp
	id   *regexp.Regexp
}

func newReader() reader {
	return reader{
		mark: regexp.MustCompile(`\brules:(.*)`),
		id:   regexp.MustCompile(`\b` + idPattern + `\b`),
	}
}

// readCitations walks the tree for the three kinds of tests: Go test files, CLI
// scripts (testdata/…/*.txtar) and scenarios (scenarios/…/*.yaml).
func readCitations(fsys fs.FS) (map[string][]citation, error) {
	cited := make(map[string][]citation)
	r := newReader()
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && foreign(name):
			return fs.SkipDir
		case entry.IsDir() || !holdsTests(name):
			return nil
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		return r.read(cited, name, text)
	})
	return cited, err
}

// foreign reports folders that hold no tests of this module. The command's own
// folder is one: its tests are full of citations that prove nothing.
func foreign(name string) bool {
	switch name {
	case ".git", "bin", "dist", "tools", "interop", "internal/coverage":
		return true
	}
	return path.Base(name) == "node_modules"
}

func holdsTests(name string) bool {
	switch path.Ext(name) {
	case ".go":
		return strings.HasSuffix(name, "_test.go")
	case ".txtar":
		return slices.Contains(strings.Split(name, "/"), "testdata")
	case ".yaml":
		return strings.HasPrefix(name, "scenarios/")
	}
	return false
}

// read adds the citations of one file.
func (r reader) read(cited map[string][]citation, name string, text []byte) error {
	testAt := func(int) string { return "" }
	if path.Ext(name) == ".go" {
		var err error
		if testAt, err = functions(name, text); err != nil {
			return fmt.Errorf("parse a test file: %w", err)
		}
	}
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		match := r.mark.FindStringSubmatch(line)
		if match == nil {
			continue
		}
		place := citation{File: name, Test: testAt(number)}
		for _, id := range r.id.FindAllString(match[1], -1) {
			if !slices.Contains(cited[id], place) {
				cited[id] = append(cited[id], place)
			}
		}
	}
	return nil
}

// functions maps a line of a Go file to the function that it stands in, or whose
// comment it stands in.
func functions(name string, text []byte) (func(line int) string, error) {
	positions := token.NewFileSet()
	file, err := parser.ParseFile(positions, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	type span struct {
		first, last int
		name        string
	}
	var spans []span
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok {
			continue
		}
		start := function.Pos()
		if function.Doc != nil {
			start = function.Doc.Pos()
		}
		spans = append(spans, span{positions.Position(start).Line, positions.Position(function.End()).Line, function.Name.Name})
	}
	return func(line int) string {
		for _, s := range spans {
			if s.first <= line && line <= s.last {
				return s.name
			}
		}
		return ""
	}, nil
}
