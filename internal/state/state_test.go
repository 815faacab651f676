package state

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/control"
)

func TestLocate(t *testing.T) {
	home := t.TempDir()
	for _, row := range []struct {
		name string
		goos string
		env  map[string]string
		want string // below home; empty for an error
	}{
		{"Linux", "linux", map[string]string{"HOME": home}, ".local/state/outlocal"},
		{"Linux with a state home", "linux", map[string]string{"HOME": home, "XDG_STATE_HOME": filepath.Join(home, "xdg")}, "xdg/outlocal"},
		{"Linux with a relative state home, which counts for nothing", "linux", map[string]string{"HOME": home, "XDG_STATE_HOME": "xdg"}, ".local/state/outlocal"},
		{"a Mac", "darwin", map[string]string{"HOME": home}, "Library/Application Support/outlocal"},
		{"Windows", "windows", map[string]string{"LocalAppData": filepath.Join(home, "AppData")}, "AppData/outlocal"},
		{"a folder of one's own", "linux", map[string]string{"HOME": "/elsewhere", Variable: filepath.Join(home, "own")}, "own"},
		{"Linux without a home", "linux", nil, ""},
		{"a Mac without a home", "darwin", nil, ""},
		{"Windows without a home", "windows", map[string]string{"HOME": home}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			folder, err := Locate(row.goos, func(name string) string { return row.env[name] })
			if row.want == "" {
				var unusable *FolderError
				if !errors.As(err, &unusable) || !strings.Contains(unusable.Hint(), Variable) {
					t.Fatalf("got %q and error %v, want one that names the cure", folder.Path(), err)
				}
				return
			}
			if err != nil || folder.Path() != filepath.Join(home, filepath.FromSlash(row.want)) {
				t.Errorf("got %q, %v; want %q below home", folder.Path(), err, row.want)
			}
		})
	}
}

// steered is a control API that answers for a process.
type steered struct{ pid int }

func (s steered) Status(context.Context) (control.Status, error) {
	return control.Status{PID: s.pid}, nil
}

// serve listens for a process of that number, until the function that it returns is called.
func serve(t *testing.T, pid int) (address string, end func()) {
	server := httptest.NewServer(control.NewHandler(steered{pid}))
	t.Cleanup(server.Close)
	return server.URL, server.Close
}

func runningAt(address string, pid int) Running {
	return Running{Control: address, Kind: control.Emulator, PID: pid, Started: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
}

func announce(t *testing.T, f Folder, r Running) (Running, func() error) {
	t.Helper()
	r, withdraw, err := f.Announce(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return r, withdraw
}

func list(t *testing.T, f Folder) []Running {
	t.Helper()
	running, err := f.Running(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return running
}

const nobody = 1 << 30 // no system gives processes such numbers

func TestAnnounce(t *testing.T) {
	f := Folder{filepath.Join(t.TempDir(), "state")}
	if got := list(t, f); got != nil {
		t.Fatalf("in a folder that is not there runs %v", got)
	}
	address, _ := serve(t, os.Getpid())

	first, withdraw := announce(t, f, runningAt(address, os.Getpid()))
	second, withdrawSecond := announce(t, f, runningAt(address, os.Getpid()))
	if first.Name != "emulator" || second.Name != "emulator-2" {
		t.Errorf("they are called %q and %q", first.Name, second.Name)
	}
	info, err := os.Stat(f.file(first.Name))
	if err != nil || info.Mode().Perm() != fileMode {
		t.Errorf("its file has mode %v, want %v; %v", info.Mode().Perm(), fileMode, err)
	}
	if diff := cmp.Diff([]Running{first, second}, list(t, f)); diff != "" {
		t.Errorf("what runs (-announced +found):\n%s", diff)
	}

	if err := withdraw(); err != nil {
		t.Error(err)
	}
	if err := withdraw(); err != nil {
		t.Errorf("withdrawn once more: %v", err)
	}
	if diff := cmp.Diff([]Running{second}, list(t, f)); diff != "" {
		t.Errorf("after one has gone (-announced +found):\n%s", diff)
	}
	if err := withdrawSecond(); err != nil {
		t.Error(err)
	}
}

func TestAnnounceRefuses(t *testing.T) {
	f := Folder{t.TempDir()}
	address, _ := serve(t, os.Getpid())
	own := runningAt(address, os.Getpid())
	own.Name = "mine"
	announce(t, f, own)
	for _, row := range []struct {
		name string
		want NameError
	}{
		{"mine", NameError{Name: "mine", Taken: true}},
		{"../mine", NameError{Name: "../mine"}},
		{"-rf", NameError{Name: "-rf"}},
		{"two words", NameError{Name: "two words"}},
		{strings.Repeat("x", longestName+1), NameError{Name: strings.Repeat("x", longestName+1)}},
	} {
		own.Name = row.name
		_, _, err := f.Announce(t.Context(), own)
		var refused *NameError
		if !errors.As(err, &refused) || *refused != row.want {
			t.Errorf("announce %q: got %v, want %v", row.name, err, &row.want)
			continue
		}
		if refused.Hint() == "" {
			t.Errorf("announce %q: no hint", row.name)
		}
	}
}

// TestStale: what a process left behind when it died is removed; what is only silent is kept, and neither is listed.
func TestStale(t *testing.T) {
	refused, end := serve(t, os.Getpid())
	end()
	stranger, _ := serve(t, os.Getpid()+1)
	guarded := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		w.Write([]byte(`{"error":{"code":"unauthorized","message":"this listener needs its control token"}}`))
	}))
	defer guarded.Close()
	here, _ := serve(t, nobody)
	for _, row := range []struct {
		name         string
		running      Running
		listed, kept bool
	}{
		{"dead, and nothing listens", runningAt(refused, nobody), false, false},
		{"dead, and another process has its port", runningAt(stranger, nobody), false, false},
		{"alive, and nothing listens: it starts or ends", runningAt(refused, os.Getpid()), false, true},
		{"alive, and it wants a token", runningAt(guarded.URL, os.Getpid()), true, true},
		{"dead, and what has its port wants a token", runningAt(guarded.URL, nobody), false, false},
		{"of another system of numbers, and it answers", runningAt(here, nobody), true, true},
		{"without an address", runningAt("", nobody), false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := Folder{t.TempDir()}
			announced, _ := announce(t, f, row.running)
			if got := len(list(t, f)) == 1; got != row.listed {
				t.Errorf("listed: %t, want %t", got, row.listed)
			}
			_, err := os.Stat(f.file(announced.Name))
			if got := err == nil; got != row.kept {
				t.Errorf("kept: %t, want %t", got, row.kept)
			}
		})
	}
}

// TestStaleNames: a name is free once its process has died, and not before.
func TestStaleNames(t *testing.T) {
	f := Folder{t.TempDir()}
	dead := runningAt("http://127.0.0.1:1", nobody)
	dead.Name = "mine"
	announce(t, f, dead)
	alive := runningAt("http://127.0.0.1:1", os.Getpid())
	alive.Name = "mine"
	announce(t, f, alive)
	if _, _, err := f.Announce(t.Context(), alive); err == nil {
		t.Error("a name of one that runs was given away")
	}
}

func TestHas(t *testing.T) {
	r := Running{HTTP: "http://127.0.0.1:3650", Control: "http://127.0.0.1:3652"}
	for address, want := range map[string]bool{
		"http://127.0.0.1:3650": true, "http://127.0.0.1:3650/": true, "http://127.0.0.1:3652": true,
		"http://127.0.0.1:365": false, "http://127.0.0.1:3651": false, "": false, "/": false,
	} {
		if got := r.Has(address); got != want {
			t.Errorf("has %q: %t, want %t", address, got, want)
		}
	}
}

// TestLogs: logs are there for some days.
func TestLogs(t *testing.T) {
	f := Folder{t.TempDir()}
	now := time.Now()
	old, err := f.NewLog("emulator", now)
	if err != nil {
		t.Fatal(err)
	}
	old.Close()
	if err := os.Chtimes(old.Name(), now, now.Add(-logLife-time.Minute)); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(f.logs(), "notes.txt")
	if err := os.WriteFile(other, nil, fileMode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(other, now, now.Add(-2*logLife)); err != nil {
		t.Fatal(err)
	}
	recent, err := f.NewLog("receiver", now)
	if err != nil {
		t.Fatal(err)
	}
	recent.Close()
	for path, want := range map[string]bool{old.Name(): false, recent.Name(): true, other: true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s is there: %t, want %t", filepath.Base(path), err == nil, want)
		}
	}
}
