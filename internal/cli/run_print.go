package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/outlocal/outlocal/scenarios"
)

// runPrinter tells a person how it goes.
type runPrinter struct {
	out    *printer
	quiet  bool
	steps  bool // every one
	live   bool // as they are done
	rounds int
	again  func(*runNumber) string
	told   toldFindings // unless every step is shown

	round, good, bad int               // of the number that is being repeated
	first            scenarios.Verdict // that was not good
	spent            time.Duration
}

func (p *runPrinter) begin(n *runNumber) {
	if !p.quiet && p.steps {
		line := p.out.strong(n.scenario.Name()) + "  " + p.out.dim(n.way())
		if p.rounds > 1 {
			line += p.out.dim(fmt.Sprintf("  seed %d", n.seed))
		}
		p.out.line("%s", line)
		p.out.line("%s", n.scenario.Title)
	}
}

// step tells of a step, if all are told.
func (p *runPrinter) step(s scenarios.StepReport) {
	if p.quiet || !p.steps {
		return
	}
	text := fmt.Sprintf("  %s %2d  %s", p.glyph(s.Verdict), s.Number, s.Label)
	if s.Note != "" {
		text += "  " + p.out.dim(s.Note)
	}
	p.out.line("%s", text)
	p.wrong(&s)
}

// wrong tells what is wrong with a step, and shows the exchange at fault.
func (p *runPrinter) wrong(s *scenarios.StepReport) {
	for _, problem := range s.Problems {
		if !p.steps {
			problem = p.told.shorten(problem)
		}
		p.out.line("        %s", problem)
	}
	if s.Verdict != scenarios.Failed {
		return
	}
	at := "at " + s.At.String()
	if s.At.IncludedAt != "" {
		at += ", included at " + s.At.IncludedAt
	}
	p.out.line("        %s", p.out.dim(at))
	for i := range s.Exchanges {
		x := &s.Exchanges[i]
		p.out.line("        %s %s %s  %s", p.out.sent("-->"), x.Method, shortURL(x.URL), brief(x.RequestBody))
		answer := outcome(x.Status)
		if x.Status == 0 {
			answer = "no answer: " + x.Error
		}
		p.out.line("        %s %s  %s", p.out.sent("<--"), answer, brief(x.ResponseBody))
	}
}

// end tells how a play went.
func (p *runPrinter) end(n *runNumber, r *scenarios.Report) {
	switch {
	case p.quiet:
	case p.steps:
		if !p.live {
			for i := range r.Steps {
				p.step(r.Steps[i])
			}
		}
		line := p.glyph(r.Verdict) + " " + string(r.Verdict)
		if r.Reason != "" {
			line += ": " + r.Reason
		}
		p.out.line("%s%s", line, p.effort(r))
		p.repeatable(n, r)
	case p.rounds > 1:
		p.repeated(n, r)
	default:
		p.line(n, r)
	}
}

// line tells in a line how a play went, and what went wrong below it. Where that stands above already, the line names it.
func (p *runPrinter) line(n *runNumber, r *scenarios.Report) {
	if p.told == nil {
		p.told = toldFindings{}
	}
	known := p.told.brief(r)
	p.heading(n, r, known)
	if known != "" {
		return // the summary's seed plays it again
	}
	for i := range r.Steps {
		if s := &r.Steps[i]; s.Verdict == scenarios.Failed || s.Verdict == scenarios.Unjudged {
			p.out.line("  %s %2d  %s", p.glyph(s.Verdict), s.Number, s.Label)
			p.wrong(s)
		}
	}
	p.repeatable(n, r)
}

// heading tells in a line how a play went, and what is known about that.
func (p *runPrinter) heading(n *runNumber, r *scenarios.Report, known string) {
	line := fmt.Sprintf("%s %s  %s", p.glyph(r.Verdict), p.out.strong(r.Scenario), p.out.dim(n.way()))
	if p.rounds > 1 {
		line += p.out.dim(fmt.Sprintf("  seed %d", n.seed))
	}
	if r.Reason != "" {
		line += fmt.Sprintf("  %s: %s", r.Verdict, r.Reason)
	}
	line += p.effort(r)
	if known != "" {
		line += "  " + known
	}
	p.out.line("%s", line)
}

// fewRounds is how many rounds of a play that were not good are told each: whoever has that many seeds needs no more of them.
const fewRounds = 10

// repeated tells how all rounds of a play went, in one line, and of the first that were not good.
func (p *runPrinter) repeated(n *runNumber, r *scenarios.Report) {
	p.round++
	p.spent += r.Took
	switch {
	case r.Verdict == scenarios.Good:
		p.good++
	case p.bad == 0:
		p.line(n, r)
		p.first = r.Verdict
		p.bad++
	default: // what it looks like stands above
		if p.bad < fewRounds {
			p.heading(n, r, "")
			p.repeatable(n, r)
		}
		p.bad++
	}
	if p.round < p.rounds {
		return
	}
	if p.bad > fewRounds {
		p.out.line("%s %s  %s  %s %d of %d times, of which the first %d stand above", p.glyph(p.first), p.out.strong(r.Scenario), p.out.dim(n.way()), p.first, p.bad, p.rounds, fewRounds)
	}
	if p.good > 0 {
		p.out.line("%s %s  %s  good %d of %d times%s", p.out.tick(), p.out.strong(r.Scenario), p.out.dim(n.way()), p.good, p.rounds, p.out.dim(", "+took(p.spent)))
	}
	p.round, p.good, p.bad, p.spent = 0, 0, 0, 0
}

// effort is what a play took; empty if it was not played.
func (p *runPrinter) effort(r *scenarios.Report) string {
	if r.Reason != "" {
		return ""
	}
	text := fmt.Sprintf("  %s, %s", count(len(r.Steps), "step"), took(r.Took))
	if r.Virtual > time.Minute {
		text += " for " + roughly(r.Virtual)
	}
	return p.out.dim(text)
}

// repeatable tells how to play again what went wrong.
func (p *runPrinter) repeatable(n *runNumber, r *scenarios.Report) {
	if r.Verdict == scenarios.Failed && p.again != nil {
		p.out.line("  %s %s", p.out.dim("again:"), p.again(n))
	}
}

// roughly is a long time as it is talked about.
func roughly(d time.Duration) string {
	return scenarios.Duration(d.Round(time.Minute)).String() + " of the service's time"
}

func (p *runPrinter) glyph(v scenarios.Verdict) string {
	switch v {
	case scenarios.Good:
		return p.out.tick()
	case scenarios.Failed:
		return p.out.cross()
	}
	return p.out.caution()
}

// summary tells how many went how, and how to play the same again.
func (p *runPrinter) summary(d *runDocument) {
	var parts []string
	for _, v := range []scenarios.Verdict{scenarios.Good, scenarios.Failed, scenarios.Skipped, scenarios.Refused, scenarios.Unjudged} {
		if n := d.Counts[v]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	seeds := fmt.Sprintf("--seed %d plays the same again", d.Seed)
	if p.rounds > 1 {
		seeds = fmt.Sprintf("seeds %d to %d", d.Seed, d.Seed+uint64(p.rounds)-1) //nolint:gosec // it is not negative
	}
	p.out.line("")
	p.out.line("%s %s: %s  %s", p.glyph(d.Verdict), count(len(d.Scenarios), "play"), strings.Join(parts, ", "), p.out.dim(took(d.took)+", "+seeds))
}
