package archtest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ours makes a package of this module that imports others, in order given.
func ours(name string, imports ...string) Package {
	path := module
	if name != "main" {
		path += "/" + name
	}
	return Package{ImportPath: path, Module: &Module{Path: module}, Imports: imports}
}

// theirs makes a package of another module.
func theirs(modulePath, name string, imports ...string) Package {
	return Package{ImportPath: modulePath + name, Module: &Module{Path: modulePath}, DepOnly: true, Imports: imports}
}

func TestDecode(t *testing.T) {
	const listed = `{"ImportPath":"fmt","Standard":true,"DepOnly":true}
{"ImportPath":"github.com/outlocal/outlocal/notify","Module":{"Path":"github.com/outlocal/outlocal"},"Imports":["fmt"],"TestImports":["testing"],"XTestImports":["os"]}
`
	got, err := decode(strings.NewReader(listed))
	if err != nil {
		t.Fatal(err)
	}
	want := []Package{
		{ImportPath: "fmt", Standard: true, DepOnly: true},
		{ImportPath: module + "/notify", Module: &Module{Path: module}, Imports: []string{"fmt"}, TestImports: []string{"testing", "os"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("packages (-want +got):\n%s", diff)
	}
	if _, err := decode(strings.NewReader(`{"ImportPath":`)); err == nil {
		t.Error("half an object is read without complaint")
	}
}

func TestCheckFloors(t *testing.T) {
	house := []Room{
		{Name: "words", Floor: 0},
		{Name: "clock", Floor: 0, Also: []string{"words"}},
		{Name: "tunnel", Floor: 1, Alone: true},
		{Name: "sender", Floor: 1},
		{Name: "receiver", Floor: 2},
		{Name: "emulator", Floor: 3, Never: []string{"receiver"}},
		{Name: "cli", Floor: top},
		{Name: "main", Floor: top},
	}
	sound := []Package{
		ours("words", "fmt"), ours("clock", module+"/words"), ours("tunnel"), ours("sender", module+"/words", module+"/clock"),
		ours("receiver", module+"/sender"), ours("emulator", module+"/sender"),
		ours("cli", module+"/emulator", module+"/receiver", module+"/tunnel"), ours("main", module+"/cli"),
		theirs("example.com/other", "", "fmt"),
	}
	tests := []struct {
		name    string
		house   []Room
		replace []Package
		want    []string
	}{
		{name: "a sound house"},
		{
			name:    "an import that runs up",
			replace: []Package{ours("sender", module+"/receiver")},
			want:    []string{"sender (floor 1) must not import receiver (floor 2); it does in main -> cli -> emulator -> sender -> receiver"},
		},
		{
			name:    "an import across a floor",
			replace: []Package{ours("words", module+"/clock")},
			want:    []string{"words (floor 0) must not import clock (floor 0); it does in main -> cli -> emulator -> sender -> words -> clock"},
		},
		{
			name:    "an import that its room never does",
			replace: []Package{ours("emulator", module+"/receiver"), ours("main"), ours("cli")},
			want:    []string{"emulator (floor 3) must not import receiver (floor 2); it does in emulator -> receiver"},
		},
		{
			name:    "a room alone that is not",
			replace: []Package{ours("tunnel", module+"/words")},
			want:    []string{"tunnel (floor 1) must not import words (floor 0); it does in main -> cli -> tunnel -> words"},
		},
		{name: "a package without a place", replace: []Package{ours("util")}, want: []string{"package util stands on no floor: give it a place in House"}},
		{
			name:  "a place without a package",
			house: []Room{{Name: "cellar"}},
			want:  []string{"package cellar stands in House, but does not exist"},
		},
		{name: "a plan", house: []Room{{Name: "attic", Planned: true}}},
		{
			name: "a plan carried out", house: []Room{{Name: "attic", Planned: true}}, replace: []Package{ours("attic")},
			want: []string{"package attic is built: take its Planned mark out of House"},
		},
		{
			name: "a place that names nothing", house: []Room{{Name: "attic", Planned: true, Never: []string{"cellar"}}},
			want: []string{"the place of attic names cellar, which has no place"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			packages := replaced(sound, test.replace)
			if diff := cmp.Diff(test.want, CheckFloors(slices.Concat(house, test.house), packages)); diff != "" {
				t.Errorf("offences (-want +got):\n%s", diff)
			}
		})
	}
}

// replaced is a list of packages with some taken from another list.
func replaced(packages, by []Package) []Package {
	kept := slices.DeleteFunc(slices.Clone(packages), func(p Package) bool {
		return slices.ContainsFunc(by, func(q Package) bool { return q.ImportPath == p.ImportPath })
	})
	return append(kept, by...)
}

func TestCheckLibraries(t *testing.T) {
	libraries := []Library{
		{Module: "example.com/mux", In: []string{"receiver"}},
		{Module: "example.com/diff", Tests: true},
	}
	tests := []struct {
		name    string
		more    []Library
		receive Package
		want    []string
	}{
		{name: "each in its place", receive: Package{Imports: []string{"fmt", "example.com/mux/v2", module + "/words"}, TestImports: []string{"example.com/diff"}}},
		{
			name:    "a library that nobody placed",
			receive: Package{Imports: []string{"example.com/mux", "example.com/muxer"}, TestImports: []string{"example.com/diff"}},
			want:    []string{"receiver imports example.com/muxer, which has no place in Libraries"},
		},
		{
			name:    "a library for tests in the code",
			receive: Package{Imports: []string{"example.com/mux", "example.com/diff"}},
			want:    []string{"receiver imports example.com/diff, whose place is any test"},
		},
		{
			name:    "a library in another's place",
			more:    []Library{{Module: "example.com/color", In: []string{"cli"}}},
			receive: Package{Imports: []string{"example.com/mux"}, TestImports: []string{"example.com/diff", "example.com/color"}},
			want:    []string{"a test of receiver imports example.com/color, whose place is cli"},
		},
		{
			name:    "a place that nothing takes",
			receive: Package{Imports: []string{"example.com/mux"}},
			want:    []string{"module example.com/diff stands in Libraries, but nothing imports it"},
		},
		{
			name:    "a plan carried out",
			more:    []Library{{Module: "example.com/id", In: []string{"receiver"}, Unused: true}, {Module: "example.com/later", Unused: true}},
			receive: Package{Imports: []string{"example.com/mux", "example.com/id"}, TestImports: []string{"example.com/diff"}},
			want:    []string{"module example.com/id is used: take its Unused mark out of Libraries"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.receive.ImportPath = module + "/receiver"
			packages := []Package{test.receive, theirs("example.com/mux", "", "example.com/deeper")}
			if diff := cmp.Diff(test.want, CheckLibraries(slices.Concat(libraries, test.more), packages)); diff != "" {
				t.Errorf("offences (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckDiet(t *testing.T) {
	packages := []Package{
		ours("fake", module+"/emulator"), ours("emulator", "example.com/a", "fmt"),
		theirs("example.com/a", "", "example.com/a/inner"), theirs("example.com/a", "/inner", "example.com/heavy/db/sql"),
		theirs("example.com/heavy/db", "/sql"), theirs("example.com/unrelated", ""),
	}
	tests := []struct {
		name string
		diet Diet
		want []string
	}{
		{"kept", Diet{Package: "fake", Modules: 2}, nil},
		{"too much", Diet{Package: "fake", Modules: 1}, []string{"fake compiles code of 2 modules, 1 are allowed: example.com/a, example.com/heavy/db"}},
		{"too heavy", Diet{Package: "fake", Modules: 2, Without: []string{"example.com/heavy"}},
			[]string{"fake must not compile example.com/heavy/db: fake -> emulator -> example.com/a -> example.com/a/inner -> example.com/heavy/db/sql"}},
		{"only alike by name", Diet{Package: "fake", Modules: 2, Without: []string{"example.com/heav"}}, nil},
		{"no such package", Diet{Package: "nobody"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, CheckDiet(test.diet, packages)); diff != "" {
				t.Errorf("offences (-want +got):\n%s", diff)
			}
		})
	}
}
