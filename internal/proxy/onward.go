package proxy

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/elazarl/goproxy"
	"golang.org/x/net/http/httpproxy"
)

// dialTimeout ends attempts to reach a host that does not answer; a client gives up later.
const dialTimeout = 10 * time.Second

// Upstream tells by which proxy a URL is reached, nil for none.
type Upstream func(*url.URL) (*url.URL, error)

// UpstreamError is a proxy of the environment that can't be gone through.
type UpstreamError struct {
	Variable string
	Why      string
}

func (e *UpstreamError) Error() string {
	return fmt.Sprintf("go through the proxy of %s: %s", e.Variable, e.Why)
}

// Hint says what helps.
func (e *UpstreamError) Hint() string {
	return "unset " + e.Variable + ", or let it name a proxy as http://HOST:PORT"
}

// Environment is the way out that a process' variables name: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in capitals or not. own tells a host
// and port that is the proxy to be itself, through which nothing could go out; it may be nil. What is wrong is an [*UpstreamError].
func Environment(env func(string) string, own func(hostport string) bool) (Upstream, error) {
	read := func(upper, lower string) (variable, value string) {
		if value := env(upper); value != "" {
			return upper, value
		}
		return lower, env(lower)
	}
	var config httpproxy.Config
	_, config.NoProxy = read("NO_PROXY", "no_proxy")
	for _, v := range []struct {
		upper, lower string
		into         *string
	}{{"HTTPS_PROXY", "https_proxy", &config.HTTPSProxy}, {"HTTP_PROXY", "http_proxy", &config.HTTPProxy}} {
		variable, value := read(v.upper, v.lower)
		if value == "" {
			continue
		}
		u, err := url.Parse(value)
		if err != nil || u.Host == "" { // as HOST:PORT, which everybody takes
			u, err = url.Parse("http://" + value)
		}
		switch {
		case err != nil || u.Hostname() == "":
			return nil, &UpstreamError{variable, "it names none"} // what it says may hold a password
		case u.Scheme != "http" && u.Scheme != "https":
			return nil, &UpstreamError{variable, u.Scheme + " is not spoken here"}
		case own != nil && own(u.Host):
			return nil, &UpstreamError{variable, "it is this one itself"}
		}
		*v.into = u.String()
	}
	return config.ProxyFunc(), nil
}

// newOnward makes what passes on. All that the library would read of the process' environment is set here instead.
func (p *Proxy) newOnward(upstream Upstream) *goproxy.ProxyHttpServer {
	if upstream == nil {
		upstream = func(*url.URL) (*url.URL, error) { return nil, nil } //nolint:nilnil // none, as [http.Transport.Proxy] has it
	}
	onward := goproxy.NewProxyHttpServer()
	onward.Logger = log.New(io.Discard, "", 0) // it would tell URLs, and what they hold
	onward.Tr = &http.Transport{
		Proxy:              func(r *http.Request) (*url.URL, error) { return upstream(r.URL) },
		DialContext:        p.ways.dial,
		TLSClientConfig:    &tls.Config{MinVersion: tls.VersionTLS12},
		DisableCompression: true, // nothing is changed in what passes
	}
	p.ways.idle = onward.Tr.CloseIdleConnections
	onward.KeepAcceptEncoding = true
	onward.ConnectDial = nil
	onward.ConnectDialWithReq = func(r *http.Request, network, addr string) (net.Conn, error) {
		conn, err := p.through(r.Context(), onward, upstream, network, addr)
		if err != nil {
			err = fmt.Errorf("outlocal passes on to %s, but can't reach it: %w", addr, err)
		}
		return conn, err
	}
	onward.OnRequest().HandleConnect(goproxy.FuncHttpsHandler(p.connect))
	onward.OnResponse().DoFunc(func(response *http.Response, ctx *goproxy.ProxyCtx) *http.Response {
		if response != nil {
			return response
		}
		failed := &Refusal{Status: http.StatusBadGateway, Code: "unreachable", Reason: fmt.Sprintf("outlocal passes on to %s, but can't reach it: %v", ctx.Req.URL.Host, ctx.Error)}
		return failed.response()
	})
	return onward
}

// through connects to addr, by the proxy that stands before it if there is one.
func (p *Proxy) through(ctx context.Context, onward *goproxy.ProxyHttpServer, upstream Upstream, network, addr string) (net.Conn, error) {
	by, err := upstream(&url.URL{Scheme: "https", Host: addr})
	if err != nil {
		return nil, err
	}
	if by == nil {
		return p.ways.dial(ctx, network, addr)
	}
	dial := onward.NewConnectDialToProxyWithHandler(by.String(), func(r *http.Request) {
		if by.User == nil {
			return
		}
		password, _ := by.User.Password()
		pair := base64.StdEncoding.EncodeToString([]byte(by.User.Username() + ":" + password))
		r.Header.Set("Proxy-Authorization", "Basic "+pair)
	})
	if dial == nil {
		return nil, errors.New("the proxy before it speaks neither http nor https")
	}
	return dial(network, addr)
}

// ways are the connections by which something is passed on. The library keeps no hold of them, and they would outlive the proxy.
type ways struct {
	idle func() // closes those that wait for another request

	mu     sync.Mutex
	open   map[*way]bool
	closed bool
}

func newWays() *ways { return &ways{open: make(map[*way]bool)} }

// dial connects, for as long as the proxy is not closed.
func (w *ways) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialTimeout}
	conn, err := dialer.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	one := &way{TCPConn: conn.(*net.TCPConn), ways: w} // nothing here dials another network
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		conn.Close()
		return nil, net.ErrClosed
	}
	w.open[one] = true
	return one, nil
}

// close closes all of them, which ends the goroutines that copy from and to them.
func (w *ways) close() {
	w.mu.Lock()
	open := w.open
	w.closed, w.open = true, nil
	w.mu.Unlock()
	for one := range open {
		one.TCPConn.Close()
	}
	w.idle()
}

// way is one of them. It can be closed by halves, as what it embeds can.
type way struct {
	*net.TCPConn
	ways *ways
}

// Close implements [net.Conn].
func (w *way) Close() error {
	w.ways.mu.Lock()
	delete(w.ways.open, w)
	w.ways.mu.Unlock()
	return w.TCPConn.Close()
}
