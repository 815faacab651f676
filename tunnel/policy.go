package tunnel

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// DefaultPolicy is a traffic policy that lets only POST to these paths through, with bodies of up to so many bytes. It needs two of the
// five rules of the free plan and costs nothing.
//
// Lengths are those that a request announces: one that is sent in chunks announces none and passes. Whoever answers has to limit what
// it reads, and check method and path, all the same.
func DefaultPolicy(bodyLimit int64, paths ...string) (string, error) {
	if len(paths) == 0 || bodyLimit <= 0 {
		return "", wrongUse(makingPolicy, "it needs a path and a limit", "name the path of the webhook")
	}
	quoted := make([]string, len(paths))
	for i, path := range paths {
		if !strings.HasPrefix(path, "/") || strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return "", wrongUse(makingPolicy, fmt.Sprintf("%q is not a path", path), "give a path that begins with /")
		}
		quoted[i] = "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(path) + "'"
	}
	return encodePolicy(trafficPolicy{OnHTTPRequest: []policyRule{
		deny("only the webhook", http.StatusNotFound, "!(req.method == 'POST' && req.url.path in ["+strings.Join(quoted, ", ")+"])"),
		deny("size of the body", http.StatusRequestEntityTooLarge, fmt.Sprintf("req.content_length > %d", bodyLimit)),
	}})
}

const makingPolicy = "make the traffic policy"

// The service reads JSON as well as YAML.
type trafficPolicy struct {
	OnHTTPRequest []policyRule `json:"on_http_request"`
}

type policyRule struct {
	Name        string         `json:"name"`
	Expressions []string       `json:"expressions"`
	Actions     []policyAction `json:"actions"`
}

type policyAction struct {
	Type   string       `json:"type"`
	Config policyConfig `json:"config"`
}

type policyConfig struct {
	StatusCode int `json:"status_code"`
}

func deny(name string, status int, expression string) policyRule {
	return policyRule{Name: name, Expressions: []string{expression}, Actions: []policyAction{{Type: "deny", Config: policyConfig{StatusCode: status}}}}
}

func encodePolicy(p trafficPolicy) (string, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // people read it in the dashboard
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(p); err != nil {
		return "", fmt.Errorf("%s: %w", makingPolicy, err)
	}
	return text.String(), nil
}
