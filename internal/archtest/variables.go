package archtest

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// A variable is one name of a package-level var declaration outside tests.
type variable struct {
	name     *ast.Ident
	typ      ast.Expr // nil if left to the value
	value    ast.Expr // nil if there is none, or one call gives several
	embedded bool     // filled by a go:embed directive
	shared   bool     // one call gives several values
}

// variables lists them, without blank ones.
func variables(files []sourceFile) []variable {
	var found []variable
	for _, f := range files {
		if f.isTest() {
			continue
		}
		for _, declaration := range f.tree.Decls {
			group, ok := declaration.(*ast.GenDecl)
			if !ok || group.Tok != token.VAR {
				continue
			}
			for _, spec := range group.Specs {
				values := spec.(*ast.ValueSpec)
				embedded := isEmbedded(group.Doc) || isEmbedded(values.Doc)
				for i, name := range values.Names {
					v := variable{name: name, typ: values.Type, embedded: embedded}
					if len(values.Values) == len(values.Names) {
						v.value = values.Values[i]
					} else {
						v.shared = len(values.Values) > 0
					}
					if name.Name != "_" {
						found = append(found, v)
					}
				}
			}
		}
	}
	return found
}

func isEmbedded(doc *ast.CommentGroup) bool {
	if doc == nil {
		return false
	}
	for _, line := range doc.List {
		if strings.HasPrefix(line.Text, "//go:embed ") {
			return true
		}
	}
	return false
}

// kind says why a variable must be state, as far as its declaration tells.
func (v variable) kind() string {
	if v.embedded || v.shared || strings.HasPrefix(strings.ToLower(v.name.Name), "err") {
		return ""
	}
	switch value := v.value.(type) {
	case nil:
		return "it has no value, so somebody must give it one later"
	case *ast.CallExpr:
		if called, ok := value.Fun.(*ast.Ident); ok && (called.Name == "make" || called.Name == "new") {
			return "it begins empty, so somebody must fill it later"
		}
	case *ast.UnaryExpr:
		if value.Op != token.AND {
			return ""
		}
		if literal, ok := value.X.(*ast.CompositeLit); ok {
			return v.filledLater(literal)
		}
		return "it points to something that can be changed"
	case *ast.CompositeLit:
		return v.table(value)
	}
	return ""
}

// table says why a literal of its kind is state.
func (v variable) table(literal *ast.CompositeLit) string {
	switch t := literal.Type.(type) {
	case *ast.MapType:
	case *ast.ArrayType:
		if t.Len != nil {
			return "" // an array is copied by whoever takes it
		}
	default:
		return ""
	}
	return v.filledLater(literal)
}

// filledLater says why something that its holders can write into is state, though
// nobody in the package does.
func (v variable) filledLater(literal *ast.CompositeLit) string {
	switch {
	case len(literal.Elts) == 0:
		return "it begins empty, so somebody must fill it later"
	case v.name.IsExported():
		return "whoever imports the package can write into it: let a function return a copy"
	}
	return ""
}

// writes finds where variables are written after their declaration, by any file
// of the folder, tests included.
func writes(files []sourceFile, info *types.Info) map[types.Object]token.Pos {
	found := make(map[types.Object]token.Pos)
	note := func(target ast.Expr) {
		if name := base(target); name != nil {
			if object := info.Uses[name]; object != nil {
				found[object] = target.Pos()
			}
		}
	}
	for _, f := range files {
		ast.Inspect(f.tree, func(node ast.Node) bool {
			switch n := node.(type) {
			case *ast.AssignStmt:
				for _, target := range n.Lhs {
					note(target)
				}
			case *ast.IncDecStmt:
				note(n.X)
			case *ast.RangeStmt:
				if n.Tok == token.ASSIGN {
					note(n.Key)
					note(n.Value)
				}
			case *ast.UnaryExpr:
				if n.Op == token.AND {
					note(n.X)
				}
			case *ast.CallExpr:
				if called, ok := n.Fun.(*ast.Ident); ok && (called.Name == "delete" || called.Name == "clear") && len(n.Args) > 0 {
					note(n.Args[0])
				}
			}
			return true
		})
	}
	return found
}

// base is the variable that an assignable expression is part of, or nil.
func base(target ast.Expr) *ast.Ident {
	switch t := target.(type) {
	case *ast.Ident:
		return t
	case *ast.IndexExpr:
		return base(t.X)
	case *ast.SelectorExpr:
		return base(t.X)
	case *ast.ParenExpr:
		return base(t.X)
	case *ast.StarExpr:
		return base(t.X)
	}
	return nil
}
