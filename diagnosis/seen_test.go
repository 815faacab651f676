package diagnosis

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What was seen is told in a user's words, not in the library's.
func TestHandshakeTellsWhatWasSeen(t *testing.T) {
	ours := &x509.Certificate{DNSNames: []string{"hook.local"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, Issuer: pkix.Name{CommonName: "Our CA"}}
	old := &x509.Certificate{NotBefore: time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2021, 3, 4, 0, 0, 0, 0, time.UTC)}
	for _, row := range []struct {
		name   string
		change func(*HandshakeAnswer)
		want   string
	}{
		{"no answer", fails(context.DeadlineExceeded), "no answer within 10s"},
		{"no answer to Outlook", all(outlook, fails(context.DeadlineExceeded)), "no answer within 5s"},
		{"no answer twice", all(fails(context.DeadlineExceeded), askedAgain(Answer{Err: context.DeadlineExceeded})), "no answer within 10s, nor when it was asked once more"},
		{
			"no answer, then a wrong one", all(fails(context.DeadlineExceeded), askedAgain(Answer{Status: 500, Took: 2 * time.Second})),
			"no answer within 10s; asked once more, it answered 500 Internal Server Error after 2s",
		},
		{"no connection", fails(opError("dial", context.DeadlineExceeded)), "no connection within 10s"},
		{"closed", fails(io.EOF), "the connection was closed without an answer"},
		{"cut", all(body("Vali"), failing(io.ErrUnexpectedEOF)), "the connection was closed within the answer"},
		{"refused, in words that all know", fails(opError("dial", syscall.ECONNREFUSED)), "connection refused"},
		{"https to http", fails(http.ErrSchemeMismatch), "the server's answer to TLS is none of TLS"},
		{"private authority", untrusted(x509.UnknownAuthorityError{Cert: ours}), "the certificate is for hook.local, 127.0.0.1, signed by Our CA"},
		{"a certificate without names", untrusted(x509.UnknownAuthorityError{Cert: old}), "the certificate is for no name, signed by no name"},
		{"wrong name", fails(x509.HostnameError{Certificate: ours, Host: "hook.example"}), "the certificate is for hook.local, 127.0.0.1, the URL's host is hook.example"},
		{
			"expired", fails(&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Cert: old, Reason: x509.Expired}}),
			"the certificate is valid from 2020-01-02 to 2021-03-04",
		},
		{"nothing answered", body(""), "your webhook answered nothing, the token has 117 bytes"},
		{"http on loopback", at("http://localhost:3000/hook"), "borne on this machine, refused by the service"},
		{"http elsewhere", at("http://hook.example/"), "the notification URL begins with http://"},
		{
			"https behind an http URL", all(at("http://hook.example:3000"), fails(io.EOF), overHTTPS(Answer{Status: 200})),
			"the notification URL begins with http:// | spoken to in https, the same port answers",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, details(handshakeRow{change: row.change}.judge())); diff != "" {
				t.Errorf("seen (-want +got):\n%s", diff)
			}
		})
	}
}

func askedAgain(a Answer) func(*HandshakeAnswer) {
	return func(h *HandshakeAnswer) { h.Probes.Again = &Probe{Token: "probe", Answer: a} }
}

func details(diagnoses []Diagnosis) string {
	var all []string
	for _, d := range diagnoses {
		all = append(all, d.Detail)
	}
	return strings.Join(all, " | ")
}

// An error's text says more than its status: it is quoted, without markup.
func TestRefusedAnswerIsQuoted(t *testing.T) {
	const crash = "<!DOCTYPE html>\n<html lang=\"en\"><head><title>Error</title><style>p{}</style></head>\n<body>\n<pre>TypeError: Cannot read &#39;value&#39;<br> &nbsp; &nbsp;at /app/server.js:12:30</pre></body></html>"
	for _, row := range []struct{ name, body, want string }{
		{"express's page", crash, ": TypeError: Cannot read 'value' at /app/server.js:12:30"},
		{"plain text over lines", "Cannot POST\n  /hook\n", ": Cannot POST /hook"},
		{"json", `{"detail":"x"}`, `: {"detail":"x"}`},
		{"nothing", "", ""},
		{"the status once more", "Internal Server Error\n", ""},
		{"binary", "\x00\x01", ""},
		{"a query, whose values may be secret", "no route /hook?code=s3cret&validationToken=s3cret", ": no route /hook?code=…&validationToken=…"},
		{"too much", strings.Repeat("x", 300), ": " + strings.Repeat("x", reasonLimit) + "…"},
		{"what moves a cursor", "\x1b[31mred", `: \u001b[31mred`},
	} {
		t.Run(row.name, func(t *testing.T) {
			const said = "your webhook answered 500 Internal Server Error"
			handshake := handshakeRow{change: status(500, row.body)}.judge()
			_, delivery := Delivery(deliveredTo(hookURL, Answer{Status: 500, Body: []byte(row.body)}), Faithful)
			for _, found := range [][]Diagnosis{handshake, delivery} {
				if diff := cmp.Diff(said+row.want, details(found)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", found[0].ID, diff)
				}
			}
		})
	}
}

// A page that is compressed cannot be quoted.
func TestCompressedAnswerIsNotQuoted(t *testing.T) {
	found := handshakeRow{change: all(status(500, zipped("secret")), header("Content-Encoding", "gzip"))}.judge()
	if got, want := details(found), "your webhook answered 500 Internal Server Error"; got != want {
		t.Errorf("seen %q, want %q", got, want)
	}
}

// A delivery's silence is told with its limit.
func TestDeliveryTellsItsLimit(t *testing.T) {
	_, found := Delivery(under(Terms{Good: time.Minute}, undelivered(context.DeadlineExceeded)), Faithful)
	if got, want := details(found), "no answer within 1m"; got != want {
		t.Errorf("seen %q, want %q", got, want)
	}
}

// In a container, and in WSL, the first question is whether the webhook runs
// at all.
func TestRefusedAsksFirstWhetherItRuns(t *testing.T) {
	f, _ := Lookup("handshake-refused")
	for _, c := range f.Cases {
		if c.Name == "unreachable" {
			continue
		}
		if !strings.HasPrefix(c.Cause, "No program listens on this port.") || !strings.HasPrefix(c.Cure, "Is the webhook running, and on this port?") {
			t.Errorf("%s begins with %q and %q", c.Name, c.Cause, c.Cure)
		}
	}
}

// A certificate that was borne has not failed a connection: its finding says
// what is wrong with it, and how outlocal is made to trust it.
func TestBorneCertificateHasItsOwnTitle(t *testing.T) {
	found := handshakeRow{change: all(at("https://localhost:3000"), untrusted(x509.UnknownAuthorityError{Cert: &x509.Certificate{}}))}.judge()
	if d := found[0]; d.Title != "the certificate is signed by itself" || !strings.Contains(d.Cure, "--ca FILE") || !strings.Contains(d.Cure, "--webhook-ca FILE") {
		t.Errorf("told %q, %q", d.Title, d.Cure)
	}
}
