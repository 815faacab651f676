//go:build !notunnel

package tunnel

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// proxyPatience is how long a proxy may take to connect: less than a user's patience, so that a second try fits in.
const proxyPatience = 8 * time.Second

// connectProxy dials through a proxy by CONNECT, which ngrok's library does not: it knows socks5 only.
type connectProxy struct{ url *url.URL }

// Dial dials without a context, as the library's interface has it.
func (p *connectProxy) Dial(network, addr string) (net.Conn, error) {
	return p.DialContext(context.Background(), network, addr)
}

// DialContext returns a connection to addr through the proxy.
func (p *connectProxy) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, proxyPatience)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, network, p.addr())
	if err != nil {
		return nil, fmt.Errorf("reach the proxy %s: %w", p.url.Host, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	tunnelled, err := p.connect(ctx, conn, addr)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return tunnelled, nil
}

// addr is the proxy's own, with the port that its scheme has.
func (p *connectProxy) addr() string {
	port := p.url.Port()
	switch {
	case port != "":
	case p.url.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(p.url.Hostname(), port)
}

func (p *connectProxy) connect(ctx context.Context, conn net.Conn, addr string) (net.Conn, error) {
	if p.url.Scheme == "https" {
		secured := tls.Client(conn, &tls.Config{ServerName: p.url.Hostname(), MinVersion: tls.VersionTLS12})
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, fmt.Errorf("reach the proxy %s: %w", p.url.Host, err)
		}
		conn = secured
	}
	request := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: addr}, Host: addr, Header: http.Header{"User-Agent": {"outlocal"}}}
	if u := p.url.User; u != nil {
		password, _ := u.Password()
		request.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+password)))
	}
	if err := request.Write(conn); err != nil {
		return nil, fmt.Errorf("ask the proxy %s: %w", p.url.Host, err)
	}
	reader := bufio.NewReader(conn)
	answer, err := http.ReadResponse(reader, request) //nolint:bodyclose // what follows the header is the edge's, or nobody's once the connection is closed
	if err != nil {
		return nil, fmt.Errorf("ask the proxy %s: %w", p.url.Host, err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, p.refusal(answer, addr)
	}
	return &ahead{Conn: conn, reader: reader}, nil
}

func (p *connectProxy) refusal(answer *http.Response, addr string) error {
	e := &Error{
		Doing: "connect to ngrok", Text: fmt.Sprintf("the proxy %s answered %s to CONNECT %s", p.url.Host, answer.Status, addr),
		Cure: "have the proxy let CONNECT to " + addr + " through, or name the host in NO_PROXY",
	}
	switch {
	case answer.StatusCode == http.StatusProxyAuthRequired:
		e.fatal = true
		e.Cure = "give the proxy's user and password in the variable: HTTPS_PROXY=http://USER:PASSWORD@" + p.url.Host
	case answer.StatusCode/100 == 4:
		e.fatal = true
	}
	return e
}

// ahead is a connection of which some bytes may have been read already.
type ahead struct {
	net.Conn
	reader *bufio.Reader
}

func (c *ahead) Read(p []byte) (int, error) { return c.reader.Read(p) }
