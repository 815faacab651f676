package cli

import (
	"fmt"
	"strings"

	"github.com/outlocal/outlocal/diagnosis"
)

// printExplanation tells a person: one finding in full, of many a list, of which it shows the first ones.
func (a *app) printExplanation(e explanation, most int) {
	for i, c := range e.Codes {
		if i > 0 {
			a.out.line("")
		}
		a.out.line("%s", a.out.strong(c.Code))
		if c.Known {
			a.printFacts(fact{"cure", c.Cure, a.out.asIs})
		} else {
			a.printFacts(fact{"", "outlocal doesn't know this one", a.out.asIs})
		}
	}
	if len(e.Codes) > 0 && len(e.Findings) > 0 {
		a.out.line("")
	}
	switch len(e.Findings) {
	case 0:
	case 1:
		a.printExplained(e.Findings[0])
	default:
		a.printLikely(e, most)
	}
}

// printExplained tells all about one finding.
func (a *app) printExplained(e knownFinding) {
	name := e.ID
	if e.Case != "" {
		name += "/" + e.Case
	}
	a.out.line("%s  %s", a.out.strong(name), e.Title)
	facts := []fact{{"cause", e.Cause, a.out.asIs}, {"cure", e.Cure, a.out.strong}}
	for _, s := range e.Sentences {
		facts = append(facts, fact{serviceName(s.Service), "“" + s.Text + "”", a.out.asIs})
	}
	if e.Case == "" {
		facts = append(facts, a.caseFacts(e)...)
	}
	for _, c := range e.Confused {
		facts = append(facts, fact{"or is it", strings.Join(c.With, ", ") + "? " + c.Tells, a.out.asIs})
	}
	a.printFacts(append(facts,
		fact{"rules", strings.Join(e.Rules, " "), a.out.dim},
		fact{"see it", e.Command, a.out.strong},
		fact{"page", e.Page, a.out.dim},
	)...)
}

// serviceName is whose sentence it is, short enough for a label.
func serviceName(service string) string {
	service, _, _ = strings.Cut(service, ",")
	if service == "outlocal" { // nobody has seen the service's
		return "emulator"
	}
	return strings.TrimPrefix(service, "Microsoft ")
}

func (a *app) caseFacts(e knownFinding) (facts []fact) {
	for _, c := range e.Cases {
		if c.Title == "" {
			facts = append(facts, fact{"case", c.Name + ": " + c.Cause, a.out.asIs})
		} else {
			facts = append(facts, fact{"case", c.Name + ": " + c.Title, a.out.asIs}, fact{"", c.Cause, a.out.asIs})
		}
		facts = append(facts, fact{"", c.Cure, a.out.strong})
	}
	return facts
}

// printLikely lists what a text may stand for, and how to tell which it is.
func (a *app) printLikely(e explanation, most int) {
	shown := e.Findings[:min(most, len(e.Findings))]
	longest := 0
	name := func(f knownFinding) string {
		if f.Case != "" {
			return f.ID + "/" + f.Case
		}
		return f.ID
	}
	for _, f := range shown {
		longest = max(longest, len(name(f)))
	}
	a.out.line("It can stand for %s, the likeliest first:", count(len(e.Findings), "finding"))
	a.out.line("")
	for _, f := range shown {
		a.findingLine(name(f), f.gist(), longest)
	}
	if left := len(e.Findings) - len(shown); left > 0 {
		a.out.line("  %s", a.out.dim(fmt.Sprintf("and %d more: --all", left)))
	}
	a.out.line("")
	a.out.line("%s  tells which it is", a.out.strong(e.Command))
	a.out.line("%s  tells more about one", a.out.strong("outlocal explain ID"))
}

// gist is what happened, in a few words: of a case without a title it is the beginning of its cause.
func (e knownFinding) gist() string {
	if f, ok := diagnosis.Lookup(e.ID); !ok || e.Case == "" || e.Title != f.Title {
		return e.Title
	}
	first, _, _ := strings.Cut(strings.TrimSuffix(e.Cause, "."), ". ")
	first, _, _ = strings.Cut(first, ": ")
	return first
}

// fact is one thing that is told beside a label; one without goes on with what stands above.
type fact struct {
	label, text string
	paint       func(string) string
}

// printFacts tells facts below each other, each on as many lines as it takes.
func (a *app) printFacts(facts ...fact) {
	const gap = 2
	widest := 0
	for _, f := range facts {
		widest = max(widest, columnsOf(f.label))
	}
	for _, f := range facts {
		label := f.label
		for _, line := range fold(f.text, a.out.columns()-gap-widest-gap) {
			a.out.line("%*s%s%*s%s", gap, "", a.out.dim(pad(label, widest)), gap, "", f.paint(line))
			label = ""
		}
	}
}
