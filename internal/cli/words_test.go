package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/internal/state"
	"github.com/outlocal/outlocal/subscriber"
)

// TestExplain: whose fault an error is, and what helps.
func TestExplain(t *testing.T) {
	for _, row := range []struct {
		name string
		err  error
		want telling
	}{
		{"a wrong flag", wrongUse("do this", "read %q: it is wrong", "x"), telling{ExitUsage, `read "x": it is wrong`, "do this"}},
		{"wrapped", fmt.Errorf("advance: %w", wrongUse("do this", "it is wrong")), telling{ExitUsage, "advance: it is wrong", "do this"}},
		{"a check that failed", failed("", "it failed"), telling{ExitFailed, "it failed", ""}},
		{"a port that is taken", &serve.PortError{Addr: "127.0.0.1:3650", Port: 3650, Err: errors.New("in use")},
			telling{ExitUnjudged, "listen on 127.0.0.1:3650: port 3650 is taken", "stop what listens there, or choose other ports with --port-base N"}},
		{"a hint of one's own goes before that of what is wrapped", notJudged("do this", "%w", &serve.PortError{Addr: "a", Port: 1}),
			telling{ExitUnjudged, "listen on a: port 1 is taken", "do this"}},
		{"a target that was not allowed", &serve.TargetError{Host: "example.com:443", Why: "no"},
			telling{ExitUsage, "refuse to send to example.com:443: no", "if it is yours, allow it with --allow-target example.com:443"}},
		{"a name that is taken", &state.NameError{Name: "x", Taken: true},
			telling{ExitUnjudged, `take the name "x": one that runs has it`, "choose another with --name, or end that one: outlocal stop --emulator x"}},
		{"a call that makes no sense", control.BadRequest("it makes none", "do this"), telling{ExitUsage, "it makes none", "do this"}},
		{"a wait in vain", &control.Error{Status: http.StatusConflict, Code: control.CodeTooFew, Message: "1 of 2"},
			telling{ExitFailed, "1 of 2", "outlocal journal shows what happened instead; what the service waits for, such as a retry, needs outlocal advance"}},
		{"time that can't pass", control.Blocked("POST /hook"),
			telling{ExitUnjudged, "advance the clock: still in flight: POST /hook", "let the webhook answer, then advance again; what is in flight stands in outlocal status"}},
		{"a subscription that was refused", &subscriber.Error{Operation: "create subscription", Status: 400, Code: "X", Message: "no", Hint: "do this"},
			telling{ExitFailed, "create subscription: 400 X: no", "do this"}},
		{"what a schema never had", &subscriber.UnsupportedError{Operation: "write request", Dialect: "outlook-legacy", Missing: "lifecycle URL"},
			telling{ExitUsage, "outlook-legacy has no lifecycle URL", "leave it out, or choose another schema: outlocal dialects tells what each has"}},
		{"a name that is none", state.CheckName("a b"), telling{ExitUsage, state.CheckName("a b").Error(), "such as --name orders-tests"}},
		{"nobody there", fmt.Errorf("GET x: %w", &net.OpError{Op: "dial", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5999}, Err: syscall.ECONNREFUSED}),
			telling{ExitUnjudged, "reach 127.0.0.1:5999: nothing listens there", "outlocal status shows what runs on this machine; outlocal emulate starts an emulator"}},
		{"a signal", fmt.Errorf("GET x: %w", context.Canceled), telling{ExitUnjudged, "interrupted", ""}},
		{"anything else", errors.New("disk full"), telling{ExitUnjudged, "disk full", ""}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, explain(row.err)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDocument(t *testing.T) {
	for _, row := range []struct {
		value any
		want  string
	}{
		{map[string]string{"url": "http://x/?a=b&c=<d>"}, `{"schema":"outlocal/x/1","url":"http://x/?a=b&c=<d>"}` + "\n"},
		{struct{}{}, `{"schema":"outlocal/x/1"}` + "\n"},
	} {
		var out bytes.Buffer
		if err := newPrinter(&out, quiet(&out)).document("outlocal/x/1", row.value); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(row.want, out.String()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestLasting(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"72h": 72 * time.Hour, "1m30s": 90 * time.Second, "3d": 72 * time.Hour, "365d": 365 * 24 * time.Hour,
		"": 0, "0": 0, "0d": 0, "-1h": 0, "-3d": 0, "d": 0, "1.5d": 0, "3d12h": 0, "tomorrow": 0, "60000d": 0, "99999999d": 0, "2000000h": 0,
	} {
		got, err := lasting(text)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("lasting %q: got %v, %v; want %v", text, got, err, want)
		}
	}
}

func TestProperties(t *testing.T) {
	for _, row := range []struct {
		name string
		set  []string
		want map[string]any // nil for an error
	}{
		{"text", []string{"subject=Quarterly numbers"}, map[string]any{"subject": "Quarterly numbers"}},
		{"text with an equals sign", []string{"subject=a=b"}, map[string]any{"subject": "a=b"}},
		{"empty text", []string{"subject="}, map[string]any{"subject": ""}},
		{"JSON", []string{"isRead=true", "n=3", "categories=[\"a\",\"b\"]", "x=null"},
			map[string]any{"isRead": true, "n": 3.0, "categories": []any{"a", "b"}, "x": nil}},
		{"text that looks like a number, in quotes", []string{`subject="3"`}, map[string]any{"subject": "3"}},
		{"inner ones", []string{"from.emailAddress.name=Anna", "from.emailAddress.address=anna@contoso.com"},
			map[string]any{"from": map[string]any{"emailAddress": map[string]any{"name": "Anna", "address": "anna@contoso.com"}}}},
		{"no value", []string{"subject"}, nil},
		{"no name", []string{"=x"}, nil},
		{"no inner name", []string{"from.=x"}, nil},
		{"within a text", []string{"from=x", "from.name=y"}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := properties(row.set)
			if (err != nil) != (row.want == nil) {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if got, err := properties(nil); got != nil || err != nil {
		t.Errorf("of nothing: %v, %v", got, err)
	}
}

func TestMounts(t *testing.T) {
	got, err := mounts([]string{"/API/beta/=outlook-interim", "/preview=graph-preview"})
	if err != nil {
		t.Fatal(err)
	}
	want := append(emulator.DefaultMounts(), emulator.Mount{Path: "/preview", Dialect: "graph-preview"})
	want[1] = emulator.Mount{Path: "/API/beta/", Dialect: "outlook-interim"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, spec := range []string{"", "/x", "/x=", "x=graph-v1.0", "=graph-v1.0"} {
		if _, err := mounts([]string{spec}); err == nil {
			t.Errorf("%q was taken", spec)
		}
	}
}

func TestMountOf(t *testing.T) {
	status := control.Status{Serve: []control.Mount{{Path: "/x", Dialect: "graph-v1.0"}, {Path: "/v1.0", Dialect: "graph-v1.0"}, {Path: "/old", Dialect: "outlook-legacy"}}}
	for _, row := range []struct {
		dialect *dialect.Dialect
		want    string
	}{
		{dialect.GraphV1, "/v1.0"}, // its own path, although another comes first
		{dialect.OutlookLegacy, "/old"},
		{dialect.GraphBeta, ""},
	} {
		got, err := mountOf(status, row.dialect)
		if got != row.want || (err == nil) != (row.want != "") {
			t.Errorf("%s: got %q, %v; want %q", row.dialect, got, err, row.want)
		}
	}
}

func TestNextCommand(t *testing.T) {
	for resource, want := range map[string]string{
		"me/messages": "message", "me/mailFolders('inbox')/messages": "message", "me/Events?$filter=x": "event",
		"https://graph.microsoft.com/v1.0/users/a@b.c/contacts": "contact", "me/calendars('x')/events": "event", "me/todo/lists/x/tasks": "task",
		"": "message", "me/nonsense": "message",
	} {
		if got := collectionOf(resource).Singular(); got != want {
			t.Errorf("%q is about %q, want %q", resource, got, want)
		}
	}
}

func TestShortID(t *testing.T) {
	for text, want := range map[string]string{
		"7f105c7d-2dc5-4530-97cd-4e7ae6534c07": "7f105c7d…", "inbox": "inbox", longID: "…GAAAAAAA", "": "",
	} {
		if got := shortID(text); got != want {
			t.Errorf("short of %q is %q, want %q", text, got, want)
		}
	}
	for path, want := range map[string]string{
		"/v1.0/me/messages": "/v1.0/me/messages", "/v1.0/users/somebody.else@contoso.com/messages": "/v1.0/users/somebody.else@contoso.com/messages",
		"/v1.0/subscriptions/7f105c7d-2dc5-4530-97cd-4e7ae6534c07/reauthorize":     "/v1.0/subscriptions/7f105c7d…/reauthorize",
		"Users('7f105c7d-2dc5-4530-97cd-4e7ae6534c07')/Messages('" + longID + "')": "Users('7f105c7d…')/Messages('…GAAAAAAA')",
	} {
		if got := shortPath(path); got != want {
			t.Errorf("short of %q is %q, want %q", path, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, row := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"json", "json", 0}, {"jsn", "json", 1}, {"jsno", "json", 2}, {"", "json", 4}, {"webhok", "webhook", 1}, {"name", "user", 4}} {
		if got := distance(row.a, row.b); got != row.want {
			t.Errorf("from %q to %q: %d, want %d", row.a, row.b, got, row.want)
		}
	}
}
