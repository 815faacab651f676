package dialect

import "github.com/outlocal/outlocal/notify"

// OutlookInterim is what the beta spoke in between, for some weeks of October and November 2015: lower camel case, and context for
// the client state. It already renews by PATCH but still acknowledges instead of validating.
var OutlookInterim = register(Dialect{
	Name:   "outlook-interim",
	Title:  "Outlook REST beta in transit, October to November 2015 (resource, notificationURL, context)",
	Family: Outlook,
	Base:   "/api/beta",

	TypeTag: pushSubscription,
	Subscription: []Field{ // W1.2-04, W1.3-06, W1.3-07
		{Name: "@odata.context", Prop: PropContext, Shown: Everywhere},
		{Name: "@odata.type", Prop: PropType, Create: Required, Patch: Optional, Shown: Everywhere},
		{Name: "@odata.id", Prop: PropLink, Shown: Everywhere},
		{Name: "Id", Prop: PropID, Shown: Everywhere},
		{Name: "resource", Prop: PropResource, Create: Required, Patch: Fixed, Shown: Everywhere},
		{Name: "changeType", Prop: PropChange, Create: Required, Patch: Fixed, Shown: Everywhere},
		{Name: "context", Prop: PropClientState, Create: Optional, Patch: Fixed, Shown: OnCreate | OnRenew, Max: outlookClientState},
		{Name: "notificationURL", Prop: PropURL, Create: Required, Patch: Fixed, Shown: Everywhere},
		{Name: "subscriptionExpirationDateTime", Prop: PropExpires, Create: Optional, Patch: Optional, Shown: Everywhere},
	},
	Operations:  Operations{Renew: RenewByPatch, Delete: true, RenewBodyOptional: true},
	ChangeWords: ChangeWords{Add: notify.Acknowledgment | notify.Gap, Allowed: anyChange},
	Watch: Watch{
		Absolute: true, Folders: []string{"folders"},
		Collections: []notify.Collection{notify.Messages, notify.Events, notify.Contacts},
	},
	Lifetime:    Lifetime{Settable: true, Default: threeDays, Max: threeDays},
	ClientState: ClientState{Header: "x-context", Max: outlookClientState},

	Notification: Notification{ // W4.3-01, W3.1-02
		Type: outlookNotification, ContentType: "application/json", ODataVersion: true, Acknowledge: true, Sequence: true,
		Item: append(odataPart[:2:2],
			Part{"subscriptionId", PartSubscription}, Part{"subscriptionExpirationDateTime", PartExpires},
			Part{"sequenceNumber", PartSequence}, Part{"changeType", PartChange},
			Part{"resource", PartResource}, Part{"resourceData", PartData}),
		Service: append(odataPart[:2:2],
			Part{"subscriptionId", PartSubscription}, Part{"subscriptionExpirationDateTime", PartExpires},
			Part{"sequenceNumber", PartSequence}, Part{"changeType", PartChange}),
		Events:   []notify.Lifecycle{notify.Missed},
		ItemType: outlookItem, ItemID: "Id",
		Path: ItemPath{Absolute: true, User: UserAddress, Quoted: true, Pascal: true},
	},
	Delivery: outlookDelivery,
	Entity:   Entity{Pascal: true, Link: true, User: UserAddress},
	Refusals: outlookRefusals2015,
})
