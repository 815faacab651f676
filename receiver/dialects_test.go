package receiver_test

import (
	"bufio"
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/receiver"
)

// understood is what a test wants to see understood of an item.
type understood struct {
	Dialect      string
	Subscription string
	Change       notify.ChangeType
	Lifecycle    notify.Lifecycle
	Sequence     int32
	HasSequence  bool
	Client       diagnosis.ClientState
	Resource     string
	ID           string
}

func understand(items []*receiver.Item) []understood {
	var all []understood
	for _, i := range items {
		n := i.Notification()
		u := understood{
			Dialect: i.Dialect.String(), Subscription: i.Subscription, Change: i.Change, Lifecycle: i.Lifecycle,
			Sequence: i.Sequence, HasSequence: i.HasSequence, Client: i.ClientState, Resource: n.Resource,
		}
		if n.Data != nil {
			u.ID = n.Data.ID
		}
		all = append(all, u)
	}
	return all
}

// Bodies written by hand, from captures and documents: what our own encoder would get wrong, this doesn't repeat.
func TestUnderstandsEveryDialect(t *testing.T) {
	const path = "https://outlook.office.com/api/beta/Users('ann@contoso.example')/Messages('AAMkAD1=')"
	json, utf8 := "application/json", "application/json; charset=utf-8"
	for _, tt := range []struct {
		name   string
		header http.Header
		body   string
		want   []understood
		rules  string
	}{
		{
			name:   "legacy",
			header: http.Header{"Content-Type": {json}, "OData-Version": {"4.0"}, "x-ClientState": {secret}},
			body: `{"value":[{"@odata.type":"#Microsoft.OutlookServices.Notification","Id":null,"SubscriptionId":"T1VKQw==","SubscriptionExpirationTime":"2015-10-24T18:40:00Z",` +
				`"SequenceNumber":1,"ChangeType":"Created","Entity":{"@odata.type":"#Microsoft.OutlookServices.Message","@odata.id":"` + path + `","@odata.etag":"W/\"CQAA\"","Id":"AAMkAD1="}}]}`,
			want:  []understood{{"outlook-legacy", "T1VKQw==", notify.Created, "", 1, true, diagnosis.ClientStateRight, "", "AAMkAD1="}},
			rules: "rules: W4.1-02 W4.1-09 W4.7-14",
		},
		{
			name:   "legacy, acknowledgement",
			header: http.Header{"Content-Type": {json}, "x-ClientState": {secret}},
			body: `{"value":[{"@odata.type":"#Microsoft.OutlookServices.Notification","Id":null,"SubscriptionId":"T1VKQw==","SubscriptionExpirationTime":"2015-10-24T18:40:00Z",` +
				`"SequenceNumber":0,"ChangeType":"Acknowledgment"}]}`,
			want: []understood{{"outlook-legacy", "T1VKQw==", notify.Acknowledgment, "", 0, true, diagnosis.ClientStateRight, "", ""}},
		},
		{
			name:   "interim",
			header: http.Header{"Content-Type": {json}, "OData-Version": {"4.0"}, "x-context": {secret}},
			body: `{"value":[{"@odata.type":"#Microsoft.OutlookServices.Notification","Id":null,"subscriptionId":"T1VKQw==","subscriptionExpirationDateTime":"2015-10-30T17:52:32.1693974Z",` +
				`"sequenceNumber":2,"changeType":"Updated","resource":"` + path + `","resourceData":{"@odata.type":"#Microsoft.OutlookServices.Message","@odata.id":"` + path + `","@odata.etag":"W/\"CQAA\"","Id":"AAMkAD1="}}]}`,
			want:  []understood{{"outlook-interim", "T1VKQw==", notify.Updated, "", 2, true, diagnosis.ClientStateRight, path, "AAMkAD1="}},
			rules: "rules: W4.1-03 W4.1-09",
		},
		{
			name:   "interim, acknowledgement as captured",
			header: http.Header{"Content-Type": {json}, "x-context": {secret}},
			body: `{"value":[{"@odata.type":"#Microsoft.OutlookServices.Notification","Id":null,"subscriptionId":"T1VKQw==","subscriptionExpirationDateTime":"2015-10-30T17:52:32.1693974Z",` +
				`"sequenceNumber":0,"changeType":"Acknowledgment"}]}`,
			want: []understood{{"outlook-interim", "T1VKQw==", notify.Acknowledgment, "", 0, true, diagnosis.ClientStateRight, "", ""}},
		},
		{
			name:   "final, two items for one header",
			header: http.Header{"Content-Type": {json}, "ClientState": {secret}},
			body:   batch(outlookItem("NTM4", "1", "Created", "AAMkAD1=", "a"), outlookItem("NTM5", "1", "Deleted", "AAMkAD2=", "b")),
			want: []understood{
				{"outlook-final", "NTM4", notify.Created, "", 1, true, diagnosis.ClientStateRight, "https://outlook.office.com/api/v2.0/Users('u')/Messages('AAMkAD1=')", "AAMkAD1="},
				{"outlook-final", "NTM5", notify.Deleted, "", 1, true, diagnosis.ClientStateRight, "https://outlook.office.com/api/v2.0/Users('u')/Messages('AAMkAD2=')", "AAMkAD2="},
			},
			rules: "rules: W4.1-04 W4.1-09",
		},
		{
			name:   "final, below the context that some saw",
			header: http.Header{"Content-Type": {json}, "ClientState": {secret}},
			body: `{"@odata.context":"https://outlook.office.com/api/v2.0/$metadata#Events/Microsoft.OutlookServices.NotificationBase","value":[` +
				outlookItem("NTM4", "1", "Created", "AAMkAD1=", "a") + `]}`,
			want: []understood{{"outlook-final", "NTM4", notify.Created, "", 1, true, diagnosis.ClientStateRight, "https://outlook.office.com/api/v2.0/Users('u')/Messages('AAMkAD1=')", "AAMkAD1="}},
		},
		{
			name:   "final, missed",
			header: http.Header{"Content-Type": {json}, "ClientState": {secret}},
			body: `{"value":[{"@odata.type":"#Microsoft.OutlookServices.Notification","Id":null,"SubscriptionId":"NTM4","SubscriptionExpirationDateTime":"2016-08-12T10:00:00Z",` +
				`"SequenceNumber":7,"ChangeType":"Missed"}]}`,
			want:  []understood{{"outlook-final", "NTM4", 0, notify.Missed, 7, true, diagnosis.ClientStateRight, "", ""}},
			rules: "rules: W3.2-03",
		},
		{
			name:   "final, removed",
			header: http.Header{"Content-Type": {json}, "ClientState": {secret}},
			body: `{"value":[{"SubscriptionId":"NTM4","SubscriptionExpirationDateTime":"2018-12-20T10:00:00Z","ChangeType":"SubscriptionRemoved",` +
				`"Error":{"Message":"Account state change 'AccountDisabled' has happened after last authorization time '2018', please recreate your subscription.","Code":"AccountStateChanged"}}]}`,
			want: []understood{{"outlook-final", "NTM4", 0, notify.SubscriptionRemoved, 0, false, diagnosis.ClientStateRight, "", ""}},
		},
		{
			name:   "preview, its client state in the body",
			header: http.Header{"Content-Type": {json}},
			body: `{"value":[{"subscriptionId":"7f10","subscriptionExpirationDateTime":"2015-11-20T18:23:45.9356913Z","clientState":"` + secret + `","changeType":"Created","resource":"Users/ddfc@1717/messages/AAMk",` +
				`"resourceData":{"@odata.type":"#Microsoft.Graph.Message","@odata.id":"Users/ddfc@1717/messages/AAMk","@odata.etag":"W/\"CQAA\"","Id":"AAMk"}}]}`,
			want:  []understood{{"graph-preview", "7f10", notify.Created, "", 0, false, diagnosis.ClientStateRight, "Users/ddfc@1717/messages/AAMk", "AAMk"}},
			rules: "rules: W4.1-05",
		},
		{
			name:   "Graph, several subscriptions and client states in one body",
			header: http.Header{"Content-Type": {utf8}},
			body:   batch(graphItem("7f10", "created", "AAMk", "a", secret), graphItem("8f11", "updated", "AAMl", "b", "of-another")),
			want: []understood{
				{"graph-v1.0", "7f10", notify.Created, "", 0, false, diagnosis.ClientStateRight, "Users/8ee4/Messages/AAMk", "AAMk"},
				{"graph-v1.0", "8f11", notify.Updated, "", 0, false, diagnosis.ClientStateWrong, "Users/8ee4/Messages/AAMl", "AAMl"},
			},
			rules: "rules: W4.1-05",
		},
		{
			name:   "Graph, lifecycle as documented, beside a change",
			header: http.Header{"Content-Type": {utf8}},
			body: batch(`{"subscriptionId":"7f10","subscriptionExpirationDateTime":"2026-10-20T11:00:00.0000000Z","tenantId":"84bd","clientState":"`+secret+`","lifecycleEvent":"reauthorizationRequired"}`,
				`{"subscriptionId":"7f10","subscriptionExpirationDateTime":"2026-10-20T11:00:00.0000000Z","tenantId":"84bd","clientState":"`+secret+`","lifecycleEvent":"missed"}`,
				graphItem("7f10", "deleted", "AAMk", "a", secret)),
			want: []understood{
				{"graph-v1.0", "7f10", 0, notify.ReauthorizationRequired, 0, false, diagnosis.ClientStateRight, "", ""},
				{"graph-v1.0", "7f10", 0, notify.Missed, 0, false, diagnosis.ClientStateRight, "", ""},
				{"graph-v1.0", "7f10", notify.Deleted, "", 0, false, diagnosis.ClientStateRight, "Users/8ee4/Messages/AAMk", "AAMk"},
			},
			rules: "rules: W5-12",
		},
		{
			name:   "Graph, lifecycle as observed in 2023",
			header: http.Header{"Content-Type": {utf8}},
			body: `{"value":[{"lifecycleEvent":"reauthorizationRequired","subscriptionId":"7f10","resource":"Subscriptions/7f10","clientState":"` + secret + `","sequence":null,` +
				`"resourceData":{"@odata.type":"#microsoft.graph.subscription","@odata.id":"subscriptions/7f10","id":"7f10"},"encryptedContent":null,"organizationId":"84bd",` +
				`"subscriptionExpirationDateTime":"2023-10-20T11:00:00-08:00"}],"validationTokens":["eyJ"]}`,
			want:  []understood{{"graph-v1.0", "7f10", 0, notify.ReauthorizationRequired, 0, false, diagnosis.ClientStateRight, "Subscriptions/7f10", "7f10"}},
			rules: "rules: W5-12",
		},
		{
			name:   "Graph, lifecycle as observed in 2026",
			header: http.Header{"Content-Type": {utf8}},
			body: `{"value":[{"subscriptionId":"7f10","subscriptionExpirationDateTime":"2026-10-20T11:00:00+00:00","clientState":"` + secret + `","lifecycleEvent":"subscriptionRemoved","organizationId":"84bd",` +
				`"resource":"","resourceData":{"@odata.type":"#microsoft.graph.subscription","@odata.id":"subscriptions/7f10","id":"7f10"},"encryptedContent":null,"resourceChangeType":null}]}`,
			want:  []understood{{"graph-v1.0", "7f10", 0, notify.SubscriptionRemoved, 0, false, diagnosis.ClientStateRight, "", "7f10"}},
			rules: "rules: W5-12",
		},
		{
			name:   "ids of any length and padding",
			header: http.Header{"Content-Type": {json}, "ClientState": {secret}},
			body:   batch(outlookItem("x", "1", "Created", "AQ==", "a"), outlookItem("Y3BENzI2MEM_no-guid", "1", "Created", strings.Repeat("AQMk", 60), "b")),
			want: []understood{
				{"outlook-final", "x", notify.Created, "", 1, true, diagnosis.ClientStateRight, "https://outlook.office.com/api/v2.0/Users('u')/Messages('AQ==')", "AQ=="},
				{"outlook-final", "Y3BENzI2MEM_no-guid", notify.Created, "", 1, true, diagnosis.ClientStateRight,
					"https://outlook.office.com/api/v2.0/Users('u')/Messages('" + strings.Repeat("AQMk", 60) + "')", strings.Repeat("AQMk", 60)},
			},
			rules: "rules: W4.7-06 W4.7-14",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newReceiver(t, receiver.Config{ClientState: secret})
			if response := post(t, r, tt.header, tt.body); response.StatusCode != http.StatusAccepted {
				t.Fatalf("answer %d %s, want 202", response.StatusCode, text(t, response))
			}
			if diff := cmp.Diff(tt.want, understand(items(r))); diff != "" {
				t.Errorf("items (-want +got):\n%s", diff)
			}
			for i, item := range items(r) {
				if len(item.Problems) > 0 {
					t.Errorf("item %d: problems %q", i, item.Problems)
				}
			}
		})
	}
}

// Whatever our own encoder says, the receiver understands, in every dialect.
func TestUnderstandsTheEncoders(t *testing.T) {
	expires := arrival().Add(time.Hour)
	change := &notify.Change{
		Type: notify.Updated, Collection: notify.Events, Item: "AAMkAD1=", ETag: "CQAA",
		Mailbox: notify.Mailbox{ID: "8ee44408-0679-472c-bc2a-692812af3437", Tenant: "84bd8158-6d4d-4958-8b9f-9d6445542f95", Address: "ann@contoso.example"},
	}
	for _, d := range dialect.All() {
		t.Run(d.String(), func(t *testing.T) {
			r := newReceiver(t, receiver.Config{ClientState: secret})
			head := &dialect.Head{Subscription: "c3Vic2NyaXB0aW9u", Expires: expires, ClientState: secret, Tenant: change.Mailbox.Tenant}
			number := func() *dialect.Head { head.Sequence++; return head }
			base := "http://localhost:3650" + d.Base
			var bodies [][]byte
			var want []string
			if d.Notification.Acknowledge {
				bodies, want = append(bodies, d.AppendAcknowledgment(nil, head)), append(want, "Acknowledgment")
			}
			bodies = append(bodies, d.AppendItem(nil, number(), d.AppendShared(nil, change, base, nil)))
			want = append(want, "Updated "+d.ItemPath(change.Mailbox, notify.Events, change.Item, base))
			for _, event := range d.Notification.Events {
				bodies = append(bodies, d.AppendLifecycle(nil, number(), event, &notify.Error{Code: "AccountStateChanged", Message: "gone"}))
				want = append(want, string(event))
			}
			body := d.OpenBody(nil, base, notify.Events)
			body = append(body, bytes.Join(bodies, []byte{','})...)
			response := post(t, r, d.NotificationHeader(secret), string(d.CloseBody(body)))
			if response.StatusCode != http.StatusAccepted {
				t.Fatalf("answer %d %s, want 202", response.StatusCode, text(t, response))
			}
			var got []string
			for _, i := range items(r) {
				if !i.Good() || i.ClientState != diagnosis.ClientStateRight || i.Subscription != head.Subscription {
					t.Errorf("item %d: %+v, findings %v", i.Index, i, i.Findings())
				}
				n := i.Notification()
				switch {
				case i.Lifecycle != "":
					got = append(got, string(i.Lifecycle))
				case n.Data == nil:
					got = append(got, i.Change.Name())
				default:
					got = append(got, i.Change.Name()+" "+n.Data.URL)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("items (-want +got):\n%s", diff)
			}
			as := d.Name
			switch d { // that share their bodies with others
			case dialect.GraphBeta:
				as = dialect.GraphV1.Name
			case dialect.GraphV1Of2016:
				as = dialect.GraphPreview.Name
			}
			if name := items(r)[0].Dialect.Name; name != as {
				t.Errorf("understood as %s, want %s", name, as)
			}
		})
	}
}

// Every request that the three sources of this project print is received and understood.
func TestSeeds(t *testing.T) {
	const token = "NzE1NThmYmQtMDAwMQ=="
	final := understood{
		"outlook-final", "Y3BENzI2MEMtODNDOS00OTgwLUI4MzYtRkU0RkJFQ0QwNDA0XzI0MjlFMDM3LTIyODAtNDI5QS05RTI5LTQ2ODJEMjUxNDFENg==", notify.Created, "", 1, true, diagnosis.ClientStateRight,
		"https://outlook.office.com/api/beta/Users('user@contoso.com')/Messages('AQMkADI0MjllMDM3LTIyADgwLTQyOWEtOWUyOS00NjgyZDI1MTQxZDYARgAAA8rN0_5DrtJIjeiZuFmXzhwHAMS1HuBHgjpCsMTk7B3DDOIAAAIBDAAAAMS1HuBHgjpCsMTk7B3DDOIAAAIFeQAAAA==')",
		"AQMkADI0MjllMDM3LTIyADgwLTQyOWEtOWUyOS00NjgyZDI1MTQxZDYARgAAA8rN0_5DrtJIjeiZuFmXzhwHAMS1HuBHgjpCsMTk7B3DDOIAAAIBDAAAAMS1HuBHgjpCsMTk7B3DDOIAAAIFeQAAAA==",
	}
	interim := final
	interim.Dialect = "outlook-interim"
	preview := understood{
		"graph-preview", "7f105c7d-2dc5-4530-97cd-4e7af6534c07", notify.Created, "", 0, false, diagnosis.ClientStateUnchecked,
		"Users/ddfcd489-628b-7d04-b48b-20075df800e5@1717622f-1d94-c0d4-9d74-f907ad6677b4/messages/AAMkADMxZmEzMDM1LTFjODQtNGVkMC04YzY3LTBjZTRlNDFjNGE4MwBGAAAAAAAr-q_ZG7oXSaqxum7oZW5RBwCoeN6SYXGLRrvRm_CYrrfQAAAAAAEMAACoeN6SYXGLRrvRm_CYrrfQAACvtMe6AAA=",
		"AAMkADMxZmEzMDM1LTFjODQtNGVkMC04YzY3LTBjZTRlNDFjNGE4MwBGAAAAAAAr-q_ZG7oXSaqxum7oZW5RBwCoeN6SYXGLRrvRm_CYrrfQAAAAAAEMAACoeN6SYXGLRrvRm_CYrrfQAACvtMe6AAA=",
	}
	sample := understood{
		"outlook-final", "Mjg3NTVDQkYtMDAwMQ==", notify.Created, "", 1, true, diagnosis.ClientStateRight,
		"https://outlook.office.com/api/v2.0/Users('user@contoso.com')/Events('AAMkAD0001=')", "AAMkAD0001=",
	}
	tests := map[string]struct {
		clientState string
		item        *understood // nil for a handshake
		mended      string
	}{
		"outlook-final-notification.http":   {"Client information", &final, "no-break blanks stood between the values"},
		"outlook-final-handshake.http":      {"Client information", nil, ""},
		"outlook-interim-notification.http": {"Client information", &interim, "no-break blanks stood between the values"},
		"graph-preview-notification.http":   {"", &preview, "the quotes inside @odata.etag were not escaped"},
		"graph-preview-handshake.http":      {"", nil, ""},
		"outlook-sample-notification.http":  {"0f8fad5b-d9cb-469f-a165-70867728950e", &sample, ""},
		"outlook-sample-handshake.http":     {"0f8fad5b-d9cb-469f-a165-70867728950e", nil, ""},
	}
	files, err := filepath.Glob("testdata/seeds/*.http")
	if err != nil || len(files) != len(tests) {
		t.Fatalf("found %d seeds (%v), want %d", len(files), err, len(tests))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			tt, ok := tests[filepath.Base(file)]
			if !ok {
				t.Fatal("nothing is said of what to expect of it")
			}
			r := newReceiver(t, receiver.Config{ClientState: tt.clientState})
			req := readRequest(t, file)
			response := send(t, r, req.Method, req.URL.String(), req.Header, text(t, &http.Response{Body: req.Body}))
			answer := text(t, response)
			if tt.item == nil {
				if response.StatusCode != http.StatusOK || answer != token {
					t.Errorf("answer %d %q, want 200 %q", response.StatusCode, answer, token)
				}
				return
			}
			if response.StatusCode != http.StatusAccepted {
				t.Fatalf("answer %d %s, want 202", response.StatusCode, answer)
			}
			all := items(r)
			if diff := cmp.Diff([]understood{*tt.item}, understand(all)); diff != "" {
				t.Errorf("item (-want +got):\n%s", diff)
			}
			if len(all) == 1 && !all[0].Good() {
				t.Errorf("findings %v, problems %q, want none", all[0].Findings(), all[0].Problems)
			}
			if got := entries(r, "received")[0].Data.(*receiver.Request); got.Mended != tt.mended || len(got.Findings) != 0 {
				t.Errorf("mended %q, findings %v, want %q and none", got.Mended, got.Findings, tt.mended)
			}
		})
	}
}

// readRequest reads a request from a file of text: lines may end without CR, and the length of the body is that of the rest.
func readRequest(t testing.TB, file string) *http.Request {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, body, ok := strings.Cut(string(content), "\n\n")
	if !ok {
		t.Fatalf("%s: no blank line ends the header", file)
	}
	req, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head + "\n\n")))
	if err != nil {
		t.Fatal(err)
	}
	req.Body = http.NoBody
	if body != "" {
		req.Body = readCloser{strings.NewReader(body)}
	}
	return req
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }
