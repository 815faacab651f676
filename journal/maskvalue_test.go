package journal_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/journal"
)

const hidden = "Zx9-kQ/7 \"+s3cret"

// shown is all of an entry that anybody sees, also what its bodies hold.
func shown(t *testing.T, e journal.Entry) string {
	t.Helper()
	e = e.Masked()
	line, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s\n%+v\n%+v", line, e, e.Exchange)
}

// A webhook that answers with what it got is no way for a secret to get out.
func TestEchoIsMasked(t *testing.T) {
	inJSON, err := json.Marshal(hidden)
	if err != nil {
		t.Fatal(err)
	}
	echoes := []struct{ name, text string }{
		{"plain", "POST / HTTP/1.1\nfrom you: " + hidden + "."},
		{"with text before and after", "<<" + hidden + ">>"},
		{"as JSON", string(inJSON)},
		{"in JSON under any name", `{"got":` + string(inJSON) + `,"n":1}`},
		{"in JSON in JSON", `{"got":` + string(mustJSON(t, string(inJSON))) + `}`},
		{"in a page", "<pre>" + html.EscapeString(hidden) + "</pre>"},
		{"as a form", "a=" + url.QueryEscape(hidden)},
	}
	origins := []struct {
		name string
		of   func(x *journal.Exchange, e *journal.Entry)
	}{
		{"a client state of the body", func(x *journal.Exchange, _ *journal.Entry) {
			x.RequestBody = []byte(`{"value":[{"clientState":` + string(inJSON) + `}]}`)
		}},
		{"a client state of the header", func(x *journal.Exchange, _ *journal.Entry) {
			x.RequestHeader = http.Header{"x-ClientState": {hidden}}
		}},
		{"a key of the URL", func(x *journal.Exchange, e *journal.Entry) {
			e.URL = "https://h/?code=" + url.QueryEscape(hidden)
			x.URL, x.RequestBody = e.URL, []byte("{}")
		}},
		{"a key of a URL in the body", func(x *journal.Exchange, e *journal.Entry) {
			e.Kind = journal.Refused
			x.RequestBody = mustJSON(t, map[string]string{"notificationUrl": "h/?code=" + url.QueryEscape(hidden)})
		}},
		{"what the entry only knows", func(_ *journal.Exchange, e *journal.Entry) { e.Secrets = []string{hidden} }},
	}
	for _, origin := range origins {
		for _, echo := range echoes {
			t.Run(origin.name+", "+echo.name, func(t *testing.T) {
				x := &journal.Exchange{
					ResponseHeader: http.Header{"X-Echo": {echo.text}}, ResponseBody: []byte(echo.text), Error: echo.text,
				}
				entry := journal.Entry{Exchange: x, Note: echo.text, Data: map[string]string{"seen": echo.text}}
				origin.of(x, &entry)
				if got := shown(t, entry); strings.Contains(got, "s3cret") {
					t.Errorf("shows the secret:\n%s", got)
				}
			})
		}
	}
}

// A short secret is one where it is a word, and what it is part of still shows.
func TestShortSecretsAreWords(t *testing.T) {
	entry := journal.Entry{Exchange: &journal.Exchange{
		RequestBody:  []byte(`{"clientState":"test"}`),
		ResponseBody: []byte("the latest test of tests"),
	}}
	if diff := cmp.Diff("the latest … of tests", string(entry.Masked().Exchange.ResponseBody)); diff != "" {
		t.Errorf("response body (-want +got):\n%s", diff)
	}
}

// Numbers of versions are no secrets, and names and structure stay.
func TestWhatMustShowShows(t *testing.T) {
	entry := journal.Entry{
		Kind: journal.Attempt, URL: "https://h/?v=1&on=no", Note: "1 attempt", Data: map[string]any{"try": 1, "seen": "no"},
		Exchange: &journal.Exchange{
			URL: "https://h/?v=1&on=no", RequestBody: []byte(`{"value":[{"clientState":"value","changeType":"created"}]}`),
			ResponseBody: []byte(`{"value":1,"validationToken":"a: b","ok":"no"}`),
		},
	}
	masked := entry.Masked()
	want := []string{"1 attempt", `{"seen":"no","try":1}`, `{"value":[{"clientState":"…","changeType":"created"}]}`, `{"value":1,"validationToken":"a: b","ok":"no"}`}
	got := []string{masked.Note, string(masked.Data.(json.RawMessage)), string(masked.Exchange.RequestBody), string(masked.Exchange.ResponseBody)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("masked (-want +got):\n%s", diff)
	}
}

// Bodies that are no JSON, or have misspelt names, are what one debugs.
func TestMistakesAreMasked(t *testing.T) {
	for _, row := range []struct{ name, body, want string }{
		{"text", "clientState=s3cret", "clientState=…"},
		{"text with blanks", "client state : s3cret s3cret\nok", "client state : …\nok"},
		{"YAML", "changeType: created\nclientState: s3cret\nresource: me/events\n", "changeType: created\nclientState: …\nresource: me/events\n"},
		{"YAML of several lines", "clientState: |\n  s3cret\n  s3cret\nresource: me", "clientState: …\nresource: me"},
		{"XML", "<a><clientState x='1'>s3cret</clientState><b>me</b></a>", "<a><clientState x='1'>…</clientState><b>me</b></a>"},
		{"XML with CDATA", "<clientState><![CDATA[s3cret]]></clientState>", "<clientState>…</clientState>"},
		{"an attribute of XML", `<a clientState="s3cret" b="me"/>`, `<a clientState="…" b="me"/>`},
		{"text before JSON", `x{"clientState":"s3cret","b":"me"}`, `x{"clientState":"…","b":"me"}`},
		{"no braces", `"clientState":"s3cret"`, `"clientState":"…"`},
		{"JSON in JSON", `{"a":"{\"clientState\":\"s3cret\",\"b\":1}"}`, `{"a":"{\"clientState\":\"…\",\"b\":1}"}`},
		{"a string of JSON", `"{\"clientState\":\"s3cret\"}"`, `"{\"clientState\":\"…\"}"`},
		{"JSON thrice", `"\"{\\\"clientState\\\":\\\"s3cret\\\"}\""`, `"\"{\\\"clientState\\\":\\\"…\\\"}\""`},
		{"escaped for a page", "<pre>{&quot;clientState&quot;:&quot;s3cret&quot;,&quot;b&quot;:1}", "<pre>{&quot;clientState&quot;:&quot;…&quot;,&quot;b&quot;:1}"},
		{"escaped for a URL", "%7B%22clientState%22%3A%22s3cret%22%7D", "%7B%22clientState%22%3A%22…%22%7D"},
		{"multipart", "--b\r\nContent-Disposition: form-data; name=\"clientState\"\r\n\r\ns3cret\r\n--b--", ""},
		{"a dump of PHP", "array('clientState' => 's3cret', 'a' => 'b')", "array('clientState' => '…', 'a' => 'b')"},
		{"misspelt names", `{"client_state":"s3cret","clientSecret":"s3cret","ClientStat":"s3cret","state":"s3cret","cleintState":"s3cret","clinetState":"s3cret","client-state":"s3cret","x-ClientState":"s3cret","authToken":"s3cret"}`,
			`{"client_state":"…","clientSecret":"…","ClientStat":"…","state":"…","cleintState":"…","clinetState":"…","client-state":"…","x-ClientState":"…","authToken":"…"}`},
		{"URLs without a scheme", `{"notificationUrl":"localhost:6900/ok?code=s3cret","a":"/ok?code=s3cret","b":"//h/ok?code=s3cret","c":"http:h/ok?code=s3cret","d":"http:/h?code=a s3cret"}`,
			`{"notificationUrl":"localhost:6900/ok?code=…","a":"/ok?code=…","b":"//h/ok?code=…","c":"http:h/ok?code=…","d":"http:/h?code=…"}`},
		{"a bare key of one", `{"NotificationURL":"/ok?s3cret"}`, `{"NotificationURL":"/ok?…"}`},
		{"a user of one", `{"notification_url":"me:s3cret@h/ok"}`, `{"notification_url":"…@h/ok"}`},
		{"a URL without a scheme in text", "cannot post to /ok?code=s3cret now", "cannot post to /ok?code=… now"},
		{"a resource shows its options", `{"resource":"me/messages?$filter=isRead eq false&$select=id"}`, `{"resource":"me/messages?$filter=isRead eq false&$select=id"}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			masked := string(journal.Entry{Exchange: &journal.Exchange{RequestBody: []byte(row.body)}}.Masked().Exchange.RequestBody)
			if strings.Contains(masked, "s3cret") || row.want != "" && masked != row.want {
				t.Errorf("body is masked\n as  %s\nwant %s", masked, row.want)
			}
		})
	}
}

func TestURLsOfEntriesAreMaskedByWhoseTheyAre(t *testing.T) {
	for _, row := range []struct {
		name  string
		entry journal.Entry
		want  string
	}{
		{"a handshake", journal.Entry{Kind: journal.Handshake, Exchange: &journal.Exchange{URL: "https://h/?validationToken=s3cret&validationToken=abc"}}, "https://h/?validationToken=…&validationToken=abc"},
		{"an attempt", journal.Entry{Kind: journal.Attempt, Exchange: &journal.Exchange{URL: "https://h/?validationToken=s3cret", RequestBody: []byte("{}")}}, "https://h/?validationToken=…"},
		{"a list", journal.Entry{Kind: journal.Read, Exchange: &journal.Exchange{URL: "/v1.0/subscriptions?$filter=clientState eq 's3cret'"}}, "/v1.0/subscriptions?$filter=clientState eq '…'"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := row.entry.Masked().Exchange.URL; got != row.want {
				t.Errorf("URL is masked as %s, want %s", got, row.want)
			}
		})
	}
}

// FuzzSecrets hides a secret where a client or a webhook may put it, and looks for it in all that is shown.
func FuzzSecrets(f *testing.F) {
	for _, seed := range []string{"S3CRETS3CRET", "a b", `"\`, "é</p>", "%22&=?", "{[\"", "clientState", "…x"} {
		f.Add(seed, "hello ", " world")
	}
	f.Fuzz(func(t *testing.T, noise, before, after string) {
		secret := "S3CRET" + base64.RawURLEncoding.EncodeToString([]byte(noise)) + "S3CRET"
		if strings.Contains(before+after, "S3CRET") || strings.ContainsRune(before+after, 0) {
			t.Skip("the secret stands elsewhere as well")
		}
		body := mustJSON(t, map[string]any{"value": []any{map[string]string{"clientState": secret}}})
		echo := before + secret + after
		entry := journal.Entry{
			Kind: journal.Attempt, Note: echo, Data: []string{echo},
			Exchange: &journal.Exchange{
				RequestBody: body, Error: echo,
				ResponseBody: []byte(echo), ResponseHeader: http.Header{"X": {echo}},
			},
		}
		if got := shown(t, entry); strings.Contains(got, secret) {
			t.Errorf("%q is shown as\n%s", echo, got)
		}
		for _, form := range []string{"clientState=%s", "clientState: %s", `x{"clientState":"%s"}`, "<clientState>%s</clientState>", `"client_state" : "%s"`} {
			text := fmt.Sprintf(form, secret)
			if got := shown(t, journal.Entry{Exchange: &journal.Exchange{RequestBody: []byte(text)}}); strings.Contains(got, secret) {
				t.Errorf("%q is shown as\n%s", text, got)
			}
		}
	})
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A secret that is a number somewhere else leaves JSON behind: whoever reads the journal could read nothing of the entry else.
func TestMaskedNumberIsJSON(t *testing.T) {
	e := journal.Entry{
		Exchange: &journal.Exchange{RequestBody: []byte(`{"clientState":"1"}`), ResponseBody: []byte(`{"n":1,"m":21}`)},
		Data:     map[string]int{"index": 1, "of": 21},
	}
	masked := e.Masked()
	for want, got := range map[string]string{
		`{"index":"…","of":21}`: string(mustJSON(t, masked.Data)),
		`{"n":"…","m":21}`:      string(masked.Exchange.ResponseBody),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
