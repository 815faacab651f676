package diagnosis

import (
	"net/http"
	"net/url"
	"strings"
)

// status judges an answer of the webhook's own with another status than 200.
func (j *handshake) status(f fact) {
	p := pageOf(j.Answer)
	switch {
	case p.redirect():
		j.redirect(p, f)
	case p.wantsTLS():
		f.name = "needs-tls"
		j.add("handshake-tls", f)
	case j.wantsFunctionKey():
		j.add("handshake-functions-code", f)
	case j.Status == http.StatusMethodNotAllowed, j.Status == http.StatusNotImplemented:
		if allow := j.Header.Get("Allow"); allow != "" {
			f.detail += ", which allows " + excerpt(allow)
		}
		j.add("handshake-method", f)
	default:
		f.name = j.statusCase(p)
		f.detail += p.reason()
		j.add("handshake-status", f)
	}
}

func (j *handshake) redirect(p page, f fact) {
	location := j.Header.Get("Location")
	f.detail += " to " + withoutQuery(location)
	f.at = "header Location"
	f.got = statusLine(j.Answer) + ", Location: " + withoutQuery(location)
	if p.loginRedirect() {
		j.add("handshake-login-redirect", f)
		return
	}
	f.name = redirectCase(j.URL, location)
	j.add("handshake-redirect", f)
}

// redirectCase compares where the request went with where it is sent.
func redirectCase(from, to string) string {
	from, _ = withoutCredentials(from)
	source, err := url.Parse(from)
	if err != nil {
		return ""
	}
	goal, err := source.Parse(to)
	switch {
	case err != nil:
		return ""
	case source.Path != goal.Path && strings.TrimSuffix(source.Path, "/") == strings.TrimSuffix(goal.Path, "/"):
		return "slash"
	case source.Scheme == "http" && goal.Scheme == "https":
		return "https"
	default:
		return ""
	}
}

// wantsFunctionKey recognises Azure Functions' refusal: they send no
// challenge with it, as App Service's own login does.
func (j *handshake) wantsFunctionKey() bool {
	return j.Status == http.StatusUnauthorized && j.target.functions() && j.target.api() &&
		!j.target.hasKey() && j.Header.Get("WWW-Authenticate") == ""
}

// statusCase names the usual reason for a status.
func (j *handshake) statusCase(p page) string {
	switch {
	case j.Status >= 200 && j.Status < 300:
		return "success"
	case p.csrf():
		return "csrf"
	case j.Status == http.StatusNotFound && j.target.functions() && !j.target.api():
		return "functions-path"
	case gateway(j.Status):
		return "gateway"
	case j.Status >= 500:
		return "crash"
	}
	switch j.Status {
	case http.StatusUnauthorized, http.StatusProxyAuthRequired:
		return "unauthorized"
	case http.StatusForbidden:
		return "forbidden"
	case http.StatusNotFound, http.StatusGone:
		return "not-found"
	case http.StatusBadRequest, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity,
		http.StatusLengthRequired, http.StatusNotAcceptable:
		return "body-parser"
	case http.StatusTooManyRequests:
		return "throttled"
	default:
		return ""
	}
}
