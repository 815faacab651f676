package odata_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/outlocal/outlocal/internal/odata"
)

// Whatever encoding/json writes, is read back member by member, by either walk.
func TestWalksAgreeWithEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringOf(rapid.SampledFrom([]rune("ab\"\\/,:{}[] é\n\x01\u2028😀")))
		object := rapid.MapOf(word, rapid.SliceOf(word)).Draw(t, "object")
		indent := rapid.SampledFrom([]string{"", " ", "\t"}).Draw(t, "indent")
		doc, err := json.MarshalIndent(object, "", indent)
		if err != nil {
			t.Fatal(err)
		}
		value, err := odata.Parse(doc)
		if err != nil {
			t.Fatal(err)
		}
		texts := func(v odata.Value) []string {
			if v.IsNull() {
				return nil
			}
			all := []string{}
			for element := range v.Elements {
				text, ok := element.Text()
				if !ok {
					t.Fatalf("%s is no string", element.Raw)
				}
				if got := string(element.AppendText([]byte("before "))); got != "before "+text {
					t.Fatalf("%s is appended as %q", element.Raw, got)
				}
				if escaped := strings.Contains(string(element.Raw), `\`); element.Spells(text) == escaped || element.Spells(text+"x") || element.Spells(string(element.Raw[1:len(element.Raw)-1])) == escaped {
					t.Fatalf("%s is not told from other texts", element.Raw)
				}
				all = append(all, text)
			}
			return all
		}
		members, named := map[string][]string{}, map[string][]string{}
		for m := range value.Members {
			if quote := string(doc[m.Offset : m.Offset+1]); quote != `"` {
				t.Fatalf("offset %d of a name points at %s", m.Offset, quote)
			}
			members[m.Name] = texts(m.Value)
		}
		for name, v := range value.Named {
			named[string(name)] = texts(v)
		}
		if diff := cmp.Diff(object, members); diff != "" {
			t.Fatalf("Members of %s (-want +got):\n%s", doc, diff)
		}
		if diff := cmp.Diff(object, named); diff != "" {
			t.Fatalf("Named of %s (-want +got):\n%s", doc, diff)
		}
	})
}
