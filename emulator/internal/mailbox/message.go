package mailbox

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"

	"github.com/outlocal/outlocal/notify"
)

// message has the properties of wire captures and documents, in their order (rule W7.1-08).
var message = schema{
	idField, createdField, changedField, etagField,
	{name: "categories", kind: texts},
	{name: "receivedDateTime", kind: moment, draw: func(d *draft) any { return d.item.made }},
	{name: "sentDateTime", kind: moment, draw: func(d *draft) any { return d.item.made }},
	{name: "hasAttachments", kind: truth},
	{name: "internetMessageId", draw: func(d *draft) any { return d.messageID() }},
	{name: "subject", draw: func(d *draft) any { return d.numbered(letters[d.pick(forSubject, len(letters))].subject) }},
	previewField,
	{name: "importance", kind: word, words: importances, draw: first(importances)},
	parentField,
	{name: "conversationId", draw: func(d *draft) any { return d.conversation() }},
	{name: "conversationIndex", draw: func(d *draft) any { return d.conversationIndex() }},
	{name: "isDeliveryReceiptRequested", kind: truth},
	{name: "isReadReceiptRequested", kind: truth},
	{name: "isRead", kind: truth},
	{name: "isDraft", kind: truth, draw: func(d *draft) any { return d.isDraft() }},
	{name: "webLink", access: ours, draw: func(d *draft) any { return webLink(d.item.id(d.id)) }},
	{name: "inferenceClassification", kind: word, words: []notify.Enum{"focused", "other"}, draw: always(notify.Enum("focused"))},
	{name: "body", kind: object, members: itemBody, short: asBody, draw: func(d *draft) any { return d.letter() }},
	{name: "sender", kind: object, members: recipient, short: asPerson, draw: func(d *draft) any { return d.of("from") }},
	{name: "from", kind: object, members: recipient, short: asPerson, draw: func(d *draft) any { return d.author() }},
	{name: "toRecipients", kind: objects, members: recipient, short: asPerson, draw: func(d *draft) any { return d.audience() }},
	{name: "ccRecipients", kind: objects, members: recipient, short: asPerson},
	{name: "bccRecipients", kind: objects, members: recipient, short: asPerson},
	{name: "replyTo", kind: objects, members: recipient, short: asPerson},
	{
		name: "flag", kind: object, short: asMember("flagStatus", "a word"),
		members: []field{{name: "flagStatus", kind: word, words: flags}},
		draw:    func(*draft) any { return notify.Object{{Name: "flagStatus", Value: flags[0]}} },
	},
	{name: "internetMessageHeaders", kind: objects, access: hidden, draw: func(d *draft) any { return d.headers() }},
	{name: "uniqueBody", kind: object, access: hidden, draw: func(d *draft) any { return d.of("body") }},
}

var flags = []notify.Enum{"notFlagged", "complete", "flagged"}

// letters are what messages say.
var letters = [...]struct{ subject, text string }{
	{"Order %d has shipped", "Your order left our warehouse this morning and should reach you within two working days."},
	{"Notes from meeting %d", "Thanks for joining today. The notes and the open points are below; please add what I missed."},
	{"Invoice %d", "Please find the invoice for last month. Payment is due within thirty days."},
	{"Question about ticket %d", "Could you have a look at this ticket when you have a minute? The customer is waiting for an answer."},
	{"Lunch on day %d?", "A few of us are going to the new place around the corner at noon. Would you like to come along?"},
	{"Report %d is ready", "The report you asked for has finished. It covers the last seven days."},
}

func (d *draft) messageID() string {
	guid := d.guid(forUID)
	return "<" + hex.EncodeToString(guid[:]) + "@mail.example>"
}

func (d *draft) letter() notify.Object {
	return body("html", "<html><body><p>"+letters[d.pick(forSubject, len(letters))].text+"</p></body></html>")
}

// isDraft and the two below make what lies in drafts and sent items come from the mailbox's own user.
func (d *draft) isDraft() bool { return d.isIn("drafts") }

func (d *draft) author() notify.Object {
	if d.isIn("drafts") || d.isIn("sentitems") {
		return d.owner().object()
	}
	return d.person().object()
}

func (d *draft) audience() notify.List {
	if d.isIn("drafts") || d.isIn("sentitems") {
		return notify.List{d.person().object()}
	}
	return notify.List{d.owner().object()}
}

func (d *draft) isIn(name string) bool {
	for _, f := range wellKnown {
		if f.counter == d.item.folder {
			return f.name == name
		}
	}
	return false
}

// conversation is an id of the service's shape for conversations: like an item's, but 4 for 3, and just a GUID in the end.
func (d *draft) conversation() string {
	b := append(d.id.folderEntry(0).bytes()[:4+guidLength+1], 16, 0)
	b[1] = 4
	guid := d.guid(forConversation)
	return base64.URLEncoding.EncodeToString(append(b, guid[:]...))
}

// conversationIndex is the 22 bytes that begin every conversation: 1, five bytes of time, the GUID.
func (d *draft) conversationIndex() string {
	ticks := uint64(d.item.made.UnixNano()) >> 16
	b := []byte{1, byte(ticks >> 32), byte(ticks >> 24), byte(ticks >> 16), byte(ticks >> 8), byte(ticks)}
	guid := d.guid(forConversation)
	return base64.StdEncoding.EncodeToString(append(b, guid[:]...))
}

func (d *draft) headers() notify.List {
	header := func(name, value string) notify.Object {
		return notify.Object{{Name: "name", Value: name}, {Name: "value", Value: value}}
	}
	return notify.List{
		header("MIME-Version", "1.0"),
		header("Message-ID", textOf(d.of("internetMessageId"))),
		header("Subject", textOf(d.of("subject"))),
	}
}

func textOf(v any) string {
	s, _ := v.(string)
	return s
}

// webLink opens a message in the browser (rule W7.1-09).
func webLink(id string) string {
	return "https://outlook.office365.com/owa/?ItemID=" + url.QueryEscape(id) + "&exvsurl=1&viewmodel=ReadMessageItem"
}
