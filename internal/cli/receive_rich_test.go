package cli

import (
	"os"
	"path/filepath"
	"testing"
)

// published is a key that was published with the content that it opens, under the password "rich".
const published = "../../receiver/testdata/rich/published.p12"

func TestReadKey(t *testing.T) {
	pfx, err := os.ReadFile(published)
	if err != nil {
		t.Fatal(err)
	}
	odd := filepath.Join(t.TempDir(), "a=b.p12")
	if err := os.WriteFile(odd, pfx, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ name, text, password, id, fails string }{
		{"a file", published, "rich", "", ""},
		{"under an id", published + "=mine", "rich", "mine", ""},
		{"under an id with the sign in it: the last one counts", odd + "=mine", "rich", "mine", ""},
		{"a file with the sign in its name", odd, "rich", "", ""},
		{"another password", published, "poor", "", "give the password it was exported with, or export it again"},
		{"no password", published, "", "", "give the password it was exported with"},
		{"no file", published + ".gone", "rich", "", "outlocal certificate new makes a key and its certificate"},
	} {
		t.Run(row.name, func(t *testing.T) {
			key, err := readKey(row.text, row.password)
			switch {
			case row.fails == "" && (err != nil || key.ID != row.id || key.Private == nil || key.Certificate == nil):
				t.Errorf("key %q, %v", key.ID, err)
			case row.fails != "" && explain(err).Hint != row.fails:
				t.Errorf("the hint is %q, want %q (%v)", explain(err).Hint, row.fails, err)
			}
		})
	}
}
