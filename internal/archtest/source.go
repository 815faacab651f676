package archtest

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Hard limits of what one reads at a sitting. The house aims at 300 and 60; past
// these a file tells two stories and a function does two things.
const (
	maxFileLines     = 400
	maxFunctionLines = 80
)

// Source is the Go code of a tree: its own module only, without testdata.
type Source struct {
	positions *token.FileSet
	folders   map[string][]sourceFile
}

type sourceFile struct {
	name  string
	tree  *ast.File
	lines int
}

func (f sourceFile) isTest() bool { return strings.HasSuffix(f.name, "_test.go") }

// inBubble reports a test whose time is the bubble's: sleeping there takes no time
// and is how one lets it pass.
func (f sourceFile) inBubble() bool {
	return f.isTest() && slices.ContainsFunc(f.tree.Imports, func(spec *ast.ImportSpec) bool {
		return spec.Path.Value == `"testing/synctest"`
	})
}

// isMain reports the one file of a program that may end the process.
func (f sourceFile) isMain() bool {
	return f.tree.Name.Name == "main" && path.Base(f.name) == "main.go"
}

// Parse reads every Go file of the module at the tree's root.
func Parse(tree fs.FS) (Source, error) {
	source := Source{positions: token.NewFileSet(), folders: make(map[string][]sourceFile)}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && notOurs(tree, name):
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(source.positions, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("parse: %w", err)
		}
		lines := source.positions.File(file.FileStart).LineCount()
		source.folders[path.Dir(name)] = append(source.folders[path.Dir(name)], sourceFile{name, file, lines})
		return nil
	})
	return source, err
}

// notOurs reports folders that the go tool passes over, and modules of their own.
func notOurs(tree fs.FS, name string) bool {
	if name == "." {
		return false
	}
	base := path.Base(name)
	if base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return true
	}
	_, err := fs.Stat(tree, path.Join(name, "go.mod"))
	return err == nil
}

// CheckSizes returns the files and functions that are too long. Tests may be as
// long as their tables, generated files as long as they like.
func (s Source) CheckSizes() []string {
	var offences []string
	s.each(func(f sourceFile) {
		if f.isTest() || ast.IsGenerated(f.tree) {
			return
		}
		if f.lines > maxFileLines {
			offences = append(offences, fmt.Sprintf("%s has %d lines, at most %d are allowed", f.name, f.lines, maxFileLines))
		}
		for _, declaration := range f.tree.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			first, last := s.positions.Position(function.Pos()), s.positions.Position(function.End())
			if lines := last.Line - first.Line + 1; lines > maxFunctionLines && !isTable(function) {
				offences = append(offences, fmt.Sprintf("%s: function %s has %d lines, at most %d are allowed", first, function.Name.Name, lines, maxFunctionLines))
			}
		}
	})
	return offences
}

// isTable reports a function that does nothing but return a literal: data, which
// one looks things up in rather than reads through.
func isTable(function *ast.FuncDecl) bool {
	if function.Body == nil || len(function.Body.List) != 1 {
		return false
	}
	result, ok := function.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(result.Results) != 1 {
		return false
	}
	_, ok = result.Results[0].(*ast.CompositeLit)
	return ok
}

// CheckCalls returns what no file may do: run code on import, sleep, end the
// process from the inside.
func (s Source) CheckCalls() []string {
	var offences []string
	s.each(func(f sourceFile) {
		imports := localNames(f.tree)
		ast.Inspect(f.tree, func(node ast.Node) bool {
			switch n := node.(type) {
			case *ast.FuncDecl:
				if n.Recv == nil && n.Name.Name == "init" {
					offences = append(offences, fmt.Sprintf("%s: no init: nothing happens because a package was imported", s.positions.Position(n.Pos())))
				}
				// The main of a test binary may do what a main does.
				return !f.isTest() || n.Name.Name != "TestMain"
			case *ast.SelectorExpr:
				if qualifier, ok := n.X.(*ast.Ident); ok {
					if why := banned(f, imports[qualifier.Name], n.Sel.Name); why != "" {
						offences = append(offences, fmt.Sprintf("%s: no %s.%s: %s", s.positions.Position(n.Pos()), qualifier.Name, n.Sel.Name, why))
					}
				}
			}
			return true
		})
	})
	return offences
}

// localNames maps the names by which a file calls its imports to their paths.
func localNames(file *ast.File) map[string]string {
	names := make(map[string]string)
	for _, spec := range file.Imports {
		imported := strings.Trim(spec.Path.Value, `"`)
		if spec.Name != nil {
			names[spec.Name.Name] = imported
		} else {
			names[path.Base(imported)] = imported
		}
	}
	return names
}

// banned says why a file may not use a name of the standard library, or "".
func banned(f sourceFile, imported, name string) string {
	switch {
	case imported == "time" && name == "Sleep" && !f.inBubble():
		return "wait for what you wait for, or set a timer of the clock"
	case f.isMain():
		return ""
	case imported == "os" && name == "Exit",
		imported == "log" && (strings.HasPrefix(name, "Fatal") || strings.HasPrefix(name, "Panic")):
		return "return an error; main.go alone ends the process"
	}
	return ""
}

// An Exception lets one package-level variable be what the house forbids.
type Exception struct {
	Folder, Name string
	Because      string
}

// CheckState returns the package-level variables that hold state: those that are
// written after their declaration, that exist in order to be written, or that
// anybody who imports the package could write into. Tables that are only read,
// sentinel errors and embedded files are none.
func (s Source) CheckState(exceptions []Exception) []string {
	var offences []string
	used := make(map[Exception]bool)
	for folder, files := range s.folders {
		checked := s.typed(files)
		written := writes(files, checked)
		for _, v := range variables(files) {
			why := v.kind()
			if position, ok := written[checked.Defs[v.name]]; ok && why == "" {
				why = "it is written at " + s.positions.Position(position).String()
			}
			if why == "" {
				continue
			}
			if e, ok := excuse(exceptions, folder, v.name.Name); ok {
				used[e] = true
				continue
			}
			offences = append(offences, fmt.Sprintf("%s: package-level variable %s holds state: %s", s.positions.Position(v.name.Pos()), v.name.Name, why))
		}
	}
	for _, e := range exceptions {
		if !used[e] {
			offences = append(offences, fmt.Sprintf("the exception for %s in %s excuses nothing", e.Name, e.Folder))
		}
	}
	return offences
}

func excuse(exceptions []Exception, folder, name string) (Exception, bool) {
	for _, e := range exceptions {
		if e.Folder == folder && e.Name == name {
			return e, true
		}
	}
	return Exception{}, false
}

// typed resolves the names of one folder's files. Imports are left unresolved:
// which variable an identifier of this package means is known without them.
func (s Source) typed(files []sourceFile) *types.Info {
	info := &types.Info{Defs: make(map[*ast.Ident]types.Object), Uses: make(map[*ast.Ident]types.Object)}
	config := types.Config{
		Importer: unresolved{},
		Error:    func(error) {}, // there are many, all for want of imports
	}
	byPackage := make(map[string][]*ast.File)
	for _, f := range files {
		byPackage[f.tree.Name.Name] = append(byPackage[f.tree.Name.Name], f.tree)
	}
	for name, trees := range byPackage {
		// The error is the first of those ignored above.
		_, _ = config.Check(name, s.positions, trees, info)
	}
	return info
}

type unresolved struct{}

func (unresolved) Import(string) (*types.Package, error) {
	return nil, errors.New("imports are not resolved")
}

func (s Source) each(do func(sourceFile)) {
	for _, files := range s.folders {
		for _, f := range files {
			do(f)
		}
	}
}
