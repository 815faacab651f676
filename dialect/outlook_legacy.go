package dialect

import "github.com/outlocal/outlocal/notify"

// OutlookLegacy is what the beta of Outlook's REST API spoke until October 2015: odd names, an acknowledgement instead of a
// handshake, renewal by POST.
var OutlookLegacy = register(Dialect{
	Name:   "outlook-legacy",
	Title:  "Outlook REST beta until October 2015 (ResourceURL, CallbackURL, Entity)",
	Family: Outlook,
	Base:   "/api/beta",

	TypeTag: pushSubscription,
	Subscription: []Field{ // W1.2-03, W1.3-01, W1.3-02
		{Name: "@odata.context", Prop: PropContext, Shown: Everywhere},
		{Name: "@odata.type", Prop: PropType, Create: Required, Patch: Optional, Shown: Everywhere},
		{Name: "@odata.id", Prop: PropLink, Shown: Everywhere},
		{Name: "Id", Prop: PropID, Shown: Everywhere},
		{Name: "ResourceURL", Prop: PropResource, Create: Required, Patch: Fixed, Shown: Everywhere},
		{Name: "ChangeType", Prop: PropChange, Create: Required, Patch: Fixed, Shown: Everywhere},
		{Name: "ClientState", Prop: PropClientState, Create: Optional, Patch: Fixed, Shown: Everywhere, Max: outlookClientState},
		{Name: "CallbackURL", Prop: PropURL, Create: Required, Patch: Fixed, Shown: OnCreate | OnRead},
		{Name: "ExpirationTime", Prop: PropExpires, Create: Optional, Patch: Optional, Shown: OnCreate | OnRead},
	},
	Operations:  Operations{Renew: RenewByPost, Delete: true, RenewBodyOptional: true},
	ChangeWords: ChangeWords{Add: notify.Acknowledgment | notify.Gap, Allowed: anyChange},
	Watch: Watch{
		Absolute: true, Folders: []string{"folders"},
		Collections: []notify.Collection{notify.Messages, notify.Events, notify.Contacts},
	},
	Lifetime:    Lifetime{Settable: true, Default: threeDays, Max: threeDays},
	ClientState: ClientState{Header: "x-ClientState", Max: outlookClientState},

	Notification: Notification{ // W4.2-01, W3.1-03
		Type: outlookNotification, ContentType: "application/json", ODataVersion: true, Acknowledge: true, Sequence: true,
		Item: append(odataPart[:2:2],
			Part{"SubscriptionId", PartSubscription}, Part{"SubscriptionExpirationTime", PartExpires},
			Part{"SequenceNumber", PartSequence}, Part{"ChangeType", PartChange}, Part{"Entity", PartData}),
		Service: append(odataPart[:2:2],
			Part{"SubscriptionId", PartSubscription}, Part{"SubscriptionExpirationTime", PartExpires},
			Part{"SequenceNumber", PartSequence}, Part{"ChangeType", PartChange}),
		Events:   []notify.Lifecycle{notify.Missed},
		ItemType: outlookItem, ItemID: "Id",
		Path: ItemPath{Absolute: true, User: UserAddress, Quoted: true, Pascal: true},
	},
	Delivery: outlookDelivery,
	Entity:   Entity{Pascal: true, Link: true, Early: true, User: UserAddress},
	Refusals: outlookRefusals2015,
})
