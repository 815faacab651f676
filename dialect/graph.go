package dialect

import (
	"time"

	"github.com/outlocal/outlocal/notify"
)

// What Graph's dialects share.
const (
	graphSubscription = "#microsoft.graph.subscription"
	graphItem         = "#Microsoft.Graph."
	graphType         = "#microsoft.graph."

	graphClientState   = 128 // characters (W10-13)
	graphCertificateID = 128 // characters (W1.4-10)
	graphQuota         = 1000

	observedMaximum   = 10070 * time.Minute // what the live service accepts (W1.6-07)
	documentedMaximum = 10080 * time.Minute
	richMaximum       = 1440 * time.Minute // W1.6-08
	shortestLife      = 45 * time.Minute   // W1.6-09
)

// GraphV1 is Microsoft Graph v1.0 as it is today.
var GraphV1 = register(graphToday)

// GraphBeta is Microsoft Graph's beta today: another base path over the same store and the same behaviour.
var GraphBeta = register(*graphToday.With(func(d *Dialect) {
	d.Name = "graph-beta"
	d.Title = "Microsoft Graph beta, today"
	d.Base = "/beta"
}))

var graphToday = Dialect{
	Name:   "graph-v1.0",
	Title:  "Microsoft Graph v1.0, today",
	Family: Graph,
	Base:   "/v1.0",

	ToleratedTag: graphSubscription,
	Subscription: []Field{ // W1.2-08, W1.3-20, W1.3-21, W1.4-01 to W1.4-16
		{Name: "@odata.context", Prop: PropContext, Shown: OnCreate | OnRead},
		{Name: "id", Prop: PropID, Shown: Everywhere},
		{Name: "resource", Prop: PropResource, Create: Required, Patch: Fixed, Shown: Everywhere},
		{Name: "applicationId", Prop: PropApp, Shown: Everywhere, Unset: Null},
		{Name: "changeType", Prop: PropChange, Create: Required, Patch: Fixed, Shown: Everywhere},
		{Name: "clientState", Prop: PropClientState, Create: Optional, Patch: Fixed, Shown: Everywhere, Hidden: OnList, Unset: Null, Max: graphClientState},
		{Name: "notificationUrl", Prop: PropURL, Create: Required, Patch: Optional, Shown: Everywhere},
		{Name: "notificationQueryOptions", Prop: PropQueryOptions, Create: Optional, Patch: Fixed, Shown: Everywhere, Unset: Null},
		{Name: "notificationContentType", Prop: PropContentType, Create: Optional, Patch: Fixed, Shown: Everywhere, Unset: Null},
		{Name: "lifecycleNotificationUrl", Prop: PropLifecycleURL, Create: Optional, Patch: Fixed, Shown: Everywhere, Unset: Null},
		{Name: "expirationDateTime", Prop: PropExpires, Create: Required, Patch: Optional, Shown: Everywhere},
		{Name: "creatorId", Prop: PropCreator, Shown: Everywhere, Unset: Null},
		{Name: "includeResourceData", Prop: PropIncludeData, Create: Optional, Patch: Fixed, Shown: Everywhere, Unset: Null},
		{Name: "latestSupportedTlsVersion", Prop: PropTLS, Create: Optional, Patch: Fixed, Shown: Everywhere},
		{Name: "encryptionCertificate", Prop: PropCertificate, Create: Optional, Patch: Optional, Shown: Everywhere, Unset: Null},
		{Name: "encryptionCertificateId", Prop: PropCertificateID, Create: Optional, Patch: Optional, Shown: Everywhere, Unset: Null, Max: graphCertificateID},
		{Name: "notificationUrlAppId", Prop: PropURLApp, Create: Optional, Patch: Fixed, Shown: Everywhere, Unset: Null},
	},
	Operations:  Operations{Renew: RenewByPatch, Delete: true, List: true, Reauthorize: true, Batch: true},
	ChangeWords: ChangeWords{Lower: true, Echo: true, Allowed: notify.Created | notify.Updated | notify.Deleted},
	Watch: Watch{
		Folders: []string{"mailfolders"}, Calendars: true,
		Collections: []notify.Collection{notify.Messages, notify.Events, notify.Contacts},
		Filter:      true, Select: SelectNarrows,
	},
	Lifetime:    Lifetime{Settable: true, Needed: true, Max: observedMaximum, MaxRich: richMaximum, Min: shortestLife, Refuse: true},
	ClientState: ClientState{Max: graphClientState},
	Authorization: Authorization{ // W5-06, W10-37
		First: 180 * time.Minute, Often: 60 * time.Minute, Every: 15 * time.Minute, HoldFor: 4 * time.Hour,
	},

	Handshake: &Handshake{
		Parameter: "validationToken", Limit: 10 * time.Second, Sentence: true,
		Header: map[string]string{"Accept": "text/plain", "Content-Type": "text/plain; charset=utf-8"}, // W2.1-05
	},
	Notification: Notification{ // W4.6-01 to W4.6-04, W5-07
		ContentType: "application/json; charset=utf-8",
		Item: []Part{{"subscriptionId", PartSubscription}, {"subscriptionExpirationDateTime", PartExpires},
			{"changeType", PartChange}, {"resource", PartResource}, {"resourceData", PartData},
			{"clientState", PartClientState}, {"tenantId", PartTenant}, {"encryptedContent", PartEncrypted}},
		Lifecycle: lifecycleForms[0].parts,
		Events:    []notify.Lifecycle{notify.Missed, notify.ReauthorizationRequired, notify.SubscriptionRemoved},
		ItemType:  graphItem, ItemID: "id",
		Path:     ItemPath{User: UserID, Pascal: true},
		Rich:     &RichForm{ItemType: graphType, Path: ItemPath{User: UserID, Quoted: true}}, // W4.10-02
		DateForm: Observed,                                                                   // W10-41
	},
	Delivery: Delivery{
		Good: 3 * time.Second, Limit: 10 * time.Second,
		RetryFor: 4 * time.Hour, FirstRetry: 10 * time.Second, LongestRetry: 10 * time.Minute,
		States: true, Window: 10 * time.Minute,
		SlowPercent: 10, SlowDelay: 10 * time.Minute, DropPercent: 15, MinimumInState: 100,
	},
	Entity:           Entity{User: UserID},
	Refusals:         graphRefusals,
	Throttling:       graphThrottling(),
	Quota:            graphQuota,
	RefuseDuplicates: true,
}

// outlookThrottling is what the mailboxes behind all of them take (W1.7-03).
func outlookThrottling() Throttling {
	const megabyte = 1 << 20
	return Throttling{
		Mailbox: Limit{10_000, 10 * time.Minute}, AtOnce: 4, Upload: Limit{15 * megabyte, 30 * time.Second},
	}
}

// graphThrottling is that, and what the subscription service takes (W1.7-04).
func graphThrottling() Throttling {
	const within = 20 * time.Second
	t := outlookThrottling()
	t.Writes, t.Reads = Limit{2000, within}, Limit{10_000, within}
	t.TenantWrites, t.TenantReads = Limit{1000, within}, Limit{5000, within}
	return t
}

// DocumentedLimit turns the maximum life into the documented 10 080 minutes, ten more than the live service accepts (W10-09).
func DocumentedLimit(d *Dialect) {
	if d.Lifetime.Max == observedMaximum {
		d.Lifetime.Max = documentedMaximum
	}
}

// DocumentedDates prints a change notification's dates as the documents do, with seven digits and Z (W0-03, W10-41).
func DocumentedDates(d *Dialect) {
	if d.Notification.DateForm == Observed {
		d.Notification.DateForm = Documented
	}
}
