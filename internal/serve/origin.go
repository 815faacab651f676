package serve

import (
	"net/http"
	"net/url"
	"strings"
)

// Origin is the scheme://host by which a client reached us, a proxy in between
// or not: what links in an answer begin with (rule R14). What is no host is not
// repeated.
func Origin(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	if forwarded := r.Header.Get("X-Forwarded-Proto"); forwarded == "http" || forwarded == "https" {
		scheme = forwarded
	}
	first, _, _ := strings.Cut(r.Header.Get("X-Forwarded-Host"), ",")
	for _, host := range []string{strings.TrimSpace(first), r.Host} {
		if u, err := url.Parse(scheme + "://" + host); err == nil && host != "" && u.Host == host && !strings.ContainsAny(host, `"<>\`) {
			return scheme + "://" + host
		}
	}
	return scheme + "://localhost"
}
