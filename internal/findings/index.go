package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/outlocal/outlocal/diagnosis"
)

// group is a heading of the index.
type group struct{ name, title string }

// groups are in the order in which a webhook meets them. What is in none of
// them stands last, under its own name.
func groups() []group {
	return []group{
		{"handshake", "The handshake: the service asks for its token back"},
		{"https", "The https connection"},
		{"delivery", "The answer to a notification"},
		{"notification", "Notifications that are not the usual"},
		{"lifecycle", "Lifecycle notifications"},
		{"client-state", "The client state"},
		{"webhook", "The webhook itself"},
		{"calls", "What the app calls back"},
		{"receiver", "What a receiver gets, and reads"},
		{"subscribe", "Requests to create or renew a subscription"},
	}
}

// index lists all pages, by what they are about and by what is answered.
func index(catalog []diagnosis.Finding) string {
	b := new(strings.Builder)
	fmt.Fprintf(b, "%s\n# Findings\n\n", notice)
	fmt.Fprintf(b, `What can be wrong between Outlook or Microsoft Graph and a webhook, each with its cause and its cure: %d findings.
`+"`outlocal verify URL` comes to them by itself, `outlocal explain` finds them by any part of an error's text:"+`

`+"```console\n$ outlocal explain \"Subscription validation request failed\"\n$ outlocal explain handshake-json-quotes\n```"+`

Ids are for ever: [stability](../stability.md). By what the service answers: [below](#by-what-the-service-answers).

`, len(catalog))
	for _, g := range grouped(catalog) {
		fmt.Fprintf(b, "## %s\n\n| finding | |\n|---|---|\n", g.title)
		for _, f := range catalog {
			if f.Group() == g.name {
				fmt.Fprintf(b, "| [%s](%s.md) | %s |\n", f.ID, f.ID, cell(prose(f.Title)))
			}
		}
		b.WriteString("\n")
	}
	answers(b, catalog)
	return b.String()
}

// grouped are the groups that have findings, the known ones first.
func grouped(catalog []diagnosis.Finding) []group {
	var used []group
	all := groups()
	for _, f := range catalog {
		if !slices.ContainsFunc(all, func(g group) bool { return g.name == f.Group() }) {
			all = append(all, group{f.Group(), strings.ToUpper(f.Group()[:1]) + f.Group()[1:]})
		}
	}
	for _, g := range all {
		if slices.ContainsFunc(catalog, func(f diagnosis.Finding) bool { return f.Group() == g.name }) {
			used = append(used, g)
		}
	}
	return used
}

// answers lists the service's sentences, each with what it can stand for, the
// likeliest first.
func answers(b *strings.Builder, catalog []diagnosis.Finding) {
	b.WriteString("## By what the service answers\n\n| sentence | can stand for |\n|---|---|\n")
	var texts []string
	by := make(map[string][]string)
	for _, f := range catalog {
		for _, s := range f.Guide().Sentences {
			if by[s.Text] == nil {
				texts = append(texts, s.Text)
			}
			by[s.Text] = append(by[s.Text], f.ID)
		}
	}
	slices.Sort(texts)
	for _, text := range texts {
		var links []string
		for _, d := range diagnosis.Explain(text) {
			if slices.Contains(by[text], d.ID) {
				links = append(links, fmt.Sprintf("[%s](%s.md)", d.ID, d.ID))
			}
		}
		fmt.Fprintf(b, "| `%s` | %s |\n", cell(text), strings.Join(links, ", "))
	}
}

// cell is text within a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
