package cli

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "under 1 ms", 2300 * time.Microsecond: "2 ms", 1200 * time.Millisecond: "1.2 s", 10 * time.Second: "10 s",
		90 * time.Second: "1.5 min", 3 * time.Hour: "3 h", 24 * time.Hour: "24 h", 72 * time.Hour: "3 days",
	} {
		if got := short(d); got != want {
			t.Errorf("short(%s) = %q, want %q", d, got, want)
		}
	}
}

func TestFold(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       []string
	}{
		{"short enough", "one two", []string{"one two"}},
		{"to the column", "12345 123", []string{"12345 123"}},
		{"between words", "one two three four", []string{"one two", "three", "four"}},
		{"a word that is too long", "a 1234567890ab b", []string{"a", "1234567890ab", "b"}},
		{"counted in letters", "äöü ßäöü ä", []string{"äöü ßäöü", "ä"}},
		{"not between number and unit", "within 3 s, or 1.5 min.", []string{"within", "3 s, or", "1.5 min."}},
		{"a number without a unit", "within 3 steps", []string{"within 3", "steps"}},
		{"a unit without a number", "seven or s it", []string{"seven or", "s it"}},
		{"nothing", "", []string{""}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, fold(row.text, 9)); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParted(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"short words", "one two", "one two"},
		{"a word as wide as a line", "one 12345 two", "one 12345 two"},
		{"a wider one", "one äbcdefghijk two", "one äbcde fghij k two"},
		{"a URL", "at http://localhost/hook", "at http://localhost/hook"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := parted(row.text, 5); got != row.want {
				t.Errorf("parted is %q, want %q", got, row.want)
			}
		})
	}
}

func TestClip(t *testing.T) {
	for _, row := range []struct{ text, want string }{{"12345", "12345"}, {"123456", "1234…"}, {"äöüäöü", "äöüä…"}} {
		if got := clip(row.text, 5); got != row.want {
			t.Errorf("clip(%q) = %q, want %q", row.text, got, row.want)
		}
	}
}

func TestVisible(t *testing.T) {
	if got := visible("text/\x1b[31mplain\u009b;\x7fü"); got != "text/[31mplain;ü" {
		t.Errorf("got %q", got)
	}
}
