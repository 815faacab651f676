package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// A release is what is built, of what, and where to.
type release struct {
	root      string
	folder    string // of the archives
	scratch   string // of the bare binaries, by platform: the container file takes one from there
	version   string
	moment    time.Time // of all that is in the archives
	effort    int       // of compressing, as compress/gzip counts it
	platforms []platform
	compile   func(ctx context.Context, r *release, p platform, program string) error
	log       io.Writer
}

// The modes of what is in the archives.
const (
	programMode = 0o755
	fileMode    = 0o644
	folderMode  = 0o755
)

// build writes the archives, the checksums and the folders of the npm packages. What an earlier version left is taken away: its archives
// would be checked and uploaded along.
func (r *release) build(ctx context.Context) error {
	if err := os.RemoveAll(r.folder); err != nil {
		return fmt.Errorf("empty %s: %w", r.folder, err)
	}
	if err := os.MkdirAll(r.folder, folderMode); err != nil {
		return err
	}
	for _, p := range r.platforms {
		began := time.Now()
		if err := r.compile(ctx, r, p, r.program(p)); err != nil {
			return fmt.Errorf("compile for %s: %w", p, err)
		}
		_, _ = fmt.Fprintf(r.log, "compiled for %s in %s\n", p, time.Since(began).Round(100*time.Millisecond))
	}
	papers, err := r.papers(ctx)
	if err != nil {
		return err
	}
	for _, p := range r.platforms {
		if err := r.pack(p, papers); err != nil {
			return fmt.Errorf("pack for %s: %w", p, err)
		}
	}
	if err := r.layPackages(); err != nil {
		return fmt.Errorf("lay out the npm packages: %w", err)
	}
	return writeSums(r.folder)
}

// program is where a platform's binary is built.
func (r *release) program(p platform) string {
	return filepath.Join(r.scratch, p.system+"_"+p.architecture, p.program())
}

// compile builds one binary. What a user's environment says of how to compile is not heeded: it would make other bytes.
func compile(ctx context.Context, r *release, p platform, program string) error {
	absolute, err := filepath.Abs(program)
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -X main.version="+r.version, "-o", absolute, ".")
	command.Dir = r.root
	command.Env = append(os.Environ(), "GOOS="+p.system, "GOARCH="+p.architecture, "CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=", "GOAMD64=v1", "GOARM64=v8.0")
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// papers are what goes into each archive beside the program. The program writes most of it itself: it is asked on this machine, so one
// is built for it where the release has none.
func (r *release) papers(ctx context.Context) ([]paper, error) {
	var all []paper
	for _, name := range []string{"LICENSE", "README.md", "CHANGELOG.md"} {
		text, err := os.ReadFile(filepath.Join(r.root, name))
		if err != nil {
			return nil, fmt.Errorf("collect what goes along: %w", err)
		}
		all = append(all, paper{name, fileMode, text})
	}
	program := r.program(host())
	if _, err := os.Stat(program); errors.Is(err, os.ErrNotExist) {
		if err := r.compile(ctx, r, host(), program); err != nil {
			return nil, fmt.Errorf("compile for this machine: %w", err)
		}
	}
	for shell, name := range map[string]string{"bash": "outlocal.bash", "zsh": "_outlocal", "fish": "outlocal.fish", "powershell": "outlocal.ps1"} {
		text, err := r.ask(ctx, program, "completion", shell)
		if err != nil {
			return nil, err
		}
		all = append(all, paper{"completions/" + name, fileMode, text})
	}
	pages, err := r.manPages(ctx, program)
	return append(all, pages...), err
}

// manPages are those of all commands.
func (r *release) manPages(ctx context.Context, program string) ([]paper, error) {
	folder, err := os.MkdirTemp("", "outlocal-man")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	if _, err := r.ask(ctx, program, "man", folder); err != nil {
		return nil, err
	}
	names, err := filepath.Glob(filepath.Join(folder, "*.1"))
	if err != nil {
		return nil, err
	}
	var pages []paper
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		pages = append(pages, paper{"man/man1/" + filepath.Base(name), fileMode, text})
	}
	return pages, nil
}

// ask runs the program, which dates its man pages by the moment.
func (r *release) ask(ctx context.Context, program string, args ...string) ([]byte, error) {
	absolute, err := filepath.Abs(program)
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, absolute, args...)
	command.Env = append(os.Environ(), "SOURCE_DATE_EPOCH="+strconv.FormatInt(r.moment.Unix(), 10), "NO_COLOR=1")
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("run outlocal %s: %w", args[0], err)
	}
	return out, nil
}
