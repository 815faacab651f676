package scenarios

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// scope is what texts can refer to at a moment.
type scope struct {
	values map[string]any
	now    time.Time
	hidden secrets
	keys   *builtInKeys
}

// self is the member that a value stands for where none is named.
const self = ""

// text puts in what a text refers to.
func (s *scope) text(text string) (string, error) {
	references := referencesIn(text)
	for i := len(references) - 1; i >= 0; i-- {
		ref := references[i]
		value, err := s.lookup(ref.text)
		if err != nil {
			return "", err
		}
		text = text[:ref.from] + textOf(value) + text[ref.to:]
	}
	return strings.ReplaceAll(text, "$${", "${"), nil
}

// any puts in what the texts of a value refer to. A text that is one reference and nothing else becomes what that stands for.
func (s *scope) any(value any) (any, error) {
	switch v := value.(type) {
	case string:
		if refs := referencesIn(v); len(refs) == 1 && refs[0].from == 0 && refs[0].to == len(v) {
			return s.lookup(refs[0].text)
		}
		return s.text(v)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			var err error
			if list[i], err = s.any(v[i]); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]any:
		filled := make(map[string]any, len(v))
		for name := range v {
			var err error
			if filled[name], err = s.any(v[name]); err != nil {
				return nil, err
			}
		}
		return filled, nil
	}
	return value, nil
}

func (s *scope) lookup(text string) (any, error) {
	p, err := parsePath(text)
	if err != nil {
		return nil, fmt.Errorf("look up ${%s}: %w", text, err)
	}
	if len(p) == 1 && p[0] == "now" {
		return s.now.UTC().Format(time.RFC3339Nano), nil
	}
	if len(p) == 2 && p[0] == receiverName {
		return s.keys.value(p[1])
	}
	for i := range p { // names of headers have no case
		if name, ok := p[i].(string); ok && i > 0 && p[i-1] == "header" {
			p[i] = strings.ToLower(name)
		}
	}
	if list, ok := s.values[p[0].(string)].([]any); ok && len(p) > 1 {
		if _, indexed := p[1].(int); !indexed && len(list) > 0 {
			p = append(jsonPath{p[0], 0}, p[1:]...)
		}
	}
	got := p.of(s.values)
	if fields, ok := got.value.(map[string]any); ok && fields[self] != nil {
		got.value = fields[self]
	}
	if !got.there {
		return nil, fmt.Errorf("look up ${%s}: it is not there", text)
	}
	return got.value, nil
}

// headerValues are a header's values by lower-case names.
func headerValues(h http.Header) map[string]any {
	values := make(map[string]any, len(h))
	for name, all := range h {
		values[strings.ToLower(name)] = strings.Join(all, ", ")
	}
	return values
}
