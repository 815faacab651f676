package tunnel

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
)

// unreachable tells what to do about an error that the service did not send.
func (e *Error) unreachable(err error) {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var record tls.RecordHeaderError
	var name *net.DNSError
	switch {
	case errors.As(err, &authority), errors.As(err, &host), errors.As(err, &record):
		e.fatal = true
		e.Cure = "something between here and the edge opens TLS, such as a company's proxy: have it leave connect.ngrok-agent.com alone; with --edge, give its certificate with --edge-ca"
	case errors.As(err, &name):
		e.Cure = "is this machine online? The name of the edge can't be resolved"
	case errors.Is(err, context.DeadlineExceeded):
		e.err, e.Text = context.DeadlineExceeded, "there was no answer in time"
		e.Cure = "the edge gives no answer: is TCP to connect.ngrok-agent.com:443 let out? HTTPS_PROXY is honoured"
	case errors.Is(err, context.Canceled):
		e.err = context.Canceled
	case e.Doing == keeping: // it was reached before, and is tried again
	default:
		e.Cure = "is TCP to connect.ngrok-agent.com:443 let out? HTTPS_PROXY is honoured"
	}
}
