package receiver_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/receiver"
)

func TestHandshake(t *testing.T) {
	graph := []string{"graph-v1.0@2016", "graph-v1.0@2021", "graph-v1.0@2023", "graph-v1.0", "graph-beta"}
	outlook := []string{"outlook-final@2015", "outlook-final", "graph-preview"}
	const sentence = "Validation: Testing client application reachability for subscription Request-Id: 0f0e0d0c-0b0a-0908-0706-050403020100"
	for _, tt := range []struct {
		name   string
		query  string
		header http.Header
		want   string
		told   receiver.Handshake
		rules  string
	}{
		{
			name:  "Graph's sentence, encoded as captured",
			query: "validationToken=Validation%3a+Testing+client+application+reachability+for+subscription+Request-Id%3a+0f0e0d0c-0b0a-0908-0706-050403020100",
			want:  sentence, told: receiver.Handshake{Parameter: "validationToken", Dialects: graph},
			rules: "rules: W2.1-10 W2.1-16 W2.2-02",
		},
		{
			name:  "the same, encoded as another client would",
			query: "validationToken=Validation%3A%20Testing%20client%20application%20reachability%20for%20subscription%20Request-Id%3A%200f0e0d0c-0b0a-0908-0706-050403020100",
			want:  sentence, told: receiver.Handshake{Parameter: "validationToken", Dialects: graph},
		},
		{
			name:   "Outlook's token with a client state in the header",
			query:  "validationtoken=NzE1NThmYmQt%2bA%3d%3d",
			header: http.Header{"ClientState": {secret}},
			want:   "NzE1NThmYmQt+A==", told: receiver.Handshake{Parameter: "validationtoken", Dialects: outlook, Header: "ClientState", Client: diagnosis.ClientStateRight},
			rules: "rules: W2.1-10",
		},
		{
			name:   "a wrong client state is told, and the token answered all the same",
			query:  "validationtoken=abc",
			header: http.Header{"ClientState": {"wrong"}},
			want:   "abc", told: receiver.Handshake{Parameter: "validationtoken", Dialects: outlook, Header: "ClientState", Client: diagnosis.ClientStateWrong},
		},
		{
			name:  "beside the webhook's own query, even a broken one",
			query: "code=a%zz&x;y&validationToken=abc",
			want:  "abc", told: receiver.Handshake{Parameter: "validationToken", Dialects: graph},
		},
		{
			name:  "what would be markup stays text",
			query: "validationToken=%3Cscript%3Ealert(1)%3C/script%3E",
			want:  "<script>alert(1)</script>", told: receiver.Handshake{Parameter: "validationToken", Dialects: graph},
		},
		{
			name:  "the longest token",
			query: "validationToken=" + strings.Repeat("a", 4096),
			want:  strings.Repeat("a", 4096), told: receiver.Handshake{Parameter: "validationToken", Dialects: graph},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newReceiver(t, receiver.Config{ClientState: secret})
			response := send(t, r, http.MethodPost, "http://hook.example/cb?"+tt.query, tt.header, "")
			if got := text(t, response); response.StatusCode != http.StatusOK || got != tt.want {
				t.Errorf("answer %d %q, want 200 %q", response.StatusCode, got, tt.want)
			}
			for name, want := range map[string]string{
				"Content-Type":           "text/plain; charset=utf-8",
				"X-Content-Type-Options": "nosniff",
				"Cache-Control":          "no-store",
			} {
				if got := response.Header.Get(name); got != want {
					t.Errorf("header %s: %q, want %q", name, got, want)
				}
			}
			told := entries(r, journal.Handshake)
			if len(told) != 1 {
				t.Fatalf("%d handshakes in the journal, want 1", len(told))
			}
			if diff := cmp.Diff(&tt.told, told[0].Data); diff != "" {
				t.Errorf("what the handshake told (-want +got):\n%s", diff)
			}
		})
	}
}

// Each dialect's own handshake is answered to the letter, over a real connection.
func TestHandshakeOfEveryDialect(t *testing.T) {
	server := httptest.NewServer(newReceiver(t, receiver.Config{}))
	t.Cleanup(server.Close)
	for _, d := range dialect.All() {
		if d.Handshake == nil {
			continue
		}
		t.Run(d.String(), func(t *testing.T) {
			token := d.Handshake.Token("0f0e0d0c-0b0a-0908-0706-050403020100")
			response, err := server.Client().Post(d.Handshake.URL(server.URL+"/cb?code=x", token), "text/plain; charset=utf-8", nil)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if got := text(t, response); response.StatusCode != http.StatusOK || got != token { // rules: W2.1-10
				t.Errorf("answer %d %q, want 200 %q", response.StatusCode, got, token)
			}
			if response.ContentLength != int64(len(token)) {
				t.Errorf("Content-Length %d, want %d", response.ContentLength, len(token))
			}
		})
	}
}

func TestHandshakeRefused(t *testing.T) {
	for _, tt := range []struct {
		name, query, message string
	}{
		{"no token after the name", "validationToken=", "the validation token is empty"},
		{"a token that is longer than any", "validationtoken=" + strings.Repeat("a", 4097), "the validation token is longer than 4096 bytes"},
		{"an escape that is none", "validationToken=abc%zz", "the query with the validation token can't be decoded"},
		{"a semicolon, which no query parser takes any more", "validationToken=a;b", "the query with the validation token can't be decoded"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newReceiver(t, receiver.Config{})
			response := send(t, r, http.MethodPost, "http://hook.example/cb?"+tt.query, nil, "")
			wantError(t, response, http.StatusBadRequest, "handshake-token", tt.message)
			if told := entries(r, journal.Handshake); len(told) != 1 || told[0].Exchange.Error != tt.message {
				t.Errorf("journal: %+v, want one handshake with the error %q", told, tt.message)
			}
		})
	}
}
