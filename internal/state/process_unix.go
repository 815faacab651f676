//go:build !windows

package state

import (
	"errors"
	"syscall"
)

// processRuns tells whether there is a process of that number. One that may not be signalled is another user's, and there.
func processRuns(pid int) bool {
	if pid <= 0 {
		return false
	}
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
