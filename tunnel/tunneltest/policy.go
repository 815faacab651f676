package tunneltest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// policy is the part of a traffic policy that is evaluated here: rules that deny requests.
type policy []rule

type rule struct {
	when   []expression // all have to be true
	status int
}

// parsePolicy reads a policy, none if it is empty, and refuses all that would not be evaluated.
func parsePolicy(source string) (policy, error) {
	if source == "" {
		return nil, nil
	}
	var written struct {
		OnHTTPRequest []struct {
			Name        string   `json:"name"`
			Expressions []string `json:"expressions"`
			Actions     []struct {
				Type   string `json:"type"`
				Config struct {
					StatusCode int `json:"status_code"`
				} `json:"config"`
			} `json:"actions"`
		} `json:"on_http_request"`
	}
	reader := json.NewDecoder(strings.NewReader(source))
	reader.DisallowUnknownFields()
	if err := reader.Decode(&written); err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	var p policy
	for _, w := range written.OnHTTPRequest {
		if len(w.Actions) != 1 || w.Actions[0].Type != "deny" {
			return nil, fmt.Errorf("read rule %q: only the action deny is evaluated here", w.Name)
		}
		r := rule{status: w.Actions[0].Config.StatusCode}
		if r.status == 0 {
			r.status = http.StatusForbidden
		}
		for _, text := range w.Expressions {
			e, err := parseExpression(text)
			if err != nil {
				return nil, fmt.Errorf("read rule %q: %w", w.Name, err)
			}
			r.when = append(r.when, e)
		}
		p = append(p, r)
	}
	return p, nil
}

// judge returns the status that a request is denied with, 0 for one that passes. An expression that comes to nothing for a request
// denies it, as the service says of its own.
func (p policy) judge(r *http.Request) int {
	for _, rule := range p {
		denied := true
		for _, when := range rule.when {
			value, err := when(r)
			if err != nil {
				return http.StatusInternalServerError
			}
			denied = denied && value == true
		}
		if denied {
			return rule.status
		}
	}
	return 0
}
