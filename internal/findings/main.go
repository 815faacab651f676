// Command findings writes the pages of docs/findings: one for each finding of
// the diagnosis, and an index by what they are about and by what the service
// answers.
//
//	go run ./internal/findings           writes docs/findings
//	go run ./internal/findings -check    fails where a page is out of date, or one too many
//
// What a page says is the catalogue's: cause, cure, sentences, look-alikes, an
// example. The command adds the text of the rules that the finding rests on,
// from docs/protocol.md. It also keeps docs/findings/ids.txt, which only grows:
// an id that was published once means the same for ever.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/outlocal/outlocal/diagnosis"
)

const (
	// folder is where pages are, below the root of the repository.
	folder = "docs/findings"
	// idsFile lists all ids that have ever been published.
	idsFile = "ids.txt"
	// protocolFile has the rules.
	protocolFile = "docs/protocol.md"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("findings", flag.ContinueOnError)
	check := flags.Bool("check", false, "write nothing; fail on drift")
	root := flags.String("root", ".", "root of the repository")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("read arguments: %w", err)
	}
	protocol, err := os.ReadFile(filepath.Join(*root, filepath.FromSlash(protocolFile)))
	if err != nil {
		return fmt.Errorf("read the rules: %w", err)
	}
	pages := filepath.Join(*root, filepath.FromSlash(folder))
	published, err := readIDs(filepath.Join(pages, idsFile))
	if err != nil {
		return err
	}
	files, err := write(diagnosis.Catalog(), readRules(string(protocol)), published)
	if err != nil {
		return err
	}
	if *check {
		return compare(pages, files)
	}
	if err := os.MkdirAll(pages, 0o755); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(pages, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("write a page: %w", err)
		}
	}
	fmt.Fprintf(stdout, "%s: %d findings\n", folder, len(diagnosis.Catalog()))
	return nil
}

// write returns all files by name.
func write(catalog []diagnosis.Finding, rules map[string]rule, published []string) (map[string]string, error) {
	files := make(map[string]string)
	byID := make(map[string]diagnosis.Finding)
	for _, f := range catalog {
		byID[f.ID] = f
	}
	var gone []error
	for _, id := range published {
		if _, ok := byID[id]; !ok {
			gone = append(gone, fmt.Errorf("%s was published and is no finding any more: ids are for ever", id))
		}
	}
	if err := errors.Join(gone...); err != nil {
		return nil, err
	}
	for _, f := range catalog {
		files[f.ID+".md"] = page(f, byID, rules)
	}
	files["README.md"] = index(catalog)
	files[idsFile] = "# Every id of a finding that was ever published. Lines are added by make generate, and never taken away.\n" +
		strings.Join(slices.Sorted(maps.Keys(byID)), "\n") + "\n"
	return files, nil
}

// readIDs are those published before; none if there is no such file yet.
func readIDs(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the ids: %w", err)
	}
	var ids []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			ids = append(ids, line)
		}
	}
	return ids, nil
}

// compare tells what differs between the folder and what should be in it.
func compare(folder string, files map[string]string) error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(files)) {
		written, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("read a page: %w", err)
		}
		if string(written) != files[name] {
			faults = append(faults, fmt.Errorf("docs/findings/%s is out of date: run make generate", name))
		}
	}
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the folder: %w", err)
	}
	for _, entry := range entries {
		if _, ok := files[entry.Name()]; !ok {
			faults = append(faults, fmt.Errorf("docs/findings/%s is no page of a finding: take it away", entry.Name()))
		}
	}
	return errors.Join(faults...)
}
