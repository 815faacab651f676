package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/internal/nearmiss"
)

// dialectRow is what the list tells of a dialect.
type dialectRow struct {
	Name      string `json:"name"`
	Title     string `json:"title"`
	Path      string `json:"path"`
	Handshake string `json:"handshake,omitempty"` // the parameter of its query; empty where there is none
	Renew     string `json:"renew,omitempty"`
	Delete    bool   `json:"delete"`
}

// dialectList is the list, for programs.
type dialectList struct {
	Dialects []dialectRow `json:"dialects"`
}

func newDialectsCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dialects",
		Short: "List the schemas that outlocal speaks",
		Long: `List the schemas in which Outlook has sent change notifications, oldest first, with the base path under
which the service had each. The names are what --dialect and --serve take.`,
		Example:     "outlocal dialects\noutlocal emulate --serve /api/beta=outlook-interim",
		Args:        takes(),
		Annotations: exits("always", "", ""),
		RunE: func(*cobra.Command, []string) error {
			var rows []dialectRow
			for _, d := range dialect.All() {
				rows = append(rows, rowOf(d))
			}
			if a.json {
				return a.out.document("outlocal/dialects/1", dialectList{rows})
			}
			a.printDialects(rows)
			return nil
		},
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.AddCommand(newDialectsDiffCommand(a))
	return cmd
}

// dialectNames are what --dialect takes.
func dialectNames() []string {
	var names []string
	for _, d := range dialect.All() {
		names = append(names, d.String())
	}
	return names
}

// lookUp finds a dialect by its name, or says which one may have been meant.
func lookUp(name string) (*dialect.Dialect, error) {
	d, err := dialect.Lookup(name)
	if err == nil {
		return d, nil
	}
	if near := nearmiss.Of(name, dialectNames()); near != "" {
		return nil, wrongUse("did you mean "+near+"? outlocal dialects lists them", "there is no dialect %q", name)
	}
	return nil, wrongUse("the dialects are "+strings.Join(dialectNames(), ", "), "there is no dialect %q", name)
}

func rowOf(d *dialect.Dialect) dialectRow {
	row := dialectRow{Name: d.String(), Title: d.Title, Path: d.Base, Delete: d.Operations.Delete}
	if d.Handshake != nil {
		row.Handshake = d.Handshake.Parameter
	}
	switch d.Operations.Renew {
	case dialect.RenewByPost:
		row.Renew = "POST"
	case dialect.RenewByPatch:
		row.Renew = "PATCH"
	case dialect.RenewNever:
	}
	return row
}

func (a *app) printDialects(rows []dialectRow) {
	longest := 0
	for _, row := range rows {
		longest = max(longest, len(row.Name))
	}
	for i, row := range rows {
		if i > 0 {
			a.out.line("")
		}
		a.out.line("%s  %s", a.out.strong(pad(row.Name, longest)), row.Title)
		facts := []string{"under " + row.Path, "no handshake"}
		if row.Handshake != "" {
			facts[1] = "handshake by " + row.Handshake
		}
		if row.Renew == "" {
			facts = append(facts, "no renewal")
		} else {
			facts = append(facts, "renewed by "+row.Renew)
		}
		if !row.Delete {
			facts = append(facts, "no deletion")
		}
		a.out.line("%s  %s", pad("", longest), a.out.dim(strings.Join(facts, " · ")))
	}
}

// pad fills text with spaces up to width, before it is painted: colours have no width.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(width-len([]rune(text)), 0))
}
