package archtest

import (
	"fmt"
	"slices"
)

// A Room is a package's place in the house. It may import any room of a lower
// floor, unless one of its fields says otherwise.
type Room struct {
	Name    string
	Floor   int
	Alone   bool     // imports no package of ours
	Also    []string // rooms of its own floor that it may import
	Never   []string // rooms of lower floors that it may not import
	Planned bool     // not built yet
}

// top is the floor whose rooms may import one another.
const top = 5

// House is the table of floors: imports run down only, so that one can read a
// package knowing only those below it, and take it out with no more than those.
// A planned room loses its mark in the commit that builds it.
func House() []Room {
	words := []string{"notify"}
	return []Room{
		{Name: "notify", Floor: 0},
		{Name: "journal", Floor: 0, Also: words},
		{Name: "internal/clock", Floor: 0, Also: words},
		{Name: "internal/serve", Floor: 0, Also: words},
		{Name: "internal/localca", Floor: 0, Also: words},
		{Name: "internal/pipenet", Floor: 0, Also: words},
		{Name: "internal/odata", Floor: 0, Also: words},
		{Name: "internal/nearmiss", Floor: 0, Alone: true},
		{Name: "internal/span", Floor: 0, Alone: true},
		{Name: "internal/schema", Floor: 0, Alone: true},
		{Name: "internal/report", Floor: 0, Alone: true},

		{Name: "dialect", Floor: 1},
		{Name: "diagnosis", Floor: 1},
		{Name: "control", Floor: 1},
		{Name: "emulator/fault", Floor: 1},
		// A tunnel gets a handler and gives a URL. It must not be able to reach
		// anything that the user did not hand it.
		{Name: "tunnel", Floor: 1, Alone: true},
		{Name: "tunnel/tunneltest", Floor: 1},
		{Name: "emulator/internal/store", Floor: 1},
		{Name: "emulator/internal/mailbox", Floor: 1},
		{Name: "emulator/internal/rich", Floor: 1},
		{Name: "emulator/internal/login", Floor: 1},
		{Name: "emulator/internal/quota", Floor: 1},

		{Name: "emulator/internal/delivery", Floor: 2},
		{Name: "emulator/internal/api", Floor: 2, Also: []string{"emulator/internal/delivery"}},
		{Name: "receiver", Floor: 2},
		{Name: "subscriber", Floor: 2},
		{Name: "inspector", Floor: 2, Planned: true},

		// The two ends meet on the wire only: sharing code, a bug of the one could
		// hide behind the same bug of the other.
		{Name: "emulator", Floor: 3, Never: []string{"receiver"}},
		{Name: "receiver/receivertest", Floor: 3},

		{Name: "emulator/emulatortest", Floor: 4, Never: []string{"tunnel", "tunnel/tunneltest"}},
		{Name: "scenarios", Floor: 4, Never: []string{"tunnel", "tunnel/tunneltest"}},

		{Name: "internal/state", Floor: top},
		{Name: "internal/metrics", Floor: top},
		{Name: "internal/proxy", Floor: top},
		{Name: "internal/signin", Floor: top},
		{Name: "internal/verify", Floor: top},
		{Name: "internal/cli", Floor: top},
		{Name: "emulator/internal/bench", Floor: top}, // a program of its own, which compares all of it with bare loops
		{Name: "main", Floor: top},

		// Tools that stand beside the house and see it from outside.
		{Name: "examples", Floor: top, Alone: true},
		{Name: "interop", Floor: top, Alone: true},
		{Name: "internal/archtest", Floor: top, Alone: true},
		{Name: "internal/coverage", Floor: top, Alone: true},
		{Name: "internal/goapi", Floor: top, Alone: true},
		{Name: "internal/findings", Floor: top}, // writes pages of the catalogue; its tests play them to an emulator
		{Name: "internal/dist", Floor: top, Alone: true},
		{Name: "npm", Floor: top, Alone: true}, // tests only
	}
}

// CheckFloors returns what is wrong between the table and the packages: imports
// that run up, packages without a place, places without a package.
func CheckFloors(house []Room, packages []Package) []string {
	rooms := make(map[string]Room, len(house))
	for _, r := range house {
		rooms[r.Name] = r
	}
	g := newGraph(packages)
	var offences []string
	built := make(map[string]bool)
	for _, p := range packages {
		name := room(p.ImportPath)
		if name == "" || p.DepOnly {
			continue
		}
		built[name] = true
		from, ok := rooms[name]
		if !ok {
			offences = append(offences, fmt.Sprintf("package %s stands on no floor: give it a place in House", name))
			continue
		}
		for _, imported := range p.Imports {
			to, ok := rooms[room(imported)]
			if ok && !from.mayImport(to) {
				offences = append(offences, fmt.Sprintf("%s (floor %d) must not import %s (floor %d); it does in %s -> %s",
					from.Name, from.Floor, to.Name, to.Floor, g.example(p.ImportPath), to.Name))
			}
		}
	}
	return append(offences, checkBuilt(house, built)...)
}

func (r Room) mayImport(other Room) bool {
	switch {
	case r.Alone || slices.Contains(r.Never, other.Name):
		return false
	case other.Floor == r.Floor:
		return r.Floor == top || slices.Contains(r.Also, other.Name)
	default:
		return other.Floor < r.Floor
	}
}

// checkBuilt keeps the table itself from rotting.
func checkBuilt(house []Room, built map[string]bool) []string {
	var offences []string
	named := make(map[string]bool)
	for _, r := range house {
		named[r.Name] = true
	}
	for _, r := range house {
		switch {
		case r.Planned && built[r.Name]:
			offences = append(offences, fmt.Sprintf("package %s is built: take its Planned mark out of House", r.Name))
		case !r.Planned && !built[r.Name]:
			offences = append(offences, fmt.Sprintf("package %s stands in House, but does not exist", r.Name))
		}
		for _, other := range slices.Concat(r.Also, r.Never) {
			if !named[other] {
				offences = append(offences, fmt.Sprintf("the place of %s names %s, which has no place", r.Name, other))
			}
		}
	}
	return offences
}
