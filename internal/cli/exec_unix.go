//go:build !windows

package cli

import (
	"os"
	"syscall"
)

// signalBase is what shells add to the number of the signal that ended a command.
const signalBase = 128

// passedOn are the signals that are a command's to heed.
func passedOn() []os.Signal {
	return []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2}
}

// isTyped tells whether a signal comes of a key, which a terminal sends to the whole process group.
func isTyped(s os.Signal) bool { return s == syscall.SIGINT || s == syscall.SIGQUIT }

// groupOf puts a command into our process group, or into one of its own.
func groupOf(shared bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: !shared}
}

// signal passes a signal on: to all of the command's group if that is its own.
func (c *child) signal(s os.Signal) {
	number, ok := s.(syscall.Signal)
	if !ok {
		return
	}
	to := c.command.Process.Pid
	if !c.shared {
		to = -to
	}
	_ = syscall.Kill(to, number) // one that has ended needs no signal
}

// end asks the command to end.
func (c *child) end() { c.signal(syscall.SIGTERM) }

// exitCode is how a command ended, as shells tell it.
func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return signalBase + int(status.Signal())
	}
	return state.ExitCode()
}
