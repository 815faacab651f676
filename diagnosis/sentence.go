package diagnosis

import (
	"net/http"
	"strconv"
	"strings"
)

// Style tells in whose words a failed handshake is reported to who created
// the subscription.
type Style string

// The styles; the zero value reads as [StyleGraph].
const (
	StyleGraph     Style = "graph"      // Microsoft Graph today: W2.4-04
	StyleGraph2023 Style = "graph-2023" // to 2023, without the status: W2.4-05
	StyleGraph2016 Style = "graph-2016" // the oldest wording
	StylePreview   Style = "preview"    // Graph's preview told nothing: W2.4-08
	StyleOutlook   Style = "outlook"    // Outlook REST: W2.4-01 W2.4-02
)

// Kind tells in which way a handshake failed, as far as the service tells it.
type Kind string

// The kinds of failure. The zero value has no sentence.
const (
	KindTimeout  Kind = "timeout"
	KindStatus   Kind = "status"   // an answer other than 200
	KindBody     Kind = "body"     // 200, with another body than the token
	KindConnect  Kind = "connect"  // refused or unreachable
	KindDNS      Kind = "dns"      // the host name has no address
	KindTLS      Kind = "tls"      // no trust, or no TLS at all
	KindReset    Kind = "reset"    // closed without an answer
	KindProtocol Kind = "protocol" // an answer that is not HTTP
	KindScheme   Kind = "scheme"   // a notification URL with http
	KindURL      Kind = "url"      // a notification URL that is none for the service
)

// Failure is what a refusal tells of a failed handshake.
type Failure struct {
	Kind   Kind
	Status int    // of a [KindStatus]
	URL    string // the notification URL as the service is to show it
	Host   string // of a [KindDNS]
}

// Refusal returns the message with which the service refuses a subscription
// because of the failure; empty if there is none for its kind.
func Refusal(style Style, f Failure) string {
	words := phrase{url: f.URL, host: f.Host}
	if f.Kind == KindStatus { // no other sentence has a place for it
		words.status = StatusName(f.Status)
		words.reply = "(" + strconv.Itoa(f.Status) + ") " + http.StatusText(f.Status)
	}
	return sentence(style, f.Kind, words)
}

// template is the refusal with its places left open.
func template(style Style, kind Kind) string {
	return sentence(style, kind, phrase{status: "{status}", url: "{url}", host: "{host}", reply: "{status}"})
}

// phrase is what is put into the places of a sentence.
type phrase struct {
	status string // Graph: the name in .NET
	reply  string // Outlook: number and reason
	url    string
	host   string
}

func sentence(style Style, kind Kind, p phrase) string {
	if kind == "" {
		return ""
	}
	switch style {
	case StyleOutlook:
		return outlookSentence(kind, p)
	case StylePreview:
		return "An error has occurred."
	default:
		return graphSentence(style, kind, p)
	}
}

const graphFailed = "Subscription validation request failed."

// graphSentence follows W2.4-03 to W2.4-07. What has no status (no name, no
// connection, no TLS) gets the sentence without one: no capture shows another.
func graphSentence(style Style, kind Kind, p phrase) string {
	switch kind {
	case KindScheme:
		return "NotificationUrl scheme='http' is not supported."
	case KindURL:
		return "Invalid notification url='" + p.url + "'."
	case KindTimeout:
		return "Subscription validation request timed out."
	case KindBody:
		return graphFailed + " Response must exactly match validationToken query parameter."
	}
	switch {
	case style == StyleGraph2016:
		return graphFailed + " Must respond with 200 OK to this request."
	case style == StyleGraph2023 || kind != KindStatus:
		return graphFailed + " Notification endpoint must respond with 200 OK to validation request."
	default:
		return graphFailed + " HTTP status code is '" + p.status +
			"'. Notification endpoint must respond with 200 OK to validation request."
	}
}

// outlookSentence leaks the exception of the service's own HTTP client, as
// the service did. Captured: an error status. The rest are that client's
// known texts; for a wrong body, where it throws nothing, the words are ours.
func outlookSentence(kind Kind, p phrase) string {
	const exception = "System.Net.WebException: "
	inner := exception + "Unable to connect to the remote server"
	switch kind {
	case KindScheme, KindURL:
		return "The value '" + p.url + "' of parameter 'NotificationURL' is invalid."
	case KindTimeout:
		inner = exception + "The operation has timed out"
	case KindStatus:
		inner = exception + "The remote server returned an error: " + strings.TrimSpace(p.reply) + "."
	case KindBody:
		inner = "The response does not match the validation token."
	case KindDNS:
		inner = exception + "The remote name could not be resolved: '" + p.host + "'"
	case KindTLS:
		inner = exception + "The underlying connection was closed: Could not establish trust relationship for the SSL/TLS secure channel."
	case KindReset:
		inner = exception + "The underlying connection was closed: The connection was closed unexpectedly."
	case KindProtocol:
		inner = exception + "The server committed a protocol violation."
	}
	return "Notification URL '" + p.url + "' verification failed '" + inner + "'"
}
