package mailbox

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/notify"
)

// TestPropertiesComeInOrder holds the schemas against the lists of the service's documents.
func TestPropertiesComeInOrder(t *testing.T) {
	for _, tt := range []struct {
		rules      string
		collection notify.Collection
		want       string
	}{
		{"rules: W7.1-08", notify.Messages, `id createdDateTime lastModifiedDateTime changeKey categories receivedDateTime sentDateTime
			hasAttachments internetMessageId subject bodyPreview importance parentFolderId conversationId conversationIndex
			isDeliveryReceiptRequested isReadReceiptRequested isRead isDraft webLink inferenceClassification body sender from
			toRecipients ccRecipients bccRecipients replyTo flag`},
		{"rules: W7.1-10", notify.Events, `id createdDateTime lastModifiedDateTime changeKey categories transactionId
			originalStartTimeZone originalEndTimeZone iCalUId reminderMinutesBeforeStart isReminderOn hasAttachments subject
			bodyPreview importance sensitivity isAllDay isCancelled isOrganizer responseRequested seriesMasterId showAs type
			webLink onlineMeetingUrl isOnlineMeeting onlineMeetingProvider allowNewTimeProposals isDraft hideAttendees
			responseStatus body start end location locations recurrence attendees organizer onlineMeeting`},
		{"rules: W7.1-12", notify.Contacts, `id createdDateTime lastModifiedDateTime changeKey categories parentFolderId birthday fileAs
			displayName givenName initials middleName nickName surname title yomiGivenName yomiSurname yomiCompanyName generation
			imAddresses jobTitle companyName department officeLocation profession businessHomePage assistantName manager homePhones
			mobilePhone businessPhones spouseName personalNotes children emailAddresses homeAddress businessAddress otherAddress`},
		{"", notify.Tasks, `id createdDateTime lastModifiedDateTime changeKey categories assignedTo hasAttachments importance
			isReminderOn owner parentFolderId sensitivity status subject completedDateTime dueDateTime recurrence
			reminderDateTime startDateTime body`},
	} {
		t.Run(tt.collection.String(), func(t *testing.T) {
			r := raise(t, New(newStill(), 1), Op{Kind: notify.Created, Collection: tt.collection})
			var got []string
			for _, p := range r.Item().Properties {
				got = append(got, p.Name)
			}
			if diff := cmp.Diff(strings.Fields(tt.want), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// rules: W7.1-08
func TestHiddenPropertiesComeWhenSelected(t *testing.T) {
	m := New(newStill(), 1)
	change := raise(t, m, Op{Kind: notify.Created, Collection: notify.Messages, Set: map[string]any{"body": "Hello"}}).Change
	for _, name := range []string{"uniqueBody", "internetMessageHeaders"} {
		without, _ := m.Item(change.Mailbox, notify.Messages, change.Item, "subject")
		with, _ := m.Item(change.Mailbox, notify.Messages, change.Item, "subject", strings.ToUpper(name))
		has := func(p notify.Property) bool { return p.Name == name && p.Value != nil }
		if slices.ContainsFunc(without.Properties, has) || !slices.ContainsFunc(with.Properties, has) {
			t.Errorf("%s is there without being selected, or not when it is", name)
		}
	}
}

// TestDrawnValuesAreOfTheirKind draws many items of each type and looks at every property of each.
func TestDrawnValuesAreOfTheirKind(t *testing.T) {
	m := New(newStill(), 1)
	for c, s := range schemas {
		for range 30 {
			for _, folder := range []string{"", "drafts", "sentitems"} {
				if c != notify.Messages && folder != "" {
					continue
				}
				item := raise(t, m, Op{Kind: notify.Created, Collection: c, Folder: folder}).Item()
				for _, p := range item.Properties {
					f := s[s.find(p.Name)]
					if reason := f.misfit(p.Value); reason != "" {
						t.Errorf("%s of %s: %s", p.Name, c, reason)
					}
				}
			}
		}
	}
}

// misfit tells what is wrong with a value of f.
func (f *field) misfit(v any) string {
	switch v := v.(type) {
	case nil:
		if f.kind != text && f.kind != moment && f.kind != object {
			return "null"
		}
		return ""
	case string:
		if f.kind == text && utf8.ValidString(v) {
			return ""
		}
	case bool:
		if f.kind == truth {
			return ""
		}
	case int:
		if f.kind == whole {
			return ""
		}
	case time.Time:
		if f.kind == moment {
			return ""
		}
	case notify.Enum:
		if f.kind == word && slices.Contains(f.words, v) {
			return ""
		}
	case notify.List:
		for _, element := range v {
			inner := field{kind: text}
			if f.kind == objects {
				inner = field{kind: object, members: f.members}
			}
			if reason := inner.misfit(element); reason != "" {
				return reason
			}
		}
		if f.kind == texts || f.kind == objects {
			return ""
		}
	case notify.Object:
		for i, p := range v {
			if len(f.members) <= i || f.members[i].name != p.Name {
				if f.members == nil {
					return "" // an object of the mailbox's own, which nobody may set
				}
				return "member " + p.Name + " is not the schema's"
			}
			if reason := f.members[i].misfit(p.Value); reason != "" {
				return p.Name + " " + reason
			}
		}
		if f.kind == object {
			return ""
		}
	}
	return fmt.Sprintf("%#v is not of its kind", v)
}

// rules: W7.1-10
func TestEventsEnums(t *testing.T) {
	for name, want := range map[string]string{
		"showAs": "free tentative busy oof workingElsewhere unknown", "type": "singleInstance occurrence exception seriesMaster",
		"sensitivity": "normal personal private confidential",
	} {
		var got []string
		for _, w := range event[event.find(name)].words {
			got = append(got, string(w))
		}
		if diff := cmp.Diff(strings.Fields(want), got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// rules: W7.1-10 W7.1-11
func TestEventsTimesAndAnswers(t *testing.T) {
	properties := raise(t, New(newStill(), 1), Op{Kind: notify.Created, Collection: notify.Events}).Item().Properties
	for _, name := range []string{"start", "end"} {
		if got := value(properties, name+"/dateTime").(string); !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}$`).MatchString(got) {
			t.Errorf("%s is %s", name, got)
		}
		if got := value(properties, name+"/timeZone"); got != "UTC" {
			t.Errorf("%s is in %v", name, got)
		}
	}
	guest := value(properties, "attendees").(notify.List)[0].(notify.Object)
	var members []string
	for _, p := range guest {
		members = append(members, p.Name)
	}
	if diff := cmp.Diff([]string{"type", "status", "emailAddress"}, members); diff != "" {
		t.Errorf("an attendee (-want +got)\n%s", diff)
	}
	if got := value(guest, "status/response"); got != notify.Enum("none") {
		t.Errorf("an attendee's answer is %v, want none", got)
	}
	if got := value(guest, "status/time"); got != (time.Time{}) {
		t.Errorf("an attendee answered at %v, want never", got)
	}
}

// rules: W7.1-09
func TestWebLink(t *testing.T) {
	item := raise(t, New(newStill(), 1), Op{Kind: notify.Created, Collection: notify.Messages}).Item()
	want := "https://outlook.office365.com/owa/?ItemID=" + url.QueryEscape(item.ID) + "&exvsurl=1&viewmodel=ReadMessageItem"
	if got := value(item.Properties, "webLink"); got != want || !strings.HasSuffix(item.ID, "=") || strings.Contains(want, item.ID) {
		t.Errorf("webLink is %v, want %s", got, want)
	}
}

// rules: W7.1-08
func TestPreviewIsBounded(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"short", " Hello ", "Hello"},
		{"as long as it may be", strings.Repeat("é", 255), strings.Repeat("é", 255)},
		{"too long", strings.Repeat("é", 256), strings.Repeat("é", 255)},
		{"empty", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := raise(t, New(newStill(), 1), Op{Kind: notify.Created, Collection: notify.Messages, Set: map[string]any{"body": tt.body}})
			if got := value(r.Full().After, "bodyPreview"); got != tt.want {
				t.Errorf("preview is %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDraftsAreTheOwners(t *testing.T) {
	m := New(newStill(), 1)
	for folder, draft := range map[string]bool{"drafts": true, "sentitems": false} {
		properties := raise(t, m, Op{Kind: notify.Created, Mailbox: "ann.berg@contoso.com", Collection: notify.Messages, Folder: folder}).Item().Properties
		if diff := cmp.Diff(person{"Ann Berg", "ann.berg@contoso.com"}.object(), value(properties, "from")); diff != "" {
			t.Errorf("%s: from (-want +got)\n%s", folder, diff)
		}
		if got := value(properties, "isDraft"); got != draft {
			t.Errorf("%s: isDraft is %v", folder, got)
		}
	}
}

// TestOneSeedOneWorld plays the same on two fresh worlds, with other mailboxes busy in one of them.
func TestOneSeedOneWorld(t *testing.T) {
	play := func(seed uint64, busy string) []notify.Item {
		m := New(newStill(), seed)
		var items []notify.Item
		for _, c := range []notify.Collection{notify.Messages, notify.Events, notify.Contacts, notify.Tasks} {
			for range 5 {
				if busy != "" {
					raise(t, m, Op{Kind: notify.Created, Mailbox: busy, Collection: c})
				}
				items = append(items, raise(t, m, Op{Kind: notify.Created, Collection: c}).Item())
			}
		}
		return items
	}
	first := play(1, "")
	if diff := cmp.Diff(first, play(1, "ann@contoso.com")); diff != "" {
		t.Errorf("one seed gave two worlds (-first +second)\n%s", diff)
	}
	other := play(2, "")
	if first[0].ID != other[0].ID || cmp.Equal(first, other) {
		t.Error("another seed changes what items say, and no id")
	}
	for path, least := range map[string]int{"subject": 5, "internetMessageId": 5, "conversationId": 5, "from/emailAddress/name": 2, "body/content": 2} {
		values := map[any]bool{}
		for _, item := range first[:5] {
			values[value(item.Properties, path)] = true
		}
		if len(values) < least {
			t.Errorf("five messages have %d values of %s, want at least %d", len(values), path, least)
		}
	}
}
