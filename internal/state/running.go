package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/outlocal/outlocal/control"
)

// Schema names the form of the files.
const Schema = "outlocal/ready/1"

// Running is an emulator or a receiver that runs: what its file holds, and what it prints once it is ready.
type Running struct {
	HTTP    string       `json:"http,omitempty"`
	HTTPS   string       `json:"https,omitempty"`
	Webhook string       `json:"webhook,omitempty"`
	Control string       `json:"control"`
	Proxy   string       `json:"proxy,omitempty"`
	CA      string       `json:"ca,omitempty"`
	Name    string       `json:"name"`
	Kind    control.Kind `json:"kind"`
	PID     int          `json:"pid"`
	Log     string       `json:"log,omitempty"` // where it writes, when it runs in the background
	Started time.Time    `json:"started"`
}

// Has reports whether an address is one of r's, with or without a slash at its end.
func (r *Running) Has(address string) bool {
	address = strings.TrimSuffix(address, "/")
	return address != "" && slices.Contains([]string{r.HTTP, r.HTTPS, r.Webhook, r.Control}, address)
}

// NameError is a name that can't be had.
type NameError struct {
	Name  string
	Taken bool // by one that runs; else the name is malformed
}

func (e *NameError) Error() string {
	if e.Taken {
		return fmt.Sprintf("take the name %q: one that runs has it", e.Name)
	}
	return fmt.Sprintf("take the name %q: want letters, digits, dashes, dots and underscores, %d at most", e.Name, longestName)
}

// Hint says what helps.
func (e *NameError) Hint() string {
	if e.Taken {
		return "choose another with --name, or end that one: outlocal stop --emulator " + e.Name
	}
	return "such as --name orders-tests"
}

// longestName keeps a file's path within what every system takes.
const longestName = 64

var validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// CheckName tells whether a process can be called so, as a [*NameError] if not.
func CheckName(name string) error {
	if len(name) > longestName || !validName.MatchString(name) {
		return &NameError{Name: name}
	}
	return nil
}

// Announce lets others find r until the returned function is called. An empty name becomes its kind, with a number if that is taken.
func (f Folder) Announce(ctx context.Context, r Running) (announced Running, withdraw func() error, err error) {
	if err := makeFolder(f.run()); err != nil {
		return r, nil, err
	}
	base, numbered := r.Name, r.Name == ""
	if numbered {
		base = string(r.Kind)
	}
	if err := CheckName(base); err != nil {
		return r, nil, err
	}
	r.Name = base
	for n := 2; ; n++ {
		free, err := f.claim(ctx, r)
		switch {
		case err != nil:
			return r, nil, &FolderError{fmt.Errorf("announce %s: %w", r.Name, err)}
		case free:
			path := f.file(r.Name)
			return r, sync.OnceValue(func() error { return os.Remove(path) }), nil
		case !numbered:
			return r, nil, &NameError{Name: r.Name, Taken: true}
		}
		r.Name = fmt.Sprintf("%s-%d", base, n)
	}
}

// claim writes r's file unless somebody who runs has the name.
func (f Folder) claim(ctx context.Context, r Running) (free bool, err error) {
	document, err := encode(r)
	if err != nil {
		return false, err
	}
	const attempts = 2 // a second one after a file was left by a process that is gone
	for range attempts {
		written, err := writeNew(f.file(r.Name), document)
		if err != nil || written {
			return written, err
		}
		if f.look(ctx, f.file(r.Name)) != gone {
			return false, nil
		}
	}
	return false, nil
}

// Running lists what runs, by name. Files that processes left behind when they died are removed.
func (f Folder) Running(ctx context.Context) ([]Running, error) {
	files, err := os.ReadDir(f.run())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, &FolderError{fmt.Errorf("list what runs: %w", err)}
	}
	found := make([]*Running, len(files))
	var asking sync.WaitGroup
	for i, file := range files {
		path := filepath.Join(f.run(), file.Name())
		if filepath.Ext(path) != extension {
			continue
		}
		asking.Go(func() {
			if r, err := read(path); err == nil && f.look(ctx, path) == answers {
				found[i] = &r
			}
		})
	}
	asking.Wait()
	var running []Running
	for _, r := range found {
		if r != nil {
			running = append(running, *r)
		}
	}
	slices.SortFunc(running, func(x, y Running) int { return strings.Compare(x.Name, y.Name) })
	return running, ctx.Err()
}

const (
	extension = ".json"
	fileMode  = fs.FileMode(0o600)
)

func (f Folder) file(name string) string { return filepath.Join(f.run(), name+extension) }

func encode(r Running) ([]byte, error) {
	type fields Running
	document, err := json.Marshal(struct {
		fields
		Schema string `json:"schema"`
	}{fields(r), Schema})
	if err != nil {
		return nil, fmt.Errorf("write what runs: %w", err)
	}
	return append(document, '\n'), nil
}

func read(path string) (Running, error) {
	document, err := os.ReadFile(path)
	if err != nil {
		return Running{}, err
	}
	var r Running
	if err := json.Unmarshal(document, &r); err != nil {
		return Running{}, fmt.Errorf("read %s: %w", path, err)
	}
	return r, nil
}

// writeNew writes a file that nobody ever sees half of, unless there is one by that name, which it tells by not having written.
func writeNew(path string, document []byte) (written bool, err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return false, err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(document)
	if err = errors.Join(err, temp.Chmod(fileMode), temp.Close()); err != nil {
		return false, err
	}
	err = os.Link(temp.Name(), path)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrExist):
		return false, nil
	}
	// A file system without links: two that start in the same moment may take the same name there.
	if _, err := os.Lstat(path); err == nil {
		return false, nil
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return false, err
	}
	return true, nil
}
