package diagnosis

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Answer is what came back on one request to a webhook, however far it got.
type Answer struct {
	Status int // 0 if there was no answer in HTTP
	Header http.Header
	Body   []byte // as far as it was read
	// BodyTruncated tells that reading was given up before the end.
	BodyTruncated bool
	// Took runs from the first byte sent to the last byte read.
	Took time.Duration
	// Err is why the request or the reading of its answer failed: an error of
	// net, crypto/tls, net/http or context, wrapped or not.
	Err error
}

// Environment is where the judged request was made from.
type Environment struct {
	GOOS        string
	InContainer bool
	WSL         bool
}

// page looks into an answer for what a human would recognise at once.
type page struct {
	Answer
	text string // the body's beginning in lower case
}

// pageLimit bounds the search for marks in a body: they stand at its head.
const pageLimit = 16 << 10

func pageOf(a Answer) page {
	return page{a, strings.ToLower(string(a.Body[:min(len(a.Body), pageLimit)]))}
}

func (p page) has(marks ...string) bool {
	return slices.ContainsFunc(marks, func(mark string) bool { return strings.Contains(p.text, mark) })
}

// html tells whether the body is a web page, whatever its content type says.
func (p page) html() bool {
	text := strings.TrimLeft(strings.TrimPrefix(p.text, "\ufeff"), " \t\r\n")
	return strings.HasPrefix(text, "<") &&
		p.has("<!doctype html", "<html", "<body", "<head", "</p>", "</div>", "</pre>", "</h1>")
}

// login tells whether the body is a sign-in page.
func (p page) login() bool {
	return p.html() && p.has(`type="password"`, "type='password'", "type=password", "sign in to your account",
		"login.microsoftonline.com", "accounts.google.com", "<title>sign in", "<title>login", "<title>log in")
}

// frontEnd tells whether the body is the shell of a single-page app.
func (p page) frontEnd() bool {
	return p.html() && p.has(`id="root"`, `id="app"`, `id=root`, `id=app`, "<app-root", `id="__next"`, `id="svelte"`)
}

// loginRedirect tells whether the answer sends a browser to sign in.
func (p page) loginRedirect() bool {
	target, err := url.Parse(p.Header.Get("Location"))
	if !p.redirect() || err != nil {
		return false
	}
	host := strings.ToLower(target.Hostname())
	for _, prefix := range []string{"login.", "accounts.", "auth.", "sso.", "idp.", "signin."} {
		if strings.HasPrefix(host, prefix) {
			return true
		}
	}
	path := strings.ToLower(target.Path)
	for _, mark := range []string{"login", "signin", "sign-in", "sign_in", "/oauth2/", "/authorize", "/saml", "/.auth/"} {
		if strings.Contains(path, mark) {
			return true
		}
	}
	for key := range target.Query() {
		if strings.EqualFold(key, "ReturnUrl") {
			return true
		}
	}
	return false
}

// redirect tells whether the answer leads elsewhere; 304 and the like lead
// nowhere.
func (p page) redirect() bool {
	return p.Status >= 300 && p.Status < 400 && p.Header.Get("Location") != ""
}

// ngrok returns the error that ngrok itself answered with.
func (p page) ngrok() (code string, ok bool) {
	code = p.Header.Get("Ngrok-Error-Code")
	if code == "" {
		_, rest, found := strings.Cut(p.text, "err_ngrok_")
		if !found {
			return "", false
		}
		digits := strings.IndexFunc(rest+" ", func(r rune) bool { return r < '0' || r > '9' })
		code = "ERR_NGROK_" + rest[:digits]
	}
	return code, true
}

// tunnel tells whether a tunnel service other than ngrok answered in the
// webhook's place. A host of such a service alone proves nothing: most of
// what comes from there is the webhook's.
func (p page) tunnel(host string) bool {
	under := func(domain string) bool { return strings.HasSuffix(host, "."+domain) }
	switch {
	case p.Status == statusCloudflare:
		return true
	case under("devtunnels.ms"):
		return p.Status == http.StatusUnauthorized || gateway(p.Status)
	case under("loca.lt"), under("trycloudflare.com"), under("serveo.net"), under("lhr.life"):
		return gateway(p.Status) || p.Status == http.StatusNetworkAuthenticationRequired
	default:
		return false
	}
}

// statusCloudflare is what Cloudflare's edge answers when a tunnel is gone
// (error 1033).
const statusCloudflare = 530

func gateway(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

// wantsTLS tells whether a server of TLS complained about plain HTTP.
func (p page) wantsTLS() bool {
	return p.Status == http.StatusBadRequest && p.has("http request to an https server",
		"plain http request was sent to https port", "speaking plain http to an ssl-enabled server port",
		"this combination of host and port requires tls")
}

// wrongHost tells whether the server refused the name it was called by.
func (p page) wrongHost() bool {
	return p.has("invalid host header", "invalid hostname", "disallowedhost", "invalid http_host header",
		"blocked request. this host", "blocked hosts")
}

// csrf tells whether a protection against forged forms refused the request.
// The bare word proves nothing: many pages carry a token of that name.
func (p page) csrf() bool {
	const pageExpired = 419 // Laravel's status for it
	switch p.Status {
	case pageExpired:
		return true
	case http.StatusBadRequest, http.StatusForbidden, http.StatusUnprocessableEntity:
		return p.has("csrf verification failed", "csrf token", "invalidauthenticitytoken", "antiforgery")
	default:
		return false
	}
}

// airPlay tells whether macOS's AirPlay receiver answered. It names itself;
// on its ports an empty 403 is its mark, too.
func (p page) airPlay(env Environment, port string) bool {
	if strings.HasPrefix(p.Header.Get("Server"), "AirTunes") {
		return true
	}
	return env.GOOS == "darwin" && (port == "5000" || port == "7000") &&
		p.Status == http.StatusForbidden && len(p.Body) == 0
}

// target is what a judge needs of a notification URL.
type target struct {
	scheme, host, port, path, query string
	credentials                     bool // a user name, with a password or without
}

func targetOf(raw string) target {
	plain, credentials := withoutCredentials(raw)
	u, err := url.Parse(plain)
	if err != nil {
		return target{}
	}
	return target{strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port(), u.Path, u.RawQuery, credentials}
}

// withoutCredentials takes a user name and password off a URL by its text:
// what a caller has masked is no user name that net/url would read.
func withoutCredentials(raw string) (plain string, had bool) {
	scheme, rest, absolute := strings.Cut(raw, "://")
	if !absolute {
		return raw, false
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	at := strings.LastIndexByte(rest[:end], '@')
	if at < 0 {
		return raw, false
	}
	return scheme + "://" + rest[at+1:], true
}

func (t target) loopback() bool {
	if t.host == "localhost" || strings.HasSuffix(t.host, ".localhost") {
		return true
	}
	ip := net.ParseIP(t.host)
	return ip != nil && ip.IsLoopback()
}

// functions tells whether the URL is one of Azure Functions: its public
// hosts, or the port of its local runtime.
func (t target) functions() bool {
	const localRuntime = "7071"
	return strings.HasSuffix(t.host, ".azurewebsites.net") || t.loopback() && t.port == localRuntime
}

// hasKey tells whether the query carries the function's key; its value, and
// every other, is masked by the caller.
func (t target) hasKey() bool {
	query, _ := url.ParseQuery(t.query) // what of it is none says nothing
	return query.Has("code")
}

func (t target) api() bool {
	return t.path == "/api" || strings.HasPrefix(t.path, "/api/") ||
		strings.HasPrefix(t.path, "/runtime/") // webhooks of extensions
}
