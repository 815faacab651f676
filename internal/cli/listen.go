package cli

import (
	"net"
	"net/http"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/internal/metrics"
	"github.com/outlocal/outlocal/internal/proxy"
	"github.com/outlocal/outlocal/internal/serve"
)

// listenFlags say where a long-running verb listens, and who may use it.
type listenFlags struct {
	base  int // the first port; 0: all ports are free ones
	bind  string
	hosts []string
	token string // name of the variable with the control token
	pprof bool   // profiles are served beside the control API
}

func addListen(cmd *cobra.Command, f *listenFlags, base int) {
	flags := cmd.Flags()
	flags.IntVar(&f.base, "port-base", base, "the first port: http here, https one above, control two above; 0 for free ones")
	addBind(cmd, f)
}

func addBind(cmd *cobra.Command, f *listenFlags) {
	flags := cmd.Flags()
	flags.StringVar(&f.bind, "bind", "", "listen on this `ADDRESS` instead of loopback; needs a control token and --host")
	flags.StringArrayVar(&f.hosts, "host", nil, "a `NAME` besides localhost under which it, or a web page that calls it, is addressed; may be repeated")
	flags.StringVar(&f.token, "control-token-env", tokenVariable, "`NAME` of the variable with the token that those who steer it have to show")
	flags.BoolVar(&f.pprof, "pprof", false, "serve Go's profiles under "+metrics.ProfilePath+" of the control API, beside "+metrics.Path)
}

// check refuses what would let strangers in.
func (f *listenFlags) check(a *app) error {
	highest := 0xffff - lastOffset
	if f.base < 0 || f.base > highest {
		return wrongUse("such as --port-base 4650, or 0 for free ports", "listen from port %d on: want 0 to %d", f.base, highest)
	}
	if f.bind == "" || serve.IsLoopback(f.bind) {
		return nil
	}
	if f.pprof {
		return wrongUse("leave out --bind or --pprof", "bind %s: profiles show what is in memory, secrets included, and are for this machine only", f.bind)
	}
	if net.ParseIP(f.bind) == nil {
		return wrongUse("such as --bind 0.0.0.0", "bind %q: want an IP address", f.bind)
	}
	if a.process.Env(f.token) == "" {
		return wrongUse("export "+f.token+"=… first: whoever reaches the control API can have requests sent from this machine",
			"bind %s: beyond loopback the control API needs a token, and %s is not set", f.bind, f.token)
	}
	if len(f.hosts) == 0 {
		return wrongUse("such as --host mybox.lan: web pages reach what is addressed by names of their own",
			"bind %s: beyond loopback --host has to say by which names it is addressed", f.bind)
	}
	return nil
}

// address is where the listener at an offset from the base is opened.
func (f *listenFlags) address(offset int) string {
	port := 0
	if f.base != 0 {
		port = f.base + offset
	}
	return f.on(port)
}

// on is an address with a port.
func (f *listenFlags) on(port int) string {
	host := f.bind
	if host == "" {
		host = "localhost"
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}

// guardPages keeps foreign web pages off the API and the sign-in, which answer under every name that they are called by: their own pages are
// of the services' names too.
func (f *listenFlags) guardPages(next http.Handler) http.Handler {
	return serve.GuardPages(next, append(proxy.Hosts(), f.hosts...)...)
}

// guard is the control API with the metrics beside it, for those who may use it.
func (f *listenFlags) guard(a *app, b control.Backend) http.Handler {
	return serve.Guard(metrics.Handler(control.NewHandler(b), b, metrics.Profiling(f.pprof)), serve.Access{Hosts: f.hosts, Token: a.process.Env(f.token)})
}
