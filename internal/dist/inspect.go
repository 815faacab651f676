package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// inspect checks what was built as its users would: the checksums fit, every archive holds what it should, and the program for this
// machine, taken out of its archive, runs and knows its version.
func inspect(ctx context.Context, folder string, stdout io.Writer) error {
	names, err := checkSums(folder)
	if err != nil {
		return err
	}
	ran := false
	for _, name := range names {
		papers, err := unpack(filepath.Join(folder, name))
		if err != nil {
			return fmt.Errorf("open %s: %w", name, err)
		}
		if err := complete(papers); err != nil {
			return fmt.Errorf("look into %s: %w", name, err)
		}
		h := host()
		version, ok := strings.CutSuffix(name, strings.TrimPrefix(h.archive("\n"), "outlocal_\n"))
		if !ok {
			continue
		}
		if err := try(ctx, papers[h.program()], strings.TrimPrefix(version, "outlocal_"), h); err != nil {
			return fmt.Errorf("try the program of %s: %w", name, err)
		}
		ran = true
	}
	said := "none is for this machine, so none was run"
	if ran {
		said = "the one for this machine runs"
	}
	_, err = fmt.Fprintf(stdout, "%d archives in %s: checksums fit, nothing is missing, %s\n", len(names), folder, said)
	return err
}

// complete tells whether an archive has what its users look for.
func complete(papers map[string]paper) error {
	program := "outlocal"
	if _, ok := papers["outlocal.exe"]; ok {
		program = "outlocal.exe"
	}
	for _, name := range []string{
		program, "LICENSE", "README.md", "CHANGELOG.md", "man/man1/outlocal.1", "man/man1/outlocal-verify.1",
		"completions/outlocal.bash", "completions/_outlocal", "completions/outlocal.fish", "completions/outlocal.ps1",
	} {
		if len(papers[name].text) == 0 {
			return fmt.Errorf("%s is missing", name)
		}
	}
	if mode := papers[program].mode; mode.Perm() != programMode {
		return fmt.Errorf("%s has mode %v, want %v", program, mode, os.FileMode(programMode))
	}
	return nil
}

// try runs a program, and compares what it says of itself with what the archive's name says.
func try(ctx context.Context, program paper, version string, p platform) error {
	folder, err := os.MkdirTemp("", "outlocal-try")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, program.name)
	if err := os.WriteFile(file, program.text, programMode); err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, file, "version", "--json").Output()
	if err != nil {
		return fmt.Errorf("run it: %w", err)
	}
	var said struct{ Version, System string }
	if err := json.Unmarshal(out, &said); err != nil {
		return fmt.Errorf("read %q: %w", out, err)
	}
	if strings.TrimPrefix(said.Version, "v") != version || said.System != p.String() {
		return fmt.Errorf("it says that it is %s for %s, want %s for %s", said.Version, said.System, version, p)
	}
	return nil
}

// unpack reads an archive. All of it has to be in one folder, so that nobody's own is littered.
func unpack(file string) (map[string]paper, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	stem, isZip := strings.CutSuffix(filepath.Base(file), ".zip")
	read := readTar
	if isZip {
		read = readZip
	} else {
		stem = strings.TrimSuffix(stem, ".tar.gz")
	}
	all, err := read(text)
	if err != nil {
		return nil, err
	}
	found := make(map[string]paper)
	for _, p := range all {
		below, ok := strings.CutPrefix(p.name, stem+"/")
		if !ok || !filepath.IsLocal(below) {
			return nil, fmt.Errorf("%s is not below %s", p.name, stem)
		}
		found[below] = paper{below, p.mode, p.text}
	}
	return found, nil
}

func readTar(text []byte) ([]paper, error) {
	plain, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	var all []paper
	archive := tar.NewReader(plain)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(archive)
		if err != nil {
			return nil, err
		}
		all = append(all, paper{header.Name, header.FileInfo().Mode(), body})
	}
}

func readZip(text []byte) ([]paper, error) {
	archive, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return nil, err
	}
	var all []paper
	for _, file := range archive.File {
		opened, err := file.Open()
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(opened)
		if err := errors.Join(err, opened.Close()); err != nil {
			return nil, err
		}
		all = append(all, paper{file.Name, file.Mode(), body})
	}
	return all, nil
}
