// Command outlocal is Outlook, locally: an emulator of Outlook's and Microsoft Graph's webhooks for those who build and test theirs.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/outlocal/outlocal/internal/cli"
)

// version is set by the linker; see the Makefile.
var version = "dev"

func main() {
	os.Exit(run())
}

// run adapts the process to what a command line needs, so that nothing else knows of either.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first signal ends things in good order; a second one, for whoever has no patience, ends them at once.
	context.AfterFunc(ctx, stop)
	self, _ := os.Executable() // without it nothing is detached, which says so
	return cli.Run(ctx, os.Args[1:], cli.Process{
		Version: version,
		Self:    self,
		In:      os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Env: os.Getenv, Terminal: cli.IsTerminal, Signals: cli.Signals,
	})
}
