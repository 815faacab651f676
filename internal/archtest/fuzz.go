package archtest

import (
	"fmt"
	"go/ast"
	"io/fs"
	"path"
	"strings"
)

// CheckFuzzSeeds returns the fuzz targets that no seed ever reaches: neither adds
// the target (or a function that it hands its *testing.F to) one, nor lies a file in
// the target's corpus. Such a target passes every run and tests nothing.
func (s Source) CheckFuzzSeeds(tree fs.FS) []string {
	var offences []string
	for folder, files := range s.folders {
		functions := make(map[string]*ast.FuncDecl)
		for _, f := range files {
			for _, declaration := range f.tree.Decls {
				if function, ok := declaration.(*ast.FuncDecl); ok && f.isTest() && function.Recv == nil {
					functions[function.Name.Name] = function
				}
			}
		}
		for name, function := range functions {
			if !strings.HasPrefix(name, "Fuzz") || fuzzer(function) == "" || adds(function, functions) {
				continue
			}
			corpus, err := fs.ReadDir(tree, path.Join(folder, "testdata/fuzz", name))
			if err != nil || len(corpus) == 0 {
				offences = append(offences, fmt.Sprintf("%s: fuzz target %s has no seeds", s.positions.Position(function.Pos()), name))
			}
		}
	}
	return offences
}

// adds reports whether a function calls Add on its *testing.F, by itself or
// through one of the given functions.
func adds(function *ast.FuncDecl, functions map[string]*ast.FuncDecl) bool {
	f := fuzzer(function)
	found := false
	ast.Inspect(function, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok || f == "" || found {
			return !found
		}
		switch called := call.Fun.(type) {
		case *ast.SelectorExpr:
			on, ok := called.X.(*ast.Ident)
			found = ok && on.Name == f && called.Sel.Name == "Add"
		case *ast.Ident:
			// One step only: nil knows no further helpers.
			helper, ok := functions[called.Name]
			found = ok && adds(helper, nil)
		}
		return !found
	})
	return found
}

// fuzzer is the name of a function's *testing.F parameter, or "".
func fuzzer(function *ast.FuncDecl) string {
	for _, parameter := range function.Type.Params.List {
		pointer, ok := parameter.Type.(*ast.StarExpr)
		if !ok || len(parameter.Names) == 0 {
			continue
		}
		if selector, ok := pointer.X.(*ast.SelectorExpr); ok && selector.Sel.Name == "F" {
			return parameter.Names[0].Name
		}
	}
	return ""
}
