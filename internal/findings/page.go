package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/outlocal/outlocal/diagnosis"
)

// notice keeps hands off.
const notice = "<!-- Written by make generate from the catalogue in diagnosis/. Do not edit. -->\n"

// page is what there is to read about a finding.
func page(f diagnosis.Finding, all map[string]diagnosis.Finding, rules map[string]rule) string {
	guide := f.Guide()
	b := new(strings.Builder)
	fmt.Fprintf(b, "%s\n# %s: %s\n\n%s\n\n", notice, f.ID, prose(f.Title), weight(f))
	fmt.Fprintf(b, "## Cause\n\n%s\n\n## Cure\n\n%s\n\n", prose(f.Cause), prose(f.Cure))
	cases(b, f)
	sentences(b, f, guide)
	example(b, guide.Example)
	fmt.Fprintf(b, "## See it with outlocal\n\n```console\n$ %s\n```\n\n", guide.Command)
	confused(b, f, guide, all)
	b.WriteString("## Rules\n\n")
	for id := range strings.FieldsSeq(f.Rule) {
		fmt.Fprintf(b, "- [%s](../protocol.md#%s): %s\n", id, rules[id].Anchor, rules[id].Text)
	}
	b.WriteString("\n[All findings](README.md) · `outlocal explain " + f.ID + "`\n")
	return b.String()
}

// weight says how much it matters.
func weight(f diagnosis.Finding) string {
	switch {
	case f.Severity == diagnosis.SeverityFailure && f.Kind != "":
		return "A **failure**: no subscription is made with such a webhook."
	case f.Severity == diagnosis.SeverityFailure:
		return "A **failure**: it does not work with the service."
	case f.Strict == diagnosis.SeverityFailure:
		return "A **warning**: it works for now. With `--strict` it is a failure."
	}
	return "A **warning**: it works, and will hurt."
}

func cases(b *strings.Builder, f diagnosis.Finding) {
	if len(f.Cases) == 0 {
		return
	}
	b.WriteString("## Narrower causes\n\n")
	for _, c := range f.Cases {
		fmt.Fprintf(b, "### %s/%s", f.ID, c.Name)
		if c.Title != "" {
			fmt.Fprintf(b, ": %s", prose(c.Title))
		}
		fmt.Fprintf(b, "\n\n%s\n\n**Cure:** %s\n\n", prose(c.Cause), prose(c.Cure))
	}
}

// sentences are spelled out, for whoever looks for them with a search engine:
// the status in them too, as far as it tells the finding.
func sentences(b *strings.Builder, f diagnosis.Finding, guide diagnosis.Guide) {
	if len(guide.Sentences) == 0 {
		return
	}
	b.WriteString("## What the service answers\n\n")
	for _, s := range guide.Sentences {
		fmt.Fprintf(b, "- %s: `%s`\n", s.Service, s.Text)
	}
	if f.Kind == diagnosis.KindStatus && len(guide.Statuses) > 0 {
		b.WriteString("\nWith the status that tells it:\n\n")
		for _, status := range guide.Statuses {
			for _, style := range []diagnosis.Style{diagnosis.StyleGraph, diagnosis.StyleOutlook} {
				fmt.Fprintf(b, "- `%s`\n", diagnosis.Refusal(style, diagnosis.Failure{Kind: f.Kind, Status: status, URL: "{url}"}))
			}
		}
	}
	b.WriteString("\n")
}

func example(b *strings.Builder, e *diagnosis.Example) {
	if e == nil {
		return
	}
	b.WriteString("## An example\n\n")
	form := "http"
	if strings.HasPrefix(e.Wrong, "{") {
		form = "json"
	}
	part := func(title, text string) {
		if text != "" {
			fmt.Fprintf(b, "%s\n\n```%s\n%s\n```\n\n", title, form, text)
		}
	}
	part("The service sends:", e.Sent)
	part("Wrong:", e.Wrong)
	part("Right:", e.Right)
}

func confused(b *strings.Builder, f diagnosis.Finding, guide diagnosis.Guide, all map[string]diagnosis.Finding) {
	if len(guide.Confused) == 0 {
		return
	}
	b.WriteString("## Often taken for it\n\n")
	for _, c := range guide.Confused {
		var others []string
		for _, id := range slices.DeleteFunc(slices.Clone(c.IDs), func(id string) bool { return id == f.ID }) {
			others = append(others, fmt.Sprintf("[%s](%s.md) (%s)", id, id, prose(all[id].Title)))
		}
		fmt.Fprintf(b, "- %s. %s\n", strings.Join(others, ", "), prose(c.Tells))
	}
	b.WriteString("\n")
}

// prose is text for Markdown: what stands in backquotes is left as it is, in
// the rest nothing is markup.
func prose(text string) string {
	parts := strings.Split(text, "`")
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`)
	for i := 0; i < len(parts); i += 2 {
		parts[i] = escape.Replace(parts[i])
	}
	return strings.Join(parts, "`")
}
