package verify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
)

// expiresSoon is when a certificate should have been renewed: who renews by machine does so a month ahead.
const expiresSoon = 14 * 24 * time.Hour

func playURL(_ context.Context, p *play, c *Check) (answer, error) {
	return p.ofAddress(c)
}

// ofAddress picks the findings of a check from those about the address and the certificate. An address can be wrong in two ways at once.
func (p *play) ofAddress(c *Check) (answer, error) {
	var mine []diagnosis.Diagnosis
	for _, d := range p.handshake.Diagnoses {
		if slices.Contains(c.Findings, d.ID) {
			d.Sent = "" // the plain handshake, which is shown by itself
			mine = append(mine, d)
		}
	}
	return came(mine)
}

func playCertificate(_ context.Context, p *play, c *Check) (answer, error) {
	switch a, err := p.ofAddress(c); {
	case len(a.found) > 0 || err != nil:
		return a, err
	case p.URL.Scheme != "https":
		return answer{absent: true}, nil
	case p.handshake.Answer.TLS == nil:
		return notJudged("no connection came about")
	}
	return good("")
}

// withTLS connects with versions of TLS, and returns the connection's state. The certificate is judged apart.
func (p *play) withTLS(ctx context.Context, least, most uint16) (tls.ConnectionState, error) {
	ctx, cancel := context.WithTimeout(ctx, p.limit())
	defer cancel()
	port := p.URL.Port()
	if port == "" {
		port = "443"
	}
	wire, err := p.transport.DialContext(ctx, "tcp", net.JoinHostPort(p.URL.Hostname(), port))
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer wire.Close()
	conn := tls.Client(wire, &tls.Config{ServerName: p.URL.Hostname(), InsecureSkipVerify: true, MinVersion: least, MaxVersion: most}) //nolint:gosec // it is asked what it offers, and nothing is sent
	if err := conn.HandshakeContext(ctx); err != nil {
		return tls.ConnectionState{}, err
	}
	return conn.ConnectionState(), nil
}

// playTLS is for checks that need a server of TLS: others are not judged.
func playTLS(ctx context.Context, p *play, judge func(tls.ConnectionState) (answer, error)) (answer, error) {
	if p.URL.Scheme != "https" {
		return answer{absent: true}, nil
	}
	state, err := p.withTLS(ctx, tls.VersionTLS10, 0)
	if err != nil {
		return notJudged("no connection came about")
	}
	return judge(state)
}

func playExpiry(ctx context.Context, p *play, c *Check) (answer, error) {
	return playTLS(ctx, p, func(state tls.ConnectionState) (answer, error) {
		ends := earliestEnd(state.PeerCertificates)
		left := time.Until(ends)
		switch {
		case left <= 0:
			return notJudged("it has expired")
		case left < expiresSoon:
			detail := fmt.Sprintf("it ends on %s, in %d hours", ends.UTC().Format(time.DateOnly), int(left.Hours()))
			return came(diagnosis.Established(c.Findings[0], p.Mode, diagnosis.Evidence{Detail: detail, At: "certificate"}))
		}
		return good("")
	})
}

// earliestEnd is when the first of a chain expires.
func earliestEnd(chain []*x509.Certificate) time.Time {
	var ends time.Time
	for _, c := range chain {
		if ends.IsZero() || c.NotAfter.Before(ends) {
			ends = c.NotAfter
		}
	}
	return ends
}

func playModern(ctx context.Context, p *play, c *Check) (answer, error) {
	return playTLS(ctx, p, func(state tls.ConnectionState) (answer, error) {
		if state.Version <= tls.VersionTLS12 {
			return good("")
		}
		if _, err := p.withTLS(ctx, tls.VersionTLS12, tls.VersionTLS12); err != nil {
			detail := tls.VersionName(state.Version) + " is spoken, 1.2 refused"
			return came(diagnosis.Established(c.Findings[0], p.Mode, diagnosis.Evidence{Sent: "a connection with TLS 1.2 at most", Detail: detail, At: "TLS"}))
		}
		return good("")
	})
}

func playOld(ctx context.Context, p *play, c *Check) (answer, error) {
	return playTLS(ctx, p, func(state tls.ConnectionState) (answer, error) {
		if state.Version < tls.VersionTLS12 {
			return notJudged("it speaks nothing newer")
		}
		if old, err := p.withTLS(ctx, tls.VersionTLS10, tls.VersionTLS11); err == nil {
			detail := tls.VersionName(old.Version) + " is spoken, too"
			return came(diagnosis.Established(c.Findings[0], p.Mode, diagnosis.Evidence{Sent: "a connection with TLS 1.1 at most", Detail: detail, At: "TLS"}))
		}
		return good("")
	})
}
