package tunneltest

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
)

// visitors is the public side: it finds the endpoint of a request's host and passes the request on.
func (e *Edge) visitors() http.Handler {
	onward := &httputil.ReverseProxy{
		Transport: e.transport,
		ErrorLog:  discard(),
		Rewrite: func(r *httputil.ProxyRequest) {
			// The visitor's own list is kept and added to, so that only the last address can be trusted.
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
			r.SetXForwarded()
			r.Out.URL.Scheme, r.Out.URL.Host = "http", endpointOf(r.In.Context()).id
			r.Out.Host = r.In.Host
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			refuse(w, http.StatusBadGateway, codeBadAnswer, "the agent gave no answer that could be understood")
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer e.answered()
		ep := e.pick(r.Host)
		switch {
		case ep == nil:
			refuse(w, http.StatusNotFound, codeOffline, "the endpoint "+r.Host+" is offline")
		case e.config.Free && isBrowser(r):
			refuse(w, http.StatusOK, codeBrowserPage, "you are about to visit "+r.Host)
		default:
			if status := ep.policy.judge(r); status != 0 {
				http.Error(w, http.StatusText(status), status)
				return
			}
			onward.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visit{}, visit{ep, r.RemoteAddr})))
		}
	})
}

// visit is who wants what, as a context carries it to where a stream is opened.
type visit struct {
	endpoint *endpoint
	from     string
}

func endpointOf(ctx context.Context) *endpoint {
	v, _ := ctx.Value(visit{}).(visit)
	return v.endpoint
}

func refuse(w http.ResponseWriter, status int, code Code, text string) {
	w.Header().Set("Ngrok-Error-Code", code.String())
	http.Error(w, fmt.Sprintf("%s (%s)", text, code), status)
}

// isBrowser tells who gets a page first: browsers, unless they say otherwise.
func isBrowser(r *http.Request) bool {
	return strings.HasPrefix(r.UserAgent(), "Mozilla/") && r.Header.Get("Ngrok-Skip-Browser-Warning") == ""
}

// pick is the endpoint whose turn it is, nil if there is none.
func (e *Edge) pick(host string) *endpoint {
	if only, _, err := net.SplitHostPort(host); err == nil {
		host = only
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	n := e.names[strings.ToLower(host)]
	if n == nil || len(n.online) == 0 {
		return nil
	}
	n.turn++
	return n.online[n.turn%len(n.online)]
}

func (e *Edge) answered() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen.Answers++
	e.note()
}

// dialEndpoint opens a stream to the agent of the endpoint that a request is for.
func (e *Edge) dialEndpoint(ctx context.Context, _, _ string) (net.Conn, error) {
	v, ok := ctx.Value(visit{}).(visit)
	if !ok {
		return nil, fmt.Errorf("open a stream: nobody visits")
	}
	stream, err := v.endpoint.session.typed.OpenTypedStream(streamProxy)
	if err != nil {
		return nil, fmt.Errorf("open a stream: %w", err)
	}
	if err := writeProxyHeader(stream, proxyHeader{ID: v.endpoint.id, ClientAddr: v.from, Proto: "https", EdgeType: edgeHTTPS}); err != nil {
		_ = stream.Close()
		return nil, err
	}
	return stream, nil
}

// discard is for servers whose complaints are what tests provoke.
func discard() *log.Logger { return log.New(io.Discard, "", 0) }
