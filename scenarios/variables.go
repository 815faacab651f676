package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Variable is a value that a file uses by its name, so that it can be another one. It is put in as the file is read, wherever a value
// stands: the file is as it would be with the value written out.
type Variable struct {
	_       struct{} `short:"default"`
	Default any      `yaml:"default" doc:"its value unless it is set; one without has to be set"`
	Env     string   `yaml:"env" doc:"the environment's variable that sets it, where there is one; a value from there is not shown"`
	Doc     string   `yaml:"doc" doc:"what it is for"`
}

// Choices are the values of a variable that has several: a list, or a mapping that gives each a name.
type Choices struct {
	labels []string
	values []*yaml.Node
}

// readNode takes a list of scalars, or a mapping.
func (c *Choices) readNode(r *reader, n *yaml.Node) {
	switch {
	case n.Kind == yaml.SequenceNode:
		for _, value := range n.Content {
			if value.Kind != yaml.ScalarNode {
				r.wrong(value, "give it one: NAME: VALUE instead of the dash", "this is %s, and needs a name", kindOf(value))
				continue
			}
			c.add(r, value, value)
		}
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			c.add(r, n.Content[i], n.Content[i+1])
		}
	default:
		r.wrong(n, "write [VALUE, VALUE], or a mapping that names each", "this is %s, and should be a list of values", kindOf(n))
		return
	}
	if len(n.Content) == 0 {
		r.wrong(n, "", "there is no value")
	}
}

func (c *Choices) add(r *reader, label, value *yaml.Node) {
	if slices.Contains(c.labels, label.Value) {
		r.wrong(label, "", "%q is here twice", label.Value)
		return
	}
	c.labels, c.values = append(c.labels, label.Value), append(c.values, value)
}

// declared are the variables of a file.
type declared struct {
	at      map[string]*yaml.Node // their names in the file
	single  map[string]Variable
	texts   map[string]*yaml.Node // defaults
	several map[string]Choices
	order   []string // of those in the matrix
}

// declare reads the variables of a file, and checks their names.
func (r *reader) declare(root *yaml.Node) *declared {
	d := &declared{at: map[string]*yaml.Node{}, single: map[string]Variable{}, texts: map[string]*yaml.Node{}, several: map[string]Choices{}}
	trial := newReader(r.file) // what is wrong with them is told where the whole is read
	eachMember(root, "variables", func(key, value *yaml.Node) {
		r.declareName(d, key)
		var v Variable
		trial.read(value, &v)
		d.single[key.Value] = v
		if v.Default != nil {
			d.texts[key.Value] = value
			if value.Kind == yaml.MappingNode {
				d.texts[key.Value] = memberNode(value, "default")
			}
		}
	})
	eachMember(root, "matrix", func(key, value *yaml.Node) {
		r.declareName(d, key)
		var c Choices
		c.readNode(trial, value)
		if len(c.labels) > 0 {
			d.several[key.Value], d.order = c, append(d.order, key.Value)
		}
	})
	if n := d.combinations(); n > mostCombinations {
		r.wrong(memberNode(root, "matrix"), "make several files of it", "these are %d combinations: %d are the most", n, mostCombinations)
		d.order = nil
	}
	return d
}

// mostCombinations is more than anybody wants to read the results of.
const mostCombinations = 1000

func (r *reader) declareName(d *declared, key *yaml.Node) {
	_, builtin := builtIn()[key.Value]
	switch {
	case !nameForm.MatchString(key.Value):
		r.wrong(key, "begin with a letter, and go on with letters, digits, - or _", "%q is no name", key.Value)
	case builtin:
		r.wrong(key, "", "%q has a meaning already", key.Value)
	case d.at[key.Value] != nil:
		r.wrong(key, "what stands in the matrix is a variable by that", "%q is a variable already", key.Value)
	}
	d.at[key.Value] = key
}

func eachMember(root *yaml.Node, name string, do func(key, value *yaml.Node)) {
	n := memberNode(root, name)
	if n == root || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		do(n.Content[i], n.Content[i+1])
	}
}

func (d *declared) names() []string { return slices.Sorted(maps.Keys(d.at)) }

// combinations is how many ways there are to choose.
func (d *declared) combinations() int {
	n := 1
	for _, name := range d.order {
		n *= len(d.several[name].labels)
	}
	return n
}

// pick is a value that was chosen of several.
type pick struct{ name, label string }

// values are what variables stand for. One that has none yet is not among them.
type values struct {
	nodes  map[string]*yaml.Node
	picks  []pick
	hidden []string // those that must not show
}

// choose makes the values of one combination, counted from 0; the last variable changes first.
func (d *declared) choose(number int) values {
	v := values{nodes: maps.Clone(d.texts)}
	for _, name := range slices.Backward(d.order) {
		c := d.several[name]
		i := number % len(c.labels)
		number /= len(c.labels)
		v.nodes[name], v.picks = c.values[i], append(v.picks, pick{name, c.labels[i]})
	}
	slices.Reverse(v.picks)
	return v
}

// set gives a variable another value, as it was typed.
func (v *values) set(name, text string) {
	v.nodes[name] = typed(text)
}

// typed is a value as it was typed: a number is one, and what a file would take for anything but a scalar is a text, as is a reference.
func typed(text string) *yaml.Node {
	n, err := parseYAML("", []byte(text))
	if err != nil || n.Kind != yaml.ScalarNode || n.Value != text || n.ShortTag() == "!!null" || strings.Contains(text, "${") {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: strings.ReplaceAll(text, "${", "$${")}
	}
	return n
}

// fixed are the members of a file that no variable changes.
func fixed() []string { return []string{"variables", "matrix", "dialects", "tags"} }

// fillFile puts the values into a copy of a file.
func (v values) fillFile(root *yaml.Node) *yaml.Node {
	if root.Kind != yaml.MappingNode {
		return v.fill(root)
	}
	filled := *root
	filled.Content = slices.Clone(root.Content)
	for i := 0; i+1 < len(filled.Content); i += 2 {
		if !slices.Contains(fixed(), filled.Content[i].Value) {
			filled.Content[i+1] = v.fill(filled.Content[i+1])
		}
	}
	return &filled
}

// fill puts the values into a copy of a part of a file. What stands in a variable's place has that place.
func (v values) fill(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.ScalarNode {
		return v.fillScalar(n)
	}
	filled := *n
	filled.Content = slices.Clone(n.Content)
	for i := range filled.Content {
		if n.Kind != yaml.MappingNode || i%2 == 1 {
			filled.Content[i] = v.fill(filled.Content[i])
		}
	}
	return &filled
}

func (v values) fillScalar(n *yaml.Node) *yaml.Node {
	references := referencesIn(n.Value)
	filled := *n
	for _, ref := range slices.Backward(references) {
		value, known := v.nodes[ref.text]
		if !known || ref.open {
			continue
		}
		if ref.from == 0 && ref.to == len(n.Value) {
			return placed(value, n)
		}
		text := value.Value
		if value.Kind != yaml.ScalarNode {
			text = textOf((&reader{}).plainly(value))
		}
		filled.Value = filled.Value[:ref.from] + text + filled.Value[ref.to:]
		filled.Tag = "!!str"
	}
	return &filled
}

// placed is a copy of a value in the place of another node.
func placed(value, place *yaml.Node) *yaml.Node {
	n := *value
	n.Line, n.Column = place.Line, place.Column
	n.Content = make([]*yaml.Node, len(value.Content))
	for i, content := range value.Content {
		n.Content[i] = placed(content, place)
	}
	return &n
}

// describe names what was picked: "fault=drop, answer=late".
func (v values) describe() string {
	var words []string
	for _, p := range v.picks {
		words = append(words, p.name+"="+p.label)
	}
	return strings.Join(words, ", ")
}

// missing are the variables that have no value.
func (d *declared) missing(v values) (names []string) {
	for _, name := range d.names() {
		if v.nodes[name] == nil {
			names = append(names, name)
		}
	}
	return names
}

// lacks says that a variable has no value, and how it gets one.
func (d *declared) lacks(file, name string) Problem {
	n := d.at[name]
	hint := fmt.Sprintf("--set %s=VALUE", name)
	if env := d.single[name].Env; env != "" {
		hint += ", or set " + env + " in the environment"
	}
	what := fmt.Sprintf("the variable %q has no value", name)
	if doc := d.single[name].Doc; doc != "" {
		what += ": " + doc
	}
	return Problem{At: Position{File: file, Line: n.Line, Column: n.Column}, What: what, Hint: hint}
}
