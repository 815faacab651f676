package diagnosis

// conformanceFindings are the mistakes that only show when a webhook is asked otherwise than usual: it answers what is plain well, and
// what the service sends one day does not find it prepared. Those that work today and will hurt are warnings.
func conformanceFindings() []Finding {
	return append(append(oddHandshakeFindings(), oddNotificationFindings()...), append(oddLifecycleFindings(), callFindings()...)...)
}

// oddHandshakeFindings are about validation requests other than the first.
func oddHandshakeFindings() []Finding {
	return []Finding{
		{
			ID: "handshake-again", Title: "only the first handshake is answered well",
			Kind: KindBody, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.1-13",
			Cause: "The same webhook answered the first validation request well, and the next one not. It keeps the first token, or takes the handshake for something that happens once.",
			Cure:  "Read the token from each request's query and answer that; keep nothing of it. Each subscription and each lifecycle URL is asked anew.",
		},
		{
			ID: "handshake-at-once", Title: "tokens get mixed up when two are asked at once",
			Kind: KindBody, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.1-13",
			Cause: "Asked for several tokens at the same time, the webhook answered one request with another's, or not at all: the token is kept where all requests see it.",
			Cure:  "Keep the token in a local variable of the handler, in no global, static field or singleton.",
		},
		{
			ID: "handshake-query", Title: "the handshake fails where the URL has a query of its own",
			Kind: KindBody, Severity: SeverityWarning, Strict: SeverityFailure, Rule: "W2.1-07",
			Cause: "Where the notification URL has a query, the token's parameter follows after &. The webhook takes the first parameter, or all of the query, for the token.",
			Cure:  "Read the parameter validationToken by its name, with your framework's parser of queries.",
		},
		{
			ID: "handshake-odd-token", Title: "a token that looks otherwise is not echoed",
			Kind: KindBody, Severity: SeverityWarning, Strict: SeverityFailure, Rule: "W2.1-10 W2.1-11",
			Cause: "A token with other letters than today's came back wrong, or was refused. The token means nothing: it was a GUID in base64 once and is a sentence now.",
			Cure:  "Echo whatever the decoded parameter holds; check neither its form nor its letters.",
		},
		{
			ID: "handshake-long-token", Title: "a long token is not echoed",
			Kind: KindBody, Severity: SeverityWarning, Strict: SeverityFailure, Rule: "W2.1-10 W2.1-11",
			Cause: "A token of 2000 characters came back wrong, or was refused: something limits the query or a field.",
			Cure:  "Allow URLs of 8 KB on this path, and put the token into no column or field of a fixed size.",
		},
		{
			ID: "handshake-reflected", Title: "the token is answered as a web page: scripts can be put into it",
			Severity: SeverityWarning, Strict: SeverityFailure, Rule: "W10-25 R23",
			Cause: "A token with a script in it came back as it was, as text/html: a link to your webhook runs anybody's script under your host's name. `res.send(token)` does so.",
			Cure:  "Set `Content-Type: text/plain` on this answer (`res.type('text/plain').send(token)`), and `X-Content-Type-Options: nosniff` beside it.",
		},
		{
			ID: "handshake-probe", Title: "a GET or HEAD without a token makes the webhook fail",
			Severity: SeverityWarning, Strict: SeverityWarning, Rule: "W2.1-02 W2.1-03",
			Cause: "A plain GET or HEAD, as browsers, load balancers and scanners send it, was answered 5xx or not at all: the handler expects a token or a body.",
			Cure:  "Answer such requests 405, 400 or 200, and read neither token nor body before you know that it is there.",
		},
		{
			ID: "https-tls12", Title: "TLS 1.2 is not offered",
			Severity: SeverityWarning, Strict: SeverityWarning, Rule: "R20",
			Cause: "The server speaks TLS 1.3 only. The service may come with TLS 1.2, and then no connection comes about.",
			Cure:  "Offer TLS 1.2 beside 1.3, with ECDHE and AES-GCM.",
		},
		{
			ID: "https-old-tls", Title: "outdated TLS is still offered",
			Severity: SeverityWarning, Strict: SeverityWarning, Rule: "R20",
			Cause: "The server still takes TLS 1.0 or 1.1, which are broken. The service uses neither; whoever sits in between might.",
			Cure:  "Set the server's or the gateway's least version to TLS 1.2.",
		},
		{
			ID: "https-expires-soon", Title: "the certificate expires soon",
			Severity: SeverityWarning, Strict: SeverityWarning, Rule: "R20",
			Cause: "The certificate has less than a fortnight left. When it ends, notifications and handshakes fail at once.",
			Cure:  "Renew it now, and see why that did not happen by itself: the usual automation renews a month ahead.",
		},
	}
}

// oddNotificationFindings are about notifications other than a plain one.
func oddNotificationFindings() []Finding {
	return []Finding{
		{
			ID: "notification-burst", Title: "many notifications at once are too many",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.9-05 W4.9-08 W10-06",
			Cause: "One notification is answered well and in time; of many at once some are refused, dropped or late. Changes come in bursts: a folder is moved, a mailbox synchronised.",
			Cure:  "Queue what comes, answer 202 at once, and let no lock, pool or rate limit stand before that.",
		},
		{
			ID: "notification-batch", Title: "a request with many notifications is not taken",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.8-01 W4.9-08",
			Cause: "One notification in a request is answered well, many in one are refused, dropped or late: their number, or working through them before the answer, is too much.",
			Cure:  "Loop over all of `value`, hand the items to a queue and answer 202; take bodies of 1 MB.",
		},
		{
			ID: "notification-mixed", Title: "notifications of several subscriptions in one request are not taken",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.8-02",
			Cause: "A request may hold items of several subscriptions, of several tenants even, if they share the URL. The webhook fails on such a one.",
			Cure:  "Look up subscription and client state for each item, not once for the request.",
		},
		{
			ID: "notification-null-entry", Title: "a null in the list makes the webhook fail",
			Severity: SeverityWarning, Strict: SeverityFailure, Rule: "W4.8-01 W4.9-08",
			Cause: "With null in the list beside a good item the request fails: the good one is lost with it, and all of it comes again for 4 hours.",
			Cure:  "Pass over entries that are no objects, process the others, and answer 202.",
		},
		{
			ID: "notification-bad-item", Title: "one bad item spoils the good ones beside it",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.8-02 W4.9-08",
			Cause: "A request in which one item has another client state, or is of a subscription that you don't know, is refused as a whole: the good items beside it come again for 4 hours, and in the end are lost.",
			Cure:  "Judge each item by itself: pass over those that you don't believe or can't process, take the others, and answer 202.",
		},
		{
			ID: "notification-unknown-properties", Title: "properties that the webhook doesn't know make it fail",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.8-01 R28",
			Cause: "The service adds properties when it likes. The webhook's model or schema forbids what it does not know, and refuses the whole request.",
			Cure:  "Ignore unknown properties: no `additionalProperties: false`, `FAIL_ON_UNKNOWN_PROPERTIES`, `extra=forbid`, `DisallowUnknownFields`.",
		},
		{
			ID: "notification-duplicate", Title: "the same notification again makes the webhook fail",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.8-03",
			Cause: "A notification may come twice, such as after an answer that was lost. The second is answered with an error, as a key that must be unique is, and so it comes a third time.",
			Cure:  "Take what you have already as done, and answer 202: insert or ignore.",
		},
		{
			ID: "notification-disorder", Title: "a notification out of order makes the webhook fail",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.8-03",
			Cause: "Notifications may overtake each other. The webhook refuses one that it does not expect next.",
			Cure:  "Don't rely on the order: read the item's present state, and let the later one win by its etag.",
		},
		{
			ID: "notification-large-body", Title: "a body of 1 MB is not taken",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.8-01 W4.10-01",
			Cause: "A small body is answered well, a large one refused or dropped: a parser's or proxy's limit (100 KB in Express, 1 MB in nginx) is below what comes with encrypted content.",
			Cure:  "Raise the limit on this path to 4 MB: `express.json({limit: '4mb'})`, `client_max_body_size 4m`.",
		},
		{
			ID: "notification-wrong-client-state", Title: "a wrong client state makes the webhook fail",
			Severity: SeverityWarning, Strict: SeverityFailure, Rule: "W4.1-05 W4.9-08",
			Cause: "Anybody can post a wrong client state. The webhook notices it, or trips over it, and answers with an error of its own: a stranger fills its log and its alarms.",
			Cure:  "Note it, drop the item, and answer 202 (or a 4xx); throw nothing.",
		},
		{
			ID: "notification-no-client-state", Title: "a missing client state makes the webhook fail",
			Severity: SeverityWarning, Strict: SeverityFailure, Rule: "W4.1-05 W4.9-08",
			Cause: "An item without client state, which anybody can post, makes the handler fail: it reads the value without asking whether there is one.",
			Cure:  "Compare with what may be null, drop the item, and answer 202 (or a 4xx).",
		},
		{
			ID: "notification-unknown-subscription", Title: "an unknown subscription makes the webhook fail",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.8-03 W4.9-08",
			Cause: "What was on its way when a subscription was deleted, or belongs to an older run of the app, still comes. The webhook fails on the id that it does not find.",
			Cure:  "Drop items of subscriptions that you don't know, and answer 202.",
		},
		{
			ID: "notification-early", Title: "a notification that overtakes the 201 makes the webhook fail",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W3.1-01 W4.8-03",
			Cause: "The first notification may come before the create call has returned, when the app has not stored the subscription's id yet. The webhook fails on it.",
			Cure:  "Make the client state known before you subscribe and go by that, or keep unknown items for a minute; answer 202 either way.",
		},
		{
			ID: "notification-garbage", Title: "a body that is no JSON makes the webhook fail",
			Severity: SeverityWarning, Strict: SeverityFailure, Rule: "W4.8-01 W4.9-08",
			Cause: "Your URL is public, and anybody posts anything to it. A body that is no JSON, such as none at all, ends in an error of the server's instead of a 400.",
			Cure:  "Catch the parser's error and answer 400.",
		},
		{
			ID: "notification-empty-body", Title: "an empty body makes the webhook fail",
			Severity: SeverityWarning, Strict: SeverityFailure, Rule: "W4.8-01 W4.9-08",
			Cause: "A POST with neither token nor body ends in an error of the server's instead of a 400: the handler reads `value` of nothing.",
			Cure:  "Check that there is a body with a list before you read it, and answer 400 or 202.",
		},
		{
			ID: "notification-slow-body", Title: "a body that comes in pieces is not read to its end",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.8-01 W4.9-08",
			Cause: "The same body is answered well in one piece, and fails when it comes bit by bit, as networks deliver it: the handler reads what is there at first and goes on.",
			Cure:  "Read the body to its end, as Content-Length says, before you parse it.",
		},
		{
			ID: "webhook-died", Title: "the webhook answers nothing any more",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.9-08 R29",
			Cause: "After what was sent last, a plain request that was answered well before gets no answer, or an error: the process has ended, hangs, or broke its own state.",
			Cure:  "Look into its log at this moment. Catch errors in the handler and in what it starts (unhandled rejections end Node), and let a supervisor restart it.",
		},
	}
}

// oddLifecycleFindings are about the events in a subscription's life.
func oddLifecycleFindings() []Finding {
	return []Finding{
		{
			ID: "lifecycle-missed", Title: "missed makes the webhook fail",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W3.2-03 W5-04 W5-07",
			Cause: "An item that tells of missed notifications has neither resource nor resourceData. The handler takes it for a change, and fails.",
			Cure:  "Look at `lifecycleEvent` (`ChangeType` in Outlook) first. On missed, answer 202 and fetch everything anew.",
		},
		{
			ID: "lifecycle-reauthorization", Title: "reauthorizationRequired makes the webhook fail",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W5-01 W5-02 W5-07",
			Cause: "An item that asks to reauthorize has neither resource nor resourceData. The handler takes it for a change and fails; soon after, nothing comes any more.",
			Cure:  "Look at `lifecycleEvent` first. Answer 202, then call POST /subscriptions/{id}/reauthorize, or PATCH its expiry.",
		},
		{
			ID: "lifecycle-removed", Title: "subscriptionRemoved makes the webhook fail",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W3.4-01 W5-03 W5-07",
			Cause: "An item that tells that the subscription was removed has neither resource nor resourceData. The handler takes it for a change and fails, and the app stays deaf.",
			Cure:  "Look at `lifecycleEvent` (`ChangeType` in Outlook) first. Answer 202, then subscribe anew and fetch everything.",
		},
	}
}

// callFindings are about what an app does at the API in answer to what its webhook was sent.
func callFindings() []Finding {
	return []Finding{
		{
			ID: "client-state-unchecked", Title: "the client state is not checked",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.1-04 W4.1-05",
			Cause: "The app read the item that a notification with a wrong client state named. Anybody who knows the URL can make it read, and do, what they like.",
			Cure:  "Compare each item's client state with that of its subscription, in constant time, before you do anything with it.",
		},
		{
			ID: "notification-first-only", Title: "only the first notification of a request is processed",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.8-01 W4.8-02",
			Cause: "Of several notifications in one request the app read the first one's item and no other's: it looks at `value[0]` only, and the rest is lost.",
			Cure:  "Loop over all of `value`.",
		},
		{
			ID: "notification-twice", Title: "a duplicate is worked on twice",
			Severity: SeverityWarning, Strict: SeverityFailure, Rule: "W4.8-03",
			Cause: "The same notification came twice, and the app read its item twice: what it does with it, such as to mail or to book, happens twice as well.",
			Cure:  "Remember what was done by the item's id and etag, and do it once.",
		},
		{
			ID: "lifecycle-not-reauthorized", Title: "reauthorizationRequired is not answered by a call",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W5-01 W5-02",
			Cause: "The app was asked to reauthorize and made no call. When its authorization ends, changes are held back, and then lost.",
			Cure:  "Call POST /subscriptions/{id}/reauthorize, or PATCH the subscription's expiry, when the event comes.",
		},
		{
			ID: "lifecycle-not-recreated", Title: "the app does not subscribe anew after a removal",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W3.4-02 W5-03",
			Cause: "The app was told that its subscription was removed, and made no new one: from now on it hears nothing.",
			Cure:  "On subscriptionRemoved, create the subscription again and fetch everything that changed in between.",
		},
		{
			ID: "lifecycle-renewed-only", Title: "each lifecycle event is taken for a renewal",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W3.4-02 W5-03 W5-04",
			Cause: "Told that notifications were missed, or that its subscription was removed, the app renewed the subscription and did nothing else. That is the answer to reauthorizationRequired alone.",
			Cure:  "Look at `lifecycleEvent`: on missed fetch what changed, on subscriptionRemoved create the subscription again.",
		},
		{
			ID: "lifecycle-not-resynced", Title: "the app fetches nothing after missed notifications",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W3.2-03 W5-04",
			Cause: "The app was told that notifications were missed, and read nothing: what happened in between stays unknown to it.",
			Cure:  "On missed, fetch what changed: by a delta query, or by listing the folder.",
		},
	}
}
