package cli

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/journal"
)

func TestWrap(t *testing.T) {
	for _, row := range []struct {
		name, text string
		columns    int
		want       []string
	}{
		{"there is room", "--> created  http://h/x  <-- 202", 40, []string{"--> created  http://h/x  <-- 202"}},
		{"just enough", "created  two", 12, []string{"created  two"}},
		{"one too few", "created  two", 11, []string{"created", "    two"}},
		{"colours take none", "\x1b[36mone\x1b[0m  \x1b[32mtwo\x1b[0m", 8, []string{"\x1b[36mone\x1b[0m  \x1b[32mtwo\x1b[0m"}},
		{"letters beyond ASCII take one", "é×✔  two", 8, []string{"é×✔  two"}},
		{"a part that is too long", "created  " + strings.Repeat("x", 20) + "  two", 12, []string{"created", "    " + strings.Repeat("x", 20), "    two"}},
		{"a glyph stands with what it is about", " *  " + strings.Repeat("x", 20), 12, []string{" *  " + strings.Repeat("x", 20)}},
		{"so does what is indented", "    ✔ created  subscription 7f105c7d", 20, []string{"    ✔ created", "    subscription 7f105c7d"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			const further = 4
			if diff := cmp.Diff(row.want, wrap(row.text, row.columns, further)); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

// On a terminal, what is told of an attempt keeps within its columns; in a file or a pipe, a line is a line.
func TestConsoleOnNarrowTerminals(t *testing.T) {
	e := journal.Entry{
		Wall: moment(), Kind: journal.Attempt, URL: hook, Exchange: exchange(http.MethodPost, hook, http.StatusAccepted, 12*time.Millisecond),
		Data: map[string]any{"class": "good", "try": 1, "items": []map[string]any{{"change": "Created"}}},
	}
	for width, want := range map[int]string{
		0:   "12:30:15  --> created  http://localhost:3000/hook?code=…  <-- 202 in 12 ms  ✔\n",
		100: "12:30:15  --> created  http://localhost:3000/hook?code=…  <-- 202 in 12 ms  ✔\n",
		60:  "12:30:15  --> created  http://localhost:3000/hook?code=…\n              <-- 202 in 12 ms  ✔\n",
		45:  "12:30:15  --> created\n              http://localhost:3000/hook?code=…\n              <-- 202 in 12 ms  ✔\n",
	} {
		var out bytes.Buffer
		c := &console{p: &printer{w: &out, width: width}, kind: control.Emulator, known: map[string]bool{}}
		if err := c.entry(e); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("on %d columns (-want +got):\n%s", width, diff)
		}
	}
}

func TestFit(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"what fits stays as it is", "one two\nthree four\n", "one two\nthree four\n"},
		{"a paragraph is broken anew", "one two three four five six\nseven\n\neight", "one two three four\nfive six seven\n\neight"},
		{"a list by its lines", "  a   one two three four\n  bb  five", "  a   one two\n      three four\n  bb  five"},
		{"the second line of one", "        one two three four", "        one two\n        three four"},
		{"an indented line", "  one two three four", "  one two three\n  four"},
	} {
		const columns = 18
		if diff := cmp.Diff(row.want, fit(row.text, columns)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, diff)
		}
	}
}
