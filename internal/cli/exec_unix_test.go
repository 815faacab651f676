//go:build !windows

package cli

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// trapping is a command that tells of signals.
const trapping = `trap 'echo interrupted' INT; trap 'echo terminated; exit 7' TERM; echo ready; while :; do read line; done`

// TestTypedSignals: before a terminal, what is typed reaches a command by itself, and must not reach it twice. What was sent to us alone
// is passed on.
func TestTypedSignals(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell")
	}
	for _, row := range []struct {
		name     string
		terminal bool
		want     []string
	}{
		{"before a terminal", true, []string{"terminated\n"}},
		{"elsewhere", false, []string{"interrupted\n", "terminated\n"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			in, keyboard := pipe(t)
			screen, out := pipe(t)
			defer keyboard.Close() // what is read never comes
			process := quiet(&bytes.Buffer{})
			process.In, process.Out, process.Terminal = in, out, func(io.Writer) bool { return row.terminal }
			a := &app{process: process}
			caught := make(chan os.Signal)
			code := make(chan int)
			go func() {
				n, err := a.newChild(shell, []string{"sh", "-c", trapping}, nil).run(t.Context(), caught)
				if err != nil {
					t.Error(err)
				}
				code <- n
			}()
			lines := bufio.NewReader(screen)
			next := func(want string) {
				t.Helper()
				if got, err := lines.ReadString('\n'); got != want {
					t.Fatalf("it says %q, %v, want %q", got, err, want)
				}
			}
			next("ready\n")
			caught <- syscall.SIGINT
			if len(row.want) > 1 {
				next(row.want[0])
			}
			caught <- syscall.SIGTERM
			next(row.want[len(row.want)-1])
			if n := <-code; n != 7 {
				t.Errorf("it exits %d", n)
			}
		})
	}
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Close()
		w.Close()
	})
	return r, w
}
