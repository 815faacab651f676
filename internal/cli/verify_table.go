package cli

import (
	"fmt"
	"strings"

	"github.com/outlocal/outlocal/internal/verify"
)

// table shows a column for each dialect. Rows on which all agree that all is good are left out, unless all are wanted.
func (s *verifyShow) table(columns []verify.Column) {
	var names []string
	for i := range columns {
		names = append(names, columns[i].Dialect.String())
	}
	spare := s.out.columns()
	for _, name := range names {
		spare -= len(name) + 2
	}
	spare = min(max(spare-2, len("differs")+20), widestTitle())
	s.out.line("  %s  %s", pad("", spare), s.out.strong(strings.Join(names, "  ")))
	left := 0
	for i := range columns[0].Results {
		var cells []string
		outcomes := map[verify.Outcome]bool{}
		for k := range columns {
			o := columns[k].Results[i].Outcome
			if o != verify.Absent && o != verify.NotJudged { // what a schema lacks, or nobody saw, is no difference in the webhook
				outcomes[o] = true
			}
			cells = append(cells, s.mark(o)+strings.Repeat(" ", len(names[k])-1))
		}
		if !s.v.all && (len(outcomes) == 0 || len(outcomes) == 1 && outcomes[verify.Good]) {
			left++
			continue
		}
		differs := "  "
		if len(outcomes) > 1 {
			differs = s.out.warn(s.out.glyph("≠", "*")) + " "
		}
		s.out.line("%s%s  %s", differs, pad(clip(columns[0].Results[i].Check.Title, spare), spare), strings.Join(cells, "  "))
	}
	if left > 0 {
		s.out.line("%s", s.out.dim("  "+count(left, "check")+" good or not judged: --all shows them"))
	}
	s.reasons(columns)
}

// reasons tell why checks were not judged, each reason once, with how many of which groups it concerns.
func (s *verifyShow) reasons(columns []verify.Column) {
	var said []string
	concerned := map[string]map[verify.Group]map[string]bool{} // checks
	for _, c := range columns {
		for _, r := range c.Results {
			if r.Outcome != verify.NotJudged {
				continue
			}
			of := concerned[r.Because]
			if of == nil {
				said, of = append(said, r.Because), map[verify.Group]map[string]bool{}
				concerned[r.Because] = of
			}
			if of[r.Check.Group] == nil {
				of[r.Check.Group] = map[string]bool{}
			}
			of[r.Check.Group][r.Check.ID] = true
		}
	}
	const gap = 2
	for _, because := range said {
		var which []string
		for _, g := range verify.Groups() {
			if n := len(concerned[because][g]); n > 0 {
				which = append(which, fmt.Sprintf("%d of %s", n, g))
			}
		}
		mark := s.mark(verify.NotJudged)
		for _, line := range fold("not judged, "+strings.Join(which, ", ")+": "+because, s.out.columns()-gap) {
			s.out.line("%s %s", mark, s.out.dim(line))
			mark = " "
		}
	}
}

func widestTitle() int {
	widest := 0
	for _, c := range verify.Checks() {
		widest = max(widest, len([]rune(c.Title)))
	}
	return widest
}
