package dialect

import (
	"net/http"

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

// pathRoom holds the path of an item with an id as long as they are.
const pathRoom = 512

// Tells reports whether the dialect has a notification for an event.
func (d *Dialect) Tells(event notify.Lifecycle) bool {
	for _, e := range d.Notification.Events {
		if e == event {
			return true
		}
	}
	return false
}

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
