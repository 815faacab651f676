package cli

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/journal"
)

// moment is when everything in these tests happens, on the clock of whoever runs them.
func moment() time.Time { return time.Date(2026, 11, 21, 12, 30, 15, 0, time.Local) }

// exchange is a request and what came of it.
func exchange(method, url string, status int, took time.Duration) *journal.Exchange {
	return &journal.Exchange{Method: method, URL: url, Status: status, Took: took}
}

func finding(severity diagnosis.Severity) diagnosis.Diagnosis {
	return diagnosis.Diagnosis{
		Finding: diagnosis.Finding{ID: "handshake-x", Title: "the title", Severity: severity, Cause: "The cause.", Cure: "The cure."},
		Detail:  "what was seen",
	}
}

const (
	hook   = "http://localhost:3000/hook?code=hunter2"
	handed = "http://localhost:3000/hook?code=hunter2&validationToken=abc"
	id     = "7f105c7d-2dc5-4530-97cd-4e7ae6534c07"
	longID = "AAMkAGUwNjQ4ZjIxLWQ0N2EtNDBkYS05YTI5LTM0ZjVmZTQ5ZWE2YgBGAAAAAAA="
)

func TestConsole(t *testing.T) {
	for _, row := range []struct {
		name  string
		kind  control.Kind
		entry journal.Entry
		want  string
	}{
		{
			name: "a handshake that went well", kind: control.Emulator,
			entry: journal.Entry{Kind: journal.Handshake, URL: handed, Exchange: exchange("POST", handed, 200, 12*time.Millisecond)},
			want:  "12:30:15  --> handshake  http://localhost:3000/hook?code=…  <-- 200 in 12 ms  ✔\n",
		},
		{
			name: "a handshake that failed", kind: control.Emulator,
			entry: journal.Entry{
				Kind: journal.Handshake, URL: hook, Exchange: exchange("POST", hook, 0, 400*time.Microsecond),
				Data: []diagnosis.Diagnosis{finding(diagnosis.SeverityFailure)},
			},
			want: "12:30:15  --> handshake  http://localhost:3000/hook?code=…  <-- no answer after 0.4 ms  ✗\n" +
				"          ✗ handshake-x  the title: what was seen\n" +
				"            cause: The cause.\n" +
				"            cure: The cure.\n",
		},
		{
			name: "a handshake over http on this machine, which needs no explaining", kind: control.Emulator,
			entry: journal.Entry{
				Kind: journal.Handshake, URL: hook, Exchange: exchange("POST", hook, 200, time.Millisecond),
				Data: []diagnosis.Diagnosis{{
					Finding: diagnosis.Finding{ID: "handshake-http-url", Title: "the title", Severity: diagnosis.SeverityWarning, Cause: "The cause.", Cure: "The cure."},
					Detail:  "borne here",
				}},
			},
			want: "12:30:15  --> handshake  http://localhost:3000/hook?code=…  <-- 200 in 1 ms  ⚠\n" +
				"          ⚠ handshake-http-url  the title: borne here\n",
		},
		{
			name: "a delivery", kind: control.Emulator,
			entry: journal.Entry{
				Kind: journal.Attempt, URL: hook, Exchange: exchange("POST", hook, 202, 3200*time.Millisecond),
				Data: map[string]any{"class": "good", "try": 1, "items": []map[string]any{{"change": "Created"}, {"change": "Updated"}, {"change": "Created"}}},
			},
			want: "12:30:15  --> created ×2, updated  http://localhost:3000/hook?code=…  <-- 202 in 3.2 s  ✔\n",
		},
		{
			name: "a delivery that failed, once more", kind: control.Emulator,
			entry: journal.Entry{
				Kind: journal.Attempt, URL: hook, Exchange: exchange("POST", hook, 500, time.Millisecond),
				Data: map[string]any{
					"class": "failed", "try": 2, "items": []map[string]any{{"change": "missed"}},
					"next": "it is tried again in 20 s", "diagnoses": []diagnosis.Diagnosis{finding(diagnosis.SeverityFailure)},
				},
			},
			want: "12:30:15  --> missed, try 2  http://localhost:3000/hook?code=…  <-- 500 in 1 ms  ✗\n" +
				"          ✗ handshake-x  the title: what was seen\n" +
				"            cause: The cause.\n" +
				"            cure: The cure.\n" +
				"            next: it is tried again in 20 s\n",
		},
		{
			name: "what the attempts tell", kind: control.Emulator,
			entry: journal.Entry{Kind: journal.Retry, Note: "it is tried again in 20 s"},
		},
		{
			name: "a subscription", kind: control.Emulator,
			entry: journal.Entry{
				Kind: journal.Subscribed, Subscription: id, Mailbox: "user@contoso.com",
				Exchange: exchange("POST", "http://127.0.0.1:3650/v1.0/subscriptions", 201, time.Millisecond),
				Data:     map[string]any{"resource": "me/messages", "changeType": "Created, Updated", "expires": time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)},
			},
			want: "12:30:15  <-- POST /v1.0/subscriptions  --> 201 in 1 ms  subscribed 7f105c7d…  me/messages (created, updated) until 22 Nov 10:00:00Z  user@contoso.com\n",
		},
		{
			name: "a renewal, which leaves alone what is watched", kind: control.Emulator,
			entry: journal.Entry{
				Kind: journal.Renewed, Subscription: id, Mailbox: "user@contoso.com",
				Exchange: exchange("PATCH", "http://localhost:3650/v1.0/subscriptions/"+id, 200, time.Millisecond),
				Data:     map[string]any{"resource": "me/messages", "expires": time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)},
			},
			want: "12:30:15  <-- PATCH /v1.0/subscriptions/7f105c7d…  --> 200 in 1 ms  renewed 7f105c7d…  me/messages until 22 Nov 10:00:00Z  user@contoso.com\n",
		},
		{
			name: "a request that was refused", kind: control.Emulator,
			entry: journal.Entry{
				Kind: journal.Refused, Note: "The text. Hint: the cure", Data: map[string]string{"code": "ErrorX", "hint": "the cure"},
				Exchange: exchange("GET", "http://127.0.0.1:3650/api/v2.0/me/messages('"+longID+"')?x=hunter2", 404, time.Millisecond),
			},
			want: "12:30:15  <-- GET /api/v2.0/me/messages('…GAAAAAAA')?x=…  --> 404 in 1 ms  ✗ ErrorX\n" +
				"            The text.\n" +
				"            hint: the cure\n",
		},
		{
			name: "a change", kind: control.Emulator,
			entry: journal.Entry{Kind: journal.Change, Mailbox: "user@contoso.com", Note: "message created"},
			want:  "12:30:15   *  message created  user@contoso.com\n",
		},
		{
			name: "notifications that were given up", kind: control.Emulator,
			entry: journal.Entry{Kind: journal.Dropped, Subscription: id, Note: "2 notifications were given up"},
			want:  "12:30:15   ⚠  dropped 7f105c7d…  2 notifications were given up\n",
		},
		{
			name: "a handshake that came", kind: control.Receiver,
			entry: journal.Entry{Kind: journal.Handshake, URL: handed, Note: "the token came as validationToken", Exchange: exchange("POST", handed, 200, time.Millisecond)},
			want:  "12:30:15  <-- handshake  http://localhost:3000/hook?code=…  the token came as validationToken  --> 200 in 1 ms  ✔\n",
		},
		{
			name: "notifications that came", kind: control.Receiver,
			entry: journal.Entry{Kind: journal.Received, URL: hook, Dialect: "graph-v1.0", Data: map[string]any{"items": 2}, Exchange: exchange("POST", hook, 202, time.Millisecond)},
			want:  "12:30:15  <-- POST  http://localhost:3000/hook?code=…  graph-v1.0, 2 items  --> 202 in 1 ms\n",
		},
		{
			name: "one of them, which is good", kind: control.Receiver,
			entry: journal.Entry{Kind: journal.Notified, Subscription: id, Data: map[string]any{"good": true, "change": "Created", "sequence": 3, "resource": "Users/" + id + "/Messages/" + longID}},
			want:  "12:30:15      ✔ created #3  subscription 7f105c7d…  Users/7f105c7d…/Messages/…GAAAAAAA\n",
		},
		{
			name: "one of them, which is not", kind: control.Receiver,
			entry: journal.Entry{Kind: journal.Notified, Subscription: id, Data: map[string]any{
				"lifecycle": "missed", "problems": []string{"a date that is none"}, "findings": []diagnosis.Diagnosis{finding(diagnosis.SeverityWarning)},
			}},
			want: "12:30:15      ✗ missed  subscription 7f105c7d…\n" +
				"            ✗ a date that is none\n" +
				"          ⚠ handshake-x  the title: what was seen\n" +
				"            cause: The cause.\n" +
				"            cure: The cure.\n",
		},
		{
			name: "an item that was read", kind: control.Receiver,
			entry: journal.Entry{Kind: journal.Read, Subscription: id, Exchange: exchange("GET", "http://127.0.0.1:3650/v1.0/Users/"+id, 200, time.Millisecond)},
			want:  "12:30:15  --> GET /v1.0/Users/7f105c7d…  <-- 200 in 1 ms  read 7f105c7d…\n",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			var out bytes.Buffer
			c := (&app{}).watch(newPrinter(&out, quiet(&out)), row.kind)
			row.entry.Wall = moment()
			if err := c.entry(row.entry); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, out.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if strings.Contains(out.String(), "hunter2") {
				t.Error("a secret shows")
			}
		})
	}
}

// TestConsoleRepeats: cause and cure of a finding are told once, and not again under the request that was refused for it.
func TestConsoleRepeats(t *testing.T) {
	var out bytes.Buffer
	c := (&app{}).watch(newPrinter(&out, quiet(&out)), control.Emulator)
	failed := journal.Entry{Kind: journal.Handshake, Wall: moment(), URL: hook, Exchange: exchange("POST", hook, 500, 0), Data: []diagnosis.Diagnosis{finding(diagnosis.SeverityFailure)}}
	refused := journal.Entry{Kind: journal.Refused, Wall: moment(), Exchange: exchange("POST", "/v1.0/subscriptions", http.StatusBadRequest, 0), Data: map[string]string{"hint": "handshake-x: The cause. The cure."}}
	for _, e := range []journal.Entry{failed, refused, failed} {
		if err := c.entry(e); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(out.String(), "The cure."); n != 1 {
		t.Errorf("the cure is told %d times, want once:\n%s", n, &out)
	}
	if n := strings.Count(out.String(), "handshake-x"); n != 2 {
		t.Errorf("the finding is named %d times, want twice:\n%s", n, &out)
	}
}

// TestConsoleJSON: a program gets each entry as it is, masked, and hears of those that it missed.
func TestConsoleJSON(t *testing.T) {
	var out bytes.Buffer
	c := (&app{json: true}).watch(newPrinter(&out, quiet(&out)), control.Emulator)
	if err := c.entry(journal.Entry{Seq: 7, Kind: journal.Retry, URL: hook}); err != nil {
		t.Fatal(err)
	}
	if err := c.missed(3); err != nil {
		t.Fatal(err)
	}
	want := `{"schema":"outlocal/journal-entry/1","seq":7,"kind":"retry","url":"http://localhost:3000/hook?code=…"}` + "\n" +
		`{"schema":"outlocal/journal-gap/1","dropped":3}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
