package serve

import (
	"crypto/tls"
	"net/http"
	"testing"
)

func TestOrigin(t *testing.T) {
	for _, tc := range []struct {
		about, host, forwardedHost, forwardedProto string
		tls                                        *tls.ConnectionState
		want                                       string
	}{
		{"plain", "localhost:3650", "", "", nil, "http://localhost:3650"},
		{"with TLS", "localhost:3651", "", "", &tls.ConnectionState{}, "https://localhost:3651"},
		{"behind a proxy", "10.0.0.1:80", "graph.example.com", "https", nil, "https://graph.example.com"},
		{"behind two", "10.0.0.1:80", "graph.example.com, inner", "https", nil, "https://graph.example.com"},
		{"a scheme that is none of ours", "localhost", "", "gopher", nil, "http://localhost"},
		{"a host that is none", "local host", "", "", nil, "http://localhost"},
		{"a forwarded host with a path", "localhost:3650", "evil.example/x", "", nil, "http://localhost:3650"},
		{"markup", `localhost:3650`, `a"b`, "", nil, "http://localhost:3650"},
		{"IPv6", "[::1]:3650", "", "", nil, "http://[::1]:3650"},
	} {
		r := &http.Request{Host: tc.host, TLS: tc.tls, Header: http.Header{}}
		r.Header.Set("X-Forwarded-Host", tc.forwardedHost)
		r.Header.Set("X-Forwarded-Proto", tc.forwardedProto)
		if got := Origin(r); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.about, got, tc.want)
		}
	}
}
