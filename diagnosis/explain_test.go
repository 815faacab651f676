package diagnosis

import (
	"slices"
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
		{"handshake in 2016", "Must respond with 200 OK to this request.", "handshake-status"},
	}
}

func TestExplain(t *testing.T) {
	for _, tt := range explained() {
		t.Run(tt.name, func(t *testing.T) {
			found := Explain(tt.text)
			if !slices.ContainsFunc(found, func(f Finding) bool { return f.ID == tt.want }) {
				t.Errorf("Explain(%q) lacks %s; got %q", tt.text, tt.want, ids(found))
			}
			if !slices.IsSorted(ids(found)) {
				t.Errorf("not sorted: %q", ids(found))
			}
		})
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
		{"scheme", "scheme='http' is not supported", []string{"handshake-http-url", "subscribe-http-url"}},
		{"duplicate", "already exists for the requested combination", []string{"subscribe-duplicate"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, ids(Explain(tt.text))); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
	for _, f := range Explain("Subscription validation request timed out.") {
		if f.Says != "Subscription validation request timed out." {
			t.Errorf("%s says %q", f.ID, f.Says)
		}
	}
}

func ids(findings []Finding) []string {
	var all []string
	for _, f := range findings {
		all = append(all, f.ID)
	}
	return all
}
