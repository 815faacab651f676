package journal_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/journal"
)

// Every place of an entry where a secret can stand, filled with one.
func TestMaskedEntry(t *testing.T) {
	secretive := func() journal.Entry {
		return journal.Entry{
			Seq: 1, Kind: journal.Attempt, URL: "https://h/?code=s3cret",
			Note: "POST https://h/?code=s3cret, 3rd attempt",
			Data: map[string]string{"notificationUrl": "https://h/?a=s3cret&b=s3cret", "clientState": "s3cret"},
			Exchange: &journal.Exchange{
				Method: "POST", URL: "https://u:s3cret@h/?code=s3cret",
				RequestHeader: http.Header{"x-ClientState": {"s3cret"}, "x-context": {"s3cret"}, "clientstate": {"s3cret"}, "AUTHORIZATION": {"Bearer s3cret"}, "Accept": {"text/plain"}},
				RequestBody:   []byte(`{"value":[{"clientState":"s3cret"}]}`),
				Status:        202,
				ResponseHeader: http.Header{
					"Set-Cookie": {"s3cret", "s3cret"}, "Location": {"https://h/login?state=s3cret"},
					"WWW-Authenticate": {`Bearer realm="", authorization_uri="https://h/authorize"`},
				},
				ResponseBody: []byte(`login at https://h/?state=s3cret`),
				Error:        `Post "https://h/?code=s3cret": dial tcp: refused`,
			},
		}
	}
	want := journal.Entry{
		Seq: 1, Kind: journal.Attempt, URL: "https://h/?code=…",
		Note: "POST https://h/?code=…, 3rd attempt",
		Data: json.RawMessage(`{"clientState":"…","notificationUrl":"https://h/?a=…&b=…"}`),
		Exchange: &journal.Exchange{
			Method: "POST", URL: "https://…@h/?code=…",
			RequestHeader: http.Header{"x-ClientState": {"…"}, "x-context": {"…"}, "clientstate": {"…"}, "AUTHORIZATION": {"…"}, "Accept": {"text/plain"}},
			RequestBody:   []byte(`{"value":[{"clientState":"…"}]}`),
			Status:        202,
			ResponseHeader: http.Header{
				"Set-Cookie": {"…", "…"}, "Location": {"https://h/login?state=…"},
				"WWW-Authenticate": {`Bearer realm="", authorization_uri="https://h/authorize"`},
			},
			ResponseBody: []byte(`login at https://h/?state=…`),
			Error:        `Post "https://h/?code=…": dial tcp: refused`,
		},
	}
	entry := secretive()
	if diff := cmp.Diff(want, entry.Masked()); diff != "" {
		t.Errorf("masked (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(secretive(), entry); diff != "" {
		t.Errorf("masking changed the entry itself (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(journal.Entry{Seq: 2}, journal.Entry{Seq: 2}.Masked()); diff != "" {
		t.Errorf("an empty entry masked (-want +got):\n%s", diff)
	}
}

func TestMaskedBody(t *testing.T) {
	for _, row := range []struct{ name, body, want string }{
		{"nothing", "", ""},
		{"a handshake's answer", "Validation: Testing client application reachability", "Validation: Testing client application reachability"},
		{"each dialect's name", `{"ClientState":"s3cret", "context" : "s3cret","clientState":"s3cret"}`, `{"ClientState":"…", "context" : "…","clientState":"…"}`},
		{"@odata.context is none of them", `{"@odata.context":"https://h/$metadata#Me"}`, `{"@odata.context":"https://h/$metadata#Me"}`},
		{"null says that none was set", `{"clientState":null,"context":""}`, `{"clientState":null,"context":""}`},
		{"a number", `{"clientState":12345,"n":12345}`, `{"clientState":"…","n":12345}`},
		{"all inside", `{"clientState":{"a":["s3cret",7,null]},"b":"kept"}`, `{"clientState":{"a":["…","…",null]},"b":"kept"}`},
		{"the value after it", `{"clientState":"s3cret","resource":"me/messages","context":"s3cret"}`, `{"clientState":"…","resource":"me/messages","context":"…"}`},
		{"a name with an escape", `{"client\u0053tate":"s3cret"}`, `{"client\u0053tate":"…"}`},
		{"a value with a quote", `{"clientState":"s3\"cret","a":1}`, `{"clientState":"…","a":1}`},
		{"white space and order stay", "[ {\r\n\t\"b\":1.50 ,\"a\":\"\\u0041\"} ]", "[ {\r\n\t\"b\":1.50 ,\"a\":\"\\u0041\"} ]"},
		{"a notification URL", `{"notificationUrl":"https://h/?code=s3cret&x=s3cret"}`, `{"notificationUrl":"https://h/?code=…&x=…"}`},
		{"a notification URL with escapes", `{"notificationUrl":"https:\/\/h\/?code=s3cret\u0026x=s3cret"}`, `{"notificationUrl":"https://h/?code=…&x=…"}`},
		{"a notification URL with a blank", `{"notificationUrl":"https://h/?code=a s3cret"}`, `{"notificationUrl":"https://h/?code=…"}`},
		{"a URL in a message", `{"error":{"message":"Notification URL 'https://h/?code=s3cret' verification failed 'x'."}}`, `{"error":{"message":"Notification URL 'https://h/?code=…' verification failed 'x'."}}`},
		{"an OData path and its query", `{"@odata.id":"https://h/Subscriptions('x')?key=s3cret"}`, `{"@odata.id":"https://h/Subscriptions('x')?key=…"}`},
		{"tokens of a sign-in", `{"token_type":"Bearer","access_token":"s3cret","refresh_token":"s3cret","id_token":"s3cret"}`, `{"token_type":"Bearer","access_token":"…","refresh_token":"…","id_token":"…"}`},
		{"what may be a private key by mistake", `{"encryptionCertificate":"s3cret","encryptionCertificateId":"mine"}`, `{"encryptionCertificate":"…","encryptionCertificateId":"mine"}`},
		{"validation tokens", `{"value":[],"validationTokens":["eyJ.s3cret.x","s3cret"]}`, `{"value":[],"validationTokens":["…","…"]}`},
		{"a JWT anywhere", `{"x":"got eyJhbGciOiJub25lIn0.s3cret.x"}`, `{"x":"got …"}`},
		{"unquoted names", `{ClientState: "s3cret", NotificationURL: https://h/?code=s3cret}`, `{ClientState: "…", NotificationURL: https://h/?code=…}`},
		{"an unquoted value of several words", `{clientState: s3cret, s3cret s3cret, a: b}`, `{clientState: "…", "…" "…", a: b}`},
		{"single quotes", `{'clientState':'s3cret'}`, `{'clientState':'…'}`},
		{"cut off in the secret", `{"clientState":"s3cr`, `{"clientState":"…`},
		{"cut off in an escape", `{"clientState":"s3cr\`, `{"clientState":"…`},
		{"closed too often", `{}]}{"clientState":"s3cret"}`, `{}]}{"clientState":"…"}`},
		{"a byte order mark", "\ufeff{\"clientState\":\"s3cret\"}", "\ufeff{\"clientState\":\"…\"}"},
		{"bytes that are no UTF-8", "{\"clientState\":\"s3cret\xff\",\"a\":\"\xff\"}", "{\"clientState\":\"…\",\"a\":\"\xff\"}"},
		{"binary", "\x00s3cret", "… (7 bytes that are not text)"},
		{"a page", `<a href="https://h/?code=s3cret">x</a> Bearer s3cret`, `<a href="https://h/?code=…">x</a> Bearer …`},
	} {
		t.Run(row.name, func(t *testing.T) {
			entry := journal.Entry{Exchange: &journal.Exchange{RequestBody: []byte(row.body), ResponseBody: []byte(row.body)}}
			masked := entry.Masked().Exchange
			if diff := cmp.Diff(row.want, string(masked.RequestBody)); diff != "" {
				t.Errorf("request body (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(row.want, string(masked.ResponseBody)); diff != "" {
				t.Errorf("response body (-want +got):\n%s", diff)
			}
			if string(entry.Exchange.RequestBody) != row.body {
				t.Errorf("masking changed the entry's own body to %q", entry.Exchange.RequestBody)
			}
		})
	}
}

func TestMaskedBodyByHeader(t *testing.T) {
	for _, row := range []struct {
		name       string
		header     http.Header
		body, want string
	}{
		{"a form", http.Header{"content-type": {"application/x-www-form-urlencoded"}}, "grant_type=x&client_secret=s3cret", "grant_type=…&client_secret=…"},
		{"compressed", http.Header{"Content-Encoding": {"gzip"}}, "\x1f\x8bs3cret", "… (8 bytes, gzip)"},
		{"said not to be compressed", http.Header{"Content-Encoding": {"identity"}}, `{"a":1}`, `{"a":1}`},
		{"JSON under the wrong type", http.Header{"Content-Type": {"text/html"}}, `{"clientState":"s3cret"}`, `{"clientState":"…"}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			entry := journal.Entry{Exchange: &journal.Exchange{RequestBody: []byte(row.body), RequestHeader: row.header}}
			if diff := cmp.Diff(row.want, string(entry.Masked().Exchange.RequestBody)); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMaskedDataThatIsNoJSON(t *testing.T) {
	if got, want := (journal.Entry{Data: func() {}}).Masked().Data, "… (func() that cannot be encoded as JSON)"; got != want {
		t.Errorf("masked data = %v, want %s", got, want)
	}
}

func FuzzMasked(f *testing.F) {
	for _, seed := range []string{
		`{"value":[{"subscriptionId":"7f10","clientState":"s3cret","resource":"me/messages","tenantId":null}]}`,
		`{"@odata.type":"#Microsoft.OutlookServices.PushSubscription","NotificationURL":"https://h/?code=s3cret","ClientState":"s3cret"}`,
		`{ClientState: 's3cret', context: {"a":[1,true,null,"x"]}`,
		`[[{"validationTokens":["a","b"]},{"clientState":-1.5e9}],"eyJ.a"]`,
		`login https://u:p@h/?a=b#c=d Bearer token`,
		"\ufeff{\"\":\"\\u00zz\"",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		masked := string(journal.Entry{Exchange: &journal.Exchange{RequestBody: []byte(body)}}.Masked().Exchange.RequestBody)
		again := string(journal.Entry{Exchange: &journal.Exchange{RequestBody: []byte(masked)}}.Masked().Exchange.RequestBody)
		if masked != again {
			t.Errorf("%q\nis masked as %q\nand again as %q", body, masked, again)
		}
		if trimmed := strings.TrimLeft(body, " \t\r\n"); !strings.HasPrefix(trimmed, "{") && !strings.HasPrefix(trimmed, "[") || !json.Valid([]byte(body)) {
			return
		}
		var before, after any
		if err := json.Unmarshal([]byte(body), &before); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(masked), &after); err != nil {
			t.Fatalf("%q was JSON and is masked as %q: %v", body, masked, err)
		}
		compareMasked(t, before, after, false)
	})
}

// compareMasked checks that masking kept the shape, and no secret.
func compareMasked(t *testing.T, before, after any, secret bool) {
	switch b := before.(type) {
	case map[string]any:
		a, ok := after.(map[string]any)
		if !ok || len(a) != len(b) {
			t.Fatalf("masked %v as %v", before, after)
		}
		for name, value := range b {
			lower := strings.ToLower(name)
			isSecret := lower == "clientstate" || lower == "context" || lower == "validationtokens"
			if _, ok := a[name]; !ok {
				t.Fatalf("masking lost the name %q of %v", name, before)
			}
			compareMasked(t, value, a[name], secret || isSecret)
		}
	case []any:
		a, ok := after.([]any)
		if !ok || len(a) != len(b) {
			t.Fatalf("masked %v as %v", before, after)
		}
		for i := range b {
			compareMasked(t, b[i], a[i], secret)
		}
	case nil, bool:
		if after != before {
			t.Fatalf("masked %v as %v", before, after)
		}
	default:
		if secret && after != "…" && after != "" {
			t.Fatalf("secret %v is shown as %v", before, after)
		}
	}
}

// TestMaskedNoteKeepsPlaces: what helps shows where a token goes, and has to be readable.
func TestMaskedNoteKeepsPlaces(t *testing.T) {
	entry := journal.Entry{Note: "send a header Authorization: Bearer TOKEN; not Bearer TOKENs3cret, Bearer token or Bearer TOKEN.s3cret"}
	const want = "send a header Authorization: Bearer TOKEN; not Bearer … Bearer … or Bearer …"
	if diff := cmp.Diff(want, entry.Masked().Note); diff != "" {
		t.Errorf("note (-want +got):\n%s", diff)
	}
}
