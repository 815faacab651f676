package scenarios

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// Match is what a value has to be: a scalar or a list is it itself, a mapping of one word says more about it.
type Match struct {
	word  string // of matchWords; empty for a Match that is not there
	value any
	text  string // the value as it was written, where it is a scalar
	some  []Match
	life  Duration
}

// matchWord is a way to say what a value has to be.
type matchWord struct{ name, doc string }

func matchWords() []matchWord {
	return []matchWord{
		{"equals", "it is this, which can be a mapping too"},
		{"not", "it is anything but this"},
		{"contains", "this text is a part of it"},
		{"matches", "this regular expression finds something in it"},
		{"oneOf", "it is one of these"},
		{"present", "it is there, whatever it is"},
		{"absent", "it is not there"},
		{"length", "it has so many letters, elements or members"},
		{"least", "it is a number of at least this"},
		{"most", "it is a number of at most this"},
		{"in", "it is a date so far from the service's now, to the minute"},
	}
}

func (m Match) given() bool { return m.word != "" }

func (m *Match) readNode(r *reader, n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		m.word = "equals"
		m.read(r, n)
		return
	}
	var known []string
	for _, w := range matchWords() {
		known = append(known, w.name)
	}
	if len(n.Content) != 2 {
		r.wrong(n, "a mapping itself is told by equals", "a mapping here has one word, of %s", listed(known))
		return
	}
	key := n.Content[0]
	if !slices.Contains(known, key.Value) {
		r.wrong(key, hintNear(key.Value, known), "there is no way %q to say what a value has to be", key.Value)
		return
	}
	m.word = key.Value
	m.read(r, n.Content[1])
}

// read reads what the word is about.
func (m *Match) read(r *reader, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		m.text = n.Value
	}
	switch m.word {
	case "oneOf":
		r.list(n, reflect.ValueOf(&m.some).Elem())
	case "in":
		m.life.readNode(r, n)
	case "present", "absent":
		if !isScalar(n, "!!bool") || !strings.EqualFold(n.Value, "true") {
			r.wrong(n, "", "%s can only be true", m.word)
		}
	case "length", "least", "most":
		if _, err := strconv.ParseFloat(n.Value, 64); err != nil || n.Kind != yaml.ScalarNode {
			r.wrong(n, "", "this is %s, and should be a number", kindOf(n))
		}
	case "matches":
		m.value = r.plain(n)
		if n.Kind != yaml.ScalarNode {
			r.wrong(n, "", "this is %s, and should be a regular expression", kindOf(n))
		} else if _, err := regexp.Compile(withoutReferences(n.Value)); err != nil {
			r.wrong(n, "", "this is no regular expression: %s", err)
		}
	default:
		m.value = r.plain(n)
	}
}

// found is a value that was looked for.
type found struct {
	value any
	there bool
}

func this(value any) found { return found{value, true} }

// differs says how what was found is not as it has to be; empty if it is.
func (m Match) differs(at *scope, got found) (string, error) {
	if !m.given() {
		return "", nil
	}
	if !got.there && m.word != "absent" && m.word != "not" {
		return "it is not there, want " + m.want(), nil
	}
	want, err := at.any(m.value)
	if err != nil {
		return "", err
	}
	text := m.text
	if strings.Contains(text, "${") {
		if text, err = at.text(text); err != nil {
			return "", err
		}
	}
	good := false
	switch m.word {
	case "equals":
		good = same(want, text, got.value)
	case "not":
		good = !got.there || !same(want, text, got.value)
	case "contains":
		good = strings.Contains(textOf(got.value), text)
	case "matches":
		pattern, err := regexp.Compile(text)
		if err != nil {
			return "", fmt.Errorf("match %q: %w", text, err)
		}
		good = pattern.MatchString(textOf(got.value))
	case "oneOf":
		for _, one := range m.some {
			differs, err := one.differs(at, got)
			if err != nil {
				return "", err
			}
			good = good || differs == ""
		}
	case "present", "absent":
		good = got.there == (m.word == "present")
	case "length":
		good = strconv.Itoa(lengthOf(got.value)) == text
	case "least", "most":
		good = m.bounds(text, got.value)
	case "in":
		return m.dated(at, got.value), nil
	}
	if good {
		return "", nil
	}
	return fmt.Sprintf("it is %s, want %s", at.excerpt(got.value), m.wantOf(at.hidden.conceal(text))), nil
}

// same compares what was written with what was found: a number in a header is a text.
func same(want any, text string, got any) bool {
	if reflect.DeepEqual(want, got) {
		return true
	}
	switch got := got.(type) {
	case string:
		_, list := want.([]any)
		_, object := want.(map[string]any)
		return !list && !object && want != nil && got == text
	case int:
		return reflect.DeepEqual(want, float64(got))
	}
	return false
}

func (m Match) bounds(text string, got any) bool {
	bound, err := strconv.ParseFloat(text, 64)
	number, errGot := strconv.ParseFloat(textOf(got), 64)
	if err != nil || errGot != nil {
		return false
	}
	if m.word == "least" {
		return number >= bound
	}
	return number <= bound
}

// dated compares a date with one that lies so far from now. Dates are rounded by some schemas, and time goes by while a story is told.
func (m Match) dated(at *scope, got any) string {
	const about = time.Minute
	date, err := time.Parse(time.RFC3339Nano, textOf(got))
	if err != nil {
		return fmt.Sprintf("it is %s, want a date", at.excerpt(got))
	}
	if off := date.Sub(at.now.Add(m.life.std())); off.Abs() > about {
		return fmt.Sprintf("it is %s, %s from now, want %s from now", at.excerpt(got), Duration(date.Sub(at.now).Round(time.Second)), m.life)
	}
	return ""
}

func (m Match) want() string { return m.wantOf(m.text) }

func (m Match) wantOf(text string) string {
	switch m.word {
	case "equals":
		if text == "" {
			return excerpt(m.value)
		}
		return excerpt(text)
	case "present", "absent":
		return "it " + m.word
	case "oneOf":
		var all []string
		for _, one := range m.some {
			all = append(all, one.want())
		}
		return "one of " + listed(all)
	case "in":
		return "a date " + m.life.String() + " from now"
	}
	return m.word + " " + excerpt(text)
}

// textOf is a value as a text: a text as it is, all else as JSON.
func textOf(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	document, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(document)
}

func lengthOf(value any) int {
	switch v := value.(type) {
	case string:
		return len([]rune(v))
	case []any:
		return len(v)
	case map[string]any:
		return len(v)
	}
	return -1
}

// excerpt is a value as a message shows it, without secrets: cut off, a part of one could not be told any more.
func (s *scope) excerpt(value any) string {
	if text, ok := value.(string); ok {
		return excerpt(s.hidden.conceal(text))
	}
	return excerpt(json.RawMessage(s.hidden.conceal(textOf(value))))
}

// excerpt is a value as a message shows it.
func excerpt(value any) string {
	const longest = 200 // an item id stands in it whole
	text := textOf(value)
	if _, ok := value.(string); ok {
		text = strconv.Quote(text)
	}
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return text
}
