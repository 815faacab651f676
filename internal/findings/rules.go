package main

import (
	"regexp"
	"strings"
	"unicode"
)

// A rule is a row of docs/protocol.md.
type rule struct {
	Anchor string // of its section
	Text   string
}

// readRules are the rules of the document by id.
func readRules(protocol string) map[string]rule {
	row := regexp.MustCompile(`^\| (W\d+(?:\.\d+)?-\d+|R\d+) \| [^|]* \| (.*) \| [^|]* \|$`)
	rules := make(map[string]rule)
	section := ""
	for line := range strings.Lines(protocol) {
		line = strings.TrimSpace(line)
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			section = anchor(heading)
			continue
		}
		if m := row.FindStringSubmatch(line); m != nil {
			rules[m[1]] = rule{section, m[2]}
		}
	}
	return rules
}

// anchor is the fragment that GitHub gives a heading.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}
