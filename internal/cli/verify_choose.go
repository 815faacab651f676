package cli

import (
	"slices"
	"strings"

	"github.com/outlocal/outlocal/internal/nearmiss"
	"github.com/outlocal/outlocal/internal/verify"
)

// checkListSchema names the form of what verify --list --json prints.
const checkListSchema = "outlocal/checks/1"

// chooseChecks are those that --only and --skip leave.
func chooseChecks(f verifyFlags) ([]verify.Check, error) {
	only, skip := commaSeparated(f.only), commaSeparated(f.skip)
	for _, w := range []struct {
		flag  string
		words []string
	}{{"only", only}, {"skip", skip}} {
		for _, word := range w.words {
			if slices.Contains(verify.Words(), word) {
				continue
			}
			hint := "outlocal verify --list lists the checks; groups and ids of findings do, too"
			if near := nearmiss.Of(word, verify.Words()); near != "" {
				hint = "did you mean " + near + "?"
			}
			return nil, wrongUse(hint, "verify: --%s names %q, which is no check, group or finding", w.flag, word)
		}
	}
	checks := verify.Choose(only, skip)
	if len(checks) == 0 {
		return nil, wrongUse("outlocal verify --list lists the checks", "verify: nothing is left to be asked")
	}
	return checks, nil
}

// checkList is what verify --list prints.
type checkList struct {
	Checks []checkDocument `json:"checks"`
}

// checkDocument is a check as programs read it.
type checkDocument struct {
	ID       string       `json:"id"`
	Group    verify.Group `json:"group"`
	Title    string       `json:"title"`
	Depth    string       `json:"depth"`
	Findings []string     `json:"findings"`
	Rules    string       `json:"rules,omitempty"`
}

func checkDocuments(checks []verify.Check) []checkDocument {
	all := []checkDocument{}
	for _, c := range checks {
		d := checkDocument{ID: c.ID, Group: c.Group, Title: c.Title, Depth: c.Depth.String(), Findings: []string{}, Rules: c.Rules()}
		d.Findings = append(d.Findings, c.Findings...)
		all = append(all, d)
	}
	return all
}

// listChecks tells what would be asked.
func (a *app) listChecks(f verifyFlags) error {
	checks, err := chooseChecks(f)
	if err != nil {
		return err
	}
	if a.json {
		return a.out.document(checkListSchema, checkList{checkDocuments(checks)})
	}
	widest := 0
	for _, c := range checks {
		widest = max(widest, len(c.ID))
	}
	const depths = len("believed")
	for _, g := range verify.Groups() {
		first := true
		for _, c := range checks {
			if c.Group != g {
				continue
			}
			if first {
				a.out.line("%s", a.out.strong(string(g)))
				first = false
			}
			a.out.line("  %s  %s  %s", pad(c.ID, widest), a.out.dim(pad(c.Depth.String(), depths)), clip(c.Title, a.out.columns()-widest-depths-6))
		}
	}
	a.out.line("")
	a.out.line("%s", strings.Join(fold("--only and --skip take these ids, the groups, and the ids of findings.", a.out.columns()), "\n"))
	return nil
}
