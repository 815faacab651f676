package scenarios

import (
	"strings"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// worded is a text that can be one of some words only.
type worded interface {
	words() (what string, known []string)
}

type (
	// DialectName names a schema, such as graph-v1.0, or with a profile: outlook-final@2015.
	DialectName string
	// Happening is a change in a mailbox, such as message.created.
	Happening string
	// EventName names a lifecycle notification.
	EventName string
	// ItemChange is what a notification tells.
	ItemChange string
	// HandshakeVerdict is how the service judges a handshake's answer.
	HandshakeVerdict string
	// DeliveryVerdict is how the service judges a webhook's answer to notifications.
	DeliveryVerdict string
	// ReceivedVerdict is how the built-in webhook judges a notification.
	ReceivedVerdict string
	// EndpointState is what the service thinks of an endpoint.
	EndpointState string
	// FindingID names a finding of package diagnosis.
	FindingID string
	// CallName names what an app calls.
	CallName string
	// JournalKind is a kind of journal entries.
	JournalKind string
	// FormName is a form of lifecycle notifications.
	FormName string
	// QuotaName is what becomes of requests beyond the service's quota.
	QuotaName string
	// Order is whether notifications have to come as they are listed.
	Order string
	// Reads is when the built-in webhook reads items.
	Reads string
)

// ChangeWords is a list of kinds of change, such as created,updated.
type ChangeWords string

type (
	// Name is what a step was named by as.
	Name string
	// SubName is such a name of a subscription.
	SubName string
)

func (DialectName) words() (string, []string) {
	var names []string
	for _, d := range dialect.All() {
		names = append(names, d.String())
	}
	return "dialect", names
}

func (Happening) words() (string, []string) {
	var all []string
	for _, collection := range []notify.Collection{notify.Messages, notify.Events, notify.Contacts, notify.Tasks} {
		for _, change := range []notify.ChangeType{notify.Created, notify.Updated, notify.Deleted} {
			all = append(all, collection.Singular()+"."+strings.ToLower(change.Name()))
		}
	}
	return "change", all
}

func (EventName) words() (string, []string) {
	return "lifecycle event", []string{string(notify.Missed), string(notify.ReauthorizationRequired), string(notify.SubscriptionRemoved)}
}

func (FormName) words() (string, []string) { return "lifecycle form", dialect.LifecycleForms() }

func (QuotaName) words() (string, []string) { return "quota", emulator.Quotas() }

func (ItemChange) words() (string, []string) {
	var all []string
	for _, change := range []notify.ChangeType{notify.Created, notify.Updated, notify.Deleted, notify.Acknowledgment} {
		all = append(all, strings.ToLower(change.Name()))
	}
	return "change", all
}

func (HandshakeVerdict) words() (string, []string) { return "verdict", []string{"good", "failed"} }

func (DeliveryVerdict) words() (string, []string) {
	return "verdict", []string{string(diagnosis.ClassGood), string(diagnosis.ClassLate), string(diagnosis.ClassFailed), anyVerdict}
}

// anyVerdict is for deliveries whose answers do not matter.
const anyVerdict = "any"

func (ReceivedVerdict) words() (string, []string) { return "verdict", []string{"good", "doubtful"} }

func (EndpointState) words() (string, []string) { return "state", []string{"good", "slow", "drop"} }

func (FindingID) words() (string, []string) {
	var ids []string
	for _, f := range diagnosis.Catalog() {
		ids = append(ids, f.ID)
	}
	return "finding", ids
}

func (CallName) words() (string, []string) {
	return "call", []string{"read", "subscribe", "renew", "reauthorize", "repoint", "delete", "refused", resyncs, signsIn, anyCall, noCall}
}

func (JournalKind) words() (string, []string) {
	var kinds []string
	for _, k := range journal.Kinds() {
		kinds = append(kinds, string(k))
	}
	return "kind", kinds
}

func (Order) words() (string, []string) { return "order", []string{"listed", "any"} }

func (Reads) words() (string, []string) { return "reading", []string{"before", "after"} }

// The calls that leave no entry of their own kind.
const (
	resyncs = "resync" // a list or a delta query of items, whatever is answered
	signsIn = "signIn" // a token is asked for
	anyCall = "any"
	noCall  = "none" // any, and never
)

// kinds are the journal entries that a call leaves.
func (c CallName) kinds() []journal.Kind {
	switch c {
	case "subscribe":
		return []journal.Kind{journal.Subscribed}
	case "renew":
		return []journal.Kind{journal.Renewed}
	case "reauthorize":
		return []journal.Kind{journal.Reauthorized}
	case "repoint":
		return []journal.Kind{journal.Repointed}
	case "delete":
		return []journal.Kind{journal.Deleted}
	case "refused":
		return []journal.Kind{journal.Refused}
	case resyncs:
		return []journal.Kind{journal.Read, journal.Refused}
	case signsIn:
		return []journal.Kind{journal.SignIn}
	case anyCall, noCall:
		return []journal.Kind{
			journal.Read, journal.Subscribed, journal.Renewed, journal.Reauthorized, journal.Repointed, journal.Deleted, journal.Refused, journal.SignIn,
		}
	}
	return []journal.Kind{journal.Read}
}
