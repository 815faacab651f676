package scenarios

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// reader fills the types of a scenario from YAML, and notes all that does not fit.
type reader struct {
	file     string
	problems problems
	names    names

	place    place
	within   []string // names of the files that include this one, from the outermost on
	from     string   // where it is included
	steps    int      // so far
	values   values
	declared *declared
}

// selfReader is a type that reads itself.
type selfReader interface {
	readNode(r *reader, n *yaml.Node)
}

func newReader(file string) *reader {
	return &reader{file: file, names: newNames(), declared: &declared{}}
}

func (r *reader) read(n *yaml.Node, into any) { r.value(n, reflect.ValueOf(into).Elem(), "") }

func (r *reader) at(n *yaml.Node) Position { return Position{r.file, n.Line, n.Column, r.from} }

func (r *reader) wrong(n *yaml.Node, hint, format string, args ...any) {
	r.problems = append(r.problems, Problem{At: r.at(n), What: fmt.Sprintf(format, args...), Hint: hint})
}

// value reads a node into v; tag is that of the field it is for.
func (r *reader) value(n *yaml.Node, v reflect.Value, tag reflect.StructTag) {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		r.wrong(n, "write it out", "anchors and aliases are no part of the format")
		return
	}
	if r.unset(n) {
		return // whatever it will be, it is read then
	}
	if own, ok := v.Addr().Interface().(selfReader); ok {
		own.readNode(r, n)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		r.value(n, v.Elem(), tag)
	case reflect.Struct:
		r.object(n, v)
	case reflect.Slice:
		r.list(n, v)
	case reflect.Map:
		r.dictionary(n, v)
	case reflect.Interface:
		if plain := r.plain(n); plain != nil {
			v.Set(reflect.ValueOf(plain))
		}
	case reflect.String:
		r.text(n, v)
	case reflect.Bool:
		if !isScalar(n, "!!bool") {
			r.wrong(n, "write true or false", "this is %s, and should be true or false", kindOf(n))
			return
		}
		v.SetBool(strings.EqualFold(n.Value, "true"))
	case reflect.Int:
		r.number(n, v, tag)
	}
}

// object reads a mapping, or what stands for the member that the type's short form names.
func (r *reader) object(n *yaml.Node, v reflect.Value) {
	short := shortForm(v.Type())
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		n = &yaml.Node{Kind: yaml.MappingNode, Line: n.Line, Column: n.Column}
	}
	if n.Kind != yaml.MappingNode {
		if short == "" {
			r.wrong(n, hintOfList(n, v.Type()), "this is %s, and should be a mapping with %s", kindOf(n), listed(memberNames(v.Type())))
			return
		}
		f := memberNamed(v.Type(), short)
		isList := f.Type.Kind() == reflect.Slice
		switch {
		case n.Kind == yaml.SequenceNode && !isList:
			r.wrong(n, "", "this is a list, and should be %s, or a mapping with %s", short, listed(memberNames(v.Type())))
			return
		case n.Kind == yaml.ScalarNode && isList: // a list of one
			n = &yaml.Node{Kind: yaml.SequenceNode, Line: n.Line, Column: n.Column, Content: []*yaml.Node{n}}
		}
		r.value(n, v.FieldByIndex(f.Index), f.Tag)
		r.complete(n, v, map[string]*yaml.Node{short: n})
		return
	}
	given := r.members(n, v.Type())
	for _, f := range membersOf(v.Type()) { // in our order, not the file's: set-up comes before the story
		if value, ok := given[f.name()]; ok {
			r.value(value, v.FieldByIndex(f.Index), f.Tag)
		}
	}
	r.complete(n, v, given)
}

// hintOfList says what a list may be, where a scenario should be.
func hintOfList(n *yaml.Node, t reflect.Type) string {
	if t == reflect.TypeFor[Scenario]() && n.Kind == yaml.SequenceNode {
		return "a list of steps is a part of scenarios that include it"
	}
	return ""
}

// unset tells whether a value rests on a variable that has none yet.
func (r *reader) unset(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && slices.ContainsFunc(referencesIn(n.Value), func(ref reference) bool { return r.isUnset(ref.text) })
}

func (r *reader) isUnset(name string) bool {
	return r.declared.at[name] != nil && r.values.nodes[name] == nil
}

// members checks the names in a mapping.
func (r *reader) members(n *yaml.Node, t reflect.Type) map[string]*yaml.Node {
	given := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		known := memberNames(t)
		switch {
		case key.Kind != yaml.ScalarNode || !slices.Contains(known, key.Value):
			r.wrong(key, hintNear(key.Value, known), "%s has no %q", titleOf(t), key.Value)
		case given[key.Value] != nil:
			r.wrong(key, "", "%q is here twice", key.Value)
		default:
			given[key.Value] = value
		}
	}
	return given
}

// complete checks that what is needed is there, and of alternatives one.
func (r *reader) complete(n *yaml.Node, v reflect.Value, given map[string]*yaml.Node) {
	choices := map[string][]string{}
	for _, f := range membersOf(v.Type()) {
		if f.Tag.Get("need") == "required" && given[f.name()] == nil {
			r.wrong(n, "", "%s needs %q", titleOf(v.Type()), f.name())
		}
		if choice := f.Tag.Get("choice"); choice != "" && given[f.name()] != nil {
			choices[choice] = append(choices[choice], f.name())
		}
	}
	for choice, all := range choicesOf(v.Type()) {
		switch chosen := choices[choice]; {
		case len(chosen) == 0 && !r.unknown(n):
			r.wrong(n, "", "%s says nothing of what to do: it needs one of %s", titleOf(v.Type()), listed(all))
		case len(chosen) > 1:
			r.wrong(n, "make several of it", "%s can be one of %s, not all of them", titleOf(v.Type()), listed(chosen))
		}
	}
	if own, ok := v.Addr().Interface().(interface{ check(r *reader, n *yaml.Node) }); ok {
		own.check(r, n)
	}
}

// unknown tells whether a member of the mapping is wrong already: it is what was meant to be done.
func (r *reader) unknown(n *yaml.Node) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		at := r.at(n.Content[i])
		if slices.ContainsFunc(r.problems, func(p Problem) bool { return p.At == at }) {
			return true
		}
	}
	return false
}

func (r *reader) list(n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		r.wrong(n, "begin each line with a dash", "this is %s, and should be a list", kindOf(n))
		return
	}
	for _, content := range n.Content {
		item := reflect.New(v.Type().Elem()).Elem()
		r.value(content, item, "")
		v.Set(reflect.Append(v, item))
	}
}

func (r *reader) dictionary(n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		r.wrong(n, "write NAME: VALUE", "this is %s, and should be a mapping", kindOf(n))
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := reflect.ValueOf(n.Content[i].Value)
		if v.MapIndex(key).IsValid() {
			r.wrong(n.Content[i], "", "%q is here twice", n.Content[i].Value)
			continue
		}
		value := reflect.New(v.Type().Elem()).Elem()
		r.value(n.Content[i+1], value, "")
		v.SetMapIndex(key, value)
	}
}

// text reads any scalar as it is written.
func (r *reader) text(n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		r.wrong(n, "", "this is %s, and should be a text", kindOf(n))
		return
	}
	v.SetString(n.Value)
	if w, ok := v.Interface().(worded); ok {
		if what, known := w.words(); !slices.Contains(known, n.Value) {
			r.wrong(n, hintNear(n.Value, known), "there is no %s %q", what, n.Value)
		}
		return
	}
	r.references(n)
}

func (r *reader) number(n *yaml.Node, v reflect.Value, tag reflect.StructTag) {
	number, err := strconv.Atoi(strings.ReplaceAll(n.Value, "_", ""))
	if !isScalar(n, "!!int") || err != nil {
		r.wrong(n, r.hintVariable(n, ""), "this is %s, and should be a whole number", kindOf(n))
		return
	}
	if least, err := strconv.Atoi(tag.Get("min")); err == nil && number < least {
		r.wrong(n, "", "%d is too small: %d is the least", number, least)
	}
	if most, err := strconv.Atoi(tag.Get("max")); err == nil && number > most {
		r.wrong(n, "", "%d is too large: %d is the most", number, most)
	}
	v.SetInt(int64(number))
}

// plainly is any value, as JSON has it, whatever it refers to.
func (r *reader) plainly(n *yaml.Node) any {
	trial := newReader(r.file)
	return trial.plain(n)
}

// plain is any value, as JSON has it.
func (r *reader) plain(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		object := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			object[n.Content[i].Value] = r.plain(n.Content[i+1])
		}
		return object
	case yaml.SequenceNode:
		list := []any{}
		for _, content := range n.Content {
			list = append(list, r.plain(content))
		}
		return list
	case yaml.AliasNode:
		r.wrong(n, "write it out", "anchors and aliases are no part of the format")
		return nil
	}
	if value, ok := scalar(n); ok {
		return value
	}
	r.references(n)
	return n.Value
}

// scalar is what a scalar is other than a text.
func scalar(n *yaml.Node) (value any, ok bool) {
	switch n.ShortTag() {
	case "!!null":
		return nil, true
	case "!!bool":
		return strings.EqualFold(n.Value, "true"), true
	case "!!int":
		if i, err := strconv.ParseInt(n.Value, 0, 64); err == nil {
			return float64(i), true
		}
	case "!!float":
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return f, true
		}
	}
	return nil, false
}

func isScalar(n *yaml.Node, tag string) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == tag }

// kindOf names what a node is, for messages.
func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.ShortTag() == "!!null":
		return "nothing"
	}
	return strconv.Quote(n.Value)
}

// listed joins words with commas.
func listed(words []string) string { return strings.Join(words, ", ") }
