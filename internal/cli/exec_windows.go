package cli

import (
	"os"
	"syscall"
)

// passedOn are the signals that are a command's to heed: Ctrl+C and Ctrl+Break here.
func passedOn() []os.Signal { return []os.Signal{os.Interrupt} }

// isTyped tells whether a signal comes of a key: all do here.
func isTyped(os.Signal) bool { return true }

// groupOf leaves a command at our console: it gives Ctrl+C to all who share it.
func groupOf(bool) *syscall.SysProcAttr { return nil }

// signal passes nothing on: the console has done so, and has no other way.
func (c *child) signal(os.Signal) {}

// end ends the command: Windows knows no way to ask one.
func (c *child) end() { _ = c.command.Process.Kill() } // it may have ended this moment

// exitCode is how a command ended.
func exitCode(state *os.ProcessState) int { return state.ExitCode() }
