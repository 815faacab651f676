package diagnosis

import "slices"

// confused are the confusions that the finding is in.
func (f Finding) confused() []Confusion {
	var mine []Confusion
	for _, c := range confusions() {
		if slices.Contains(c.IDs, f.ID) {
			mine = append(mine, c)
		}
	}
	return mine
}

// confusions are findings that people take for one another, and what tells
// them apart.
func confusions() []Confusion {
	return []Confusion{
		{
			[]string{"handshake-undecoded", "handshake-plus", "handshake-double-encoded", "handshake-double-decoded"},
			"Count the decodings. %3a and + come back: none. Only + comes back: half of one. %253a comes back: one too few, as something encodes again. A + or % is lost: one too many.",
		},
		{
			[]string{"handshake-json-quotes", "handshake-json-object"},
			"In quotes, the text itself was turned into JSON by the framework; in braces, the handler builds an object on purpose.",
		},
		{
			[]string{"handshake-late", "handshake-timeout", "handshake-cold-start", "handshake-after-post"},
			"Ask twice. If the second answer is quick, it was a cold start. If it is quick only when your app is not subscribing, app and webhook wait for each other. If it is late each time, work is done before answering; if it never comes, the handler waits for something.",
		},
		{
			[]string{"handshake-late", "handshake-slow"},
			"Over the limit (5 s Outlook, 10 s Graph) no subscription is made; under it, but over 3 s, it is, and notifications will count as slow.",
		},
		{
			[]string{"handshake-login-redirect", "handshake-redirect", "handshake-html"},
			"A redirect has a status 3xx and a header Location, which names a login or doesn't. A page with status 200 was sent in the place of a redirect, or by a front end.",
		},
		{
			[]string{"handshake-functions-code", "handshake-status"},
			"The function's own 401 has no WWW-Authenticate header and goes away with `?code=`. A 401 with that header is App Service's or your app's login.",
		},
		{
			[]string{"handshake-method", "handshake-get-only", "handshake-status"},
			"405 names the methods that are allowed in the header Allow. Open the URL with ?validationToken=x in a browser: if x comes back, it was written for GET.",
		},
		{
			[]string{"handshake-ngrok", "handshake-tunnel", "handshake-refused", "handshake-status"},
			"Who answered? A header Ngrok-Error-Code, or a page of the tunnel's: not your webhook. Verify the local URL first; if that is good, it is the tunnel.",
		},
		{
			[]string{"handshake-airplay", "handshake-status"},
			"On a Mac, at port 5000 or 7000, a 403 with `Server: AirTunes` is AirPlay's. Your own framework names itself otherwise.",
		},
		{
			[]string{"handshake-refused", "handshake-ipv6", "handshake-dns"},
			"No address for the name: DNS. An address where nothing listens: refused. It works as 127.0.0.1 and not as localhost, or the reverse: the other loopback address.",
		},
		{
			[]string{"handshake-tls", "handshake-reset", "handshake-protocol"},
			"Ask with `curl -v`. An error before the line with the certificate's subject is TLS; an empty reply after the request is a reset; a reply that curl can't read is another protocol.",
		},
		{
			[]string{"handshake-empty", "handshake-other-token", "handshake-cut"},
			"Nothing, something else, or a part: nothing and something else mean that the handler did not look for the token; a part means that it did, and lost the rest.",
		},
		{
			[]string{"handshake-whitespace", "handshake-prefix-suffix"},
			"Both have the token whole. What stands beside it is invisible (a line break, a blank, a BOM) or is text.",
		},
		{
			[]string{"handshake-html-escaped", "handshake-html"},
			"Escaped, the token is there with &amp; or &#x3a; in it and no page around; a page has tags around it or has no token at all.",
		},
		{
			[]string{"handshake-other-token", "handshake-parameter"},
			"Send it the other spelling, validationtoken: if the answer is right then, it is the parameter's case.",
		},
		{
			[]string{"handshake-http-url", "subscribe-http-url"},
			"It is the same rule. The one is found at the webhook before anything is subscribed, the other is the service's refusal.",
		},
		{
			[]string{"handshake-credentials", "subscribe-bad-url"},
			"Both are refused before the webhook is asked. The one has user:password@ in it, the other can't be read as a URL at all.",
		},
		{
			[]string{"delivery-late", "delivery-timeout"},
			"Over 3 s the notification counts as delivered and the endpoint as slow; over 10 s it counts as lost and comes again.",
		},
		{
			[]string{"delivery-unauthorized", "delivery-login-redirect", "delivery-html"},
			"The same login in three forms: 401 or 403, a redirect, or a page with status 200, which the service takes for accepted.",
		},
		{
			[]string{"delivery-body-parser", "delivery-error"},
			"400, 413, 415 and 422 come from the layer before your handler, 500 from the handler. Your log has an exception for the second only.",
		},
		{
			[]string{"delivery-not-found", "delivery-tunnel", "delivery-dns", "delivery-refused"},
			"The path, the tunnel, the name or the process is gone. Verify the local URL, then the public one: the first that fails is it.",
		},
		{
			[]string{"delivery-status", "handshake-status"},
			"A handshake wants 200 exactly, with the token; a notification any 2xx, 202 by custom.",
		},
		{
			[]string{"receiver-client-state", "receiver-client-state-missing"},
			"Wrong is an older subscription or a forger; missing is a proxy that dropped Outlook's header, or a subscription that was made without one.",
		},
		{
			[]string{"receiver-duplicate", "receiver-late", "receiver-sequence-gap"},
			"The service delivers at least once and in no strict order: the same again, something old, or a number left out. Your own late answers make all three more frequent.",
		},
		{
			[]string{"receiver-empty-body", "receiver-wrong-content-type", "receiver-not-json"},
			"Look at the raw bytes, not at what the parser made of them: none, JSON under another type, or no JSON.",
		},
		{
			[]string{"receiver-no-value", "receiver-null-entry", "receiver-unknown-dialect"},
			"The list is missing, an entry of it is no object, or an object has names of no schema.",
		},
		{
			[]string{"receiver-content-certificate", "receiver-content-thumbprint", "receiver-content-key"},
			"In this order: no key for the id; a key, but another certificate's thumbprint; the right one by name, and it doesn't open the data key.",
		},
		{
			[]string{"receiver-content-signature", "receiver-content-padding", "receiver-content-not-json"},
			"The HMAC is over the ciphertext and is checked first. Right HMAC and wrong padding: mode or key length. Only the first 16 bytes wrong: the IV.",
		},
		{
			[]string{"receiver-token-audience", "receiver-token-publisher", "receiver-token-issuer", "receiver-token-tenant"},
			"aud is your app, appid or azp is the sender, iss is the authority of a tenant, tid that tenant: four claims, and each is to be compared.",
		},
		{
			[]string{"subscribe-payload", "subscribe-unknown-property", "subscribe-missing-property"},
			"Graph has one sentence for JSON that is malformed, names that are unknown and dates without zone. It names the property only where one is missing.",
		},
		{
			[]string{"subscribe-resource", "subscribe-resource-unsupported", "subscribe-query-options"},
			"The first word of the path is unknown, the path leads to nothing that can be watched, or the query after it is refused.",
		},
		{
			[]string{"subscribe-no-token", "subscribe-token-refused", "subscribe-forbidden"},
			"401 and empty: no Authorization header came. 401 otherwise: the token is not for this service, or has run out. 403: it is good, and lacks the permission.",
		},
		{
			[]string{"subscribe-duplicate", "subscribe-quota", "subscribe-throttled"},
			"409 is one subscription twice, 403 is too many in the mailbox, 429 is too many requests in a short time.",
		},
		{
			[]string{"subscribe-gone", "receiver-item-gone"},
			"The code tells them apart: ResourceNotFound is the subscription, ErrorItemNotFound the message, event or contact.",
		},
		{
			[]string{"subscribe-forbidden", "subscribe-quota", "subscribe-no-mailbox", "subscribe-service"},
			"ExtensionError is what Exchange said behind Graph, and its reason tells which: Forbidden, Maximum number…, Not Found, or a failure of its own.",
		},
		{
			[]string{"handshake-again", "handshake-at-once", "handshake-other-token"},
			"An answer from before is a token that was kept: wrong each time it is a constant, wrong from the second time on it is a cache, wrong only when two come at once it is shared between requests.",
		},
		{
			[]string{"handshake-odd-token", "handshake-long-token", "handshake-double-decoded", "handshake-plus"},
			"Today's token is echoed well in the first two cases: only other letters or more of them fail. A + or % that is lost is a decoding too many or too few.",
		},
		{
			[]string{"handshake-reflected", "handshake-content-type"},
			"The type is wrong in both. It is a hole where a token with a script in it comes back as it was.",
		},
		{
			[]string{"handshake-query", "handshake-parameter", "handshake-prefix-suffix"},
			"Try the URL without a query of its own: if that is right, the parameter is taken by its place and not by its name.",
		},
		{
			[]string{"handshake-tls", "https-tls12", "https-old-tls", "https-expires-soon"},
			"With the first there is no connection now; the others work today and tell when they won't.",
		},
		{
			[]string{"delivery-tls", "https-expires-soon"},
			"The same certificate, before and after its last day.",
		},
		{
			[]string{"notification-batch", "notification-mixed", "notification-first-only"},
			"One item is fine in all three. Many are refused; many of different subscriptions are refused; many are accepted, and all but the first are lost.",
		},
		{
			[]string{"notification-null-entry", "notification-bad-item", "notification-unknown-properties", "delivery-error"},
			"A plain notification tells: if that fails too, it is the handler. If only the odd one fails, the finding names what it can't bear.",
		},
		{
			[]string{"notification-large-body", "delivery-body-parser", "receiver-too-large"},
			"Small bodies pass and large ones don't: a limit, mostly answered 413. All are refused: the type or the model.",
		},
		{
			[]string{"notification-duplicate", "notification-twice", "receiver-duplicate"},
			"The duplicate itself is the service's right. Answering it with an error is the first mistake, working on it again the second.",
		},
		{
			[]string{"client-state-unchecked", "notification-wrong-client-state", "notification-no-client-state", "receiver-client-state"},
			"Believing a wrong client state is the hole; falling over it is a nuisance; that one comes at all is somebody else's doing, or an old subscription's.",
		},
		{
			[]string{"notification-early", "notification-unknown-subscription", "receiver-unknown-subscription"},
			"The id is not known yet, or not any more. The first is over in a moment; the other stays until the old subscription is deleted.",
		},
		{
			[]string{"lifecycle-missed", "lifecycle-not-resynced"},
			"An error in answer to missed is the webhook's; a good answer and nothing read afterwards is the app's.",
		},
		{
			[]string{"lifecycle-reauthorization", "lifecycle-not-reauthorized"},
			"An error in answer to reauthorizationRequired is the webhook's; a good answer and no call afterwards is the app's.",
		},
		{
			[]string{"lifecycle-removed", "lifecycle-not-recreated"},
			"An error in answer to subscriptionRemoved is the webhook's; a good answer and no new subscription is the app's.",
		},
		{
			[]string{"webhook-died", "notification-garbage", "delivery-error", "delivery-refused"},
			"Ask again, plainly. If that is answered well, only the one request failed; if nothing answers, the process is gone.",
		},
	}
}
