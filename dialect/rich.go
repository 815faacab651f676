package dialect

import (
	"encoding/base64"
	"time"

	"github.com/outlocal/outlocal/notify"
)

// RichForm is how a notification whose subscriber gets content names its item: otherwise than one whose subscriber does not.
type RichForm struct {
	ItemType string // prefix of the item's @odata.type, before a small letter (W4.6-04)
	Path     ItemPath
}

// Encrypted is content as it travels, together with what its reader has to know (W4.10-01).
type Encrypted struct {
	Data, Signature, Key []byte
	CertificateID        string // the subscriber's name for it
	Thumbprint           string
}

func (e *Encrypted) append(dst []byte) []byte {
	dst = appendBytes(append(dst, `{"data":"`...), e.Data)
	dst = appendBytes(append(dst, `","dataSignature":"`...), e.Signature)
	dst = appendBytes(append(dst, `","dataKey":"`...), e.Key)
	dst = appendText(append(dst, `","encryptionCertificateId":`...), e.CertificateID)
	dst = appendText(append(dst, `,"encryptionCertificateThumbprint":`...), e.Thumbprint)
	return append(dst, '}')
}

func appendBytes(dst, b []byte) []byte { return base64.StdEncoding.AppendEncode(dst, b) }

// AppendRich is AppendShared for subscriptions whose notifications bring content. The content itself is no part of it: it is encrypted
// for each of them, see Head.
func (d *Dialect) AppendRich(dst []byte, c *notify.Change, base string) []byte {
	form := d.Notification.Rich
	return d.appendShared(dst, c, &shape{path: form.Path, base: base, itemType: form.ItemType})
}

// CloseRichBody ends a body in which such notifications are, with the tokens that prove where it comes from; none make a null (W4.10-12).
func (d *Dialect) CloseRichBody(dst []byte, tokens []string) []byte {
	dst = append(dst, `],"validationTokens":`...)
	if len(tokens) == 0 {
		return append(dst, "null}"...)
	}
	for i, token := range tokens {
		separator := byte(',')
		if i == 0 {
			separator = '['
		}
		dst = appendText(append(dst, separator), token)
	}
	return append(dst, "]}"...)
}

// AppendContent encodes what a notification says of its item before that is encrypted: the selected properties and nothing else, not
// even an id that was selected, with the types that JSON can't tell (W4.10-09, W4.10-10).
func AppendContent(dst []byte, c notify.Collection, properties []notify.Property, selected []string) []byte {
	dst = append(dst, '{')
	for _, p := range properties {
		if p.Name != "id" && containsFold(selected, p.Name) {
			dst = appendTyped(dst, c.Singular(), p)
		}
	}
	return append(dst, '}')
}

// appendTyped writes a member of a type's with its annotation: before it, or inside it if it is an object.
func appendTyped(dst []byte, of string, p notify.Property) []byte {
	is := members[of][p.Name]
	switch v := p.Value.(type) {
	case time.Time:
		dst = append(appendName(dst, p.Name+"@odata.type"), `"#DateTimeOffset"`...)
		return appendDate(appendName(dst, p.Name), v, Trimmed)
	case notify.Enum:
		dst = appendTypeName(appendName(dst, p.Name+"@odata.type"), is)
		return appendText(appendName(dst, p.Name), string(v))
	case notify.Object:
		return appendTypedObject(appendName(dst, p.Name), is, v)
	case notify.List:
		return appendTypedList(dst, is, p.Name, v)
	}
	return GraphV1.appendAny(appendName(dst, p.Name), p.Value)
}

func appendTypedObject(dst []byte, is string, o notify.Object) []byte {
	dst = appendTypeName(append(dst, `{"@odata.type":`...), is)
	for _, p := range o {
		dst = appendTyped(dst, is, p)
	}
	return append(dst, '}')
}

func appendTypedList(dst []byte, is, name string, list notify.List) []byte {
	dst = append(appendName(dst, name+"@odata.type"), `"#Collection(`...)
	if is == "" {
		dst = append(dst, "String"...)
	} else {
		dst = append(append(dst, graphType[1:]...), is...)
	}
	dst = append(appendName(append(dst, `)"`...), name), '[')
	for i, element := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		if o, ok := element.(notify.Object); ok {
			dst = appendTypedObject(dst, is, o)
		} else {
			dst = GraphV1.appendAny(dst, element)
		}
	}
	return append(dst, ']')
}

func appendTypeName(dst []byte, is string) []byte { return appendText(dst, graphType+is) }

// members are the types of what is neither a text, a number, a truth nor a date, by the type that has it. A list has its elements' type.
var members = map[string]map[string]string{
	"message": {
		"importance": "importance", "inferenceClassification": "inferenceClassificationType", "body": "itemBody", "uniqueBody": "itemBody",
		"sender": recipient, "from": recipient, "toRecipients": recipient, "ccRecipients": recipient, "bccRecipients": recipient, "replyTo": recipient,
		"flag": "followupFlag", "internetMessageHeaders": "internetMessageHeader",
	},
	"event": {
		"importance": "importance", "sensitivity": "sensitivity", "showAs": "freeBusyStatus", "type": "eventType",
		"onlineMeetingProvider": "onlineMeetingProviderType", "responseStatus": "responseStatus", "body": "itemBody",
		"start": "dateTimeTimeZone", "end": "dateTimeTimeZone", "location": "location", "locations": "location",
		"recurrence": "patternedRecurrence", "attendees": "attendee", "organizer": recipient, "onlineMeeting": "onlineMeetingInfo",
	},
	"contact": {
		"emailAddresses": "emailAddress", "homeAddress": physicalAddress, "businessAddress": physicalAddress, "otherAddress": physicalAddress,
	},
	recipient:        {"emailAddress": "emailAddress"},
	"attendee":       {"type": "attendeeType", "status": "responseStatus", "emailAddress": "emailAddress"},
	"itemBody":       {"contentType": "bodyType"},
	"followupFlag":   {"flagStatus": "followupFlagStatus"},
	"responseStatus": {"response": "responseType"},
	"location":       {"locationType": "locationType"},
}

const (
	recipient       = "recipient"
	physicalAddress = "physicalAddress"
)
