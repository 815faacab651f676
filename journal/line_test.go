package journal_test

import (
	"testing"
	"time"

	"github.com/outlocal/outlocal/journal"
)

func TestLine(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.FixedZone("", 3600))
	const url = "https://hook.example/cb?code=hunter2"
	for _, test := range []struct {
		name  string
		entry journal.Entry
		want  string
	}{
		{"nothing but a kind", journal.Entry{At: at, Kind: journal.Clock}, "02:04:05.678  clock"},
		{"a note", journal.Entry{At: at, Kind: journal.Change, Note: "message created"}, "02:04:05.678  change  message created"},
		{"a request", journal.Entry{At: at, Kind: journal.Attempt, URL: url, Note: "retried in 10s", Exchange: &journal.Exchange{
			Method: "POST", URL: url, Status: 500, Finding: "delivery-error", RequestBody: journal.Body("long"), ResponseBody: journal.Body("long"),
		}}, "02:04:05.678  attempt  retried in 10s  POST https://hook.example/cb?…  500  delivery-error"},
		{"a request without an answer", journal.Entry{At: at, Kind: journal.Handshake, Exchange: &journal.Exchange{Method: "POST", URL: "https://hook.example/cb"}},
			"02:04:05.678  handshake  POST https://hook.example/cb  no answer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.entry.Line(); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
