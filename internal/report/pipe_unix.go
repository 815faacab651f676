//go:build unix

package report

import (
	"errors"
	"syscall"
)

// withoutWaiting opens a pipe at once, also if nobody reads it: that could be for ever.
const withoutWaiting = syscall.O_NONBLOCK

// nobodyReads tells whether that is why a pipe could not be opened.
func nobodyReads(err error) bool { return errors.Is(err, syscall.ENXIO) }
