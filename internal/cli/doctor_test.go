package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/internal/localca"
	"github.com/outlocal/outlocal/internal/state"
)

func TestClockOf(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		name  string
		built time.Time
		want  health
	}{
		{"put here yesterday", now.Add(-24 * time.Hour), healthGood},
		{"put here by a clock that is a little ahead", now.Add(time.Minute), healthGood},
		{"put here tomorrow", now.Add(24 * time.Hour), healthFailed},
		{"nobody knows when", time.Time{}, healthGood},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := clockOf(now, row.built); got.Health != row.want || (got.Cure == "") != (row.want == healthGood) {
				t.Errorf("got %+v, want %s", got, row.want)
			}
		})
	}
}

func TestEnding(t *testing.T) {
	authority, err := localca.Memory()
	if err != nil {
		t.Fatal(err)
	}
	const decade = 10 * 365 * 24 * time.Hour
	for _, row := range []struct {
		name        string
		certificate []byte
		after       time.Duration
		want        health
	}{
		{"a new one", authority.PEM(), 0, healthGood},
		{"one that ends in two months", authority.PEM(), decade - 2*soon, healthGood},
		{"one that ends soon", authority.PEM(), decade - soon/2, healthWarning},
		{"none at all", []byte("hello"), 0, healthFailed},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := ending("authority", "ca/ca.pem", row.certificate, time.Now().Add(row.after)); got.Health != row.want {
				t.Errorf("got %+v, want %s", got, row.want)
			}
		})
	}
}

func TestCheckProxies(t *testing.T) {
	for _, row := range []struct {
		name string
		env  map[string]string
		want health
		says string
	}{
		{"none", nil, healthGood, "none"},
		{"one for all", map[string]string{"HTTP_PROXY": "http://ann:hunter2@proxy:8080"}, healthWarning, "HTTP_PROXY"},
		{"two, in lower case", map[string]string{"https_proxy": "http://proxy", "all_proxy": "http://proxy"}, healthWarning, "https_proxy, all_proxy"},
		{"one, but not here", map[string]string{"HTTP_PROXY": "http://proxy", "NO_PROXY": "example.com, localhost"}, healthGood, "not for this machine"},
		{"one for nothing", map[string]string{"HTTP_PROXY": "http://proxy", "no_proxy": "*"}, healthGood, "not for this machine"},
		{"an exception that is another", map[string]string{"HTTP_PROXY": "http://proxy", "NO_PROXY": "localhost.example.com"}, healthWarning, "HTTP_PROXY"},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := &app{process: Process{Env: func(name string) string { return row.env[name] }}}
			got := a.checkProxies(t.Context())[0]
			if got.Health != row.want || !strings.Contains(got.What, row.says) || strings.Contains(got.What, "hunter2") {
				t.Errorf("got %+v, want %s that says %q", got, row.want, row.says)
			}
		})
	}
}

func TestOwner(t *testing.T) {
	running := []state.Running{
		{Name: "emulator", Kind: control.Emulator, PID: 7, HTTP: "http://127.0.0.1:3650", HTTPS: "https://localhost:3651", Control: "http://127.0.0.1:3652"},
		{Name: "hook", Kind: control.Receiver, PID: 8, Webhook: "http://127.0.0.1:3654/webhook", Control: "http://[::1]:40000"},
	}
	for port, want := range map[int]string{
		3650: "the emulator emulator that runs (pid 7)", 3651: "the emulator emulator that runs (pid 7)", 3654: "the receiver hook that runs (pid 8)",
		40000: "the receiver hook that runs (pid 8)", 365: "", 50: "", 3653: "",
	} {
		if got := owner(running, port); got != want {
			t.Errorf("port %d belongs to %q, want %q", port, got, want)
		}
	}
}

func TestExisting(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ name, path, want, says string }{
		{"it is there", folder, folder, ""},
		{"what is above it is there", filepath.Join(folder, "a", "b"), folder, ""},
		{"a file is in its place", file, "", "is a file"},
		{"a file is in its way", filepath.Join(file, "a"), "", "is a file"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := existing(row.path)
			if got != row.want || (err == nil) != (row.says == "") || err != nil && !strings.Contains(err.Error(), row.says) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	if err := writable(folder); err != nil {
		t.Error(err)
	}
	if err := writable(filepath.Join(folder, "gone")); !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "doctor") {
		t.Errorf("got the error %v", err)
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 1 {
		t.Errorf("it left %v, %v", left, err)
	}
}

func TestStand(t *testing.T) {
	if diff := cmp.Diff([]string{"1 thing stands", "2 things stand"}, []string{stand(1), stand(2)}); diff != "" {
		t.Error(diff)
	}
}
