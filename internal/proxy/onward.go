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
)

// dialTimeout ends attempts to reach a host that does not answer; a client gives up later.
const dialTimeout = 10 * time.Second

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
