// Package notify holds the words of Outlook's push notifications, free of any wire schema: what a subscription, a change and a
// notification are. Package dialect turns bytes into these words and back; every other package speaks them.
//
// It knows no JSON, no HTTP and no time but the standard library's, and keeps no state. Use it to describe what is meant; use
// dialect when it matters how a schema spells it.
package notify

import "time"

// Subscription is one client's wish to be told of changes, as a service keeps it.
type Subscription struct {
	ID              string
	Resource        string // verbatim as the client sent it, query options included
	ChangeType      string // verbatim as the client sent it; Changes is its meaning
	Changes         ChangeType
	NotificationURL string
	LifecycleURL    string // empty where the client gave none or the schema has none
	ClientState     string // empty when none was given
	Expires         time.Time

	App     string // the calling application's id
	Creator string // the object id of the user, or of the service principal, that made it

	// The rest exists in Microsoft Graph only and is kept as it was sent; empty means unset.
	IncludeData   bool // rich notifications: resource data travels along
	Certificate   string
	CertificateID string
	ContentType   string
	QueryOptions  string
	TLSVersion    string
	URLApp        string // notificationUrlAppId
}

// Change is a cause: something happened to one item of one mailbox. Its effect is a Notification to each subscription that matches.
type Change struct {
	Type       ChangeType // exactly one of Created, Updated, Deleted
	Mailbox    Mailbox
	Collection Collection
	Folder     string // id of the folder that holds the item, or held it
	Item       string
	ETag       string     // without the W/"" around it
	Before     []Property // what the item was; nil for a creation
	After      []Property // what it is now; nil for a deletion
}

// Mailbox names a mailbox in every way that schemas do.
type Mailbox struct {
	ID      string // object id of its user, a lower-case GUID
	Tenant  string // a lower-case GUID
	Address string // user principal name
	Store   string // the GUID inside item ids, lower-case
}

// Notification is an effect: one entry of the value array that a webhook receives.
type Notification struct {
	Subscription   string
	Expires        time.Time
	ClientState    string
	HasClientState bool // a client state came with it, be it null, in the body or in a header
	Sequence       int32
	HasSequence    bool
	Change         ChangeType // one of Created, Updated, Deleted, Acknowledgment; 0 for a lifecycle notification
	Lifecycle      Lifecycle  // empty for a change
	Resource       string     // as on the wire: absolute in Outlook's schemas, relative in Graph's
	Data           *Data      // nil for an acknowledgement or a lifecycle notification
	Tenant         string
	Error          *Error // why a subscription was removed, where the schema says so
}

// Data is what a notification says of the changed item itself.
type Data struct {
	Type string // with its #, such as #Microsoft.Graph.Message
	URL  string // @odata.id
	ETag string // as on the wire, W/"…" included
	ID   string
	Rich []byte // further members in clear text, a JSON object; nil when there are none
}

// Lifecycle is an event in the life of a subscription, told to its owner.
type Lifecycle string

// The lifecycle events that the service knows (rules W5-01, W5-03, W5-04, W3.2-01, W3.4-01).
const (
	Missed                  Lifecycle = "missed"
	ReauthorizationRequired Lifecycle = "reauthorizationRequired"
	SubscriptionRemoved     Lifecycle = "subscriptionRemoved"
)

// Error is an answer that refuses: what the service says, and beside it what a developer should do.
type Error struct {
	Status   int // HTTP status; 0 inside a notification
	Code     string
	Message  string            // the service's own words
	Hint     string            // ours: the cause and the cure; never part of the service's envelope
	Property string            // the property at fault, if one is
	Header   map[string]string // further response headers, such as Allow or Retry-After
	Inner    map[string]string // further members of innerError, where the schema has one
}

func (e *Error) Error() string {
	if e.Code == "" {
		return e.Message
	}
	return e.Code + ": " + e.Message
}
