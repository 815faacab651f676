package state

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/subscriber"
)

func open(t *testing.T, f Folder) *Subscriptions {
	t.Helper()
	s, err := f.Subscriptions(t.Context(), DefaultProfile)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// full is a record in which nothing is left out.
func full(key string) subscriber.Record {
	now := time.Date(2026, 11, 22, 3, 4, 5, 678_901_200, time.UTC)
	return subscriber.Record{
		Key: key, Service: "https://graph.microsoft.com/v1.0", Dialect: "graph-v1.0", Mailbox: "me",
		Watch:    subscriber.Watch{Resource: "me/messages?$select=subject", Changes: notify.Created | notify.Deleted, Rich: true, Lifecycle: true},
		Endpoint: subscriber.Endpoint{URL: "https://hook.example/x?code=1", LifecycleURL: "https://hook.example/life"}, ClientState: "s3cret", CertificateID: "c1", ID: "7f10",
		Intended: now, Expires: now.Add(time.Hour), Due: now.Add(40 * time.Minute), Renewed: now.Add(time.Minute), Reauthorized: now.Add(2 * time.Minute),
	}
}

func TestSubscriptionsOutliveTheProcess(t *testing.T) {
	f := Folder{t.TempDir()}
	s := open(t, f)
	behind := subscriber.Bookmark{Service: "s", Dialect: "d", Mailbox: "m", Resource: "r", Link: "https://graph.microsoft.com/delta?$deltatoken=1", Covers: "all", Behind: true}
	other := subscriber.Bookmark{Service: "s", Dialect: "d", Mailbox: "m", Resource: "q", Link: "l"}
	changed, bare := full("2"), subscriber.Record{Key: "3"}
	changed.ID = ""
	for _, write := range []func() error{
		func() error { return s.SaveRecord(t.Context(), full("1")) },
		func() error { return s.SaveRecord(t.Context(), full("2")) },
		func() error { return s.SaveRecord(t.Context(), changed) },
		func() error { return s.SaveRecord(t.Context(), bare) },
		func() error { return s.SaveRecord(t.Context(), full("4")) },
		func() error { return s.RemoveRecord(t.Context(), "4") },
		func() error { return s.RemoveRecord(t.Context(), "unknown") },
		func() error { return s.SaveBookmark(t.Context(), other) },
		func() error {
			return s.SaveBookmark(t.Context(), subscriber.Bookmark{Service: "s", Dialect: "d", Mailbox: "m", Resource: "r"})
		},
		func() error { return s.SaveBookmark(t.Context(), behind) },
		func() error { return s.RemoveBookmark(t.Context(), other) },
		s.Close,
	} {
		if err := write(); err != nil {
			t.Fatal(err)
		}
	}
	records, bookmarks, err := open(t, f).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]subscriber.Record{bare, full("1"), changed}, records); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]subscriber.Bookmark{behind}, bookmarks); diff != "" {
		t.Errorf("bookmarks (-want +got):\n%s", diff)
	}
}

// What is in the files is for this user alone, and no token is.
func TestSubscriptionsArePrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes; the folder is the user's own there")
	}
	f := Folder{filepath.Join(t.TempDir(), "state of #1 & 100%20?")}
	s := open(t, f)
	if err := s.SaveRecord(t.Context(), full("1")); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(s.Path() + "*")
	if err != nil || len(files) < 2 { // the file and its log
		t.Fatalf("found %v, %v", files, err)
	}
	for _, file := range append(files, filepath.Dir(s.Path())) {
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
}

func TestSubscriptionsAreOneProcessOnly(t *testing.T) {
	f := Folder{t.TempDir()}
	s := open(t, f)
	_, err := f.Subscriptions(t.Context(), DefaultProfile)
	var busy *BusyError
	if !errors.As(err, &busy) || !strings.Contains(busy.Hint(), "--profile") {
		t.Errorf("a second one got the error %v", err)
	}
	other, err := f.Subscriptions(t.Context(), "other")
	if err != nil {
		t.Fatalf("another profile: %v", err)
	}
	if err := errors.Join(other.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	open(t, f)
}

func TestSubscriptionsThatAreDamaged(t *testing.T) {
	for _, test := range []struct {
		name   string
		damage func(t *testing.T, path string)
	}{
		{"another file", func(t *testing.T, path string) { write(t, path, strings.Repeat("this is no database\n", 200)) }},
		{"a part was overwritten", func(t *testing.T, path string) {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			write(t, path, string(content[:100])+strings.Repeat("x", len(content)-100))
		}},
		{"a part is missing", func(t *testing.T, path string) {
			if err := os.Truncate(path, 5000); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := Folder{t.TempDir()}
			s := open(t, f)
			for i := range 50 {
				if err := s.SaveRecord(t.Context(), full(fmt.Sprint(i))); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			test.damage(t, s.Path())
			_, err := f.Subscriptions(t.Context(), DefaultProfile)
			var damaged *DamagedError
			if !errors.As(err, &damaged) || damaged.Path != s.Path() || !strings.Contains(err.Error(), "is damaged") || damaged.Hint() == "" {
				t.Errorf("got the error %v", err)
			}
		})
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), fileMode); err != nil {
		t.Fatal(err)
	}
}

func TestSubscriptionsOfTheFuture(t *testing.T) {
	f := Folder{t.TempDir()}
	s := open(t, f)
	if _, err := s.db.ExecContext(t.Context(), "PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := f.Subscriptions(t.Context(), DefaultProfile); err == nil || !strings.Contains(err.Error(), "version 99") {
		t.Errorf("got the error %v", err)
	}
}

func TestProfilesHaveNames(t *testing.T) {
	var name *NameError
	if _, err := (Folder{t.TempDir()}).Subscriptions(t.Context(), "../elsewhere"); !errors.As(err, &name) {
		t.Errorf("got the error %v", err)
	}
}

// victim makes this test a process of its own that writes until it is killed.
const victim = "OUTLOCAL_TEST_VICTIM"

// A process that is killed leaves what it has written, and no lock.
func TestSubscriptionsAfterAKill(t *testing.T) {
	if folder := os.Getenv(victim); folder != "" {
		writeForever(t, Folder{folder})
	}
	f := Folder{t.TempDir()}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), victim+"="+f.Path())
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	told := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, err := fmt.Sscanf(lines.Text(), "written %d", &told); err == nil && told == 20 {
			break
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	records, _, err := open(t, f).Load(t.Context())
	if err != nil || len(records) < told || told < 20 {
		t.Errorf("%d of %d records are there, %v", len(records), told, err)
	}
}

// writeForever tells of each record once it is written.
func writeForever(t *testing.T, f Folder) {
	s, err := f.Subscriptions(context.Background(), DefaultProfile)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; ; n++ {
		if err := s.SaveRecord(context.Background(), full(fmt.Sprint(n))); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(os.Stdout, "written %d\n", n)
	}
}
