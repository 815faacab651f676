package dialect

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/notify"
)

// person is a recipient as a mailbox holds one.
func person(name, address string) notify.Object {
	return notify.Object{{Name: "emailAddress", Value: notify.Object{{Name: "name", Value: name}, {Name: "address", Value: address}}}}
}

// letter has the values of the sample in "Change notifications for Outlook resources", and some that it has not.
func letter() []notify.Property {
	return []notify.Property{
		{Name: "id", Value: "AAMkADI="},
		{Name: "receivedDateTime", Value: time.Date(2021, 12, 30, 10, 53, 35, 0, time.UTC)},
		{Name: "hasAttachments", Value: false},
		{Name: "subject", Value: "TEST MESSAGE FOR RICH NOTIFICATIONS"},
		{Name: "bodyPreview", Value: "Hello,\r\n\r\nWhat\u2019s up?\r\n\r\nThanks\r\nMegan"},
		{Name: "importance", Value: notify.Enum("normal")},
		{Name: "from", Value: person("Megan Brown", "Megan.Brown@microsoft.com")},
		{Name: "toRecipients", Value: notify.List{person("A", "a@b"), person("C", "c@d")}},
		{Name: "categories", Value: notify.List{"red", "blue"}},
		{Name: "flag", Value: notify.Object{{Name: "flagStatus", Value: notify.Enum("flagged")}}},
		{Name: "reminderMinutesBeforeStart", Value: 15},
		{Name: "birthday", Value: nil},
	}
}

// Content is what was selected, with types, and no more.
func TestContent(t *testing.T) {
	for _, tt := range []struct{ name, rules, selected, want string }{
		{"an id is left out though selected", "rules: W4.10-09", "id,subject", `{"subject":"TEST MESSAGE FOR RICH NOTIFICATIONS"}`},
		{"an id alone", "rules: W4.10-09", "id", `{}`},
		{"what there is not", "", "nothing", `{}`},
		{"truths, numbers and nulls tell their types", "", "hasAttachments,reminderMinutesBeforeStart,birthday", `{"hasAttachments":false,"reminderMinutesBeforeStart":15,"birthday":null}`},
		{
			"a list of objects", "rules: W4.10-10", "toRecipients",
			`{"toRecipients@odata.type":"#Collection(microsoft.graph.recipient)","toRecipients":[` +
				`{"@odata.type":"#microsoft.graph.recipient","emailAddress":{"@odata.type":"#microsoft.graph.emailAddress","name":"A","address":"a@b"}},` +
				`{"@odata.type":"#microsoft.graph.recipient","emailAddress":{"@odata.type":"#microsoft.graph.emailAddress","name":"C","address":"c@d"}}]}`,
		},
		{"a list of texts", "rules: W4.10-10", "categories", `{"categories@odata.type":"#Collection(String)","categories":["red","blue"]}`},
		{
			"an enum in an object", "rules: W4.10-10", "flag",
			`{"flag":{"@odata.type":"#microsoft.graph.followupFlag","flagStatus@odata.type":"#microsoft.graph.followupFlagStatus","flagStatus":"flagged"}}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := string(AppendContent(nil, notify.Messages, letter(), strings.Split(tt.selected, ",")))
			if got != tt.want {
				t.Error(cmp.Diff(strings.SplitAfter(tt.want, ","), strings.SplitAfter(got, ",")))
			}
			if !json.Valid([]byte(got)) {
				t.Errorf("not JSON: %s", got)
			}
		})
	}
}

// rules: W4.10-12
func TestCloseRichBody(t *testing.T) {
	for _, tt := range []struct {
		name   string
		tokens []string
		want   string
	}{
		{"none", nil, `],"validationTokens":null}`},
		{"one", []string{"a.b.c"}, `],"validationTokens":["a.b.c"]}`},
		{"two", []string{"a.b.c", "d.e.f"}, `],"validationTokens":["a.b.c","d.e.f"]}`},
	} {
		if got := string(GraphV1.CloseRichBody(nil, tt.tokens)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// A reader of today's Graph finds a rich item as it finds any other.
//
// rules: W4.6-04 W4.10-01 W4.10-02
func TestReadRich(t *testing.T) {
	g := goldenOf(GraphV1)
	g.head.Encrypted = &Encrypted{Data: []byte{1}, Signature: []byte{2}, Key: []byte{3}, CertificateID: "mine", Thumbprint: "AB"}
	item := GraphV1.AppendItem(nil, &g.head, GraphV1.AppendRich(nil, &g.change, g.base))
	body := GraphV1.CloseRichBody(append(GraphV1.OpenBody(nil, g.base, notify.Messages), item...), []string{"a.b.c"})
	read, err := Read(nil, body)
	if err != nil {
		t.Fatal(err)
	}
	got := read.Items[0]
	path := "Users('" + user.ID + "')/messages('" + itemID + "')"
	if len(got.Problems) > 0 || got.Resource != path || got.Data.URL != path || got.Data.Type != "#microsoft.graph.message" || got.Data.ID != itemID {
		t.Errorf("read %+v of %+v", got, got.Data)
	}
	if diff := cmp.Diff([]string{"a.b.c"}, read.Tokens); diff != "" {
		t.Error(diff)
	}
}
