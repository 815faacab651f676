package odata

import (
	"encoding/json"
	"strings"
	"testing"

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

// FuzzValid holds the check against the standard library's, to the byte.
func FuzzValid(f *testing.F) {
	for _, doc := range documents() {
		f.Add([]byte(doc))
		// A special byte is seen wherever it stands in a word of eight.
		for pad := range 17 {
			f.Add([]byte(`"` + strings.Repeat("\xe9", pad) + doc + `"`))
		}
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		if got, want := valid(doc), json.Valid(doc); got != want {
			t.Errorf("valid(%q) is %v, want %v", doc, got, want)
		}
	})
}

// Any few bytes in any place of a string, and any document with one byte changed.
func TestValidAgreesWithEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := []byte(`{"a":["` + strings.Repeat("x", rapid.IntRange(0, 20).Draw(t, "before")) +
			string(rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, "inside")) + `",-1.5e3,true,null,{"b\u00e9":""}]}`)
		if rapid.Bool().Draw(t, "change") {
			doc[rapid.IntRange(0, len(doc)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "to")
		}
		if got, want := valid(doc), json.Valid(doc); got != want {
			t.Fatalf("valid(%q) is %v, want %v", doc, got, want)
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
