package dialect

import (
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/outlocal/outlocal/notify"
)

// Head is what differs between the notifications that one change raises.
type Head struct {
	Subscription string
	Expires      time.Time
	ClientState  string
	Sequence     int32
	Tenant       string
	Encrypted    *Encrypted // nil without content
}

// AppendShared encodes what all subscriptions of one dialect share of a change: its kind, the path of the item and the item itself,
// with the properties in rich beside it. Encode it once and splice it with AppendItem for each subscription. Base is origin and base
// path, such as http://localhost:3650/api/v2.0.
func (d *Dialect) AppendShared(dst []byte, c *notify.Change, base string, rich []string) []byte {
	return d.appendShared(dst, c, &shape{path: d.Notification.Path, base: base, itemType: d.Notification.ItemType, capital: true, clear: rich})
}

// shape is how what is shared of a change names its item, and which properties stand beside that.
type shape struct {
	path     ItemPath
	base     string
	itemType string
	capital  bool // of the type
	clear    []string
}

func (d *Dialect) appendShared(dst []byte, c *notify.Change, as *shape) []byte {
	start := len(dst)
	dst = append(dst, '{') // appendName needs something to look back at; cut off below
	var room [pathRoom]byte
	path := as.path.append(append(room[:0], '"'), c.Mailbox, c.Collection, c.Item, as.base)
	if isPlain(path[1:]) {
		path = append(path, '"')
	} else {
		path = appendHardText(nil, string(path[1:]))
	}
	for _, part := range d.Notification.Item {
		switch part.Is {
		case PartChange:
			dst = appendName(dst, part.Name)
			dst = appendText(dst, d.changeWord(c.Type))
		case PartResource:
			dst = append(appendName(dst, part.Name), path...)
		case PartData:
			dst = appendName(dst, part.Name)
			dst = d.appendData(dst, c, path, as)
		}
	}
	return append(dst[:start], dst[start+1:]...)
}

func (d *Dialect) appendData(dst []byte, c *notify.Change, path []byte, as *shape) []byte {
	dst = append(dst, `{"@odata.type":"`...)
	dst = append(dst, as.itemType...)
	if as.capital {
		dst = appendPascal(dst, c.Collection.Singular())
	} else {
		dst = append(dst, c.Collection.Singular()...)
	}
	dst = append(dst, '"')
	dst = append(appendName(dst, "@odata.id"), path...)
	dst = appendName(dst, "@odata.etag")
	dst = appendETag(dst, c.ETag)
	dst = appendName(dst, d.Notification.ItemID)
	dst = appendText(dst, c.Item)
	if c.Type != notify.Deleted && len(as.clear) > 0 {
		dst = d.appendProperties(dst, c.After, as.clear)
	}
	return append(dst, '}')
}

// AppendItem encodes the notification of one subscription around shared, which AppendShared gave.
func (d *Dialect) AppendItem(dst []byte, h *Head, shared []byte) []byte {
	return d.appendParts(dst, d.Notification.Item, h, func(dst []byte, part Part) []byte {
		if part.Is != PartChange {
			return dst // stands in shared already
		}
		return append(append(dst, ','), shared...)
	})
}

// AppendAcknowledgment encodes the notification that a creation is acknowledged with (W3.1-02, W3.1-03).
func (d *Dialect) AppendAcknowledgment(dst []byte, h *Head) []byte {
	return d.appendParts(dst, d.Notification.Service, h, func(dst []byte, part Part) []byte {
		return appendText(appendName(dst, part.Name), notify.Acknowledgment.Name())
	})
}

// AppendLifecycle encodes an event in the life of a subscription; reason is for removals, and may be nil. Ask Tells first: a dialect
// that has no word for an event adds nothing.
func (d *Dialect) AppendLifecycle(dst []byte, h *Head, event notify.Lifecycle, reason *notify.Error) []byte {
	if !d.Tells(event) {
		return dst
	}
	parts := d.Notification.Service
	switch {
	case d.Notification.Lifecycle != nil:
		parts = d.Notification.Lifecycle
	case event == notify.SubscriptionRemoved:
		parts = d.Notification.Removed
	}
	return d.appendParts(dst, parts, h, func(dst []byte, part Part) []byte {
		switch part.Is {
		case PartLifecycle:
			return appendText(appendName(dst, part.Name), string(event))
		case PartChange:
			return appendText(appendName(dst, part.Name), pascal(string(event)))
		case PartError:
			if reason == nil {
				return dst
			}
			dst = append(appendName(dst, part.Name), `{"Message":`...)
			dst = appendText(dst, reason.Message)
			dst = appendText(append(dst, `,"Code":`...), reason.Code)
			return append(dst, '}')
		}
		return dst
	})
}

// appendParts writes an item; what depends on the kind of notification is left to special.
func (d *Dialect) appendParts(dst []byte, parts []Part, h *Head, special func([]byte, Part) []byte) []byte {
	dst = append(dst, '{')
	if d.Notification.OwnID {
		dst = appendText(appendName(dst, "id"), ownID(h))
	}
	for _, part := range parts {
		switch part.Is {
		case PartType:
			dst = appendText(appendName(dst, part.Name), d.Notification.Type)
		case PartNull:
			dst = append(appendName(dst, part.Name), "null"...)
		case PartSubscription:
			dst = appendText(appendName(dst, part.Name), h.Subscription)
		case PartExpires:
			dst = d.appendExpires(appendName(dst, part.Name), h.Expires, d.Notification.DateForm)
		case PartExpiresInFull:
			dst = d.appendExpires(appendName(dst, part.Name), h.Expires, Documented)
		case PartExpiresObserved:
			dst = d.appendExpires(appendName(dst, part.Name), h.Expires, Observed)
		case PartOwnPath:
			dst = appendText(appendName(dst, part.Name), "Subscriptions/"+h.Subscription)
		case PartOwnData:
			dst = appendOwnData(appendName(dst, part.Name), h.Subscription)
		case PartSequence:
			dst = strconv.AppendInt(appendName(dst, part.Name), int64(h.Sequence), 10)
		case PartClientState:
			if h.ClientState != "" { // absent when none was set (W4.6-05)
				dst = appendText(appendName(dst, part.Name), h.ClientState)
			}
		case PartTenant:
			dst = appendText(appendName(dst, part.Name), h.Tenant)
		case PartEncrypted:
			if h.Encrypted != nil {
				dst = h.Encrypted.append(appendName(dst, part.Name))
			}
		default:
			dst = special(dst, part)
		}
	}
	return append(dst, '}')
}

func (d *Dialect) appendExpires(dst []byte, t time.Time, form DateForm) []byte {
	if !d.Notification.QuotedDates {
		return appendDate(dst, t, form)
	}
	return appendText(dst, string(appendDate(nil, t, form)))
}

// ownID looks like the ids in the documents' samples: thirteen letters.
func ownID(h *Head) string {
	sum := fnv.New64a()
	sum.Write([]byte(h.Subscription))
	sum.Write(binary.BigEndian.AppendUint32(nil, uint32(h.Sequence)))
	return base64.RawURLEncoding.EncodeToString(append(sum.Sum(nil), 0, 0))[:13]
}

// OpenBody and CloseBody stand around the items of a body, which are separated by commas (W4.8-01). With the quirk Context the body
// names the collection of its first item.
func (d *Dialect) OpenBody(dst []byte, base string, c notify.Collection) []byte {
	dst = append(dst, '{')
	if d.Notification.Context {
		dst = appendText(appendName(dst, "@odata.context"), base+"/$metadata#"+pascal(c.String())+"/Microsoft.OutlookServices.NotificationBase")
	}
	return append(appendName(dst, "value"), '[')
}

// CloseBody ends what OpenBody began.
func (d *Dialect) CloseBody(dst []byte) []byte { return append(dst, "]}"...) }
