package cli

import "syscall"

// detachedProcess is Windows' flag for a process without a console.
const detachedProcess = 0x00000008

// ownSession lets a process live on when the console that it was started from is closed or interrupted.
func ownSession() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP | detachedProcess}
}
