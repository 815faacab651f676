package diagnosis

import "testing"

func TestRefusal(t *testing.T) {
	const hook = "https://hook.example/cb?validationtoken=x"
	const prefix = "Notification URL '" + hook + "' verification failed '"
	tests := []struct {
		name    string
		rules   string
		style   Style
		failure Failure
		want    string
	}{
		{"timeout", "W2.4-03", StyleGraph, Failure{Kind: KindTimeout}, "Subscription validation request timed out."},
		{"timeout by the zero style", "W2.4-03", "", Failure{Kind: KindTimeout}, "Subscription validation request timed out."},
		{
			"status", "W2.4-04 R22", StyleGraph, Failure{Kind: KindStatus, Status: 403},
			"Subscription validation request failed. HTTP status code is 'Forbidden'. Notification endpoint must respond with 200 OK to validation request.",
		},
		{
			"status to 2023", "W2.4-05", StyleGraph2023, Failure{Kind: KindStatus, Status: 403},
			"Subscription validation request failed. Notification endpoint must respond with 200 OK to validation request.",
		},
		{
			"status at first", "", StyleGraph2016, Failure{Kind: KindStatus, Status: 403},
			"Subscription validation request failed. Must respond with 200 OK to this request.",
		},
		{
			"body", "W2.4-06 R22", StyleGraph, Failure{Kind: KindBody},
			"Subscription validation request failed. Response must exactly match validationToken query parameter.",
		},
		{
			"refused", "W2.4-07", StyleGraph, Failure{Kind: KindConnect},
			"Subscription validation request failed. Notification endpoint must respond with 200 OK to validation request.",
		},
		{"http", "W6.3-03", StyleGraph, Failure{Kind: KindScheme}, "NotificationUrl scheme='http' is not supported."},
		{"preview", "W2.4-08", StylePreview, Failure{Kind: KindScheme}, "An error has occurred."},
		{
			"Outlook: status", "W2.4-01 W2.4-02", StyleOutlook, Failure{Kind: KindStatus, Status: 500, URL: hook},
			prefix + "System.Net.WebException: The remote server returned an error: (500) Internal Server Error.'",
		},
		{
			"Outlook: status without a reason", "", StyleOutlook, Failure{Kind: KindStatus, Status: 599, URL: hook},
			prefix + "System.Net.WebException: The remote server returned an error: (599).'",
		},
		{
			"Outlook: timeout", "W2.4-02", StyleOutlook, Failure{Kind: KindTimeout, URL: hook},
			prefix + "System.Net.WebException: The operation has timed out'",
		},
		{
			"Outlook: refused", "W2.4-02", StyleOutlook, Failure{Kind: KindConnect, URL: hook},
			prefix + "System.Net.WebException: Unable to connect to the remote server'",
		},
		{
			"Outlook: name", "", StyleOutlook, Failure{Kind: KindDNS, URL: hook, Host: "hook.example"},
			prefix + "System.Net.WebException: The remote name could not be resolved: 'hook.example''",
		},
		{
			"Outlook: TLS", "", StyleOutlook, Failure{Kind: KindTLS, URL: hook},
			prefix + "System.Net.WebException: The underlying connection was closed: Could not establish trust relationship for the SSL/TLS secure channel.'",
		},
		{
			"Outlook: reset", "", StyleOutlook, Failure{Kind: KindReset, URL: hook},
			prefix + "System.Net.WebException: The underlying connection was closed: The connection was closed unexpectedly.'",
		},
		{"no kind, no sentence", "", StyleOutlook, Failure{URL: hook}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Refusal(tt.style, tt.failure); got != tt.want {
				t.Errorf("by the rules %q\n got %s\nwant %s", tt.rules, got, tt.want)
			}
		})
	}
}

// The names are .NET's: where HTTP has another text since, they stay.
func TestStatusName(t *testing.T) {
	// rules: W2.4-04
	want := map[int]string{
		0: "0", 99: "99", 100: "Continue", 101: "SwitchingProtocols", 200: "OK", 202: "Accepted",
		203: "NonAuthoritativeInformation", 204: "NoContent", 207: "MultiStatus", 226: "IMUsed", 301: "MovedPermanently",
		302: "Found", 304: "NotModified", 306: "Unused", 307: "TemporaryRedirect", 308: "PermanentRedirect",
		400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 405: "MethodNotAllowed",
		407: "ProxyAuthenticationRequired", 408: "RequestTimeout", 413: "RequestEntityTooLarge", 414: "RequestUriTooLong",
		415: "UnsupportedMediaType", 416: "RequestedRangeNotSatisfiable", 418: "418", 421: "MisdirectedRequest",
		422: "UnprocessableEntity", 425: "425", 429: "TooManyRequests", 431: "RequestHeaderFieldsTooLarge",
		451: "UnavailableForLegalReasons", 500: "InternalServerError", 501: "NotImplemented", 502: "BadGateway",
		503: "ServiceUnavailable", 504: "GatewayTimeout", 505: "HttpVersionNotSupported",
		511: "NetworkAuthenticationRequired", 530: "530", 1000: "1000",
	}
	for code, name := range want {
		if got := StatusName(code); got != name {
			t.Errorf("StatusName(%d) = %q, want %q", code, got, name)
		}
	}
}

// The sentence beside a diagnosis is the one that the service answers.
func TestHandshakeNamesTheSentence(t *testing.T) {
	tests := []struct {
		name   string
		rules  string
		change func(*HandshakeAnswer)
		mode   Mode
		want   string
	}{
		{
			"status", "W2.4-04", status(404, ""), Faithful,
			"Subscription validation request failed. HTTP status code is 'NotFound'. Notification endpoint must respond with 200 OK to validation request.",
		},
		{
			"Outlook's status", "W2.4-01", all(outlook, status(500, "")), Faithful,
			"Notification URL '" + hookURL + "' verification failed 'System.Net.WebException: The remote server returned an error: (500) Internal Server Error.'",
		},
		{"borne on loopback, refused in production", "W6.3-03", at("http://localhost/"), Faithful, "NotificationUrl scheme='http' is not supported."},
		{"borne everywhere", "W10-25", header("Content-Type", "text/html"), Faithful, ""},
		{
			"refused by strict", "W10-25", header("Content-Type", "text/html"), Strict,
			"Subscription validation request failed. Response must exactly match validationToken query parameter.",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := good()
			tt.change(&h)
			if got := Handshake(h, tt.mode)[0].Service; got != tt.want {
				t.Errorf("by the rules %q\n got %s\nwant %s", tt.rules, got, tt.want)
			}
		})
	}
}
