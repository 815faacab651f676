package receiver_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"testing"

	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/receiver"
)

// Whatever is posted, the receiver answers it clearly, keeps it, and can show what it kept.
func FuzzNotification(f *testing.F) {
	files, err := filepath.Glob("testdata/seeds/*.http")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		req := readRequest(f, file)
		body, err := io.ReadAll(req.Body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(req.URL.RawQuery, req.Header.Get("Content-Type"), "", req.Header.Get("ClientState"), body)
	}
	for _, body := range []string{
		"", "null", "{}", `{"value":[null,1,"x",[],{}]}`, `{"value":[{"SubscriptionId":1,"SequenceNumber":1e9,"ChangeType":"Created,Updated"}]}`,
		batch(graphItem("s", "created", "i", "e", secret), `{"subscriptionId":null,"lifecycleEvent":[]}`), "\ufeff{}", "{\"value\":[\"\xff\"]}",
	} {
		f.Add("validationToken=", "text/html", "", "", []byte(body))
		f.Add("", "application/json", "gzip", secret, []byte(zipped(f, body)))
		f.Add("a=%zz&validationtoken=%00", "", "br", "", []byte(body))
	}
	f.Fuzz(func(t *testing.T, query, contentType, coding, clientState string, body []byte) {
		r := newReceiver(t, receiver.Config{ClientState: secret, BodyLimit: 64 << 10})
		req := httptest.NewRequest(http.MethodPost, "http://hook.example/cb", bytes.NewReader(body))
		req.URL.RawQuery = query
		req.Header = http.Header{"Content-Type": {contentType}, "ClientState": {clientState}}
		if coding != "" {
			req.Header["Content-Encoding"] = []string{coding}
		}
		recorded := httptest.NewRecorder()
		r.ServeHTTP(recorded, req)
		checkAnswer(t, recorded.Result(), query)
		checkJournal(t, r)
	})
}

func checkAnswer(t *testing.T, response *http.Response, query string) {
	t.Helper()
	body := text(t, response)
	switch response.StatusCode {
	case http.StatusOK:
		values, _ := url.ParseQuery(query)
		if body == "" || body != values.Get("validationToken") && body != values.Get("validationtoken") {
			t.Errorf("query %q is answered %q, which is not its token", query, body)
		}
		if got := response.Header.Get("Content-Type"); got != "text/plain; charset=utf-8" {
			t.Errorf("a token is answered as %q", got)
		}
	case http.StatusAccepted:
		if body != "" {
			t.Errorf("a notification is answered %q", body)
		}
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		var envelope struct {
			Error struct{ Code, Message, Hint string }
		}
		if err := json.Unmarshal([]byte(body), &envelope); err != nil || envelope.Error.Code == "" || envelope.Error.Message == "" || envelope.Error.Hint == "" {
			t.Errorf("a refusal says %q (%v)", body, err)
		}
	default:
		t.Errorf("the answer has status %d", response.StatusCode)
	}
}

// checkJournal checks that one request is kept with all of its items, and that all can be shown.
func checkJournal(t *testing.T, r *receiver.Receiver) {
	t.Helper()
	all, _ := r.Journal().Since(0, nil, 0)
	if len(all) == 0 {
		t.Fatal("the journal is empty")
	}
	want := 0
	if request, ok := all[0].Data.(*receiver.Request); ok {
		want = request.Items
	}
	if got := len(all) - 1; got != want {
		t.Errorf("%d items in the journal, want %d", got, want)
	}
	for _, e := range all[1:] {
		if e.Kind != journal.Notified || e.Cause != all[0].Seq {
			t.Errorf("entry %d is of kind %s with cause %d", e.Seq, e.Kind, e.Cause)
		}
	}
	shown(t, r)
}
