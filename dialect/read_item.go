package dialect

import (
	"bytes"
	"net/http"
	"strconv"

	"github.com/outlocal/outlocal/internal/odata"
	"github.com/outlocal/outlocal/notify"
)

// ReadItem understands a single entry again, raw as Read handed it out of a body in this dialect.
func (d *Dialect) ReadItem(header http.Header, raw []byte) Item {
	item := Item{Raw: raw}
	state, sent := d.stateHeader(header)
	entry, _ := odata.Parse(raw) // which it was when it was read for the first time
	d.readItem(&item, &Item{}, entry, whole, state, sent)
	return item
}

// stateHeader is the client state of a body whose dialect has it in a header, and whether it was sent.
func (d *Dialect) stateHeader(header http.Header) (state string, sent bool) {
	if d.ClientState.Header == "" {
		return "", false
	}
	values := header.Values(d.ClientState.Header)
	if len(values) == 0 {
		return "", false
	}
	return values[0], true
}

// readItem reads an entry. What is the same in the one before, as it mostly is, takes no memory of its own.
func (d *Dialect) readItem(item, before *Item, entry odata.Value, depth depth, state string, sent bool) {
	if !entry.IsObject() {
		item.Problems = append(item.Problems, "the entry is "+entry.Kind()+", not an object")
		return
	}
	item.ClientState, item.HasClientState = state, sent
	for name, value := range entry.Named {
		if part, ok := d.part(name); ok {
			if problem := d.readPart(item, before, part, value, depth); problem != "" {
				item.Problems = append(item.Problems, string(name)+" "+problem)
			}
		}
	}
	if item.Subscription == "" {
		item.Problems = append(item.Problems, "the entry names no subscription")
	}
	if item.Change == 0 && item.Lifecycle == "" {
		item.Problems = append(item.Problems, "the entry says neither what changed nor what became of the subscription")
	}
}

// readPart returns what is wrong with a value, or nothing.
func (d *Dialect) readPart(item, before *Item, part Part, v odata.Value, depth depth) string {
	n := &item.Notification
	switch part.Is {
	case PartSequence:
		i, err := strconv.ParseInt(string(v.Raw), 10, 32)
		if err != nil {
			return "is " + clip(string(v.Raw)) + ", not a whole number of 32 bits"
		}
		n.Sequence, n.HasSequence = int32(i), true
		return ""
	case PartData, PartOwnData:
		if depth == marks {
			item.Marks = d.marks(v)
		} else {
			n.Data = d.readData(v)
		}
		return ""
	case PartError:
		n.Error = readReason(v)
		return ""
	case PartType, PartNull, PartOwnID, PartEncrypted:
		return ""
	case PartResource:
		if depth == marks && v.IsString() {
			return ""
		}
	case PartExpires, PartExpiresInFull, PartExpiresObserved:
		return readExpires(n, v)
	}
	text, isText := d.said(part, before), true
	if !v.Spells(text) {
		text, isText = v.Text()
	}
	if part.Is == PartClientState {
		n.HasClientState, n.ClientState = true, text
		return ""
	}
	if !isText {
		return "is " + v.Kind() + ", not a string"
	}
	switch part.Is {
	case PartSubscription:
		n.Subscription = text
	case PartTenant:
		n.Tenant = text
	case PartResource:
		n.Resource = text
	case PartLifecycle:
		n.Lifecycle = notify.Lifecycle(text)
	case PartChange:
		return d.readChange(n, text)
	}
	return ""
}

// said is what a part said in the entry before.
func (d *Dialect) said(part Part, before *Item) string {
	switch part.Is {
	case PartSubscription:
		return before.Subscription
	case PartClientState:
		return before.ClientState
	case PartTenant:
		return before.Tenant
	case PartChange:
		return d.changeWord(before.Change)
	}
	return ""
}

// longestDate is room for a date in any form, with some to spare for a longer text, which is none.
const longestDate = 64

func readExpires(n *notify.Notification, v odata.Value) string {
	if !v.IsString() {
		return "is " + v.Kind() + ", not a string"
	}
	var room [longestDate]byte
	text := v.AppendText(room[:0])
	when, err := ParseDate(string(bytes.Trim(text, `"`))) // doubly quoted by a quirk (W10-27)
	if err != nil {
		return "is " + clip(string(text)) + ", not a date with a zone"
	}
	n.Expires = when
	return ""
}

// removedWord is how Outlook spells notify.SubscriptionRemoved (W3.4-01).
const removedWord = "SubscriptionRemoved"

func (d *Dialect) readChange(n *notify.Notification, word string) string {
	if word == removedWord && d.Tells(notify.SubscriptionRemoved) {
		n.Lifecycle = notify.SubscriptionRemoved
		return ""
	}
	change, err := notify.ParseChangeType(word)
	if err != nil || change.Name() == "" {
		return "is " + clip(word) + ", not one change type"
	}
	if change == notify.Gap {
		n.Lifecycle = notify.Missed
		return ""
	}
	n.Change = change
	return ""
}

func (d *Dialect) readData(v odata.Value) *notify.Data {
	if !v.IsObject() {
		return nil
	}
	data := &notify.Data{}
	var rich []byte
	for name, value := range v.Named {
		switch {
		case string(name) == "@odata.etag":
			data.ETag, _ = value.Text()
		case string(name) == d.Notification.ItemID:
			data.ID, _ = value.Text()
		case string(name) == "@odata.type":
			data.Type, _ = value.Text()
		case string(name) == "@odata.id":
			data.URL, _ = value.Text()
		default:
			rich = append(rich, ',')
			rich = append(appendText(rich, string(name)), ':')
			rich = append(rich, value.Raw...)
		}
	}
	if rich != nil {
		rich[0] = '{' // for the first comma
		data.Rich = append(rich, '}')
	}
	return data
}

func readReason(v odata.Value) *notify.Error {
	message, _ := v.Member("Message")
	code, _ := v.Member("Code")
	e := &notify.Error{}
	e.Message, _ = message.Text()
	e.Code, _ = code.Text()
	return e
}
