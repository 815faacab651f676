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
		{name: "timeout", rules: "W2.4-03", style: StyleGraph, failure: Failure{Kind: KindTimeout}, want: "Subscription validation request timed out."},
		{name: "timeout by the zero style", rules: "W2.4-03", failure: Failure{Kind: KindTimeout}, want: "Subscription validation request timed out."},
		{
			name: "status", rules: "W2.4-04 R22",
			style:   StyleGraph,
			failure: Failure{Kind: KindStatus, Status: 403},
			want:    "Subscription validation request failed. HTTP status code is 'Forbidden'. Notification endpoint must respond with 200 OK to validation request.",
		},
		{
			name: "status to 2023", rules: "W2.4-05",
			style:   StyleGraph2023,
			failure: Failure{Kind: KindStatus, Status: 403},
			want:    "Subscription validation request failed. Notification endpoint must respond with 200 OK to validation request.",
		},
		{
			name: "status at first", style: StyleGraph2016,
			failure: Failure{Kind: KindStatus, Status: 403},
			want:    "Subscription validation request failed. Must respond with 200 OK to this request.",
		},
		{
			name: "body", rules: "W2.4-06 R22",
			style:   StyleGraph,
			failure: Failure{Kind: KindBody},
			want:    "Subscription validation request failed. Response must exactly match validationToken query parameter.",
		},
		{
			name: "refused", rules: "W2.4-07",
			style:   StyleGraph,
			failure: Failure{Kind: KindConnect},
			want:    "Subscription validation request failed. Notification endpoint must respond with 200 OK to validation request.",
		},
		{name: "http", rules: "W6.3-03", style: StyleGraph, failure: Failure{Kind: KindScheme}, want: "NotificationUrl scheme='http' is not supported."},
		{name: "preview", rules: "W2.4-08", style: StylePreview, failure: Failure{Kind: KindScheme}, want: "An error has occurred."},
		{
			name: "Outlook: status", rules: "W2.4-01 W2.4-02",
			style:   StyleOutlook,
			failure: Failure{Kind: KindStatus, Status: 500, URL: hook},
			want:    prefix + "System.Net.WebException: The remote server returned an error: (500) Internal Server Error.'",
		},
		{
			name: "Outlook: status without a reason", style: StyleOutlook,
			failure: Failure{Kind: KindStatus, Status: 599, URL: hook},
			want:    prefix + "System.Net.WebException: The remote server returned an error: (599).'",
		},
		{
			name: "Outlook: timeout", rules: "W2.4-02",
			style:   StyleOutlook,
			failure: Failure{Kind: KindTimeout, URL: hook},
			want:    prefix + "System.Net.WebException: The operation has timed out'",
		},
		{
			name: "Outlook: refused", rules: "W2.4-02",
			style:   StyleOutlook,
			failure: Failure{Kind: KindConnect, URL: hook},
			want:    prefix + "System.Net.WebException: Unable to connect to the remote server'",
		},
		{
			name: "Outlook: name", style: StyleOutlook,
			failure: Failure{Kind: KindDNS, URL: hook, Host: "hook.example"},
			want:    prefix + "System.Net.WebException: The remote name could not be resolved: 'hook.example''",
		},
		{
			name: "Outlook: TLS", style: StyleOutlook,
			failure: Failure{Kind: KindTLS, URL: hook},
			want:    prefix + "System.Net.WebException: The underlying connection was closed: Could not establish trust relationship for the SSL/TLS secure channel.'",
		},
		{
			name: "Outlook: reset", style: StyleOutlook,
			failure: Failure{Kind: KindReset, URL: hook},
			want:    prefix + "System.Net.WebException: The underlying connection was closed: The connection was closed unexpectedly.'",
		},
		{name: "no kind, no sentence", style: StyleOutlook, failure: Failure{URL: hook}, want: ""},
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
			name: "status", rules: "W2.4-04",
			change: status(404, ""),
			want:   "Subscription validation request failed. HTTP status code is 'NotFound'. Notification endpoint must respond with 200 OK to validation request.",
		},
		{
			name: "Outlook's status", rules: "W2.4-01",
			change: all(outlook, status(500, "")),
			want:   "Notification URL '" + hookURL + "' verification failed 'System.Net.WebException: The remote server returned an error: (500) Internal Server Error.'",
		},
		{
			name: "borne on loopback, refused in production", rules: "W6.3-03",
			change: at("http://localhost/"),
			want:   "NotificationUrl scheme='http' is not supported.",
		},
		{name: "borne everywhere", rules: "W10-25", change: header("Content-Type", "text/html"), want: ""},
		{
			name: "refused by strict", rules: "W10-25",
			change: header("Content-Type", "text/html"),
			mode:   Strict,
			want:   "Subscription validation request failed. Response must exactly match validationToken query parameter.",
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
