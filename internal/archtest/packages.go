// Package archtest holds the rules of the house that a compiler does not check:
// which package may import which, where a library may stand, what importing a
// public package costs, and a few things that no file may do.
//
// Its tests run the rules over this repository. Each rule is a function from a
// plain description (packages, a file tree) to the offences it found, so that it
// is also tested on offenders made up for the purpose. A list of exceptions or of
// things to come is itself checked: an entry that has become pointless is an
// offence.
//
// What a linter does as well is left to the linter (.golangci.yml). Imports of
// tests are free: a test may look at its package from above.
package archtest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// module is the path of this module.
const module = "github.com/outlocal/outlocal"

// A Package is what the rules need to know of one package, ours or another's.
type Package struct {
	ImportPath  string
	Standard    bool
	DepOnly     bool // not ours: only reached by imports
	Module      *Module
	Imports     []string
	TestImports []string // of the package's own tests, external ones included
}

// A Module is the module that a package belongs to.
type Module struct{ Path string }

// Load describes the packages of the module at root, and all that they import,
// as they are built for one operating system with the given build tags. Packages
// that do not build are described as far as they go: to report them is the
// compiler's part.
func Load(ctx context.Context, root, goos string, tags ...string) ([]Package, error) {
	const fields = "ImportPath,Standard,DepOnly,Module,Imports,TestImports,XTestImports"
	list := exec.CommandContext(ctx, "go", "list", "-e", "-deps", "-tags="+strings.Join(tags, ","), "-json="+fields, "./...")
	list.Dir = root
	list.Env = append(os.Environ(), "GOOS="+goos, "CGO_ENABLED=0")
	var complaint strings.Builder
	list.Stderr = &complaint
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("list packages for %s: %w\n%s", goos, err, complaint.String())
	}
	return decode(strings.NewReader(string(out)))
}

// decode reads the stream of objects that go list prints.
func decode(r io.Reader) ([]Package, error) {
	var packages []Package
	for stream := json.NewDecoder(r); ; {
		var listed struct {
			Package
			XTestImports []string
		}
		err := stream.Decode(&listed)
		if errors.Is(err, io.EOF) {
			return packages, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the list of packages: %w", err)
		}
		p := listed.Package
		p.TestImports = append(p.TestImports, listed.XTestImports...)
		packages = append(packages, p)
	}
}

// room is the name of a package of ours in the table of floors: its path below
// the module, or main for the program itself. It is "" for other modules' packages.
func room(importPath string) string {
	if importPath == module {
		return "main"
	}
	name, ok := strings.CutPrefix(importPath, module+"/")
	if !ok {
		return ""
	}
	return name
}

// graph finds packages by import path.
type graph map[string]Package

func newGraph(packages []Package) graph {
	g := make(graph, len(packages))
	for _, p := range packages {
		g[p.ImportPath] = p
	}
	return g
}

// reach walks from one package through all imports, nearest first, and returns for
// each package reached the one that it was reached from.
func (g graph) reach(from string) map[string]string {
	cameFrom := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		for _, next := range g[queue[0]].Imports {
			if _, known := cameFrom[next]; !known {
				cameFrom[next] = queue[0]
				queue = append(queue, next)
			}
		}
	}
	return cameFrom
}

// path is a shortest way from one package to another along imports, for people.
func (g graph) path(from, to string) string {
	cameFrom := g.reach(from)
	if _, ok := cameFrom[to]; !ok {
		return ""
	}
	var steps []string
	for at := to; at != ""; at = cameFrom[at] {
		steps = append(steps, cmp.Or(room(at), at))
	}
	slices.Reverse(steps)
	return strings.Join(steps, " -> ")
}

// example is a way by which somebody gets to a package of ours: from the program
// where the program uses it, else from any package that nobody imports.
func (g graph) example(to string) string {
	imported := make(map[string]bool)
	for _, p := range g {
		for _, name := range p.Imports {
			imported[name] = true
		}
	}
	entries := []string{module}
	for name, p := range g {
		if !p.DepOnly && !imported[name] {
			entries = append(entries, name)
		}
	}
	slices.Sort(entries)
	for _, entry := range entries {
		if way := g.path(entry, to); way != "" {
			return way
		}
	}
	return room(to)
}
