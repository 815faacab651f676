package receiver_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/receiver"
)

const secret = "s3cret-of-the-client"

// arrival is when everything arrives in tests: before the samples' subscriptions expire.
func arrival() time.Time { return time.Date(2015, 10, 23, 12, 0, 0, 0, time.UTC) }

func newReceiver(t testing.TB, config receiver.Config) *receiver.Receiver {
	t.Helper()
	if config.Now == nil {
		config.Now = arrival
	}
	r, err := receiver.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// send hands a request to the receiver without a socket. The names in header stay as they are.
func send(t testing.TB, h http.Handler, method, target string, header http.Header, body string) *http.Response {
	t.Helper()
	req := httptest.NewRequest(method, target, strings.NewReader(body))
	for name, values := range header {
		req.Header[name] = values
	}
	recorded := httptest.NewRecorder()
	h.ServeHTTP(recorded, req)
	return recorded.Result()
}

func post(t testing.TB, h http.Handler, header http.Header, body string) *http.Response {
	t.Helper()
	if header["Content-Type"] == nil {
		with := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
		for name, values := range header {
			with[name] = values
		}
		header = with
	}
	return send(t, h, http.MethodPost, "http://hook.example/cb", header, body)
}

func text(t testing.TB, response *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func entries(r *receiver.Receiver, kind journal.Kind) []journal.Entry {
	found, _ := r.Journal().Since(0, func(e *journal.Entry) bool { return e.Kind == kind }, 0)
	return found
}

func items(r *receiver.Receiver) []*receiver.Item {
	var all []*receiver.Item
	for _, e := range entries(r, journal.Notified) {
		all = append(all, e.Data.(*receiver.Item))
	}
	return all
}

// shown is all that anybody but the process itself ever gets to see.
func shown(t testing.TB, r *receiver.Receiver) string {
	t.Helper()
	all, _ := r.Journal().Since(0, nil, 0)
	var b strings.Builder
	for _, e := range all {
		line, err := json.Marshal(e.Masked())
		if err != nil {
			t.Fatalf("entry %d: %v", e.Seq, err)
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// graphItem is a notification in Graph's schema, by hand.
func graphItem(subscription, change, item, etag, clientState string) string {
	return `{"subscriptionId":"` + subscription + `","subscriptionExpirationDateTime":"2023-06-03T20:25:05.0797291+00:00","changeType":"` + change +
		`","resource":"Users/8ee4/Messages/` + item + `","resourceData":{"@odata.type":"#Microsoft.Graph.Message","@odata.id":"Users/8ee4/Messages/` + item +
		`","@odata.etag":"W/\"` + etag + `\"","id":"` + item + `"},"clientState":"` + clientState + `","tenantId":"84bd"}`
}

// outlookItem is a notification in Outlook's final schema, by hand.
func outlookItem(subscription, number, change, item, etag string) string {
	return `{"@odata.type":"#Microsoft.OutlookServices.Notification","Id":null,"SubscriptionId":"` + subscription +
		`","SubscriptionExpirationDateTime":"2015-10-24T18:40:00Z","SequenceNumber":` + number + `,"ChangeType":"` + change +
		`","Resource":"https://outlook.office.com/api/v2.0/Users('u')/Messages('` + item + `')","ResourceData":{"@odata.type":"#Microsoft.OutlookServices.Message",` +
		`"@odata.id":"https://outlook.office.com/api/v2.0/Users('u')/Messages('` + item + `')","@odata.etag":"W/\"` + etag + `\"","Id":"` + item + `"}}`
}

func batch(items ...string) string { return `{"value":[` + strings.Join(items, ",") + `]}` }

func TestNewRefusesNonsense(t *testing.T) {
	for _, tt := range []struct {
		name   string
		config receiver.Config
		names  string
	}{
		{"negative number of entries", receiver.Config{Keep: -1}, "Keep is -1"},
		{"negative bytes", receiver.Config{KeepBytes: -1}, "KeepBytes is -1"},
		{"negative limit of a body", receiver.Config{BodyLimit: -1}, "BodyLimit is -1"},
		{"status that is no answer", receiver.Config{Answers: receiver.Answers{Handshake: receiver.Answer{Status: 100}}}, "answer handshakes: the status is 100"},
		{"delay into the past", receiver.Config{Answers: receiver.Answers{Notification: receiver.Answer{Delay: -1}}}, "answer notifications: the delay is -1ns"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := receiver.New(tt.config); err == nil || !strings.Contains(err.Error(), tt.names) {
				t.Errorf("New: error %v, want one with %q", err, tt.names)
			}
		})
	}
}

// A mounted receiver keeps its bounds: the journal holds what Keep says, and not more.
func TestKeep(t *testing.T) {
	r := newReceiver(t, receiver.Config{Keep: 5})
	for range 10 {
		post(t, r, nil, batch(graphItem("s", "created", "i", "e", "")))
	}
	if stats := r.Journal().Stats(); stats.Entries != 5 || stats.Appended != 20 {
		t.Errorf("journal keeps %d of %d entries, want 5 of 20", stats.Entries, stats.Appended)
	}
}

// What the journal shows holds no secret, wherever a secret came in.
func TestNothingShowsASecret(t *testing.T) {
	r := newReceiver(t, receiver.Config{ClientState: secret})
	final := http.Header{"ClientState": {secret}}
	post(t, r, final, batch(outlookItem("s", "1", "Created", "i", "e")))
	post(t, r, http.Header{"x-context": {secret}}, batch(`{"subscriptionId":"s","sequenceNumber":0,"changeType":"Acknowledgment"}`))
	post(t, r, nil, batch(graphItem("s", "created", "i", "e", secret)))
	post(t, r, nil, batch(graphItem("s", "created", "i", "e", "other-"+secret)))
	post(t, r, nil, batch(`{"foo":1,"clientState":"`+secret+`"}`))
	post(t, r, nil, `{"value":[{"clientState":"`+secret+`",}]}`)
	post(t, r, nil, `{"clientState":"`+secret+`"}`)
	post(t, r, http.Header{"Content-Type": {"text/html"}}, batch(graphItem("s", "created", "i", "e", secret), `null`))
	for _, method := range []string{http.MethodPost, http.MethodGet} {
		send(t, r, method, "http://hook.example/cb?code="+secret+"&validationToken=abc", final, "")
	}
	if text := shown(t, r); strings.Contains(text, secret) {
		t.Errorf("the journal shows the secret:\n%s", text)
	}
	for _, e := range entries(r, journal.Received) {
		if x := e.Exchange; strings.Contains(string(x.ResponseBody), secret) || strings.Contains(x.Error, secret) {
			t.Errorf("an answer repeats the secret: %s, error %s", x.ResponseBody, x.Error)
		}
	}
}
