package main

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
)

// versions are those of the packages that a program tries, as they were built into it or installed for it.
func (w *workshop) versions(p program) ([]string, error) {
	find := w.installed
	if p.inGo() {
		find = w.linked
	}
	var versions []string
	for _, name := range p.packages {
		version, err := find(name)
		if err != nil {
			return nil, err
		}
		versions = append(versions, version)
	}
	return versions, nil
}

// linked is the version of a module in the Go program.
func (w *workshop) linked(module string) (string, error) {
	info, err := buildinfo.ReadFile(w.goProgram())
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(info.Deps, func(m *debug.Module) bool { return m.Path == module })
	if i < 0 {
		return "", fmt.Errorf("%s is not in the program", module)
	}
	return path.Base(module) + " " + strings.TrimPrefix(info.Deps[i].Version, "v"), nil
}

// installed is the version of a package that npm put there.
func (w *workshop) installed(name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(w.in("node"), "node_modules", filepath.FromSlash(name), "package.json"))
	if err != nil {
		return "", err
	}
	var installed struct{ Version string }
	if err := json.Unmarshal(text, &installed); err != nil {
		return "", fmt.Errorf("read package.json of %s: %w", name, err)
	}
	return name + " " + installed.Version, nil
}
