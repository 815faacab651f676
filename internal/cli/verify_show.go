package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/internal/verify"
)

// verifyShow tells of a verification: to a person as it goes, or to a program at its end.
type verifyShow struct {
	a     *app
	v     *verification
	out   *printer
	begun bool
}

func (a *app) newVerifyShow(v *verification) *verifyShow {
	s := &verifyShow{a: a, v: v, out: v.out}
	if !a.json && v.target.assumed != "" {
		s.out.line("%s", s.out.dim("checking "+v.target.masked()+", assuming "+v.target.assumed))
	}
	return s
}

// awaiting tells where the app is to subscribe.
func (s *verifyShow) awaiting(http, https string) {
	if s.a.json {
		return
	}
	text := "waiting for your app's subscription at " + http + " or " + https + ", for " + short(s.v.adoptWait) + " at most"
	s.lines(text, s.out.dim)
}

func (s *verifyShow) lines(text string, paint func(string) string) {
	for _, line := range fold(text, s.out.columns()) {
		s.out.line("%s", paint(line))
	}
}

// silence is how long nothing is said while a webhook is waited for.
const silence = time.Second

// run judges the webhook in one dialect, and tells how it goes.
func (s *verifyShow) run(ctx context.Context, session *verify.Session) (verify.Column, error) {
	if s.a.json {
		return session.Run(ctx)
	}
	s.begin(session)
	if s.single() {
		p := verifyPrinter{out: s.out, dialect: session.Dialect}
		session.Sending, session.Answered = p.request, p.answer
	}
	limit := session.Dialect.Delivery.Limit
	var patience *time.Timer
	session.Asking = func(c *verify.Check) {
		patience = time.AfterFunc(silence, func() {
			text := fmt.Sprintf("waiting for your webhook, which is asked whether it %s; %s at most for an answer", c.Title, short(limit))
			for _, line := range fold(text, s.out.columns()-margin) {
				s.out.line("%*s%s", margin, "", s.out.dim(line))
			}
		})
	}
	session.Told = func(*verify.Result) {
		if patience != nil {
			patience.Stop()
		}
	}
	return session.Run(ctx)
}

func (s *verifyShow) single() bool { return len(s.v.spoken) == 1 }

// begin tells in which schema and how deep one is about to look.
func (s *verifyShow) begin(session *verify.Session) {
	if s.begun {
		return
	}
	s.begun = true
	var names []string
	for _, d := range s.v.spoken {
		names = append(names, d.String())
	}
	text := strings.Join(names, ", ") + ", depth " + session.Depth().String() + ": "
	switch {
	case session.Visiting:
		text += "beyond this machine, the handshake, https and one small batch; --full asks all"
	case session.Depth() == verify.Wire:
		text += "what anybody can see; --client-state-env, --adopt or -- COMMAND look deeper"
	case session.Depth() == verify.CallsBack:
		text += "the app's own subscription, and what the app calls"
	case session.Adopted != nil:
		text += "the app's own subscription"
	default:
		text += "notifications with the client state that your webhook expects"
	}
	s.lines(text, s.out.dim)
}

// conclude tells the whole.
func (s *verifyShow) conclude(columns []verify.Column) error {
	if s.a.json {
		for i := range columns {
			if err := s.a.out.document(verifySchema, s.document(&columns[i])); err != nil {
				return err
			}
		}
		return nil
	}
	s.out.line("")
	if len(columns) == 1 {
		s.groups(&columns[0])
	} else {
		s.table(columns)
	}
	findings := verify.Findings(columns)
	for i := range findings {
		s.out.line("")
		p := verifyPrinter{out: s.out}
		p.finding(findings[i].Diagnosis)
		if len(columns) > 1 {
			p.row("in", strings.Join(findings[i].Dialects, ", "), s.out.asIs)
		}
	}
	s.next(columns)
	s.out.line("")
	for i := range columns {
		s.verdict(&columns[i])
	}
	return nil
}

// groups shows a dialect's checks: a line for each group of good ones, and one for each that is not.
func (s *verifyShow) groups(c *verify.Column) {
	for _, g := range verify.Groups() {
		var results []verify.Result
		for _, r := range c.Results {
			if r.Check.Group == g && r.Outcome != verify.Absent {
				results = append(results, r)
			}
		}
		if len(results) > 0 {
			s.group(g, results)
		}
	}
	s.reasons([]verify.Column{*c})
}

// widestGroup is as wide as the longest name of a group.
const widestGroup = len(verify.Notifications)

func (s *verifyShow) group(g verify.Group, results []verify.Result) {
	name := s.out.strong(pad(string(g), widestGroup))
	good := 0
	for _, r := range results {
		if r.Outcome == verify.Good {
			good++
		}
	}
	say := func(mark, text string, paint func(string) string) {
		const gap = 3
		for i, line := range fold(text, s.out.columns()-widestGroup-gap-1) {
			if i > 0 {
				mark = " "
			}
			s.out.line("%s %s %s", name, mark, paint(line))
			name = strings.Repeat(" ", widestGroup)
		}
	}
	if good > 0 && !s.v.all {
		say(s.out.tick(), fmt.Sprintf("%d of %d good", good, len(results)), s.out.asIs)
	}
	told := map[string]bool{}
	for _, r := range results {
		if text := titled(&r); len(r.Found) > 0 && !s.v.all { // the checks of one finding are one line
			if told[text] {
				continue
			}
			told[text] = true
		}
		if r.Outcome == verify.Good && !s.v.all {
			if r.Note != "" {
				say(" ", r.Note, s.out.dim)
			}
			continue
		}
		if mark := s.mark(r.Outcome); r.Outcome != verify.NotJudged {
			say(mark, titled(&r), s.out.asIs)
		}
	}
}

// titled is a check in a line: what it found, or what is good.
func titled(r *verify.Result) string {
	if len(r.Found) > 0 {
		return r.Found[0].ID + ": " + r.Found[0].Title
	}
	if r.Note != "" {
		return r.Check.Title + ": " + r.Note
	}
	return r.Check.Title
}

func (s *verifyShow) mark(o verify.Outcome) string {
	switch o {
	case verify.Good:
		return s.out.tick()
	case verify.Hurts:
		return s.out.caution()
	case verify.Fails:
		return s.out.cross()
	case verify.NotJudged:
		return s.out.dim(s.out.glyph("–", "-"))
	}
	return " "
}

// next tells what the service would make of such answers: of which schema, unless it is the same in all.
func (s *verifyShow) next(columns []verify.Column) {
	const begin = "What Microsoft would do next:"
	var said []string
	names := map[string][]string{}
	for i := range columns {
		text := strings.Join(columns[i].Next, " ")
		if names[text] == nil && text != "" {
			said = append(said, text)
		}
		names[text] = append(names[text], columns[i].Dialect.String())
	}
	if len(said) == 0 {
		return
	}
	s.out.line("")
	if len(names) == 1 {
		s.lines(begin+" "+said[0], s.out.asIs)
		return
	}
	s.out.line("%s", begin)
	const gap = 2
	for _, text := range said {
		for _, line := range fold(strings.Join(names[text], ", ")+": "+text, s.out.columns()-gap) {
			s.out.line("%*s%s", gap, "", line)
		}
	}
}

// verdict tells in a line what the checks in a dialect came to.
func (s *verifyShow) verdict(c *verify.Column) {
	n := map[verify.Outcome]int{}
	for _, r := range c.Results {
		n[r.Outcome]++
	}
	asked := len(c.Results) - n[verify.Absent]
	name := c.Dialect.String() + ": "
	var mark, text string
	switch verdictOfColumn(c) {
	case verdictFailed:
		mark, text = s.out.cross(), fmt.Sprintf("your webhook fails %d of %s", n[verify.Fails], count(asked, "check"))
		if failsHandshake(c) {
			s.marked(mark, name+"your webhook fails the handshake, so no subscription would be made")
			return
		}
	case verdictNotJudged:
		mark, text = s.out.caution(), "nothing of your webhook could be judged"
		if c.Unmet {
			text = "your webhook could not be judged, as nothing answers"
		}
	default:
		mark, text = s.out.tick(), fmt.Sprintf("your webhook passes, with %d of %s good", n[verify.Good], count(asked, "check"))
		if c.Depth == verify.Wire && n[verify.NotJudged] > 0 {
			text = fmt.Sprintf("nothing is wrong that anybody can see, with %d of %s good", n[verify.Good], count(asked, "check"))
		}
	}
	if hurts := n[verify.Hurts]; hurts > 0 && !c.Unmet {
		text += ", " + count(hurts, "warning")
	}
	if left := n[verify.NotJudged]; left > 0 && !c.Unmet && verdictOfColumn(c) != verdictNotJudged {
		text += fmt.Sprintf(", %d not judged", left)
	}
	s.marked(mark, name+text)
}

// marked tells a verdict, on as many lines as that takes.
func (s *verifyShow) marked(mark, text string) {
	const gap = 2
	for _, line := range fold(text, s.out.columns()-gap) {
		s.out.line("%s %s", mark, s.out.strong(line))
		mark = " "
	}
}

// failsHandshake tells whether the plain handshake was asked for and is wrong: all else rests on it.
func failsHandshake(c *verify.Column) bool {
	for _, r := range c.Results {
		for _, d := range r.Found {
			if d.Severity == diagnosis.SeverityFailure && slices.ContainsFunc(c.Handshake.Diagnoses, func(h diagnosis.Diagnosis) bool { return h.ID == d.ID }) {
				return true
			}
		}
	}
	return false
}
