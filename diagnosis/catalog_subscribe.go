package diagnosis

// subscribeFindings are the findings about a request to create or renew a
// subscription. They are found by the service's own sentence ([Explain]), or
// cited by a service that refuses ([New]).
func subscribeFindings() []Finding {
	return []Finding{
		{
			ID: "subscribe-http-url", Title: "the notification URL is http",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W6.3-03 W10-39",
			Says:  "NotificationUrl scheme='http' is not supported.",
			Cause: "The service calls https URLs only.",
			Cure:  "Give an https URL: a tunnel while developing. The emulator takes http on loopback and for hosts named with --allow-target.",
		},
		{
			ID: "subscribe-bad-url", Title: "the notification URL cannot be read",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W6.3-04",
			Says:  "Invalid notification url='{url}'.",
			Cause: "The notification URL is not an absolute URL; often two parts were joined wrongly, as in `https:////`.",
			Cure:  "Print the URL before you send it; it needs scheme, host and path.",
		},
		{
			ID: "subscribe-payload", Title: "the payload cannot be read",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W6.3-01 W1.6-11 W1.2-08",
			Says:  "Could not process subscription creation payload. Are all property names spelled and camelCased properly?",
			Cause: "The JSON is malformed, a property is unknown or spelled in another case, or a date has no zone.",
			Cure:  "Compare names and case with your version of the API (`notificationUrl`, `expirationDateTime`), and end the date with Z.",
		},
		{
			ID: "subscribe-unknown-property", Title: "a property that this version doesn't have",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W10-47 W6.3-01 W1.2-05 W1.2-08",
			Cause: "The name is not one of this version's. Names changed with each version, and case counts.",
			Cure:  "Use the spelling of the version behind the URL that you call: `NotificationURL` on Outlook, `notificationUrl` on Graph.",
		},
		{
			ID: "subscribe-missing-property", Title: "a required property is missing",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W6.3-02 W1.3-10 W1.4-07",
			Says:  "{property} is a required property for subscription creation.",
			Cause: "A property that the service demands is missing or null.",
			Cure:  "Send changeType, notificationUrl, resource and expirationDateTime; on Outlook also @odata.type.",
		},
		{
			ID: "subscribe-too-long", Title: "the expiry is too far away",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W6.3-06 W1.6-07 W1.6-08",
			Says:  "Subscription expiration can only be {limit} minutes in the future.",
			Cause: "The subscription is to live longer than this resource allows: 10070 minutes for mail, calendar and contacts, 1440 with resource data.",
			Cure:  "Ask for less, and renew before it ends. Keep some minutes of reserve: clocks differ.",
		},
		{
			ID: "subscribe-change-type", Title: "the change type is not known",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W6.3-09 W1.4-02",
			Says:  "Invalid 'changeType' attribute: '{value}'.",
			Cause: "changeType holds something else than created, updated or deleted.",
			Cure:  "Send one of them, or several with commas: `created,updated`.",
		},
		{
			ID: "subscribe-resource", Title: "the resource cannot be watched",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W6.3-08 W6.3-10 W1.5-07 W1.5-14",
			Says:  "The value '{value}' of parameter 'Resource' is {reason}.",
			Cause: "The resource is no collection that can be watched: a folder by its display name, a single item, or a folder itself.",
			Cure:  "Watch `me/messages`, `me/mailFolders('inbox')/messages` (well-known name or id), `me/events` or `me/contacts`.",
		},
		{
			ID: "subscribe-resource-unsupported", Title: "nothing of this name can be watched",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W6.3-10",
			Says:  "Resource '{value}' is not supported.",
			Cause: "The resource starts with a name that the service doesn't know for subscriptions.",
			Cure:  "Check the spelling; the path is relative to the version, without host: `me/messages`.",
		},
		{
			ID: "subscribe-query-options", Title: "options that a subscription doesn't take",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W6.3-07 W1.5-13",
			Says:  "$top, $skip, $orderby, {options} are not supported in subscription resource Url.",
			Cause: "The resource carries query options that make no sense for notifications, or selects body or uniqueBody.",
			Cure:  "Keep $filter and a short $select only, and read the rest of the item when its notification comes.",
		},
		{
			ID: "subscribe-duplicate", Title: "such a subscription exists already",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W6.3-17 W10-24",
			Says:  "Subscription Id {id} already exists for the requested combination",
			Cause: "The same app and user already watch this resource for these changes; the notification URL doesn't count.",
			Cure:  "Renew or delete the one that the message names. At start list your subscriptions instead of creating new ones.",
		},
		{
			ID: "subscribe-quota", Title: "the mailbox has too many subscriptions",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W1.7-01 W1.7-02",
			Says:  "Maximum number of subscriptions has been reached",
			Cause: "A mailbox bears 1000 subscriptions of all apps together; subscriptions that were not deleted live on until they expire.",
			Cure:  "Delete what you no longer use, on every exit of your app, and give short lifetimes while testing.",
		},
		{
			ID: "subscribe-gone", Title: "the subscription is not there",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W6.3-15 W1.3-14",
			Says:  "The object was not found.",
			Cause: "The subscription has expired, was deleted, or belongs to another app or user, or to another token of yours.",
			Cure:  "Create it anew and read what you missed. Renew earlier, with the same kind of token that made it.",
		},
		{
			ID: "subscribe-no-token", Title: "no access token",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W6.3-11 W10-40",
			Says:  "Access token is empty.",
			Cause: "The request has no Authorization header. Some SDKs drop the token on http or on hosts that they don't know.",
			Cure:  "Send `Authorization: Bearer …`; the emulator takes any text as token. With an SDK use the https address, or add the host to its allowed ones.",
		},
		{
			ID: "subscribe-client-state-too-long", Title: "the client state is too long",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W10-13",
			Cause: "The client state is longer than the service keeps: 128 characters on Graph, 255 on Outlook.",
			Cure:  "Use a random text of 32 characters, and keep what it stands for on your side.",
		},
	}
}
