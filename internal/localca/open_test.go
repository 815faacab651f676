package localca

import (
	"bytes"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func mustOpen(t *testing.T, dir string) (*Authority, bool) {
	t.Helper()
	authority, created, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return authority, created
}

func TestOpenMakesOneOnFirstUse(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	first, created := mustOpen(t, dir)
	if !created {
		t.Error("the first Open made none")
	}
	second, created := mustOpen(t, dir)
	if created {
		t.Error("the second Open made another")
	}
	if diff := cmp.Diff(string(first.PEM()), string(second.PEM())); diff != "" {
		t.Errorf("the second Open found another authority (-first +second):\n%s", diff)
	}
	if first.Path() != filepath.Join(dir, "ca.pem") {
		t.Errorf("Path() = %s", first.Path())
	}
	if data, err := os.ReadFile(first.Path()); err != nil || !bytes.Equal(data, first.PEM()) || bytes.Contains(data, []byte("PRIVATE")) {
		t.Errorf("the certificate's file holds %s, error %v", data, err)
	}
	var names []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if diff := cmp.Diff([]string{"ca-key.pem", "ca.pem"}, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if runtime.GOOS != "windows" {
		for name, want := range map[string]fs.FileMode{"ca.pem": 0o644, "ca-key.pem": 0o600, ".": 0o700} {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil || info.Mode().Perm() != want {
				t.Errorf("%s has mode %v, error %v, want %v", name, info.Mode().Perm(), err, want)
			}
		}
	}
}

func TestOpenAtOnce(t *testing.T) {
	const processes = 8
	dir := t.TempDir()
	pems, made := make([]string, processes), make([]bool, processes)
	var group sync.WaitGroup
	for i := range processes {
		group.Go(func() {
			authority, created, err := Open(dir)
			if err != nil {
				t.Error(err)
				return
			}
			pems[i], made[i] = string(authority.PEM()), created
		})
	}
	group.Wait()
	creators := 0
	for i := range processes {
		if pems[i] != pems[0] {
			t.Errorf("process %d has another authority than process 0", i)
		}
		if made[i] {
			creators++
		}
	}
	if creators != 1 {
		t.Errorf("%d processes say that they made it, want 1", creators)
	}
}

// A first start that died between its two files is finished by the next.
func TestOpenFinishesWhatWasBegun(t *testing.T) {
	dir := t.TempDir()
	before, _ := mustOpen(t, dir)
	if err := os.Remove(before.Path()); err != nil {
		t.Fatal(err)
	}
	after, created := mustOpen(t, dir)
	if !created || !after.key.Equal(before.key) {
		t.Errorf("created: %t, same key: %t, want both", created, after.key.Equal(before.key))
	}
}

func TestOpenRefuses(t *testing.T) {
	write := func(t *testing.T, path string, data []byte) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct {
		name    string
		spoil   func(t *testing.T, cert, key string)
		later   time.Duration // after it was made
		problem string
		cure    string
		unix    bool
	}{
		{
			name:    "a certificate without its key",
			spoil:   func(t *testing.T, _, key string) { os.Remove(key) },
			problem: "ca-key.pem: the key is missing although its certificate is there", cure: "put it back, or delete ",
		},
		{
			name: "a key that others may read", unix: true,
			spoil:   func(t *testing.T, _, key string) { os.Chmod(key, 0o640) },
			problem: "ca-key.pem: others may read or change the key (mode 0640)", cure: "chmod 600 ",
		},
		{
			name:    "an empty key file",
			spoil:   func(t *testing.T, _, key string) { write(t, key, nil) },
			problem: "ca-key.pem: it holds no private key in PEM", cure: "delete ",
		},
		{
			name: "a key cut off",
			spoil: func(t *testing.T, _, key string) {
				write(t, key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{0x30}}))
			},
			problem: "ca-key.pem: the private key cannot be read: ", cure: "delete ",
		},
		{
			name:    "a certificate that is none",
			spoil:   func(t *testing.T, cert, _ string) { write(t, cert, []byte("hello")) },
			problem: "ca.pem: it holds no certificate in PEM", cure: "delete ",
		},
		{
			name: "a certificate cut off",
			spoil: func(t *testing.T, cert, _ string) {
				write(t, cert, encodeCert([]byte{0x30}))
			},
			problem: "ca.pem: the certificate cannot be read: ", cure: "delete ",
		},
		{
			name:    "another authority's certificate",
			spoil:   func(t *testing.T, cert, _ string) { write(t, cert, memory(t).PEM()) },
			problem: "ca.pem: the certificate is not for the key in ca-key.pem", cure: "delete ",
		},
		{
			name:    "an authority of long ago",
			spoil:   func(*testing.T, string, string) {},
			later:   caLifetime + time.Hour,
			problem: "ca.pem: the certificate expired on ", cure: "delete ",
		},
		{
			name:    "a clock far behind",
			spoil:   func(*testing.T, string, string) {},
			later:   -2 * backdate,
			problem: "ca.pem: the certificate is not valid before ", cure: "set this machine's clock",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.unix && runtime.GOOS == "windows" {
				t.Skip("Windows has other permissions")
			}
			dir := t.TempDir()
			authority, _ := mustOpen(t, dir)
			row.spoil(t, authority.Path(), filepath.Join(dir, "ca-key.pem"))

			_, _, err := open(dir, func() time.Time { return time.Now().Add(row.later) })
			var bad *Error
			if !errors.As(err, &bad) {
				t.Fatalf("error = %v, want an *Error", err)
			}
			if !strings.HasPrefix(err.Error(), "open certificate authority: ") || !strings.Contains(err.Error(), row.problem) {
				t.Errorf("error = %v\nwant    %s", err, row.problem)
			}
			if !strings.Contains(bad.Hint(), row.cure) {
				t.Errorf("hint = %s\nwant   %s", bad.Hint(), row.cure)
			}
		})
	}
}

func TestWriteNewNeverReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for i, want := range []bool{true, false} {
		written, err := writeNew(path, []byte{byte('0' + i)}, keyMode)
		if err != nil || written != want {
			t.Errorf("write %d: written: %t, error %v, want %t and none", i, written, err, want)
		}
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "0" {
		t.Errorf("the file holds %q, error %v, want what was written first", data, err)
	}
}

func TestOpenWhereNoFolderCanBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(filepath.Join(file, "dir")); err == nil || !strings.HasPrefix(err.Error(), "open certificate authority: ") {
		t.Errorf("error = %v", err)
	}
}
