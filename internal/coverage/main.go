// Command coverage joins the rules of docs/protocol.md to the tests that prove
// them, and writes docs/coverage.md.
//
//	go run ./internal/coverage           writes docs/coverage.md
//	go run ./internal/coverage -check    fails where a rule is neither tested nor
//	                                     listed as not emulated, and on drift
//
// A test proves a rule by naming it: on a line of a comment or of a table that
// holds the word rules, a colon, and ids (see citations.go). What the emulator does
// not do stands in docs/not-emulated.txt with its reason. The command counts
// claims; it does not judge whether a test that cites a rule would notice the
// rule being broken. That is for whoever writes and reviews the test.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// reportFile is what the command writes, below the root of the repository.
const reportFile = "docs/coverage.md"

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("coverage", flag.ContinueOnError)
	check := flags.Bool("check", false, "write nothing; fail on gaps, contradictions and drift")
	root := flags.String("root", ".", "root of the repository")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("read arguments: %w", err)
	}

	evidence, err := collect(os.DirFS(*root))
	if err != nil {
		return fmt.Errorf("collect rules and citations: %w", err)
	}
	path := filepath.Join(*root, filepath.FromSlash(reportFile))
	if *check {
		written, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("read the report: %w", err)
		}
		return evidence.check(string(written))
	}
	if err := os.WriteFile(path, []byte(evidence.report()), 0o644); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	fmt.Fprintf(stdout, "%s: %s\n", reportFile, evidence.counts())
	return nil
}
