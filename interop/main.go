// Command interop tries Microsoft's SDKs, unmodified, against outlocal.
//
//	make interop                              all of them, in a few minutes; the Go SDK takes some more to build at first
//	make interop INTEROP='-only pnp-graph'    one program
//	make interop INTEROP=-v                   with every line that the programs print
//
// Each program in go/ and node/ plays the same story with its SDK (node/story.mjs): it signs in, is validated, notified, and told to
// reauthorize, by a webhook of its own. It is played twice: with the addresses that outlocal exec hands it, and with nothing at all,
// by the services' own names through the forward proxy. The SDKs come from their registries, in the versions that package-lock.json and
// go.mod name; so this needs Node, npm and the network, and is no part of make check.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

// wholeRun ends a run that hangs. Building the Go SDK for the first time takes most of it, on a small machine that has other work too.
const wholeRun = time.Hour

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) (err error) {
	flags := flag.NewFlagSet("interop", flag.ContinueOnError)
	only := flags.String("only", "", "try the programs whose names contain this only")
	verbose := flags.Bool("v", false, "print all that the programs print")
	root := flags.String("root", ".", "root of the repository")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("read arguments: %w", err)
	}
	chosen := choose(programs(), *only)
	if len(chosen) == 0 {
		return fmt.Errorf("choose programs: no name contains %q", *only)
	}
	ctx, cancel := context.WithTimeout(ctx, wholeRun)
	defer cancel()
	scratch, err := os.MkdirTemp("", "interop-")
	if err != nil {
		return fmt.Errorf("make room for the programs: %w", err)
	}
	defer func() { err = cmp.Or(err, os.RemoveAll(scratch)) }()
	home, err := filepath.Abs(*root)
	if err != nil {
		return fmt.Errorf("find the repository: %w", err)
	}
	w := workshop{root: home, scratch: scratch, log: stdout, detail: io.Discard}
	if *verbose {
		w.detail = stdout
	}
	if err := w.prepare(ctx, chosen); err != nil {
		return err
	}
	rows, err := w.tryAll(ctx, chosen)
	if err != nil {
		return err
	}
	_, _ = io.WriteString(stdout, "\n"+table(rows)) // a console that is gone needs no table
	if failures := failed(rows); failures > 0 {
		return fmt.Errorf("try the SDKs: %d of %d failed", failures, len(rows))
	}
	return nil
}
