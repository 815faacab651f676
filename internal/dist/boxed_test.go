package main

import (
	"bufio"
	"bytes"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// boxed is a program that runs until it is ended.
type boxed struct {
	command *exec.Cmd
	lines   *bufio.Scanner
	errors  *bytes.Buffer
}

// startBoxed starts a program and returns when it says that it is ready, or listening.
func startBoxed(t *testing.T, command *exec.Cmd) *boxed {
	t.Helper()
	b := &boxed{command: command, errors: new(bytes.Buffer)}
	command.Stderr = b.errors
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if command.ProcessState == nil {
			command.Process.Kill()
			command.Wait() // says that it was killed
		}
	})
	b.lines = bufio.NewScanner(out)
	b.await(t, "ready ", "listening ")
	return b
}

// await reads until a line begins so, and returns that.
func (b *boxed) await(t *testing.T, beginnings ...string) string {
	t.Helper()
	var all strings.Builder
	for b.lines.Scan() {
		for _, beginning := range beginnings {
			if strings.HasPrefix(b.lines.Text(), beginning) {
				return b.lines.Text()
			}
		}
		all.WriteString(b.lines.Text() + "\n")
	}
	t.Fatalf("%v ended before it printed a line that begins with %q:\n%s%s", b.command.Args, beginnings, &all, b.errors)
	return ""
}

// end stops a program as an engine does, and returns its exit code.
func (b *boxed) end(t *testing.T) int {
	t.Helper()
	if err := b.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for b.lines.Scan() { // until it has said all
	}
	b.command.Wait() // its state says how it ended
	return b.command.ProcessState.ExitCode()
}
