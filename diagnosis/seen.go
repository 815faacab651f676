package diagnosis

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// seen tells in a user's words what an error shows. What has no words here
// gets the error's own.
func seen(err error) string {
	var record tls.RecordHeaderError
	switch text := certificateSeen(err); {
	case text != "":
		return excerptTo(text, reasonLimit)
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record):
		return "the server's answer to TLS is none of TLS"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed within the answer"
	case errors.Is(err, io.EOF):
		return "the connection was closed without an answer"
	default:
		return innermost(err)
	}
}

// certificateSeen tells what the refused certificate says; empty if none was.
func certificateSeen(err error) string {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &authority) && authority.Cert != nil:
		return "the certificate is for " + named(authority.Cert) + ", signed by " + distinguished(authority.Cert.Issuer.CommonName, authority.Cert.Issuer.String())
	case errors.As(err, &host) && host.Certificate != nil:
		return "the certificate is for " + named(host.Certificate) + ", the URL's host is " + host.Host
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil:
		day := func(t time.Time) string { return t.UTC().Format(time.DateOnly) }
		return "the certificate is valid from " + day(invalid.Cert.NotBefore) + " to " + day(invalid.Cert.NotAfter)
	default:
		return ""
	}
}

// named lists the names that a certificate is for.
func named(cert *x509.Certificate) string {
	names := slices.Clone(cert.DNSNames)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return distinguished(cert.Subject.CommonName, cert.Subject.String())
	}
	return strings.Join(names, ", ")
}

// distinguished is the shortest that a name in a certificate can be called by.
func distinguished(common, whole string) string {
	switch {
	case common != "":
		return common
	case whole != "":
		return whole
	default:
		return "no name"
	}
}

// innermost returns the last text of an error's chain: what is wrapped around
// it names the URL, whose query may hold secrets. A failed lookup ends the
// chain early, as its own text names the host.
func innermost(err error) string {
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return excerpt("lookup " + dns.Name + ": " + dns.Err)
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return excerpt(err.Error())
		}
		err = inner
	}
}
