package diagnosis

// deliveryFindings are the findings about the answer to a notification. The
// service tells nobody: it tries again, and in the end gives up.
func deliveryFindings() []Finding {
	return []Finding{
		{
			ID: "delivery-late", Title: "accepted, but late",
			Severity: SeverityWarning, Strict: SeverityFailure, Rule: "W10-06 W4.9-05",
			Cause: "The notification was accepted after more than 3 s. If one in ten is so slow, the service holds further ones back for 10 minutes.",
			Cure:  "Put the notification into a queue, answer 202, and do the work afterwards.",
		},
		{
			ID: "delivery-timeout", Title: "no answer in time",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W10-06 W4.9-06 R29",
			Cause: "No answer within 10 s: the delivery counts as failed and comes again. If more than 15 in 100 do, notifications are dropped for 10 minutes.",
			Cure:  "Answer 202 before you do anything with the notification, on every path through the handler.",
		},
		{
			ID: "delivery-status", Title: "the status is not a success",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.9-08 W10-06 W10-42",
			Cause: "Only a status 2xx accepts a notification; with any other the whole batch comes again.",
			Cure:  "Answer 202 once you hold the notification, even if you have no use for it.",
			Cases: []Case{{
				Name:  "profile",
				Cause: "The service of that time took 200 and 204 for success, and nothing else.",
				Cure:  "Answer 200 or 204 without a body.",
			}, {
				Name:  "removes",
				Cause: "In 2016 this status told the service to delete the subscription.",
				Cure:  "Answer it only if you want no more notifications; otherwise 200.",
			}},
		},
		{
			ID: "delivery-redirect", Title: "the answer is a redirect",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.9-08",
			Cause: "The notification was answered with a redirect, and the service follows none: it counts as failed.",
			Cure:  "Change the subscription's notification URL to the redirect's target, or leave the path out of the redirect.",
		},
		{
			ID: "delivery-login-redirect", Title: "the answer is a redirect to a login",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.9-08 W4.1-01",
			Cause: "The webhook asks for a login. The handshake may have been let through, notifications are not.",
			Cure:  "Let POST on the webhook's path in without login, not only requests with validationToken, and check the client state.",
		},
		{
			ID: "delivery-unauthorized", Title: "the webhook wants credentials",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.9-08 W4.1-01",
			Cause: "The notification was refused with 401 or 403. The service sends no Authorization header; CSRF protection and wrong client states are refused so, too.",
			Cure:  "Let POST in without credentials or CSRF token. Drop an item with a wrong client state silently, but answer 202: a refusal brings the whole batch again.",
		},
		{
			ID: "delivery-body-parser", Title: "the webhook doesn't take the body",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.9-08 W4.1-07 W4.1-08",
			Cause: "The body was refused (400, 413, 415, 422): the parser wants another type, a smaller body, or a model that lacks or forbids a property.",
			Cure:  "Take application/json with a charset and bodies of 1 MB, ignore unknown properties, and bear missing ones: `Missed` and lifecycle items have no resource.",
		},
		{
			ID: "delivery-not-found", Title: "the webhook's path is gone",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.9-08 W4.9-10",
			Cause: "The path is not known (404, 410). The handshake was answered there: since then the app, its routes or the tunnel changed.",
			Cure:  "Bring the route back or re-point the subscription. A 404 or 410 doesn't end the subscription; delete it if it is not wanted.",
		},
		{
			ID: "delivery-method", Title: "POST is not allowed",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.9-08 W4.1-01",
			Cause: "The path is not routed for POST, or not for a POST without validationToken.",
			Cure:  "Route handshake and notifications to the same POST handler, and tell them apart by the query.",
		},
		{
			ID: "delivery-throttled", Title: "the webhook says: too many requests",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.9-08 W4.9-04",
			Cause: "The notification was answered 429. The service keeps to its own intervals and not to a Retry-After.",
			Cure:  "Take notifications into a queue without a limit on this path; changes come in bursts.",
		},
		{
			ID: "delivery-error", Title: "the webhook fails",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.9-08 W4.9-04",
			Cause: "The webhook answered 5xx. The same notification comes again for up to 4 hours, and fails again if it is the content that breaks the handler.",
			Cure:  "Look into your log, catch errors per item, keep what cannot be processed, and answer 202.",
		},
		{
			ID: "delivery-html", Title: "accepted with a web page",
			Severity: SeverityWarning, Strict: SeverityWarning, Rule: "R29 W10-06",
			Cause: "The notification was accepted with an HTML page: a login page or a front end may have taken it, and your handler never saw it.",
			Cure:  "Check that the handler ran; route POST on this path to it, and answer 202 without a body.",
		},
		{
			ID: "delivery-tunnel", Title: "the tunnel answered, not your webhook",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.9-08",
			Cause: "The answer is the tunnel's own: it has ended, or cannot reach your webhook. The subscription still has its URL.",
			Cure:  "Start tunnel and webhook again; if the URL is a new one, re-point the subscription to it.",
		},
	}
}

// deliveryConnectionFindings are the findings about a notification that got no
// answer in HTTP.
func deliveryConnectionFindings() []Finding {
	return []Finding{
		{
			ID: "delivery-refused", Title: "nothing listens at the address",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.9-08",
			Cause: "The connection was refused: the webhook listened here for its handshake, and doesn't now.",
			Cure:  "Start the webhook again. What comes in the meantime is tried again for up to 4 hours.",
		},
		{
			ID: "delivery-dns", Title: "the host name has no address any more",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.9-08",
			Cause: "The name in the notification URL cannot be resolved: a tunnel has ended, or a DNS record is gone.",
			Cure:  "Bring the name back, or re-point the subscription to the new URL.",
		},
		{
			ID: "delivery-tls", Title: "the https connection fails",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.9-08 R20",
			Cause: "The TLS handshake failed: mostly a certificate that has expired since the subscription was made.",
			Cure:  "Renew the certificate and reload the server; serve the full chain of a public authority.",
		},
		{
			ID: "delivery-reset", Title: "the connection is closed without an answer",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.9-08",
			Cause: "The webhook took the request and closed the connection before it had answered. It may have done the work: the same notification comes again.",
			Cure:  "Look into the log for a crash, let a shutdown wait for running requests, and bear duplicates.",
		},
		{
			ID: "delivery-protocol", Title: "the answer is not HTTP",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.9-08",
			Cause: "What listens on the port does not answer in HTTP/1.1, or its answer is malformed.",
			Cure:  "Check which program has the port now, and whether it offers HTTP/1.1.",
		},
		{
			ID: "delivery-failed", Title: "the request could not be made",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.9-08",
			Cause: "The request failed in a way that has no name here; the detail says how.",
			Cure:  "Try the URL with `outlocal verify` from the same machine.",
		},
	}
}
