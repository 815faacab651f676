package dialect

import (
	"encoding/json"
	"strings"
	"testing"
)

// Whatever byte stands wherever in a text, it is read back as it was.
func TestTextIsReadBack(t *testing.T) {
	for length := range 20 {
		for at := range length {
			for c := range 0x100 {
				text := strings.Repeat("x", at) + string(rune(c)) + strings.Repeat("y", length-at-1)
				coded := appendText(nil, text)
				var got string
				if err := json.Unmarshal(coded, &got); err != nil || got != text {
					t.Fatalf("%q is written %s and read back as %q, %v", text, coded, got, err)
				}
				if plain := c >= ' ' && c < 0x80 && c != '"' && c != '\\'; plain != isPlain([]byte(text)) {
					t.Fatalf("isPlain(%q) = %v", text, !plain)
				}
			}
		}
	}
}

func BenchmarkAppendText(b *testing.B) {
	text := strings.Repeat("MDAwMDAw", 12) + "MQ=="
	var dst []byte
	for b.Loop() {
		dst = appendText(dst[:0], text)
	}
}
