package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// root is the repository, seen from this package.
const root = "../.."

// TestShipped builds outlocal once, for all that needs it: what is released, and every way in which it is shipped. Paths stay in it, so that
// the packages which other tests have compiled are not compiled anew.
func TestShipped(t *testing.T) {
	program := filepath.Join(t.TempDir(), host().program())
	command := exec.CommandContext(t.Context(), "go", "build", "-ldflags", "-s -w -X main.version=v1.2.3", "-o", program, root)
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build outlocal: %v\n%s", err, out)
	}
	for name, test := range map[string]func(t *testing.T, program string){
		"release": testRelease, "inspection": testInspection,
		"Action installs": testActionInstalls, "Action runs": testActionRuns, "Action emulates": testActionEmulates,
		"container fits": testContainerFits, "container runs": testContainerRuns,
		"compose file fits": testComposedFlags, "compose file is played": testComposed,
		"pages": testPages, "pipelines install": testPipelinesInstall,
	} {
		t.Run(name, func(t *testing.T) { test(t, program) })
	}
}

// copied is a compiler that takes no minutes: this machine gets the program, the others get what is quickly packed.
func copied(program string) func(context.Context, *release, platform, string) error {
	return func(_ context.Context, _ *release, p platform, to string) error {
		if p == host() {
			return copyFile(program, to)
		}
		if err := os.MkdirAll(filepath.Dir(to), folderMode); err != nil {
			return err
		}
		return os.WriteFile(to, []byte("a program for "+p.String()), programMode)
	}
}

func newRelease(t *testing.T, version, program string) *release {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "dist")
	return &release{
		root: root, folder: folder, scratch: filepath.Join(folder, "bin"), version: version, moment: time.Unix(1_700_000_000, 0).UTC(),
		effort: gzip.BestSpeed, platforms: platforms(), compile: copied(program), log: io.Discard,
	}
}

func testRelease(t *testing.T, program string) {
	r := newRelease(t, "v1.2.3", program)
	if err := r.build(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Run("has an archive for each platform", func(t *testing.T) {
		names, err := archives(r.folder)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			"outlocal_1.2.3_darwin_amd64.tar.gz", "outlocal_1.2.3_darwin_arm64.tar.gz", "outlocal_1.2.3_linux_amd64.tar.gz",
			"outlocal_1.2.3_linux_arm64.tar.gz", "outlocal_1.2.3_windows_amd64.zip", "outlocal_1.2.3_windows_arm64.zip",
		}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("passes its own check", func(t *testing.T) {
		var said bytes.Buffer
		if err := inspect(t.Context(), r.folder, &said); err != nil || !strings.Contains(said.String(), "6 archives in ") || !strings.Contains(said.String(), "the one for this machine runs") {
			t.Errorf("said %q, %v", &said, err)
		}
	})
	t.Run("is the same each time", func(t *testing.T) {
		again := newRelease(t, "v1.2.3", program)
		if err := again.build(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(sums(t, r.folder), sums(t, again.folder)); diff != "" {
			t.Errorf("checksums (-first +second):\n%s", diff)
		}
	})
	t.Run("opens with what people have", func(t *testing.T) { opens(t, r) })
	t.Run("has a folder for each npm package", func(t *testing.T) { hasPackages(t, r) })
	t.Run("leaves nothing of an earlier one", func(t *testing.T) {
		later := *r
		later.version, later.platforms, later.compile = "v1.2.4", []platform{host()}, copied(program)
		if err := later.build(t.Context()); err != nil {
			t.Fatal(err)
		}
		if names, err := archives(later.folder); err != nil || len(names) != 1 {
			t.Errorf("there are %v (%v), want one archive", names, err)
		}
	})
}

func sums(t *testing.T, folder string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, sumsFile))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// opens unpacks an archive of each kind with other programs than ours, where there are such.
func opens(t *testing.T, r *release) {
	for _, p := range []platform{platforms()[0], platforms()[4]} {
		command := []string{"tar", "-xzf"}
		if p.system == "windows" {
			command = []string{"unzip", "-q"}
		}
		if _, err := exec.LookPath(command[0]); err != nil {
			t.Logf("%s is not here, so its archive is opened by none but us: %v", command[0], err)
			continue
		}
		archive, err := filepath.Abs(filepath.Join(r.folder, p.archive(r.version)))
		if err != nil {
			t.Fatal(err)
		}
		open := exec.CommandContext(t.Context(), command[0], append(command[1:], archive)...)
		open.Dir = t.TempDir()
		if out, err := open.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", open.Args, err, out)
		}
		info, err := os.Stat(filepath.Join(open.Dir, p.stem(r.version), p.program()))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != programMode {
			t.Errorf("%s: the program has mode %v", p, info.Mode())
		}
	}
}

func hasPackages(t *testing.T, r *release) {
	type manifest struct {
		Name, Version        string
		OS, CPU, Files       []string
		OptionalDependencies map[string]string
	}
	read := func(folder string) (m manifest) {
		text, err := os.ReadFile(filepath.Join(r.folder, "npm", folder, "package.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		for _, name := range append(m.Files, "README.md", "LICENSE") {
			if _, err := os.Stat(filepath.Join(r.folder, "npm", folder, name)); err != nil {
				t.Errorf("%s: %v", folder, err)
			}
		}
		return m
	}
	main := read("outlocal")
	want := map[string]string{
		"@outlocal/darwin-arm64": "1.2.3", "@outlocal/darwin-x64": "1.2.3", "@outlocal/linux-arm64": "1.2.3",
		"@outlocal/linux-x64": "1.2.3", "@outlocal/win32-arm64": "1.2.3", "@outlocal/win32-x64": "1.2.3",
	}
	if diff := cmp.Diff(want, main.OptionalDependencies); diff != "" || main.Version != "1.2.3" {
		t.Errorf("version %s; optional dependencies (-want +got):\n%s", main.Version, diff)
	}
	got := read("win32-x64")
	if diff := cmp.Diff(manifest{Name: "@outlocal/win32-x64", Version: "1.2.3", OS: []string{"win32"}, CPU: []string{"x64"}, Files: []string{"bin/outlocal.exe"}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	info, err := os.Stat(filepath.Join(r.folder, "npm", "linux-x64", "bin", "outlocal"))
	if err != nil || info.Mode().Perm() != programMode {
		t.Errorf("the binary of linux-x64: %v, %v", info, err)
	}
}

// TestManifestKnowsAllPlatforms: without what a release is built with, the package's source names the same packages.
func TestManifestKnowsAllPlatforms(t *testing.T) {
	m, err := (&release{root: root}).manifest()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{}
	for _, p := range platforms() {
		want[npmScope+p.node] = m["version"]
	}
	if diff := cmp.Diff(any(want), m["optionalDependencies"]); diff != "" {
		t.Errorf("optionalDependencies (-want +got):\n%s", diff)
	}
}

func TestNPMVersion(t *testing.T) {
	for version, want := range map[string]string{
		"v1.2.3": "1.2.3", "1.2.3": "1.2.3", "v1.2.3-rc.1": "1.2.3-rc.1", "v1.2.3-4-gbad49c2-dirty": "1.2.3-4-gbad49c2-dirty",
		"bad49c2": "0.0.0-dev.gbad49c2", "0123456": "0.0.0-dev.g0123456", "bad49c2-dirty": "0.0.0-dev.gbad49c2-dirty", "dev": "0.0.0-dev.gdev",
		"v1.2": "0.0.0-dev.g1-2", "release/x": "0.0.0-dev.grelease-x",
	} {
		if got := npmVersion(version); got != want {
			t.Errorf("npm's version of %s is %s, want %s", version, got, want)
		}
	}
}
