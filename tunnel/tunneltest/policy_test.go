package tunneltest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// ruled is a policy that denies what an expression is true of.
func ruled(expression string) string {
	return `{"on_http_request":[{"name":"x","expressions":[` + quote(expression) + `],"actions":[{"type":"deny"}]}]}`
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func TestExpressions(t *testing.T) {
	for _, row := range []struct {
		expression string
		denied     bool // POST /hook of 5 bytes
	}{
		{`true`, true},
		{`false`, false},
		{`!true`, false},
		{`!!true`, true},
		{`req.method == 'POST'`, true},
		{`req.method=="GET"`, false},
		{`req.method != 'GET'`, true},
		{`req.url.path in ['/a', '/hook']`, true},
		{`req.url.path in ["/a",]`, false},
		{`req.url.path in []`, false},
		{`!(req.url.path in ['/a'])`, true},
		{`req.content_length > 4`, true},
		{`req.content_length > 5`, false},
		{`req.content_length >= 5`, true},
		{`req.content_length < 5`, false},
		{`req.content_length <= 5`, true},
		{`req.content_length == 5`, true},
		{`req.content_length in [1, 5]`, true},
		{`req.method == 'POST' && req.url.path == '/other'`, false},
		{`req.method == 'GET' || req.url.path == '/hook'`, true},
		{`req.method == 'GET' || req.method == 'PUT'`, false},
		{`false && false || true`, true},
		{`false && (false || true)`, false},
		{`'it\'s' == "it's"`, true},
		{`'\\' == "\\"`, true},
		{`'(' == ')'`, false},
	} {
		p, err := parsePolicy(ruled(row.expression))
		if err != nil {
			t.Errorf("%s: %v", row.expression, err)
			continue
		}
		want := 0
		if row.denied {
			want = 403
		}
		if got := p.judge(httptest.NewRequest(http.MethodPost, "/hook", strings.NewReader("12345"))); got != want {
			t.Errorf("%s: status %d, want %d", row.expression, got, want)
		}
	}
}

// TestExpressionsAtRunTime denies what can't be told, as the service does.
func TestExpressionsAtRunTime(t *testing.T) {
	for _, expression := range []string{`!req.method`, `req.method > 4`, `4 in 'text'`, `['a'] in ['a']`, `['a'] == 'a'`, `'a' == ['a']`} {
		p, err := parsePolicy(ruled(expression))
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		if got := p.judge(httptest.NewRequest(http.MethodPost, "/hook", nil)); got != 500 {
			t.Errorf("%s: status %d", expression, got)
		}
	}
}

// TestPolicy takes the first rule that is true, and all expressions of a rule.
func TestPolicy(t *testing.T) {
	p, err := parsePolicy(`{"on_http_request":[
		{"expressions":["req.method == 'POST'","req.url.path == '/a'"],"actions":[{"type":"deny","config":{"status_code":404}}]},
		{"actions":[{"type":"deny","config":{"status_code":410}}]}]}`)
	if err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]int{"POST /a": 404, "GET /a": 410, "POST /b": 410} {
		method, path, _ := strings.Cut(target, " ")
		if got := p.judge(httptest.NewRequest(method, path, nil)); got != want {
			t.Errorf("%s: status %d, want %d", target, got, want)
		}
	}
	if p, err := parsePolicy(""); err != nil || p.judge(httptest.NewRequest(http.MethodGet, "/", nil)) != 0 {
		t.Errorf("no policy: %v, %v", p, err)
	}
}

// TestPolicyNotUnderstood refuses what would not be heeded.
func TestPolicyNotUnderstood(t *testing.T) {
	for name, policy := range map[string]string{
		"YAML":              "on_http_request: []",
		"another phase":     `{"on_tcp_connect":[]}`,
		"another action":    `{"on_http_request":[{"actions":[{"type":"rate-limit"}]}]}`,
		"two actions":       `{"on_http_request":[{"actions":[{"type":"deny"},{"type":"deny"}]}]}`,
		"no action":         `{"on_http_request":[{"expressions":["true"]}]}`,
		"another setting":   `{"on_http_request":[{"actions":[{"type":"deny","config":{"content":"x"}}]}]}`,
		"another variable":  ruled(`conn.client_ip == 'x'`),
		"a call":            ruled(`req.url.path.startsWith('/a')`),
		"a character":       ruled(`req.method ~ 'x'`),
		"nothing":           ruled(``),
		"an open bracket":   ruled(`(true`),
		"an open list":      ruled(`1 in [1`),
		"a list of names":   ruled(`'x' in [req.method]`),
		"a list run on":     ruled(`1 in [1 2]`),
		"an end too early":  ruled(`true &&`),
		"something behind":  ruled(`true true`),
		"a half comparison": ruled(`req.method ==`),
		"an empty not":      ruled(`!`),
	} {
		if _, err := parsePolicy(policy); err == nil {
			t.Errorf("%s is taken: %s", name, policy)
		}
	}
}

// FuzzExpression reads whatever it is given without a panic, and evaluates what it reads.
func FuzzExpression(f *testing.F) {
	for _, seed := range []string{`!(req.method == 'POST' && req.url.path in ['/a', '/b'])`, `req.content_length > 1048576`, `(true || false) && !false`, `'\'`, `[`, `in in in`, `1 in [1,`} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		e, err := parseExpression(text)
		if err == nil {
			_, _ = e(httptest.NewRequest(http.MethodPost, "/hook", nil))
		}
	})
}
