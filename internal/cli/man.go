package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func newManCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:         "man DIR",
		Short:       "Write the man pages into a folder",
		Long:        "Write the man pages, one for each command, into a folder, which is made if need be.",
		Example:     "outlocal man /usr/local/share/man/man1",
		Args:        takes("DIR"),
		Annotations: exits("written", "", "the folder can't be written to"),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := args[0]
			const folderMode = 0o755 // man pages are for everybody
			if err := os.MkdirAll(dir, folderMode); err != nil {
				return fmt.Errorf("write man pages: %w", err)
			}
			root := cmd.Root()
			prepareForMan(root)
			header := &doc.GenManHeader{Section: "1", Source: "outlocal " + a.process.Version, Manual: "outlocal"} // dated by SOURCE_DATE_EPOCH, or today
			if err := doc.GenManTree(root, header, dir); err != nil {
				return fmt.Errorf("write man pages: %w", err)
			}
			pages, err := filepath.Glob(filepath.Join(dir, "outlocal*.1"))
			if err != nil {
				return fmt.Errorf("write man pages: %w", err)
			}
			if a.json {
				return a.out.document("outlocal/man/1", manPages{pages})
			}
			a.out.line("%s %s in %s", a.out.tick(), count(len(pages), "man page"), dir)
			return nil
		},
	}
}

// manPages are the files that were written.
type manPages struct {
	Pages []string `json:"pages"`
}

// prepareForMan puts into the text of commands what only our own help shows.
func prepareForMan(cmd *cobra.Command) {
	cmd.DisableAutoGenTag = true
	if notes := cmd.Annotations[exitNotes]; notes != "" {
		cmd.Long += "\n\nExit codes:\n\n" + indent(indent(notes))
	}
	for _, child := range cmd.Commands() {
		prepareForMan(child)
	}
}
