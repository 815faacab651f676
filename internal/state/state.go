// Package state is the folder in which outlocal keeps what outlives a process: the certificate authority, the logs of what runs in the
// background, a file for each emulator and receiver that runs, by which the commands that steer one find it, and what is known of
// subscriptions at services, so that none is left behind.
//
// [Locate] tells where the folder is, [Folder.Announce] lets others find a process, [Folder.Running] finds them, and [Folder.Subscriptions]
// opens what is known of subscriptions.
//
// It holds the authority's key, which internal/localca guards, and client states and URLs of subscriptions, in files for this user alone.
// It holds no token, and no data of an emulator: that is memory.
package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Variable is the environment variable that overrides where the folder is.
const Variable = "OUTLOCAL_STATE"

const (
	program = "outlocal"
	dirMode = fs.FileMode(0o700) // the certificate's key lives there
)

// Folder is the state folder. It need not exist yet.
type Folder struct {
	path string
}

// Locate finds the folder of this user on a system, goos: where its customs put state that is not for backups.
func Locate(goos string, env func(string) string) (Folder, error) {
	if own := env(Variable); own != "" {
		path, err := filepath.Abs(own)
		if err != nil {
			return Folder{}, fmt.Errorf("locate state folder %s: %w", own, err)
		}
		return Folder{path}, nil
	}
	base, err := stateHome(goos, env)
	if err != nil {
		return Folder{}, &FolderError{fmt.Errorf("locate state folder: %w", err)}
	}
	return Folder{filepath.Join(base, program)}, nil
}

// FolderError is a folder that can't be used.
type FolderError struct{ Err error }

func (e *FolderError) Error() string { return e.Err.Error() }
func (e *FolderError) Unwrap() error { return e.Err }

// Hint says what helps.
func (e *FolderError) Hint() string {
	return "set " + Variable + " to a folder of your own that can be written to"
}

// Path is the folder itself.
func (f Folder) Path() string { return f.path }

// CA is where the certificate authority is kept.
func (f Folder) CA() string { return filepath.Join(f.path, "ca") }

// run is where the files of running processes are.
func (f Folder) run() string { return filepath.Join(f.path, "run") }

// logs is where what runs in the background writes.
func (f Folder) logs() string { return filepath.Join(f.path, "log") }

func stateHome(goos string, env func(string) string) (string, error) {
	home := env("HOME")
	switch goos {
	case "windows":
		if local := env("LocalAppData"); local != "" {
			return local, nil
		}
		return "", errors.New("%LocalAppData% is not set")
	case "darwin":
		if home != "" {
			return filepath.Join(home, "Library", "Application Support"), nil
		}
		return "", errors.New("$HOME is not set")
	}
	// The convention says that a relative path is to be ignored.
	if xdg := env("XDG_STATE_HOME"); filepath.IsAbs(xdg) {
		return xdg, nil
	}
	if home == "" {
		return "", errors.New("neither $XDG_STATE_HOME nor $HOME is set")
	}
	return filepath.Join(home, ".local", "state"), nil
}

// makeFolder makes a folder that is for this user alone.
func makeFolder(path string) error {
	if err := os.MkdirAll(path, dirMode); err != nil {
		return &FolderError{fmt.Errorf("make state folder: %w", err)}
	}
	return nil
}
