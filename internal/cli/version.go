package cli

import (
	"runtime"

	"github.com/spf13/cobra"
)

func newVersionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:         "version",
		Short:       "Print the version",
		Long:        "Print the version of outlocal, and what it was built with and for.",
		Example:     "outlocal version\noutlocal version --json",
		Args:        takes(),
		Annotations: exits("always", "", ""),
		RunE:        func(*cobra.Command, []string) error { return a.printVersion() },
	}
}

// versionDocument is the version, for programs.
type versionDocument struct {
	Version string `json:"version"`
	Go      string `json:"go"`
	System  string `json:"system"`
}

func (a *app) printVersion() error {
	v := versionDocument{a.process.Version, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
	if a.json {
		return a.out.document("outlocal/version/1", v)
	}
	a.out.line("outlocal %s (%s, %s)", v.Version, v.Go, v.System)
	return nil
}
