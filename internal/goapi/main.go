// Command goapi writes docs/api.txt: every exported name of the public
// packages, a line each, so that whoever changes one sees it in the diff, and
// whoever reviews that can ask whether it was meant.
//
//	go run ./internal/goapi    writes docs/api.txt
//
// It looks at declarations as they are written, for Linux, and judges nothing:
// whether a change is compatible is for people to say (docs/stability.md).
package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// listFile is what the command writes, below the root of the repository.
const listFile = "docs/api.txt"

const heading = `# The exported names of the public packages. Written by make generate. Do not edit.
# A line that goes or changes is a change of the API: docs/stability.md.
`

func main() {
	lines, err := list(".")
	if err == nil {
		err = os.WriteFile(filepath.FromSlash(listFile), []byte(heading+strings.Join(lines, "\n")+"\n"), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	fmt.Fprintf(os.Stdout, "%s: %d names\n", listFile, len(lines))
}

// list returns the exported names of all public packages below root, sorted.
func list(root string) ([]string, error) {
	var lines []string
	err := filepath.WalkDir(root, func(dir string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		name := entry.Name()
		if dir != root && (hidden(name) || foreign(root, dir)) {
			return fs.SkipDir
		}
		context := build.Default
		context.GOOS, context.GOARCH, context.CgoEnabled = "linux", "amd64", false
		p, err := context.ImportDir(dir, 0)
		var none *build.NoGoError
		switch {
		case errors.As(err, &none):
			return nil
		case err != nil:
			return fmt.Errorf("look at %s: %w", dir, err)
		case p.IsCommand():
			return nil
		}
		found, err := declarations(root, dir, p.GoFiles)
		lines = append(lines, found...)
		return err
	})
	slices.Sort(lines)
	return lines, err
}

// hidden are folders whose packages are nobody else's to import.
func hidden(name string) bool {
	return name == "internal" || name == "testdata" || name == "node_modules" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}

// foreign are folders that are modules of their own.
func foreign(root, dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil && dir != root
}

// declarations are the exported names of one package.
func declarations(root, dir string, files []string) ([]string, error) {
	rel, err := filepath.Rel(root, dir)
	if err != nil {
		return nil, err
	}
	w := writer{prefix: "pkg " + path.Clean(filepath.ToSlash(rel)) + ", ", positions: token.NewFileSet()}
	for _, name := range files {
		file, err := parser.ParseFile(w.positions, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("parse a file: %w", err)
		}
		for _, d := range file.Decls {
			w.declaration(d)
		}
	}
	return w.lines, nil
}

// writer collects the lines of a package.
type writer struct {
	prefix    string
	positions *token.FileSet
	lines     []string
}

func (w *writer) add(format string, args ...any) {
	w.lines = append(w.lines, w.prefix+strings.TrimSpace(fmt.Sprintf(format, args...)))
}

func (w *writer) declaration(d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		w.function(d)
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				w.typ(s)
			case *ast.ValueSpec:
				for _, name := range s.Names {
					if name.IsExported() {
						w.add("%s %s %s", d.Tok, name.Name, w.text(s.Type))
					}
				}
			}
		}
	}
}

func (w *writer) function(d *ast.FuncDecl) {
	signature := strings.TrimPrefix(w.text(d.Type), "func")
	switch {
	case !d.Name.IsExported():
	case d.Recv == nil:
		w.add("func %s%s", d.Name.Name, signature)
	default:
		receiver := w.text(d.Recv.List[0].Type)
		if ast.IsExported(strings.TrimLeft(receiver, "*")) {
			w.add("method (%s) %s%s", receiver, d.Name.Name, signature)
		}
	}
}

// typ is a type, with a line for each exported field or method of its own.
func (w *writer) typ(s *ast.TypeSpec) {
	if !s.Name.IsExported() {
		return
	}
	var members *ast.FieldList
	var kind string
	switch t := s.Type.(type) {
	case *ast.StructType:
		members, kind = t.Fields, "struct"
	case *ast.InterfaceType:
		members, kind = t.Methods, "interface"
	default:
		w.add("type %s %s", s.Name.Name, w.text(s.Type))
		return
	}
	w.add("type %s %s", s.Name.Name, kind)
	for _, m := range members.List {
		if len(m.Names) == 0 {
			w.add("type %s %s, embedded %s", s.Name.Name, kind, w.text(m.Type))
		}
		for _, name := range m.Names {
			if name.IsExported() {
				w.add("type %s %s, %s %s", s.Name.Name, kind, name.Name, w.text(m.Type))
			}
		}
	}
}

// text is an expression on one line.
func (w *writer) text(node ast.Node) string {
	if node == nil || node == ast.Expr(nil) {
		return ""
	}
	var b bytes.Buffer
	if printer.Fprint(&b, w.positions, node) != nil {
		return ""
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
