package diagnosis

// refusedFindings are the findings about requests that the service refuses
// for reasons that lie beside the subscription: the token, the mailbox, its own
// state. They are found by its sentences ([Explain]).
func refusedFindings() []Finding {
	return []Finding{
		{
			ID: "subscribe-token-refused", Title: "the access token is not accepted",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W6.3-12",
			Says:  "Access token validation failure. Invalid audience.",
			Cause: "The token is for another service, has run out, or is no token at all: a secret, an ID token, or half of one that was cut.",
			Cure:  "Ask for a token with the scope `https://graph.microsoft.com/.default` right before the call, and send it whole. A client secret is no token.",
		},
		{
			ID: "subscribe-forbidden", Title: "the token doesn't allow it",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W6.3-13 W6.2-06",
			Says:  "Access is denied. Check credentials and try again.",
			Cause: "The token lacks the permission to read what is to be watched, or an access policy of Exchange leaves this mailbox out.",
			Cure:  "Grant Mail.Read (Calendars.Read, Contacts.Read) to the app, consent anew, and get a new token: an old one keeps its old scopes. Decode it and look at scp or roles.",
		},
		{
			ID: "subscribe-no-mailbox", Title: "the user has no mailbox there",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W6.3-14 W6.2-08",
			Says:  "Operation: Create; Exception: [Status Code: NotFound; Reason: Not Found]",
			Cause: "The user of the resource doesn't exist in this tenant, or has no mailbox in Exchange Online: no licence yet, or a mailbox on premises.",
			Cure:  "Check the id or address in the resource, and give the user a licence with Exchange; a new mailbox takes some minutes to come.",
		},
		{
			ID: "subscribe-me", Title: "an app has no me",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W1.5-20",
			Says:  "/me request is only valid with delegated authentication flow.",
			Cause: "The token is the app's own (client credentials), and stands for no user: `me` in the resource means nobody.",
			Cure:  "Name the user, `users/{id}/messages`, with the application permission Mail.Read; or sign a user in.",
		},
		{
			ID: "subscribe-empty-renewal", Title: "a renewal that changes nothing",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W6.3-05",
			Says:  "Subscription must contain either the 'expirationDateTime' or 'notificationUrl' property and its value.",
			Cause: "The body of the PATCH has neither a new expiry nor a new URL, often because it is empty or its names are spelled in another case.",
			Cure:  "Send `{\"expirationDateTime\":\"…Z\"}` with Content-Type application/json; renewing without a date is Outlook's way, not Graph's.",
		},
		{
			ID: "subscribe-no-select", Title: "content was asked for, but not which",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W1.4-09",
			Says:  "$select is required in subscription resource Url when resource data is included.",
			Cause: "The subscription has `includeResourceData: true`, and its resource names no properties with `$select`, which Outlook's resources demand.",
			Cure:  "Name what you need: `me/messages?$select=subject,from`; or leave includeResourceData out and read the item when its notification comes.",
		},
		{
			ID: "subscribe-certificate", Title: "the certificate for encryption is not taken",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W1.4-09 W1.4-10",
			Says:  "Certificate validation error: {reason}",
			Cause: "`encryptionCertificate` is no X.509 certificate in DER and base64, or its key is none of RSA with 2048 to 4096 bits.",
			Cure:  "Send the certificate without its key and without the lines BEGIN and END, as one line of base64. `outlocal certificate` makes a fitting pair.",
		},
		{
			ID: "subscribe-method", Title: "the service has no such method there",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W6.3-16",
			Says:  "Specified HTTP method is not allowed for the request target.",
			Cause: "The method and the path don't go together: a PATCH without an id in the path, a PUT, or a POST to a single subscription.",
			Cure:  "POST to `/subscriptions`; PATCH, GET and DELETE to `/subscriptions/{id}`. Is the id empty where the path is put together?",
		},
		{
			ID: "subscribe-throttled", Title: "too many requests",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W6.3-18 W6.3-19 W6.2-09",
			Says:  "Please retry again later.",
			Cause: "The app makes more requests than the service allows it, or more than four to one mailbox at a time.",
			Cure:  "Wait as long as Retry-After says, take no more than four requests to a mailbox at once, and spread renewals instead of making them all at the full hour.",
		},
		{
			ID: "subscribe-service", Title: "the service itself fails",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W6.3-20",
			Says:  "There was an error processing a storage extension.",
			Cause: "It is not your request: Microsoft's service is out of order for a moment, or for longer.",
			Cure:  "Try again with growing pauses, keep the subscription's wanted state on your side, and look at the service's health page if it lasts.",
		},
		{
			ID: "receiver-item-gone", Title: "the item of a notification can't be read",
			Severity: SeverityWarning, Strict: SeverityWarning, Rule: "W6.4-01 W6.2-07",
			Says:  "The specified object was not found in the store.",
			Cause: "The item was deleted or moved between the change and your reading: a move gives it another id, and drafts vanish when they are sent.",
			Cure:  "Take a 404 as the end of that item, not as an error. With `Prefer: IdType=\"ImmutableId\"` an id outlives a move within the mailbox.",
		},
		{
			ID: "receiver-item-id", Title: "the id of an item is spoiled",
			Severity: SeverityWarning, Strict: SeverityWarning, Rule: "W6.4-02 W6.2-03 W6.2-04",
			Says:  "Id is malformed.",
			Cause: "The id in the URL is not one of this mailbox: cut, decoded once too often, changed in case, or from another user's notification.",
			Cure:  "Treat ids as they are: case counts, and in a path a `/` or `+` in them has to be escaped. Read the resource with the token of its own user.",
		},
	}
}
