package dialect

import (
	"fmt"
	"slices"
	"strings"
)

// registered is written while the package's variables initialise and only read after: the one exception to the rule of no package state.
var registered []*Dialect

func register(d Dialect) *Dialect {
	registered = append(registered, &d)
	return &d
}

// All lists every dialect and dated profile, in the order of history.
func All() []*Dialect {
	all := slices.Clone(registered)
	rank := func(d *Dialect) int { return slices.Index(history, d.String()) }
	slices.SortFunc(all, func(a, b *Dialect) int { return rank(a) - rank(b) })
	return all
}

// history is the order in which people met the schemas.
var history = []string{
	"outlook-legacy", "outlook-interim", "outlook-final@2015", "outlook-final", "graph-preview",
	"graph-v1.0@2016", "graph-v1.0@2021", "graph-v1.0@2023", "graph-v1.0", "graph-beta",
}

// spoken are the dialects that a body can be told to be in: a profile differs in rules, not in names.
var spoken = []*Dialect{OutlookLegacy, OutlookInterim, OutlookFinal, GraphPreview, GraphV1, GraphBeta}

// Lookup finds a dialect by its name, or by name@profile. The error lists what there is.
func Lookup(name string) (*Dialect, error) {
	var names []string
	for _, d := range All() {
		if d.String() == name {
			return d, nil
		}
		names = append(names, d.String())
	}
	return nil, fmt.Errorf("find dialect %q: known are %s", name, strings.Join(names, ", "))
}

// With returns a copy of d with some of its knobs turned; d itself never changes.
func (d *Dialect) With(turn ...func(*Dialect)) *Dialect {
	c := *d
	if d.Handshake != nil {
		h := *d.Handshake
		c.Handshake = &h
	}
	for _, t := range turn {
		t(&c)
	}
	return &c
}
