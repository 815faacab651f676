package scenarios

import (
	"errors"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/outlocal/outlocal/internal/nearmiss"
)

// source is a file as it was written, and where it finds those that it includes.
type source struct {
	place    place
	root     *yaml.Node
	declared *declared
}

// Variables names what the file lets be set, those of its matrix included.
func (s *Scenario) Declares() []string { return s.source.declared.names() }

// Variation tells which of its matrix's values a scenario has, such as "fault=drop, answer=late"; it is empty without a matrix.
func (s *Scenario) Variation() string { return s.values.describe() }

// Picks are the same, as [Scenario.Vary] takes them: NAME=VALUE each.
func (s *Scenario) Picks() []string {
	var all []string
	for _, p := range s.values.picks {
		all = append(all, p.name+"="+p.label)
	}
	return all
}

// Vary makes of a scenario all that its variables let it be: one for each combination of its matrix, with the values that set gives, else
// the environment, which env asks and which only a variable that names it gets anything from. Of a variable of the matrix, set chooses
// one value, by its name, or gives another. What it does not declare is not its business. The error is a [*FileError] where a value does
// not fit, or one is missing.
//
// A scenario that was only read is the first of them, without the environment.
func (s *Scenario) Vary(set map[string]string, env func(name string) string) ([]*Scenario, error) {
	d := s.source.declared
	if len(d.at) == 0 {
		return []*Scenario{s}, nil
	}
	chosen, err := s.source.restrict(set)
	if err != nil {
		return nil, err
	}
	var all []*Scenario
	var wrong problems
	for number := range chosen.combinations() {
		v := chosen.choose(number)
		v.override(d, set, env)
		one, err := s.source.read(v)
		var told *FileError
		switch {
		case errors.As(err, &told):
			wrong = append(wrong, told.Problems...)
			continue
		case err != nil:
			return nil, err
		}
		for _, name := range d.missing(v) {
			wrong = append(wrong, d.lacks(s.File, name))
		}
		all = append(all, one)
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	return all, nil
}

// restrict leaves of the values of a matrix those that were chosen.
func (s *source) restrict(set map[string]string) (*declared, error) {
	chosen := *s.declared
	chosen.several = map[string]Choices{}
	for name, c := range s.declared.several {
		label, isSet := set[name]
		at := slices.Index(c.labels, label)
		switch {
		case !isSet:
		case at >= 0:
			c = Choices{c.labels[at : at+1], c.values[at : at+1]}
		case slices.ContainsFunc(c.values, func(n *yaml.Node) bool { return n.Kind != yaml.ScalarNode }):
			hint := "known are " + listed(c.labels)
			if near := nearmiss.Of(label, c.labels); near != "" {
				hint = "did you mean " + near + "?"
			}
			n := s.declared.at[name]
			return nil, &FileError{[]Problem{{At: Position{File: s.place.shown, Line: n.Line, Column: n.Column}, What: "the matrix has no " + name + " called \"" + label + "\"", Hint: hint}}}
		default:
			c = Choices{[]string{label}, []*yaml.Node{typed(label)}}
		}
		chosen.several[name] = c
	}
	return &chosen, nil
}

// override puts in what was set, else what the environment has.
func (v *values) override(d *declared, set map[string]string, env func(string) string) {
	for name, variable := range d.single {
		if text, ok := set[name]; ok {
			v.set(name, text)
		} else if variable.Env != "" && env != nil {
			if text := env(variable.Env); text != "" {
				v.set(name, text)
				v.hidden = append(v.hidden, text)
			}
		}
	}
}

// read makes a scenario of the file with values put in.
func (s *source) read(v values) (*Scenario, error) {
	r := newReader(s.place.shown)
	r.place, r.values, r.declared = s.place, v, s.declared
	made := &Scenario{File: s.place.shown, source: s, values: v}
	r.read(v.fillFile(s.root), made)
	if err := r.problems.err(); err != nil {
		return nil, err
	}
	made.encrypts = r.names.encrypts
	return made, nil
}
