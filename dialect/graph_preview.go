package dialect

import (
	"time"

	"github.com/outlocal/outlocal/notify"
)

// GraphPreview is what Microsoft Graph's beta spoke from November 2015 to March 2016, here as of the end of January 2016, when the
// handshake had come. A subscription could neither be renewed nor deleted: it ran out.
var GraphPreview = register(Dialect{
	Name:   "graph-preview",
	Title:  "Microsoft Graph's preview of January 2016 (subscriptionId, no renewal)",
	Family: Graph,
	Base:   "/beta",

	ToleratedTag: graphSubscription,
	Subscription: []Field{ // W1.2-06, W1.2-07, W1.3-17
		{Name: "@odata.context", Prop: PropContext, Shown: Everywhere},
		{Name: "subscriptionId", Prop: PropID, Shown: Everywhere},
		{Name: "resource", Prop: PropResource, Create: Required, Shown: Everywhere},
		{Name: "changeType", Prop: PropChange, Create: Required, Shown: Everywhere},
		{Name: "clientState", Prop: PropClientState, Create: Optional, Shown: Everywhere, Max: outlookClientState},
		{Name: "notificationUrl", Alias: "notificationURL", Prop: PropURL, Create: Required, Shown: Everywhere},
		{Name: "subscriptionExpirationDateTime", Prop: PropExpires, Shown: Everywhere},
	},
	ChangeWords: ChangeWords{Echo: true, Allowed: anyChange},
	Watch: Watch{
		Folders:      []string{"folders", "mailfolders"},
		Collections:  []notify.Collection{notify.Messages, notify.Events, notify.Contacts},
		DisplayNames: true,
	},
	Lifetime:    Lifetime{Default: threeDays, Max: threeDays}, // W1.6-05
	ClientState: ClientState{Max: outlookClientState},

	Handshake:    &Handshake{Parameter: "validationtoken", Limit: 10 * time.Second, StateHeader: "ClientState", Wording: TellsNothing},
	Notification: previewNotification,
	Delivery:     previewDelivery,
	Entity:       Entity{User: UserID},
	Refusals:     previewRefusals,
	EarlyError:   true,
})

// previewDelivery: nothing was published of the preview's retries; endpoint states came years later.
var previewDelivery = outlookDelivery

// previewNotification is what Graph's first notifications looked like, in the preview and in v1.0 when it was new (W4.5-01 to W4.5-03).
var previewNotification = Notification{
	ContentType: "application/json",
	Item: []Part{{"subscriptionId", PartSubscription}, {"subscriptionExpirationDateTime", PartExpires},
		{"clientState", PartClientState}, {"changeType", PartChange}, {"resource", PartResource}, {"resourceData", PartData}},
	ItemType: graphItem, ItemID: "Id",
	Path: ItemPath{User: UserPair},
}
