//go:build !windows

package cli

import "syscall"

// ownSession lets a process live on when the terminal that it was started from is closed or interrupted.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
