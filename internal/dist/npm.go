package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// npmScope is under which the platforms' packages are.
const npmScope = "@outlocal/"

// layPackages writes a folder for each npm package below npm/: outlocal itself, and one with the binary for each platform. They are what
// npm pack packs.
func (r *release) layPackages() error {
	version := npmVersion(r.version)
	binaries := make(map[string]string)
	for _, p := range r.platforms {
		if err := r.layBinary(p, version); err != nil {
			return err
		}
		binaries[npmScope+p.node] = version
	}
	manifest, err := r.manifest()
	if err != nil {
		return err
	}
	manifest["version"], manifest["optionalDependencies"] = version, binaries
	folder := filepath.Join(r.folder, "npm", "outlocal")
	files, ok := manifest["files"].([]any)
	if !ok {
		return errors.New("npm/package.json does not list its files")
	}
	for _, name := range files {
		if err := copyFile(filepath.Join(r.root, "npm", fmt.Sprint(name)), filepath.Join(folder, fmt.Sprint(name))); err != nil {
			return err
		}
	}
	for _, file := range []string{"LICENSE", "npm/README.md"} {
		if err := copyFile(filepath.Join(r.root, filepath.FromSlash(file)), filepath.Join(folder, path.Base(file))); err != nil {
			return err
		}
	}
	return writeManifest(folder, manifest)
}

// layBinary writes the folder of one platform's package. Who installs it has no choice but to take the one that npm chose by os and cpu.
func (r *release) layBinary(p platform, version string) error {
	folder := filepath.Join(r.folder, "npm", p.node)
	if err := copyFile(r.program(p), filepath.Join(folder, "bin", p.program())); err != nil {
		return err
	}
	if err := copyFile(filepath.Join(r.root, "LICENSE"), filepath.Join(folder, "LICENSE")); err != nil {
		return err
	}
	source, err := r.manifest()
	if err != nil {
		return err
	}
	system, cpu, _ := strings.Cut(p.node, "-")
	text := fmt.Sprintf("# %s%s\n\nThe binary of [outlocal](https://www.npmjs.com/package/outlocal) for %s. Install `outlocal`, not this.\n", npmScope, p.node, p)
	if err := os.WriteFile(filepath.Join(folder, "README.md"), []byte(text), fileMode); err != nil {
		return err
	}
	return writeManifest(folder, map[string]any{
		"name": npmScope + p.node, "version": version, "description": "The binary of outlocal for " + p.String(),
		"license": source["license"], "repository": source["repository"], "homepage": source["homepage"],
		"os": []string{system}, "cpu": []string{cpu}, "files": []string{"bin/" + p.program()}, "preferUnplugged": true,
	})
}

// manifest is the package.json of the package's source.
func (r *release) manifest() (map[string]any, error) {
	text, err := os.ReadFile(filepath.Join(r.root, "npm", "package.json"))
	if err != nil {
		return nil, err
	}
	var manifest map[string]any
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil, fmt.Errorf("read npm/package.json: %w", err)
	}
	delete(manifest, "scripts") // those are of the source
	return manifest, nil
}

func writeManifest(folder string, manifest map[string]any) error {
	text, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "package.json"), append(text, '\n'), fileMode)
}

// copyFile copies a file and who may run it, and makes its folder.
func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), folderMode); err != nil {
		return err
	}
	mode := fs.FileMode(fileMode)
	const executable = 0o100
	if info.Mode()&executable != 0 {
		mode = programMode
	}
	return os.WriteFile(to, text, mode)
}

// npmVersion is a version as npm takes it. What was built between releases gets one that is older than any release.
func npmVersion(version string) string {
	plain := strings.TrimPrefix(version, "v")
	if regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$`).MatchString(plain) {
		return plain
	}
	return "0.0.0-dev.g" + regexp.MustCompile(`[^0-9A-Za-z-]+`).ReplaceAllString(plain, "-")
}
