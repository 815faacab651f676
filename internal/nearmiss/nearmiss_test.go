package nearmiss_test

import (
	"testing"

	"github.com/outlocal/outlocal/internal/nearmiss"
)

func TestOf(t *testing.T) {
	known := []string{"duplicate", "delay", "drop"}
	for _, row := range []struct{ name, word, want string }{
		{"a slip", "duplicat", "duplicate"},
		{"a slip in another case", "DELEY", "delay"},
		{"two letters exchanged", "dorp", "drop"},
		{"two letters of five", "drips", ""},
		{"nothing alike", "latency", ""},
		{"too short to tell", "dd", ""},
		{"nothing", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := nearmiss.Of(row.word, known); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestDistance(t *testing.T) {
	for _, row := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "abc", 0}, {"abc", "", 3}, {"", "abc", 3}, {"abc", "abxc", 1}, {"abc", "axc", 1}, {"kitten", "sitting", 3}, {"dleay", "delay", 1}, {"ab", "ba", 1}, {"abc", "cab", 2}} {
		if got := nearmiss.Distance(row.a, row.b); got != row.want {
			t.Errorf("from %q to %q: got %d, want %d", row.a, row.b, got, row.want)
		}
	}
}
