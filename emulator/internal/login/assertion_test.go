package login

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
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

// TestAssertionsByAnotherClock: MSAL for Node rounds the time to the nearest second, so that half of its assertions begin in the future.
// rules: W8.1-02 R4
func TestAssertionsByAnotherClock(t *testing.T) {
	t.Parallel()
	key, cert := certificate(t)
	r := newRig(t)
	for name, change := range map[string]map[string]any{
		"begins in a second":                 {"nbf": r.now.Unix() + 1},
		"begins as late as a clock may go":   {"nbf": r.now.Add(clockSkew).Unix()},
		"has just ended":                     {"exp": r.now.Unix()},
		"ended when a clock may still go so": {"exp": r.now.Add(-clockSkew).Unix() + 1},
	} {
		t.Run(name, func(t *testing.T) {
			claims := assertionClaims(r, tokenPath)
			maps.Copy(claims, change)
			got := r.post(tokenPath, edited(clientForm(), "client_secret", "", "client_assertion_type", assertionType,
				"client_assertion", assertion(t, key, cert, claims, "x5t")))
			if got.status != 200 || got.text("access_token") == "" {
				t.Errorf("got %d %s, want a token", got.status, got.body)
			}
		})
	}
}
