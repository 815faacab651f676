package control_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/control"
)

func rows(n int) []control.NewSubscription {
	all := make([]control.NewSubscription, n)
	for i := range all {
		all[i] = control.NewSubscription{
			Mount: "/v1.0", Resource: fmt.Sprintf("r%d", i+1), ChangeType: "created", NotificationURL: "https://hook.example/cb?code=1",
			LifecycleURL: "https://hook.example/life", ClientState: "s3cret", Mailbox: "ann@contoso.com", App: "app", Expires: noon(),
		}
	}
	return all
}

const (
	row1 = `{"mount":"/v1.0","resource":"r1","changeType":"created","notificationUrl":"https://hook.example"}`
	row2 = `{"mount":"/v1.0","resource":"r2","changeType":"created","notificationUrl":"https://hook.example"}`
	bad2 = `{"mount":"/v1.0","resource":"r2","changeType":"created","notificationUrl":"https://hook.example","clientState":"refused"}`
)

func TestImportBodies(t *testing.T) {
	const document, lines = "application/json", "application/x-ndjson"
	for _, test := range []struct {
		name, media, body string
		status            int
		answer            string
	}{
		{"a list in an object", document, `{"subscriptions":[` + row1 + `,` + row2 + `]}`, 200, `{"count":2,"ids":["id-of-r1","id-of-r2"]}`},
		{"a list", document, ` [` + row1 + `] `, 200, `{"count":1,"ids":["id-of-r1"]}`},
		{"an empty list", document, `{"subscriptions":[]}`, 200, `{"count":0}`},
		{"without a content type", "", `[` + row1 + `]`, 200, `{"count":1,"ids":["id-of-r1"]}`},
		{"lines", lines, row1 + "\n" + row2 + "\n", 200, `{"count":2,"ids":["id-of-r1","id-of-r2"]}`},
		{"lines by their other name", "application/jsonl; charset=utf-8", row1, 200, `{"count":1,"ids":["id-of-r1"]}`},
		{"no lines", lines, ``, 200, `{"count":0}`},

		{"a row that the backend refuses", lines, row1 + "\n" + bad2 + "\n" + row1, 409,
			`{"error":{"code":"conflict","message":"import subscription 2: no room","hint":"make some; imported before it: 1"},"partial":{"count":1,"ids":["id-of-r1"]}}`},
		{"a row that is no row", lines, row1 + "\n{\"mount\":7}", 400,
			`{"error":{"code":"badRequest","message":"import subscription 2: read body: mount is a number, which it can't be","hint":"imported before it: 1"},"partial":{"count":1,"ids":["id-of-r1"]}}`},
		{"a misspelled member", document, `[{"mounts":"/v1.0"}]`, 400,
			`{"error":{"code":"badRequest","message":"import subscription 1: read body: the document has an unknown member \"mounts\"","hint":"did you mean mount?"}}`},
		{"a row that lacks something", document, `[{"mount":"/v1.0","resource":"r1","changeType":"created"}]`, 400,
			`{"error":{"code":"badRequest","message":"import subscription 1: notificationUrl is missing"}}`},
		{"a row that is too long", lines, row1 + "\n" + `{"resource":"` + strings.Repeat("x", 70_000) + `"}`, 413,
			`{"error":{"code":"tooLarge","message":"import subscription 2: it has more than 65536 bytes","hint":"imported before it: 1"},"partial":{"count":1,"ids":["id-of-r1"]}}`},
		{"an end that comes too early", document, `{"subscriptions":[` + row1, 400,
			`{"error":{"code":"badRequest","message":"import subscription 2: the body ends too early","hint":"imported before it: 1"},"partial":{"count":1,"ids":["id-of-r1"]}}`},
		{"an object that ends too early", document, `{"subscriptions":[` + row1 + `]`, 400,
			`{"error":{"code":"badRequest","message":"import subscription 2: the body ends too early","hint":"imported before it: 1"},"partial":{"count":1,"ids":["id-of-r1"]}}`},
		{"nothing", document, ` `, 400, `{"error":{"code":"badRequest","message":"import subscription 1: the body is empty","hint":"send {\"subscriptions\":[…]}"}}`},
		{"a number", document, `7`, 400, `{"error":{"code":"badRequest","message":"import subscription 1: the body is neither an object nor a list","hint":"send {\"subscriptions\":[…]}"}}`},
		{"another member", document, `{"rows":[]}`, 400, `{"error":{"code":"badRequest","message":"import subscription 1: the document has an unknown member \"rows\"","hint":"send {\"subscriptions\":[…]}"}}`},
		{"a further member", document, `{"subscriptions":[],"more":1}`, 400, `{"error":{"code":"badRequest","message":"import subscription 1: the document has an unknown member \"more\"","hint":"subscriptions is all it has, once"}}`},
		{"no list", document, `{"subscriptions":{}}`, 400, `{"error":{"code":"badRequest","message":"import subscription 1: subscriptions is no list"}}`},
		{"more than one document", document, `[] []`, 400, `{"error":{"code":"badRequest","message":"import subscription 1: something follows after the document"}}`},
		{"another type", "text/plain", row1, 415,
			`{"error":{"code":"unsupportedMedia","message":"import subscription 1: the body is text/plain, which is not understood","hint":"send it with Content-Type: application/json or application/x-ndjson"}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := ask(t, newFake(), http.MethodPost, "/subscriptions/import", test.media, test.body)
			if answer.status != test.status {
				t.Errorf("status is %d, want %d", answer.status, test.status)
			}
			if diff := cmp.Diff(test.answer+"\n", answer.body); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

// TestImportOfMany goes over several requests of the client and portions of the handler.
func TestImportOfMany(t *testing.T) {
	const many = 12_345
	f, c := start(t)
	imported, err := c.Import(t.Context(), slices.Values(rows(many)))
	if err != nil || imported.Count != many || len(imported.IDs) != many || imported.IDs[many-1] != "id-of-r12345" {
		t.Fatalf("got %d, %d ids, %v", imported.Count, len(imported.IDs), err)
	}
	if asked := f.take(); len(asked) != many || !cmp.Equal(asked[many-1], any(rows(many)[many-1])) {
		t.Errorf("the backend got %d rows", len(asked))
	}
}

func TestAnAnswerToManyRowsListsNoIDs(t *testing.T) {
	f := newFake()
	answer := ask(t, f, http.MethodPost, "/subscriptions/import", "application/x-ndjson", strings.Repeat(row1+"\n", 10_001))
	if answer.status != http.StatusOK || answer.body != `{"count":10001}`+"\n" || len(f.take()) != 10_001 {
		t.Errorf("got %d, %.100s", answer.status, answer.body)
	}
}

func TestImportThatIsRefusedLater(t *testing.T) {
	_, c := start(t)
	all := rows(6000)
	all[5500].ClientState = "refused"
	imported, err := c.Import(t.Context(), slices.Values(all))
	var refusal *control.Error
	if imported.Count != 5500 || len(imported.IDs) != 5500 || !errors.As(err, &refusal) {
		t.Fatalf("got %d, %d ids, %v", imported.Count, len(imported.IDs), err)
	}
	if want := "after 5000 subscriptions: import subscription 501: no room"; err.Error() != want {
		t.Errorf("it says %q, want %q", err, want)
	}
}
