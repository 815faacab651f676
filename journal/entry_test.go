package journal_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/journal"
)

// Clients in any language read these names.
func TestEntryJSON(t *testing.T) {
	at := time.Date(2015, 11, 20, 18, 23, 45, 935691300, time.UTC)
	entry := journal.Entry{
		Seq: 7, At: at, Wall: at.Add(time.Hour), Kind: journal.Attempt, Cause: 6,
		Dialect: "outlook-final", Subscription: "RENF", Mailbox: "user@contoso.com", App: "app", URL: "https://hook.example/cb",
		Exchange: &journal.Exchange{
			Method: "POST", URL: "https://hook.example/cb",
			RequestHeader: http.Header{"x-ClientState": {"s"}}, RequestBody: []byte(`{"value":["<&>"]}`),
			Status: 202, ResponseHeader: http.Header{"Server": {"x"}}, ResponseBody: []byte{0xff, 0x00},
			Started: at, Took: 1234567 * time.Nanosecond, Error: "late", Finding: "delivery-late",
		},
		Note: "third attempt", Data: map[string]any{"attempt": 3.0},
	}
	const want = `{"seq":7,"at":"2015-11-20T18:23:45.9356913Z","wall":"2015-11-20T19:23:45.9356913Z","kind":"attempt","cause":6,` +
		`"dialect":"outlook-final","subscription":"RENF","mailbox":"user@contoso.com","app":"app","url":"https://hook.example/cb",` +
		`"exchange":{"method":"POST","url":"https://hook.example/cb","requestHeader":{"x-ClientState":["s"]},"requestBody":"{\"value\":[\"\u003c\u0026\u003e\"]}",` +
		`"status":202,"responseHeader":{"Server":["x"]},"responseBody":{"base64":"/wA="},"started":"2015-11-20T18:23:45.9356913Z","tookMs":1.234567,"error":"late","finding":"delivery-late"},` +
		`"note":"third attempt","data":{"attempt":3}}`

	got, err := json.Marshal(entry)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
	var back journal.Entry
	if err := json.Unmarshal(got, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(entry, back); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

func TestEntryJSONLeavesOutWhatIsEmpty(t *testing.T) {
	got, err := json.Marshal(journal.Entry{Seq: 1, Kind: journal.Reset, Exchange: &journal.Exchange{}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"seq":1,"kind":"reset","exchange":{"tookMs":0}}`, string(got)); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
}

// Whether <, > and & are escaped is up to whoever encodes the entry.
func TestBodyMarshalLeavesHTMLToTheEncoder(t *testing.T) {
	var plain bytes.Buffer
	enc := json.NewEncoder(&plain)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(journal.Body("<a>&\n")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`"<a>&\n"`+"\n", plain.String()); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
}

func TestBodyUnmarshal(t *testing.T) {
	for _, row := range []struct {
		name, json string
		want       journal.Body
		err        string
	}{
		{name: "text", json: `"\u003ca"`, want: journal.Body("<a")},
		{name: "binary", json: `{"base64":"/wA="}`, want: journal.Body{0xff, 0}},
		{name: "null", json: `null`},
		{name: "a number", json: `3`, err: "decode body: want a string or an object with base64: json: cannot unmarshal number into Go value of type journal.binaryBody"},
		{name: "no Base64", json: `{"base64":"*"}`, err: "decode body: want a string or an object with base64: illegal base64 data at input byte 0"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := journal.Body("what was there before")
			err := got.UnmarshalJSON([]byte(row.json))
			if row.err != "" {
				if err == nil || err.Error() != row.err {
					t.Fatalf("error = %v\nwant    %s", err, row.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}

// Kinds is what filters and completion offer: a kind that is declared and not
// listed there could not be asked for.
func TestKindsListsEveryKind(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "entry.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []journal.Kind
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Kind" {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			declared = append(declared, journal.Kind(text))
		}
		return true
	})
	if len(declared) == 0 {
		t.Fatal("found no kinds in entry.go")
	}
	if diff := cmp.Diff(declared, journal.Kinds()); diff != "" {
		t.Errorf("declared and not listed, or the other way round (-declared +listed):\n%s", diff)
	}
}
