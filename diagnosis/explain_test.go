package diagnosis

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// explained holds a sentence for each finding about a refused request: the
// only way to it from outside.
func explained() []struct{ name, text, want string } {
	return []struct{ name, text, want string }{
		{"whole", "NotificationUrl scheme='http' is not supported.", "subscribe-http-url"},
		{"in a log line", `2026-01-15 ERROR {"message":"Invalid notification url='https:////x'."}`, "subscribe-bad-url"},
		{"in part", "Are all property names spelled", "subscribe-payload"},
		{"place filled", "expirationDateTime is a required property for subscription creation.", "subscribe-missing-property"},
		{"today's limit", "Subscription expiration can only be 10070 minutes in the future.", "subscribe-too-long"},
		{"beginning within it", "expiration can only be 4230 minutes in the", "subscribe-too-long"},
		{"other case and line ends", "INVALID 'changeType'\n attribute: 'Changed'.", "subscribe-change-type"},
		{"inside an exception", "Operation: Create; Exception: [Status Code: BadRequest; Reason: The value 'x' of parameter 'Resource' is invalid.]", "subscribe-resource"},
		{"unsupported", "Resource 'me/mail' is not supported.", "subscribe-resource-unsupported"},
		{"options", "Reason: $top, $skip, $orderby, $select=body,uniqueBody are not supported in subscription resource Url.]", "subscribe-query-options"},
		{"duplicate", "Subscription Id 1f2e already exists for the requested combination", "subscribe-duplicate"},
		{"quota", "Reason: Maximum number of subscriptions has been reached]", "subscribe-quota"},
		{"gone", "ResourceNotFound: The object was not found.", "subscribe-gone"},
		{"no token", "InvalidAuthenticationToken: Access token is empty.", "subscribe-no-token"},
		{"handshake's status", "HTTP status code is 'Forbidden'", "handshake-status"},
		{"handshake's body", "Response must exactly match validationToken", "handshake-json-quotes"},
		{"handshake, no answer", "Subscription validation request timed out.", "handshake-timeout"},
		{"handshake by Outlook", "verification failed 'System.Net.WebException: The operation has timed out", "handshake-timeout"},
		{"a token for another service", `{"error":{"code":"InvalidAuthenticationToken","message":"Access token validation failure. Invalid audience."}}`, "subscribe-token-refused"},
		{"a token that has run out", "Lifetime validation failed, the token is expired.", "subscribe-token-refused"},
		{"no permission", "Access is denied. Check credentials and try again.", "subscribe-forbidden"},
		{"no mailbox", "Operation: Create; Exception: [Status Code: NotFound; Reason: Not Found]", "subscribe-no-mailbox"},
		{"no user", "/me request is only valid with delegated authentication flow.", "subscribe-me"},
		{"an empty renewal", "Subscription must contain either the 'expirationDateTime' or", "subscribe-empty-renewal"},
		{"content, and not which", "$select is required in subscription resource Url when", "subscribe-no-select"},
		{"a certificate", "Certificate validation error: Cannot find the requested object.", "subscribe-certificate"},
		{"a method", "Specified HTTP method is not allowed for the request target.", "subscribe-method"},
		{"throttled", "TooManyRequests: Please retry again later.", "subscribe-throttled"},
		{"out of order", "There was an error processing a storage extension.", "subscribe-service"},
		{"an item that is gone", "ErrorItemNotFound: The specified object was not found in the store.", "receiver-item-gone"},
		{"an item's id", "Item Id doesn't belong to the current mailbox.", "receiver-item-id"},
		{"handshake in 2016", "Must respond with 200 OK to this request.", "handshake-status"},
	}
}

func TestExplain(t *testing.T) {
	for _, tt := range explained() {
		t.Run(tt.name, func(t *testing.T) {
			if found := diagnosed(Explain(tt.text)); !slices.Contains(found, tt.want) {
				t.Errorf("Explain(%q) lacks %s; got %q", tt.text, tt.want, found)
			}
		})
	}
}

// Whatever a text came through, it is found: the likeliest first.
func TestExplainReadsWhatPeoplePaste(t *testing.T) {
	const status = "Subscription validation request failed. HTTP status code is '%'. Notification endpoint must respond with 200 OK to validation request."
	with := func(name string) string { return strings.ReplaceAll(status, "%", name) }
	tests := []struct{ name, text, first string }{
		{"a status", with("Unauthorized"), "handshake-status/unauthorized"},
		{"another", with("NotFound"), "handshake-status/not-found"},
		{"one of two findings", with("MethodNotAllowed"), "handshake-method"},
		{"a redirect", with("Found"), "handshake-login-redirect"},
		{"one that nobody knows", with("418"), "handshake-status"},
		{"a reason of Outlook's", "Notification URL 'https://x/?validationtoken=1' verification failed 'System.Net.WebException: The remote server returned an error: (502) Bad Gateway.'", "handshake-status/gateway"},
		{"a body in JSON", `{"error":{"code":"ValidationError","message":"Subscription validation request timed out.","innerError":{"request-id":"95b3ef19-0c32-45b4-be7f-7a22aafe6196"}}}`, "handshake-timeout"},
		{"escaped", `"message":"Subscription validation request failed. HTTP status code is \u0027Forbidden\u0027."`, "handshake-status/forbidden"},
		{"JSON in JSON", `{"log":"{\"error\":{\"message\":\"NotificationUrl scheme=\\u0027http\\u0027 is not supported.\"}}"}`, "subscribe-http-url"},
		{"in HTML", "HTTP status code is &#39;BadGateway&#39;.", "handshake-status/gateway"},
		{"with a typographer's quotes", "“Invalid ‘changeType’ attribute: ‘x’.”", "subscribe-change-type"},
		{"broken by a terminal", "Subscription validation\n             request timed\r\n  out.", "handshake-timeout"},
		{"among other bytes", "\xff\xfe\x00 Subscription validation request timed out. \x00", "handshake-timeout"},
		{"the beginning", "Subscription validation request failed", "handshake-json-quotes"},
		{"the longer of two sentences", "Subscription validation request timed out. Subscription Id 1f2e already exists for the requested combination", "subscribe-duplicate"},
		{"an id in it", "Subscription Id 7f105c7d-2dc5-4530-97cd-4e7ae6534c07 already exists for", "subscribe-duplicate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found := Explain(tt.text)
			if len(found) == 0 {
				t.Fatal("it is not known")
			}
			if got := strings.TrimSuffix(found[0].ID+"/"+found[0].Case, "/"); got != tt.first {
				t.Errorf("first is %s, want %s; then %q", got, tt.first, diagnosed(found[1:]))
			}
			if found[0].Service == "" {
				t.Error("it does not tell which sentence it is")
			}
		})
	}
}

// A status that the text tells leaves out what answers with others.
func TestExplainHeedsTheStatus(t *testing.T) {
	found := diagnosed(Explain("HTTP status code is 'Unauthorized'. Notification endpoint must respond"))
	for id, want := range map[string]bool{
		"handshake-status": true, "handshake-functions-code": true, "handshake-tunnel": true,
		"handshake-method": false, "handshake-redirect": false, "handshake-airplay": false, "handshake-json-quotes": false,
	} {
		if slices.Contains(found, id) != want {
			t.Errorf("%s is there: %t, want %t", id, !want, want)
		}
	}
}

// What the service says tells some findings from all others.
func TestExplainIsSelective(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", nil},
		{"too little", "200 OK", nil},
		{"not the service's", "The quick brown fox jumps over the lazy dog.", nil},
		{"Outlook's name", "The remote name could not be resolved: 'hook.example'", []string{"handshake-dns"}},
		{"scheme", "scheme='http' is not supported", []string{"subscribe-http-url", "handshake-http-url"}},
		{"duplicate", "already exists for the requested combination", []string{"subscribe-duplicate"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, diagnosed(Explain(tt.text))); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func ids(findings []Finding) []string {
	var all []string
	for _, f := range findings {
		all = append(all, f.ID)
	}
	return all
}
