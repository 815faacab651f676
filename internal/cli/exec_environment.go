package cli

import (
	"context"
	"net/url"
	"strings"

	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/proxy"
	"github.com/outlocal/outlocal/internal/state"
	"github.com/outlocal/outlocal/scenarios"
)

// loopback are this machine's names as lists of exceptions from a proxy write them: some runtimes want IPv6 in brackets, others without.
const loopback = "localhost,127.0.0.1,::1,[::1]"

// childEnvironment is what a command gets beside our own variables.
func (a *app) childEnvironment(h *house, at state.Running, p plan, f execFlags) ([]string, error) {
	base := at.HTTPS
	if f.plain {
		base = at.HTTP
	}
	environment := []string{
		"OUTLOCAL_GRAPH_URL=" + base,
		"OUTLOCAL_OUTLOOK_URL=" + base,
		"OUTLOCAL_AUTHORITY=" + at.HTTPS, // no library signs in without TLS
		"OUTLOCAL_CONTROL_URL=" + at.Control,
		"OUTLOCAL_EMULATOR=" + at.Control,
	}
	if p.authority != nil {
		trust, err := a.trust(h, p.authority)
		if err != nil {
			return nil, err
		}
		environment = append(environment, trust...)
	}
	if f.emulate.proxy.on {
		environment = append(environment, a.intercept(at, &f.emulate.listen)...)
	}
	return environment, nil
}

// intercept are the variables that lead a program to the proxy. They replace those that were there: the proxy itself goes on to those.
func (a *app) intercept(at state.Running, listen *listenFlags) []string {
	address := at.Proxy
	if token := listen.proxyToken(a); token != "" {
		if u, err := url.Parse(address); err == nil { // it is one of ours
			u.User = url.UserPassword("outlocal", token)
			address = u.String()
		}
	}
	if exempt := proxy.Exempt(a.process.Env); len(exempt) > 0 {
		a.err.line("%s NO_PROXY keeps the command from asking the proxy for %s", a.err.caution(), strings.Join(exempt, ", "))
	}
	except := loopback
	for _, name := range []string{"no_proxy", "NO_PROXY"} {
		if before := a.process.Env(name); before != "" {
			except = before + "," + loopback
		}
	}
	environment := []string{"OUTLOCAL_PROXY_URL=" + address, "NO_PROXY=" + except, "no_proxy=" + except, "NODE_USE_ENV_PROXY=1"}
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"} {
		environment = append(environment, name+"="+address)
	}
	return environment
}

// prepare subscribes --webhook, or plays --setup, before the command runs. What fails here would fail the command for a reason that it
// can't know.
func (a *app) prepare(ctx context.Context, server *emulator.Server, p plan, f emulateFlags) error {
	if p.setup != nil {
		report, err := a.setUp(ctx, server, p.setup, f)
		if err == nil && report.Verdict != scenarios.Good {
			err = notJudged("", "set up by %s: %s", p.setup.File, report.Problems())
		}
		return err
	}
	if f.webhook == "" {
		return nil
	}
	for _, resource := range f.watch {
		w := a.watchOne(ctx, server, f.subscribe, resource)
		if !w.Subscribed {
			return notJudged(w.Error.Hint, "subscribe to %s: %s", resource, w.Error.Message)
		}
	}
	return nil
}
