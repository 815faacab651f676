package diagnosis

// receiverFindings are the findings about what a receiver got, told to who
// sends it and to who writes a receiver.
func receiverFindings() []Finding {
	return []Finding{
		{
			ID: "receiver-method", Title: "not a POST",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.1-01",
			Cause: "Notifications and handshakes are POST requests; this one is not. Somebody opened the URL in a browser, or a monitor looks at it.",
			Cure:  "Send POST. As a receiver answer 405 with `Allow: POST`, and don't count it.",
		},
		{
			ID: "receiver-encoding", Title: "the body's encoding cannot be read",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.1-07 W4.1-08 R9",
			Cause: "The body is not what Content-Encoding says, is cut, or is not UTF-8.",
			Cure:  "Send UTF-8 without BOM and plain or gzip; after compressing, close the writer before the body is sent.",
		},
		{
			ID: "receiver-too-large", Title: "the body is larger than the receiver takes",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.8-01 W4.8-02",
			Cause: "One POST carries a batch of many items, and this one is over the receiver's limit.",
			Cure:  "Raise the receiver's limit (1 MB is wise; Express's parser stops at 100 kB), or send smaller batches.",
		},
		{
			ID: "receiver-empty-body", Title: "neither a body nor a token",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.8-01 W2.1-06",
			Cause: "The body is empty, and the query has no validation token: neither a notification nor a handshake.",
			Cure:  "Send a JSON body; for a handshake put validationToken (Outlook: validationtoken) into the query. A proxy may have dropped either.",
		},
		{
			ID: "receiver-wrong-content-type", Title: "the content type is not JSON",
			Severity: SeverityWarning, Strict: SeverityFailure, Rule: "W4.1-07 W4.1-08",
			Cause: "The service sends application/json. A receiver whose parser goes by the type sees an empty body with any other.",
			Cure:  "Send `Content-Type: application/json; charset=utf-8`; with curl add `-H 'Content-Type: application/json'`.",
		},
		{
			ID: "receiver-not-json", Title: "the body is not JSON",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.8-01",
			Cause: "The body cannot be parsed as JSON; the detail names the place.",
			Cure:  "Send well-formed JSON: names in double quotes, no comma at the end, nothing after the last brace. A shell may have eaten your quotes.",
		},
		{
			ID: "receiver-no-value", Title: "no list of notifications in value",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.8-01",
			Cause: "The body has to be an object with the list `value`, even for one notification.",
			Cure:  "Wrap the notifications: `{\"value\":[…]}`, the name in lower case in every dialect.",
			Cases: []Case{{
				Name:  "empty",
				Cause: "The list `value` is empty; the service sends none without an item.",
				Cure:  "Put at least one notification into it. As a receiver answer 202 and do nothing.",
			}},
		},
		{
			ID: "receiver-null-entry", Title: "an entry that is no notification",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.8-01",
			Cause: "An entry of `value` is null or not an object. The others are good and are kept.",
			Cure:  "Leave the entry out. As a receiver skip it, process the rest and answer 202.",
		},
		{
			ID: "receiver-unknown-dialect", Title: "the property names belong to no dialect",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.2-01 W4.3-01 W4.4-01 W4.5-01 W4.6-01",
			Cause: "The names of the notification's properties, in this case and combination, are those of no version of the service.",
			Cure:  "Spell them to the letter: `subscriptionId` on Graph, `SubscriptionId` on Outlook; and don't mix the two in one item.",
		},
		{
			ID: "receiver-client-state", Title: "the client state is wrong",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.1-02 W4.1-03 W4.1-04 W4.1-05",
			Cause: "The notification carries another client state than its subscription has: it is forged, or from an earlier subscription.",
			Cure:  "Drop the item, and answer 202 all the same. If it was you who sent it, take the client state that the subscription was made with.",
		},
		{
			ID: "receiver-client-state-missing", Title: "the client state is missing",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.1-02 W4.1-03 W4.1-04 W4.1-05",
			Cause: "The subscription has a client state, the notification has none. Graph sends it in the body, Outlook in a header that a proxy may drop.",
			Cure:  "Drop the item. Send `clientState` in each item (Graph), or the header ClientState, x-context or x-ClientState (Outlook).",
		},
		{
			ID: "receiver-unknown-subscription", Title: "the subscription is not known",
			Severity: SeverityWarning, Strict: SeverityFailure, Rule: "W2.4-09 W4.8-03",
			Cause: "No subscription of this id is known: the notification overtook the answer to the create call, the id was not stored, or an old subscription still lives.",
			Cure:  "Store the id at once, and keep early notifications for a moment. Delete subscriptions that you no longer use.",
		},
		{
			ID: "receiver-sequence-gap", Title: "a gap in the sequence numbers",
			Severity: SeverityWarning, Strict: SeverityFailure, Rule: "W3.3-01 W3.3-04",
			Cause: "Numbers between the last notification and this one are missing: notifications were lost or are still on their way.",
			Cure:  "Read the changes since your last sync from the API; don't wait for what is missing.",
		},
		{
			ID: "receiver-duplicate", Title: "a notification that came before",
			Severity: SeverityWarning, Strict: SeverityWarning, Rule: "W4.8-03 W3.3-02",
			Cause: "The same notification came again: delivery is at least once, and an answer that was late or lost repeats it.",
			Cure:  "Remember what you have processed (subscription, item, etag), skip the second, and answer 202.",
		},
		{
			ID: "receiver-late", Title: "a notification that comes late",
			Severity: SeverityWarning, Strict: SeverityWarning, Rule: "W4.8-05 W4.9-04 W4.9-05",
			Cause: "The change is older than the service's usual delay: the notification was retried, or held back because the webhook was slow.",
			Cure:  "Answer within 3 s, and read the item anew: it may have changed or vanished since.",
		},
	}
}
