package dialect

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/notify"
)

func place(d *Dialect) Place {
	return Place{Mount: d.Base, Origin: "http://localhost:3650", OwnHost: func(h string) bool { return h == "localhost:3650" }}
}

func TestReadResource(t *testing.T) {
	const beta, v2, own = "https://outlook.office.com/api/beta/", "https://outlook.office.com/api/v2.0/", "http://localhost:3650/api/v2.0/"
	for _, tt := range []struct {
		name, rules string
		d           *Dialect
		text        string
		want        notify.Resource
	}{
		{"all messages", "rules: W1.5-01 W1.3-11", OutlookLegacy, beta + "me/messages", notify.Resource{User: "me", Collection: notify.Messages}},
		{"a folder, key as a segment", "rules: W1.5-02", OutlookLegacy, beta + "users/ann@contoso.example/folders/inbox/messages", notify.Resource{User: "ann@contoso.example", Folder: "inbox", Collection: notify.Messages}},
		{"a folder, key in parentheses", "rules: W1.5-02", OutlookInterim, beta + "me/folders('Inbox')/messages", notify.Resource{User: "me", Folder: "Inbox", Collection: notify.Messages}},
		{"events", "rules: W1.5-01", OutlookInterim, beta + "Me/Events", notify.Resource{User: "me", Collection: notify.Events}},
		{"mailfolders in final", "rules: W1.5-03", OutlookFinal, v2 + "me/mailfolders('inbox')/messages", notify.Resource{User: "me", Folder: "inbox", Collection: notify.Messages}},
		{"folders in final", "rules: W1.5-03", OutlookFinal, v2 + "me/folders('Inbox')/messages", notify.Resource{User: "me", Folder: "Inbox", Collection: notify.Messages}},
		{"the other host", "rules: W1.1-03", OutlookFinal, "https://outlook.office365.com/api/v2.0/me/contacts", notify.Resource{User: "me", Collection: notify.Contacts}},
		{"the emulator's own host", "", OutlookFinal, own + "me/contacts", notify.Resource{User: "me", Collection: notify.Contacts}},
		{"tasks", "rules: W1.5-09", OutlookFinal, v2 + "me/tasks", notify.Resource{User: "me", Collection: notify.Tasks}},
		{"tasks of a folder", "rules: W1.5-09", OutlookFinal, v2 + "me/taskfolders('AAMk=')/tasks", notify.Resource{User: "me", Folder: "AAMk=", Collection: notify.Tasks}},
		{"a filter", "rules: W1.5-10 W1.5-18", OutlookFinal, v2 + "me/messages?$filter=HasAttachments%20eq%20true%20AND%20Importance%20eq%20'High'", notify.Resource{User: "me", Collection: notify.Messages, Filter: "HasAttachments eq true AND Importance eq 'High'"}},
		{"a selection", "rules: W1.5-11", OutlookFinal, v2 + "me/messages?$select=Subject,%20IsRead", notify.Resource{User: "me", Collection: notify.Messages, Select: []string{"Subject", "IsRead"}}},
		{"relative", "rules: W1.5-05 W1.4-06", GraphV1, "me/messages", notify.Resource{User: "me", Collection: notify.Messages}},
		{"with a slash in front", "rules: W1.4-06 R25", GraphV1, "/me/mailFolders/AAMk=/messages", notify.Resource{User: "me", Folder: "AAMk=", Collection: notify.Messages}},
		{"of a user", "rules: W1.5-05 R25", GraphV1, "users/ann@contoso.com/mailFolders('inbox')/messages", notify.Resource{User: "ann@contoso.com", Folder: "inbox", Collection: notify.Messages}},
		{"a folder in a folder", "", GraphV1, "me/mailFolders/a/childFolders/b/messages", notify.Resource{User: "me", Folder: "b", Collection: notify.Messages}},
		{"events of a calendar", "rules: W1.5-06 R25", GraphV1, "me/calendars/AAMk=/events", notify.Resource{User: "me", Folder: "AAMk=", Collection: notify.Events}},
		{"events of the default calendar", "rules: W1.5-06", GraphV1, "me/events", notify.Resource{User: "me", Collection: notify.Events}},
		{"contacts of a folder", "rules: W1.5-08", GraphV1, "users/x@y.com/contactFolders/AAMk=/contacts", notify.Resource{User: "x@y.com", Folder: "AAMk=", Collection: notify.Contacts}},
		{"the Go SDK's alias of me", "rules: W8.3-02", GraphV1, "users/me-token-to-replace/events", notify.Resource{User: "me", Collection: notify.Events}},
		{"a filter in Graph", "rules: W1.5-10", GraphBeta, "me/messages?$filter=isRead eq false", notify.Resource{User: "me", Collection: notify.Messages, Filter: "isRead eq false"}},
		{"the preview's folder", "rules: W1.5-04", GraphPreview, "me/folders('vacation')/messages", notify.Resource{User: "me", Folder: "vacation", Collection: notify.Messages}},
	} {
		t.Run(tt.name+" in "+tt.d.String(), func(t *testing.T) {
			got, refusal := tt.d.ReadResource(tt.text, place(tt.d))
			if refusal != nil {
				t.Fatalf("%v (%s)", refusal, refusal.Hint)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadResourceRefuses(t *testing.T) {
	const v2 = "https://outlook.office.com/api/v2.0/"
	for _, tt := range []struct {
		name, rules   string
		d             *Dialect
		text          string
		status        int
		code, message string
	}{
		{"relative in Outlook", "rules: W1.3-11 W6.2-01", OutlookFinal, "me/messages", 400, "ErrorInvalidParameter", "The value 'me/messages' of parameter 'Resource' is invalid."},
		{"another version", "rules: W1.3-11", OutlookFinal, "https://outlook.office.com/api/beta/me/messages", 400, "ErrorInvalidParameter", "of parameter 'Resource' is invalid."},
		{"another host", "rules: W1.3-11", OutlookFinal, "https://evil.example/api/v2.0/me/messages", 400, "ErrorInvalidParameter", "of parameter 'Resource' is invalid."},
		{"folders themselves", "rules: W1.5-15", OutlookFinal, v2 + "me/mailfolders", 400, "ErrorInvalidParameter", "is not supported."},
		{"a filter in legacy", "rules: W1.5-10", OutlookLegacy, "https://outlook.office.com/api/beta/me/messages?$filter=IsRead eq false", 400, "RequestBrokerOld-ParseUri", "query syntax"},
		{"mailfolders in legacy", "rules: W1.5-02", OutlookLegacy, "https://outlook.office.com/api/beta/me/mailfolders('inbox')/messages", 400, "ErrorInvalidParameter", "is invalid."},
		{"tasks in Graph's mail", "", GraphV1, "me/tasks", 400, "BadRequest", "Resource 'me/tasks' is not supported."},
		{"one item", "rules: W1.5-07 R25", GraphV1, "me/events/AAMk=", 400, "ExtensionError", "of parameter 'Resource' is not supported."},
		{"folders themselves in Graph", "rules: W1.5-15", GraphV1, "me/mailFolders", 400, "ExtensionError", "is not supported."},
		{"one folder itself", "rules: W1.5-15", GraphV1, "me/mailFolders/inbox", 400, "ExtensionError", "is not supported."},
		{"$top", "rules: W1.5-13 W6.3-07", GraphV1, "me/messages?$top=5", 400, "ExtensionError", "Operation: Create; Exception: [Status Code: BadRequest; Reason: $top, $skip, $orderby, $select=body,uniqueBody and $expand"},
		{"$orderby", "rules: W1.5-13", GraphV1, "me/messages?$orderby=subject", 400, "ExtensionError", "are not supported in subscription resource Url."},
		{"the body selected", "rules: W1.5-13", GraphV1, "me/messages?$select=subject,body", 400, "ExtensionError", "are not supported in subscription resource Url."},
		{"$expand of attachments", "rules: W1.5-13", GraphV1, "me/messages?$expand=attachments", 400, "ExtensionError", "are not supported in subscription resource Url."},
		{"a URL in Graph", "rules: W1.4-06", GraphV1, "https://graph.microsoft.com/v1.0/me/messages", 400, "BadRequest", "is not supported."},
		{"an unknown root", "rules: W6.3-10", GraphV1, "mailboxes/x", 400, "BadRequest", "Resource 'mailboxes/x' is not supported."},
		{"somebody else's service", "", GraphV1, "chats/1/messages", 501, "NotImplemented", "outlocal does not emulate the resource chats/1/messages."},
		{"To Do", "", GraphV1, "me/todo/lists/x/tasks", 501, "NotImplemented", "me/todo/lists/x/tasks"},
		{"a broken filter", "", GraphV1, "me/messages?$filter=isRead eq", 400, "ExtensionError", "is invalid."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, refusal := tt.d.ReadResource(tt.text, place(tt.d))
			if refusal == nil {
				t.Fatalf("was accepted: %+v", got)
			}
			if refusal.Status != tt.status || refusal.Code != tt.code || !strings.Contains(refusal.Message, tt.message) || refusal.Hint == "" {
				t.Errorf("refused with %d %s %q, hint %q", refusal.Status, refusal.Code, refusal.Message, refusal.Hint)
			}
		})
	}
}

// rules: W1.5-14 W6.3-08
func TestRefuseFolderInTheWordsThatGraphPassesOn(t *testing.T) {
	r, refusal := GraphV1.ReadResource("me/mailFolders('folderName')/messages", place(GraphV1))
	if refusal != nil {
		t.Fatal(refusal)
	}
	want := "Operation: Create; Exception: [Status Code: BadRequest; Reason: The value 'https://outlook.office365.com/api/v2.0/Users('" + user.ID + "@" + user.Tenant + "')/MailFolders('folderName')/Messages' of parameter 'Resource' is invalid.]"
	if got := GraphV1.RefuseFolder("", r, user); got.Message != want || got.Code != "ExtensionError" {
		t.Errorf("got %s %q\nwant %q", got.Code, got.Message, want)
	}
}

func FuzzReadResource(f *testing.F) {
	for _, seed := range []string{"me/messages", "https://outlook.office.com/api/v2.0/me/folders('Inbox')/messages?$filter=IsRead eq false", "users/a%40b/calendars('x')/events", "me//", "users('", "?$select=a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, d := range All() {
			r, refusal := d.ReadResource(text, place(d))
			if (refusal == nil) == (r.Collection == notify.None || r.Item != "") && refusal == nil {
				t.Errorf("%s: %q accepted as %+v", d, text, r)
			}
			if refusal != nil && (refusal.Status < 400 || refusal.Message == "" || refusal.Hint == "") {
				t.Errorf("%s: %q refused with %+v", d, text, refusal)
			}
		}
	})
}
