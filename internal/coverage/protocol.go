package main

import (
	"bufio"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

const (
	protocolFile    = "docs/protocol.md"
	notEmulatedFile = "docs/not-emulated.txt"
)

// idPattern is the form of a rule's id: W1.1-01, W10-39, R9.
const idPattern = `(?:W\d+(?:\.\d+)?-\d+|R\d+)`

// A rule is one row of docs/protocol.md; the text stays there.
type rule struct {
	ID      string
	Section int // index of its section
}

// A protocol is the order and the sections of the rules, as the document has them.
type protocol struct {
	Sections []string
	Rules    []rule
}

// readProtocol takes every table row whose first cell is an id, under the
// section heading above it.
func readProtocol(fsys fs.FS) (protocol, error) {
	text, err := fs.ReadFile(fsys, protocolFile)
	if err != nil {
		return protocol{}, err
	}
	row := regexp.MustCompile(`^\|\s*(` + idPattern + `)\s*\|`)
	var p protocol
	seen := make(map[string]bool)
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		if title, ok := strings.CutPrefix(line, "## "); ok {
			p.Sections = append(p.Sections, strings.TrimSpace(title))
			continue
		}
		match := row.FindStringSubmatch(line)
		if match == nil {
			continue
		}
		id := match[1]
		switch {
		case seen[id]:
			return protocol{}, fmt.Errorf("%s:%d: rule %s stands there twice", protocolFile, number, id)
		case len(p.Sections) == 0:
			return protocol{}, fmt.Errorf("%s:%d: rule %s stands above the first section", protocolFile, number, id)
		}
		seen[id] = true
		p.Rules = append(p.Rules, rule{ID: id, Section: len(p.Sections) - 1})
	}
	if len(p.Rules) == 0 {
		return protocol{}, fmt.Errorf("%s: no rules found", protocolFile)
	}
	return p, nil
}

// readNotEmulated reads the rules that the emulator does not keep (yet), one
// "id<TAB>reason" a line; empty lines and lines that begin with # are skipped.
func readNotEmulated(fsys fs.FS) (map[string]string, error) {
	file, err := fsys.Open(notEmulatedFile)
	if err != nil {
		return nil, err
	}
	defer file.Close()

	reasons := make(map[string]string)
	scanner := bufio.NewScanner(file)
	for number := 1; scanner.Scan(); number++ {
		line := strings.TrimSpace(scanner.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, reason, ok := strings.Cut(line, "\t")
		reason = strings.TrimSpace(reason)
		if !ok || reason == "" {
			return nil, fmt.Errorf("%s:%d: want an id, a tab and a reason, have %q", notEmulatedFile, number, line)
		}
		if _, twice := reasons[id]; twice {
			return nil, fmt.Errorf("%s:%d: rule %s stands there twice", notEmulatedFile, number, id)
		}
		reasons[id] = reason
	}
	return reasons, scanner.Err()
}
