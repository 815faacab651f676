package archtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Library is the place of another's module in the house.
type Library struct {
	Module  string
	In      []string // rooms whose code may import it
	Tests   bool     // any test may
	Unused  bool     // nothing imports it yet
	Because string
}

// Libraries is the whole list: a module that is not on it may not be imported.
// One that is planned loses its Unused mark with its first import.
func Libraries() []Library {
	cli := []string{"internal/cli"}
	return []Library{
		{Module: "github.com/gorilla/mux", In: []string{"emulator/internal/api", "emulator/internal/login", "control", "receiver", "inspector"},
			Because: "routes of every API surface"},
		{Module: "github.com/google/uuid", In: []string{"dialect", "emulator", "emulator/internal/api", "emulator/internal/delivery",
			"emulator/internal/store", "emulator/internal/mailbox", "emulator/internal/bench", "emulator/internal/login", "subscriber", "scenarios", "internal/cli"},
			Because: "ids"},
		{Module: "github.com/fatih/color", In: cli, Because: "only the console has colours"},
		{Module: "github.com/spf13/cobra", In: cli, Because: "commands, completion, man pages"},
		{Module: "github.com/spf13/pflag", In: cli, Because: "flags of those commands"},
		{Module: "github.com/prometheus/client_golang", In: []string{"internal/metrics"}, Because: "metrics in the form that Prometheus reads"},
		{Module: "github.com/elazarl/goproxy", In: []string{"internal/proxy"}, Because: "a forward proxy's ways of passing on"},
		{Module: "golang.org/x/net", In: []string{"internal/proxy"}, Because: "what HTTP_PROXY, HTTPS_PROXY and NO_PROXY mean"},
		{Module: "github.com/Azure/azure-sdk-for-go/sdk/azidentity", In: []string{"internal/signin"}, Because: "signing in to the real service"},
		{Module: "github.com/Azure/azure-sdk-for-go/sdk/azcore", In: []string{"internal/signin"}, Because: "azidentity's options and answers"},
		{Module: "golang.org/x/term", In: cli, Because: "is it a terminal, how wide"},
		{Module: "github.com/go-jose/go-jose/v4", In: []string{"emulator/internal/login", "receiver"}, Because: "tokens and the keys that they are checked with"},
		{Module: "modernc.org/sqlite", In: []string{"internal/state"}, Because: "what outlives a crash, without cgo"},
		{Module: "software.sslmate.com/src/go-pkcs12", In: []string{"internal/localca"}, Because: "certificates in PFX files"},

		{Module: "golang.ngrok.com/ngrok/v2", In: []string{"tunnel"}, Because: "the agent of a tunnel"},
		{Module: "golang.ngrok.com/muxado/v2", In: []string{"tunnel/tunneltest"}, Because: "the streams that the agent speaks, for its other end"},

		{Module: "go.yaml.in/yaml/v4", In: []string{"scenarios", "tunnel"}, Tests: true, Because: "scenarios in YAML, with line and column of each node; the file with ngrok's authtoken"},
		{Module: "github.com/santhosh-tekuri/jsonschema/v6", In: []string{"scenarios"}, Tests: true, Because: "scenarios, and in tests all documents, are held to their published schema"},

		{Module: "github.com/google/go-cmp", Tests: true, Because: "differences in tests"},
		{Module: "github.com/rogpeppe/go-internal", Tests: true, Because: "scripts as tests of the command line"},
		{Module: "go.uber.org/goleak", Tests: true, Because: "leaked goroutines"},
		{Module: "pgregory.net/rapid", Tests: true, Because: "random walks against a model"},
	}
}

// CheckLibraries returns the imports of other modules that have no place where
// they stand, and the places that nothing uses.
func CheckLibraries(libraries []Library, packages []Package) []string {
	var offences []string
	used := make(map[string]bool)
	for _, p := range packages {
		name := room(p.ImportPath)
		if name == "" || p.DepOnly {
			continue
		}
		for _, imported := range slices.Sorted(maps.Keys(foreignImports(p))) {
			inTest := !slices.Contains(p.Imports, imported)
			library, ok := find(libraries, imported)
			used[library.Module] = true
			switch {
			case !ok:
				offences = append(offences, fmt.Sprintf("%s imports %s, which has no place in Libraries", name, imported))
			case slices.Contains(library.In, name), inTest && library.Tests:
			case inTest:
				offences = append(offences, fmt.Sprintf("a test of %s imports %s, whose place is %s", name, imported, library.place()))
			default:
				offences = append(offences, fmt.Sprintf("%s imports %s, whose place is %s", name, imported, library.place()))
			}
		}
	}
	for _, library := range libraries {
		switch {
		case library.Unused && used[library.Module]:
			offences = append(offences, fmt.Sprintf("module %s is used: take its Unused mark out of Libraries", library.Module))
		case !library.Unused && !used[library.Module]:
			offences = append(offences, fmt.Sprintf("module %s stands in Libraries, but nothing imports it", library.Module))
		}
	}
	return offences
}

// foreignImports are a package's imports, tests' included, that are neither ours
// nor the standard library's: only those have a dot in their first segment.
func foreignImports(p Package) map[string]bool {
	found := make(map[string]bool)
	for _, imported := range slices.Concat(p.Imports, p.TestImports) {
		host, _, _ := strings.Cut(imported, "/")
		if strings.Contains(host, ".") && room(imported) == "" {
			found[imported] = true
		}
	}
	return found
}

func find(libraries []Library, imported string) (Library, bool) {
	for _, library := range libraries {
		if imported == library.Module || strings.HasPrefix(imported, library.Module+"/") {
			return library, true
		}
	}
	return Library{}, false
}

func (l Library) place() string {
	places := slices.Clone(l.In)
	if l.Tests {
		places = append(places, "any test")
	}
	return strings.Join(places, ", ")
}

// A Diet bounds what importing a package makes its importer compile.
type Diet struct {
	Package string
	Modules int      // at most so many other modules
	Without []string // never these
}

// heavy are the modules that no importer of a public package should compile:
// each brings a graph of its own, for a feature of the program.
func heavy() []string {
	return []string{
		"github.com/spf13/cobra", "modernc.org/sqlite", "golang.ngrok.com/ngrok/v2",
		"github.com/Azure/azure-sdk-for-go", "github.com/prometheus/client_golang", "github.com/elazarl/goproxy",
	}
}

// CheckDiet returns how a package breaks its diet, each module with a way by which
// it is reached. A package that does not exist eats nothing.
func CheckDiet(diet Diet, packages []Package) []string {
	g := newGraph(packages)
	start := module + "/" + diet.Package
	eaten := make(map[string]string) // module -> one package of it
	for name := range g.reach(start) {
		m := g[name].Module
		if m != nil && m.Path != module && (eaten[m.Path] == "" || name < eaten[m.Path]) {
			eaten[m.Path] = name
		}
	}
	var offences []string
	for _, path := range slices.Sorted(maps.Keys(eaten)) {
		for _, banned := range diet.Without {
			if path == banned || strings.HasPrefix(path, banned+"/") {
				offences = append(offences, fmt.Sprintf("%s must not compile %s: %s", diet.Package, path, g.path(start, eaten[path])))
			}
		}
	}
	if len(eaten) > diet.Modules {
		offences = append(offences, fmt.Sprintf("%s compiles code of %d modules, %d are allowed: %s",
			diet.Package, len(eaten), diet.Modules, strings.Join(slices.Sorted(maps.Keys(eaten)), ", ")))
	}
	return offences
}
