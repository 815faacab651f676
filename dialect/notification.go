package dialect

import (
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"net/http"
	"strconv"
	"time"

	"github.com/outlocal/outlocal/notify"
)

// Notification is how notifications look.
type Notification struct {
	Type         string // @odata.type of an item; empty where there is none
	ContentType  string
	ODataVersion bool // the header OData-Version: 4.0 is sent (W4.1-06)
	Acknowledge  bool // a creation is acknowledged by a notification (W3.1-01)
	Sequence     bool // items are numbered (W3.3-01, W3.3-03)

	Item      []Part // a change, in order
	Service   []Part // what the service says itself, in an item like any other: Acknowledgment, Missed
	Removed   []Part // the end of a subscription, where it has a form of its own (W3.4-01)
	Lifecycle []Part // lifecycle events in Graph's form (W5-07)
	Events    []notify.Lifecycle
	// LifecycleTokens puts validationTokens beside lifecycle events, though nothing in them is encrypted (W5-08).
	LifecycleTokens bool

	ItemType string // prefix of the changed item's @odata.type
	ItemID   string // name of the changed item's id (W4.3-01, W4.5-03)
	Path     ItemPath
	Rich     *RichForm // nil where content never travels encrypted
	DateForm DateForm

	// Quirks that some saw and most did not; all are off by default.
	OwnID       bool // each item has an id of its own (W10-19)
	Context     bool // the body opens with @odata.context (W10-30)
	QuotedDates bool // dates carry a second pair of quotes (W10-27)
}

// Part is one member of a notification.
type Part struct {
	Name string
	Is   PartKind
}

// PartKind is what a member of a notification holds.
type PartKind uint8

// The kinds of parts. PartChange, PartResource and PartData are the same for every subscription that a change concerns.
const (
	PartType PartKind = iota
	PartNull
	PartOwnID
	PartSubscription
	PartExpires
	PartExpiresInFull // as documented, whatever the form of the changes' dates (W10-41)
	PartSequence
	PartClientState
	PartTenant
	PartChange
	PartResource
	PartData
	PartLifecycle
	PartError
	PartEncrypted // of rich notifications only (W4.10-01)

	// Of observed lifecycle notifications (W5-08, W5-09, W5-10): the date as observed, and the subscription in an item's place.
	PartExpiresObserved
	PartOwnPath
	PartOwnData
)

// ItemPath is how a notification points at an item.
type ItemPath struct {
	Absolute bool
	User     UserForm
	Quoted   bool // Users('x') rather than Users/x
	Pascal   bool // Messages rather than messages
}

// UserForm is how generated URLs name a user (W1.1-22, W4.5-02, W10-18).
type UserForm uint8

// The forms.
const (
	UserAddress UserForm = iota // ann@contoso.com
	UserPair                    // {user}@{tenant}, both GUIDs
	UserID                      // {user}, a GUID
)

// Key is the user's name in that form.
func (f UserForm) Key(m notify.Mailbox) string {
	switch f {
	case UserPair:
		return m.ID + "@" + m.Tenant
	case UserID:
		return m.ID
	}
	return m.Address
}

// appendKey writes what Key returns.
func (f UserForm) appendKey(dst []byte, m notify.Mailbox) []byte {
	if f == UserPair {
		return append(append(append(dst, m.ID...), '@'), m.Tenant...)
	}
	return append(dst, f.Key(m)...)
}

// appendQuoted writes it as it stands between quotes.
func (f UserForm) appendQuoted(dst []byte, m notify.Mailbox) []byte {
	if f == UserAddress {
		return appendDoubled(dst, m.Address)
	}
	return f.appendKey(dst, m) // GUIDs hold no quotes
}

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

// pathRoom holds the path of an item with an id as long as they are.
const pathRoom = 512

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

// Tells reports whether the dialect has a notification for an event.
func (d *Dialect) Tells(event notify.Lifecycle) bool {
	for _, e := range d.Notification.Events {
		if e == event {
			return true
		}
	}
	return false
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

// NotificationHeader is the header of a delivery, in the service's own spelling: Go's canonical form would change it (W4.1-02 to W4.1-09).
func (d *Dialect) NotificationHeader(clientState string) http.Header {
	h := http.Header{"Content-Type": {d.Notification.ContentType}}
	if d.Notification.ODataVersion {
		h["OData-Version"] = []string{"4.0"}
	}
	if d.ClientState.Header != "" && clientState != "" {
		h[d.ClientState.Header] = []string{clientState}
	}
	return h
}

// ItemPath is how the dialect's notifications point at an item.
func (d *Dialect) ItemPath(m notify.Mailbox, c notify.Collection, item, base string) string {
	return string(d.Notification.Path.append(nil, m, c, item, base))
}

func (p *ItemPath) append(dst []byte, m notify.Mailbox, c notify.Collection, item, base string) []byte {
	collection := func(dst []byte) []byte {
		if p.Pascal {
			return appendPascal(dst, c.String())
		}
		return append(dst, c.String()...)
	}
	if !p.Quoted {
		dst = append(p.User.appendKey(append(dst, "Users/"...), m), '/')
		return append(append(collection(dst), '/'), item...)
	}
	if p.Absolute {
		dst = append(append(dst, base...), '/')
	}
	dst = append(dst, "Users('"...)
	dst = p.User.appendQuoted(dst, m)
	dst = append(collection(append(dst, "')/"...)), "('"...)
	return append(appendDoubled(dst, item), "')"...)
}

func (w ChangeWords) notifiesInLower() bool { return w.Lower && !w.Capital }

func (d *Dialect) changeWord(c notify.ChangeType) string {
	if !d.ChangeWords.notifiesInLower() {
		return c.Name()
	}
	switch c {
	case notify.Created:
		return "created"
	case notify.Updated:
		return "updated"
	}
	return "deleted"
}
