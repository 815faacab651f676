package dialect

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Difference is one thing in which two dialects differ, and how each has it: empty where it has none.
type Difference struct {
	What string // a path of names, such as lifetime.max, or subscription.expires.name
	A, B string
}

// Diff tells in what two dialects differ, in the order of a Dialect's fields. It goes through all that is in them but their names and
// titles, so that a field that is added to a Dialect one day is compared as well.
func Diff(a, b *Dialect) []Difference {
	left, right := factsOf(a), factsOf(b)
	var all []Difference
	for _, l := range left {
		if r, _ := factOf(right, l.what); !l.same(r) && !l.idle(right) {
			all = append(all, Difference{l.what, l.text, r.text})
		}
	}
	for _, r := range right {
		if _, known := factOf(left, r.what); !known && r.text != "" && !r.idle(left) {
			all = append(all, Difference{r.what, "", r.text})
		}
	}
	slices.SortStableFunc(all, func(a, b Difference) int { return fieldOf(a.What) - fieldOf(b.What) })
	return all
}

// fieldOf is where the field of a Dialect stands that a path begins with.
func fieldOf(what string) int {
	name, _, _ := strings.Cut(what, ".")
	fields := reflect.VisibleFields(reflect.TypeFor[Dialect]())
	return slices.IndexFunc(fields, func(f reflect.StructField) bool { return small(f.Name) == name })
}

// fact is one value of a dialect.
type fact struct {
	what string
	text string
	// order is what a list holds, where its members are facts of their own: only the order of what both lists hold is compared.
	order []string
	of    string // the property's name, as a path, of what is a fact of a property
}

// idle tells whether a fact is of a property that others don't have at all: its name alone says that.
func (f fact) idle(others []fact) bool {
	if f.of == "" || f.of == f.what {
		return false
	}
	_, known := factOf(others, f.of)
	return !known
}

func (f fact) same(other fact) bool {
	if f.order == nil || other.order == nil {
		return f.text == other.text
	}
	common := func(a, b []string) []string {
		return slices.DeleteFunc(slices.Clone(a), func(name string) bool { return !slices.Contains(b, name) })
	}
	return slices.Equal(common(f.order, other.order), common(other.order, f.order))
}

func factOf(facts []fact, what string) (fact, bool) {
	i := slices.IndexFunc(facts, func(f fact) bool { return f.what == what })
	if i < 0 {
		return fact{}, false
	}
	return facts[i], true
}

// identity are the fields in which any two dialects differ.
var identity = []string{"Name", "Profile", "Title"}

func factsOf(d *Dialect) []fact {
	var o outline
	v := reflect.ValueOf(d).Elem()
	for i := range v.NumField() {
		if name := v.Type().Field(i).Name; !slices.Contains(identity, name) {
			o.add(small(name), v.Field(i))
		}
	}
	return o
}

// outline is a value taken apart.
type outline []fact

func (o *outline) add(what string, v reflect.Value) {
	if text, plain := plainText(v); plain {
		*o = append(*o, fact{what: what, text: text})
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			o.add(what, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			o.add(what+"."+small(v.Type().Field(i).Name), v.Field(i))
		}
	case reflect.Map:
		o.addMap(what, v)
	case reflect.Slice:
		o.addList(what, v)
	}
}

func (o *outline) addMap(what string, v reflect.Value) {
	members := map[string]reflect.Value{}
	for key, value := range v.Seq2() {
		name, _ := plainText(key)
		members[name] = value
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		o.add(what+"."+name, members[name])
	}
}

// addList takes a list of properties or parts apart, by what they mean: their names are what dialects differ in.
func (o *outline) addList(what string, v reflect.Value) {
	var order, names []string
	for i := range v.Len() {
		switch e := v.Index(i).Interface().(type) {
		case Field:
			order, names = append(order, e.Prop.String()), append(names, e.Name)
			o.addField(what+"."+e.Prop.String(), v.Index(i))
		case Part:
			order, names = append(order, e.Is.String()), append(names, e.Name)
			*o = append(*o, fact{what: what + "." + e.Is.String(), text: e.Name})
		default:
			text, _ := plainText(v.Index(i))
			names = append(names, text)
		}
	}
	if order != nil {
		what += ".order"
	}
	*o = append(*o, fact{what: what, text: strings.Join(names, ", "), order: order})
}

func (o *outline) addField(what string, v reflect.Value) {
	for i := range v.NumField() {
		if name := v.Type().Field(i).Name; name != "Prop" { // that is what they are told apart by
			o.add(what+"."+small(name), v.Field(i))
			(*o)[len(*o)-1].of = what + ".name"
		}
	}
}

// plainText is a value in words; nothing for one that is nothing.
func plainText(v reflect.Value) (text string, plain bool) {
	switch value := v.Interface().(type) {
	case time.Duration:
		return inMinutes(value), true
	case fmt.Stringer:
		return value.String(), true
	}
	switch v.Kind() {
	case reflect.Bool:
		return map[bool]string{false: "no", true: "yes"}[v.Bool()], true
	case reflect.Int:
		return noZero(strconv.FormatInt(v.Int(), 10)), true
	case reflect.String:
		return v.String(), true
	}
	return "", false
}

func noZero(number string) string {
	if number == "0" {
		return ""
	}
	return number
}

// inMinutes is a duration as the service counts them.
func inMinutes(d time.Duration) string {
	switch {
	case d == 0:
		return ""
	case d%time.Minute == 0:
		return strconv.FormatInt(int64(d/time.Minute), 10) + " min"
	}
	return d.String()
}

// small begins a name with a small letter, or a few: clientState, oDataVersion, tls.
func small(name string) string {
	letters := []rune(name)
	for i := range letters {
		if i > 0 && i+1 < len(letters) && unicode.IsLower(letters[i+1]) {
			break
		}
		letters[i] = unicode.ToLower(letters[i])
	}
	return string(letters)
}
