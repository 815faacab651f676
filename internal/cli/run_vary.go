package cli

import (
	"maps"
	"slices"
	"strings"

	"github.com/outlocal/outlocal/internal/nearmiss"
	"github.com/outlocal/outlocal/scenarios"
)

// varied makes of scenarios all that their variables let them be, with the values that were given.
func (a *app) varied(all []*scenarios.Scenario, given []string) ([]*scenarios.Scenario, error) {
	set := map[string]string{}
	for _, pair := range given {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, wrongUse("write --set NAME=VALUE", "read --set %q: it names no variable and its value", pair)
		}
		set[name] = value
	}
	if err := declared(all, set); err != nil {
		return nil, err
	}
	var every []*scenarios.Scenario
	for _, s := range all {
		some, err := s.Vary(set, a.process.Env)
		if err != nil {
			return nil, a.wrongFiles(err)
		}
		every = append(every, some...)
	}
	return every, nil
}

// declared refuses values for what no file has: a slip would change nothing, and nobody would notice.
func declared(all []*scenarios.Scenario, set map[string]string) error {
	var known []string
	for _, s := range all {
		known = append(known, s.Declares()...)
	}
	slices.Sort(known)
	known = slices.Compact(known)
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if slices.Contains(known, name) {
			continue
		}
		hint := "none of them has any"
		if near := nearmiss.Of(name, known); near != "" {
			hint = "did you mean " + near + "?"
		} else if len(known) > 0 {
			hint = "known are " + strings.Join(known, ", ")
		}
		return wrongUse(hint, "set %s: no scenario that is played has a variable of that name", name)
	}
	return nil
}
