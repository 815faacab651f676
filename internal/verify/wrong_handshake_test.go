package verify

import (
	"compress/gzip"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf16"

	"github.com/outlocal/outlocal/dialect"
)

// graphOnly and outlookOnly are for what only shows in one family.
func graphOnly() []*dialect.Dialect   { return []*dialect.Dialect{dialect.GraphV1} }
func outlookOnly() []*dialect.Dialect { return []*dialect.Dialect{dialect.OutlookFinal} }

// echoing is a webhook that makes something else of the token.
func echoing(answer func(token string) string) func() http.Handler {
	return broken(func(h *webhook) {
		h.echo = func(w http.ResponseWriter, r *http.Request, token string) { echoToken(w, r, answer(token)) }
	})
}

// answering is a webhook that answers the handshake otherwise.
func answering(answer func(w http.ResponseWriter, r *http.Request, token string)) func() http.Handler {
	return broken(func(h *webhook) { h.echo = answer })
}

// finding is a webhook that looks for the token otherwise.
func finding(find func(*http.Request) (string, bool)) func() http.Handler {
	return broken(func(h *webhook) { h.find = find })
}

// wrongEchoes find the token, and make something else of it.
func wrongEchoes() []flaw {
	return []flaw{
		{
			name: "puts the token into JSON quotes", thread: "microsoftgraph/aspnetcore-webhooks-sample#9", want: "handshake-json-quotes",
			hook: answering(func(w http.ResponseWriter, _ *http.Request, token string) {
				w.Header().Set("Content-Type", "application/json")
				_ = json.NewEncoder(w).Encode(token)
			}),
		},
		{
			name: "wraps the token in a JSON object", thread: "microsoftgraph/nodejs-webhooks-sample#158", want: "handshake-json-object",
			hook: answering(func(w http.ResponseWriter, _ *http.Request, token string) {
				w.Header().Set("Content-Type", "application/json")
				_ = json.NewEncoder(w).Encode(map[string]string{"validationToken": token})
			}),
		},
		{
			name: "cuts the token out of the raw query", thread: "microsoftgraph/microsoft-graph-docs#9660", want: "handshake-undecoded", in: graphOnly(),
			hook: finding(func(r *http.Request) (string, bool) {
				found := regexp.MustCompile(`(?i)validationtoken=([^&]*)`).FindStringSubmatch(r.URL.RawQuery)
				if found == nil {
					return "", false
				}
				return found[1], true
			}),
		},
		{
			name: "encodes the token anew", thread: "microsoftgraph/microsoft-graph-docs#9674", want: "handshake-double-encoded", in: graphOnly(),
			hook: echoing(url.QueryEscape),
		},
		{
			name: "decodes the token twice", thread: "microsoftgraph/microsoft-graph-docs-contrib#4656", want: "handshake-double-decoded",
			hook: echoing(func(token string) string {
				if again, err := url.QueryUnescape(token); err == nil {
					return again
				}
				return token
			}),
		},
		{
			name: "reads + in the query as it stands", want: "handshake-plus", in: graphOnly(),
			hook: finding(func(r *http.Request) (string, bool) {
				if _, ok := findToken(r); !ok {
					return "", false
				}
				_, raw, _ := strings.Cut(r.URL.RawQuery[strings.Index(strings.ToLower(r.URL.RawQuery), "validationtoken="):], "=")
				raw, _, _ = strings.Cut(raw, "&")
				token, err := url.PathUnescape(raw)
				return token, err == nil
			}),
		},
		{name: "lowers the token's letters", want: "handshake-case", hook: echoing(strings.ToLower)},
		{name: "ends the token with a line", want: "handshake-whitespace", hook: echoing(func(token string) string { return token + "\n" })},
		{name: "says what the token is", want: "handshake-prefix-suffix", hook: echoing(func(token string) string { return "Validation token: " + token })},
		{name: "keeps 32 letters of the token", want: "handshake-cut", hook: echoing(func(token string) string { return token[:min(len(token), 32)] })},
		{name: "escapes the token for HTML", thread: "microsoftgraph/microsoft-graph-docs#9134", want: "handshake-html-escaped", hook: echoing(html.EscapeString)},
		{
			name: "strips all but base64 off the token", thread: "microsoft/SharePoint-Embedded-Samples#250", want: "handshake-odd-token", in: outlookOnly(),
			hook: echoing(func(token string) string {
				return regexp.MustCompile(`[^A-Za-z0-9._~+/=\- ]`).ReplaceAllString(token, "")
			}),
		},
		{
			name: "takes no token but the usual sentence", thread: "microsoftgraph/microsoft-graph-docs#21160", want: "handshake-odd-token", in: graphOnly(),
			hook: finding(func(r *http.Request) (string, bool) {
				token, ok := findToken(r)
				return token, ok && regexp.MustCompile(`^[A-Za-z0-9 :-]+$`).MatchString(token)
			}),
		},
		{
			name: "has room for 255 letters of token", want: "handshake-long-token",
			hook: finding(func(r *http.Request) (string, bool) {
				token, ok := findToken(r)
				return token, ok && len(token) < 256
			}),
		},
		{
			name: "answers in Latin-1", want: "handshake-charset",
			hook: echoing(func(token string) string {
				var latin []byte
				for _, letter := range token {
					latin = append(latin, byte(min(letter, 0xff)))
				}
				return string(latin)
			}),
		},
		{
			name: "answers in UTF-16", want: "handshake-charset",
			hook: answering(func(w http.ResponseWriter, _ *http.Request, token string) {
				w.Header().Set("Content-Type", "text/plain; charset=utf-16")
				for _, unit := range utf16.Encode([]rune(token)) {
					_, _ = w.Write([]byte{byte(unit), byte(unit >> 8)})
				}
			}),
		},
		{
			name: "compresses all answers", want: "handshake-gzip",
			hook: answering(func(w http.ResponseWriter, _ *http.Request, token string) {
				w.Header().Set("Content-Type", "text/plain")
				w.Header().Set("Content-Encoding", "gzip")
				packed := gzip.NewWriter(w)
				_, _ = io.WriteString(packed, token)
				_ = packed.Close()
			}),
		},
		{
			name: "sends the token as a web page", thread: "microsoft/SharePoint-Embedded-Samples#250", want: "handshake-reflected",
			hook: answering(func(w http.ResponseWriter, _ *http.Request, token string) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				_, _ = io.WriteString(w, token)
			}),
		},
		{
			name: "sends the bare token as JSON", want: "handshake-content-type",
			hook: answering(func(w http.ResponseWriter, _ *http.Request, token string) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, token)
			}),
		},
		{name: "answers OK and no token", thread: "microsoftgraph/java-spring-webhooks-sample#82", want: "handshake-other-token", hook: echoing(func(string) string { return "OK" })},
		{
			name: "knows Outlook's parameter only", thread: "OneDrive/onedrive-api-docs#428", want: "handshake-parameter", in: graphOnly(),
			hook: finding(func(r *http.Request) (string, bool) {
				token := r.URL.Query().Get("validationtoken")
				return token, token != ""
			}),
		},
		{
			name: "knows Graph's parameter only", thread: "OneDrive/onedrive-api-docs#428", want: "handshake-parameter", in: outlookOnly(),
			hook: finding(func(r *http.Request) (string, bool) {
				token := r.URL.Query().Get("validationToken")
				return token, token != ""
			}),
		},
		{
			name: "takes the first parameter for the token", want: "handshake-query",
			hook: finding(func(r *http.Request) (string, bool) {
				if !isHandshake(r) {
					return "", false
				}
				first, _, _ := strings.Cut(r.URL.RawQuery, "&")
				_, raw, _ := strings.Cut(first, "=")
				token, err := url.QueryUnescape(raw)
				return token, err == nil
			}),
		},
		{
			name: "keeps the token where all requests see it", want: "handshake-at-once",
			hook: func() http.Handler {
				var last atomic.Value
				return answering(func(w http.ResponseWriter, r *http.Request, token string) {
					last.Store(token)
					delayed(r.Context(), 30*time.Millisecond) // as long as a look into the database
					echoToken(w, r, last.Load().(string))
				})()
			},
		},
		{
			name: "remembers the first token for good", want: "handshake-again",
			hook: func() http.Handler {
				var once sync.Once
				var first string
				return answering(func(w http.ResponseWriter, r *http.Request, token string) {
					once.Do(func() { first = token })
					echoToken(w, r, first)
				})()
			},
		},
	}
}

// wrongAnswers come from something that never gets as far as the token.
func wrongAnswers() []flaw {
	return []flaw{
		{
			name: "answers 201", want: "handshake-status/success",
			hook: answering(func(w http.ResponseWriter, _ *http.Request, token string) {
				w.Header().Set("Content-Type", "text/plain")
				w.WriteHeader(http.StatusCreated)
				_, _ = io.WriteString(w, token)
			}),
		},
		{
			name: "takes the handshake for notifications", thread: "microsoftgraph/microsoft-graph-explorer#364", want: "handshake-status/success",
			hook: answering(func(w http.ResponseWriter, _ *http.Request, _ string) { w.WriteHeader(http.StatusAccepted) }),
		},
		{
			name: "parses a body before it looks for the token", thread: "Nine-Minds/alga-psa#972", want: "handshake-status/body-parser",
			hook: before(func(w http.ResponseWriter, r *http.Request) bool {
				if isHandshake(r) && r.Method != http.MethodPost {
					return answerWith(http.StatusMethodNotAllowed, "text/plain", "Method Not Allowed")(w, r)
				}
				return isHandshake(r) && answerWith(http.StatusBadRequest, "text/plain", "SyntaxError: Unexpected end of JSON input")(w, r)
			}),
		},
		{
			name: "loses the query behind a proxy", want: "handshake-empty",
			hook: before(func(w http.ResponseWriter, r *http.Request) bool {
				return isHandshake(r) && answerWith(http.StatusOK, "text/plain", "")(w, r) // what res.send(req.query.validationToken) says then
			}),
		},
		{
			name: "answers the token to GET only", thread: "Nine-Minds/alga-psa#972", want: "handshake-get-only",
			hook: before(func(w http.ResponseWriter, r *http.Request) bool {
				return isHandshake(r) && r.Method == http.MethodPost && answerWith(http.StatusBadRequest, "text/plain", "no JSON")(w, r)
			}),
		},
		{
			name: "has no route for POST", want: "handshake-method",
			hook: before(func(w http.ResponseWriter, r *http.Request) bool {
				w.Header().Set("Allow", "GET, HEAD")
				if r.Method == http.MethodPost {
					return answerWith(http.StatusMethodNotAllowed, "text/plain", "Method Not Allowed")(w, r)
				}
				return answerWith(http.StatusOK, "text/html", "<html><body>hello</body></html>")(w, r)
			}),
		},
		{
			name: "sends whoever comes to a login", thread: "Azure/azure-functions-microsoftgraph-extension#36", want: "handshake-login-redirect",
			hook: before(func(w http.ResponseWriter, r *http.Request) bool {
				http.Redirect(w, r, "https://login.example.com/oauth2/authorize?redirect=hook", http.StatusFound)
				return true
			}),
		},
		{
			name: "redirects to the path with a slash", want: "handshake-redirect/slash",
			hook: before(func(w http.ResponseWriter, r *http.Request) bool {
				http.Redirect(w, r, r.URL.Path+"/?"+r.URL.RawQuery, http.StatusMovedPermanently)
				return true
			}),
		},
		{
			name: "wants credentials", thread: "microsoft/dev-tunnels#446", want: "handshake-status/unauthorized",
			hook: before(answerWith(http.StatusUnauthorized, "application/json", `{"message":"Unauthorized"}`)),
		},
		{
			name: "stands behind a firewall that forbids", thread: "pnp/Microsoft365-Analytics-Insights#273", want: "handshake-status/forbidden",
			hook: before(answerWith(http.StatusForbidden, "text/plain", "Forbidden")),
		},
		{
			name: "wants a CSRF token", want: "handshake-status/csrf",
			hook: before(func(w http.ResponseWriter, r *http.Request) bool {
				return r.Method == http.MethodPost && answerWith(http.StatusForbidden, "text/html", "<html><body><p>CSRF verification failed. Request aborted.</p></body></html>")(w, r)
			}),
		},
		{
			name: "is at another path", want: "handshake-status/not-found",
			hook: before(answerWith(http.StatusNotFound, "text/plain", "404 page not found")),
		},
		{
			name: "crashes on the handshake", want: "handshake-status/crash",
			hook: answering(func(http.ResponseWriter, *http.Request, string) { panic("no body") }),
		},
		{
			name: "is the shell of a page", want: "handshake-html/front-end",
			hook: before(answerWith(http.StatusOK, "text/html", `<!doctype html><html><body><div id="root"></div></body></html>`)),
		},
		{
			name: "shows a sign-in page", want: "handshake-html/login",
			hook: before(answerWith(http.StatusOK, "text/html", `<!doctype html><html><title>Sign in</title><body><input type="password"></body></html>`)),
		},
		{
			name: "is a tunnel that has ended", thread: "microsoftgraph/nodejs-webhooks-sample#24", want: "handshake-ngrok/offline",
			hook: before(func(w http.ResponseWriter, r *http.Request) bool {
				w.Header().Set("Ngrok-Error-Code", "ERR_NGROK_3200")
				return answerWith(http.StatusNotFound, "text/html", "<html><body>The endpoint is offline.</body></html>")(w, r)
			}),
		},
		{
			name: "is not known by this host name", want: "handshake-host",
			hook: before(answerWith(http.StatusForbidden, "text/plain", `Blocked request. This host ("hooks.example.com") is not allowed.`)),
		},
		{
			name: "fails when a load balancer looks", want: "handshake-probe",
			hook: broken(func(h *webhook) {
				h.other = func(http.ResponseWriter, *http.Request) { panic("validationToken of undefined") }
			}),
		},
		{
			name: "hangs up on a HEAD", want: "handshake-probe",
			hook: before(func(_ http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodHead {
					panic(http.ErrAbortHandler)
				}
				return false
			}),
		},
		{name: "dies of a browser's GET", want: "webhook-died", hook: mortal(func(r *http.Request) bool { return r.Method == http.MethodGet })},
		{
			name: "dies of the first notification", want: "webhook-died",
			hook: mortal(func(r *http.Request) bool {
				return r.Method == http.MethodPost && !strings.Contains(strings.ToLower(r.URL.RawQuery), "validationtoken=")
			}),
		},
	}
}

// mortal is a webhook that answers nothing any more once a request of that kind has come.
func mortal(kills func(*http.Request) bool) func() http.Handler {
	return func() http.Handler {
		var dead atomic.Bool
		return before(func(_ http.ResponseWriter, r *http.Request) bool {
			if dead.Load() || kills(r) {
				dead.Store(true)
				panic(http.ErrAbortHandler)
			}
			return false
		})()
	}
}
