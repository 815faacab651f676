package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/journal"
)

func TestOneLine(t *testing.T) {
	for _, row := range []struct{ name, document, want string }{
		{"as it is", `{"subject":"hi","n":1}`, `{"subject":"hi","n":1}`},
		{"over several lines", "{\n  \"a\": [1,\n 2]\n}", `{"a":[1,2]}`},
		{"a long text", `{"id":"` + strings.Repeat("x", 60) + `","b":"short"}`, `{"id":"` + strings.Repeat("x", 38) + `…","b":"short"}`},
		{"a text with quotes in it", `{"a":"say \"` + strings.Repeat("y", 60) + `\"","b":"after"}`, `{"a":"say \"` + strings.Repeat("y", 32) + `…","b":"after"}`},
		{"what moves a cursor", "{\"a\":\"\u009b31mred\"}", `{"a":"31mred"}`},
		{"no JSON", "<html>\nno", "<html>no"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, oneLine([]byte(row.document))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if got := []rune(oneLine([]byte("[" + strings.Repeat("1,", 1000) + "1]"))); len(got) != longestContent || got[len(got)-1] != '…' {
		t.Errorf("a long document takes %d letters", len(got))
	}
}

// What was inside, who vouches for it, and what was read stand below the line.
func TestConsoleTellsContent(t *testing.T) {
	const right = `{"good":true,"change":"Created","encrypted":{"certificateId":"mine","verdict":"right","content":{"subject":"hi"}},` +
		`"token":{"verdict":"right","version":"2.0","tenant":"T","audience":["A","B"],"expires":"2026-11-22T10:28:00Z"}}`
	for _, row := range []struct {
		name  string
		entry journal.Entry
		want  []string
	}{
		{"opened and vouched for", journal.Entry{Kind: journal.Notified, Data: json.RawMessage(right)},
			[]string{`content: {"subject":"hi"}`, "token: ✔ version 2.0 of tenant T for app A, B, until 22 Nov 10:28Z"}},
		{"shut", journal.Entry{Kind: journal.Notified, Data: json.RawMessage(`{"good":true,"encrypted":{"certificateId":"mine"}}`)},
			[]string{"content: encrypted for certificate id mine, and not opened"}},
		{"with a finding, which says it all", journal.Entry{Kind: journal.Notified, Data: json.RawMessage(
			`{"encrypted":{"certificateId":"mine","verdict":"signature"},"token":{"verdict":"expired"},"findings":[{"id":"receiver-x","title":"t","severity":"failure"}]}`)},
			[]string{"✗ receiver-x  t"}},
		{"nothing encrypted", journal.Entry{Kind: journal.Notified, Data: json.RawMessage(`{"good":true}`)}, nil},
		{"an item", journal.Entry{Kind: journal.Read, Exchange: &journal.Exchange{Status: 200, ResponseBody: journal.Body(`{"id": "i"}`)}}, []string{`item: {"id":"i"}`}},
		{"an item that can't be read", journal.Entry{Kind: journal.Read, Exchange: &journal.Exchange{Error: "404 ErrorItemNotFound"}}, []string{"✗ 404 ErrorItemNotFound"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var out bytes.Buffer
			p := newPrinter(&out, quiet(&out))
			a := &app{out: p}
			row.entry.Wall = time.Now()
			if err := a.watch(p, control.Receiver).entry(row.entry); err != nil {
				t.Fatal(err)
			}
			_, below, _ := strings.Cut(strings.TrimRight(out.String(), "\n"), "\n")
			var got []string
			for line := range strings.Lines(below) {
				got = append(got, strings.TrimSpace(line))
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("below the line (-want +got):\n%s", diff)
			}
		})
	}
}
