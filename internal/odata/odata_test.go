package odata

import (
	"encoding/json"
	"errors"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitPath(t *testing.T) {
	for _, tt := range []struct {
		name, rules, in string
		want            []Segment
	}{
		{"key as a segment", "rules: W1.1-19 W1.1-21", "/Users/ann@contoso.com/Messages/AAMk=", []Segment{{Text: "Users"}, {Text: "ann@contoso.com"}, {Text: "Messages"}, {Text: "AAMk="}}},
		{"key in parentheses", "rules: W1.1-19 W1.1-21", "Users('ann')/Messages('AAMk==')", []Segment{{Text: "Users"}, {Text: "ann", Keyed: true}, {Text: "Messages"}, {Text: "AAMk==", Keyed: true}}},
		{"escaped parentheses, quotes and equals signs", "rules: W1.1-20 R10", "subscriptions%28%27a%3D%3D%27%29", []Segment{{Text: "subscriptions"}, {Text: "a==", Keyed: true}}},
		{"a call", "rules: R10", "me/messages/delta()", []Segment{{Text: "me"}, {Text: "messages"}, {Text: "delta"}}},
		{"an escaped call", "rules: R10", "me/messages/delta%28%29", []Segment{{Text: "me"}, {Text: "messages"}, {Text: "delta"}}},
		{"a slash inside quotes", "", "Messages('a/b')/x", []Segment{{Text: "Messages"}, {Text: "a/b", Keyed: true}, {Text: "x"}}},
		{"an apostrophe in an address", "", "users/o'neil@contoso.com/messages", []Segment{{Text: "users"}, {Text: "o'neil@contoso.com"}, {Text: "messages"}}},
		{"doubled quotes", "rules: W7.2-09", "users('o''neil')/x", []Segment{{Text: "users"}, {Text: "o'neil", Keyed: true}, {Text: "x"}}},
		{"a key without quotes", "", "things(5)", []Segment{{Text: "things"}, {Text: "5", Keyed: true}}},
		{"nothing", "", "/", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := SplitPath(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, bad := range []string{"a//b", "a/%zz", "users('ann)/x"} {
		if got, err := SplitPath(bad); err == nil {
			t.Errorf("SplitPath(%q) = %v, want an error", bad, got)
		}
	}
}

func TestMembersKeepCaseOrderAndDuplicates(t *testing.T) {
	doc := []byte(` { "Id" : 1, "id":[1,{"x":"}"}], "a\u0062" : "q\"\\" , "n":null,"Id":true}`)
	v, err := Parse(doc)
	if err != nil {
		t.Fatal(err)
	}
	var got [][2]string
	for m := range v.Members {
		got = append(got, [2]string{m.Name, string(m.Value.Raw)})
		if doc[m.Offset] != '"' {
			t.Errorf("offset of %s is %d, which holds %q", m.Name, m.Offset, doc[m.Offset])
		}
	}
	want := [][2]string{{"Id", "1"}, {"id", `[1,{"x":"}"}]`}, {"ab", `"q\"\\"`}, {"n", "null"}, {"Id", "true"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseTellsWhere(t *testing.T) {
	for _, tt := range []struct {
		name, in     string
		line, column int
	}{
		{"empty", "", 1, 1},
		{"an unquoted name", "{\n  Resource: 1}", 2, 3},
		{"cut off", `{"a":`, 1, 5},
		{"two documents", `{} {}`, 1, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.in))
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Line != tt.line || syntax.Column != tt.column {
				t.Errorf("Parse(%q) = %v, want line %d, column %d", tt.in, err, tt.line, tt.column)
			}
		})
	}
}

func TestOptions(t *testing.T) {
	// rules: R11
	got, err := Options("%24top=5&$Select=a%2Cb&$filter=IsRead+eq%20false&$top=9&")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"$top": "5", "$select": "a,b", "$filter": "IsRead eq false"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := Options("a=%zz"); err == nil {
		t.Error("a broken escape was accepted")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2,{"b":"c\\"}],"d":"\u00e9"}`, `[]`, `"x"`, ` {"a" : -1e5 , "b":{}} `, `{`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		v, err := Parse(doc)
		if (err == nil) != json.Valid(doc) {
			t.Fatalf("Parse error %v, json.Valid %v", err, json.Valid(doc))
		}
		walk(t, doc, v)
	})
}

// walk checks that every value handed out is JSON again and stands where its offset says.
func walk(t *testing.T, doc []byte, v Value) {
	check := func(v Value) {
		if !json.Valid(v.Raw) || string(doc[v.Offset:v.Offset+len(v.Raw)]) != string(v.Raw) {
			t.Fatalf("value %q at %d of %q", v.Raw, v.Offset, doc)
		}
		walk(t, doc, v)
	}
	for m := range v.Members {
		check(m.Value)
	}
	for e := range v.Elements {
		check(e)
	}
}

func FuzzSplitPath(f *testing.F) {
	for _, seed := range []string{"/me/messages", "Users('a')/Messages('b==')", "a%28%27b%27%29", "x()", "users/o'neil/y"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		segments, err := SplitPath(path)
		if err != nil {
			return
		}
		for _, s := range segments {
			if s.Text == "" && !s.Keyed {
				t.Errorf("SplitPath(%q) gave an empty name", path)
			}
			// What the service writes itself reads back as it was.
			again, err := SplitPath("x" + url.PathEscape(QuoteKey(s.Text)))
			if err != nil || len(again) != 2 || again[1].Text != s.Text {
				t.Errorf("key %q written and read is %v, %v", s.Text, again, err)
			}
		}
	})
}

func TestQuoteNames(t *testing.T) {
	// rules: W1.2-09
	in := "{ @odata.type:\"#T.Push: x\", Resource : \"https://a/b?c: d\",\n \"Quoted\":true, list:[null,{a1:1}] }"
	want := "{ \"@odata.type\":\"#T.Push: x\", \"Resource\" : \"https://a/b?c: d\",\n \"Quoted\":true, \"list\":[null,{\"a1\":1}] }"
	if got := string(QuoteNames([]byte(in))); got != want {
		t.Errorf("QuoteNames:\n got %s\nwant %s", got, want)
	}
	if _, err := Parse([]byte(in)); err == nil {
		t.Error("unquoted names were read without being asked for")
	}
}
