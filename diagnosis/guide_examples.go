package diagnosis

import "maps"

// The handshake of the examples, as Graph makes it (W2.2-01 W2.2-02). The
// token is a sentence, and has everything in it that is got wrong.
const (
	exampleToken     = "Validation: Testing client application reachability for subscription Request-Id: 95b3ef19-0c32-45b4-be7f-7a22aafe6196"
	exampleEncoded   = "Validation%3a+Testing+client+application+reachability+for+subscription+Request-Id%3a+95b3ef19-0c32-45b4-be7f-7a22aafe6196"
	exampleHandshake = "POST /hook?validationToken=" + exampleEncoded + " HTTP/1.1\nHost: example.com\nContent-Type: text/plain; charset=utf-8\nContent-Length: 0"
	exampleGood      = "HTTP/1.1 200 OK\nContent-Type: text/plain; charset=utf-8\n\n" + exampleToken
)

// The notification of the examples.
const (
	exampleItem = `{
    "subscriptionId": "7f105c7d-2dc5-4530-97cd-4e7ae6534c07",
    "subscriptionExpirationDateTime": "2026-01-20T11:00:00Z",
    "changeType": "created",
    "resource": "Users/ddfc984d/Messages/AAMkADU2",
    "clientState": "a secret of yours"
  }`
	exampleNotification = "POST /hook HTTP/1.1\nHost: example.com\nContent-Type: application/json; charset=utf-8\n\n{\n  \"value\": [" + exampleItem + "]\n}"
	exampleAccepted     = "HTTP/1.1 202 Accepted\nContent-Length: 0"
)

// examples are those findings that are seen better than told, by id. A test
// plays them to the judges: each wrong part is found to be just that, and each
// right part is good.
func examples() map[string]Example {
	all := handshakeExamples()
	for _, more := range []map[string]Example{deliveryExamples(), receiverExamples(), subscribeExamples()} {
		maps.Copy(all, more)
	}
	return all
}

func handshakeExamples() map[string]Example {
	all := make(map[string]Example)
	for id, answer := range map[string]string{
		"handshake-json-quotes":    "HTTP/1.1 200 OK\nContent-Type: application/json\n\n\"" + exampleToken + `"`,
		"handshake-json-object":    "HTTP/1.1 200 OK\nContent-Type: application/json\n\n{\"validationToken\":\"" + exampleToken + `"}`,
		"handshake-undecoded":      "HTTP/1.1 200 OK\nContent-Type: text/plain\n\n" + exampleEncoded,
		"handshake-plus":           "HTTP/1.1 200 OK\nContent-Type: text/plain\n\nValidation:+Testing+client+application+reachability+for+subscription+Request-Id:+95b3ef19-0c32-45b4-be7f-7a22aafe6196",
		"handshake-double-encoded": "HTTP/1.1 200 OK\nContent-Type: text/plain\n\nValidation%253a%2BTesting%2Bclient%2Bapplication%2Breachability%2Bfor%2Bsubscription%2BRequest-Id%253a%2B95b3ef19-0c32-45b4-be7f-7a22aafe6196",
		"handshake-html-escaped":   "HTTP/1.1 200 OK\nContent-Type: text/plain\n\nValidation&#x3a; Testing client application reachability for subscription Request-Id&#x3a; 95b3ef19-0c32-45b4-be7f-7a22aafe6196",
		"handshake-html":           "HTTP/1.1 200 OK\nContent-Type: text/html\n\n<!DOCTYPE html><html><body>" + exampleToken + "</body></html>",
		"handshake-empty":          "HTTP/1.1 200 OK\nContent-Length: 0",
		"handshake-prefix-suffix":  "HTTP/1.1 200 OK\nContent-Type: text/plain\n\ntoken: " + exampleToken,
		"handshake-cut":            "HTTP/1.1 200 OK\nContent-Type: text/plain\n\nValidation:",
		"handshake-case":           "HTTP/1.1 200 OK\nContent-Type: text/plain\n\nvalidation: testing client application reachability for subscription request-id: 95b3ef19-0c32-45b4-be7f-7a22aafe6196",
		"handshake-other-token":    "HTTP/1.1 200 OK\nContent-Type: text/plain\n\nOK",
		"handshake-content-type":   "HTTP/1.1 200 OK\nContent-Type: text/html\n\n" + exampleToken,
		"handshake-status":         "HTTP/1.1 202 Accepted\nContent-Type: text/plain\n\n" + exampleToken,
		"handshake-method":         "HTTP/1.1 405 Method Not Allowed\nAllow: GET\nContent-Length: 0",
		"handshake-redirect":       "HTTP/1.1 308 Permanent Redirect\nLocation: /hook/\nContent-Length: 0",
		"handshake-login-redirect": "HTTP/1.1 302 Found\nLocation: https://login.microsoftonline.com/common/oauth2/v2.0/authorize\nContent-Length: 0",
	} {
		all[id] = Example{Sent: exampleHandshake, Wrong: answer, Right: exampleGood}
	}
	return all
}

func deliveryExamples() map[string]Example {
	all := make(map[string]Example)
	for id, answer := range map[string]string{
		"delivery-status":         "HTTP/1.1 304 Not Modified\nContent-Length: 0",
		"delivery-redirect":       "HTTP/1.1 308 Permanent Redirect\nLocation: /hook/\nContent-Length: 0",
		"delivery-login-redirect": "HTTP/1.1 302 Found\nLocation: /login?returnUrl=%2Fhook\nContent-Length: 0",
		"delivery-unauthorized":   "HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Bearer\nContent-Length: 0",
		"delivery-body-parser":    "HTTP/1.1 415 Unsupported Media Type\nContent-Length: 0",
		"delivery-not-found":      "HTTP/1.1 404 Not Found\nContent-Length: 0",
		"delivery-method":         "HTTP/1.1 405 Method Not Allowed\nAllow: GET\nContent-Length: 0",
		"delivery-throttled":      "HTTP/1.1 429 Too Many Requests\nRetry-After: 60\nContent-Length: 0",
		"delivery-error":          "HTTP/1.1 500 Internal Server Error\nContent-Length: 0",
		"delivery-html":           "HTTP/1.1 200 OK\nContent-Type: text/html\n\n<!DOCTYPE html><html><body>Welcome</body></html>",
	} {
		all[id] = Example{Sent: exampleNotification, Wrong: answer, Right: exampleAccepted}
	}
	return all
}

func receiverExamples() map[string]Example {
	const head = "POST /hook HTTP/1.1\nHost: example.com\nContent-Type: application/json\n\n"
	all := make(map[string]Example)
	for id, request := range map[string]string{
		"receiver-method":             "GET /hook HTTP/1.1\nHost: example.com",
		"receiver-empty-body":         "POST /hook HTTP/1.1\nHost: example.com\nContent-Type: application/json",
		"receiver-wrong-content-type": "POST /hook HTTP/1.1\nHost: example.com\nContent-Type: application/x-www-form-urlencoded\n\n{\n  \"value\": [" + exampleItem + "]\n}",
		"receiver-not-json":           head + "{value:[{subscriptionId:7f105c7d}]}",
		"receiver-no-value":           head + exampleItem,
		"receiver-null-entry":         head + "{\n  \"value\": [null, " + exampleItem + "]\n}",
	} {
		all[id] = Example{Wrong: request, Right: exampleNotification}
	}
	return all
}

// subscribeExamples are bodies of POST /v1.0/subscriptions.
func subscribeExamples() map[string]Example {
	request := func(change, url, resource, expires string) string {
		return "{\n  \"changeType\": \"" + change + "\",\n  \"notificationUrl\": \"" + url + "\",\n  \"resource\": \"" + resource +
			"\",\n  \"expirationDateTime\": \"" + expires + "\"\n}"
	}
	const change, url, resource, expires = "created,updated", "https://example.com/hook", "me/mailFolders('inbox')/messages", "{now + 1 h}"
	all := make(map[string]Example)
	for id, wrong := range map[string]string{
		"subscribe-http-url":             request(change, "http://example.com/hook", resource, expires),
		"subscribe-bad-url":              request(change, "https:////example.com/hook", resource, expires),
		"subscribe-change-type":          request("changed", url, resource, expires),
		"subscribe-resource":             request(change, url, "me/mailFolders('Invoices')/messages", expires),
		"subscribe-resource-unsupported": request(change, url, "mailbox/messages", expires),
		"subscribe-query-options":        request(change, url, "me/messages?$top=10", expires),
		"subscribe-too-long":             request(change, url, resource, "{now + 30 days}"),
		"subscribe-missing-property":     "{\n  \"changeType\": \"created\",\n  \"notificationUrl\": \"https://example.com/hook\",\n  \"resource\": \"me/messages\"\n}",
		"subscribe-payload":              "{\n  \"ChangeType\": \"Created\",\n  \"NotificationURL\": \"https://example.com/hook\",\n  \"Resource\": \"me/messages\"\n}",
	} {
		all[id] = Example{Wrong: wrong, Right: request(change, url, resource, expires)}
	}
	return all
}
