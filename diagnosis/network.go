package diagnosis

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"strings"
	"syscall"
)

// trouble is what kept a request from its answer; it ends the id of the
// finding.
type trouble string

const (
	troubleRefused  trouble = "refused"
	troubleDNS      trouble = "dns"
	troubleTLS      trouble = "tls"
	troubleTimeout  trouble = "timeout"
	troubleReset    trouble = "reset"
	troubleProtocol trouble = "protocol"
	troubleOther    trouble = "failed"
)

// Windows' own numbers for what POSIX calls ECONNREFUSED and so on: syscall's
// names there are made up and never match. No other system uses them.
const (
	windowsAborted     = syscall.Errno(10053)
	windowsReset       = syscall.Errno(10054)
	windowsRefused     = syscall.Errno(10061)
	windowsNetwork     = syscall.Errno(10051)
	windowsUnreachable = syscall.Errno(10065)
)

// classify names the trouble behind an error, and the case of it where it can
// be told apart.
func classify(err error) (kind trouble, name string) {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return troubleDNS, ""
	}
	if name, ok := tlsCase(err); ok {
		return troubleTLS, name
	}
	switch {
	case timedOut(err):
		return troubleTimeout, dialCase(err)
	case isAny(err, syscall.ECONNREFUSED, windowsRefused):
		return troubleRefused, ""
	case isAny(err, syscall.ENETUNREACH, syscall.EHOSTUNREACH, windowsNetwork, windowsUnreachable):
		return troubleRefused, "unreachable"
	case isAny(err, syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE, windowsReset, windowsAborted,
		io.EOF, io.ErrUnexpectedEOF):
		return troubleReset, ""
	}
	return protocolCase(err)
}

// tlsCase tells whether TLS failed, and why. The order matters: an unknown
// authority is wrapped in an error of its own.
func tlsCase(err error) (name string, ok bool) {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		roots     x509.SystemRootsError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.Is(err, http.ErrSchemeMismatch):
		return "no-tls", true
	case errors.As(err, &authority):
		return authorityCase(authority.Cert), true
	case errors.As(err, &host):
		return "host", true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "expired", true
	case errors.As(err, &invalid), errors.As(err, &roots), errors.As(err, &verify):
		return "authority", true
	case errors.As(err, &record):
		return "no-tls", true
	default:
		return alertCase(err)
	}
}

// authorityCase tells a certificate that signed itself from one whose signer
// is unknown.
func authorityCase(cert *x509.Certificate) string {
	if cert != nil && cert.Subject.String() == cert.Issuer.String() {
		return "self-signed"
	}
	return "authority"
}

// alertCase reads what crypto/tls gives no type: over TCP an alert reaches
// the caller as text only.
func alertCase(err error) (name string, ok bool) {
	text := err.Error()
	switch {
	case strings.Contains(text, "tls: protocol version not supported"),
		strings.Contains(text, "tls: handshake failure"),
		strings.Contains(text, "tls: server selected unsupported protocol version"),
		strings.Contains(text, "tls: no cipher suite supported"):
		return "version", true
	case strings.Contains(text, "remote error: tls:"):
		return "", true
	default:
		return "", false
	}
}

func timedOut(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.As(err, &timeout) && timeout.Timeout()
}

// dialCase tells a connection that never came about from an answer that never
// came.
func dialCase(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return "connect"
	}
	return ""
}

// protocolCase reads net/http's complaints about an answer, which have no
// type. An answer that begins with a TLS record is a server of TLS spoken to
// in plain HTTP.
func protocolCase(err error) (kind trouble, name string) {
	const tlsRecord = `\x15\x03` // an alert, quoted as net/http quotes it
	var mime textproto.ProtocolError
	text := err.Error()
	switch {
	case strings.Contains(text, "malformed HTTP") && strings.Contains(text, tlsRecord):
		return troubleTLS, "needs-tls"
	case errors.As(err, &mime), strings.Contains(text, "malformed "), strings.Contains(text, "header is longer than"), strings.Contains(text, "response headers exceeded"):
		return troubleProtocol, ""
	default:
		return troubleOther, ""
	}
}

func isAny(err error, targets ...error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
