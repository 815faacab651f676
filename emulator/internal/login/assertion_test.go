package login

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
)

// TestThumbprintsInEitherAlphabet: JWTs are written in base64url, but MSAL for Go writes a certificate's thumbprint in standard base64.
func TestThumbprintsInEitherAlphabet(t *testing.T) {
	sum := bytes.Repeat([]byte{0xfb, 0xef, 0xff}, 11)[:32] // all + and /, with an = at the end
	for name, encoding := range map[string]*base64.Encoding{
		"standard": base64.StdEncoding, "standard without padding": base64.RawStdEncoding, "url": base64.URLEncoding, "url without padding": base64.RawURLEncoding,
	} {
		header, err := json.Marshal(map[string]string{"alg": "PS256", "x5t#S256": encoding.EncodeToString(sum)})
		if err != nil {
			t.Fatal(err)
		}
		got := keyOf(base64.RawURLEncoding.EncodeToString(header) + ".e30.AA").thumbprint
		if want := strings.ToUpper(hex.EncodeToString(sum)); got != want {
			t.Errorf("%s: thumbprint %q, want %q", name, got, want)
		}
	}
}
