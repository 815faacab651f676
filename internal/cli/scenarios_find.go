package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/outlocal/outlocal/internal/nearmiss"
	"github.com/outlocal/outlocal/scenarios"
)

// findScenarios reads what arguments name: files and folders, else scenarios of the catalogue, by name or by a pattern.
func findScenarios(args []string) ([]*scenarios.Scenario, error) {
	if len(args) == 0 {
		return scenarios.Load(scenarios.Catalog())
	}
	var all []*scenarios.Scenario
	var wrong scenarios.FileError
	for _, arg := range args {
		some, err := findScenario(arg)
		var told *scenarios.FileError
		switch {
		case errors.As(err, &told):
			wrong.Problems = append(wrong.Problems, told.Problems...)
		case err != nil:
			return nil, err
		}
		all = append(all, some...)
	}
	if len(wrong.Problems) > 0 {
		return nil, &wrong
	}
	return all, nil
}

func findScenario(arg string) ([]*scenarios.Scenario, error) {
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		return named(arg, os.DirFS(arg), ".")
	case err == nil:
		return named(filepath.Dir(arg), os.DirFS(filepath.Dir(arg)), filepath.Base(arg))
	case strings.ContainsAny(arg, `/\`):
		return nil, notJudged("", "read scenario: %w", err)
	}
	pattern := strings.TrimSuffix(arg, ".yaml") + ".yaml"
	if found, err := fs.Glob(scenarios.Catalog(), pattern); err != nil || len(found) == 0 {
		return nil, unknownScenario(arg)
	}
	return scenarios.Load(scenarios.Catalog(), pattern)
}

// named reads files of a folder, and lets messages name them as the user did.
func named(folder string, files fs.FS, pattern string) ([]*scenarios.Scenario, error) {
	all, err := scenarios.LoadUnder(folder, files, pattern)
	var wrong *scenarios.FileError
	if err != nil && !errors.As(err, &wrong) {
		return nil, notJudged("", "%w", err)
	}
	return all, err
}

func unknownScenario(name string) error {
	hint := "outlocal scenarios list tells which there are; a file of yours needs its path, such as ./" + name
	if near := nearmiss.Of(name, scenarioNames()); near != "" {
		hint = "did you mean " + near + "?"
	}
	return wrongUse(hint, "find scenario %q: there is neither a file nor a scenario of that name", name)
}

// tagged are the scenarios that have all of the tags, and none of those that are skipped.
func tagged(all []*scenarios.Scenario, tags, skipped []string) []*scenarios.Scenario {
	return slices.DeleteFunc(all, func(s *scenarios.Scenario) bool {
		has := func(tag string) bool { return slices.Contains(s.Tags, tag) }
		lacks := func(tag string) bool { return !has(tag) }
		return slices.ContainsFunc(tags, lacks) || slices.ContainsFunc(skipped, has)
	})
}

// scenarioNames are what run and show complete.
func scenarioNames() []string {
	files, _ := fs.Glob(scenarios.Catalog(), "*.yaml") // the pattern is a good one
	for i := range files {
		files[i] = strings.TrimSuffix(files[i], ".yaml")
	}
	return files
}
