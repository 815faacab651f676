package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/outlocal/outlocal/dialect"
)

// demoPrinter shows the demo to a person.
type demoPrinter struct {
	out   *printer
	quiet bool // for programs: nothing is shown
	brief bool // the line before was a summary
}

// talkers is as wide as the widest pair of who talks to whom.
const talkers = len("service --> webhook")

// How many lines of a body are shown: of a notification all, of the rest enough to see what it is.
const (
	notificationLines = 8
	otherLines        = 4
)

func (p *demoPrinter) line(format string, args ...any) {
	if !p.quiet {
		p.out.line(format, args...)
	}
}

// open tells what one is about to see.
func (p *demoPrinter) open() {
	p.line("%s", p.out.strong("An app subscribes at a service, which calls the app's webhook when a mailbox changes."))
	p.line("Here outlocal plays them all on this machine, over real HTTP. Ids are shortened, secrets masked.")
}

// begin opens a dialect that is shown line by line.
func (p *demoPrinter) begin(d *dialect.Dialect) {
	p.line("")
	for _, line := range fold(d.String()+" · "+d.Title, p.out.columns()) {
		p.line("%s", p.out.strong(line))
	}
	p.brief = false
}

// scene shows one scene.
func (p *demoPrinter) scene(number int, s *scene) {
	p.line("")
	p.line("%s %s", p.out.strong(strconv.Itoa(number)), p.out.strong(s.Title))
	for i := range s.Lines {
		p.sceneLine(&s.Lines[i])
		p.body(s, &s.Lines[i])
	}
	for i := range s.Checks {
		p.check(&s.Checks[i])
	}
}

// sceneLine shows one message, in the words of who began: the answer to app --> service is app <-- service.
func (p *demoPrinter) sceneLine(l *sceneLine) {
	who := l.From
	switch {
	case l.Answer:
		who = l.To + " <-- " + l.From
	case l.To != "":
		who = l.From + " --> " + l.To
	}
	who = pad(who, talkers)
	paint := p.out.asIs
	if l.To == "" {
		paint = p.out.strong
	}
	p.line("  %s  %s", p.out.sent(who), paint(clip(l.Text, p.room())))
}

// room is what is left of a line beside who talks to whom.
func (p *demoPrinter) room() int {
	const margins = 2 + 2
	return p.out.columns() - margins - talkers
}

// body shows what a message carries, where that has something to tell.
func (p *demoPrinter) body(s *scene, l *sceneLine) {
	if l.Body == "" || l.terse || !s.bodies {
		return
	}
	most := otherLines
	if l.To == "webhook" {
		most = notificationLines
	}
	const more = " …"
	lines := fold(l.Body, p.room()-len([]rune(more)))
	if len(lines) > most {
		lines = lines[:most]
		lines[most-1] += more
	}
	for _, line := range lines {
		p.line("  %s  %s", pad("", talkers), p.out.dim(clip(line, p.room())))
	}
}

func (p *demoPrinter) check(c *sceneCheck) {
	mark := p.out.tick()
	if !c.Good {
		mark = p.out.cross()
	}
	for i, line := range fold(c.What, p.out.columns()-len("  x ")) {
		if i > 0 {
			mark = " "
		}
		p.line("  %s %s", mark, line)
	}
	for _, problem := range c.Problems {
		p.line("      %s", p.out.bad(problem))
	}
}

// verdict closes a dialect that was shown line by line.
func (p *demoPrinter) verdict(played *performance) {
	p.line("")
	if played.Verdict == verdictGood {
		p.line("%s %s", p.out.tick(), p.out.strong(played.Dialect+": all as it should be"))
		return
	}
	p.line("%s %s", p.out.cross(), p.out.strong(played.Dialect+": not as it should be, see above"))
}

// nameWidth is as wide as the longest name of a dialect on the programme.
const nameWidth = len("outlook-final@2015")

// summary shows a dialect in a line, and what was wrong if anything was.
func (p *demoPrinter) summary(played *performance) {
	if !p.brief {
		p.line("")
		p.brief = true
	}
	name := pad(played.Dialect, nameWidth)
	if played.Verdict == verdictGood {
		facts := fold(strings.Join(played.Facts, ", "), p.out.columns()-nameWidth-len("x   "))
		p.line("%s %s  %s", p.out.tick(), p.out.strong(name), facts[0])
		for _, more := range facts[1:] {
			p.line("  %s  %s", pad("", nameWidth), more)
		}
		return
	}
	p.line("%s %s", p.out.cross(), p.out.strong(name))
	for i := range played.Scenes {
		s := &played.Scenes[i]
		if s.good() {
			continue
		}
		p.line("  %s", s.Title)
		for j := range s.Checks {
			if !s.Checks[j].Good {
				p.check(&s.Checks[j])
			}
		}
	}
}

// end tells what it came to, and what to do next.
func (p *demoPrinter) end(played *demoDocument, flags demoFlags) {
	p.line("")
	if played.Verdict == verdictGood {
		p.line("%s %s", p.out.tick(), p.out.strong(fmt.Sprintf("all %s passed: everything was as the schemas say", count(played.checks(), "check"))))
	} else {
		p.line("%s %s", p.out.cross(), p.out.strong("something was not as the schemas say"))
	}
	p.line("")
	p.line("What next:")
	next := [][2]string{
		{"outlocal verify http://localhost:3000/hook", "check the handshake of your own webhook"},
		{"outlocal emulate --webhook http://localhost:3000/hook", "run the service against it"},
	}
	if !flags.all {
		next = append(next, [2]string{"outlocal demo --all", "see every schema line by line"})
	}
	longest := 0
	for _, command := range next {
		longest = max(longest, len(command[0]))
	}
	for _, command := range next {
		p.line("  %s  %s", p.out.strong(pad(command[0], longest)), command[1])
	}
}
