package dialect

import (
	"time"

	"github.com/outlocal/outlocal/notify"
)

// OutlookFinal is the schema that Outlook's REST API v2.0 kept until it was switched off: names with capitals, a handshake in
// five seconds, the client state in a header of that name.
var OutlookFinal = register(outlookFinal)

// OutlookFinal2015 is the same schema as the beta spoke it from November 2015: three days of life, and users named by address.
var OutlookFinal2015 = register(*outlookFinal.With(func(d *Dialect) {
	d.Profile = "2015"
	d.Title = "Outlook REST beta from November 2015: the final names, three days of life"
	d.Base = "/api/beta"
	d.Lifetime = Lifetime{Settable: true, Default: threeDays, Max: threeDays} // W1.6-02
	d.Notification.Path.User = UserAddress                                    // W1.1-22
	d.Entity.User = UserAddress
	d.Refusals = outlookRefusals2015
	d.Throttling = Throttling{} // the numbers are later ones
}))

var outlookFinal = Dialect{
	Name:   "outlook-final",
	Title:  "Outlook REST v2.0, 2015 to 2024 (Resource, NotificationURL, ClientState)",
	Family: Outlook,
	Base:   "/api/v2.0",

	TypeTag: pushSubscription,
	Subscription: []Field{ // W1.2-05, W1.3-10, W1.3-12, W1.3-13, W10-17
		{Name: "@odata.context", Prop: PropContext, Shown: Everywhere},
		{Name: "@odata.type", Prop: PropType, Create: Required, Patch: Optional, Shown: Everywhere},
		{Name: "@odata.id", Prop: PropLink, Shown: Everywhere},
		{Name: "Id", Prop: PropID, Shown: Everywhere},
		{Name: "Resource", Prop: PropResource, Create: Required, Patch: Fixed, Shown: Everywhere},
		{Name: "ChangeType", Prop: PropChange, Create: Required, Patch: Fixed, Shown: Everywhere},
		{Name: "ClientState", Prop: PropClientState, Create: Optional, Patch: Fixed, Shown: OnCreate | OnRenew, Max: outlookClientState},
		{Name: "NotificationURL", Prop: PropURL, Create: Required, Patch: Fixed, Shown: Everywhere},
		{Name: "SubscriptionExpirationDateTime", Prop: PropExpires, Create: Optional, Patch: Optional, Shown: Everywhere},
	},
	Operations:  Operations{Renew: RenewByPatch, Delete: true, RenewBodyOptional: true},
	ChangeWords: ChangeWords{Add: notify.Gap, Allowed: anyChange},
	Watch: Watch{
		Absolute: true, Folders: []string{"mailfolders", "folders"}, Calendars: true,
		Collections: []notify.Collection{notify.Messages, notify.Events, notify.Contacts, notify.Tasks},
		Filter:      true, Select: SelectClear,
	},
	Lifetime:    Lifetime{Settable: true, Default: sevenDays, Max: sevenDays, MaxRich: oneDay},
	ClientState: ClientState{Header: "ClientState", Max: outlookClientState},

	Handshake: &Handshake{Parameter: "validationtoken", Limit: 5 * time.Second, StateHeader: "ClientState"},
	Notification: Notification{ // W4.4-01, W3.2-01, W3.4-01
		Type: outlookNotification, ContentType: "application/json", ODataVersion: true, Sequence: true,
		Item: append(odataPart[:2:2],
			Part{"SubscriptionId", PartSubscription}, Part{"SubscriptionExpirationDateTime", PartExpires},
			Part{"SequenceNumber", PartSequence}, Part{"ChangeType", PartChange},
			Part{"Resource", PartResource}, Part{"ResourceData", PartData}),
		Service: append(odataPart[:2:2],
			Part{"SubscriptionId", PartSubscription}, Part{"SubscriptionExpirationDateTime", PartExpires},
			Part{"SequenceNumber", PartSequence}, Part{"ChangeType", PartChange}),
		Removed: []Part{{"SubscriptionId", PartSubscription}, {"SubscriptionExpirationDateTime", PartExpires},
			{"ChangeType", PartChange}, {"Error", PartError}},
		Events:   []notify.Lifecycle{notify.Missed, notify.SubscriptionRemoved},
		ItemType: outlookItem, ItemID: "Id",
		Path: ItemPath{Absolute: true, User: UserPair, Quoted: true, Pascal: true},
	},
	Delivery: outlookDelivery,
	Entity:   Entity{Pascal: true, Link: true, User: UserPair},
	Refusals: outlookRefusals,

	Throttling: outlookThrottling(), // known of Graph alone, which asks the same mailboxes
}
