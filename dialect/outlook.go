package dialect

import (
	"time"

	"github.com/outlocal/outlocal/notify"
)

// What the Outlook dialects share.
const (
	pushSubscription    = "#Microsoft.OutlookServices.PushSubscription"
	outlookNotification = "#Microsoft.OutlookServices.Notification"
	outlookItem         = "#Microsoft.OutlookServices."

	outlookClientState = 255 // characters (W10-13)

	threeDays = 72 * time.Hour
	sevenDays = 7 * 24 * time.Hour
	oneDay    = 24 * time.Hour
)

// anyChange are the kinds that an Outlook client may ask for; the service's own may be named too (W1.3-15).
const anyChange = notify.Created | notify.Updated | notify.Deleted | notify.Acknowledgment | notify.Gap

// outlookDelivery: nothing was ever published of Outlook's retries, so they are Graph's, without its endpoint states (W10-06, W10-42).
var outlookDelivery = Delivery{
	Good: 3 * time.Second, Limit: 10 * time.Second,
	RetryFor: 4 * time.Hour, FirstRetry: 10 * time.Second, LongestRetry: 10 * time.Minute,
}

// odataPart opens every Outlook notification: a type tag and an Id that is always null (W4.2-02).
var odataPart = []Part{{Name: "@odata.type", Is: PartType}, {Name: "Id", Is: PartNull}}
