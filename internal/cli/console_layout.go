package cli

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/journal"
)

// findings tells what is wrong, why, and what helps.
func (c *console) findings(found []diagnosis.Diagnosis) {
	for _, d := range found {
		if d.Severity == diagnosis.SeverityGood {
			continue
		}
		glyph := c.p.cross()
		if d.Severity == diagnosis.SeverityWarning {
			glyph = c.p.caution()
		}
		what := d.Title
		if d.Detail != "" {
			what += ": " + d.Detail
		}
		c.p.line("          %s %s  %s", glyph, c.p.strong(d.ID), what)
		if c.known[d.ID+" "+d.Case] || isExpected(d) {
			continue
		}
		c.known[d.ID], c.known[d.ID+" "+d.Case] = true, true
		c.below("cause", d.Cause)
		c.below("cure", d.Cure)
	}
}

// below adds to what was told: a line, or on a terminal as many as it takes.
func (c *console) below(label, text string) {
	if text == "" {
		return
	}
	const gap = 12
	if label != "" {
		label += ": "
	}
	lines := []string{text}
	if c.p.width > 0 {
		lines = fold(text, c.p.columns()-gap-len(label))
	}
	for i, line := range lines {
		if i > 0 {
			label = strings.Repeat(" ", len(label))
		}
		c.p.line("%*s%s%s", gap, "", c.p.dim(label), line)
	}
}

// line tells one thing, with the time before it. On a terminal that is too narrow, it goes on below, between two of its parts.
func (c *console) line(e *journal.Entry, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	when := c.p.dim(stamp(e)) + partGap
	if c.p.width == 0 {
		c.p.line("%s%s", when, text)
		return
	}
	const (
		further = 4  // columns to the right, from where the first line begins
		least   = 30 // columns, below which lines are broken by the terminal better than by us
	)
	indent := strings.Repeat(" ", columnsOf(when))
	for i, line := range wrap(text, max(c.p.width-columnsOf(when), least), further) {
		if i > 0 {
			when = indent
		}
		c.p.line("%s%s", when, line)
	}
}

// stamp is when something happened, on the user's clock, and where time was advanced on the emulator's before it: that is what
// subscriptions and retries go by.
func stamp(e *journal.Entry) string {
	wall := e.Wall.Local().Format(time.TimeOnly)
	if e.At.IsZero() || e.At.Sub(e.Wall).Abs() < timeLead {
		return wall
	}
	return e.At.UTC().Format("2 Jan 15:04:05Z") + " (" + wall + ")"
}

func (c *console) went() string { return c.p.sent("-->") }
func (c *console) came() string { return c.p.sent("<--") }

// answered is what a request got for an answer, and how long it took. The arrow says which way that went.
func (c *console) answered(arrow string, x *journal.Exchange) string {
	if x == nil {
		return ""
	}
	took := took(x.Took)
	if x.Status == 0 {
		return fmt.Sprintf("%s %s after %s", arrow, c.p.bad("no answer"), took)
	}
	status := fmt.Sprint(x.Status)
	if x.Status >= http.StatusMultipleChoices {
		status = c.p.bad(status)
	}
	return fmt.Sprintf("%s %s in %s", arrow, status, took)
}

// took is a time as it is talked about: 0.4 ms, 12 ms, 3.2 s.
func took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// verdict is a glyph.
func (c *console) verdict(good bool, found []diagnosis.Diagnosis) string {
	switch {
	case !good:
		return c.p.cross()
	case len(found) > 0:
		return c.p.caution()
	}
	return c.p.tick()
}
