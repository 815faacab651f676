package cli

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/journal"
)

// busy is an emulator whose time can't be advanced until a webhook has answered.
type busy struct {
	events *journal.Journal
	blocks int // so many advances are refused; the webhook answers after each
	asked  int
}

func (b *busy) Status(context.Context) (control.Status, error) {
	return control.Status{Kind: control.Emulator, Journal: control.JournalState{Last: b.events.Last()}}, nil
}
func (b *busy) Journal() *journal.Journal                    { return b.events }
func (b *busy) Clock(context.Context) (control.Clock, error) { return control.Clock{}, nil }
func (b *busy) SetScale(context.Context, float64) (control.Clock, error) {
	return control.Clock{}, errors.New("nobody asks for it")
}

func (b *busy) Advance(_ context.Context, by time.Duration) (control.Advanced, error) {
	if b.asked++; b.asked > b.blocks {
		return control.Advanced{From: time.Unix(0, 0), To: time.Unix(0, 0).Add(by)}, nil
	}
	b.events.Append(journal.Entry{Kind: journal.Attempt})
	return control.Advanced{}, control.Blocked("delivery to http://localhost:3000, 4s")
}

// TestAdvanceWaitsForWebhooks: a webhook that takes its time is waited for, and whoever waits is told so once.
func TestAdvanceWaitsForWebhooks(t *testing.T) {
	for _, row := range []struct {
		name   string
		blocks int
		said   int
	}{{"nobody answers just now", 0, 0}, {"one does", 1, 1}, {"one after the other does", 3, 1}} {
		t.Run(row.name, func(t *testing.T) {
			b := &busy{events: journal.New(0), blocks: row.blocks}
			server := httptest.NewServer(control.NewHandler(b))
			defer server.Close()
			client, err := control.NewClient(server.URL, control.ClientConfig{})
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			process := quiet(&out)
			a := &app{process: process, out: newPrinter(&out, process), err: newPrinter(&out, process)}
			advanced, err := a.advance(t.Context(), client, time.Hour)
			if err != nil || advanced.To.Sub(advanced.From) != time.Hour || b.asked != row.blocks+1 {
				t.Errorf("advanced %+v, %v, after %d tries", advanced, err, b.asked)
			}
			if n := strings.Count(out.String(), "waiting for it, 30 s at most"); n != row.said {
				t.Errorf("it said %d times that it waits, want %d:\n%s", n, row.said, &out)
			}
		})
	}
}

// TestWebhookSum: how a webhook did is told in a line, losses above all.
func TestWebhookSum(t *testing.T) {
	for _, row := range []struct {
		name string
		sum  control.AdvancedWebhook
		want string
	}{
		{"one that is fine", control.AdvancedWebhook{URL: "U", Attempts: 1, Answers: map[string]int{"202": 1}, Delivered: 2}, "✔ U: 1 attempt, answered 202; 2 notifications delivered"},
		{"one that recovered", control.AdvancedWebhook{URL: "U", Attempts: 3, Answers: map[string]int{"202": 1, "503": 2}, Delivered: 1},
			"⚠ U: 3 attempts, 1 answered 202, 2 answered 503; 1 notification delivered"},
		{"one that is gone", control.AdvancedWebhook{URL: "U", Attempts: 29, Answers: map[string]int{"none": 29}, Lost: 1},
			"✗ U: 29 attempts, all without an answer; 1 notification lost, as every attempt failed"},
		{"one that was not called any more", control.AdvancedWebhook{URL: "U", Dropped: 1}, "✗ U; 1 notification given up"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var out bytes.Buffer
			if got := webhookSum(newPrinter(&out, quiet(&out)), &row.sum); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

// TestCountedWords: counters are told as people count.
func TestCountedWords(t *testing.T) {
	got := strings.Join(countedWords(map[string]int64{"mailboxes": 1, "items": 2, "itemsForgotten": 1, "lost": 3, "late": 0, "overQuota": 2, "requests": 1, "throttled": 1}), ", ")
	if want := "2 items, 1 item forgotten, 3 lost, 1 mailbox, 2 API requests over the quota, 1 request, 1 API request throttled"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
