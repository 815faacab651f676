package report_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/outlocal/outlocal/internal/report"
)

func says(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

func TestFile(t *testing.T) {
	broken := errors.New("broken")
	for _, row := range []struct {
		name   string
		before string // what is there already
		write  func(io.Writer) error
		want   string
		err    error
	}{
		{"a new one", "", says("new"), "new", nil},
		{"in place of an old one", "an old one, which is longer", says("new"), "new", nil},
		{"one that breaks off leaves the old one", "old", func(w io.Writer) error { return errors.Join(says("half")(w), broken) }, "old", broken},
		{"one that breaks off leaves nothing", "", func(w io.Writer) error { return errors.Join(says("half")(w), broken) }, "", broken},
		{"one that is never written leaves the old one", "old", nil, "old", nil},
		{"one that is never written leaves nothing", "", nil, "", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "report.xml")
			if row.before != "" {
				if err := os.WriteFile(path, []byte(row.before), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			f, err := report.Open(path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if now, _ := os.ReadFile(path); string(now) != row.before {
				t.Errorf("before it is written it holds %q", now)
			}
			if row.write != nil {
				if err := f.Write(row.write); !errors.Is(err, row.err) {
					t.Errorf("error %v, want %v", err, row.err)
				}
			}
			f.Close()
			if got, _ := os.ReadFile(path); string(got) != row.want {
				t.Errorf("it holds %q, want %q", got, row.want)
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > 0 {
				t.Errorf("%v was left", left)
			}
		})
	}
}

func TestFileIsRefused(t *testing.T) {
	folder := t.TempDir()
	for _, row := range []struct{ name, path, want string }{
		{"a folder that is not there", filepath.Join(folder, "none", "report.xml"), "report.xml: no such file or directory"},
		{"a folder itself", folder, "is a folder"},
		{"below a file", filepath.Join(readOnly(t, folder), "report.xml"), "not a directory"},
	} {
		t.Run(row.name, func(t *testing.T) {
			f, err := report.Open(row.path, nil)
			if err == nil {
				f.Close()
				t.Fatal("it is opened")
			}
			if runtime.GOOS != "windows" && !strings.Contains(err.Error(), row.want) || !strings.HasPrefix(err.Error(), "open report") {
				t.Errorf("error is %q, want %q in it", err, row.want)
			}
		})
	}
}

// readOnly is a file that can't be written.
func readOnly(t *testing.T, folder string) string {
	t.Helper()
	path := filepath.Join(folder, "read-only")
	if err := os.WriteFile(path, []byte("old"), 0o400); err != nil {
		t.Fatal(err)
	}
	return path
}

// To replace a file asks for nobody's leave but the folder's.
func TestFileThatMayNotBeWritten(t *testing.T) {
	path := readOnly(t, t.TempDir())
	if probe, err := os.OpenFile(path, os.O_WRONLY, 0); err == nil {
		probe.Close()
		t.Skip("whoever runs this may write everything")
	}
	if f, err := report.Open(path, nil); err == nil {
		f.Close()
		t.Error("it is opened")
	}
}

// A link stays one, and what is no file is written rather than replaced.
func TestFileThatIsMore(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it has neither such links nor such names of pipes")
	}
	folder := t.TempDir()
	target, link := filepath.Join(folder, "target.xml"), filepath.Join(folder, "link.xml")
	if err := os.WriteFile(target, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	reader, writer, err := os.Pipe() // which nothing can replace, even where this fails and whoever runs it may do anything
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	for _, path := range []string{link, fmt.Sprintf("/dev/fd/%d", writer.Fd())} {
		f, err := report.Open(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Write(says("new")); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", info, err)
	}
	if info, err := os.Stat(target); err != nil || info.Mode().Perm() != 0o640 || info.Size() != 3 {
		t.Errorf("the link's target is %v, %v", info, err)
	}
	writer.Close()
	if got, err := io.ReadAll(reader); err != nil || string(got) != "new" {
		t.Errorf("through the pipe came %q, %v", got, err)
	}
}

// A link to what is not there yet is followed, as a shell's > follows it. One that leads nowhere is refused.
func TestDanglingLink(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links take rights there")
	}
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	if err := os.Mkdir(at("below"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"link": "below/next", "below/next": "report.xml", "round": "about", "about": "round", "nowhere": "none/report.xml"} {
		if err := os.Symlink(to, at(name)); err != nil {
			t.Fatal(err)
		}
	}
	f, err := report.Open(at("link"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write(says("new")); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(at("below/report.xml")); err != nil || string(got) != "new" {
		t.Errorf("the links' target holds %q, %v", got, err)
	}
	for _, link := range []string{"link", "below/next"} {
		if info, err := os.Lstat(at(link)); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s is no link any more: %v, %v", link, info, err)
		}
	}
	for _, link := range []string{"round", "nowhere"} {
		if f, err := report.Open(at(link), nil); err == nil {
			f.Close()
			t.Errorf("%s is opened", link)
		}
	}
}

// Two reports are never written to one file, whatever it is called.
func TestSame(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links take rights there")
	}
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	for _, name := range []string{"there", "other"} {
		if err := os.WriteFile(at(name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{"link": "there", "dangling": "new", "folder": "."} {
		if err := os.Symlink(to, at(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(at("there"), at("hard")); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		a, b string
		want bool
	}{
		{"there", "other", false},
		{"there", "link", true},
		{"there", "hard", true},
		{"new", "newer", false},
		{"new", "dangling", true},
		{"new", "folder/new", true},
	} {
		a, err := report.Open(at(row.a), nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := report.Open(at(row.b), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := report.Same(a, b); got != row.want {
			t.Errorf("%s and %s are the same: %t", row.a, row.b, got)
		}
		a.Close()
		b.Close()
	}
}

func TestStandardOutput(t *testing.T) {
	var out bytes.Buffer
	f, err := report.Open(report.Stdout, &out)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write(says("text")); err != nil || out.String() != "text" {
		t.Errorf("it wrote %q, %v", &out, err)
	}
}
