package cli

import (
	"regexp"
	"slices"
	"strings"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/scenarios"
)

// toldFindings are what was told of findings by now, cause and cure as they were put: one wrong webhook fails dozens of plays alike, and
// who has read once what to change needs only the name after that.
type toldFindings map[string]bool

// findingBegins is where a finding may begin in a problem: alone, or behind what is not as it has to be.
var findingBegins = regexp.MustCompile(`(?:^|: |; )([a-z]+(?:-[a-z0-9]+)+)(?:/[a-z0-9-]+)?: `)

// cutFinding splits a problem before the finding that it ends with, and names all that are told there; none if there is no finding.
func cutFinding(problem string) (before, names, text string) {
	var ids []string
	for _, at := range findingBegins.FindAllStringSubmatchIndex(problem, -1) {
		id := problem[at[2]:at[3]]
		if _, known := diagnosis.Lookup(id); !known {
			continue
		}
		if text == "" {
			before, text = problem[:at[2]], problem[at[2]:]
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return before, strings.Join(ids, ", "), text
}

// shorten names a finding in a problem whose cause and cure stand above, and remembers those that don't.
func (told toldFindings) shorten(problem string) string {
	before, names, text := cutFinding(problem)
	if text == "" {
		return problem
	}
	if told[text] {
		return before + names + ", as above"
	}
	told[text] = true
	return problem
}

// refusedBy begins the problem of a call that the service refuses. The finding behind it says why.
const refusedBy = "it is refused: "

// brief is what to say in a line of a play that went wrong as one before did; empty if there is anything new about it.
func (told toldFindings) brief(r *scenarios.Report) string {
	var known []string
	for i := range r.Steps {
		s := &r.Steps[i]
		if s.Verdict != scenarios.Failed && s.Verdict != scenarios.Unjudged {
			continue
		}
		problems := s.Problems
		if len(problems) > 1 && strings.HasPrefix(problems[0], refusedBy) {
			problems = problems[1:]
		}
		if len(problems) == 0 {
			return ""
		}
		for _, problem := range problems {
			before, names, text := cutFinding(problem)
			if text == "" || !told[text] {
				return ""
			}
			known = append(known, s.Label+": "+before+names+", as above")
		}
	}
	return strings.Join(known, "; ")
}
