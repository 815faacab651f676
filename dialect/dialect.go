// Package dialect knows every schema in which Outlook has sent change notifications: it turns their bytes into the words of package
// notify and back.
//
// A Dialect is data: names, orders, formats and limits, one file each, so that the difference between two schemas is the difference
// between two tables. Shared code interprets them. Use Lookup or the variables to get one; Read to find out which one a webhook was
// spoken to in. The package makes no request, keeps no subscription and reads no clock: who wants to know what time it is, says so.
//
// Rules are cited by their ids in docs/protocol.md.
package dialect

import (
	"cmp"
	"slices"
	"time"

	"github.com/outlocal/outlocal/notify"
)

// Family is what groups of dialects share: where subscriptions live, how errors look, how names are cased.
type Family uint8

// The two services.
const (
	Outlook Family = iota // outlook.office.com: subscriptions under a user, PascalCase items
	Graph                 // graph.microsoft.com: subscriptions at the root, camelCase items
)

// Dialect is one wire schema at one time. All of it is data; see the file of each dialect for what its fields mean there.
type Dialect struct {
	Name    string // such as outlook-final
	Profile string // such as 2015; empty for the newest
	Title   string // one line for people
	Family  Family
	Base    string // the base path under which the service had it

	TypeTag      string  // the @odata.type that requests must carry; empty where none is needed (W1.2-01, W1.2-02)
	ToleratedTag string  // an @odata.type that requests may carry
	Subscription []Field // in the order of answers
	Operations   Operations
	ChangeWords  ChangeWords
	Watch        Watch
	Lifetime     Lifetime
	ClientState  ClientState

	Authorization Authorization

	Handshake    *Handshake // nil: notification URLs are not validated (W2.1-01)
	Notification Notification
	Delivery     Delivery
	Entity       Entity
	Refusals     Refusals

	// EarlyError leaves the client's own id of its request out of errors, as Graph did until September 2020 (W6.1-02).
	EarlyError bool

	Throttling       Throttling
	Quota            int  // subscriptions per mailbox, all apps together; 0 for no limit known (W1.7-01)
	RefuseDuplicates bool // the same app, user, change types and resource again is a conflict (W10-24)
}

// String is the name with the profile, such as outlook-final@2015: what --serve and Lookup take.
func (d *Dialect) String() string {
	if d.Profile == "" {
		return d.Name
	}
	return d.Name + "@" + d.Profile
}

// Operations says what can be done to a subscription besides creating and reading it.
type Operations struct {
	Renew       Renewal
	Delete      bool
	List        bool
	Reauthorize bool
	Batch       bool // several requests can come in one (W7.4-15)
	// RenewBodyOptional: an empty renewal extends by the default length (W1.3-09).
	RenewBodyOptional bool
}

// Renewal is the way a subscription is prolonged.
type Renewal uint8

// The ways: not at all (W1.1-13), by POST …/renew (W1.1-11), by PATCH (W1.1-12, W1.1-14).
const (
	RenewNever Renewal = iota
	RenewByPost
	RenewByPatch
)

// Prop is what a subscription's property means, whatever it is called.
type Prop uint8

// The meanings.
const (
	PropContext Prop = iota
	PropType
	PropLink // @odata.id
	PropID
	PropResource
	PropChange
	PropClientState
	PropURL
	PropExpires
	PropLifecycleURL
	PropApp
	PropCreator
	PropQueryOptions
	PropContentType
	PropIncludeData
	PropTLS
	PropCertificate
	PropCertificateID
	PropURLApp
)

// View is an answer in which a subscription is shown.
type View uint8

// The views.
const (
	OnCreate View = 1 << iota
	OnRead
	OnRenew
	OnList

	Everywhere = OnCreate | OnRead | OnRenew | OnList
)

// Need is what a request may or must do with a property.
type Need uint8

// The needs. ReadOnly properties are ignored in a request, as OData asks; Fixed ones may only be repeated as they are.
const (
	ReadOnly Need = iota
	Optional
	Required
	Fixed
)

// Unset is how an answer shows a property that has no value.
type Unset uint8

// The ways.
const (
	Omit Unset = iota
	Null
	Filled // with what the field's Filling says (W1.4-18)
)

// Field is one property of a subscription.
type Field struct {
	Name   string
	Alias  string // a second spelling that requests may use
	Prop   Prop
	Create Need
	Patch  Need
	Shown  View
	Hidden View // shown there as null
	Unset  Unset
	// Filling is JSON, for a property that is Filled.
	Filling string
	Max     int // longest value in characters; 0 for no limit known
}

// ChangeWords is how change types are spelled.
type ChangeWords struct {
	Lower   bool              // created instead of Created
	Capital bool              // Created all the same, in notifications (W4.5-04)
	Echo    bool              // answers repeat the request's text; else it is normalised (W1.3-16, W1.3-22)
	Add     notify.ChangeType // kinds that answers add unasked (W10-15)
	Allowed notify.ChangeType // kinds that a client may ask for
}

// Watch says which resources can be watched, and how they are written.
type Watch struct {
	Absolute     bool                // a URL of this API, else a path relative to it (W1.3-11, W1.4-06)
	Folders      []string            // what mail folders are called, lower case
	Collections  []notify.Collection // what may be watched
	Calendars    bool                // calendars/{id}/events too
	DisplayNames bool                // folders by display name (W1.5-04)
	Filter       bool                // $filter is honoured (W1.5-10)
	Select       Select
}

// Select is what $select in a resource means.
type Select uint8

// The meanings.
const (
	SelectNone    Select = iota
	SelectClear          // the properties travel in clear in the notification (W1.5-11)
	SelectNarrows        // only changes of these raise notifications (W1.5-12)
)

// Lifetime limits how long a subscription lives.
type Lifetime struct {
	Settable bool          // the client may ask for an expiry
	Needed   bool          // the client must ask for one
	Default  time.Duration // without an expiry, or with one in the past
	Max      time.Duration
	MaxRich  time.Duration // with resource data; 0 for Max
	Min      time.Duration // less is raised to this (W1.6-09)
	Refuse   bool          // over the maximum is an error; else it is cut to the maximum (W1.6-01 to W1.6-07)
}

// ClientState is how the client's secret travels with a notification.
type ClientState struct {
	Header string // in this header, spelled so on the wire; empty: in the body
	Max    int    // characters (W10-13)
}

// Handshake is how a notification URL is validated.
type Handshake struct {
	Parameter   string
	Limit       time.Duration // from the request to the last byte of the answer
	StateHeader string        // header with the client state, if one was given
	Sentence    bool          // the token is a sentence with the request's id (W2.1-12); else base64 of a GUID
	Header      map[string]string
	Wording     Wording
	Revalidate  bool // a renewal validates again; off as documented (W10-04)
}

// Wording is in which words Graph told that a handshake had failed.
type Wording uint8

// The wordings: the status is named in it, not yet (W2.4-05), in the first and shortest words, or nothing is told at all (W2.4-08).
const (
	TellsStatus Wording = iota
	TellsFailure
	TellsFirst
	TellsNothing
)

// Throttling is what the service takes of an application until it asks it to slow down. A zero Limit is none known.
type Throttling struct {
	Mailbox Limit // requests to one mailbox (W1.7-03)
	AtOnce  int   // of these, under way
	Upload  Limit // bytes that these bring

	Writes, Reads             Limit // of subscriptions, wherever they live at the root (W1.7-04)
	TenantWrites, TenantReads Limit // the same, for one tenant
}

// Limit is how much may come within a time.
type Limit struct {
	Most   int
	Within time.Duration
}

// Delivery is what the service makes of a webhook's answers.
type Delivery struct {
	Good, Limit    time.Duration // a 2xx within Good is good, within Limit late, later failed (W10-06)
	RetryFor       time.Duration // then the notification is lost (W4.9-04)
	FirstRetry     time.Duration // doubled each time (W4.9-07)
	LongestRetry   time.Duration
	Success        []int         // the statuses that accept; empty for any 2xx (W4.9-01)
	Removes        int           // the status that ends the subscription; 0 for none (W10-33)
	States         bool          // slow and drop exist (W4.9-05, W4.9-06)
	Window         time.Duration // over which they are judged
	SlowOver       time.Duration // an attempt that takes longer counts as slow; 0 for Good
	SlowPercent    int           // of attempts that are slow
	SlowDelay      time.Duration
	DropOver       time.Duration // an attempt that takes longer counts for drop; 0 for Limit
	DropPercent    int           // of attempts over that, or failed for want of a connection
	Reached        bool          // the percentages are enough; else there have to be more (W4.9-03)
	MinimumInState int           // fewer attempts in a window are no evidence (W10-43)
}

// Accepts tells whether a status says that a webhook has what it was sent.
func (d *Delivery) Accepts(status int) bool {
	if len(d.Success) > 0 {
		return slices.Contains(d.Success, status)
	}
	return status >= 200 && status < 300
}

// SlowAfter is how long an attempt may take that does not count as slow.
func (d *Delivery) SlowAfter() time.Duration { return cmp.Or(d.SlowOver, d.Good) }

// DropAfter is how long an attempt may take that does not count for the state drop.
func (d *Delivery) DropAfter() time.Duration { return cmp.Or(d.DropOver, d.Limit) }
