// Command dist builds what is released: a static binary for each system and architecture, in archives with the licence, the man pages and
// the completions, their checksums, and the folders of the npm packages.
//
//	go run ./internal/dist -version v1.2.3             writes dist/, and checks it
//	go run ./internal/dist -version v1.2.3 -only linux  builds for one system only
//	go run ./internal/dist -check                      checks what is in dist/
//
// The same commit and the same Go make the same bytes, on whatever machine and in whatever folder: paths are trimmed, and everything in an
// archive is of the commit's moment, which -epoch names. Nothing is published here, and nothing is signed: whoever releases signs SHA256SUMS.
//
// Its tests hold all the ways in which outlocal is shipped to what the program can do: the Action, the container, the examples for CI.
package main

import (
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("dist", flag.ContinueOnError)
	root := flags.String("root", ".", "root of the repository")
	folder := flags.String("o", "dist", "folder to write")
	version := flags.String("version", "dev", "version to stamp")
	epoch := flags.Int64("epoch", 0, "moment of everything in the archives, in seconds since 1970")
	only := flags.String("only", "", "build only for platforms whose name contains this, such as linux or linux/amd64")
	check := flags.Bool("check", false, "build nothing; check what is there")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("read arguments: %w", err)
	}
	if *check {
		return inspect(ctx, *folder, stdout)
	}
	chosen := choose(*only)
	if len(chosen) == 0 {
		return fmt.Errorf("choose platforms: none has %q in its name; they are %v", *only, platforms())
	}
	r := release{
		root: *root, folder: *folder, version: *version, moment: time.Unix(*epoch, 0).UTC(), effort: gzip.BestCompression, platforms: chosen,
		scratch: filepath.Join(*folder, "bin"), compile: compile, log: stdout,
	}
	if err := r.build(ctx); err != nil {
		return err
	}
	return inspect(ctx, *folder, stdout)
}
