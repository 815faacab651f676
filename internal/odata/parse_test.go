package odata

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// documents are JSON, and all the ways in which it is almost JSON.
func documents() []string {
	return []string{
		"", " ", "null", "nul", "nulls", "true", "false", "truefalse", "True", "NaN", "-", "0", "-0", "00", "01", "-01", "1.", ".1", "1.5", "1e", "1e+", "1e-7", "1E5", "+1", "1 2", "0x1",
		`""`, `"`, `"a`, `"a"b`, `"\`, `"\"`, `"\""`, `"\\"`, `"\/\b\f\n\r\t"`, `"\a"`, `"\u00e9"`, `"\u00Eg"`, `"\u12"`, `"\u"`, `"\U0000"`, `'a'`,
		"\"\t\"", "\"\n\"", "\"\x00\"", "\"\x1f\"", "\"\x20\"", "\"\x7f\"", "\"\xff\"", "\"é😀\u2028\"", "\ufeff{}", "\u00a0{}",
		"{}", "{", "}", "{]", "[}", "[]", "[", "[,]", "[1,]", "[,1]", "[1 2]", "[1,2]", " [ 1 , 2 ] ", "[[[]]]", "[[]", "{,}", `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a" 1}`, `{a:1}`, `{1:1}`, `{"a":1 "b":2}`,
		` { "a" : { "b" : [ true , null , -1.5e+3 , "x" ] } } `, "\v{}", "\f1", "\r\n\t1\r\n\t",
		strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001),
		strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000), strings.Repeat(`{"a":`, 10_001) + "1" + strings.Repeat("}", 10_001),
	}
}

// FuzzWalk holds the check against the standard library's, to the byte, and the walks against what it makes of a document.
func FuzzWalk(f *testing.F) {
	for _, doc := range documents() {
		f.Add([]byte(doc))
		// A special byte is seen wherever it stands in a word of eight.
		for pad := range 17 {
			f.Add([]byte(`"` + strings.Repeat("\xe9", pad) + doc + `"`))
		}
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		room := make([]part, 9) // memory that was used before, and is too little for some
		for i := range room {
			room[i] = part{1, 2, 3}
		}
		parts, got := parse(doc, room[:0])
		if want := json.Valid(doc); got != want {
			t.Fatalf("parse(%q) is %v, want %v", doc, got, want)
		}
		if !got || len(doc) > 1000 { // those that are deep are not long on meaning
			return
		}
		var want any
		if err := json.Unmarshal(doc, &want); err != nil {
			return // a number beyond float64
		}
		if diff := cmp.Diff(want, plain(t, doc, valueOf(doc, parts))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", doc, diff)
		}
	})
}

// plain is what encoding/json would make of a value. It fails where a value does not stand where it says.
func plain(t *testing.T, doc []byte, v Value) any {
	t.Helper()
	if stands := doc[v.Offset : v.Offset+len(v.Raw)]; !bytes.Equal(stands, v.Raw) {
		t.Fatalf("%q stands at %d of %q, not %q", stands, v.Offset, doc, v.Raw)
	}
	switch {
	case v.IsObject():
		object := map[string]any{}
		for m := range v.Members {
			object[m.Name] = plain(t, doc, m.Value)
		}
		return object
	case v.IsArray():
		array := make([]any, 0, v.Len())
		for element := range v.Elements {
			array = append(array, plain(t, doc, element))
		}
		return array
	}
	var scalar any
	if err := json.Unmarshal(v.Raw, &scalar); err != nil {
		t.Fatalf("%q of %q: %v", v.Raw, doc, err)
	}
	return scalar
}

// Any few bytes in any place of a string, and any document with one byte changed.
func TestValidAgreesWithEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := []byte(`{"a":["` + strings.Repeat("x", rapid.IntRange(0, 20).Draw(t, "before")) +
			string(rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, "inside")) + `",-1.5e3,true,null,{"b\u00e9":""}]}`)
		if rapid.Bool().Draw(t, "change") {
			doc[rapid.IntRange(0, len(doc)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "to")
		}
		if _, got := parse(doc, nil); got != json.Valid(doc) {
			t.Fatalf("parse(%q) is %v", doc, got)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	doc := []byte(`{"value":[` + strings.Repeat(`{"subscriptionId":"`+strings.Repeat("Y3BE", 25)+`","n":1,"etag":"W/\"CQAAABYAAA\"","resource":"`+strings.Repeat("AQMk", 60)+`"},`, 100) + `null]}`)
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		if _, err := Parse(doc); err != nil {
			b.Fatal(err)
		}
	}
}
