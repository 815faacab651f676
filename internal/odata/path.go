package odata

import (
	"fmt"
	"net/url"
	"strings"
)

// Segment is one step of a path: a name, or a key. Users('ann')/Messages and users/ann/messages give the same three steps.
type Segment struct {
	Text  string // decoded; a key without its quotes
	Keyed bool   // it stood in parentheses, so it can be nothing but a key
}

// SplitPath reads an escaped path in every spelling that clients use: keys as segments or in parentheses, with quotes or without,
// doubled single quotes inside, percent escapes of all of these, calls such as delta() and names with a namespace in front
// (rules W1.1-18 to W1.1-21, R10). A leading slash is optional.
func SplitPath(escaped string) ([]Segment, error) {
	var segments []Segment
	rest := strings.TrimPrefix(escaped, "/")
	for rest != "" {
		var step string
		step, rest = cutSegment(rest)
		plain, err := url.PathUnescape(step)
		if err != nil {
			return nil, fmt.Errorf("split path: segment %q holds a broken percent escape", step)
		}
		if plain == "" {
			return nil, fmt.Errorf("split path: an empty segment (two slashes in a row) in %q", escaped)
		}
		if segments, err = appendSegment(segments, plain); err != nil {
			return nil, err
		}
	}
	return segments, nil
}

// cutSegment cuts at the first slash that does not stand inside quotes: ids in parentheses may hold one.
func cutSegment(path string) (segment, rest string) {
	quoted := false
	for i := range len(path) {
		switch {
		case path[i] == '\'':
			quoted = !quoted
		case strings.HasPrefix(path[i:], "%27"):
			quoted = !quoted
		case path[i] == '/' && !(quoted && closes(path[i:])):
			return path[:i], path[i+1:]
		}
	}
	return path, ""
}

// closes tells whether a quote that is open here is closed further on; a stray apostrophe opens nothing.
func closes(rest string) bool {
	return strings.Contains(rest, "')") || strings.Contains(rest, "%27)") || strings.Contains(rest, "%27%29")
}

func appendSegment(segments []Segment, plain string) ([]Segment, error) {
	open := strings.IndexByte(plain, '(')
	if open <= 0 || !strings.HasSuffix(plain, ")") {
		return append(segments, Segment{Text: plain}), nil
	}
	segments = append(segments, Segment{Text: plain[:open]})
	key := plain[open+1 : len(plain)-1]
	if key == "" { // a call without arguments: delta()
		return segments, nil
	}
	if len(key) >= 2 && key[0] == '\'' && key[len(key)-1] == '\'' {
		key = strings.ReplaceAll(key[1:len(key)-1], "''", "'")
	} else if strings.ContainsRune(key, '\'') {
		return nil, fmt.Errorf("split path: the quotes in (%s) do not match", key)
	}
	return append(segments, Segment{Text: key, Keyed: true}), nil
}

// QuoteKey writes a key the way the service does, in parentheses and quotes, quotes inside doubled (rule W7.2-09).
func QuoteKey(key string) string {
	return "('" + strings.ReplaceAll(key, "'", "''") + "')"
}

// Options reads a query string. Names may come as $top or %24top and match without case, blanks as + or %20 (rule R11); of a name that
// comes twice the first counts. The error names what cannot be read.
func Options(rawQuery string) (map[string]string, error) {
	options := make(map[string]string)
	for pair := range strings.SplitSeq(rawQuery, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		plainName, errName := url.QueryUnescape(name)
		plainValue, errValue := url.QueryUnescape(value)
		if errName != nil || errValue != nil {
			return nil, fmt.Errorf("read query: %q holds a broken percent escape", name)
		}
		plainName = strings.ToLower(plainName)
		if _, twice := options[plainName]; !twice {
			options[plainName] = plainValue
		}
	}
	return options, nil
}
