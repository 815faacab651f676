package dialect

import (
	"net/http"
	"time"
)

// formerMaximum is how long a subscription of an Outlook resource could live until about 2025 (W1.6-06).
const formerMaximum = 4230 * time.Minute

// formerLimit is how long a webhook could take until 2022 (W4.9-01, W4.9-02).
const formerLimit = 30 * time.Second

// GraphV1Of2016 is Microsoft Graph v1.0 as of its webhooks' first spring: six properties, notifications as in the preview, and a
// webhook that could end its subscription by an answer. How long a subscription has to live at least, and how failures are retried, is
// known of later years only, and taken from there.
var GraphV1Of2016 = register(*graphToday.With(func(d *Dialect) {
	d.Profile = "2016"
	d.Title = "Microsoft Graph v1.0, spring of 2016: six properties, the preview's notifications"
	d.Subscription = []Field{ // W1.3-19, W1.3-25
		{Name: "@odata.context", Prop: PropContext, Shown: OnCreate | OnRead},
		{Name: "id", Prop: PropID, Shown: Everywhere},
		{Name: "resource", Prop: PropResource, Create: Required, Patch: Fixed, Shown: Everywhere},
		{Name: "changeType", Prop: PropChange, Create: Required, Patch: Fixed, Shown: Everywhere},
		{Name: "clientState", Prop: PropClientState, Create: Optional, Patch: Fixed, Shown: Everywhere, Max: outlookClientState},
		{Name: "notificationUrl", Alias: "notificationURL", Prop: PropURL, Create: Required, Patch: Fixed, Shown: Everywhere},
		{Name: "expirationDateTime", Prop: PropExpires, Create: Required, Patch: Optional, Shown: Everywhere},
	}
	d.ClientState = ClientState{Max: outlookClientState} // W1.3-25
	d.Operations = Operations{Renew: RenewByPatch, Delete: true}
	d.Authorization = Authorization{}
	d.ChangeWords.Capital = true                                     // W4.5-04
	d.Lifetime.Max, d.Lifetime.MaxRich = formerMaximum, 0            // W1.6-06; nothing was rich yet
	d.Handshake.Wording = TellsFirst                                 // W2.4-05
	d.Handshake.StateHeader = "ClientState"                          // W2.1-04
	d.Notification = previewNotification                             // W4.5-04, W10-36
	d.Notification.ContentType = graphToday.Notification.ContentType // W4.1-08
	d.Delivery = Delivery{                                           // W4.9-01
		Good: formerLimit, Limit: formerLimit,
		Success: []int{http.StatusOK, http.StatusNoContent}, Removes: http.StatusUnprocessableEntity, // W10-33
		RetryFor: 4 * time.Hour, FirstRetry: 10 * time.Second, LongestRetry: 10 * time.Minute,
	}
	d.Refusals = graphRefusals2023
	d.EarlyError = true
	d.Throttling = Throttling{} // the numbers are later ones
	d.Quota = 0                 // the first number is of 2021
	d.RefuseDuplicates = false  // W10-24: not yet in 2019
}))

// GraphV1Of2021 is Microsoft Graph v1.0 as of July 2021: webhooks had 30 seconds, and an endpoint that took longer too often was
// delayed, or dropped. What had no value was shown as empty. Reauthorization was there under /beta only; a renewal did as well.
var GraphV1Of2021 = register(*graphToday.With(formerly, func(d *Dialect) {
	d.Profile = "2021"
	d.Title = "Microsoft Graph v1.0, July 2021: 30 seconds for webhooks, empty text in place of null"
	d.Subscription = []Field{ // W1.4-18, W1.4-19
		{Name: "@odata.context", Prop: PropContext, Shown: OnCreate | OnRead},
		{Name: "id", Prop: PropID, Shown: Everywhere},
		{Name: "resource", Prop: PropResource, Create: Required, Patch: Fixed, Shown: Everywhere},
		{Name: "applicationId", Prop: PropApp, Shown: Everywhere, Unset: Null},
		{Name: "changeType", Prop: PropChange, Create: Required, Patch: Fixed, Shown: Everywhere},
		{Name: "clientState", Prop: PropClientState, Create: Optional, Patch: Fixed, Shown: Everywhere, Hidden: OnList, Max: graphClientState},
		{Name: "notificationUrl", Prop: PropURL, Create: Required, Patch: Optional, Shown: Everywhere},
		{Name: "notificationQueryOptions", Prop: PropQueryOptions, Create: Optional, Patch: Fixed, Shown: Everywhere},
		{Name: "lifecycleNotificationUrl", Prop: PropLifecycleURL, Create: Optional, Patch: Fixed, Shown: Everywhere},
		{Name: "expirationDateTime", Prop: PropExpires, Create: Required, Patch: Optional, Shown: Everywhere},
		{Name: "creatorId", Prop: PropCreator, Shown: Everywhere, Unset: Null},
		{Name: "latestSupportedTlsVersion", Prop: PropTLS, Create: Optional, Patch: Fixed, Shown: Everywhere},
		{Name: "encryptionCertificate", Prop: PropCertificate, Create: Optional, Patch: Optional, Shown: Everywhere, Unset: Filled, Filling: `""`},
		{Name: "encryptionCertificateId", Prop: PropCertificateID, Create: Optional, Patch: Optional, Shown: Everywhere, Unset: Filled, Filling: `""`, Max: graphCertificateID},
		{Name: "includeResourceData", Prop: PropIncludeData, Create: Optional, Patch: Fixed, Shown: Everywhere, Unset: Filled, Filling: "false"},
		{Name: "notificationContentType", Prop: PropContentType, Create: Optional, Patch: Fixed, Shown: Everywhere, Unset: Filled, Filling: `"application/json"`},
	}
	d.Operations.Reauthorize = false
	d.Notification.Path.User = UserPair                          // W10-18
	d.Delivery.Good, d.Delivery.Limit = formerLimit, formerLimit // W4.9-02
	d.Delivery.SlowPercent, d.Delivery.DropPercent = 10, 20
	d.RefuseDuplicates = false // W10-24: documented in 2025, first seen in 2023
}))

// GraphV1Of2023 is Microsoft Graph v1.0 as of 2022 and 2023: webhooks had three seconds and no more, subscriptions three days.
var GraphV1Of2023 = register(*graphToday.With(formerly, func(d *Dialect) {
	d.Profile = "2023"
	d.Title = "Microsoft Graph v1.0, 2022 and 2023: three seconds for webhooks, three days of life"
	const brisk = 2900 * time.Millisecond
	d.Delivery.Limit = d.Delivery.Good // W4.9-03
	d.Delivery.SlowOver, d.Delivery.DropOver, d.Delivery.Reached = brisk, brisk, true
}))

// formerly turns what was the same until 2023.
func formerly(d *Dialect) {
	d.Lifetime.Max = formerMaximum // W1.6-06
	d.Handshake.Wording = TellsFailure
	d.Refusals = graphRefusals2023
	LoseUnauthorized(d) // the pages of 2021 and 2024 say so
}
