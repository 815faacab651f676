package state

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// logLife is how long the log of a process that ran in the background is kept: longer than anybody looks for it.
const logLife = 7 * 24 * time.Hour

// NewLog opens a new log for what will run in the background, and removes those that are old by now.
func (f Folder) NewLog(kind string, now time.Time) (*os.File, error) {
	if err := makeFolder(f.logs()); err != nil {
		return nil, err
	}
	f.dropLogs(now)
	file, err := os.CreateTemp(f.logs(), kind+"-*.log")
	if err != nil {
		return nil, &FolderError{fmt.Errorf("open log: %w", err)}
	}
	return file, nil
}

// dropLogs removes old logs. One that can't be removed is tried again the next time.
func (f Folder) dropLogs(now time.Time) {
	logs, err := filepath.Glob(filepath.Join(f.logs(), "*.log"))
	if err != nil {
		return // it is the pattern's fault alone, and a path with brackets in it keeps its logs
	}
	for _, path := range logs {
		if info, err := os.Stat(path); err == nil && now.Sub(info.ModTime()) > logLife {
			_ = os.Remove(path)
		}
	}
}
