package diagnosis

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// A webhook's answer is a stranger's: judging it never panics, comes to the
// same result twice, finds no failure exactly where the answer is perfect,
// and lets nothing through that would move a terminal's cursor.
func FuzzHandshake(f *testing.F) {
	seeds := 0
	for _, row := range handshakeRows() {
		h := good()
		row.change(&h)
		f.Add(h.Status, h.Header.Get("Content-Type"), h.Body, h.Token, h.TokenEncoded)
		seeds++
	}
	if seeds == 0 {
		f.Fatal("no seeds: the fuzz target would test nothing")
	}
	f.Fuzz(func(t *testing.T, status int, contentType string, body []byte, token, encoded string) {
		h := good()
		h.Status, h.Body, h.Token, h.TokenEncoded = status, body, token, encoded
		h.Header = http.Header{"Content-Type": {contentType}}
		first, second := Handshake(h, Faithful), Handshake(h, Faithful)
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("judged twice (-first +second):\n%s", diff)
		}
		perfect := status == http.StatusOK && string(body) == token
		saysUTF16 := perfect && len(first) == 1 && first[0].ID == "handshake-charset"
		if Failed(first) == perfect && !saysUTF16 {
			t.Errorf("perfect is %t, found %q", perfect, names(first))
		}
		for _, d := range first {
			checkShown(t, d)
		}
		h.Body = []byte(token)
		h.Status = http.StatusOK
		h.Header = http.Header{"Content-Type": {"text/plain; charset=utf-8"}}
		if found := Handshake(h, Strict); found != nil {
			t.Errorf("a perfect answer is diagnosed: %q", names(found))
		}
	})
}

func checkShown(t *testing.T, d Diagnosis) {
	t.Helper()
	if _, ok := Lookup(d.ID); !ok {
		t.Errorf("%s is not in the catalogue", d.ID)
	}
	for _, text := range []string{d.Detail, d.At, d.Sent, d.Got, d.Service} {
		if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\x07\x1b\r\n\t\u202e\ufeff") {
			t.Errorf("%s shows %q", d.ID, text)
		}
	}
}

// What a receiver gets is a stranger's as well.
func FuzzBody(f *testing.F) {
	seeds := []string{
		"", "null", "[]", `{"value":[]}`, `{"value":[null,1,{}]}`, `{"value":[{"a":1}]}`, `{"Value":[{}]}`,
		`{"value":[{}]} x`, "\xff\xfe", "\ufeff{}", `{"value":`,
	}
	if len(seeds) == 0 {
		f.Fatal("no seeds: the fuzz target would test nothing")
	}
	for _, seed := range seeds {
		f.Add("application/json", []byte(seed))
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		b := posted(string(body))
		b.Header.Set("Content-Type", contentType)
		first, second := Body(b, Faithful), Body(b, Faithful)
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("judged twice (-first +second):\n%s", diff)
		}
		for _, d := range first {
			checkShown(t, d)
		}
	})
}
