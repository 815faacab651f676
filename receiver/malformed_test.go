package receiver_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/receiver"
)

// wantError checks an answer in the envelope of errors.
func wantError(t *testing.T, response *http.Response, status int, code, message string) {
	t.Helper()
	body := text(t, response)
	var envelope struct {
		Error struct{ Code, Message, Hint string }
	}
	if err := json.Unmarshal([]byte(body), &envelope); err != nil {
		t.Fatalf("answer %d %q: %v", response.StatusCode, body, err)
	}
	e := envelope.Error
	if response.StatusCode != status || e.Code != code || !strings.Contains(e.Message, message) || e.Hint == "" {
		t.Errorf("answer %d %s, want %d with code %s, a message with %q and a hint", response.StatusCode, body, status, code, message)
	}
	if got := response.Header.Get("X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("X-Content-Type-Options: %q, want nosniff", got)
	}
}

func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Malformed input gets a clear refusal, and is kept with its diagnosis.
func TestMalformed(t *testing.T) {
	good := graphItem("s", "created", "i", "e", secret)
	coded := func(coding string) http.Header { return http.Header{"Content-Encoding": {coding}} }
	const limit = 2000
	for _, tt := range []struct {
		name    string
		method  string
		header  http.Header
		body    string
		status  int
		code    string
		message string
	}{
		{name: "nothing", body: "", status: 400, code: "receiver-empty-body", message: "neither a body nor a token"},
		{name: "blanks", body: " \r\n", status: 400, code: "receiver-empty-body"},
		{name: "no JSON", body: "value=1", status: 400, code: "receiver-not-json", message: "line 1, column 1"},
		{name: "JSON that is cut", body: batch(good)[:40], status: 400, code: "receiver-not-json", message: "line 1"},
		{name: "a comma too many", body: "{\n\"value\": [\n1,]}", status: 400, code: "receiver-not-json", message: "line 3, column 3"},
		{name: "something after the end", body: batch(good) + "x", status: 400, code: "receiver-not-json"},
		{name: "an array", body: "[" + good + "]", status: 400, code: "receiver-no-value"},
		{name: "an item alone", body: good, status: 400, code: "receiver-no-value", message: "value"},
		{name: "value in another case", body: `{"Value":[` + good + `]}`, status: 400, code: "receiver-no-value"},
		{name: "value that is no list", body: `{"value":{"subscriptionId":"s"}}`, status: 400, code: "receiver-no-value"},
		{name: "value that is null", body: `{"value":null}`, status: 400, code: "receiver-no-value"},
		{name: "names of no dialect", body: batch(`{"subscription":"s","type":"created"}`), status: 400, code: "receiver-unknown-dialect"},
		{name: "letters that are not UTF-8", body: strings.Replace(batch(good), "Users", "\xff\xfe", 1), status: 400, code: "receiver-encoding"},
		{name: "a byte order mark", body: "\ufeff" + batch(good), status: 400, code: "receiver-encoding"},
		{name: "gzip that is none", header: coded("gzip"), body: batch(good), status: 400, code: "receiver-encoding"},
		{name: "gzip that is cut", header: coded("gzip"), body: zipped(t, batch(good))[:60], status: 400, code: "receiver-encoding"},
		{name: "a coding that nobody sends", header: coded("br"), body: "x", status: 415, code: "receiver-encoding", message: "send plain or gzip"},
		{name: "too large", body: batch(strings.Repeat(" ", limit)), status: 413, code: "receiver-too-large", message: "2000 bytes"},
		{name: "too large once it is unzipped", header: coded("gzip"), body: zipped(t, strings.Repeat(" ", 1<<20)), status: 413, code: "receiver-too-large"},
		{name: "GET", method: http.MethodGet, status: 405, code: "receiver-method", message: "POST requests, this one is GET"},
		{name: "PUT", method: http.MethodPut, body: batch(good), status: 405, code: "receiver-method", message: "this one is PUT"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newReceiver(t, receiver.Config{BodyLimit: limit})
			if tt.method == "" {
				tt.method = http.MethodPost
			}
			if tt.header == nil {
				tt.header = http.Header{}
			}
			tt.header.Set("Content-Type", "application/json")
			response := send(t, r, tt.method, "http://hook.example/cb", tt.header, tt.body)
			wantError(t, response, tt.status, tt.code, tt.message)
			if allow := response.Header.Get("Allow"); (tt.status == 405) != (allow == "POST") {
				t.Errorf("Allow: %q with status %d", allow, tt.status)
			}
			kept := entries(r, journal.Received)
			if len(kept) != 1 {
				t.Fatalf("%d requests in the journal, want 1", len(kept))
			}
			if x := kept[0].Exchange; x.Status != tt.status || x.Finding != tt.code {
				t.Errorf("journal: status %d, finding %q, want %d, %q", x.Status, x.Finding, tt.status, tt.code)
			}
			if findings := kept[0].Data.(*receiver.Request).Findings; len(findings) == 0 || findings[0].ID != tt.code || findings[0].Cure == "" {
				t.Errorf("findings: %+v, want %s with its cure", findings, tt.code)
			}
			if got := len(items(r)); got != 0 {
				t.Errorf("%d items in the journal, want none", got)
			}
		})
	}
}

// A handshake that was tried by GET is refused by its method, and the journal says what it was.
func TestHandshakeByGet(t *testing.T) {
	r := newReceiver(t, receiver.Config{})
	response := send(t, r, http.MethodGet, "http://hook.example/cb?validationToken=abc", nil, "")
	wantError(t, response, http.StatusMethodNotAllowed, "receiver-method", "notifications and handshakes are POST requests")
	if kept := entries(r, journal.Received); len(kept) != 1 || kept[0].Note != "GET is not taken, a validation token neither" {
		t.Errorf("journal: %+v, want a note on the token", kept)
	}
}

// What is odd but can be understood is answered like the rest, and told.
func TestOdd(t *testing.T) {
	good := graphItem("s", "created", "i", "e", "")
	for _, tt := range []struct {
		name    string
		header  http.Header
		body    string
		items   int
		finding string
	}{
		{"null beside a good entry", nil, batch("null", good), 2, "receiver-null-entry"},
		{"text and a number beside a good entry", nil, batch(`"x"`, good, "3"), 3, "receiver-null-entry"},
		{"an entry that says nothing beside a good one", nil, batch("{}", good), 2, ""},
		{"nothing but null", nil, batch("null"), 1, "receiver-null-entry"},
		{"no entry", nil, batch(), 0, "receiver-no-value"},
		{"a form's content type", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, batch(good), 1, "receiver-wrong-content-type"},
		{"no content type", http.Header{"Content-Type": {""}}, batch(good), 1, "receiver-wrong-content-type"},
		{"a content type with more to it", http.Header{"Content-Type": {"application/json;odata.metadata=minimal"}}, batch(good), 1, ""},
		{"a text's content type around no-break blanks", http.Header{"Content-Type": {"text/plain"}}, "\u00a0" + batch(good), 1, "receiver-wrong-content-type"},
		{"gzip", http.Header{"Content-Encoding": {"gzip"}}, zipped(t, batch(good)), 1, ""},
		{"unknown members, null where there may be a value", nil, batch(`{"new":{"a":[1]},"tenantId":"t","clientState":null,` + good[1:]), 1, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newReceiver(t, receiver.Config{})
			if response := post(t, r, tt.header, tt.body); response.StatusCode != http.StatusAccepted {
				t.Errorf("answer %d %s, want 202", response.StatusCode, text(t, response))
			}
			kept := entries(r, journal.Received)
			if len(kept) != 1 || kept[0].Exchange.Finding != tt.finding {
				t.Fatalf("journal: %+v, want one request with the finding %q", kept, tt.finding)
			}
			if got := len(items(r)); got != tt.items || kept[0].Data.(*receiver.Request).Items != tt.items {
				t.Errorf("%d items in the journal, want %d", got, tt.items)
			}
		})
	}
}

// What was compressed is kept readable.
func TestGzipIsKeptReadable(t *testing.T) {
	r := newReceiver(t, receiver.Config{})
	body := batch(graphItem("s", "created", "i", "e", ""))
	post(t, r, http.Header{"Content-Encoding": {"gzip"}}, zipped(t, body))
	kept := entries(r, journal.Received)[0].Masked()
	if got := string(kept.Exchange.RequestBody); !strings.Contains(got, `"subscriptionId":"s"`) || kept.Note != "1 notification, gzip undone" {
		t.Errorf("kept body %q, note %q", got, kept.Note)
	}
}

// An entry that is none says so, the others are understood.
func TestEntriesBesideOddOnes(t *testing.T) {
	r := newReceiver(t, receiver.Config{})
	post(t, r, nil, batch("null", "{}", graphItem("s", "created", "i", "e", "")))
	all := items(r)
	if len(all) != 3 {
		t.Fatalf("%d items, want 3", len(all))
	}
	for i, good := range []bool{false, false, true} {
		if all[i].Good() != good {
			t.Errorf("item %d: good is %v, want %v; problems %q", i, all[i].Good(), good, all[i].Problems)
		}
	}
}

// brokenBody ends in the middle, as when a connection breaks.
type brokenBody struct{ io.Reader }

func (b brokenBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func TestBodyThatBreaksOff(t *testing.T) {
	for _, announced := range []int64{-1, 20} {
		r := newReceiver(t, receiver.Config{})
		req := httptest.NewRequest(http.MethodPost, "http://hook.example/cb", brokenBody{strings.NewReader(`{"value":[`)})
		req.ContentLength = announced
		recorded := httptest.NewRecorder()
		r.ServeHTTP(recorded, req)
		wantError(t, recorded.Result(), http.StatusBadRequest, "receiver-broken-off", "broke off after 10 bytes")
		if kept := entries(r, journal.Received); len(kept) != 1 || string(kept[0].Exchange.RequestBody) != `{"value":[` {
			t.Errorf("announced %d: journal: %+v, want the request with what came of its body", announced, kept)
		}
	}
}

// unread is a body that nobody may read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body is read, although its length says that it is too large")
	return 0, io.EOF
}

// What is announced as too large is not even read.
func TestTooLargeIsNotRead(t *testing.T) {
	r := newReceiver(t, receiver.Config{BodyLimit: 100})
	req := httptest.NewRequest(http.MethodPost, "http://hook.example/cb", unread{t})
	req.ContentLength = 101
	recorded := httptest.NewRecorder()
	r.ServeHTTP(recorded, req)
	wantError(t, recorded.Result(), http.StatusRequestEntityTooLarge, "receiver-too-large", "100 bytes")
	if got := recorded.Header().Get("Connection"); got != "close" {
		t.Errorf("Connection: %q, want close", got)
	}
}
