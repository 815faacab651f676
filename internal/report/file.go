package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Stdout is the path that stands for standard output.
const Stdout = "-"

// File is where a report will be written. It is opened before there is one, and whole or not there at all.
type File struct {
	path   string
	w      io.Writer
	open   *os.File // nil for standard output
	beside string   // the file's name until it is whole; empty for what can't be replaced, such as a pipe
}

// Open opens the file of a report; stdout is what [Stdout] stands for. What is at the path already stays until [File.Write] has
// written all of the new one. The error says why it can't be written, and nothing is left of the attempt.
func Open(path string, stdout io.Writer) (*File, error) {
	if path == Stdout {
		return &File{path: path, w: stdout}, nil
	}
	path, err := target(path)
	if err != nil {
		return nil, err
	}
	mode := fs.FileMode(0o644)
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("open report: %s is a folder", path)
	case err == nil && !info.Mode().IsRegular():
		return openDirectly(path)
	case err == nil:
		mode = info.Mode().Perm()
		if err := writable(path); err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("open report: %w", err)
	}
	beside, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return nil, fmt.Errorf("open report %s: %w", path, reason(err))
	}
	f := &File{path: path, w: beside, open: beside, beside: beside.Name()}
	if err := beside.Chmod(mode); err != nil {
		f.Close()
		return nil, fmt.Errorf("open report %s: %w", path, err)
	}
	return f, nil
}

// Same tells whether two reports would be written to one file, of which the second would replace the first: by one name, by links, or by
// names that the file system takes for one.
func Same(a, b *File) bool {
	if a.path == b.path {
		return true
	}
	one, err := os.Stat(a.path)
	if err != nil {
		return false
	}
	other, err := os.Stat(b.path)
	return err == nil && one.Mode().IsRegular() && os.SameFile(one, other)
}

// mostLinks is how many links may follow one another: as many as Linux follows.
const mostLinks = 40

// target is where the links of a path lead, so that they stay: also to a file that is not there yet.
func target(path string) (string, error) {
	for range mostLinks {
		if whole, err := filepath.EvalSymlinks(path); err == nil {
			return whole, nil
		}
		if _, err := os.Stat(path); err == nil { // something without a name of its own, such as a pipe at /dev/fd/3
			return path, nil
		}
		next, err := os.Readlink(path)
		if err != nil { // no link, and not there
			if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
				path = filepath.Join(folder, filepath.Base(path))
			}
			return path, nil
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(path), next)
		}
		path = next
	}
	return "", fmt.Errorf("open report: the links at %s lead nowhere", path)
}

// openDirectly opens what is no file, such as a pipe or /dev/null, and must not be replaced by one.
func openDirectly(path string) (*File, error) {
	open, err := os.OpenFile(path, os.O_WRONLY|withoutWaiting, 0) //nolint:gosec // the user named it
	if err != nil {
		if nobodyReads(err) {
			return nil, fmt.Errorf("open report: nobody reads the pipe %s", path)
		}
		return nil, fmt.Errorf("open report: %w", err)
	}
	return &File{path: path, w: open, open: open}, nil
}

// writable tells why a file that is there may not be written. Replacing it would not ask.
func writable(path string) error {
	open, err := os.OpenFile(path, os.O_WRONLY, 0) //nolint:gosec // the user named it
	if err != nil {
		return fmt.Errorf("open report: %w", err)
	}
	return open.Close()
}

// reason is an error about a file without the name that it has for a while only.
func reason(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}

// Write writes the report by one of its writers, and puts it where it belongs. It is called once.
func (f *File) Write(writer func(io.Writer) error) error {
	defer f.Close()
	out := bufio.NewWriter(f.w)
	err := writer(out)
	if err == nil {
		err = out.Flush()
	}
	if f.open == nil || err != nil {
		return err
	}
	err, f.open = f.open.Close(), nil
	if err == nil && f.beside != "" {
		err = os.Rename(f.beside, f.path)
	}
	if err != nil {
		return fmt.Errorf("write report %s: %w", f.path, reason(err))
	}
	f.beside = ""
	return nil
}

// Close leaves no trace of a report that was not written. After [File.Write] it does nothing.
func (f *File) Close() {
	if f.open != nil {
		_ = f.open.Close()
		f.open = nil
	}
	if f.beside != "" {
		_ = os.Remove(f.beside)
		f.beside = ""
	}
}
