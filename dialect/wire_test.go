package dialect

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/outlocal/outlocal/notify"
)

func TestHandshakeURL(t *testing.T) {
	for _, tt := range []struct {
		name, rules string
		d           *Dialect
		url, token  string
		want        string
	}{
		{"a query of its own is kept", "rules: W2.1-07 W1.4-04 R21", GraphV1, "https://h/cb?code=a%2Bb&x=", "t", "https://h/cb?code=a%2Bb&x=&validationToken=t"},
		{"an empty query", "", GraphV1, "https://h/cb?", "t", "https://h/cb?validationToken=t"},
		{"a fragment goes", "", GraphV1, "https://h/cb#top", "t", "https://h/cb?validationToken=t"},
		{"as .NET escapes", "rules: W2.2-01 R21", GraphV1, "https://h/cb", "a b:c+d%é/=(1)*!-_.~", "https://h/cb?validationToken=a+b%3ac%2bd%25%c3%a9%2f%3d(1)*!-_.%7e"},
		{"base64's padding", "rules: W2.1-11", OutlookFinal, "https://h/cb", "NzE=", "https://h/cb?validationtoken=NzE%3d"},
		{"the preview's spelling", "rules: W2.1-02", GraphPreview, "https://h/cb", "t", "https://h/cb?validationtoken=t"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.d.Handshake.URL(tt.url, tt.token)
			if got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
			u, err := url.Parse(got)
			if err != nil || u.Query().Get(tt.d.Handshake.Parameter) != tt.token {
				t.Errorf("a receiver decodes %q, %v", u.Query().Get(tt.d.Handshake.Parameter), err)
			}
		})
	}
}

func TestHandshakeData(t *testing.T) {
	// rules: W2.1-01 W2.1-08 W2.1-09 W2.1-12 W10-29
	for d, limit := range map[*Dialect]time.Duration{OutlookLegacy: 0, OutlookInterim: 0, OutlookFinal: 5 * time.Second, OutlookFinal2015: 5 * time.Second, GraphPreview: 10 * time.Second, GraphV1: 10 * time.Second, GraphBeta: 10 * time.Second} {
		switch {
		case limit == 0 && d.Handshake != nil:
			t.Errorf("%s has a handshake", d)
		case limit != 0 && (d.Handshake == nil || d.Handshake.Limit != limit):
			t.Errorf("%s: handshake %+v, want a limit of %v", d, d.Handshake, limit)
		}
	}
	if token := GraphV1.Handshake.Token(guid.String()); len(token) != 117 {
		t.Errorf("Graph's token has %d characters: %s", len(token), token)
	}
}

func FuzzHandshakeURL(f *testing.F) {
	for _, seed := range []string{"https://h/cb", "https://h/cb?a=b", "https://h/?x=%zz", "http://[::1]:1/#f"} {
		f.Add(seed, "Validation: a+b%&<é")
	}
	f.Fuzz(func(t *testing.T, address, token string) {
		before, err := url.Parse(address)
		if err != nil || strings.Contains(address, "#") {
			return
		}
		after, err := url.Parse(GraphV1.Handshake.URL(address, token))
		if err != nil {
			t.Fatalf("%q gave an unreadable URL: %v", address, err)
		}
		if before.Host != after.Host || before.Path != after.Path || !strings.HasPrefix(after.RawQuery, before.RawQuery) {
			t.Errorf("%q became %q", address, after)
		}
		values := after.Query()["validationToken"]
		if len(values) > 0 && values[len(values)-1] == token || strings.Contains(before.RawQuery, ";") {
			return
		}
		t.Errorf("%q: the token %q comes out as %q", after, token, values)
	})
}

func TestSubscriptionIDs(t *testing.T) {
	// rules: W4.7-12 W4.7-13 W1.1-18
	id := OutlookFinal.SubscriptionID(guid, user.Store)
	if len(id) != 100 || !strings.HasSuffix(id, "==") {
		t.Errorf("Outlook's id has %d characters: %s", len(id), id)
	}
	if got, ok := OutlookFinal.GUID(id); !ok || got != guid {
		t.Errorf("GUID(%s) = %s, %t", id, got, ok)
	}
	for name, bad := range map[string]string{"other letters": strings.ToLower(id), "not base64": "???", "no second half": "RDI3MjYwQzg=", "Graph's": guid.String(), "none": ""} {
		if _, ok := OutlookFinal.GUID(bad); ok {
			t.Errorf("%s: %q was taken for an id", name, bad)
		}
	}
	if got := GraphV1.SubscriptionID(guid, user.Store); got != "d27260c8-83c9-4980-b836-fe4fbecd0404" {
		t.Errorf("Graph's id is %s", got)
	}
	for _, bad := range []string{strings.ToUpper(guid.String()), "{" + guid.String() + "}", "urn:uuid:" + guid.String(), "x"} {
		if _, ok := GraphV1.GUID(bad); ok {
			t.Errorf("%q was taken for an id", bad)
		}
	}
}

// Header names go out in the service's own letters, past Go's canonical form.
//
// rules: W4.1-09
func TestNotificationHeaderKeepsItsLetters(t *testing.T) {
	for d, want := range map[*Dialect]string{OutlookLegacy: "x-ClientState", OutlookInterim: "x-context", OutlookFinal: "ClientState"} {
		h := d.NotificationHeader("s")
		if _, ok := h[want]; !ok {
			t.Errorf("%s: header %v has no %s", d, h, want)
		}
		if _, ok := h["OData-Version"]; !ok {
			t.Errorf("%s: header %v has no OData-Version in these letters", d, h)
		}
		if len(d.NotificationHeader("")) != 2 {
			t.Errorf("%s sends a client-state header without a client state", d)
		}
	}
	for _, d := range []*Dialect{GraphPreview, GraphV1, GraphBeta} { // rules: W4.1-05 W4.1-06
		if h := d.NotificationHeader("s"); len(h) != 1 {
			t.Errorf("%s: header %v", d, h)
		}
	}
}

func TestQuirks(t *testing.T) {
	g := goldenOf(GraphV1)
	for _, tt := range []struct {
		name, rules string
		d           *Dialect
		want        string
	}{
		{"an id of its own", "rules: W10-19", GraphV1.With(func(d *Dialect) { d.Notification.OwnID = true }), `{"value":[{"id":"`},
		{"a context on top", "rules: W10-30", OutlookFinal.With(func(d *Dialect) { d.Notification.Context = true }), `{"@odata.context":"B/$metadata#Messages/Microsoft.OutlookServices.NotificationBase","value":[`},
		{"dates quoted twice", "rules: W10-27", GraphPreview.With(func(d *Dialect) { d.Notification.QuotedDates = true }), `"subscriptionExpirationDateTime":"\"2026-10-20T11:00:00.0797291Z\""`},
		{"dates as documented", "rules: W0-03 W10-41", GraphV1.With(DocumentedDates), `"subscriptionExpirationDateTime":"2026-10-20T11:00:00.0797291Z"`},
		{"no client state", "rules: W4.6-05", GraphV1, `}]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			head := g.head
			if tt.name == "no client state" {
				head.ClientState = ""
			}
			body := tt.d.CloseBody(append(tt.d.OpenBody(nil, "B", notify.Messages), tt.d.AppendItem(nil, &head, tt.d.AppendShared(nil, &g.change, "B", nil))...))
			if !json.Valid(body) || !strings.Contains(string(body), tt.want) {
				t.Errorf("no %s in %s", tt.want, body)
			}
			if tt.name == "no client state" && strings.Contains(string(body), "clientState") {
				t.Errorf("a client state in %s", body)
			}
			if _, err := Read(http.Header{}, body); err != nil {
				t.Errorf("a receiver can't read it: %v", err)
			}
		})
	}
	if GraphV1.Notification.OwnID || GraphPreview.Notification.QuotedDates || OutlookFinal.Notification.Context {
		t.Error("turning a knob of a copy turned the dialect's own")
	}
}

// Rich items carry the selected properties in clear; a deletion carries none.
//
// rules: W4.4-05 W4.4-06 W4.4-03
func TestRichItems(t *testing.T) {
	change := notify.Change{Type: notify.Updated, Mailbox: user, Collection: notify.Messages, Item: "AAMk=", ETag: "E", After: []notify.Property{
		{Name: "subject", Value: `Hi "you" <b>é`}, {Name: "isRead", Value: false}, {Name: "importance", Value: notify.Enum("normal")}, {Name: "body", Value: "no"},
	}}
	want := `"ChangeType":"Updated","Resource":"B/Users('8ee44408-0679-472c-bc2a-692812af3437@84bd8158-6d4d-4958-8b9f-9d6445542f95')/Messages('AAMk=')",` +
		`"ResourceData":{"@odata.type":"#Microsoft.OutlookServices.Message","@odata.id":"B/Users('8ee44408-0679-472c-bc2a-692812af3437@84bd8158-6d4d-4958-8b9f-9d6445542f95')/Messages('AAMk=')",` +
		`"@odata.etag":"W/\"E\"","Id":"AAMk=","Subject":"Hi \"you\" <b>é","IsRead":false,"Importance":"Normal"}`
	rich := []string{"Subject", "IsRead", "Importance"}
	if diff := cmp.Diff(want, string(OutlookFinal.AppendShared(nil, &change, "B", rich))); diff != "" {
		t.Error(diff)
	}
	change.Type = notify.Deleted
	if got := string(OutlookFinal.AppendShared(nil, &change, "B", rich)); strings.Contains(got, "Subject") || !strings.Contains(got, `"Id":"AAMk="`) {
		t.Errorf("a deletion reads %s", got)
	}
	for c, word := range map[notify.Collection]string{notify.Events: "Event", notify.Contacts: "Contact", notify.Tasks: "Task"} {
		change.Collection = c
		if got := string(OutlookFinal.AppendShared(nil, &change, "B", nil)); !strings.Contains(got, `"#Microsoft.OutlookServices.`+word+`"`) {
			t.Errorf("%v: %s", c, got)
		}
		if got := string(GraphV1.AppendShared(nil, &change, "B", nil)); !strings.Contains(got, `"changeType":"deleted"`) || !strings.Contains(got, `"#Microsoft.Graph.`+word+`"`) { // rules: W4.6-03 W4.6-04 R28
			t.Errorf("%v: %s", c, got)
		}
	}
}

func TestAppendEntity(t *testing.T) {
	item := &notify.Item{ID: "AAMk=", ETag: "CQ+", Collection: notify.Messages, Mailbox: user, Properties: []notify.Property{
		{Name: "receivedDateTime", Value: date("2016-01-02T03:04:05.5Z")}, {Name: "subject", Value: "Hi"}, {Name: "importance", Value: notify.Enum("normal")},
		{Name: "body", Value: notify.Object{{Name: "contentType", Value: notify.Enum("html")}, {Name: "content", Value: "<p>"}}},
		{Name: "flag", Value: notify.Object{{Name: "flagStatus", Value: notify.Enum("notFlagged")}}},
		{Name: "toRecipients", Value: notify.List{notify.Object{{Name: "emailAddress", Value: notify.Object{{Name: "name", Value: "Ann"}, {Name: "address", Value: "ann@x"}}}}}},
		{Name: "mobilePhone", Value: "1"}, {Name: "categories", Value: notify.List{}}, {Name: "sender", Value: nil}, {Name: "size", Value: 5},
	}}
	l := Links{Base: "B", Spoken: "Me", Mailbox: user}
	for _, tt := range []struct {
		name, rules string
		d           *Dialect
		selected    []string
		want        string
	}{
		{"graph", "rules: W7.1-04 W7.1-06 W7.1-12 W4.7-11", GraphV1, nil,
			`{"@odata.context":"B/$metadata#users('` + user.ID + `')/messages/$entity","@odata.etag":"W/\"CQ+\"","id":"AAMk=","receivedDateTime":"2016-01-02T03:04:05.5Z","subject":"Hi","importance":"normal","body":{"contentType":"html","content":"<p>"},"flag":{"flagStatus":"notFlagged"},"toRecipients":[{"emailAddress":{"name":"Ann","address":"ann@x"}}],"mobilePhone":"1","categories":[],"sender":null,"size":5}`},
		{"graph, selected", "rules: W7.1-04", GraphV1, []string{"subject", "isRead"}, `{"@odata.context":"B/$metadata#users('` + user.ID + `')/messages(subject,isRead)/$entity","@odata.etag":"W/\"CQ+\"","id":"AAMk=","subject":"Hi"}`},
		{"final", "rules: W7.1-03 W7.1-05", OutlookFinal, []string{"ReceivedDateTime", "Importance", "Body", "Flag", "ToRecipients", "MobilePhone1"},
			`{"@odata.context":"B/$metadata#Me/Messages(ReceivedDateTime,Importance,Body,Flag,ToRecipients,MobilePhone1)/$entity","@odata.id":"B/Users('` + user.ID + `@` + user.Tenant + `')/Messages('AAMk=')","@odata.etag":"W/\"CQ+\"","Id":"AAMk=","ReceivedDateTime":"2016-01-02T03:04:05.5Z","Importance":"Normal","Body":{"ContentType":"HTML","Content":"<p>"},"Flag":{"FlagStatus":"NotFlagged"},"ToRecipients":[{"EmailAddress":{"Name":"Ann","Address":"ann@x"}}],"MobilePhone1":"1"}`},
		{"legacy has other names for dates", "rules: W7.1-07 W1.1-22", OutlookLegacy, []string{"DateTimeReceived"}, `{"@odata.context":"B/$metadata#Me/Messages(DateTimeReceived)/$entity","@odata.id":"B/Users('user@contoso.com')/Messages('AAMk=')","@odata.etag":"W/\"CQ+\"","Id":"AAMk=","DateTimeReceived":"2016-01-02T03:04:05.5Z"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, string(tt.d.AppendEntity(nil, item, l, tt.selected))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAppendError(t *testing.T) {
	// rules: W6.1-01 W6.1-02 W6.1-03 R12
	trace := Trace{Request: "r", Client: "c", Date: "2026-01-15T17:19:59"}
	e := &notify.Error{Code: "ErrorItemNotFound", Message: `no "x"`}
	if got, want := string(OutlookFinal.AppendError(nil, e, trace)), `{"error":{"code":"ErrorItemNotFound","message":"no \"x\""}}`; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	e.Inner = map[string]string{"code": "429"}
	want := `{"error":{"code":"ErrorItemNotFound","message":"no \"x\"","innerError":{"code":"429","date":"2026-01-15T17:19:59","request-id":"r","client-request-id":"c"}}}`
	if got := string(GraphV1.AppendError(nil, e, trace)); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// Every dialect words every reason, with as many verbs as the reason has facts.
func TestEveryReasonIsWorded(t *testing.T) {
	facts := map[Kind]int{BadPayload: 1, UnknownProperty: 2, DuplicateProperty: 1, MissingProperty: 1, WrongType: 1, BadType: 1, TooLong: 2, BadDate: 1, Unsendable: 1, FixedProperty: 1, WebPush: 1, BadChangeType: 1, BadURL: 1, PlainURL: 1, BadResource: 1, UnsupportedResource: 1, UnknownResource: 1, BadCertificate: 1, TooFar: 1, Duplicate: 1, HandshakeFailed: 1, NoSegment: 1, TooLarge: 1, UnsupportedMedia: 1, UnsupportedEncoding: 1, NotEmulated: 1, BadBatch: 1}
	for _, d := range All() {
		for k := Kind(0); k < lastKind; k++ {
			r, ok := d.Refusals[k]
			if !ok || r.Status < 400 || r.Message == "" {
				t.Errorf("%s has no words for reason %d", d, k)
			}
			if verbs(r.Message) > facts[k] {
				t.Errorf("%s wants %d facts for reason %d: %q", d, verbs(r.Message), k, r.Message)
			}
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		want       Fault
		line       int
	}{
		{"nothing", "", Empty, 0},
		{"blanks", " \n", Empty, 0},
		{"cut off", "{\n\"value\":[{", NotJSON, 2},
		{"HTML", "<html>", NotJSON, 1},
		{"an array", "[]", NoValue, 0},
		{"another case", `{"Value":[]}`, NoValue, 0},
		{"value is an object", `{"value":{}}`, NoValue, 0},
		{"names of nobody", `{"value":[{"a":1,"b":2}]}`, UnknownDialect, 0},
		{"names in another case", `{"value":[{"subscriptionid":"x","changetype":"created","Clientstate":""}]}`, UnknownDialect, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Read(nil, []byte(tt.body))
			var fault *BodyError
			if !errors.As(err, &fault) || fault.Fault != tt.want || fault.Line != tt.line || fault.Reason == "" {
				t.Errorf("Read(%q) = %+v", tt.body, err)
			}
		})
	}
}

// What is wrong with one entry says nothing of the others.
func TestReadKeepsGoodItemsBesideBadOnes(t *testing.T) {
	const good = `{"subscriptionId":"s","subscriptionExpirationDateTime":"2026-01-01T00:00:00Z","changeType":"created","resource":"r","clientState":null,"tenantId":"t","surprise":[1]}`
	b, err := Read(nil, []byte(`{"value":[null,`+good+`,{"subscriptionId":5,"changeType":"eaten","subscriptionExpirationDateTime":"soon","tenantId":"t"},"x"],"validationTokens":["a.b.c"]}`))
	if err != nil {
		t.Fatal(err)
	}
	if b.Dialect != GraphV1 || len(b.Items) != 4 || len(b.Tokens) != 1 {
		t.Fatalf("read %s, %d items, %d tokens", b.Dialect, len(b.Items), len(b.Tokens))
	}
	for i, problems := range []int{1, 0, 5, 1} {
		if len(b.Items[i].Problems) != problems {
			t.Errorf("item %d has problems %q", i, b.Items[i].Problems)
		}
	}
	if n := b.Items[1]; !n.HasClientState || n.ClientState != "" || n.Change != notify.Created {
		t.Errorf("read %+v", n)
	}
}

func FuzzRead(f *testing.F) {
	for _, d := range All() {
		g := goldenOf(d)
		f.Add(d.CloseBody(append(d.OpenBody(nil, "B", notify.Messages), d.AppendItem(nil, &g.head, d.AppendShared(nil, &g.change, "B", nil))...)))
	}
	f.Add([]byte(`{"value":[null,{"Id":null,"subscriptionId":"x"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := Read(http.Header{"Clientstate": {"s"}}, body)
		if err != nil {
			if fault := (*BodyError)(nil); !errors.As(err, &fault) {
				t.Fatalf("error of type %T", err)
			}
			return
		}
		for _, item := range got.Items {
			if len(item.Problems) == 0 && (item.Subscription == "" || item.Change == 0 && item.Lifecycle == "") {
				t.Errorf("no problem is seen in %s", item.Raw)
			}
		}
	})
}

func FuzzReadCreate(f *testing.F) {
	for _, body := range bodies {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, d := range All() {
			r, refusal := d.ReadCreate(body)
			if refusal != nil {
				if refusal.Status < 400 || refusal.Message == "" || !json.Valid(d.AppendError(nil, refusal, Trace{})) {
					t.Errorf("%s refuses with %+v", d, refusal)
				}
				continue
			}
			shown := d.AppendSubscription(nil, &r.Subscription, OnCreate, Links{})
			if !json.Valid(shown) || r.Changes == 0 || r.NotificationURL == "" {
				t.Errorf("%s took %q and shows %s", d, body, shown)
			}
		}
	})
}

func TestLookup(t *testing.T) {
	for _, d := range All() {
		if got, err := Lookup(d.String()); err != nil || got != d {
			t.Errorf("Lookup(%q) = %v, %v", d, got, err)
		}
	}
	if _, err := Lookup("outlook"); err == nil || !strings.Contains(err.Error(), "outlook-final@2015") {
		t.Errorf("Lookup of an unknown name: %v", err)
	}
	if len(All()) != len(history) {
		t.Errorf("%d dialects are registered, history has %d", len(All()), len(history))
	}
	if id := uuid.Nil; GraphV1.SubscriptionID(id, "") != id.String() {
		t.Error("the nil GUID has another text")
	}
}
