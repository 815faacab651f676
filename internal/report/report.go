// Package report writes how checks went in the forms that continuous integration reads: JUnit XML, Markdown for a summary, and
// annotations that GitHub and Azure Pipelines show beside a line.
//
// Fill a [Report] with suites of cases and write it by [Report.JUnit], [Report.Markdown] or [Report.Annotate]. [Open] opens a report's
// file before there is a report, so that a path that can't be written is refused before anything runs; what it writes is there whole or
// not at all.
//
// It knows nothing of webhooks and judges nothing. It masks nothing either: what is secret must not be handed to it. What a stranger
// sent may stand in it, and neither breaks a form nor becomes a command of the machine that reads it.
package report

import (
	"fmt"
	"strings"
	"time"
)

// Report is how a run went.
type Report struct {
	Name    string // of what ran, such as "outlocal run"
	Version string // of the program
	Seed    uint64
	Again   string // the command that does the same again
	Took    time.Duration
	Suites  []Suite
}

// Suite is a group of cases.
type Suite struct {
	Name       string
	Took       time.Duration // of all its cases together, if left out
	Properties []Property
	Cases      []Case
}

// Case is one thing that was checked.
type Case struct {
	ID    string // stays the same from run to run, as histories go by it: a finding's id, a play's name
	Name  string // its title, for a person
	Class string // what it belongs to; its suite if left out

	Outcome Outcome
	Message string // what is wrong, or why nothing was judged, in a line
	Detail  string // the rest of it
	Again   string // the command that does this one again

	Took       time.Duration
	File       string // where it is written, if in a file
	Line       int    // from 1
	Column     int    // from 1
	Properties []Property
}

// Property is something that is worth knowing of a suite or a case.
type Property struct{ Name, Value string }

// Outcome is how a case went.
type Outcome string

// The outcomes. Of a case that is NotJudged nothing is known, as it rests on something else; one with Error was stopped by something that
// stood in the way, which makes the whole run worth no more than that.
const (
	Good      Outcome = "good"
	Warning   Outcome = "warning"
	Failed    Outcome = "failed"
	Skipped   Outcome = "skipped"
	NotJudged Outcome = "notJudged"
	Error     Outcome = "error"
)

// outcomes are all of them, the worst first.
func outcomes() []Outcome { return []Outcome{Failed, Error, Warning, NotJudged, Skipped, Good} }

// words is an outcome as a person reads it.
func (o Outcome) words() string {
	switch o {
	case NotJudged:
		return "not judged"
	case Warning:
		return "with a warning"
	case Error:
		return "stopped by an error"
	}
	return string(o)
}

func (o Outcome) glyph() string {
	switch o {
	case Good:
		return "✔"
	case Failed, Error:
		return "✗"
	case Warning:
		return "⚠"
	}
	return "–"
}

// Counts tells how many cases went how.
func (r *Report) Counts() map[Outcome]int {
	counts := map[Outcome]int{}
	for i := range r.Suites {
		for o, n := range r.Suites[i].counts() {
			counts[o] += n
		}
	}
	return counts
}

// worst is how the whole went.
func (r *Report) worst() Outcome {
	counts := r.Counts()
	for _, o := range outcomes() {
		if counts[o] > 0 {
			return o
		}
	}
	return Good
}

func (s *Suite) counts() map[Outcome]int {
	counts := map[Outcome]int{}
	for _, c := range s.Cases {
		counts[c.Outcome]++
	}
	return counts
}

func (s *Suite) took() time.Duration {
	took := s.Took
	if took == 0 {
		for _, c := range s.Cases {
			took += c.Took
		}
	}
	return took
}

// counted says how many went how, the worst first: "1 failed, 12 good".
func counted(counts map[Outcome]int) string {
	var parts []string
	for _, o := range outcomes() {
		if n := counts[o]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o.words()))
		}
	}
	if len(parts) == 0 {
		return "nothing was checked"
	}
	return strings.Join(parts, ", ")
}

// place is where a case is written, as compilers say it; empty if it is in no file.
func (c *Case) place() string {
	switch {
	case c.File == "":
		return ""
	case c.Line == 0:
		return c.File
	case c.Column == 0:
		return fmt.Sprintf("%s:%d", c.File, c.Line)
	}
	return fmt.Sprintf("%s:%d:%d", c.File, c.Line, c.Column)
}

// story is all that there is to read of a case, below its message.
func (c *Case) story() string {
	var lines []string
	if at := c.place(); at != "" {
		lines = append(lines, "at "+at)
	}
	if c.Detail != "" {
		lines = append(lines, strings.TrimRight(c.Detail, "\n"))
	}
	for _, p := range c.Properties {
		lines = append(lines, p.Name+": "+p.Value)
	}
	if c.Again != "" {
		lines = append(lines, "again: "+c.Again)
	}
	return strings.Join(lines, "\n")
}
