package scenarios

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// jsonPath leads to a value in JSON: names with dots between them, numbers in brackets, such as value[0].resourceData.id. The dot in a
// name that begins with @odata belongs to the name; any other name with a dot stands in ['…'].
type jsonPath []any // string or int

func parsePath(text string) (jsonPath, error) {
	var p jsonPath
	rest := text
	for rest != "" {
		switch {
		case strings.HasPrefix(rest, "['"):
			name, after, found := strings.Cut(rest[2:], "']")
			if !found {
				return nil, errors.New("a ['…'] is not closed")
			}
			p, rest = append(p, name), after
		case rest[0] == '[':
			number, after, found := strings.Cut(rest[1:], "]")
			index, err := strconv.Atoi(number)
			if !found || err != nil || index < 0 {
				return nil, fmt.Errorf("[%s has no number from 0 on", number)
			}
			p, rest = append(p, index), after
		default:
			name := rest[:nameEnd(rest)]
			if name == "" {
				return nil, errors.New("a name is missing")
			}
			p, rest = append(p, name), rest[len(name):]
		}
		if after, dotted := strings.CutPrefix(rest, "."); dotted {
			if rest = after; rest == "" {
				return nil, errors.New("it ends with a dot")
			}
		} else if rest != "" && rest[0] != '[' {
			return nil, fmt.Errorf("%q comes without a dot before it", rest)
		}
	}
	return p, nil
}

// nameEnd is where the name at the beginning of a path ends.
func nameEnd(path string) int {
	const annotation = "@odata."
	from := 0
	if at := strings.Index(path, annotation); at >= 0 && !strings.ContainsAny(path[:at], ".[") {
		from = at + len(annotation)
	}
	if end := strings.IndexAny(path[from:], ".["); end >= 0 {
		return from + end
	}
	return len(path)
}

// of follows the path into a value.
func (p jsonPath) of(value any) found {
	for _, step := range p {
		switch step := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			next, there := object[step]
			if !there {
				return found{}
			}
			value = next
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				return found{}
			}
			value = list[step]
		}
	}
	return this(value)
}

// ByPath are values of a JSON document, each by its path.
type ByPath map[string]Match

func (b *ByPath) readNode(r *reader, n *yaml.Node) {
	all := map[string]Match{}
	r.dictionary(n, reflect.ValueOf(&all).Elem())
	for i := 0; n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
		if _, err := parsePath(n.Content[i].Value); err != nil {
			r.wrong(n.Content[i], "write it as value[0].resourceData.id", "%q is no path: %s", n.Content[i].Value, err)
		}
	}
	*b = all
}
