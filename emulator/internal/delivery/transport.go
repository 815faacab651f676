package delivery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/internal/serve"
)

// idleTimeout is a second less than the shortest time that common servers keep an idle connection (Node's 5 s): a request that meets a
// connection just being closed would fail, and it would not be the webhook's fault.
const idleTimeout = 4 * time.Second

// longestHeader is how long an answer's header may be: some four times what servers bear of a request's, and little enough that an
// answer to every attempt can be kept.
const longestHeader = 64 << 10

// errLongHeader says so in a user's words.
var errLongHeader = fmt.Errorf("the answer's header is longer than %d KiB", longestHeader>>10)

// headerError words what the transport has no type for.
func headerError(err error) error {
	if err != nil && strings.Contains(err.Error(), "server response headers exceeded") {
		return errLongHeader
	}
	return err
}

// tooLong tells whether an answer that came over no connection has a header that is too long for one.
func tooLong(h http.Header) bool {
	const around = len(": \r\n")
	n := 0
	for name, values := range h {
		for _, v := range values {
			n += len(name) + len(v) + around
		}
	}
	return n > longestHeader
}

// newTransport makes the engine's own way out: HTTP/1.1, no proxy, no compression, and only to where Targets allows.
func (e *Engine) newTransport() *http.Transport {
	t := e.Targets.Transport()
	t.DialContext = e.dial
	t.DialTLSContext = e.dialTLS
	t.ForceAttemptHTTP2 = false
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	t.DisableCompression = true
	t.MaxResponseHeaderBytes = longestHeader
	t.MaxIdleConnsPerHost = e.Lanes + max(1, e.Lanes/retryShare)
	t.IdleConnTimeout = idleTimeout
	return t
}

// dial connects, for as long as the engine is not closed: the transport goes on dialling when its request has given up.
func (e *Engine) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.life, cancel)()
	return e.reach(ctx, network, addr)
}

// dialTLS connects and checks the certificate itself, to bear a self-signed one on loopback.
func (e *Engine) dialTLS(ctx context.Context, network, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	plain, err := e.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.life, cancel)()
	conn := tls.Client(plain, e.tlsFor(host))
	if err := conn.HandshakeContext(ctx); err != nil {
		plain.Close()
		return nil, err
	}
	return conn, nil
}

func (e *Engine) tlsFor(host string) *tls.Config {
	config := &tls.Config{}
	if e.TLS != nil {
		config = e.TLS.Clone()
	}
	config.ServerName = host
	config.NextProtos = []string{"http/1.1"}
	config.InsecureSkipVerify = true // VerifyConnection does it
	also := config.VerifyConnection
	config.VerifyConnection = func(state tls.ConnectionState) error {
		err := e.untrusted(&state, host)
		if err != nil && e.bearsSelfSigned(host) {
			err = nil
		}
		if err == nil && also != nil {
			err = also(state)
		}
		return err
	}
	return config
}

// bearsSelfSigned: who develops on this machine has no certificate that the world trusts (R20).
func (e *Engine) bearsSelfSigned(host string) bool {
	return e.Mode != diagnosis.Strict && serve.IsLoopback(host)
}

// untrusted is why the certificate of a connection would be refused, nil if it would not.
func (e *Engine) untrusted(state *tls.ConnectionState, host string) error {
	if len(state.PeerCertificates) == 0 {
		return nil // no handshake that Go completes as a client is without
	}
	options := x509.VerifyOptions{DNSName: host, Intermediates: x509.NewCertPool()}
	if e.TLS != nil {
		options.Roots = e.TLS.RootCAs
	}
	for _, c := range state.PeerCertificates[1:] {
		options.Intermediates.AddCert(c)
	}
	if _, err := state.PeerCertificates[0].Verify(options); err != nil {
		return &tls.CertificateVerificationError{UnverifiedCertificates: state.PeerCertificates, Err: err}
	}
	return nil
}
