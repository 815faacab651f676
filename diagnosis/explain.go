package diagnosis

import (
	"slices"
	"strings"
)

// minimumPart is how much of a sentence has to be given: less fits them all.
const minimumPart = 12

// Explain returns the findings that the service answers with the given text:
// a sentence of it whole, in part, or inside a longer message or log line.
// They are sorted by id, and none if the text is not known.
func Explain(text string) []Finding {
	text = normal(text)
	if len(text) < minimumPart {
		return nil
	}
	var likely []Finding
	for _, f := range Catalog() {
		if slices.ContainsFunc(f.sentences(), func(s string) bool { return says(normal(s), text) }) {
			likely = append(likely, f)
		}
	}
	return likely
}

// sentences returns what the service answers in the styles of all times. A
// sentence that tells nothing (the preview's) would match everything.
func (f Finding) sentences() []string {
	if f.Says == "" {
		return nil
	}
	all := []string{f.Says}
	if f.Kind != "" {
		for _, style := range []Style{StyleGraph2023, StyleGraph2016, StyleOutlook} {
			all = append(all, template(style, f.Kind))
		}
	}
	return all
}

// says tells whether a text quotes a sentence, within whatever else, or is a
// part of it, however much of its places is filled.
func says(sentence, text string) bool {
	parts := literals(sentence)
	if slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(part, text) }) {
		return true
	}
	if follows(parts, text, 0) {
		return true
	}
	for i, part := range parts {
		if n := shared(part, text); n > 0 && follows(parts[i+1:], text[n:], n) {
			return true
		}
	}
	return false
}

// follows tells whether a text goes on with the given parts of a sentence, to
// the sentence's end or to its own within a part. It counts what agrees, as a
// few letters agree with everything.
func follows(parts []string, text string, agreed int) bool {
	for _, part := range parts {
		_, rest, found := strings.Cut(text, part)
		if !found {
			n := shared(text, part)
			return n > 0 && agreed+n >= minimumPart
		}
		agreed += len(part)
		text = rest
	}
	return agreed >= minimumPart
}

// shared is the length of the longest end of one text with which the other
// begins.
func shared(end, begin string) int {
	for n := min(len(end), len(begin)); n > 0; n-- {
		if strings.HasPrefix(begin, end[len(end)-n:]) {
			return n
		}
	}
	return 0
}

// literals splits a template at its places.
func literals(template string) []string {
	var parts []string
	for template != "" {
		part, rest, _ := strings.Cut(template, "{")
		if part != "" {
			parts = append(parts, part)
		}
		_, template, _ = strings.Cut(rest, "}")
	}
	return parts
}

// normal makes texts comparable that were copied from logs: without case,
// and with one blank where there are several or a line end.
func normal(text string) string {
	return strings.ToLower(strings.Join(strings.Fields(text), " "))
}
