package cli

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/proxy"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/journal"
)

// proxyFlags say whether there is a forward proxy, and what it passes on to.
type proxyFlags struct {
	on   bool
	pass []string
}

// addProxy adds the flags of a proxy that is switched on by the flag of this name.
func addProxy(cmd *cobra.Command, f *proxyFlags, name, usage string) {
	flags := cmd.Flags()
	flags.BoolVar(&f.on, name, false, usage)
	flags.StringArrayVar(&f.pass, "proxy-pass", nil,
		"a host that the proxy passes on to, as `HOST[:PORT]`, *.HOST or all, through the proxy that HTTPS_PROXY and HTTP_PROXY name if there is one; all other hosts are refused; may be repeated")
	needs(cmd, "proxy-pass", name)
}

// check refuses a proxy that would lead strangers anywhere.
func (f *proxyFlags) check(listen *listenFlags) error {
	if f.on && listen.bind != "" && !serve.IsLoopback(listen.bind) && slices.Contains(f.pass, proxy.All) {
		return wrongUse("name the hosts that are needed with --proxy-pass HOST",
			"bind %s: beyond loopback a proxy that passes on everything would lead others into your network", listen.bind)
	}
	return nil
}

// proxy serves a forward proxy on listeners, with handler behind the names of the services.
func (h *house) proxy(front serve.Listeners, f emulateFlags, p plan, server *emulator.Server, handler http.Handler) error {
	config := proxy.Config{Handler: handler, Pass: f.proxy.pass, Token: f.listen.proxyToken(h.app), Refused: func(r proxy.Refusal) {
		server.Journal().Append(refusedByProxy(server, r))
	}}
	if len(f.proxy.pass) > 0 {
		var err error
		if config.Upstream, err = proxy.Environment(h.app.process.Env, f.listen.means(front.Port())); err != nil {
			return wrongUse("", "%w", err)
		}
	}
	made, err := proxy.New(config)
	if err != nil {
		return wrongUse("", "%w", err)
	}
	h.onClose(made.Close)
	h.serve(serve.Listeners{made.Answered()}, serve.Config{Name: "proxied https", Handler: handler, TLS: p.authority.TLSConfig(f.listen.hosts...)})
	h.serve(front, serve.Config{Name: "proxy", Handler: made})
	return nil
}

// proxyToken is what the proxy demands: on loopback nothing, as it leads nowhere that a program of this machine could not go by itself.
func (f *listenFlags) proxyToken(a *app) string {
	if f.bind == "" || serve.IsLoopback(f.bind) {
		return ""
	}
	return a.process.Env(f.token)
}

// means tells whether HOST:PORT leads to the listener of a port here.
func (f *listenFlags) means(port int) func(hostport string) bool {
	return func(hostport string) bool {
		host, text, err := net.SplitHostPort(hostport)
		if err != nil || text != strconv.Itoa(port) {
			return false
		}
		return serve.IsLoopback(host) || host == f.bind || slices.ContainsFunc(f.hosts, func(name string) bool { return strings.EqualFold(name, host) })
	}
}

// refusedByProxy tells of a host that was refused: else nobody would see why a program can't reach it.
func refusedByProxy(server *emulator.Server, r proxy.Refusal) journal.Entry {
	now := time.Now()
	scheme := "http"
	if r.Method == http.MethodConnect {
		scheme = "https"
	}
	return journal.Entry{
		Kind: journal.Refused, At: server.Now(), Wall: now, Note: r.Reason + " Hint: " + r.Hint,
		Exchange: &journal.Exchange{Method: r.Method, URL: scheme + "://" + r.Host, Status: r.Status, Started: now},
		Data:     map[string]string{"code": r.Code, "hint": r.Hint},
	}
}
