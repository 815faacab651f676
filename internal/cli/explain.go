package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/diagnosis"
)

// fewLikely is how many findings are listed that a text may stand for: a sentence as frequent as “Subscription validation request
// failed” has dozens of causes, and who reads on after ten has better things to do.
const fewLikely = 10

func newExplainCommand(a *app) *cobra.Command {
	all, list := false, false
	cmd := &cobra.Command{
		Use:   "explain [ID | TEXT...]",
		Short: "Explain a finding, or an error of Microsoft's or ngrok's",
		Long: `Explain a finding by its ID: what happened, why, what to change, what the service answers, what it is taken for.

Or find what an error stands for by its TEXT: any part of a sentence that Microsoft answers, a whole answer in
JSON, a line of a log, codes such as AADSTS7000215 or ERR_NGROK_3200. The likeliest finding comes first, and one
command tells which it is. Without an argument, or with -, the text is read from standard input. Nothing is sent
anywhere.`,
		Example: `outlocal explain handshake-json-quotes
outlocal explain "Subscription validation request failed"
curl -s … | outlocal explain
outlocal explain --list`,
		Args:        cobra.ArbitraryArgs, // words without quotes are one text
		Annotations: exits("explained", "", "the text, or code, is not known"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return findingIDs(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if list {
				return a.listFindings(args)
			}
			text, err := a.explainable(args)
			if err != nil {
				return err
			}
			e, err := explanationOf(text)
			if err != nil {
				return err
			}
			if a.json {
				return a.out.document(explainSchema, e)
			}
			most := fewLikely
			if all {
				most = len(e.Findings)
			}
			a.printExplanation(e, most)
			return nil
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "list all that a text may stand for, not the likeliest only")
	cmd.Flags().BoolVar(&list, "list", false, "list all findings by what they are about")
	return cmd
}

// findingIDs are all that there are.
func findingIDs() []string {
	var ids []string
	for _, f := range diagnosis.Catalog() {
		ids = append(ids, f.ID)
	}
	return ids
}

// listFindings lists all findings, a group after the other.
func (a *app) listFindings(args []string) error {
	if len(args) > 0 {
		return wrongUse("leave it out, or leave out --list", "explain --list takes no arguments, but got %q", args[0])
	}
	catalog := diagnosis.Catalog()
	if a.json {
		e := explanation{Findings: []knownFinding{}, Codes: []knownCode{}}
		for _, f := range catalog {
			e.Findings = append(e.Findings, explainedOf(f, ""))
		}
		return a.out.document(explainSchema, e)
	}
	longest, group := 0, ""
	for _, f := range catalog {
		longest = max(longest, len(f.ID))
	}
	for _, f := range catalog {
		if f.Group() != group {
			if group != "" {
				a.out.line("")
			}
			group = f.Group()
			a.out.line("%s", a.out.strong(strings.ToUpper(group[:1])+group[1:]+":"))
		}
		a.findingLine(f.ID, f.Title, longest)
	}
	return nil
}

// findingLine is a finding in a list.
func (a *app) findingLine(name, title string, longest int) {
	const gap = 2
	if columnsOf(title)+longest+2*gap <= a.out.columns() {
		a.out.line("%*s%s  %s", gap, "", pad(name, longest), title)
		return
	}
	for i, line := range fold(title, max(a.out.columns()-longest-2*gap, fewColumns/2)) {
		if i > 0 {
			name = ""
		}
		a.out.line("%*s%s  %s", gap, "", pad(name, longest), line)
	}
}
