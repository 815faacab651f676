package diagnosis

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

const (
	graphToken   = "Validation: Testing client application reachability for subscription Request-Id: 0f0e0d0c-0b0a-0908-0706-050403020100"
	graphEncoded = "Validation%3a+Testing+client+application+reachability+for+subscription+Request-Id%3a+0f0e0d0c-0b0a-0908-0706-050403020100"
	oddToken     = "a<b> & c+d%41 é"
	oddEncoded   = "a%3cb%3e+%26+c%2bd%2541+%c3%a9"
	hookURL      = "https://hook.example/api/notify?tenant=…"
)

// handshakeRow is a handshake as it was observed, and the findings that it
// has to get, no other: "id" or "id/case", warnings with "warning " before.
type handshakeRow struct {
	name   string
	rules  string
	change func(*HandshakeAnswer)
	mode   Mode
	want   []string
}

// good is a handshake that nothing is wrong with.
func good() HandshakeAnswer {
	return HandshakeAnswer{
		Style: StyleGraph, URL: hookURL, Parameter: "validationToken", Token: graphToken, TokenEncoded: graphEncoded,
		Answer: Answer{
			Status: http.StatusOK, Header: http.Header{"Content-Type": {"text/plain"}},
			Body: []byte(graphToken), Took: 20 * time.Millisecond,
		},
	}
}

// body has the webhook answer with another body.
func body(text string) func(*HandshakeAnswer) {
	return func(h *HandshakeAnswer) { h.Body = []byte(text) }
}

// webPage has the webhook answer with a web page.
func webPage(text string) func(*HandshakeAnswer) {
	return func(h *HandshakeAnswer) {
		h.Body = []byte(text)
		h.Header.Set("Content-Type", "text/html; charset=utf-8")
	}
}

// status has the webhook answer with another status.
func status(code int, text string) func(*HandshakeAnswer) {
	return func(h *HandshakeAnswer) { h.Status, h.Body = code, []byte(text) }
}

// fails has the request end in an error without an answer.
func fails(err error) func(*HandshakeAnswer) {
	return func(h *HandshakeAnswer) {
		h.Answer = Answer{Err: &url.Error{Op: "Post", URL: "https://hook.example/?code=s3cret", Err: err}}
	}
}

// redirects has the webhook answer with a redirect.
func redirects(code int, location string) func(*HandshakeAnswer) {
	return func(h *HandshakeAnswer) {
		h.Status, h.Body = code, nil
		h.Header = http.Header{"Location": {location}}
	}
}

// all does one thing after the other.
func all(changes ...func(*HandshakeAnswer)) func(*HandshakeAnswer) {
	return func(h *HandshakeAnswer) {
		for _, change := range changes {
			change(h)
		}
	}
}

func at(rawURL string) func(*HandshakeAnswer) {
	return func(h *HandshakeAnswer) { h.URL = rawURL }
}

func header(name, value string) func(*HandshakeAnswer) {
	return func(h *HandshakeAnswer) { h.Header.Set(name, value) }
}

func odd(text string) func(*HandshakeAnswer) {
	return func(h *HandshakeAnswer) { h.Token, h.TokenEncoded, h.Body = oddToken, oddEncoded, []byte(text) }
}

// goodProbe is a further request that was answered well.
func goodProbe() *Probe {
	return &Probe{Token: "probe", Answer: Answer{Status: http.StatusOK, Body: []byte("probe"), Took: time.Second}}
}

func utf16Text(text string) string {
	var b bytes.Buffer
	for _, unit := range append([]uint16{0xfeff}, utf16.Encode([]rune(text))...) {
		b.Write(binary.LittleEndian.AppendUint16(nil, unit))
	}
	return b.String()
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text) // a buffer takes everything
	_ = w.Close()
	return b.String()
}

func opError(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Err: err}
}

func bodyRows() []handshakeRow {
	return []handshakeRow{
		{name: "perfect", rules: "W2.1-10", change: func(*HandshakeAnswer) {}},
		{name: "charset parameter", rules: "W2.1-16", change: header("Content-Type", "text/plain; charset=utf-8"), mode: Strict},
		{name: "odd token", rules: "W2.1-10", change: odd(oddToken)},
		{name: "json string", change: all(body(`"`+graphToken+`"`), header("Content-Type", "application/json")), want: []string{"handshake-json-quotes"}},
		{name: "json string of an encoder with a line end", change: body(`"` + graphToken + "\"\n"), want: []string{"handshake-json-quotes"}},
		{name: "json object", change: body(`{"validationToken":"` + graphToken + `"}`), want: []string{"handshake-json-object"}},
		{name: "json object, deep and indented", change: body("{\n \"a\": [1, {\"b\": \"" + graphToken + "\"}]\n}\n"), want: []string{"handshake-json-object"}},
		{name: "json of its own", change: body(`{"status":"ok"}`), want: []string{"handshake-json-object/no-token"}},
		{name: "json of its own with markup in it", change: body(`{"error":"<html><body></body></html>"}`), want: []string{"handshake-json-object/no-token"}},
		{name: "json of its own, cut", change: all(body(`{"status":"o`), truncated), want: []string{"handshake-json-object/no-token"}},
		{name: "undecoded", rules: "W2.2-02", change: body(graphEncoded), want: []string{"handshake-undecoded"}},
		{name: "undecoded but for the plus", rules: "W2.2-02", change: body(strings.ReplaceAll(graphEncoded, "+", " ")), want: []string{"handshake-undecoded"}},
		{name: "undecoded in quotes: two mistakes", change: body(`"` + graphEncoded + `"`), want: []string{"handshake-json-quotes", "handshake-undecoded"}},
		{name: "plus not turned into a blank", rules: "W2.2-02", change: body(strings.ReplaceAll(graphToken, " ", "+")), want: []string{"handshake-plus"}},
		{name: "plus in a token with a percent sign", change: func(h *HandshakeAnswer) { h.Token, h.TokenEncoded, h.Body = "a b%41", "a+b%2541", []byte("a+b%41") }, want: []string{"handshake-plus"}},
		{name: "encoded twice", change: body(url.QueryEscape(graphEncoded)), want: []string{"handshake-double-encoded"}},
		{name: "encoded again, another way", change: body(url.PathEscape(graphToken)), want: []string{"handshake-double-encoded"}},
		{name: "decoded twice", change: odd("a<b> & c dA é"), want: []string{"handshake-double-decoded"}},
		{name: "decoded twice as a path", change: odd("a<b> & c+dA é"), want: []string{"handshake-double-decoded"}},
		{name: "escaped for html", change: odd("a&lt;b&gt; &amp; c+d%41 é"), want: []string{"handshake-html-escaped"}},
		{name: "escaped for html to excess", change: body(strings.ReplaceAll(graphToken, ":", "&#x3a;")), want: []string{"handshake-html-escaped"}},
		{name: "page", change: webPage("<!DOCTYPE html><html><body>" + graphToken + "</body></html>"), want: []string{"handshake-html"}},
		{name: "paragraph", change: webPage("<p>" + graphToken + "</p>"), want: []string{"handshake-html"}},
		{name: "login page", change: webPage(`<html><form><input type="password"></form></html>`), want: []string{"handshake-html/login"}},
		{name: "single-page app", change: webPage(`<!doctype html><html><body><div id="root"></div></body></html>`), want: []string{"handshake-html/front-end"}},
		{name: "empty", change: body(""), want: []string{"handshake-empty"}},
		{name: "only a line end", change: body("\r\n"), want: []string{"handshake-empty"}},
		{name: "line end", change: body(graphToken + "\n"), want: []string{"handshake-whitespace"}},
		{name: "byte order mark", change: body("\ufeff" + graphToken), want: []string{"handshake-whitespace"}},
		{name: "blank before", change: body(" " + graphToken), want: []string{"handshake-whitespace"}},
		{name: "label", change: body("token: " + graphToken), want: []string{"handshake-prefix-suffix"}},
		{name: "warning of php", change: body("<br />\n<b>Warning</b>: x<br />\n" + graphToken), want: []string{"handshake-prefix-suffix/xml"}},
		{name: "twice", change: body(graphToken + graphToken), want: []string{"handshake-prefix-suffix"}},
		{name: "xml", change: body(`<string xmlns="http://schemas.microsoft.com/2003/10/Serialization/">` + graphToken + `</string>`), want: []string{"handshake-prefix-suffix/xml"}},
		{name: "whole query", change: body("validationToken=" + graphEncoded), want: []string{"handshake-prefix-suffix/query"}},
		{name: "endless", change: all(body(graphToken+strings.Repeat("x", 4096)), truncated), want: []string{"handshake-too-long"}},
		{name: "endless, read as far as the token", change: all(body(graphToken), truncated), want: []string{"handshake-too-long"}},
		{name: "cut at the first blank", change: body("Validation:"), want: []string{"handshake-cut"}},
		{name: "lower case", change: body(strings.ToLower(graphToken)), want: []string{"handshake-case"}},
		{name: "utf-16", change: body(utf16Text(graphToken)), want: []string{"handshake-charset"}},
		{name: "said to be utf-16", change: header("Content-Type", "text/plain; charset=utf-16"), want: []string{"handshake-charset"}},
		{name: "compressed and said so", change: all(body(zipped(graphToken)), header("Content-Encoding", "gzip")), want: []string{"handshake-gzip"}},
		{name: "compressed in a way without a mark", change: all(body("\x8b\x3a"), header("Content-Encoding", "br")), want: []string{"handshake-gzip"}},
		{name: "charset in the wrong header", change: all(body("OK"), header("Content-Encoding", "utf-8")), want: []string{"handshake-other-token"}},
		{name: "compressed and not said", change: body(zipped(graphToken)), want: []string{"handshake-gzip"}},
		{name: "constant", change: body("OK"), want: []string{"handshake-other-token"}},
		{name: "undefined", change: body("undefined"), want: []string{"handshake-other-token/missing"}},
		{name: "token of another request", change: body(strings.ReplaceAll(graphToken, "0f0e", "ffff")), want: []string{"handshake-other-token/earlier"}},
		{name: "token of another request to Outlook", change: all(outlook, body("QUJDREVG")), want: []string{"handshake-other-token/earlier"}},
		{
			name: "other parameter", want: []string{"handshake-parameter"},
			change: all(status(500, "undefined"), func(h *HandshakeAnswer) { h.Probes.OtherParameter = goodProbe() }),
		},
		{name: "html type", rules: "W10-25 R23", change: header("Content-Type", "text/html"), want: []string{"warning handshake-content-type"}},
		{name: "html type, strict", rules: "W10-25 R23", change: header("Content-Type", "text/html"), mode: Strict, want: []string{"handshake-content-type"}},
		{name: "no type", change: func(h *HandshakeAnswer) { h.Header = nil }, want: []string{"warning handshake-content-type"}},
		{name: "type turned round", change: header("Content-Type", "plain/text"), want: []string{"warning handshake-content-type"}},
	}
}

func truncated(h *HandshakeAnswer) { h.BodyTruncated = true }

func outlook(h *HandshakeAnswer) {
	h.Style, h.Parameter, h.Token, h.TokenEncoded = StyleOutlook, "validationtoken", "NzE1NQ==", "NzE1NQ%3d%3d"
	h.Body = []byte(h.Token)
}

func answerRows() []handshakeRow {
	const local, functions = "http://localhost:3000/hook", "https://f.azurewebsites.net/api/hook"
	return []handshakeRow{
		{name: "202", rules: "W2.1-10 R23", change: status(202, graphToken), want: []string{"handshake-status/success"}},
		{name: "204", rules: "W2.1-10", change: status(204, ""), want: []string{"handshake-status/success"}},
		{name: "304", change: status(304, ""), want: []string{"handshake-status"}},
		{name: "401", change: status(401, ""), want: []string{"handshake-status/unauthorized"}},
		{name: "403", change: status(403, "no"), want: []string{"handshake-status/forbidden"}},
		{name: "django's csrf", change: status(403, "<h1>Forbidden</h1><p>CSRF verification failed.</p>"), want: []string{"handshake-status/csrf"}},
		{name: "laravel's csrf", change: status(419, "Page Expired"), want: []string{"handshake-status/csrf"}},
		{name: "404 of express", change: status(404, "Cannot POST /hook"), want: []string{"handshake-status/not-found"}},
		{name: "404 page with a csrf tag", change: status(404, `<html><meta name="csrf-token" content="x"></html>`), want: []string{"handshake-status/not-found"}},
		{name: "403 page with a csrf tag", change: status(403, `<html><meta name="csrf-token" content="x"></html>`), want: []string{"handshake-status/forbidden"}},
		{name: "404 of functions", change: all(at("https://f.azurewebsites.net/hook"), status(404, "")), want: []string{"handshake-status/functions-path"}},
		{name: "404 of functions below /api", change: all(at(functions), status(404, "")), want: []string{"handshake-status/not-found"}},
		{name: "415", change: status(415, ""), want: []string{"handshake-status/body-parser"}},
		{name: "422 of fastapi", change: status(422, `{"detail":[]}`), want: []string{"handshake-status/body-parser"}},
		{name: "429", change: status(429, ""), want: []string{"handshake-status/throttled"}},
		{name: "418", change: status(418, ""), want: []string{"handshake-status"}},
		{name: "500", change: status(500, "TypeError"), want: []string{"handshake-status/crash"}},
		{name: "502 of a proxy", change: status(502, "Bad Gateway"), want: []string{"handshake-status/gateway"}},
		{name: "405", change: status(405, ""), want: []string{"handshake-method"}},
		{name: "501 of python", change: status(501, "Unsupported method ('POST')"), want: []string{"handshake-method"}},
		{
			name: "get only", want: []string{"handshake-get-only"},
			change: all(status(404, "Cannot POST /hook"), func(h *HandshakeAnswer) { h.Probes.GET = goodProbe() }),
		},
		{name: "entra login", rules: "W2.1-14", change: redirects(302, "https://login.microsoftonline.com/common/oauth2/authorize?state=s3cret"), want: []string{"handshake-login-redirect"}},
		{name: "own login", rules: "W2.1-14", change: redirects(302, "/Account/Login?ReturnUrl=%2F"), want: []string{"handshake-login-redirect"}},
		{name: "login under a neutral path", change: redirects(302, "/start?ReturnUrl=%2F"), want: []string{"handshake-login-redirect"}},
		{name: "redirect", rules: "W2.1-14", change: redirects(307, "https://elsewhere.example/?k=s3cret"), want: []string{"handshake-redirect"}},
		{name: "trailing slash", rules: "W2.1-14", change: redirects(308, "/api/notify/"), want: []string{"handshake-redirect/slash"}},
		{
			name: "http to https", rules: "W2.1-14 W10-39", want: []string{"handshake-redirect/https", "warning handshake-http-url"},
			change: all(at(local), redirects(301, "https://localhost:3000/hook")),
		},
		{name: "key of a function", change: all(at(functions), status(401, "")), want: []string{"handshake-functions-code"}},
		{name: "wrong key of a function", change: all(at(functions+"?code=…"), status(401, "")), want: []string{"handshake-status/unauthorized"}},
		{name: "login of app service", change: all(at(functions), status(401, ""), header("WWW-Authenticate", "Bearer")), want: []string{"handshake-status/unauthorized"}},
		{name: "host of vite", change: status(403, "Blocked request. This host (\"x.ngrok.app\") is not allowed."), want: []string{"handshake-host"}},
		{name: "host of webpack with 200", change: body("Invalid Host header"), want: []string{"handshake-host"}},
		{name: "ngrok offline", change: all(status(404, "<html></html>"), header("Ngrok-Error-Code", "ERR_NGROK_3200")), want: []string{"handshake-ngrok/offline"}},
		{name: "ngrok without an upstream", change: status(502, "<html>ERR_NGROK_8012</html>"), want: []string{"handshake-ngrok/upstream"}},
		{name: "ngrok's page", change: webPage("<html>ERR_NGROK_6024</html>"), want: []string{"handshake-ngrok/page"}},
		{name: "ngrok otherwise", change: status(402, "ERR_NGROK_727"), want: []string{"handshake-ngrok"}},
		{name: "cloudflare tunnel", change: all(at("https://x.trycloudflare.com/hook"), status(530, "error code: 1033")), want: []string{"handshake-tunnel"}},
		{name: "dev tunnel wants a login", change: all(at("https://x-3000.euw.devtunnels.ms/hook"), status(401, "")), want: []string{"handshake-tunnel"}},
		{name: "localtunnel's page", change: all(at("https://x.loca.lt/hook"), status(511, "")), want: []string{"handshake-tunnel"}},
		{name: "404 through a dev tunnel is the webhook's", change: all(at("https://x-3000.euw.devtunnels.ms/hook"), status(404, "")), want: []string{"handshake-status/not-found"}},
		{name: "airplay", change: all(status(403, ""), header("Server", "AirTunes/775.3.1")), want: []string{"handshake-airplay"}},
		{
			name: "airplay without a name", want: []string{"handshake-airplay"},
			change: all(at("https://localhost:5000/"), status(403, ""), func(h *HandshakeAnswer) { h.Environment.GOOS = "darwin" }),
		},
		{name: "late", rules: "W2.1-09", change: took(10001 * time.Millisecond), want: []string{"handshake-late"}},
		{name: "in time to the last moment", rules: "W2.1-09", change: took(10 * time.Second), want: []string{"warning handshake-slow"}},
		{name: "late for Outlook", rules: "W2.1-08", change: all(outlook, took(5001*time.Millisecond)), want: []string{"handshake-late"}},
		{name: "late by a limit of one's own", rules: "W10-03", change: all(took(200*time.Millisecond), limit(100*time.Millisecond)), want: []string{"handshake-late"}},
		{name: "patient limit", rules: "W10-03", change: all(took(time.Minute), limit(time.Hour)), want: []string{"warning handshake-slow"}},
		{name: "late and wrong", change: all(took(11*time.Second), body("OK")), want: []string{"handshake-late", "handshake-other-token"}},
		{name: "head in time, body not", rules: "W2.1-09", change: all(body("Vali"), failing(context.DeadlineExceeded)), want: []string{"handshake-late/body"}},
		{name: "slow", change: took(4 * time.Second), want: []string{"warning handshake-slow"}},
		{name: "good at three seconds", change: took(3 * time.Second)},
		{name: "http on loopback", rules: "W10-39", change: at(local), want: []string{"warning handshake-http-url"}},
		{name: "http on loopback, strict", rules: "W10-39", change: at(local), mode: Strict, want: []string{"handshake-http-url"}},
		{name: "http elsewhere", rules: "W10-39", change: at("http://hook.example/"), want: []string{"handshake-http-url"}},
		{name: "http on an allowed host", rules: "W10-39", change: all(at("http://hook.example/"), isLocal), want: []string{"warning handshake-http-url"}},
		{name: "user and password, masked", rules: "W6.3-04", change: at("https://…@hook.example/"), want: []string{"handshake-credentials"}},
		{name: "user alone, on loopback without https", rules: "W6.3-04 W10-39", change: at("http://u@localhost:3000/hook"), want: []string{"handshake-credentials", "warning handshake-http-url"}},
		{name: "user and password, strict", rules: "W6.3-04 W10-39", change: at("http://…@localhost:3000/hook"), mode: Strict, want: []string{"handshake-credentials", "handshake-http-url"}},
		{name: "an @ in the path is no user", change: at("https://hook.example/a@b?c=d@e")},
		{
			name: "trailing slash behind credentials", rules: "W2.1-14", want: []string{"handshake-credentials", "handshake-redirect/slash"},
			change: all(at("https://…@hook.example/api/notify"), redirects(308, "/api/notify/")),
		},
		{name: "http elsewhere comes before the body", change: all(at("http://hook.example/"), body("OK")), want: []string{"handshake-http-url", "handshake-other-token"}},
	}
}

func took(d time.Duration) func(*HandshakeAnswer) {
	return func(h *HandshakeAnswer) { h.Took = d }
}

func limit(d time.Duration) func(*HandshakeAnswer) {
	return func(h *HandshakeAnswer) { h.Limit = d }
}

func failing(err error) func(*HandshakeAnswer) {
	return func(h *HandshakeAnswer) { h.Err = err }
}

func isLocal(h *HandshakeAnswer) { h.Local = true }

func connectionRows() []handshakeRow {
	refused := opError("dial", syscall.ECONNREFUSED)
	authority := x509.UnknownAuthorityError{Cert: &x509.Certificate{}}
	again := func(h *HandshakeAnswer) { h.Probes.Again = goodProbe() }
	return []handshakeRow{
		{name: "refused", change: fails(refused), want: []string{"handshake-refused"}},
		{name: "refused on Windows", change: fails(opError("dial", windowsRefused)), want: []string{"handshake-refused"}},
		{name: "unreachable", change: fails(opError("dial", syscall.EHOSTUNREACH)), want: []string{"handshake-refused/unreachable"}},
		{name: "refused in a container", change: all(at("https://localhost:3000"), fails(refused), inContainer), want: []string{"handshake-refused/container"}},
		{name: "refused elsewhere, from a container", change: all(fails(refused), inContainer), want: []string{"handshake-refused"}},
		{
			name: "refused in wsl", want: []string{"handshake-refused/wsl"},
			change: all(at("https://127.0.0.1:3000"), fails(refused), func(h *HandshakeAnswer) { h.Environment.WSL = true }),
		},
		{
			name: "the other loopback", want: []string{"handshake-ipv6"},
			change: all(at("https://localhost:3000"), fails(refused), func(h *HandshakeAnswer) {
				h.Probes.OtherLoopback = &Probe{Answer: Answer{Status: 404}}
			}),
		},
		{name: "no such host", change: fails(opError("dial", &net.DNSError{Err: "no such host", Name: "hook.example", IsNotFound: true})), want: []string{"handshake-dns"}},
		{name: "self-signed", change: fails(&tls.CertificateVerificationError{Err: authority}), want: []string{"handshake-tls/self-signed"}},
		{
			name: "private authority", want: []string{"handshake-tls/authority"},
			change: fails(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{
				Cert: &x509.Certificate{Issuer: pkix.Name{CommonName: "Our CA"}},
			}}),
		},
		{name: "expired", change: fails(x509.CertificateInvalidError{Reason: x509.Expired}), want: []string{"handshake-tls/expired"}},
		{name: "wrong name", change: fails(x509.HostnameError{Certificate: &x509.Certificate{}, Host: "hook.example"}), want: []string{"handshake-tls/host"}},
		{name: "not made to sign", change: fails(x509.CertificateInvalidError{Reason: x509.NotAuthorizedToSign}), want: []string{"handshake-tls/authority"}},
		{name: "old versions only", change: fails(errors.New("remote error: tls: protocol version not supported")), want: []string{"handshake-tls/version"}},
		{name: "wants a client certificate", change: fails(errors.New("remote error: tls: certificate required")), want: []string{"handshake-tls"}},
		{name: "https to http", change: fails(http.ErrSchemeMismatch), want: []string{"handshake-tls/no-tls"}},
		{
			name: "http to https", want: []string{"handshake-tls/needs-tls", "warning handshake-http-url"},
			change: all(at("http://localhost:443/"), status(400, "Client sent an HTTP request to an HTTPS server.\n")),
		},
		{name: "private certificate on loopback", change: all(at("https://localhost:3000"), untrusted(authority)), want: []string{"warning handshake-tls/self-signed"}},
		{name: "private certificate on loopback, strict", change: all(at("https://localhost:3000"), untrusted(authority)), mode: Strict, want: []string{"handshake-tls/self-signed"}},
		{name: "private certificate elsewhere", change: untrusted(authority), want: []string{"handshake-tls/self-signed"}},
		{name: "TLS 1.1", change: func(h *HandshakeAnswer) { h.TLS = &tls.ConnectionState{Version: tls.VersionTLS11} }, want: []string{"handshake-tls/version"}},
		{name: "TLS 1.2", change: func(h *HandshakeAnswer) { h.TLS = &tls.ConnectionState{Version: tls.VersionTLS12} }},
		{
			name: "closed by a port that speaks https", want: []string{"handshake-tls/needs-tls", "warning handshake-http-url"},
			change: all(at("http://localhost:3000"), fails(io.EOF), overHTTPS(Answer{Status: 404})),
		},
		{
			name: "reset by a port that speaks https with a private certificate", want: []string{"handshake-http-url", "handshake-tls/needs-tls"},
			change: all(at("http://hook.example:3000"), fails(opError("read", syscall.ECONNRESET)), overHTTPS(Answer{Err: authority})),
		},
		{
			name: "closed by a port that speaks no https either", want: []string{"handshake-reset", "warning handshake-http-url"},
			change: all(at("http://localhost:3000"), fails(io.EOF), overHTTPS(Answer{Err: io.EOF})),
		},
		{
			name: "closed once, and plain http all the same", want: []string{"handshake-reset", "warning handshake-http-url"},
			change: all(at("http://localhost:3000"), fails(io.EOF), overHTTPS(Answer{Err: http.ErrSchemeMismatch})),
		},
		{name: "reset", change: fails(opError("read", syscall.ECONNRESET)), want: []string{"handshake-reset"}},
		{name: "closed", change: fails(io.EOF), want: []string{"handshake-reset"}},
		{name: "cut", change: all(body("Vali"), failing(io.ErrUnexpectedEOF)), want: []string{"handshake-reset"}},
		{name: "no answer", change: fails(context.DeadlineExceeded), want: []string{"handshake-timeout"}},
		{name: "no connection", change: fails(opError("dial", context.DeadlineExceeded)), want: []string{"handshake-timeout/connect"}},
		{name: "cold start", change: all(fails(context.DeadlineExceeded), again), want: []string{"handshake-cold-start"}},
		{name: "cold start, waited for", change: all(took(12*time.Second), again), want: []string{"handshake-cold-start"}},
		{
			name: "dead lock with the create call", want: []string{"handshake-after-post"},
			change: all(fails(context.DeadlineExceeded), again, func(h *HandshakeAnswer) { h.DuringCreate = true }),
		},
		{
			name: "slow each time", want: []string{"handshake-timeout"},
			change: all(fails(context.DeadlineExceeded), again, func(h *HandshakeAnswer) { h.Probes.Again.Took = 11 * time.Second }),
		},
		{name: "not http", change: fails(errors.New(`malformed HTTP response "220 mail.example ESMTP"`)), want: []string{"handshake-protocol"}},
		{name: "bad header", change: fails(textproto.ProtocolError("malformed MIME header line")), want: []string{"handshake-protocol"}},
		{name: "header without end", change: fails(errors.New("the answer's header is longer than 64 KiB")), want: []string{"handshake-protocol"}},
		{name: "header without end, in Go's words", change: fails(errors.New("net/http: server response headers exceeded 65536 bytes; aborted")), want: []string{"handshake-protocol"}},
		{name: "unknown error", change: fails(errors.New("strange")), want: []string{"handshake-failed"}},
	}
}

// overHTTPS has the same port answer a request in https so.
func overHTTPS(a Answer) func(*HandshakeAnswer) {
	return func(h *HandshakeAnswer) { h.Probes.HTTPS = &Probe{Token: "probe", Answer: a} }
}

func inContainer(h *HandshakeAnswer) { h.Environment.InContainer = true }

func untrusted(err error) func(*HandshakeAnswer) {
	return func(h *HandshakeAnswer) { h.Untrusted = err }
}

func (r handshakeRow) judge() []Diagnosis {
	h := good()
	r.change(&h)
	return Handshake(h, r.mode)
}

func handshakeRows() []handshakeRow {
	return append(append(bodyRows(), answerRows()...), connectionRows()...)
}

func TestHandshake(t *testing.T) {
	for _, row := range handshakeRows() {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, names(row.judge())); diff != "" {
				t.Errorf("findings by the rules %q (-want +got):\n%s", row.rules, diff)
			}
		})
	}
}

// names spells diagnoses as the tables do.
func names(diagnoses []Diagnosis) []string {
	var all []string
	for _, d := range diagnoses {
		name := d.ID
		if d.Case != "" {
			name += "/" + d.Case
		}
		if d.Severity == SeverityWarning {
			name = "warning " + name
		}
		all = append(all, name)
	}
	return all
}

func TestHandshakeTellsTheFacts(t *testing.T) {
	h := good()
	h.Body = []byte(`"` + graphToken + `"`)
	got := Handshake(h, Faithful)[0]
	finding, _ := Lookup("handshake-json-quotes")
	want := Diagnosis{
		Finding: finding,
		Detail:  "your webhook answered `\"" + graphToken + "\"`: 119 bytes, the token has 117",
		At:      "response body, byte 1",
		Sent:    "POST …validationToken=" + graphEncoded[:excerptLimit] + "…",
		Got:     `"` + graphToken + `"`,
		Service: "Subscription validation request failed. Response must exactly match validationToken query parameter.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("diagnosis (-want +got):\n%s", diff)
	}
}

func TestCaseBringsItsOwnCauseAndCure(t *testing.T) {
	h := good()
	h.Status = http.StatusForbidden
	h.Body = []byte("CSRF verification failed")
	got := Handshake(h, Faithful)[0]
	finding, _ := Lookup("handshake-status")
	if got.Cause == finding.Cause || got.Cure == finding.Cure || got.Cases != nil {
		t.Errorf("got the finding's own texts %q and %q, %d cases; want those of the case alone", got.Cause, got.Cure, len(got.Cases))
	}
}

// What a webhook sends to confuse a terminal, and what a URL hides, must not
// come out again.
func TestHandshakeShowsNoSecretAndNoControl(t *testing.T) {
	changes := []func(*HandshakeAnswer){
		body("\x1b[31mred\x07\u202e\xff\n" + strings.Repeat("x", 300)),
		redirects(302, "https://user:s3cret@login.example/?code=s3cret#s3cret"),
		redirects(302, "https://login.example/\x1b?code=s3cret"),
		redirects(302, "https://other.example/a?sig=s3cret"),
		redirects(302, "%zz?sig=s3cret"),
		fails(errors.New("strange")),
		fails(opError("dial", syscall.ECONNREFUSED)),
		func(h *HandshakeAnswer) {
			h.Answer = Answer{Err: errors.Join(&url.Error{Op: "Post", URL: "https://h/?code=s3cret", Err: io.EOF}, io.EOF)}
		},
	}
	for i, change := range changes {
		h := good()
		change(&h)
		for _, d := range Handshake(h, Faithful) {
			shown := fmt.Sprint(d.Detail, d.At, d.Sent, d.Got, d.Service)
			if strings.Contains(shown, "s3cret") {
				t.Errorf("change %d: %s shows a secret: %s", i, d.ID, shown)
			}
			if !utf8.ValidString(shown) || strings.ContainsAny(shown, "\x1b\x07\n\u202e") {
				t.Errorf("change %d: %s shows a control character: %q", i, d.ID, shown)
			}
			if len(d.Got) > 4*excerptLimit {
				t.Errorf("change %d: %s shows %d bytes", i, d.ID, len(d.Got))
			}
		}
	}
}
