package scenarios

import (
	"strings"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// worded is a text that can be one of some words only.
type worded interface {
	words() (what string, known []string)
}

// The texts that can be one of some words only.
type (
	DialectName      string // such as graph-v1.0, or with a profile: outlook-final@2015
	Happening        string // such as message.created
	EventName        string // of a lifecycle notification
	ItemChange       string // what a notification tells
	HandshakeVerdict string
	DeliveryVerdict  string
	ReceivedVerdict  string
	EndpointState    string
	FindingID        string
	CallName         string
	JournalKind      string
	Order            string
	Reads            string
)

// ChangeWords is a list of kinds of change, such as created,updated.
type ChangeWords string

// Name is what a step was named by as. SubName names a subscription.
type (
	Name    string
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
	return "call", []string{"read", "subscribe", "renew", "reauthorize", "repoint", "delete", "refused"}
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

// kinds are the journal entries that a call leaves.
func (c CallName) kind() journal.Kind {
	switch c {
	case "subscribe":
		return journal.Subscribed
	case "renew":
		return journal.Renewed
	case "reauthorize":
		return journal.Reauthorized
	case "repoint":
		return journal.Repointed
	case "delete":
		return journal.Deleted
	case "refused":
		return journal.Refused
	}
	return journal.Read
}
