package archtest

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// root is the repository, seen from this package.
const root = "../.."

// systems have files of their own, which may import what others do not.
func systems() []string { return []string{"linux", "darwin", "windows"} }

// exceptions are the package-level variables that may hold state.
func exceptions() []Exception {
	return []Exception{
		{Folder: "dialect", Name: "registered", Because: "a dialect is one variable of one file; the list of them is written while those initialise and only read after"},
	}
}

// forbidden are texts that would tie the repository to the machine it was written
// on, or to one mirror of the world's packages. They are put together here so that
// this file does not hold them.
func forbidden() []string {
	var texts []string
	for _, folder := range []string{"work", "root"} {
		texts = append(texts, "/"+folder+"/")
	}
	for _, host := range []string{"proxy.golang", "sum.golang", "registry.npmjs", "pypi", "pythonhosted", "crates", "rubygems"} {
		texts = append(texts, host+".org", host+".io")
	}
	return texts
}

func load(t *testing.T, system string, tags ...string) []Package {
	t.Helper()
	packages, err := Load(t.Context(), root, system, tags...)
	if err != nil {
		t.Fatal(err)
	}
	return packages
}

func parse(t *testing.T) Source {
	t.Helper()
	source, err := Parse(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func report(t *testing.T, offences []string) {
	t.Helper()
	slices.Sort(offences)
	for _, offence := range offences {
		t.Error(offence)
	}
}

func TestFloors(t *testing.T) {
	for _, system := range systems() {
		t.Run(system, func(t *testing.T) { report(t, CheckFloors(House(), load(t, system))) })
	}
}

func TestLibraries(t *testing.T) {
	for _, system := range systems() {
		t.Run(system, func(t *testing.T) { report(t, CheckLibraries(Libraries(), load(t, system))) })
	}
}

// TestDiets says what each public package links: nothing heavy, but for the one
// that is about it.
func TestDiets(t *testing.T) {
	const modules = 20 // what a test suite may be asked to download for a fake
	packages := load(t, "linux")
	for _, r := range House() {
		if r.Name == "main" || strings.HasPrefix(r.Name, "internal/") || strings.Contains(r.Name, "/internal/") {
			continue
		}
		diet := Diet{Package: r.Name, Modules: modules, Without: heavy()}
		if strings.HasPrefix(r.Name, "tunnel") {
			diet.Without = slices.DeleteFunc(heavy(), func(m string) bool { return strings.Contains(m, "ngrok") })
		}
		t.Run(r.Name, func(t *testing.T) { report(t, CheckDiet(diet, packages)) })
	}
}

// TestWithoutTunnel holds the tag notunnel to what it is for: neither the program
// nor the package compiles ngrok's agent, or anything that only the agent needs.
func TestWithoutTunnel(t *testing.T) {
	agent := []string{"golang.ngrok.com/ngrok/v2", "golang.ngrok.com/muxado/v2", "github.com/jpillora/backoff", "go.uber.org/multierr"}
	with, without := load(t, "linux"), load(t, "linux", "notunnel")
	for _, module := range agent {
		if len(CheckDiet(Diet{Package: "tunnel", Modules: 20, Without: []string{module}}, with)) == 0 {
			t.Errorf("package tunnel compiles no %s even without the tag: take it off this list", module)
		}
	}
	// main stands at the module's own path, which has no room's name in it.
	report(t, CheckDiet(Diet{Package: "internal/cli", Modules: 60, Without: agent}, without))
	report(t, CheckDiet(Diet{Package: "tunnel", Modules: 0}, without))
}

func TestSizes(t *testing.T) { report(t, parse(t).CheckSizes()) }

func TestCalls(t *testing.T) { report(t, parse(t).CheckCalls()) }

func TestState(t *testing.T) { report(t, parse(t).CheckState(exceptions())) }

func TestFuzzTargetsHaveSeeds(t *testing.T) { report(t, parse(t).CheckFuzzSeeds(os.DirFS(root))) }

func TestText(t *testing.T) {
	offences, err := CheckText(os.DirFS(root), forbidden())
	if err != nil {
		t.Fatal(err)
	}
	report(t, offences)
}
