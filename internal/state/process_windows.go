package state

import "os"

// processRuns tells whether there is a process of that number: Windows opens only one that is.
func processRuns(pid int) bool {
	if pid <= 0 {
		return false
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	_ = process.Release() // only its being there counted
	return true
}
