package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/outlocal/outlocal/internal/cli"
	"github.com/outlocal/outlocal/internal/state"
)

// home is the environment of one user, with a state folder of its own.
type home map[string]string

func newHome(t *testing.T) home {
	return home{state.Variable: t.TempDir(), "LANG": "C.UTF-8"}
}

// run runs outlocal in this process.
func (h home) run(t *testing.T, args ...string) (code int, out, errors string) {
	t.Helper()
	var o, e bytes.Buffer
	code = cli.Run(t.Context(), args, cli.Process{Version: "test", Out: &o, Err: &e, Env: func(name string) string { return h[name] }})
	return code, o.String(), e.String()
}

// running is outlocal that goes on in this process, and what it prints.
type running struct {
	lines  *bufio.Reader
	errors *bytes.Buffer // to be read when it has ended
	exit   chan int
}

// begin runs outlocal in this process until ctx ends, or by itself.
func (h home) begin(ctx context.Context, args ...string) *running {
	r, w := io.Pipe()
	p := &running{lines: bufio.NewReader(r), errors: &bytes.Buffer{}, exit: make(chan int, 1)}
	go func() {
		p.exit <- cli.Run(ctx, args, cli.Process{Version: "test", Out: w, Err: p.errors, Env: func(name string) string { return h[name] }})
		w.Close()
	}()
	return p
}

// until reads up to a line that holds text.
func (p *running) until(t *testing.T, text string) string {
	t.Helper()
	for {
		line, err := p.lines.ReadString('\n')
		if err != nil {
			t.Fatalf("it ended before it printed %q", text)
		}
		if strings.Contains(line, text) {
			return line
		}
	}
}

// end reads the rest and checks the exit code.
func (p *running) end(t *testing.T, want int) {
	t.Helper()
	io.Copy(io.Discard, p.lines)
	if code := <-p.exit; code != want {
		t.Errorf("it exits %d, want %d: %s", code, want, p.errors)
	}
}

// TestFollowEnds: whoever follows a journal is told what there is and what comes, and goes when the emulator does, or by a signal.
func TestFollowEnds(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	h := newHome(t)
	emulator := h.begin(t.Context(), "emulate", "--port-base", "0")
	emulator.until(t, "ready")
	go io.Copy(io.Discard, emulator.lines)
	if code, _, errors := h.run(t, "trigger", "message.created"); code != 0 {
		t.Fatal(errors)
	}

	interrupted, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	one, other := h.begin(interrupted, "journal", "--follow", "--json"), h.begin(t.Context(), "journal", "--follow", "--kind", "change")
	one.until(t, `"kind":"change"`)
	other.until(t, "message created")
	if code, _, errors := h.run(t, "trigger", "event.deleted"); code != 0 {
		t.Fatal(errors)
	}
	other.until(t, "event deleted")

	interrupt()
	one.end(t, cli.ExitGood)
	if code, _, errors := h.run(t, "stop"); code != 0 {
		t.Fatal(errors)
	}
	other.end(t, cli.ExitGood)
	if code := <-emulator.exit; code != cli.ExitGood {
		t.Errorf("the emulator exits %d: %s", code, emulator.errors)
	}
}

// TestColors: only a person's terminal is dressed up, and only if that wants it. Programs get documents, nothing else.
func TestColors(t *testing.T) {
	const escape = "\x1b["
	for _, row := range []struct {
		name     string
		terminal bool
		env      map[string]string
		args     []string
		colored  bool
	}{
		{"a terminal", true, nil, []string{"dialects"}, true},
		{"a pipe", false, nil, []string{"dialects"}, false},
		{"a terminal and NO_COLOR", true, map[string]string{"NO_COLOR": "1"}, []string{"dialects"}, false},
		{"a dumb terminal", true, map[string]string{"TERM": "dumb"}, []string{"dialects"}, false},
		{"a document on a terminal", true, nil, []string{"dialects", "--json"}, false},
		{"an error on a terminal", true, nil, []string{"nonsense"}, true},
		{"an error in a pipe", false, nil, []string{"nonsense"}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			var out bytes.Buffer
			cli.Run(t.Context(), row.args, cli.Process{
				Out: &out, Err: &out, Env: func(name string) string { return row.env[name] },
				Terminal: func(io.Writer) bool { return row.terminal },
			})
			if got := strings.Contains(out.String(), escape); got != row.colored {
				t.Errorf("colours: %t, want %t:\n%s", got, row.colored, &out)
			}
		})
	}
}

// TestGlyphs: a console that can't show a tick gets a word.
func TestGlyphs(t *testing.T) {
	for _, row := range []struct {
		name     string
		terminal bool
		env      map[string]string
		want     string
	}{
		{"a terminal in UTF-8", true, map[string]string{"LANG": "de_DE.UTF-8"}, "\x1b[32m✔"},
		{"a terminal that says nothing", true, nil, "\x1b[32m✔"},
		{"a terminal in Latin-1", true, map[string]string{"LANG": "de_DE.ISO-8859-1"}, "\x1b[32mok"},
		{"what stands first counts", true, map[string]string{"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, "\x1b[32mok"},
		{"Linux's console", true, map[string]string{"TERM": "linux", "LANG": "de_DE.UTF-8"}, "\x1b[32mok"},
		{"a file", false, map[string]string{"LANG": "C"}, "✔"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var out bytes.Buffer
			cli.Run(t.Context(), []string{"man", t.TempDir()}, cli.Process{
				Out: &out, Err: &out, Env: func(name string) string { return row.env[name] }, Terminal: func(io.Writer) bool { return row.terminal },
			})
			if !strings.HasPrefix(out.String(), row.want) {
				t.Errorf("want %q in %q", row.want, out.String())
			}
		})
	}
}

// TestReadyLine: what a program reads first has the addresses that the issue of it promises.
func TestReadyLine(t *testing.T) {
	h := newHome(t)
	ctx, end := context.WithCancel(t.Context())
	emulator := h.begin(ctx, "emulate", "--port-base", "0", "--json")
	var ready map[string]any
	if err := json.Unmarshal([]byte(emulator.until(t, "")), &ready); err != nil {
		t.Fatal(err)
	}
	for _, member := range []string{"http", "https", "control", "ca", "schema", "name", "pid"} {
		if ready[member] == nil {
			t.Errorf("the ready line has no %s: %v", member, ready)
		}
	}
	end()
	emulator.end(t, cli.ExitGood)
}
