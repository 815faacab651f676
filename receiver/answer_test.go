package receiver_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/receiver"
)

// held is a register that does not answer before it is let go.
type held struct{ asked, let chan struct{} }

func (h held) Known(string) (receiver.Expected, bool) {
	close(h.asked)
	<-h.let
	return receiver.Expected{}, true
}

// The sender has its answer while the judge still looks things up.
func TestAnswersBeforeItJudges(t *testing.T) {
	h := held{make(chan struct{}), make(chan struct{})}
	r := newReceiver(t, receiver.Config{Known: h})
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	response, err := server.Client().Post(server.URL, "application/json", strings.NewReader(batch(graphItem("s", "created", "i", "e", ""))))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if got := text(t, response); response.StatusCode != http.StatusAccepted || got != "" {
		t.Errorf("answer %d %q, want 202 and nothing", response.StatusCode, got)
	}
	if got := len(entries(r, journal.Received)); got != 1 {
		t.Errorf("%d requests in the journal once they are answered, want 1", got)
	}
	<-h.asked
	if got := len(items(r)); got != 0 {
		t.Errorf("%d items are judged before their register answered", got)
	}
	close(h.let)
	if _, err := r.Wait(t.Context(), 1, nil); err != nil {
		t.Error(err)
	}
}

// journalFirst fails where an answer is begun before the request is in the journal.
type journalFirst struct {
	*httptest.ResponseRecorder
	t *testing.T
	r *receiver.Receiver
}

func (w journalFirst) WriteHeader(status int) {
	if all, _ := w.r.Journal().Since(0, nil, 0); len(all) != 1 || all[0].Exchange.Status != status {
		w.t.Errorf("the answer %d begins with %d entries in the journal, want the request's", status, len(all))
	}
	w.ResponseRecorder.WriteHeader(status)
}

// Whoever has the answer finds the request in the journal.
func TestJournalComesBeforeTheAnswer(t *testing.T) {
	for _, target := range []string{"/", "/?validationToken=a"} {
		r := newReceiver(t, receiver.Config{})
		req := httptest.NewRequest(http.MethodPost, target, strings.NewReader(batch(graphItem("s", "created", "i", "e", ""))))
		r.ServeHTTP(journalFirst{httptest.NewRecorder(), t, r}, req)
	}
}

func TestAnswers(t *testing.T) {
	body := batch(graphItem("s", "created", "i", "e", ""))
	for _, tt := range []struct {
		name        string
		answers     receiver.Answers
		target      string
		status      int
		body        string
		contentType string
	}{
		{"a notification, rightly", receiver.Answers{}, "/", 202, "", ""},
		{"a notification, without content", receiver.Answers{Notification: receiver.Answer{Status: 204}}, "/", 204, "", ""},
		{"a notification, by a failure", receiver.Answers{Notification: receiver.Answer{Status: 503}}, "/", 503, "", ""},
		{"a notification, with a body", receiver.Answers{Notification: receiver.Answer{Status: 500, Body: "oops", ContentType: "text/html"}}, "/", 500, "oops", "text/html"},
		{"a handshake, by a status", receiver.Answers{Handshake: receiver.Answer{Status: 202}}, "/?validationToken=a", 202, "a", "text/plain; charset=utf-8"},
		{"a handshake, by another token", receiver.Answers{Handshake: receiver.Answer{Body: "b"}}, "/?validationToken=a", 200, "b", "text/plain; charset=utf-8"},
		{"a handshake, as a page", receiver.Answers{Handshake: receiver.Answer{ContentType: "text/html"}}, "/?validationtoken=a", 200, "a", "text/html"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newReceiver(t, receiver.Config{})
			if err := r.SetAnswers(tt.answers); err != nil {
				t.Fatal(err)
			}
			response := send(t, r, http.MethodPost, tt.target, http.Header{"Content-Type": {"application/json"}}, body)
			if got := text(t, response); response.StatusCode != tt.status || got != tt.body {
				t.Errorf("answer %d %q, want %d %q", response.StatusCode, got, tt.status, tt.body)
			}
			if got := response.Header.Get("Content-Type"); got != tt.contentType {
				t.Errorf("content type %q, want %q", got, tt.contentType)
			}
			if got := response.Header.Get("Content-Length"); (got == "") != (tt.status == http.StatusNoContent) {
				t.Errorf("Content-Length %q with status %d", got, tt.status)
			}
			if all, _ := r.Journal().Since(0, nil, 1); all[0].Exchange.Status != tt.status || string(all[0].Exchange.ResponseBody) != tt.body {
				t.Errorf("journal: answer %d %q, want %d %q", all[0].Exchange.Status, all[0].Exchange.ResponseBody, tt.status, tt.body)
			}
		})
	}
	if err := newReceiver(t, receiver.Config{}).SetAnswers(receiver.Answers{Handshake: receiver.Answer{Status: 99}}); err == nil {
		t.Error("SetAnswers takes the status 99")
	}
}

// One request is answered by its own context, the next as usual.
func TestAnswerWith(t *testing.T) {
	r := newReceiver(t, receiver.Config{})
	for _, target := range []string{"/?validationToken=a", "/"} {
		req := httptest.NewRequest(http.MethodPost, target, strings.NewReader(batch(graphItem("s", "created", "i", "e", ""))))
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req.WithContext(receiver.AnswerWith(req.Context(), receiver.Answer{Status: 503})))
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: answer %d, want 503", target, w.Code)
		}
		if response := send(t, r, http.MethodPost, target, nil, batch(graphItem("s", "created", "i", "e", ""))); response.StatusCode >= 300 {
			t.Errorf("%s: the request after it is answered %d", target, response.StatusCode)
		}
	}
}

// A delay is waited for on the clock of who runs the receiver.
func TestDelay(t *testing.T) {
	var waited []time.Duration
	r := newReceiver(t, receiver.Config{
		Answers: receiver.Answers{Handshake: receiver.Answer{Delay: 6 * time.Second}, Notification: receiver.Answer{Delay: 11 * time.Second}},
		Sleep: func(_ context.Context, d time.Duration) error {
			waited = append(waited, d)
			return nil
		},
	})
	send(t, r, http.MethodPost, "/?validationtoken=a", nil, "")
	post(t, r, nil, batch(graphItem("s", "created", "i", "e", "")))
	if len(waited) != 2 || waited[0] != 6*time.Second || waited[1] != 11*time.Second {
		t.Errorf("waited %v, want 6s and 11s", waited)
	}
}

// A sender that gives up gets no answer, and what it sent is judged all the same.
func TestSenderGivesUp(t *testing.T) {
	r := newReceiver(t, receiver.Config{Answers: receiver.Answers{Notification: receiver.Answer{Delay: time.Hour}}})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	req := httptest.NewRequestWithContext(gone, http.MethodPost, "/", strings.NewReader(batch(graphItem("s", "created", "i", "e", ""))))
	req.Header.Set("Content-Type", "application/json")
	r.ServeHTTP(httptest.NewRecorder(), req)
	x := entries(r, journal.Received)[0].Exchange
	if x.Status != 0 || x.Error != "the sender gave up before it was answered" {
		t.Errorf("journal: status %d, error %q", x.Status, x.Error)
	}
	if got := len(items(r)); got != 1 {
		t.Errorf("%d items, want 1", got)
	}
}
