package report

import (
	"fmt"
	"html"
	"io"
	"strings"
	"time"
)

// longestDetail is how much of a case's text a summary holds: GitHub takes none of more than a megabyte, and whoever reads one has the
// whole in the JUnit report.
const longestDetail = 4 << 10

// longestSummary is how much of all there is: GitHub shows nothing of a summary of more than 1024 KiB, and its jobs may have others.
const longestSummary = 512 << 10

// Markdown writes the report for a summary, such as GitHub's of a job: a table of the suites, what is not good with all that there is
// to know of it, folded, and the rest as one line each, folded too. Of more than fits it says how many there are.
func (r *Report) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s %s\n\n", r.worst().glyph(), markdownText(r.Name))
	fmt.Fprintf(&b, "**%s** in %s · version %s · seed %d\n\n", counted(r.Counts()), brief(r.Took), markdownText(r.Version), r.Seed)
	if r.Again != "" {
		fmt.Fprintf(&b, "Again: %s\n\n", code(r.Again))
	}
	if len(r.Suites) > 0 {
		b.WriteString("| | | | |\n|---|---|---|---:|\n")
		for i := range r.Suites {
			s := &r.Suites[i]
			alone := Report{Suites: r.Suites[i : i+1]}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", alone.worst().glyph(), markdownText(s.Name), counted(s.counts()), brief(s.took()))
		}
		b.WriteString("\n")
	}
	r.findings(&b)
	r.rest(&b)
	if _, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n"); err != nil {
		return fmt.Errorf("write Markdown report: %w", err)
	}
	return nil
}

// findings are the cases that somebody has to look at, the worst first.
func (r *Report) findings(b *strings.Builder) {
	for _, o := range outcomes() {
		if o == Good || o == Skipped {
			continue
		}
		left := r.fitting(b, o, func(b *strings.Builder, c *Case) {
			fmt.Fprintf(b, "<details><summary>%s <b>%s</b> %s</summary>\n\n", o.glyph(), markup(c.ID), markup(c.Name))
			if c.Message != "" {
				fmt.Fprintf(b, "%s\n\n", markdownText(c.Message))
			}
			if story := c.story(); story != "" {
				b.WriteString(fenced(cut(visible(story), longestDetail)))
			}
			b.WriteString("</details>\n\n")
		})
		if left > 0 {
			fmt.Fprintf(b, "%s %d more %s: a JUnit report has them all\n\n", o.glyph(), left, o.words())
		}
	}
}

// rest are the others, which only have to be there.
func (r *Report) rest(b *strings.Builder) {
	for _, o := range []Outcome{Skipped, Good} {
		n := r.Counts()[o]
		if n == 0 {
			continue
		}
		fmt.Fprintf(b, "<details><summary>%s %d %s</summary>\n\n", o.glyph(), n, o.words())
		left := r.fitting(b, o, func(b *strings.Builder, c *Case) {
			line := "- " + code(c.ID) + " " + markdownText(c.Name)
			if c.Message != "" {
				line += ": " + markdownText(c.Message)
			}
			b.WriteString(line + "\n")
		})
		if left > 0 {
			fmt.Fprintf(b, "- and %d more, which a JUnit report has\n", left)
		}
		b.WriteString("\n</details>\n\n")
	}
}

// fitting writes the cases of an outcome as long as there is room for one after the other, and tells how many are left.
func (r *Report) fitting(b *strings.Builder, o Outcome, write func(*strings.Builder, *Case)) (left int) {
	r.each(o, func(c *Case) {
		if left > 0 {
			left++
			return
		}
		var one strings.Builder
		write(&one, c)
		if b.Len()+one.Len() > longestSummary {
			left++
			return
		}
		b.WriteString(one.String())
	})
	return left
}

func (r *Report) each(o Outcome, do func(*Case)) {
	for i := range r.Suites {
		for j := range r.Suites[i].Cases {
			if c := &r.Suites[i].Cases[j]; c.Outcome == o {
				do(c)
			}
		}
	}
}

// markdownText is a text that is nothing but text, on one line. A comment of nothing keeps somebody's name from being called, and a
// number from becoming a link to an issue.
func markdownText(text string) string {
	return strings.NewReplacer(
		`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "|", `\|`, "~", `\~`, "$", `\$`,
		"<", "&lt;", ">", "&gt;", "&", "&amp;", "@", "@<!-- -->", "#", "#<!-- -->",
	).Replace(oneLine(text))
}

// markup is a text within a tag, where Markdown is not read.
func markup(text string) string { return html.EscapeString(oneLine(text)) }

// code is a text as it is, on one line, in a table as well.
func code(text string) string {
	text = strings.ReplaceAll(oneLine(text), "|", "¦")
	marks := strings.Repeat("`", longestRun(text, '`')+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return marks + text + marks
}

// fenced is a text as it is, on lines of its own.
func fenced(text string) string {
	const shortest = 3
	fence := strings.Repeat("`", max(shortest, longestRun(text, '`')+1))
	return fence + "text\n" + text + "\n" + fence + "\n\n"
}

func longestRun(text string, of rune) (longest int) {
	run := 0
	for _, r := range text {
		if run++; r != of {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// brief is a time as one says it.
func brief(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(100 * time.Millisecond).String()
}
